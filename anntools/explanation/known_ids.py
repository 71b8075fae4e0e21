"""From an identifier that an exact store holds, such as an rs number, to the alleles that bear it.

The store is read as ``anntools.kernels.stores`` writes it down: buckets, keys, cells.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from anntools.explanation.packview import PackView
from anntools.pack.manifest import STORES

Array = npt.NDArray[Any]


class Known(NamedTuple):
    """An allele of a store without what REF and ALT share. ``start``: 0-based."""

    contig: int
    start: int
    ref: str
    alt: str


def find_id(text: str, view: PackView) -> list[Known]:
    """All alleles that any exact store knows under an identifier."""
    found: dict[Known, None] = {}
    for about in view.manifest.stores:
        if about["kind"] == "exact":
            found |= dict.fromkeys(_in_store(text, about, view))
    return list(found)


def _in_store(text: str, about: dict[str, Any], view: PackView) -> Iterator[Known]:
    def array(name: str) -> Array:
        return view.array(f"{STORES}/{about['name']}/{name}")

    for i, field in enumerate(about["fields"]):
        cell = _cell(text, field, array(f"words_{i}"), array(f"word_off_{i}"))
        if cell:
            for record in np.flatnonzero(array(f"cells_{i}")[: about["records"]] == cell).tolist():
                yield _allele(record, about["bits"], array)


def _cell(text: str, field: dict[str, Any], words: Array, offsets: Array) -> int:
    """What stands in the cell of a record with this value; 0 if none can have it."""
    count = int(field["words"])
    bounds = offsets[: count + 1].tolist()
    wanted = text.encode()
    for i in range(count):
        begin, end = bounds[i : i + 2]
        if end - begin == len(wanted) and words[begin:end].tobytes() == wanted:
            return i + 1
    digits = text.removeprefix(field["prefix"])
    if text.startswith(field["prefix"]) and digits.isascii() and digits.isdigit():
        return count + 1 + int(("1" if field["drop"] else "") + digits)
    return 0


def _allele(record: int, bits: int, array: Any) -> Known:
    """Place and bases of a record."""
    first, buckets = array("first"), array("buckets")
    bucket = int(np.searchsorted(buckets, record, side="right")) - 1
    contig = int(np.searchsorted(first, bucket, side="right")) - 1
    key = int(array("keys")[record])
    start = (bucket - int(first[contig]) << bits) + (key >> 32 - bits)
    shape_bits = 6 if bits <= 12 else 5
    room = 32 - bits - shape_bits
    shape = key >> room & (1 << shape_bits) - 1
    if shape == (1 << shape_bits) - 1:
        i = int(np.searchsorted(array("long"), record))
        begin, end = array("long_off")[i : i + 2].tolist()
        ref, _, alt = array("long_bytes")[begin:end].tobytes().decode().partition("\t")
        return Known(contig, start, ref, alt)
    n = 0
    while (n + 1) * (n + 2) // 2 <= shape:
        n += 1
    n_ref = shape - n * (n + 1) // 2
    bases = "".join("ACGT"[key >> 2 * (n - 1 - j) & 3] for j in range(n))
    return Known(contig, start, bases[:n_ref], bases[n_ref:])
