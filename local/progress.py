"""What a person sees while the parts start: short plain lines with the seconds passed."""

from __future__ import annotations

import sys
import time
from typing import TextIO


class Progress:
    """Prints one line for each thing that happened. The clock starts with the object."""

    def __init__(self, out: TextIO | None = None) -> None:
        self._out = out or sys.stdout
        self._begun = time.monotonic()

    @property
    def seconds(self) -> float:
        return time.monotonic() - self._begun

    def say(self, text: str) -> None:
        self._write(f"{self.seconds:6.1f} s  {text}")

    def plain(self, text: str) -> None:
        self._write(text)

    def _write(self, text: str) -> None:
        try:
            print(text, file=self._out, flush=True)
        except BrokenPipeError:
            # The reader has gone (`make run | head`); the services go on.
            self._out = open("/dev/null", "w")  # noqa: SIM115
