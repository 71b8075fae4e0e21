"""What is counted of the samples while the table is written."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from anntools.kernels import plots_layout as p
from anntools.kernels import table_layout as t
from anntools.table.collect import Collector

if TYPE_CHECKING:
    from anntools.table.encoding import Array

SAMPLES_LEAST: Final = 20
"""Of fewer samples no frequency is told: one person's alleles have one of 0.5 or 1."""
_COUNTED: Final = {
    "het": t.G_HET,
    "hom": t.G_HOM,
    "missing": t.G_MISSING,
    "transitions": t.G_TRANSITION,
    "transversions": t.G_TRANSVERSION,
}


class Cohort:
    """Frequencies of the alleles among the samples, and the samples' own counts."""

    def __init__(self) -> None:
        self.names: Sequence[str] = ()
        self.collectors: list[Collector] = []
        self._bins = [0] * p.AF_BINS
        self._unknown = 0

    def add(self, allele_counts: Array, allele_numbers: Array) -> None:
        """Count alleles by their share among the known ones; -1: no genotypes."""
        import numpy as np

        if len(self.names) < SAMPLES_LEAST:
            return
        known = allele_numbers > 0
        shares = allele_counts[known] / allele_numbers[known]
        bins, _ = np.histogram(shares, np.array(p.AF_EDGES) / p.AF_ONE)
        self._bins = [a + b for a, b in zip(self._bins, bins.tolist(), strict=True)]
        self._unknown += int((~known).sum())

    @property
    def frequencies(self) -> tuple[list[int], int] | None:
        """Alleles in each bin of ``plots_layout.AF_EDGES``, and without a frequency."""
        return (self._bins, self._unknown) if any(self._bins) else None

    def samples(self) -> dict[str, Any] | None:
        """Counts of each sample in lists, one place per sample; None if there are too many."""
        counted = [c.sample_counts for c in self.collectors]
        if not any(counted):
            return None
        sums = [sum(values) for values in zip(*counted, strict=True)]
        lists = {name: sums[slot :: t.SAMPLE_SLOTS] for name, slot in _COUNTED.items()}
        records = sum(c.genotyped for c in self.collectors)
        return {"names": list(self.names), "records": records, **lists}
