"""One ``up`` for each data folder: a file lock, and a note about who holds it."""

from __future__ import annotations

import fcntl
import json
import os
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from local.errors import LocalError
from local.records import ProcessRecord


@dataclass(frozen=True)
class Holder:
    """The ``up`` that runs on a data folder."""

    pid: int
    started: float
    url: str
    ports: dict[str, int]

    def is_alive(self) -> bool:
        return ProcessRecord("up", self.pid, self.started).is_alive()


class DataLock:
    """The lock of a data folder. The watchdog inherits it, so it outlives a killed ``up``."""

    def __init__(self, run: Path) -> None:
        self._path = run / "lock"
        self._note = run / "up.json"
        self.descriptor = -1

    def holder(self) -> Holder | None:
        """Who holds the lock, as far as its note tells."""
        try:
            return Holder(**json.loads(self._note.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None

    def is_taken(self) -> bool:
        if not self._path.exists():
            return False
        if self._try():
            self.release()
            return False
        return True

    def take(self, patience: float) -> float:
        """Take the lock; the seconds that it took.

        A lock whose ``up`` is dead is still held by its watchdog, which is stopping the parts:
        that is waited for, ``patience`` seconds at most.

        Raises
        ------
        LocalError
            Another ``up`` runs on this folder, or its remains do not go away.
        """
        begun = time.monotonic()
        while not self._try():
            holder = self.holder()
            if holder is not None and holder.is_alive():
                raise LocalError(
                    f"GAS runs already from this data folder (process {holder.pid}): "
                    f"{holder.url}\nStop it with Ctrl-C there or `python -m local stop`, or "
                    "give another folder (--data) and other ports (--port-offset)."
                )
            if time.monotonic() - begun > patience:
                raise LocalError(
                    "What remains of an earlier run on this data folder has not ended in "
                    f"{patience:.0f} s. Look for processes that hold {self._path} "
                    "(`fuser` or `lsof` name them) and end them."
                )
            time.sleep(0.05)
        return time.monotonic() - begun

    def note(self, holder: Holder) -> None:
        temporary = self._note.with_suffix(".new")
        temporary.write_text(json.dumps(asdict(holder)), encoding="utf-8")
        temporary.replace(self._note)

    def release(self) -> None:
        if self.descriptor >= 0:
            os.close(self.descriptor)
            self.descriptor = -1

    def _try(self) -> bool:
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return False
        self.descriptor = descriptor
        return True
