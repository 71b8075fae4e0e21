"""Progress for people and for programs."""

from __future__ import annotations

import json
import os
import sys
import time
from typing import Any, Final, TextIO

from anntools.options import Progress

_INTERVAL: Final = 0.5  # seconds between two reports


def write_json(stream: TextIO, data: dict[str, Any]) -> None:
    """One JSON object on one line."""
    stream.write(json.dumps(data, ensure_ascii=False) + "\n")
    stream.flush()


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
    """One line on standard error that is written over: records, percent, speed, time left."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._next = 0.0
        self._last: Progress | None = None

    def __call__(self, progress: Progress) -> None:
        self._last = progress
        now = time.monotonic()
        if now >= self._next:
            self._next = now + _INTERVAL
            self._write(progress)

    def finish(self) -> None:
        """Leave the last state on the screen."""
        if self._last:
            self._write(self._last)
            sys.stderr.write("\n")

    def _write(self, progress: Progress) -> None:
        spent = max(time.monotonic() - self._began, 1e-6)
        left = spent * (100 - progress.percent) / progress.percent if progress.percent else 0.0
        sys.stderr.write(
            f"\r{progress.records_done} records, {progress.percent:.1f} %, "
            f"{progress.records_done / spent:,.0f} records/s, {left:.0f} s left   "
        )
        sys.stderr.flush()
