"""Building an interval store: named stretches of the genome, cut into segments.

A segment is a stretch in which the set of covering intervals does not change; it lists them.
Finding the intervals of a place is finding its segment.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from anntools.kernels.store_layout import HIGHEST_NUMBER
from anntools.pack.arrays import write_array
from anntools.pack.storefile import INTERVALS

Int64s = npt.NDArray[np.int64]
_MOST_ENTRIES: Final = 200_000_000
_NUMBER: Final = re.compile(r"(.{0,15}?)(0|[1-9][0-9]{0,9})")


@dataclass(frozen=True, slots=True)
class IntervalField:
    """An INFO key that an interval store adds; its values, one per interval."""

    key: str
    description: str
    values: Sequence[str]
    type: str = "String"


def write_intervals(
    folder: Path,
    name: str,
    spans: Sequence[tuple[int, int, int]],
    fields: Sequence[IntervalField],
    contigs: int,
) -> dict[str, Any]:
    """Write a store of ``spans`` (contig, start, end; 0-based, half-open); returns its description.

    Raises ValueError when the intervals overlap so deeply that the store would not be usable.
    """
    folder.mkdir(parents=True, exist_ok=True)
    table = np.array(spans, dtype=np.int64).reshape(-1, 3)
    order = np.lexsort((table[:, 2], table[:, 1], table[:, 0]))
    order = order[table[order, 1] < table[order, 2]]
    table = table[order]
    first = [0]
    parts: list[tuple[Int64s, Int64s, Int64s]] = []
    for contig in range(contigs):
        ids = np.flatnonzero(table[:, 0] == contig)
        if len(ids):
            parts.append(cut(name, table[ids, 1], table[ids, 2], ids))
        first.append(first[-1] + (len(parts[-1][0]) if len(ids) else 0))
    nothing = np.zeros(0, dtype=np.int64)
    counts = np.concatenate([p[1] for p in parts] or [nothing])
    write_array(folder / "first.npy", np.array(first), "<i8")
    write_array(folder / "segments.npy", np.concatenate([p[0] for p in parts] or [nothing]), "<i4")
    write_array(folder / "segment_off.npy", np.concatenate([[0], np.cumsum(counts)]), "<i8")
    ids = np.concatenate([p[2] for p in parts] or [nothing])
    write_array(folder / "segment_ids.npy", ids, "<u4")
    write_array(folder / "starts.npy", table[:, 1], "<i4")
    described = []
    for i, field in enumerate(fields):
        values = [field.values[j] for j in order.tolist()]
        described.append(
            {
                "key": field.key,
                "type": field.type,
                "number": ".",
                "description": field.description,
                **write_column(folder, i, values),
            }
        )
    return {
        "name": name,
        "kind": INTERVALS,
        "records": len(table),
        "bits": 0,
        "class_field": -1,
        "classes": [],
        "fields": described,
    }


def cut(name: str, starts: Int64s, ends: Int64s, ids: Int64s) -> tuple[Int64s, Int64s, Int64s]:
    """Begin of each segment (the first is 0), how many intervals it has, and all their numbers.

    ``starts`` ascend; the numbers ascend within a segment.
    """
    edges = np.unique(np.concatenate([np.zeros(1, dtype=np.int64), starts, ends]))
    a = np.searchsorted(edges, starts)
    sizes = np.searchsorted(edges, ends) - a
    total = int(sizes.sum())
    if total > _MOST_ENTRIES:
        raise ValueError(
            f"{name}: {len(starts)} intervals overlap {total // len(edges)} deep on average; "
            "join those that overlap, or leave names out"
        )
    row = np.repeat(np.arange(len(starts)), sizes)
    step = np.arange(total) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    segment = a[row] + step
    by = np.argsort(segment, kind="stable")
    return edges, np.bincount(segment, minlength=len(edges)), ids[row[by]]


def write_column(folder: Path, i: int, values: Sequence[str]) -> dict[str, Any]:
    """Write column ``i`` as cells and words (see ``kernels.store_layout``); what they need."""
    prefix = _prefix(values)
    words: dict[str, int] = {}
    cells = np.zeros(len(values), dtype=np.int64)
    if prefix is None:
        for j, text in enumerate(values):
            cells[j] = words.setdefault(text, len(words) + 1) if text else 0
    else:
        for j, text in enumerate(values):
            cells[j] = int(text[len(prefix) :]) + 1 if text else 0
    most = int(cells.max(initial=0))
    dtype = "|u1" if most < 1 << 8 else "<u2" if most < 1 << 16 else "<u4"
    write_array(folder / f"cells_{i}.npy", cells, dtype)
    coded = [w.encode() for w in words]
    off = np.concatenate([[0], np.cumsum([len(w) for w in coded], dtype=np.int64)])
    write_array(folder / f"word_off_{i}.npy", off, "<i8")
    write_array(folder / f"words_{i}.npy", np.frombuffer(b"".join(coded), dtype=np.uint8), "|u1")
    return {"prefix": prefix or "", "drop": 0, "words": len(words)}


def _prefix(values: Sequence[str]) -> str | None:
    """The text that stands before a number in every value, or None if they are not all so."""
    prefix = None
    for text in values:
        if text:
            found = _NUMBER.fullmatch(text)
            if found is None or prefix not in (None, found[1]) or int(found[2]) > HIGHEST_NUMBER:
                return None
            prefix = found[1]
    return prefix
