"""Facets: which values a field has, with exact counts under all the other filters."""

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from web.explorer.filters import MOST_CHARS, Filters, Genotype, Impact, Transcripts
from web.explorer.masks import (
    OF_TRANSCRIPTS,
    entry_mask,
    everything,
    masks,
    transcript_luts,
)
from web.explorer.table import Deadline, Mask, OpenTable
from web.explorer.working_copy import KIND, of_any
from web.plots.terms import TERMS

MOST_LISTED: Final = 100
"""Values of one facet that are listed, most frequent first; chosen ones always are."""
MOST_SAMPLES: Final = 300
"""Samples that are listed, in the file's order; chosen ones always are."""
_MOST_CARRIERS: Final = 30_000_000
"""Beyond so many genotypes, samples are listed without counts."""

_ORDERS: Final[Mapping[str, Sequence[str]]] = {
    "impact": tuple(Impact),
    "consequence": tuple(TERMS),
}

Counts = npt.NDArray[np.int64]


@dataclass(frozen=True)
class FacetValue:
    """A value of a field, and how many rows there are if it is (also) chosen."""

    value: str
    count: int | None
    """None: not counted, because the table has too many genotypes."""
    chosen: bool


@dataclass(frozen=True)
class Facet:
    """The values of a field."""

    values: Sequence[FacetValue]
    more: int = 0
    """Values that are not listed."""


@dataclass(frozen=True)
class Facets:
    """The facets of a view, by parameter, and how long they took."""

    total: int
    """Rows that pass all filters."""
    of: Mapping[str, Facet]
    ms: float


def read_facets(table: OpenTable, filters: Filters, deadline: Deadline) -> Facets:
    """All facets of a filtered view.

    Raises:
        InvalidRequest, ServiceUnavailable: as `masks.selected`.
    """
    began = time.perf_counter()
    total, found = table.remember(("facets", filters), lambda: _count(table, filters, deadline))
    return Facets(total, found, round((time.perf_counter() - began) * 1000, 1))


def _count(
    table: OpenTable, filters: Filters, deadline: Deadline
) -> tuple[int, Mapping[str, Facet]]:
    of_fields = masks(table, filters, deadline)
    size = len(table)

    def under(*left_out: str) -> Mask:
        kept = (mask for name, mask in of_fields.items() if name not in left_out)
        return everything(kept, size)

    everyone = under()
    columns = {name: column for name, column in _COLUMNS.items() if column in table.words}
    bases = {name: under(name) if name in of_fields else everyone for name in columns}
    counts = {
        name: _of_column(table, column, bases[name], deadline) for name, column in columns.items()
    }
    if table.dictionary.clinvar:
        counts["clinvar"] = _of_column(table, table.dictionary.clinvar, under("clinvar"), deadline)
    if filters.transcripts is Transcripts.ANY:
        base = under("transcript")
        counts |= {n: _of_any(table, n, filters, base, deadline) for n in OF_TRANSCRIPTS}
    else:
        counts |= {n: _of_picked(table, n, under(n), deadline) for n in OF_TRANSCRIPTS}
    found = {name: _facet(name, each, _chosen(filters, name)) for name, each in counts.items()}
    if table.dictionary.samples:
        found["sample"] = _of_samples(table, filters, under("sample"), deadline)
    return int(np.count_nonzero(everyone)), found


_COLUMNS: Final = {"region": "chrom", "filter": "filter", "kind": KIND, "status": "status"}


def _chosen(filters: Filters, name: str) -> frozenset[str]:
    return frozenset(str(value) for value in getattr(filters, name))


def _of_column(table: OpenTable, name: str, base: Mask, deadline: Deadline) -> Mapping[str, int]:
    """Rows by word of a coded column; `.` stands for null."""
    words = table.words[name]
    codes = table.codes(name, deadline)[base]
    counts = np.bincount(codes + 1, minlength=len(words) + 1)
    found = {word: int(counts[i + 1]) for i, word in enumerate(words)}
    if counts[0] and name not in (KIND, "status"):
        found["."] = int(counts[0])
    return found


def _of_picked(table: OpenTable, field: str, base: Mask, deadline: Deadline) -> Mapping[str, int]:
    name = "symbol" if field == "gene" else field
    counts = _of_column(table, name, base, deadline)
    if field == "consequence":
        return _by_term(counts)
    return {word: count for word, count in counts.items() if word != "."}


def _by_term(counts: Mapping[str, int]) -> Mapping[str, int]:
    """Combinations of terms, taken apart."""
    found: Counter[str] = Counter()
    for combination, count in counts.items():
        if combination != ".":
            for term in combination.split("&"):
                found[term] += count
    return found


