"""Columns as the bytes of Parquet pages: levels, plain values, dictionary indices.

Parquet, "Encodings": levels and indices are runs, each either one value repeated or values packed
bit by bit, lowest bit first, in groups of eight.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from anntools.table.thrift import varint

Array = npt.NDArray[Any]
Flags = npt.NDArray[np.uint8]
_INDEX_TYPES: Final = ((1 << 8, np.uint8), (1 << 16, np.uint16), (1 << 32, np.uint32))


def level_block(levels: Flags, width: int) -> bytes:
    """Levels of ``width`` bits (1 or 2) as a page holds them: a size and one run."""
    run = _level_run(levels, width)
    return len(run).to_bytes(4, "little") + run


def _level_run(levels: Flags, width: int) -> bytes:
    count = len(levels)
    first = int(levels[0]) if count else 0
    if (levels == first).all():
        return varint(count << 1) + bytes([first])
    groups = (count + 7) // 8
    padded: Flags = np.zeros(8 * groups, dtype=np.uint8)
    padded[:count] = levels
    packed: Array
    if width == 1:
        packed = np.packbits(padded, bitorder="little")
    else:
        packed = padded[0::4] | padded[1::4] << 2 | padded[2::4] << 4 | padded[3::4] << 6
    return varint(groups << 1 | 1) + packed.tobytes()


def indices(values: Array, words: int) -> bytes:
    """Indices into a dictionary of ``words`` entries, in whole bytes."""
    kind = next(kind for most, kind in _INDEX_TYPES if words <= most)
    width = 8 * np.dtype(kind).itemsize
    groups = (len(values) + 7) // 8
    padded = np.zeros(8 * groups, dtype=kind)
    padded[: len(values)] = values
    return bytes([width]) + varint(groups << 1 | 1) + padded.tobytes()


def booleans(values: Array) -> bytes:
    """Truth values, plain: a bit each."""
    return np.packbits(values.astype(np.uint8), bitorder="little").tobytes()


def plain_texts(texts: list[bytes]) -> bytes:
    """Texts, plain: a size and the bytes of each."""
    return b"".join(len(t).to_bytes(4, "little") + t for t in texts)


def compacted(codes: Array, words: int) -> tuple[Array, Array]:
    """Codes without the words that do not occur: (new codes, old code of each new one)."""
    seen = np.zeros(words, dtype=np.bool_)
    seen[codes] = True
    used = np.flatnonzero(seen)
    renumbered = np.zeros(words, dtype=np.int32)
    renumbered[used] = np.arange(len(used), dtype=np.int32)
    return renumbered[codes], used
