"""Reading the model from Python, element by element. Needs no numpy."""

from __future__ import annotations

import ctypes
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from typing import Any, Final

from anntools.kernels.layout import CONTIG_COLUMNS, CONTIG_SEQ0, CONTIG_SEQ1
from anntools.pack.mapped import Mapped
from anntools.pack.storefile import GENES, OpenStore

_TYPES: Final[dict[str, Any]] = {
    "|u1": ctypes.c_uint8,
    "<i4": ctypes.c_int32,
    "<u4": ctypes.c_uint32,
    "<i8": ctypes.c_int64,
}


def elements(array: Mapped) -> Any:
    """The elements of an array, in one row, as a ctypes array over the mapped memory."""
    count = 1
    for n in array.shape:
        count *= n
    return (_TYPES[array.dtype] * count).from_address(array.address)


def contig_numbers(arrays: Mapping[str, Mapped]) -> dict[str, int]:
    """Number of the contig of every name that the pack knows."""
    text = bytes(elements(arrays["alias_bytes"]))
    off, contigs = elements(arrays["alias_off"]), elements(arrays["alias_contig"])
    names = (text[off[i] : off[i + 1]] for i in range(len(contigs)))
    return {n.decode("utf-8", "surrogateescape"): c for n, c in zip(names, contigs, strict=True)}


def contig_number(arrays: Mapping[str, Mapped], name: str) -> int:
    """Number of the contig that has this name among its aliases, or -1."""
    texts, ends = bytes(elements(arrays["alias_bytes"])), elements(arrays["alias_off"])
    wanted = name.encode("latin-1")
    for i, contig in enumerate(elements(arrays["alias_contig"])):
        if texts[ends[i] : ends[i + 1]] == wanted:
            return int(contig)
    return -1


def bases(arrays: Mapping[str, Mapped], contig: int, start: int, end: int) -> str:
    """Reference bases ``[start, end)``, 0-based; ``?`` where there is no sequence."""
    contigs = elements(arrays["contigs"])
    low = contigs[contig * CONTIG_COLUMNS + CONTIG_SEQ0]
    high = contigs[contig * CONTIG_COLUMNS + CONTIG_SEQ1]
    starts, ends = elements(arrays["seq_start"]), elements(arrays["seq_end"])
    offsets, packed = elements(arrays["seq_off"]), elements(arrays["seq"])
    out = []
    i = bisect_right(starts, start, low, high) - 1
    for at in range(start, end):
        while i + 1 < high and starts[i + 1] <= at:
            i += 1
        if i < low or at >= ends[i]:
            out.append("?")
        else:
            x = offsets[i] + at - starts[i]
            out.append("ACGT"[packed[x >> 2] >> ((x & 3) << 1) & 3])
    return "".join(out)


def column_texts(store: OpenStore, field: int) -> list[str]:
    """The values of one field of a store, by record; empty where there is none."""
    about = store.about["fields"][field]
    ends = elements(store.arrays[f"word_off_{field}"])
    text = bytes(elements(store.arrays[f"words_{field}"]))
    words = [text[ends[i] : ends[i + 1]].decode("utf-8", "replace") for i in range(about["words"])]

    def value(cell: int) -> str:
        if cell == 0:
            return ""
        if cell <= len(words):
            return words[cell - 1]
        return f"{about['prefix']}{str(cell - len(words) - 1)[about['drop'] :]}"

    return [value(cell) for cell in elements(store.arrays[f"cells_{field}"])]


def gene_facts(stores: Sequence[OpenStore], symbols: Sequence[str]) -> dict[str, str]:
    """What the first field of the stores of genes says of each symbol, joined by bars."""
    out: dict[str, str] = {}
    for store in stores:
        if store.about["kind"] == GENES:
            for symbol, text in zip(symbols, column_texts(store, 0), strict=False):
                if text:
                    out[symbol] = f"{out[symbol]}|{text}" if symbol in out else text
    return out