def _of_any(
    table: OpenTable, field: str, filters: Filters, base: Mask, deadline: Deadline
) -> Mapping[str, int]:
    """Rows by value of any transcript that satisfies the other fields of transcripts."""
    luts = {n: each for n, each in transcript_luts(table, filters).items() if n != field}
    name = "symbol" if field == "gene" else field
    count = _Genes(table) if field == "gene" else _Labels(table.words[name])
    for number, batch in enumerate(table.slices(deadline)):
        rows = base[table.starts[number] : table.starts[number + 1]]
        lists = batch.column(of_any(name))
        sizes = np.diff(lists.offsets.to_numpy())
        entries = entry_mask(batch, luts) & np.repeat(rows, sizes)
        count.add(lists.values.to_numpy(), entries, sizes)
    return count.found()


class _Labels:
    """Counts rows by label, where a word holds one label or several (`a&b`) out of at most 64."""

    def __init__(self, words: Sequence[str]) -> None:
        self._labels = sorted({label for word in words for label in word.split("&")})
        bits = {label: 1 << i for i, label in enumerate(self._labels)}
        of_words = [sum(bits[label] for label in set(word.split("&"))) for word in words]
        self._lut = np.array([*of_words, 0], np.uint64)
        self._counts: Counter[int] = Counter()

    def add(self, codes: Any, entries: Mask, sizes: Any) -> None:
        """Count a batch: `codes` of all its transcripts, of which `entries` count."""
        bits = self._lut[codes]
        bits[~entries] = 0
        offsets = (np.cumsum(sizes) - sizes)[sizes > 0]
        if len(offsets):
            together, counts = np.unique(np.bitwise_or.reduceat(bits, offsets), return_counts=True)
            self._counts.update(dict(zip(together.tolist(), counts.tolist(), strict=True)))

    def found(self) -> Mapping[str, int]:
        """Rows by label."""
        return {
            label: sum(n for bits, n in self._counts.items() if bits >> i & 1)
            for i, label in enumerate(self._labels)
        }


class _Genes:
    """Counts rows by gene: each gene of a row once, however many transcripts it has there."""

    def __init__(self, table: OpenTable) -> None:
        self._words = table.words["symbol"]
        self._counts: Counts = np.zeros(len(self._words), np.int64)

    def add(self, codes: Any, entries: Mask, sizes: Any) -> None:
        """As `_Labels.add`."""
        entries = entries & (codes >= 0)
        rows = np.repeat(np.arange(len(sizes), dtype=np.int64), sizes)[entries]
        keys = rows * len(self._words) + codes[entries]
        # Transcripts of a gene are mostly neighbours, and most rows have one gene: few are sorted.
        first = np.diff(keys, prepend=-1) != 0
        rows, keys = rows[first], keys[first]
        alone = np.bincount(rows, minlength=len(sizes))[rows] == 1
        for some in (keys[alone], np.unique(keys[~alone])):
            if len(some):
                self._counts += np.bincount(some % len(self._words), minlength=len(self._words))

    def found(self) -> Mapping[str, int]:
        """Rows by gene."""
        return {word: int(n) for word, n in zip(self._words, self._counts, strict=True)}


def _facet(name: str, counts: Mapping[str, int], chosen: frozenset[str]) -> Facet:
    """The values in the field's own order, else most frequent first."""
    folded = {value.casefold() for value in chosen}
    order = _ORDERS.get(name)
    place: Callable[[str], Any] = (
        (lambda value: (order.index(value) if value in order else len(order), value))
        if order
        else (lambda value: (-counts[value], value))
    )
    there = [value for value, count in counts.items() if count or value.casefold() in folded]
    # What is too long to be asked for is not offered either.
    short = [value for value in there if len(value) <= MOST_CHARS]
    short.sort(key=place)
    listed = short[:MOST_LISTED]
    listed += [value for value in short[MOST_LISTED:] if value.casefold() in folded]
    return Facet(
        [FacetValue(value, counts[value], value.casefold() in folded) for value in listed],
        more=len(there) - len(listed),
    )


def _of_samples(table: OpenTable, filters: Filters, base: Mask, deadline: Deadline) -> Facet:
    """For the first samples and those chosen: rows in which each has the genotype asked for."""
    names = table.dictionary.samples
    counts = np.zeros(len(names) + 1, np.int64)
    columns = {Genotype.HET: ("het",), Genotype.HOM: ("hom",)}.get(filters.genotype, ("het", "hom"))
    sizes = sum(len(batch.column(name).values) for batch in table.batches for name in columns)
    counted = sizes <= _MOST_CARRIERS
    if counted:
        for number, batch in enumerate(table.slices(deadline)):
            rows = base[table.starts[number] : table.starts[number + 1]]
            for name in columns:
                lists = batch.column(name)
                kept = np.repeat(rows, np.diff(lists.offsets.to_numpy()))
                counts += np.bincount(lists.values.to_numpy()[kept], minlength=len(counts))
        if filters.genotype is Genotype.NONE:
            counts = np.count_nonzero(base) - counts
    chosen = set(filters.sample)
    listed = [
        FacetValue(name, int(counts[i]) if counted else None, name in chosen)
        for i, name in enumerate(names, 1)
        if (i <= MOST_SAMPLES and len(name) <= MOST_CHARS) or name in chosen
    ]
    return Facet(listed, more=len(names) - len(listed))
