"""Telling the steps of a long piece of work on standard error."""

from __future__ import annotations

import sys
import time

_INTERVAL = 0.5


class Steps:
    """A line per step; while something is fetched, how far it is, written over on a terminal."""

    def __init__(self, quiet: bool = False) -> None:
        self._stream = sys.stderr
        self._terminal = self._stream.isatty()
        self._quiet = quiet
        self._open = False
        self._began = self._next = 0.0
        self._first = -1

    def say(self, text: str) -> None:
        """The next step."""
        self.end()
        self._first = -1
        if not self._quiet:
            self._stream.write(f"{text}\n")
            self._stream.flush()

    def progress(self, done: int, total: int) -> None:
        """How many bytes there are, of how many (0: not known)."""
        now = time.monotonic()
        if self._first < 0:
            self._first, self._began, self._next = done, now, now + _INTERVAL
        if self._quiet or not self._terminal or (now < self._next and done < total):
            return
        self._next = now + _INTERVAL
        speed = (done - self._first) / max(now - self._began, 1e-6)
        text = f"{done / 1e6:,.0f} MB"
        if total:
            left = (total - done) / speed if speed else 0.0
            text += f" of {total / 1e6:,.0f} MB, {100 * done / total:.0f} %"
            text += f", {speed / 1e6:.1f} MB/s, {int(left) // 60}:{int(left) % 60:02d} left"
        self._stream.write(f"\r  {text}   ")
        self._stream.flush()
        self._open = True

    def end(self) -> None:
        """Close the line that is written over."""
        if self._open:
            self._stream.write("\n")
            self._open = False
