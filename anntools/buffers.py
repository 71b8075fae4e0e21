"""Memory that kernels may use: zeroed, by address, growing when asked."""

from __future__ import annotations

import ctypes
import mmap

from anntools import regions
from anntools.kernels.layout import PAD_BYTES


class Buffer:
    """Anonymous memory of at least ``size`` bytes and the kernels' padding."""

    def __init__(self, size: int) -> None:
        self._memory = mmap.mmap(-1, size + PAD_BYTES)
        self._anchor = ctypes.c_char.from_buffer(self._memory)
        self.address = ctypes.addressof(self._anchor)
        self.size = size
        self.view = memoryview(self._memory)
        regions.allow(self.address, size + PAD_BYTES)

    @property
    def end(self) -> int:
        """Address after the last byte (the padding comes after it)."""
        return self.address + self.size

    def text(self, end: int) -> memoryview:
        """The bytes from the begin to the address ``end``."""
        return self.view[: end - self.address]

    def close(self) -> None:
        """No kernel may use it any more. The memory goes with the last view of it."""
        regions.forbid(self.address)


def grown(buffer: Buffer, keep: int = 0) -> Buffer:
    """A buffer twice as large with the first ``keep`` bytes of the old one, which is closed."""
    larger = Buffer(2 * buffer.size)
    larger.view[:keep] = buffer.view[:keep]
    buffer.close()
    return larger
