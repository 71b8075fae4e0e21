"""Appending to a file of which only the begin stays in the page cache.

A large result that is written through the page cache pushes out what the next run needs, packs
above all, and on a virtual machine each page that it takes anew costs more than annotating what
stands on it. Where the system can (Linux 6.14 and its file systems, ``RWF_DONTCACHE``), pages are
handed to the disk at once and used again for what follows.
"""

from __future__ import annotations

import os
import sys
from typing import BinaryIO, Final

KEPT: Final = 8 << 20  # bytes at the begin that stay in the page cache
_DONTCACHE: Final = 0x80  # RWF_DONTCACHE, see pwritev2(2)
_PAGE: Final = 1 << 12  # a page that is not whole would have to be read again
_HERE: Final = -1  # pwritev2's offset for: where the file stands


class Appender:
    """Appends to an open binary file, which nobody else writes meanwhile.

    The last bytes arrive with ``finish``.
    """

    def __init__(self, handle: BinaryIO) -> None:
        self._handle = handle
        self._size = 0
        self._rest = b""  # less than a page, not yet written
        self._number = -1  # the file's, once it is written past the page cache
        self._may = sys.platform == "linux"

    def write(self, data: bytes | memoryview) -> None:
        """Append. Raises OSError."""
        if self._may and self._size >= KEPT:
            data = self._past_cache(memoryview(data))
        self._size += len(data)
        self._handle.write(data)

    def finish(self) -> None:
        """Write what was held back. Raises OSError."""
        self._handle.write(self._rest)
        self._rest = b""

    def _past_cache(self, data: memoryview) -> bytes | memoryview:
        """Write whole pages past the cache; returns what has to be written the usual way."""
        if self._number < 0 and not self._begin():
            return data
        size = len(self._rest) + len(data)
        cut = len(data) - (self._size + size) % _PAGE
        if cut < 0:
            self._rest += bytes(data)
            return b""
        parts = [memoryview(self._rest), data[:cut]]
        try:
            while parts[0] or parts[1]:
                done = os.pwritev(self._number, parts, _HERE, _DONTCACHE)
                self._size += done
                parts = [parts[0][done:], parts[1][max(0, done - len(parts[0])) :]]
        except OSError:  # this file system cannot; or the disk is full, which the usual way tells
            self._may = False
            self._rest = b""
            return b"".join((*parts, data[cut:]))
        self._rest = bytes(data[cut:])
        return b""

    def _begin(self) -> bool:
        """Whether the file is one of the system's; if so, nothing of it is held back any more."""
        try:
            self._handle.flush()
            self._number = self._handle.fileno()
        except OSError:  # io.UnsupportedOperation is one
            self._may = False
        return self._may
