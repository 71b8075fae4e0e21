"""The alternate alleles of a record: their place, their transcripts, their pick."""

from __future__ import annotations

from anntools import terms
from anntools.kernels import layout as k
from anntools.kernels.alt_forms import alt_kind
from anntools.kernels.consequence import consequence
from anntools.kernels.counts import (
    CDS,
    INTERGENIC,
    INTRON,
    NC_EXON,
    NC_INTRON,
    PROMOTER,
    UTR3,
    UTR5,
)
from anntools.kernels.hgvs_g import put_hgvsg
from anntools.kernels.memory import byte, find_byte, i32, i64, kernel, lowest_bit, set_i64
from anntools.kernels.model import bisect_right, contig_row, transcript_row
from anntools.kernels.scan import column_end
from anntools.kernels.shift import shift_allele
from anntools.kernels.stores import exact_find
from anntools.kernels.structural import read_region, structural

_UTR5 = 1 << terms.UTR5
_UTR3 = 1 << terms.UTR3
_NC_EXON = 1 << terms.NON_CODING_EXON
_NC = 1 << terms.NON_CODING
OUTSIDE = 1 << terms.UPSTREAM | 1 << terms.DOWNSTREAM
_CODING = (
    1 << terms.CODING_SEQUENCE
    | 1 << terms.FRAMESHIFT
    | 1 << terms.START_LOST
    | 1 << terms.STOP_LOST
)
PROMOTER_LENGTH = 500
_ALT_BYTES = 8 * k.A_SLOTS
_ROW_BYTES = 8 * k.R_SLOTS


@kernel
def annotate_alts(c: int, n_alt: int) -> int:
    """Fill the rows of all ALTs of a record; returns a status, DONE if all had room."""
    rows = 0
    for j in range(n_alt):
        alt = i64(c, k.C_ALTS) + j * _ALT_BYTES
        set_i64(alt, k.A_ROW0, rows)
        kind = i64(alt, k.A_KIND)
        if kind == k.ALT_SEQUENCE or kind == k.ALT_SYMBOLIC or kind == k.ALT_BREAKEND:
            rows = annotate_alt(c, alt, j, rows)
            if rows < 0:
                return -rows
        set_i64(alt, k.A_ROW1, rows)
    return k.DONE


@kernel
def alt_block(c: int, j: int) -> int:
    """Address of the ``j``-th ALT block."""
    return i64(c, k.C_ALTS) + j * _ALT_BYTES


@kernel
def row_block(c: int, r: int) -> int:
    """Address of the ``r``-th row block."""
    return i64(c, k.C_ROWS) + r * _ROW_BYTES


@kernel
def read_alts(c: int, line: int) -> int:
    """Fill the ALT blocks of a record; returns how many, -1 if there is no room.

    As in Ensembl, the name of an allele leaves out a first base that REF and all sequence ALTs
    share when any of them differs in length.
    """
    ref = i64(line, k.L_REF)
    ref_size = i64(line, k.L_REF_SIZE)
    end = column_end(line, k.L_ALT)
    p = i64(line, k.L_ALT)
    alt = i64(c, k.C_ALTS)
    n = 0
    strip = 0
    shared = 1
    while p <= end:
        if alt + _ALT_BYTES > i64(c, k.C_ALTS_END):
            return -1
        comma = find_byte(p, end, 44)
        kind = alt_kind(line, p, comma)
        set_i64(alt, k.A_KIND, kind)
        set_i64(alt, k.A_TEXT, p)
        set_i64(alt, k.A_TEXT_SIZE, comma - p)
        set_i64(alt, k.A_CONTIG, i64(line, k.L_CONTIG))
        if (kind == k.ALT_SEQUENCE or kind == k.ALT_STAR) and comma - p != ref_size:
            strip = 1
        if kind == k.ALT_SEQUENCE and (byte(p) & 95) != (byte(ref) & 95):
            shared = 0
        n += 1
        alt += _ALT_BYTES
        p = comma + 1
    strip &= shared
    given = given_kind(c, n, ref_size, strip)
    for j in range(n):
        set_i64(alt_block(c, j), k.A_GIVEN_KIND, given)
        place(c, line, alt_block(c, j), strip, n == 1)
    return n


