"""Process records in the data folder, and the cleaning of what a killed run left behind.

A record names a process by its id *and* its start time: an id alone may belong to a stranger
after a reboot or a day of work. Processes are started as leaders of their own group, so a whole
family (a uWSGI master and its workers, the cloud and its Lambda processes) is ended together.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import psutil

MARK = "GAS_LOCAL_DATA"
"""Set in the environment of every part: the data folder that it works for."""

_CLOCK_SLACK = 2.0  # seconds; start times are derived from a boot time that clocks may correct


@dataclass(frozen=True)
class ProcessRecord:
    """Who a process is: its id and when it was started (seconds since 1970)."""

    name: str
    pid: int
    started: float

    @classmethod
    def of(cls, name: str, pid: int) -> ProcessRecord:
        """The record of a running process; its start is now if it has ended already."""
        try:
            return cls(name, pid, psutil.Process(pid).create_time())
        except psutil.Error:
            return cls(name, pid, time.time())

    def is_alive(self) -> bool:
        """Whether this very process, not another one with its id, is running."""
        try:
            process = psutil.Process(self.pid)
            same = abs(process.create_time() - self.started) < _CLOCK_SLACK
            return bool(same and process.status() != psutil.STATUS_ZOMBIE)
        except psutil.Error:
            return False


class RecordBook:
    """The records of a run: one small file for each process."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def write(self, record: ProcessRecord) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._path(record.name)
        temporary = path.with_suffix(".new")
        temporary.write_text(json.dumps(record.__dict__), encoding="utf-8")
        temporary.replace(path)

    def remove(self, name: str) -> None:
        self._path(name).unlink(missing_ok=True)

    def read(self) -> list[ProcessRecord]:
        """All records; one that a crash left unreadable is passed over."""
        records = []
        for path in sorted(self._folder.glob("*.json")):
            with contextlib.suppress(ValueError, TypeError, OSError):
                records.append(ProcessRecord(**json.loads(path.read_text(encoding="utf-8"))))
        return records

    def clear(self) -> None:
        for path in self._folder.glob("*.json"):
            path.unlink(missing_ok=True)

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}.json"


def signal_group(leader: int, what: signal.Signals) -> bool:
    """Send a signal to a process group; false when nobody is left in it."""
    try:
        os.killpg(leader, what)
    except (ProcessLookupError, PermissionError):
        # macOS answers "not permitted" for a group of zombies.
        return False
    return True


def end_processes(processes: Iterable[psutil.Process], patience: float = 3.0) -> int:
    """Ask processes to end, then make them. Returns how many there were."""
    asked = []
    for process in processes:
        with contextlib.suppress(psutil.Error):
            process.terminate()
            asked.append(process)
    _, stubborn = psutil.wait_procs(asked, timeout=patience)
    for process in stubborn:
        with contextlib.suppress(psutil.Error):
            process.kill()
    psutil.wait_procs(stubborn, timeout=patience)
    return len(asked)


def leftovers(book: RecordBook, data: Path) -> list[psutil.Process]:
    """Processes of an earlier run on this data folder that are still alive.

    Found by their records, by the group of a recorded leader, and by the mark in their
    environment (where the system lets us read it), so that a worker whose master was killed is
    found too.
    """
    records = book.read()
    if not records:
        return []
    known = {record.pid for record in records if record.is_alive()}
    groups = {
        record.pid for record in records if record.is_alive() or not psutil.pid_exists(record.pid)
    }
    found = []
    for process in psutil.process_iter():
        if process.pid == os.getpid():
            continue
        with contextlib.suppress(psutil.Error, OSError):
            if (
                process.pid in known
                or os.getpgid(process.pid) in groups
                or process.environ().get(MARK) == str(data)
            ):
                found.append(process)
    return found
