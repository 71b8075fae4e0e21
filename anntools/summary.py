"""The counts of a run, with names: what the plots show and the log tells."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from anntools import terms
from anntools.kernels import counts as n
from anntools.pack import Pack
from anntools.pack.storefile import EXACT, INTERVALS, OpenStore
from anntools.plotcounts import frequency_histogram
from anntools.problems import REASON_CODES

if TYPE_CHECKING:
    from anntools.table.cohort import Cohort

TOP_GENES = 50
SUMMARY_VERSION = 2
"""Of the keys of the file; see docs/engine/summary.md."""


def summarise(stats: Sequence[int], pack: Pack) -> dict[str, Any]:
    """Counts as plain data. Zeros are left out of the long tables."""
    manifest = pack.manifest
    contigs = [str(c["name"]) for c in manifest.contigs]
    genes0 = n.S_SECTIONS + len(contigs)
    gene_counts = stats[genes0 : genes0 + len(manifest.genes)]
    exact = [s for s in pack.stores if s.about["kind"] == EXACT]
    intervals = [s for s in pack.stores if s.about["kind"] == INTERVALS]
    transitions, transversions = stats[n.S_TRANSITION], stats[n.S_TRANSVERSION]
    return {
        "summary_version": SUMMARY_VERSION,
        "records": stats[n.S_RECORDS],
        "annotated": stats[n.S_ANNOTATED],
        "skipped": skipped(stats),
        "blank_lines": stats[n.S_BLANK],
        "alleles": stats[n.S_ALTS],
        "with_rsid": stats[n.S_WITH_RSID],
        "transcript_rows": stats[n.S_ROWS],
        "variant_kinds": {
            "snv": stats[n.S_SNV],
            "insertion": stats[n.S_INSERTION],
            "deletion": stats[n.S_DELETION],
            "substitution": stats[n.S_OTHER],
            "structural": stats[n.S_STRUCTURAL],
        },
        "transitions": transitions,
        "transversions": transversions,
        "ts_tv": round(transitions / transversions, 4) if transversions else None,
        "consequence_per_transcript": _named(stats, n.S_TERM0, terms.TERMS),
        "consequence_most_severe": _named(stats, n.S_WORST0, terms.TERMS),
        "impact": _named(stats, n.S_IMPACT0, terms.IMPACTS, zeros=True),
        "position_class": _named(stats, n.S_CLASS0, n.CLASS_NAMES, zeros=True),
        "position_class_per_transcript": _named(
            stats, n.S_ISOFORM_CLASS0, n.CLASS_NAMES, zeros=True
        ),
        "contigs": _named(stats, n.S_SECTIONS, contigs),
        "indel_lengths": {
            str(i - n.INDEL_MAX): stats[n.S_INDEL0 + i]
            for i in range(2 * n.INDEL_MAX + 1)
            if stats[n.S_INDEL0 + i]
        },
        "exact": {s.name: stats[n.S_EXACT0 + i] for i, s in enumerate(exact)},
        "exact_classes": _classes(stats, exact, genes0 + len(manifest.genes)),
        "intervals": {s.name: stats[n.S_INTERVAL0 + i] for i, s in enumerate(intervals)},
        "interval_hits": {s.name: stats[n.S_INTERVAL_HITS0 + i] for i, s in enumerate(intervals)},
        "genes_hit": sum(1 for count in gene_counts if count),
        "top_genes": _top(gene_counts, manifest.genes),
    }


def with_plots(plots: dict[str, Any], cohort: Cohort | None) -> dict[str, Any]:
    """The counts for plots, with those of the samples where a table was written."""
    told = dict(plots)
    if cohort:
        frequencies = cohort.frequencies
        if told["allele_frequency"] is None and frequencies:
            told["allele_frequency"] = frequency_histogram("genotypes", "AC/AN", *frequencies)
    return told | {"samples": cohort.samples() if cohort else None}


def skipped(stats: Sequence[int]) -> dict[str, int]:
    """Records passed through without annotation, by reason."""
    return {
        REASON_CODES[i]: stats[n.S_REASON0 + i]
        for i in range(1, len(REASON_CODES))
        if stats[n.S_REASON0 + i]
    }


def _named(
    stats: Sequence[int], first: int, names: tuple[str, ...] | list[str], *, zeros: bool = False
) -> dict[str, int]:
    values = {name: stats[first + i] for i, name in enumerate(names)}
    return values if zeros else {name: v for name, v in values.items() if v}


def _classes(
    stats: Sequence[int], stores: Sequence[OpenStore], first: int
) -> dict[str, dict[str, int]]:
    out: dict[str, dict[str, int]] = {}
    at = first
    for store in stores:
        for name in store.about["classes"]:
            if stats[at]:
                out.setdefault(store.name, {})[name] = stats[at]
            at += 1
    return out


def _top(gene_counts: Sequence[int], genes: Sequence[str]) -> list[dict[str, Any]]:
    order = sorted(range(len(genes)), key=lambda i: -gene_counts[i])[:TOP_GENES]
    return [{"gene": genes[i], "alleles": gene_counts[i]} for i in order if gene_counts[i]]