@kernel
def given_kind(c: int, n: int, ref_size: int, strip: int) -> int:
    """What VEP sees in a record of ``n`` ALTs (of a lone one, ``place`` sees whether it moves)."""
    if i64(c, k.C_LIKE) == 0:
        return 0
    bases = 0
    single = 0
    gone = 0
    for j in range(n):
        alt = alt_block(c, j)
        size = i64(alt, k.A_TEXT_SIZE)
        kind = i64(alt, k.A_KIND)
        if kind == k.ALT_SEQUENCE or kind == k.ALT_SAME:
            single += size == 1
            bases += size > strip
            gone += size == strip
    given = k.GIVEN_SINGLE if ref_size == 1 and single == n else 0
    if n == 1:
        return given
    if strip and (bases == n if ref_size == 1 else gone == n):
        given |= k.GIVEN_MOVES
    return given | k.GIVEN_SEVERAL


@kernel
def place(c: int, line: int, alt: int, strip: int, lone: bool) -> None:
    """Set the place of an ALT and what HGVS needs of it.

    A sequence loses what REF and ALT share, first at the begin, then at the end. ``strip`` leading
    bases are not part of the allele's name. The place as Ensembl takes it is that smallest one
    only for a lone ALT of another length than REF.
    """
    kind = i64(alt, k.A_KIND)
    ref = i64(line, k.L_REF)
    size = i64(line, k.L_REF_SIZE)
    text = i64(alt, k.A_TEXT)
    text_size = i64(alt, k.A_TEXT_SIZE)
    set_i64(alt, k.A_SV_KIND, 0)
    set_i64(alt, k.A_SHIFT_RIGHT, 0)
    set_i64(alt, k.A_SHIFT_LEFT, 0)
    set_i64(alt, k.A_HGVSG_SIZE, 0)
    set_i64(alt, k.A_PICK, -1)
    set_i64(alt, k.A_CLASS, INTERGENIC)
    if kind != k.ALT_SEQUENCE:
        strip = 0
    set_i64(alt, k.A_SHOWN, text + strip)
    set_i64(alt, k.A_SHOWN_SIZE, text_size - strip)
    from_ = strip
    to = 0
    if kind == k.ALT_SEQUENCE:
        short = min(size, text_size)
        while from_ < short and (byte(ref + from_) & 95) == (byte(text + from_) & 95):
            from_ += 1
        while from_ + to < short and (byte(ref + size - 1 - to) & 95) == (
            byte(text + text_size - 1 - to) & 95
        ):
            to += 1
    pos = i64(line, k.L_POS)
    set_i64(alt, k.A_FIRST, pos + 1 + from_)
    set_i64(alt, k.A_LAST, pos + size - to)
    set_i64(alt, k.A_REF, ref + from_)
    set_i64(alt, k.A_ALT, text + from_)
    set_i64(alt, k.A_ALT_SIZE, text_size - from_ - to)
    smallest = lone and text_size != size
    set_i64(alt, k.A_GIVEN_FIRST, pos + 1 + (from_ if smallest else strip))
    set_i64(alt, k.A_GIVEN_LAST, pos + size - (to if smallest else 0))
    if smallest and (text_size == from_ + to or size == from_ + to):
        set_i64(alt, k.A_GIVEN_KIND, i64(alt, k.A_GIVEN_KIND) | k.GIVEN_MOVES)
    if kind == k.ALT_SYMBOLIC or kind == k.ALT_BREAKEND:
        read_region(c, line, alt)
    elif kind == k.ALT_SEQUENCE and text_size != size and is_named(c):
        shift_allele(c, alt)


