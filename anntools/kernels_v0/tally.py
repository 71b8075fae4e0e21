"""Adding an annotated record to the counts."""

from __future__ import annotations

from anntools.compiled_v0 import kernel
from anntools.kernels_v0.alleles import OUTSIDE, position_class
from anntools.kernels_v0.consequence import (
    R_MASK,
    R_TX,
)
from anntools.kernels_v0.counts import (
    INDEL_MAX,
    INTERGENIC,
    S_ALTS,
    S_ANNOTATED,
    S_CLASS0,
    S_DELETION,
    S_EXACT0,
    S_IMPACT0,
    S_INDEL0,
    S_INSERTION,
    S_INTERVAL0,
    S_ISOFORM_CLASS0,
    S_OTHER,
    S_ROWS,
    S_SECTIONS,
    S_SNV,
    S_TERM0,
    S_TRANSITION,
    S_TRANSVERSION,
    S_WITH_RSID,
    S_WORST0,
)
from anntools.kernels_v0.layout import (
    A_BEGIN,
    A_CLASS,
    A_END,
    A_KIND,
    A_REC0,
    A_ROW0,
    A_ROW1,
    C_EXACT,
    C_INTERVALS,
)
from anntools.kernels_v0.model import (
    BASE,
    GENE,
    Bytes,
    Genes,
    Int64s,
    Model,
)
from anntools.kernels_v0.record import (
    ALT_SEQUENCE,
    F_CONTIG,
    F_POS,
)
from anntools.kernels_v0.render import N_TERMS, impact_of, lowest_bit
from anntools.kernels_v0.stores import interval_segments


@kernel
def count_record(
    m: Model,
    src: Bytes,
    fields: Int64s,
    alts: Int64s,
    n_alt: int,
    rows: Int64s,
    stats: Int64s,
    ctl: Int64s,
) -> None:
    """Add an annotated record to the counts."""
    contigs = len(m.genome.contigs)
    stats[S_ANNOTATED] += 1
    stats[S_SECTIONS + fields[F_CONTIG]] += 1
    i = fields[2]
    if fields[3] - 1 - i > 2 and src[i] == 114 and src[i + 1] == 115:
        stats[S_WITH_RSID] += 1
    for k in range(n_alt):
        if alts[k, A_KIND] == ALT_SEQUENCE:
            count_kind(src, fields, alts[k], stats)
            count_rows(m.genes, alts[k], rows, stats, contigs)
            for store in range(ctl[C_EXACT]):
                x = alts[k, A_REC0 + store]
                if x >= 0:
                    stats[S_EXACT0 + store] += 1
                    if m.exact.exact_class[x] >= 0:
                        stats[len(stats) - 1 - m.exact.exact_class[x]] += 1
    start = fields[F_POS]
    end = start + fields[4] - 1 - fields[3]
    for store in range(ctl[C_INTERVALS]):
        s0, s1 = interval_segments(m.intervals, store * contigs + fields[F_CONTIG], start, end)
        if s1 > s0 and m.intervals.iv_seg_off[s1] > m.intervals.iv_seg_off[s0]:
            stats[S_INTERVAL0 + store] += 1


@kernel
def count_kind(src: Bytes, fields: Int64s, alt: Int64s, stats: Int64s) -> None:
    """SNV, insertion, deletion or other; transition or transversion; length of an indel."""
    stats[S_ALTS] += 1
    n_ref = fields[4] - 1 - fields[3]
    n_alt = alt[A_END] - alt[A_BEGIN]
    if n_ref == 1 and n_alt == 1:
        stats[S_SNV] += 1
        a = BASE[src[fields[3]]]
        b = BASE[src[alt[A_BEGIN]]]
        if a < 4 and b < 4:
            stats[S_TRANSITION if (a ^ b) == 2 else S_TRANSVERSION] += 1
        return
    if n_ref == n_alt:
        stats[S_OTHER] += 1
        return
    stats[S_INSERTION if n_alt > n_ref else S_DELETION] += 1
    size = max(-INDEL_MAX, min(INDEL_MAX, n_alt - n_ref))
    stats[S_INDEL0 + INDEL_MAX + size] += 1


@kernel
def count_rows(m: Genes, alt: Int64s, rows: Int64s, stats: Int64s, n_contigs: int) -> None:
    """Terms per row; most severe term, impact, position class and genes per ALT."""
    worst = N_TERMS
    for r in range(alt[A_ROW0], alt[A_ROW1]):
        mask = rows[r, R_MASK]
        stats[S_ROWS] += 1
        for i in range(N_TERMS):
            if mask >> i & 1:
                stats[S_TERM0 + i] += 1
        worst = min(worst, lowest_bit(mask))
        t = rows[r, R_TX]
        if t < 0:
            stats[S_ISOFORM_CLASS0 + INTERGENIC] += 1
            continue
        stats[S_ISOFORM_CLASS0 + position_class(rows[r])] += 1
        gene = m.tx[t, GENE]
        if not rows[r, R_MASK] & OUTSIDE and not _gene_seen(m, alt, rows, r, gene):
            stats[S_SECTIONS + n_contigs + gene] += 1
    stats[S_WORST0 + worst] += 1
    stats[S_IMPACT0 + impact_of(1 << worst)] += 1
    stats[S_CLASS0 + alt[A_CLASS]] += 1


@kernel
def _gene_seen(m: Genes, alt: Int64s, rows: Int64s, r: int, gene: int) -> bool:
    for q in range(alt[A_ROW0], r):
        u = rows[q, R_TX]
        if not rows[q, R_MASK] & OUTSIDE and m.tx[u, GENE] == gene:
            return True
    return False
