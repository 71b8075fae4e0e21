"""The log files of the parts: put aside at every start, shown when something fails."""

from __future__ import annotations

import os
from pathlib import Path

KEPT = 3
"""How many earlier logs of each part are kept."""


def put_aside(folder: Path) -> None:
    """Rename ``web.log`` to ``web.1.log`` and so on; the oldest is dropped."""
    for log in folder.glob("*.log"):
        if "." in log.stem:
            continue  # one that was put aside before
        for number in range(KEPT, 0, -1):
            older = folder / f"{log.stem}.{number}.log"
            newer = folder / f"{log.stem}.{number - 1}.log" if number > 1 else log
            if newer.exists():
                newer.replace(older)


def tail(path: Path, lines: int = 15) -> str:
    """The last lines of a log, indented to be shown below a message."""
    try:
        with path.open("rb") as file:
            file.seek(0, os.SEEK_END)
            file.seek(max(0, file.tell() - 64 * 1024))
            text = file.read().decode("utf-8", errors="replace")
    except OSError:
        return "    (no log)"
    return "\n".join(f"    {line}" for line in text.splitlines()[-lines:]) or "    (empty)"
