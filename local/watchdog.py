"""Ends the parts when their supervisor is gone without a word (``kill -9``, a closed session).

Runs as a process of its own and reads lines from a pipe that the supervisor holds open::

    + PID SIGNAL     look after the process group PID; SIGNAL asks it to stop
    - PID            it has ended
    bye              a clean end: do nothing

The end of the pipe without ``bye`` means that the supervisor died. Works the same way on Linux
and macOS. It also holds the lock of the data folder until it has finished, so that the next
``up`` waits for it.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Iterable

PATIENCE = 5.0
"""Seconds between asking and killing."""


def follow(lines: Iterable[str]) -> dict[int, int]:
    """Read the supervisor's lines to their end; the groups to stop, with their stop signals."""
    groups: dict[int, int] = {}
    for line in lines:
        words = line.split()
        if words[:1] == ["+"]:
            groups[int(words[1])] = int(words[2])
        elif words[:1] == ["-"]:
            groups.pop(int(words[1]), None)
        elif words == ["bye"]:
            return {}
    return groups


def stop(groups: dict[int, int], patience: float = PATIENCE) -> None:
    """Stop process groups, the last one started first; kill what is left after ``patience``."""
    for leader, what in reversed(groups.items()):
        _send(leader, what)
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline and any(_send(leader, 0) for leader in groups):
        time.sleep(0.05)
    for leader in groups:
        _send(leader, signal.SIGKILL)


def _send(leader: int, what: int) -> bool:
    try:
        os.killpg(leader, what)
    except OSError:
        return False
    return True


def main() -> int:
    for ignored in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)
    stop(follow(sys.stdin))
    return 0


if __name__ == "__main__":
    sys.exit(main())