@kernel
def segment_at(c: int, contig: int, pos: int) -> int:
    """Index of the segment of transcripts that holds ``pos``, -1 if the contig has none.

    Records come mostly in order: the segment of the last one and the next few are tried first.
    """
    row = contig_row(c, contig)
    lo = i32(row, k.CONTIG_SEG0)
    hi = i32(row, k.CONTIG_SEG1)
    if lo == hi:
        return -1
    starts = i64(c, k.M_SEG_START)
    at = i64(c, k.C_CURSOR)
    if at >= lo and at < hi and i32(starts, at) <= pos:
        for _ in range(8):
            if at + 1 == hi or i32(starts, at + 1) > pos:
                set_i64(c, k.C_CURSOR, at)
                return at
            at += 1
    at = max(bisect_right(starts, lo, hi, pos) - 1, lo)
    set_i64(c, k.C_CURSOR, at)
    return at


@kernel
def annotate_alt(c: int, alt: int, j: int, n: int) -> int:
    """Rows of one ALT from row ``n`` on, with its pick and position class.

    Returns the next row, or the negative of a status. Transcripts come segment by segment; in
    later segments only those that begin there are new.
    """
    contig = i64(alt, k.A_CONTIG)
    low = min(i64(alt, k.A_GIVEN_FIRST), i64(alt, k.A_GIVEN_LAST)) - 1
    high = max(i64(alt, k.A_GIVEN_FIRST), i64(alt, k.A_GIVEN_LAST)) - 1
    segment = segment_at(c, contig, low)
    offsets = i64(c, k.M_SEG_OFF)
    members = i64(c, k.M_SEG_TX)
    last = i32(contig_row(c, contig), k.CONTIG_SEG1)
    starts = i64(c, k.M_SEG_START)
    begin = n
    first = segment
    while segment >= 0 and segment < last and (segment == first or i32(starts, segment) <= high):
        for i in range(i32(offsets, segment), i32(offsets, segment + 1)):
            t = i32(members, i)
            if segment > first and _listed(c, first, segment, t):
                continue
            status = add_row(c, alt, j, t, n)
            if status < 0:
                return status
            n += status
        segment += 1
    if n == begin:
        if row_block(c, n + 1) > i64(c, k.C_ROWS_END):
            return -k.GROW_ROWS
        clear_row(c, alt, j, -1, n)
        set_i64(row_block(c, n), k.R_MASK, 1 << terms.INTERGENIC)
        n += 1
    choose(c, alt, begin, n)
    return name_on_genome(c, alt, n)


@kernel
def is_named(c: int) -> bool:
    """Whether the run writes HGVS names."""
    return i64(c, k.C_FORMAT) != k.FORMAT_BCSQ or i64(c, k.C_TABLE) != 0


@kernel
def name_on_genome(c: int, alt: int, n: int) -> int:
    """HGVSg into the arena; returns ``n``, or the negative of a status."""
    if i64(alt, k.A_KIND) != k.ALT_SEQUENCE or not is_named(c):
        return n
    room = 256 + i64(alt, k.A_SHOWN_SIZE) + abs(i64(alt, k.A_LAST) - i64(alt, k.A_FIRST))
    text = i64(c, k.C_TEXT)
    if text + room > i64(c, k.C_TEXT_END):
        return -k.GROW_TEXT
    end = put_hgvsg(c, text, alt)
    set_i64(alt, k.A_HGVSG, text)
    set_i64(alt, k.A_HGVSG_SIZE, end - text)
    set_i64(c, k.C_TEXT, end)
    return n


@kernel
def _listed(c: int, first: int, segment: int, t: int) -> bool:
    """Whether transcript ``t`` was listed in one of the segments ``[first, segment)``.

    A transcript's segments are adjacent, so the one before is enough.
    """
    offsets = i64(c, k.M_SEG_OFF)
    members = i64(c, k.M_SEG_TX)
    for i in range(i32(offsets, segment - 1), i32(offsets, segment)):
        if i32(members, i) == t:
            return True
    return False


@kernel
def clear_row(c: int, alt: int, j: int, t: int, n: int) -> int:
    """Make row ``n`` a row of transcript ``t`` with nothing known; returns its address."""
    row = row_block(c, n)
    for i in range(k.R_SLOTS):
        set_i64(row, i, 0)
    set_i64(row, k.R_ALT, j)
    set_i64(row, k.R_TX, t)
    return row


