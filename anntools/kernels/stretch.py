"""Stretches of the genome in which every small variant meets the same: introns deep inside, or no
transcript at all. Most records of a genome lie in one.

BCSQ tells of such a record nothing but the biotypes it meets. The rows of the first record are kept
for those that follow it in the stretch, its text is written once and copied, and its counts are
added when the stretch ends, as often as it was met.
"""

from __future__ import annotations

from anntools import terms
from anntools.kernels import layout as k
from anntools.kernels.alleles import alt_block, row_block
from anntools.kernels.consequence import is_usual
from anntools.kernels.memory import i32, i64, kernel, set_i64
from anntools.kernels.model import contig_row, exon_row, transcript_row
from anntools.kernels.tally import count_rows

_DEEP = 1 << terms.INTRON | 1 << terms.NON_CODING | 1 << terms.NMD
_MARGIN = 24  # bases from an exon, or from a transcript's end: more than any rule looks


@kernel
def in_stretch(c: int, line: int, n_alt: int) -> bool:
    """Whether all ALTs are sequences that lie in the stretch of the record before."""
    if i64(c, k.C_STRETCH_TO) == 0 or i64(c, k.C_STRETCH_CONTIG) != i64(line, k.L_CONTIG):
        return False
    for j in range(n_alt):
        alt = alt_block(c, j)
        if i64(alt, k.A_KIND) != k.ALT_SEQUENCE:
            return False
        first = i64(alt, k.A_GIVEN_FIRST)
        last = i64(alt, k.A_GIVEN_LAST)
        high = max(last, first + i64(alt, k.A_TEXT_SIZE))
        if min(first, last) <= i64(c, k.C_STRETCH_FROM) or high >= i64(c, k.C_STRETCH_TO):
            return False
    return True


@kernel
def reuse_stretch(c: int, n_alt: int) -> None:
    """Give all ALTs the rows that are kept."""
    set_i64(c, k.C_STRETCH_MET, 1)
    for j in range(n_alt):
        alt = alt_block(c, j)
        set_i64(alt, k.A_ROW0, 0)
        set_i64(alt, k.A_ROW1, i64(c, k.C_STRETCH_ROWS))
        set_i64(alt, k.A_PICK, i64(c, k.C_STRETCH_PICK))
        set_i64(alt, k.A_CLASS, i64(c, k.C_STRETCH_CLASS))


@kernel
def end_stretch(c: int) -> None:
    """Add the counts of the stretch; its rows may be overwritten from now on."""
    times = i64(c, k.C_STRETCH_TIMES)
    if times:
        stats = i64(c, k.C_STATS)
        count_rows(c, stats, 0, i64(c, k.C_STRETCH_ROWS), i64(c, k.C_STRETCH_CLASS), times)
    set_i64(c, k.C_STRETCH_TIMES, 0)
    set_i64(c, k.C_STRETCH_TO, 0)
    set_i64(c, k.C_STRETCH_MET, 0)


@kernel
def begin_stretch(c: int, line: int, n_alt: int) -> None:
    """Keep the rows of a record of one changed base if a stretch lies around it."""
    alt = alt_block(c, 0)
    if n_alt > 1 or i64(line, k.L_REF_SIZE) != 1 or i64(alt, k.A_TEXT_SIZE) != 1:
        return
    begin = i64(alt, k.A_ROW0)
    end = i64(alt, k.A_ROW1)
    if end == begin or i64(alt, k.A_KIND) != k.ALT_SEQUENCE:
        return
    for r in range(begin, end):
        row = row_block(c, r)
        if i64(row, k.R_TX) >= 0 and i64(row, k.R_MASK) & ~_DEEP:
            return
    set_bounds(c, line)
    for r in range(begin, end):
        if i64(row_block(c, r), k.R_TX) >= 0 and not narrow_to_intron(c, row_block(c, r)):
            return
    set_i64(c, k.C_STRETCH_CONTIG, i64(line, k.L_CONTIG))
    set_i64(c, k.C_STRETCH_ROWS, end)
    set_i64(c, k.C_STRETCH_PICK, i64(alt, k.A_PICK))
    set_i64(c, k.C_STRETCH_CLASS, i64(alt, k.A_CLASS))
    set_i64(c, k.C_STRETCH_SIZE, -1)
    if i64(c, k.C_STRETCH_FROM) <= i64(line, k.L_POS) < i64(c, k.C_STRETCH_LAST):
        set_i64(c, k.C_STRETCH_TO, i64(c, k.C_STRETCH_LAST))


@kernel
def set_bounds(c: int, line: int) -> None:
    """From the last transcript that ends before the record to the next that begins, within its
    segment (0-based, half-open)."""
    pos = i64(line, k.L_POS)
    row = contig_row(c, i64(line, k.L_CONTIG))
    segment = i64(c, k.C_CURSOR)
    first = i32(row, k.CONTIG_SEG0)
    last = i32(row, k.CONTIG_SEG1)
    if first == last:
        set_i64(c, k.C_STRETCH_FROM, 0)
        set_i64(c, k.C_STRETCH_LAST, i32(row, k.CONTIG_LENGTH))
        return
    starts = i64(c, k.M_SEG_START)
    low = i32(starts, segment)
    high = i32(row, k.CONTIG_LENGTH) if segment + 1 == last else i32(starts, segment + 1)
    offsets = i64(c, k.M_SEG_OFF)
    for i in range(i32(offsets, segment), i32(offsets, segment + 1)):
        tx = transcript_row(c, i32(i64(c, k.M_SEG_TX), i))
        if i32(tx, k.END) <= pos:
            low = max(low, i32(tx, k.END) + _MARGIN)
        elif i32(tx, k.START) > pos:
            high = min(high, i32(tx, k.START) - _MARGIN)
    set_i64(c, k.C_STRETCH_FROM, low)
    set_i64(c, k.C_STRETCH_LAST, high)


@kernel
def narrow_to_intron(c: int, row: int) -> bool:
    """Narrow the bounds to the inside of the intron of a row; False if it has none that counts."""
    tx = i64(row, k.R_TX_ROW)
    if i64(row, k.R_EXON) == 0 or not is_usual(tx):
        return False
    exon = exon_row(c, tx, i64(row, k.R_EXON))
    low = i32(exon, k.EXON_END - k.EXON_COLUMNS) + _MARGIN
    high = i32(exon, k.EXON_START) - _MARGIN
    set_i64(c, k.C_STRETCH_FROM, max(i64(c, k.C_STRETCH_FROM), low))
    set_i64(c, k.C_STRETCH_LAST, min(i64(c, k.C_STRETCH_LAST), high))
    return True
