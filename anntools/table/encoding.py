"""Columns as the bytes of Parquet pages: levels, plain values, dictionary indices.

Parquet, "Encodings": levels and indices are runs, each either one value repeated or values packed
bit by bit, lowest bit first, in groups of eight.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from anntools.table.thrift import varint

if TYPE_CHECKING:
    import pyarrow as pa

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


def list_levels(counts: Array) -> tuple[Flags, Flags]:
    """Repetition and definition levels of lists with so many values each; -1: no list."""
    lengths = np.maximum(counts, 1)
    begins = np.cumsum(lengths) - lengths
    repeats: Flags = np.ones(int(lengths.sum()), dtype=np.uint8)
    repeats[begins] = 0
    levels: Flags = np.full(len(repeats), 2, dtype=np.uint8)
    bare = counts < 1
    levels[begins[bare]] = counts[bare] + 1
    return repeats, levels


def bounds(values: Array) -> tuple[bytes, bytes]:
    """The least and the greatest of numbers, plain; empty if there is none or one is no number."""
    if not len(values):
        return b"", b""
    least, most = values.min(), values.max()
    if least != least:  # min and max of what holds a NaN are NaN
        return b"", b""
    if least == 0 and values.dtype.kind == "f":
        least = values.dtype.type(-0.0)  # Parquet: a zero may be of either sign
    if most == 0 and values.dtype.kind == "f":
        most = values.dtype.type(0.0)
    return least.tobytes(), most.tobytes()


def booleans(values: Array) -> bytes:
    """Truth values, plain: a bit each."""
    return np.packbits(values.astype(np.uint8), bitorder="little").tobytes()


def plain_texts(texts: pa.Array) -> bytes:
    """Texts (an Arrow array of large strings), plain: a size and the bytes of each."""
    import pyarrow as pa

    texts = pa.concat_arrays([texts.cast(pa.large_string())])  # without an offset
    _, offsets, data = texts.buffers()
    ends = (
        np.frombuffer(offsets, np.int64)[: len(texts) + 1] if len(texts) else np.zeros(1, np.int64)
    )
    sizes = np.diff(ends)
    starts = ends[:-1] - ends[0] + 4 * np.arange(len(texts))
    out = np.empty(int(sizes.sum()) + 4 * len(texts), dtype=np.uint8)
    is_text = np.ones(len(out), dtype=np.bool_)
    for i in range(4):
        out[starts + i] = sizes >> 8 * i & 255
        is_text[starts + i] = False
    if data is not None:
        out[is_text] = np.frombuffer(data, np.uint8)[ends[0] : ends[-1]]
    return out.tobytes()
