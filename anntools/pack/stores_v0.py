"""Overlays of a pack: exact-match stores (VCF) and interval stores (BED)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from anntools.kernels_v0.counts import MAX_STORES
from anntools.pack.segments import segments
from anntools.pack.stores import Field


@dataclass(slots=True)
class ExactStore:
    """Values known for exact alleles. ``records``: (contig, 0-based pos, REF, ALT, values).

    ``class_field``: the field whose values are counted in the summary, if any.
    """

    name: str
    fields: Sequence[Field]
    records: list[tuple[str, int, str, str, tuple[str, ...]]]
    class_field: int = -1
    classes: list[str] = field(default_factory=list)

    def describe(self) -> dict[str, Any]:
        """What the manifest says of the store."""
        return {
            "name": self.name,
            "records": len(self.records),
            "fields": [
                {"key": f.key, "type": f.type, "description": f.description} for f in self.fields
            ],
            "classes": self.classes,
        }


@dataclass(slots=True)
class IntervalStore:
    """Named intervals. ``intervals``: (contig, start, end, name), 0-based, half-open."""

    name: str
    key: str
    description: str
    intervals: list[tuple[str, int, int, str]]

    def describe(self) -> dict[str, Any]:
        """What the manifest says of the store."""
        return {
            "name": self.name,
            "key": self.key,
            "description": self.description,
            "intervals": len(self.intervals),
        }


def trimmed(pos: int, ref: str, alt: str) -> tuple[int, str, str]:
    """The shortest way to write an allele: common end cut off, then common begin."""
    while ref and alt and ref[-1] == alt[-1]:
        ref, alt = ref[:-1], alt[:-1]
    while ref and alt and ref[0] == alt[0]:
        ref, alt, pos = ref[1:], alt[1:], pos + 1
    return pos, ref, alt


def info_safe(text: str) -> str:
    """Text made safe as one INFO value, by the percent encoding of VCF 4.3."""
    return "".join(f"%{ord(c):02X}" if c in "%;=,\t\r\n " else c for c in text)


def exact_arrays(
    stores: Sequence[ExactStore], contigs: Mapping[str, int]
) -> dict[str, npt.NDArray[Any]]:
    """All exact stores as arrays of the model. The first of equal keys wins."""
    if len(stores) > MAX_STORES:
        raise ValueError(f"at most {MAX_STORES} exact overlays fit into a pack")
    table = np.zeros((len(stores), 4), dtype=np.int32)
    ranges: list[tuple[int, int]] = []
    positions: list[int] = []
    keys: list[bytes] = []
    cells: list[bytes] = []
    classes: list[int] = []
    class_base = first_field = 0
    for s, store in enumerate(stores):
        table[s] = first_field, len(store.fields), len(positions), len(cells)
        first_field += len(store.fields)
        by_contig: dict[int, dict[tuple[int, str, str], tuple[str, ...]]] = {}
        for contig, pos, ref, alt, values in store.records:
            if contig in contigs:
                key = trimmed(pos, ref.upper(), alt.upper())
                by_contig.setdefault(contigs[contig], {}).setdefault(key, values)
        if store.class_field >= 0:
            store.classes = sorted({r[4][store.class_field] for r in store.records})
        class_number = {name: class_base + i for i, name in enumerate(store.classes)}
        class_base += len(store.classes)
        for c in range(len(contigs)):
            begin = len(positions)
            for (pos, ref, alt), values in sorted(by_contig.get(c, {}).items()):
                positions.append(pos)
                keys.append(f"{ref}\t{alt}".encode())
                cells += [info_safe(v).encode() for v in values]
                classes.append(
                    class_number[values[store.class_field]] if store.class_field >= 0 else -1
                )
            ranges.append((begin, len(positions)))
    key_text, key_off = _blob(keys)
    values_text, cell_off = _blob(cells)
    return {
        "exact_store": table,
        "exact_range": np.array(ranges, dtype=np.int32).reshape(-1, 2),
        "exact_pos": np.array(positions, dtype=np.int32),
        "exact_key_off": key_off,
        "exact_keys": key_text,
        "exact_cell_off": cell_off,
        "exact_values": values_text,
        "exact_class": np.array(classes, dtype=np.int32),
    }


def interval_arrays(
    stores: Sequence[IntervalStore], contigs: Mapping[str, int]
) -> dict[str, npt.NDArray[Any]]:
    """All interval stores as arrays of the model."""
    if len(stores) > MAX_STORES:
        raise ValueError(f"at most {MAX_STORES} interval overlays fit into a pack")
    ranges: list[tuple[int, int]] = []
    seg_starts: list[int] = []
    lists: list[list[int]] = []
    starts: list[int] = []
    names: list[bytes] = []
    for store in stores:
        for contig in contigs:
            spans = []
            for name, start, end, text in sorted(store.intervals):
                if name == contig and start < end:
                    spans.append((start, end, len(starts)))
                    starts.append(start)
                    names.append(info_safe(text).encode())
            begin = len(seg_starts)
            for start, members in segments(spans) if spans else []:
                seg_starts.append(start)
                lists.append(members)
            ranges.append((begin, len(seg_starts)))
    offsets = np.zeros(len(lists) + 1, dtype=np.int32)
    np.cumsum([len(x) for x in lists], out=offsets[1:])
    name_text, name_off = _blob(names)
    return {
        "iv_range": np.array(ranges, dtype=np.int32).reshape(-1, 2),
        "iv_seg_start": np.array(seg_starts, dtype=np.int32),
        "iv_seg_off": offsets,
        "iv_seg_id": np.array([i for x in lists for i in x], dtype=np.int32),
        "iv_start": np.array(starts, dtype=np.int32),
        "iv_name_off": name_off,
        "iv_names": name_text,
    }


def _blob(texts: Sequence[bytes]) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    offsets = np.zeros(len(texts) + 1, dtype=np.int64)
    np.cumsum([len(t) for t in texts], out=offsets[1:])
    return np.frombuffer(b"".join(texts), dtype=np.uint8), offsets
