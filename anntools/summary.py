"""The counts of a run, with names: what the plots show and the log tells."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from anntools import terms
from anntools.kernels_v0 import counts as n
from anntools.kernels_v0.record import REASONS
from anntools.pack import Pack
from anntools.problems import REASON_CODES

Int64s = npt.NDArray[np.int64]
TOP_GENES = 50


def summarise(stats: Int64s, pack: Pack) -> dict[str, Any]:
    """Counts as plain data. Zeros are left out of the long tables."""
    manifest = pack.manifest
    contigs = [str(c["name"]) for c in manifest.contigs]
    genes0 = n.S_SECTIONS + len(contigs)
    gene_counts = stats[genes0 : genes0 + len(manifest.genes)]
    transitions, transversions = int(stats[n.S_TRANSITION]), int(stats[n.S_TRANSVERSION])
    return {
        "records": int(stats[n.S_RECORDS]),
        "annotated": int(stats[n.S_ANNOTATED]),
        "skipped": skipped(stats),
        "blank_lines": int(stats[n.S_BLANK]),
        "alleles": int(stats[n.S_ALTS]),
        "with_rsid": int(stats[n.S_WITH_RSID]),
        "transcript_rows": int(stats[n.S_ROWS]),
        "variant_kinds": {
            "snv": int(stats[n.S_SNV]),
            "insertion": int(stats[n.S_INSERTION]),
            "deletion": int(stats[n.S_DELETION]),
            "substitution": int(stats[n.S_OTHER]),
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
            str(i - n.INDEL_MAX): int(stats[n.S_INDEL0 + i])
            for i in range(2 * n.INDEL_MAX + 1)
            if stats[n.S_INDEL0 + i]
        },
        "exact": {s["name"]: int(stats[n.S_EXACT0 + i]) for i, s in enumerate(manifest.exact)},
        "exact_classes": _classes(stats, manifest.exact),
        "intervals": {
            s["name"]: int(stats[n.S_INTERVAL0 + i]) for i, s in enumerate(manifest.intervals)
        },
        "genes_hit": int(np.count_nonzero(gene_counts)),
        "top_genes": _top(gene_counts, manifest.genes),
    }


def skipped(stats: Int64s) -> dict[str, int]:
    """Records passed through without annotation, by reason."""
    return {
        REASON_CODES[i]: int(stats[n.S_REASON0 + i])
        for i in range(1, REASONS)
        if stats[n.S_REASON0 + i]
    }


def _named(
    stats: Int64s, first: int, names: tuple[str, ...] | list[str], *, zeros: bool = False
) -> dict[str, int]:
    values = {name: int(stats[first + i]) for i, name in enumerate(names)}
    return values if zeros else {name: v for name, v in values.items() if v}


def _classes(stats: Int64s, stores: list[dict[str, Any]]) -> dict[str, dict[str, int]]:
    out: dict[str, dict[str, int]] = {}
    at = len(stats) - 1
    for store in stores:
        for name in store["classes"]:
            if stats[at]:
                out.setdefault(store["name"], {})[name] = int(stats[at])
            at -= 1
    return out


def _top(gene_counts: Int64s, genes: list[str]) -> list[dict[str, Any]]:
    order = np.argsort(-gene_counts, kind="stable")[:TOP_GENES]
    return [{"gene": genes[i], "alleles": int(gene_counts[i])} for i in order if gene_counts[i]]
