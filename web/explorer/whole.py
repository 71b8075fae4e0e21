"""The summary above the explorer's table: counted over the whole table, as its filters count.

So a click on a bar shows exactly as many variants as the bar says.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from web.explorer.cutting import cut
from web.explorer.facets import Facet, read_facets
from web.explorer.filters import MOST_CHARS, Filters
from web.explorer.table import Deadline, OpenTable, numbers
from web.explorer.working_copy import FREQUENCY
from web.plots import histograms
from web.plots.model import Figure, Missing, Overview, Plot
from web.plots.summary import Counts, Gene, Link, overview

_QUALITY_BINS = 24
_DENSITY_BINS = 60
_STEPS = (1, 2, 5)
_LARGEST = 1e300
"""So far from zero a quality is drawn; beyond, the arithmetic of a plot runs out of numbers."""
_TINIEST = 1e-300

_Part = Plot | Missing

_OF_THE_TABLE = frozenset({"Variants", "Contig"})
"""Figures that the table itself tells."""


def table_overview(
    table: OpenTable, counts: Counts | None, link: Link, deadline: Deadline
) -> Overview:
    """The engine's counts, with those that filters can be asked of counted anew, and the plots of
    what only the table knows.

    Raises:
        ServiceUnavailable: the time is over.
    """
    facets = read_facets(table, Filters(), deadline).of
    engine = counts or Counts(alleles=len(table))
    found = overview(engine.model_copy(update=_recounted(facets)), link, several=True)
    if counts is None:
        # Zeros of what nobody counted would be lies.
        found = replace(found, figures=_known(found.figures), missing=[])
    extra = table.remember(("plots",), lambda: _parts(table, deadline))
    parts = [
        *(make(link) for make in (extra.density, extra.samples)),
        extra.frequencies,
        extra.qualities,
    ]
    plots = [part for part in parts if isinstance(part, Plot)]
    missing = [part for part in parts if isinstance(part, Missing)]
    return Overview(found.figures, [*found.plots, *plots], [*found.missing, *missing])


def _known(figures: Sequence[Figure]) -> Sequence[Figure]:
    return [figure for figure in figures if figure.label in _OF_THE_TABLE]


def _recounted(facets: Mapping[str, Facet]) -> Mapping[str, Any]:
    def of(name: str) -> Mapping[str, int]:
        facet = facets.get(name)
        return {v.value: v.count or 0 for v in facet.values} if facet else {}

    clinvar = {value: count for value, count in of("clinvar").items() if value != "."}
    changes: dict[str, Any] = {
        "impact": of("impact"),
        "consequence_most_severe": of("consequence"),
        "variant_kinds": of("kind"),
        "contigs": of("region"),
        "top_genes": [Gene(gene=name, alleles=count) for name, count in of("gene").items()],
    }
    if "clinvar" in facets:
        changes |= {"exact": {"ClinVar": sum(clinvar.values())}}
        changes |= {"exact_classes": {"ClinVar": clinvar}}
    return changes


class _Extra:
    """Histograms of a table. What leads to filtered views is made for each page."""

    def __init__(self, table: OpenTable, deadline: Deadline) -> None:
        self.frequencies = _frequencies(table, deadline)
        self.qualities = _qualities(table, deadline)
        self._density = _density(table, deadline)
        self._names = cut(table.dictionary.samples, MOST_CHARS)
        self._carried = _carried(table, deadline)

    def density(self, link: Link) -> _Part:
        if self._density is None:
            return Missing("Density", "the variants lie on more than one contig.")
        return histograms.density(*self._density, link)

    def samples(self, link: Link) -> _Part:
        return histograms.samples(self._names, self._carried, link)


def _parts(table: OpenTable, deadline: Deadline) -> _Extra:
    return _Extra(table, deadline)


def _column(table: OpenTable, name: str, deadline: Deadline) -> npt.NDArray[np.float64]:
    parts = [np.asarray(numbers(b.column(name)), np.float64) for b in table.slices(deadline)]
    return np.concatenate(parts) if parts else np.empty(0)


def _frequencies(table: OpenTable, deadline: Deadline) -> _Part:
    if FREQUENCY not in table.has:
        return histograms.frequencies((), 0, 0, told=False)
    values = _column(table, FREQUENCY, deadline)
    known = values[~np.isnan(values)]
    edges = np.array(histograms.FREQUENCY_EDGES)
    # The upper edge belongs to a bin: digitize from the right.
    places = np.digitize(known[known > 0], edges, right=True) - 1
    bins = np.bincount(places.clip(0, len(edges) - 2), minlength=len(edges) - 1)
    absent = int(np.count_nonzero(known == 0))
    return histograms.frequencies(bins.tolist(), len(values) - len(known), absent, told=True)


def _qualities(table: OpenTable, deadline: Deadline) -> _Part:
    values = _column(table, "qual", deadline)
    known = values[np.isfinite(values)]
    if not len(known):
        return histograms.qualities((), (), 0)
    edges, bins = quality_bins(known)
    return histograms.qualities(edges, bins, len(values) - len(known))


def quality_bins(known: npt.NDArray[np.float64]) -> tuple[Sequence[float], Sequence[int]]:
    """Edges and counts of a histogram of finite numbers, whatever a file calls a quality."""
    known = known.clip(-_LARGEST, _LARGEST)
    # A few enormous values must not press all others into one bar.
    low, high = float(known.min()), float(np.quantile(known, 0.99))
    if high <= low:
        high = float(known.max())
    # Among enormous values, the next number may be further away than a small step reaches.
    finest = 4 * float(np.spacing(max(abs(low), abs(high))))
    step = _nice(max((high - low) / _QUALITY_BINS, finest))
    begin = float(np.floor(low / step)) * step
    edges = begin + step * np.arange(max(2, int((high - begin) // step) + 2))
    bins, _ = np.histogram(known.clip(edges[0], np.nextafter(edges[-1], -np.inf)), edges)
    return edges.tolist(), bins.tolist()


def _density(table: OpenTable, deadline: Deadline) -> tuple[str, int, Sequence[int], int] | None:
    """Contig, width of a bin, bins and first base, if all lie on one contig."""
    codes = table.codes("chrom", deadline)
    used = np.unique(codes[codes >= 0])
    if len(used) != 1 or len(table.words["chrom"][int(used[0])]) > MOST_CHARS:
        return None
    places = _column(table, "pos", deadline)
    places = places[np.isfinite(places)]
    if not len(places):
        return None
    size = max(1, int(_nice((places.max() - places.min() + 1) / _DENSITY_BINS)))
    first = int(places.min() // size) * size
    bins = np.bincount(((places - first) // size).astype(np.int64))
    return table.words["chrom"][int(used[0])], size, bins.tolist(), max(1, first)


def _nice(rough: float) -> float:
    """The next larger of 1, 2, 5 times a power of ten; 1 where there is no such number."""
    if not np.isfinite(rough) or rough < _TINIEST:
        return 1.0
    power = 10.0 ** np.floor(np.log10(rough))
    # Where rounding leaves even ten times the power too small, the number itself will do.
    return float(next((n * power for n in (*_STEPS, 10) if n * power >= rough), rough))


def _carried(table: OpenTable, deadline: Deadline) -> Sequence[int]:
    """For each sample how many alleles it carries."""
    counts = np.zeros(len(table.dictionary.samples) + 1, np.int64)
    if len(counts) > 1:
        for batch in table.slices(deadline):
            for name in ("het", "hom"):
                values = batch.column(name).values.to_numpy()
                counts += np.bincount(values, minlength=len(counts))
    carried: list[int] = counts[1:].tolist()
    return carried
