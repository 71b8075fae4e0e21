"""Running a command and measuring it: wall time, CPU time, memory."""

from __future__ import annotations

import os
import re
import statistics
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.bench.peers import ENGINE

# Clean pages of a mapped file are not counted: they are dropped when memory is short, and shared
# with other processes that use the same pack.
_PRIVATE = re.compile(rb"^Anonymous: +(\d+) kB", re.MULTILINE)
# Python keeps compiled modules wherever it is installed; not to do so is for developers.
_ENVIRONMENT = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
SAMPLING = 0.02  # seconds between two looks at the memory


class CommandFailed(RuntimeError):
    """A measured command did not end with 0."""


@dataclass(frozen=True)
class Run:
    """One run. Times in seconds; memory in KiB; ``private`` only when it was watched."""

    wall: float
    cpu: float
    peak: int
    private: int = 0


def run(command: Sequence[str], watch: bool = False) -> Run:
    """Run once. ``watch`` samples private memory, which costs a little time."""
    with tempfile.TemporaryFile() as errors:
        began = time.perf_counter()
        child = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=errors, cwd=ENGINE, env=_ENVIRONMENT
        )
        private = _watch(child.pid) if watch else 0
        _, status, usage = os.wait4(child.pid, 0)
        wall = time.perf_counter() - began
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode != 0:
            errors.seek(0)
            said = errors.read()[-2000:].decode(errors="replace")
            raise CommandFailed(f"exit {child.returncode}: {' '.join(command)}\n{said}")
    return Run(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss, private)


def _watch(pid: int) -> int:
    """Most private memory seen, in KiB, until the process ends. Maps of files do not count."""
    most = 0
    while os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
        try:
            text = Path(f"/proc/{pid}/smaps_rollup").read_bytes()
        except OSError:
            break
        most = max(most, sum(int(m) for m in _PRIVATE.findall(text)))
        time.sleep(SAMPLING)
    return most


def median(runs: Sequence[Run]) -> Run:
    """Medians of times, most memory."""
    return Run(
        statistics.median(r.wall for r in runs),
        statistics.median(r.cpu for r in runs),
        max(r.peak for r in runs),
        max(r.private for r in runs),
    )


def interleaved(commands: Sequence[Sequence[str]], times: int) -> list[Run]:
    """Medians of ``times`` rounds, each running every command once, after one round unmeasured."""
    for command in commands:
        run(command)
    rounds = [[run(command) for command in commands] for _ in range(times)]
    return [median(column) for column in zip(*rounds, strict=True)]


def machine() -> str:
    """Processor, cores, memory, system in one line."""
    cpu = re.search(r"model name\s*: (.+)", Path("/proc/cpuinfo").read_text())
    memory = re.search(r"MemTotal: +(\d+)", Path("/proc/meminfo").read_text())
    assert cpu
    assert memory
    load = os.getloadavg()[0]
    return (
        f"{cpu[1]}, {os.cpu_count()} cores, {int(memory[1]) >> 20} GiB, "
        f"{os.uname().sysname} {os.uname().release}; load when it began {load:.1f}"
    )
