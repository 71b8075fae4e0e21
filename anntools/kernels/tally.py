"""Adding an annotated record to the counters."""

from __future__ import annotations

from anntools.kernels import layout as k
from anntools.kernels.alleles import OUTSIDE, alt_block, position_class, row_block
from anntools.kernels.counts import (
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
    S_INTERVAL_HITS0,
    S_ISOFORM_CLASS0,
    S_OTHER,
    S_ROWS,
    S_SECTIONS,
    S_SNV,
    S_STRUCTURAL,
    S_TERM0,
    S_TRANSITION,
    S_TRANSVERSION,
    S_WITH_RSID,
    S_WORST0,
)
from anntools.kernels.csq import impact_of
from anntools.kernels.memory import byte, i32, i64, kernel, lowest_bit, set_i64
from anntools.kernels.model import base_code
from anntools.kernels.plots import count_plots
from anntools.kernels.scan import column_end
from anntools.kernels.stores import exact_class
from anntools.terms import N_TERMS


@kernel
def count(stats: int, what: int) -> None:
    """One more."""
    add(stats, what, 1)


@kernel
def add(stats: int, what: int, times: int) -> None:
    """Some more."""
    set_i64(stats, what, i64(stats, what) + times)


@kernel
def count_record(c: int, line: int, n_alt: int) -> None:
    """Add an annotated record to the counters."""
    stats = i64(c, k.C_STATS)
    if i64(c, k.C_PLOTS):
        count_plots(c, line, n_alt)
    count(stats, S_ANNOTATED)
    count(stats, S_SECTIONS + i64(line, k.L_CONTIG))
    name = i64(line, k.L_ID)
    if column_end(line, k.L_ID) - name > 2 and byte(name) == 114 and byte(name + 1) == 115:
        count(stats, S_WITH_RSID)
    for s in range(i64(c, k.C_INTERVALS_COUNT)):
        hits = i64(line, k.L_HITS0 + s)
        if hits:
            count(stats, S_INTERVAL0 + s)
            set_i64(stats, S_INTERVAL_HITS0 + s, i64(stats, S_INTERVAL_HITS0 + s) + hits)
    for j in range(n_alt):
        alt = alt_block(c, j)
        if i64(alt, k.A_ROW1) > i64(alt, k.A_ROW0):
            count_kind(stats, line, alt)
            if i64(c, k.C_STRETCH_MET):
                set_i64(c, k.C_STRETCH_TIMES, i64(c, k.C_STRETCH_TIMES) + 1)
            else:
                begin = i64(alt, k.A_ROW0)
                count_rows(c, stats, begin, i64(alt, k.A_ROW1), i64(alt, k.A_CLASS), 1)
            for store in range(i64(c, k.C_EXACT_COUNT)):
                record = i64(alt, k.A_RECORD0 + store)
                if record >= 0:
                    count(stats, S_EXACT0 + store)
                    at = exact_class(i64(i64(c, k.C_EXACT), store), record)
                    if at >= 0:
                        count(stats, S_SECTIONS + i64(c, k.N_CONTIGS) + i64(c, k.N_GENES) + at)


@kernel
def count_kind(stats: int, line: int, alt: int) -> None:
    """SNV, insertion, deletion or other; transition or transversion; length of an indel."""
    count(stats, S_ALTS)
    if i64(alt, k.A_KIND) != k.ALT_SEQUENCE:
        count(stats, S_STRUCTURAL)
        return
    n_ref = i64(line, k.L_REF_SIZE)
    n_alt = i64(alt, k.A_TEXT_SIZE)
    if n_ref == 1 and n_alt == 1:
        count(stats, S_SNV)
        kind = substitution(line, alt)
        if kind >= 0:
            count(stats, S_TRANSVERSION if kind else S_TRANSITION)
        return
    if n_ref == n_alt:
        count(stats, S_OTHER)
        return
    count(stats, S_INSERTION if n_alt > n_ref else S_DELETION)
    size = max(-INDEL_MAX, min(INDEL_MAX, n_alt - n_ref))
    count(stats, S_INDEL0 + INDEL_MAX + size)


@kernel
def substitution(line: int, alt: int) -> int:
    """0 for a transition, 1 for a transversion, -1 for anything else."""
    if i64(alt, k.A_KIND) != k.ALT_SEQUENCE:
        return -1
    if i64(line, k.L_REF_SIZE) != 1 or i64(alt, k.A_TEXT_SIZE) != 1:
        return -1
    a = base_code(byte(i64(alt, k.A_REF)))
    b = base_code(byte(i64(alt, k.A_ALT)))
    if a > 3 or b > 3:
        return -1
    return 0 if (a ^ b) == 2 else 1


@kernel
def count_rows(c: int, stats: int, begin: int, end: int, place_class: int, times: int) -> None:
    """Terms per row; most severe term, impact, position class and genes per ALT, for ``times``
    ALTs that have these very rows."""
    worst = N_TERMS
    add(stats, S_ROWS, times * (end - begin))
    for r in range(begin, end):
        row = row_block(c, r)
        mask = i64(row, k.R_MASK)
        worst = min(worst, lowest_bit(mask))
        rest = mask
        while rest:
            add(stats, S_TERM0 + lowest_bit(rest), times)
            rest &= rest - 1
        if i64(row, k.R_TX) < 0:
            add(stats, S_ISOFORM_CLASS0 + INTERGENIC, times)
            continue
        add(stats, S_ISOFORM_CLASS0 + position_class(row), times)
        gene = i32(i64(row, k.R_TX_ROW), k.GENE)
        if not mask & OUTSIDE and not _gene_seen(c, begin, r, gene):
            add(stats, S_SECTIONS + i64(c, k.N_CONTIGS) + gene, times)
    add(stats, S_WORST0 + worst, times)
    add(stats, S_IMPACT0 + impact_of(1 << worst), times)
    add(stats, S_CLASS0 + place_class, times)


@kernel
def _gene_seen(c: int, begin: int, end: int, gene: int) -> bool:
    """Whether a row before this one is of the same gene; rows of a gene mostly are neighbours."""
    r = end - 1
    while r >= begin:
        row = row_block(c, r)
        if not i64(row, k.R_MASK) & OUTSIDE and i32(i64(row, k.R_TX_ROW), k.GENE) == gene:
            return True
        r -= 1
    return False
