"""Taking gzip and BGZF apart, in steps of bounded size.

A BGZF file is handed out as groups of whole blocks, which any thread can inflate; plain gzip has to
be inflated from its begin, in order.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple, cast

from isal import isal_zlib

GZIP_MAGIC: Final = b"\x1f\x8b"
_EOF_BLOCK: Final = bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")
_STEP: Final = 1 << 22  # most bytes one call may inflate: what keeps a bomb small
_BLOCK_TEXT: Final = 1 << 16  # most text in a BGZF block (SAM specification, 4.1)
_HEADER: Final = struct.Struct("<3xB6xH")
_TAIL: Final = struct.Struct("<II")
_ERROR = cast(type[Exception], isal_zlib.error)  # its stub calls it an instance

Read = Callable[[], bytes]


class Damaged(Exception):
    """The compressed data is not right; the message says how."""


class Truncated(Exception):
    """The compressed data ends before its end."""


class Blocks(NamedTuple):
    """Whole BGZF blocks and the number of bytes of text in them."""

    data: bytes
    text_size: int

    def text(self) -> bytes:
        """Their text. Raises Damaged."""
        parts = []
        at = 0
        while at < len(self.data):
            size, begin = _block(self.data, at)
            if size == len(_EOF_BLOCK) and self.data[at : at + size] == _EOF_BLOCK:
                at += size
                continue
            crc, length = _TAIL.unpack_from(self.data, at + size - 8)
            try:
                text = isal_zlib.decompress(self.data[begin : at + size - 8], -15, length + 1)
            except _ERROR as error:
                raise Damaged(str(error)) from error
            if len(text) != length or isal_zlib.crc32(text) != crc:
                raise Damaged("a block's checksum is wrong")
            parts.append(text)
            at += size
        return b"".join(parts)


def is_bgzf(head: bytes) -> bool:
    """Whether a gzip file begins with a BGZF block."""
    return _block(head, 0)[0] > 0


def _block(data: bytes, at: int) -> tuple[int, int]:
    """Size of the BGZF block at ``at`` and where its deflate data begins.

    Size 0: this is no BGZF block; -1: its header is not all there.
    """
    if len(data) - at < 18:
        return (-1 if data[at : at + 4] == b"\x1f\x8b\x08\x04"[: len(data) - at] else 0), 0
    if data[at : at + 3] != b"\x1f\x8b\x08":
        return 0, 0
    flags, extra = _HEADER.unpack_from(data, at)
    if flags != 4:
        return 0, 0
    field, end = at + 12, at + 12 + extra
    if end > len(data):
        return -1, 0
    while field + 4 <= end:
        length = int.from_bytes(data[field + 2 : field + 4], "little")
        if data[field : field + 2] == b"BC" and length == 2:
            size = int.from_bytes(data[field + 4 : field + 6], "little") + 1
            return (size, end) if size >= extra + 20 else (0, 0)
        field += 4 + length
    return 0, 0


def bgzf_pieces(
    read: Read, data: bytes, size: int, note: Callable[[str], None]
) -> Iterator[Blocks | bytes]:
    """Groups of blocks with about ``size`` bytes of text; ``data`` is what was read already.

    Where the file goes on as plain gzip, its text follows. Raises Damaged and Truncated.
    """
    last = b""
    begin = at = text = 0
    while True:
        length, _ = _block(data, at)
        if length > 0 and at + length <= len(data):
            block_text = int.from_bytes(data[at + length - 4 : at + length], "little")
            if block_text > _BLOCK_TEXT:
                raise Damaged("a BGZF block claims to hold more than 64 KiB")
            last = data[at : at + length]
            at += length
            text += block_text
            if text >= size:
                yield Blocks(data[begin:at], text)
                begin, text = at, 0
            continue
        if text:
            yield Blocks(data[begin:at], text)
        data, begin, at, text = data[at:], 0, 0, 0
        if length == 0 and data:
            break
        more = read()
        if not more:
            break
        data += more
    if last != _EOF_BLOCK and not data:
        note("the BGZF end-of-file block is missing; the file may have been cut at a block end")
    if data.startswith(GZIP_MAGIC[: len(data)]) and data:
        if length < 0 or (length and at + length > len(data)):
            raise Truncated
        yield from inflated(read, data, note)
    elif data:
        _skip_rest(read, data, note)


def inflated(read: Read, data: bytes, note: Callable[[str], None]) -> Iterator[bytes]:
    """Text of a gzip file of one or more members; ``data`` is what was read already.

    Raises Damaged and Truncated.
    """
    inflater = isal_zlib.decompressobj(31)
    while True:
        try:
            out = inflater.decompress(data, _STEP)
        except _ERROR as error:
            raise Damaged(str(error)) from error
        if out:
            yield out
        if inflater.eof:
            data = inflater.unused_data or read()
            if len(data) < len(GZIP_MAGIC):
                data += read()
            if not data.startswith(GZIP_MAGIC):
                _skip_rest(read, data, note)
                return
            inflater = isal_zlib.decompressobj(31)
            continue
        data = inflater.unconsumed_tail
        if not data and len(out) < _STEP:
            data = read()
            if not data:
                raise Truncated


def _skip_rest(read: Read, data: bytes, note: Callable[[str], None]) -> None:
    """Read to the end; say so if it is more than padding."""
    padding = True
    while data:
        padding = padding and not data.strip(b"\0")
        data = read()
    if not padding:
        note("bytes after the end of the compressed data were ignored")
