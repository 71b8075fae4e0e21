"""Writing BGZF: gzip in blocks of at most 64 KiB that tabix can index (SAM specification, 4.1)."""

from __future__ import annotations

import struct
import zlib
from typing import Final

from isal import isal_zlib

BLOCK: Final = 65280  # text per block, as bgzip does
EOF: Final = bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")
_HEADER: Final = struct.Struct("<4BI2BH2B2H")
_TAIL: Final = struct.Struct("<II")


def compress(data: bytes | memoryview, level: int = 1) -> bytes:
    """Complete BGZF blocks that hold ``data``; without the end-of-file block."""
    view = memoryview(data)
    return b"".join(_block(view[i : i + BLOCK], level) for i in range(0, len(view), BLOCK))


def _block(data: memoryview, level: int) -> bytes:
    deflater = isal_zlib.compressobj(level, zlib.DEFLATED, -15)
    body = deflater.compress(data) + deflater.flush()
    if len(body) > 65536 - 26:  # did not compress: store it
        stored = zlib.compressobj(0, zlib.DEFLATED, -15)
        body = stored.compress(data) + stored.flush()
    size = len(body) + _HEADER.size + _TAIL.size
    head = _HEADER.pack(31, 139, 8, 4, 0, 0, 255, 6, 66, 67, 2, size - 1)
    return b"".join((head, body, _TAIL.pack(isal_zlib.crc32(data), len(data))))
