"""The lines of an annotated VCF that were chosen, straight from the stored file, streamed.

Nothing of a line is understood here and nothing changed: the number of a record is that of its
line, the same in the table and in the annotated file (docs/engine/table.md). What comes out is
BGZF, as tabix and bcftools need it.
"""

import struct
import zlib
from collections.abc import Iterable, Iterator
from typing import Final

import numpy as np

from gas.errors import ServiceUnavailable
from web.explorer.table import Rows

_PIECE: Final = 4 * 1024 * 1024
_BLOCK: Final = 65_280  # bytes of text in a block of BGZF, as htslib makes them
_EOF: Final = bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")
_LEVEL: Final = 4


def chosen_lines(stored: Iterable[bytes], records: Rows, note: str) -> Iterator[bytes]:
    """The header, with `##gas_filter=NOTE` added, and the lines of `records`, as BGZF.

    `stored`: the annotated file, gzip. `records`: numbers of records, 1-based, ascending.

    Raises:
        ServiceUnavailable: the stored file is damaged, or ends too early.
    """
    yield from bgzf(_lines(_inflated(stored), records, f"##gas_filter={note}\n".encode()))


def _lines(pieces: Iterable[bytes], records: Rows, note: bytes) -> Iterator[bytes]:
    wanted = np.zeros(int(records[-1]) + 2 if len(records) else 1, np.bool_)
    wanted[records] = True
    in_header, number, found = True, 0, 0
    for piece in _whole_lines(pieces):
        if in_header:
            end = _end_of_header(piece)
            yield _noted(piece[:end], note)
            in_header = end == len(piece)
            piece = piece[end:]  # noqa: PLW2901
        if piece and not in_header:
            kept, number, count = _kept(piece, wanted, number)
            found += count
            yield kept
            if number >= len(wanted):
                break
    if found != len(records):
        raise ServiceUnavailable(
            f"The annotated file has {found} of {len(records)} records that were asked for."
        )


def _kept(piece: bytes, wanted: np.ndarray, number: int) -> tuple[bytes, int, int]:
    """What is wanted of some lines; the number of the last of them, and how many are wanted."""
    text = np.frombuffer(piece, np.uint8)
    ends = np.flatnonzero(text == 10) + 1
    starts = np.concatenate([[0], ends[:-1]])
    numbers = number + np.cumsum(ends - starts > 1)  # blank lines are no records
    keep = wanted[np.minimum(numbers, len(wanted) - 1)] & (ends - starts > 1)
    keep &= numbers < len(wanted)
    edges = np.flatnonzero(np.diff(keep, prepend=False, append=False))
    view = memoryview(piece)
    parts = [
        view[starts[first] : ends[last - 1]]
        for first, last in zip(edges[::2], edges[1::2], strict=True)
    ]
    return b"".join(parts), int(numbers[-1]), int(np.count_nonzero(keep))


def _end_of_header(piece: bytes) -> int:
    at = 0
    while at < len(piece) and piece[at : at + 1] == b"#":
        at = piece.index(b"\n", at) + 1
    return at


def _noted(header: bytes, note: bytes) -> bytes:
    """The header with one more line before that of the columns."""
    if header.startswith(b"#CHROM"):
        return note + header
    before, found, after = header.partition(b"\n#CHROM")
    return before + b"\n" + note + found[1:] + after if found else header


def _whole_lines(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The same in pieces of some megabytes that end with a line."""
    rest: list[bytes] = []
    size = 0
    for piece in pieces:
        rest.append(piece)
        size += len(piece)
        if size >= _PIECE and b"\n" in piece:
            together = b"".join(rest)
            end = together.rindex(b"\n") + 1
            yield together[:end]
            rest, size = [together[end:]], len(together) - end
    together = b"".join(rest)
    if together:
        yield together if together.endswith(b"\n") else together + b"\n"


def _inflated(stored: Iterable[bytes]) -> Iterator[bytes]:
    member = zlib.decompressobj(31)
    try:
        for piece in _small(stored):
            left = piece
            while left:
                text = member.decompress(left)
                if text:
                    yield text
                left = member.unused_data
                if member.eof:
                    member = zlib.decompressobj(31)
    except zlib.error as error:
        raise ServiceUnavailable(f"The annotated file is damaged: {error}.") from error


def _small(stored: Iterable[bytes]) -> Iterator[bytes]:
    """The same in pieces of about a block: what is left of one is copied for the next."""
    for chunk in stored:
        for at in range(0, len(chunk), _BLOCK):
            yield chunk[at : at + _BLOCK]


def bgzf(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Text as BGZF (SAM specification, 4.1)."""
    rest = b""
    for piece in pieces:
        text = rest + piece
        whole = len(text) - len(text) % _BLOCK
        rest = text[whole:]
        if whole:
            view = memoryview(text)
            yield b"".join(_block(view[at : at + _BLOCK]) for at in range(0, whole, _BLOCK))
    yield (_block(memoryview(rest)) if rest else b"") + _EOF


def _block(text: memoryview) -> bytes:
    packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, -15)
    body = packer.compress(text) + packer.flush()
    if len(body) > 65_000:  # it cannot be made smaller: stored as it is
        packer = zlib.compressobj(0, zlib.DEFLATED, -15)
        body = packer.compress(text) + packer.flush()
    head = struct.pack("<4BI2B3HH", 31, 139, 8, 4, 0, 0, 255, 6, 0x4342, 2, len(body) + 25)
    return head + body + struct.pack("<II", zlib.crc32(text), len(text))
