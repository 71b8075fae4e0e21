"""What plots need of a run, counted beside the work: a worker's counters, and their sum."""

from __future__ import annotations

import ctypes
import re
from collections import Counter
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from anntools import regions
from anntools.buffers import Buffer
from anntools.kernels import plots_layout as p
from anntools.pack import Pack
from anntools.pack.storefile import EXACT
from anntools.vcfio.header import Header

_BINS_MOST: Final = 4096  # of all contigs together
_FREQUENCY: Final = re.compile(r"(?:^|_)AF(?:_|$)")
_LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ*"
_POWERS: Final = (1000, 10_000, 100_000, 1_000_000, 10_000_000)
_INFO_AF: Final = b"##INFO=<ID=AF,"


class Frequencies(NamedTuple):
    """Where allele frequencies are read: ``kind`` of plots_layout, the field's name and place."""

    kind: int = p.AF_NOWHERE
    name: str = ""
    store: int = 0
    field: int = 0


def frequencies_of(header: Header, pack: Pack) -> Frequencies:
    """AF of the file itself if its header declares it, else the first one of the exact stores."""
    if any(line.startswith(_INFO_AF) for line in header.meta):
        return Frequencies(p.AF_IN_INFO, "AF")
    exact = [s.about for s in pack.stores if s.about["kind"] == EXACT]
    for number, about in enumerate(exact):
        for i, field in enumerate(about["fields"]):
            if field["type"] == "Float" and _FREQUENCY.search(field["key"]):
                return Frequencies(p.AF_IN_STORE, field["key"], number, i)
    return Frequencies()


def bin_width(lengths: Sequence[int]) -> int:
    """Bases of a bin: 1, 2 or 5 times a power of ten, so that the contigs have few bins."""
    most = max(_BINS_MOST, 2 * len(lengths))
    widths = [step * power for power in _POWERS for step in (1, 2, 5)]
    few = (w for w in widths if sum(length // w + 1 for length in lengths) <= most)
    return next(few, widths[-1])


class PlotCounter:
    """The counters of one worker."""

    def __init__(self, pack: Pack, frequencies: Frequencies) -> None:
        lengths = [int(c["length"]) for c in pack.manifest.contigs]
        width = bin_width(lengths)
        first = [0]
        for length in lengths:
            first.append(first[-1] + length // width + 1)
        self.first, self.width, self.frequencies = first, width, frequencies
        edges = (*p.AF_EDGES, *p.QUAL_EDGES)
        self._edges = (ctypes.c_int64 * len(edges))(*edges)
        self._first = (ctypes.c_int32 * len(first))(*first)
        self._block = (ctypes.c_int64 * p.P_SLOTS)()
        for memory in (self._edges, self._first, self._block):
            regions.allow(ctypes.addressof(memory), ctypes.sizeof(memory))
        self._density = Buffer(8 * (first[-1] + 1))
        self._filters = Buffer(p.FILTER_BYTES * p.FILTERS_MOST)
        self.address = ctypes.addressof(self._block)
        b = self._block
        b[p.P_AF_EDGES] = ctypes.addressof(self._edges)
        b[p.P_QUAL_EDGES] = ctypes.addressof(self._edges) + 8 * len(p.AF_EDGES)
        b[p.P_AF_SOURCE], b[p.P_AF_STORE] = frequencies.kind, frequencies.store
        b[p.P_AF_FIELD], b[p.P_WIDTH] = frequencies.field, width
        b[p.P_FIRST], b[p.P_DENSITY] = ctypes.addressof(self._first), self._density.address
        b[p.P_FILTERS] = b[p.P_FILTER_LAST] = self._filters.address

    @property
    def counts(self) -> list[int]:
        """The counters of the block."""
        return list(self._block)[p.P_FILTER_MISSING :]

    @property
    def density(self) -> list[int]:
        """Records in each bin of all contigs."""
        with self._density.view[: self._density.size].cast("q") as bins:
            return bins.tolist()

    @property
    def filters(self) -> dict[str, int]:
        """Records by the text of FILTER."""
        found = {}
        for i in range(self._block[p.P_FILTER_COUNT]):
            entry = self._filters.view[p.FILTER_BYTES * i : p.FILTER_BYTES * (i + 1)]
            count, size = (int.from_bytes(entry[j : j + 8], "little") for j in (0, 8))
            found[bytes(entry[16 : 16 + size]).decode("utf-8", "replace")] = count
        return found


def plot_counts(counters: Sequence[PlotCounter], contigs: Sequence[str]) -> dict[str, Any]:
    """The counts of all workers as plain data, see docs/engine/summary.md."""
    one = counters[0]
    counts = [sum(values) for values in zip(*(c.counts for c in counters), strict=True)]
    density = [sum(values) for values in zip(*(c.density for c in counters), strict=True)]
    filters: Counter[str] = Counter()
    for counter in counters:
        filters.update(counter.filters)

    def at(slot: int) -> int:
        return int(counts[slot - p.P_FILTER_MISSING])

    def many(slot: int, count: int) -> list[int]:
        return [at(slot + i) for i in range(count)]

    return {
        "filters": dict(filters.most_common()),
        "filter_missing": at(p.P_FILTER_MISSING),
        "filter_others": at(p.P_FILTER_OTHERS),
        "qual": {
            "edges": list(p.QUAL_EDGES),
            "counts": many(p.P_QUAL0, p.QUAL_BINS),
            "unknown": at(p.P_QUAL_UNKNOWN),
        },
        "allele_frequency": None
        if one.frequencies.kind == p.AF_NOWHERE
        else frequency_histogram(
            "INFO" if one.frequencies.kind == p.AF_IN_INFO else "pack",
            one.frequencies.name,
            many(p.P_AF0, p.AF_BINS),
            at(p.P_AF_UNKNOWN),
        ),
        "density": {
            "bases": one.width,
            "contigs": {
                name: bins
                for i, name in enumerate(contigs)
                if any(bins := density[one.first[i] : one.first[i + 1]])
            },
        },
        "amino_acid_changes": {
            f"{before}/{after}": n
            for i, before in enumerate(_LETTERS)
            for j, after in enumerate(_LETTERS)
            if (n := at(p.P_AA0 + p.AMINO_ACIDS * i + j))
        },
    }


def frequency_histogram(
    source: str, field: str, counts: Sequence[int], unknown: int
) -> dict[str, Any]:
    """Alleles by frequency. ``source``: INFO, pack or genotypes."""
    edges = [edge / p.AF_ONE for edge in p.AF_EDGES]
    return {
        "source": source,
        "field": field,
        "edges": edges,
        "counts": list(counts),
        "unknown": unknown,
    }