@kernel
def add_row(c: int, alt: int, j: int, t: int, n: int) -> int:
    """Fill row ``n`` for one transcript; 1 if it counts, 0 if too far, or -status."""
    if row_block(c, n + 1) > i64(c, k.C_ROWS_END):
        return -k.GROW_ROWS
    tx = transcript_row(c, t)
    if too_far(c, tx, alt):
        return 0
    row = clear_row(c, alt, j, t, n)
    set_i64(row, k.R_TX_ROW, tx)
    if i64(alt, k.A_KIND) == k.ALT_SEQUENCE:
        full = consequence(c, tx, alt, row)
    else:
        full = structural(c, tx, alt, row)
    if full:
        return -k.GROW_TEXT
    return 1 if i64(row, k.R_DISTANCE) <= i64(c, k.C_DISTANCE) else 0


@kernel
def too_far(c: int, tx: int, alt: int) -> bool:
    """Whether an allele lies further from a transcript than is reported (0: must touch it)."""
    first = i64(alt, k.A_GIVEN_FIRST)
    last = i64(alt, k.A_GIVEN_LAST)
    window = i64(c, k.C_DISTANCE)
    return (
        min(first, last) > i32(tx, k.END) + window or max(first, last) <= i32(tx, k.START) - window
    )


@kernel
def choose(c: int, alt: int, begin: int, end: int) -> None:
    """Set the picked row and the most specific position class of an ALT."""
    best = begin
    place_class = INTERGENIC
    for r in range(begin, end):
        row = row_block(c, r)
        if i64(row, k.R_TX) < 0:
            continue
        place_class = min(place_class, position_class(row))
        if r > begin and better(row, row_block(c, best)):
            best = r
    set_i64(alt, k.A_PICK, best)
    set_i64(alt, k.A_CLASS, place_class)


@kernel
def better(row: int, other: int) -> bool:
    """The pick rule: a transcript that holds the variant before one that is only near it, then
    static order (MANE, canonical, support level, biotype), then severity, then length.
    """
    tx = i64(row, k.R_TX_ROW)
    other_tx = i64(other, k.R_TX_ROW)
    mask = i64(row, k.R_MASK)
    other_mask = i64(other, k.R_MASK)
    outside = mask & OUTSIDE != 0
    if outside != (other_mask & OUTSIDE != 0):
        return not outside
    a = i32(tx, k.PICK)
    b = i32(other_tx, k.PICK)
    if a != b:
        return a < b
    a = lowest_bit(mask)
    b = lowest_bit(other_mask)
    if a != b:
        return a < b
    return told_length(tx) > told_length(other_tx)


@kernel
def told_length(tx: int) -> int:
    """Length of the coding sequence, or of the transcript if there is none."""
    if i32(tx, k.CDS0) < 0:
        return i32(tx, k.LENGTH)
    return i32(tx, k.CDS1) - i32(tx, k.CDS0) + i32(tx, k.PAD)


@kernel
def position_class(row: int) -> int:
    """Where an allele lies in a transcript, in the classic words."""
    mask = i64(row, k.R_MASK)
    if mask & OUTSIDE:
        if mask >> terms.UPSTREAM & 1 and i64(row, k.R_DISTANCE) <= PROMOTER_LENGTH:
            return PROMOTER
        return INTERGENIC
    if i64(row, k.R_CDS1) > 0 or i64(row, k.R_CDS2) > 0 or mask & _CODING:
        return CDS
    if mask & _UTR5:
        return UTR5
    if mask & _UTR3:
        return UTR3
    if mask & _NC_EXON:
        return NC_EXON
    if mask & _NC:
        return NC_INTRON
    return INTRON


@kernel
def find_known(c: int, line: int, n_alt: int) -> None:
    """Look all ALTs up in all exact stores."""
    stores = i64(c, k.C_EXACT)
    for j in range(n_alt):
        alt = alt_block(c, j)
        for s in range(i64(c, k.C_EXACT_COUNT)):
            found = -1
            if i64(alt, k.A_KIND) == k.ALT_SEQUENCE:
                found = exact_find(c, i64(stores, s), alt, line)
            set_i64(alt, k.A_RECORD0 + s, found)
