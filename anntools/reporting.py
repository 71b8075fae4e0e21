"""Progress for people and for programs."""

from __future__ import annotations

import json
import os
import time
from typing import Final, TextIO

from anntools.options import Progress

_INTERVAL: Final = 0.5  # seconds between two reports
_SLOW_INTERVAL: Final = 10.0  # where lines cannot be written over


class JsonProgress:
    """JSON lines on a file descriptor, at most two a second, and a last one at the end.

    ``{"records_done": 0, "bytes_done": 0, "bytes_total": 0, "percent": 0.0}``. A parent that has
    closed its end is ignored: progress never stops a run.
    """

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._next = 0.0
        self._last: Progress | None = None

    def __call__(self, progress: Progress) -> None:
        self._last = progress
        now = time.monotonic()
        if now >= self._next:
            self._next = now + _INTERVAL
            self._write(progress)

    def finish(self) -> None:
        """Report the end."""
        if self._last:
            self._write(self._last)

    def _write(self, progress: Progress) -> None:
        line = json.dumps(
            {
                "records_done": progress.records_done,
                "bytes_done": progress.bytes_done,
                "bytes_total": progress.bytes_total,
                "percent": progress.percent,
            }
        )
        try:
            os.write(self._fd, line.encode() + b"\n")
        except OSError:
            self._next = float("inf")


class WordProgress:
    """One line that is written over: records, percent, speed, time left.

    Off a terminal a line every ten seconds, so that logs stay short.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._terminal = stream.isatty()
        self._began = time.monotonic()
        self._next = self._began + (_INTERVAL if self._terminal else _SLOW_INTERVAL)
        self._last: Progress | None = None

    def __call__(self, progress: Progress) -> None:
        self._last = progress
        now = time.monotonic()
        if now >= self._next:
            self._next = now + (_INTERVAL if self._terminal else _SLOW_INTERVAL)
            self._write(progress, now, last=False)

    def finish(self) -> None:
        """Leave the last state on the screen."""
        if self._last:
            self._write(self._last, time.monotonic(), last=True)

    def _write(self, progress: Progress, now: float, *, last: bool) -> None:
        text = progress_words(progress, now - self._began)
        before = "\r" if self._terminal else ""
        after = "   " if self._terminal and not last else "\n"
        self._stream.write(f"{before}{text}{after}")
        self._stream.flush()


def progress_words(progress: Progress, spent: float) -> str:
    """``12,345 records, 12.3 %, 45,678 records/s, 1:23 left``; input of unknown size has no end."""
    speed = progress.records_done / max(spent, 1e-6)
    words = [f"{progress.records_done:,} records"]
    if progress.bytes_total:
        words.append(f"{progress.percent:.1f} %")
    words.append(f"{speed:,.0f} records/s")
    if 0 < progress.percent < 100:
        left = round(spent * (100 - progress.percent) / progress.percent)
        words.append(f"{left // 60}:{left % 60:02d} left")
    return ", ".join(words)
