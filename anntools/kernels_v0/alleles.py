"""The alternate alleles of a record: their place, their transcripts, their pick."""

from __future__ import annotations

from anntools import terms
from anntools.compiled_v0 import kernel
from anntools.kernels_v0.consequence import (
    R_ALT,
    R_CDS1,
    R_CDS2,
    R_DISTANCE,
    R_MASK,
    R_TX,
    consequence,
)
from anntools.kernels_v0.counts import (
    CDS,
    INTERGENIC,
    INTRON,
    NC_EXON,
    NC_INTRON,
    PROMOTER,
    UTR3,
    UTR5,
)
from anntools.kernels_v0.genome import segment_of
from anntools.kernels_v0.layout import (
    A_ALT0,
    A_ALT1,
    A_BEGIN,
    A_CLASS,
    A_E,
    A_END,
    A_KIND,
    A_PICK,
    A_REC0,
    A_REF0,
    A_ROW0,
    A_ROW1,
    A_S,
    A_SHOWN0,
    A_SHOWN1,
    C_DISTANCE,
    C_EXACT,
)
from anntools.kernels_v0.model import (
    LENGTH,
    PICK,
    Bytes,
    Genes,
    Int64s,
    Model,
    Segments,
)
from anntools.kernels_v0.record import (
    ALT_SEQUENCE,
    F_CONTIG,
    F_POS,
    alt_kind,
    next_comma,
)
from anntools.kernels_v0.render import lowest_bit
from anntools.kernels_v0.stores import exact_find

_UTR5 = 1 << terms.UTR5
_UTR3 = 1 << terms.UTR3
_NC_EXON = 1 << terms.NON_CODING_EXON
_NC = 1 << terms.NON_CODING
_INTRONIC = 1 << terms.INTRON | 1 << terms.SPLICE_DONOR | 1 << terms.SPLICE_ACCEPTOR
OUTSIDE = 1 << terms.UPSTREAM | 1 << terms.DOWNSTREAM
_CODING = (
    1 << terms.CODING_SEQUENCE
    | 1 << terms.FRAMESHIFT
    | 1 << terms.START_LOST
    | 1 << terms.STOP_LOST
)
PROMOTER_LENGTH = 500


@kernel
def read_alts(src: Bytes, fields: Int64s, alts: Int64s) -> int:
    """Fill ``alts`` from the ALT column; returns how many, -1 if there is no room.

    As in Ensembl, the name of an allele leaves out a first base that REF and all ALTs share when
    any of them differs in length.
    """
    ref0 = fields[3]
    ref1 = fields[4] - 1
    end = fields[5] - 1
    n = 0
    indel = False
    shared = True
    i = fields[4]
    while i <= end:
        if n >= len(alts):
            return -1
        j = next_comma(src, i, end)
        kind = alt_kind(src, i, j, ref0, ref1)
        alts[n, A_KIND] = kind
        alts[n, A_BEGIN] = i
        alts[n, A_END] = j
        if kind == ALT_SEQUENCE:
            if j - i != ref1 - ref0:
                indel = True
            if (src[i] & 95) != (src[ref0] & 95):
                shared = False
        n += 1
        i = j + 1
    strip = 1 if indel and shared else 0
    for k in range(n):
        alts[k, A_SHOWN0] = alts[k, A_BEGIN] + strip
        alts[k, A_SHOWN1] = alts[k, A_END]
        trim(src, fields, alts[k], strip)
    return n


@kernel
def trim(src: Bytes, fields: Int64s, alt: Int64s, strip: int) -> None:
    """Leave out what REF and ALT share at the begin, then at the end, and set the place."""
    r0 = fields[3] + strip
    r1 = fields[4] - 1
    a0 = alt[A_BEGIN] + strip
    a1 = alt[A_END]
    if alt[A_KIND] == ALT_SEQUENCE:
        while r0 < r1 and a0 < a1 and (src[r0] & 95) == (src[a0] & 95):
            r0 += 1
            a0 += 1
        while r0 < r1 and a0 < a1 and (src[r1 - 1] & 95) == (src[a1 - 1] & 95):
            r1 -= 1
            a1 -= 1
    alt[A_S] = fields[F_POS] + 1 + r0 - fields[3]
    alt[A_E] = fields[F_POS] + r1 - fields[3]
    alt[A_REF0] = r0
    alt[A_ALT0] = a0
    alt[A_ALT1] = a1


@kernel
def annotate_record(
    m: Model,
    src: Bytes,
    fields: Int64s,
    alts: Int64s,
    n_alt: int,
    rows: Int64s,
    work: Bytes,
    ctl: Int64s,
) -> int:
    """Fill ``rows`` for all ALTs of a record; returns how many rows, -1 if there is no room."""
    contig = fields[F_CONTIG]
    n = 0
    for k in range(n_alt):
        alts[k, A_ROW0] = n
        if alts[k, A_KIND] == ALT_SEQUENCE:
            n = annotate_alt(m, contig, src, alts, k, rows, n, work, ctl)
            if n < 0:
                return -1
            for store in range(ctl[C_EXACT]):
                alts[k, A_REC0 + store] = exact_find(
                    m.exact,
                    store * len(m.genome.contigs) + contig,
                    fields[F_POS],
                    src,
                    fields[3],
                    fields[4] - 1,
                    alts[k, A_BEGIN],
                    alts[k, A_END],
                )
        alts[k, A_ROW1] = n
    return n


@kernel
def annotate_alt(
    m: Model,
    contig: int,
    src: Bytes,
    alts: Int64s,
    k: int,
    rows: Int64s,
    n: int,
    work: Bytes,
    ctl: Int64s,
) -> int:
    """Rows of one ALT from row ``n`` on, with its pick and position class; returns the next row.

    Transcripts come segment by segment; in later segments only those that begin there are new.
    """
    s = alts[k, A_S]
    e = alts[k, A_E]
    first = segment_of(m.genome.contigs, m.segments.seg_start, contig, min(s, e) - 1)
    last = segment_of(m.genome.contigs, m.segments.seg_start, contig, max(s, e) - 1)
    window = ctl[C_DISTANCE]
    best = -1
    place = INTERGENIC
    for segment in range(first, last + 1):
        for i in range(m.segments.seg_off[segment], m.segments.seg_off[segment + 1]):
            t = m.segments.seg_tx[i]
            if segment > first and _began_before(m.segments, segment, t):
                continue
            if n + 1 >= len(rows):
                return -1
            row = rows[n]
            consequence(m.genes, t, s, e, src, alts[k, A_ALT0], alts[k, A_ALT1], row, work)
            if row[R_DISTANCE] > window:
                continue
            row[R_ALT] = k
            place = min(place, position_class(row))
            if best < 0 or better(m.genes, row, rows[best]):
                best = n
            n += 1
    if best < 0:
        if n >= len(rows):
            return -1
        rows[n, :] = 0
        rows[n, R_TX] = -1
        rows[n, R_MASK] = 1 << terms.INTERGENIC
        rows[n, R_ALT] = k
        best = n
        n += 1
    alts[k, A_PICK] = best
    alts[k, A_CLASS] = place
    return n


@kernel
def _began_before(m: Segments, segment: int, t: int) -> bool:
    """Whether transcript ``t`` was already listed in the segment before this one."""
    for i in range(m.seg_off[segment - 1], m.seg_off[segment]):
        if m.seg_tx[i] == t:
            return True
    return False


@kernel
def better(m: Genes, row: Int64s, other: Int64s) -> bool:
    """The pick rule: a transcript that holds the variant before one that is only near it, then
    static order (MANE, canonical, biotype), then severity, then length.
    """
    t = row[R_TX]
    u = other[R_TX]
    outside = row[R_MASK] & OUTSIDE != 0
    if outside != (other[R_MASK] & OUTSIDE != 0):
        return not outside
    if m.tx[t, PICK] != m.tx[u, PICK]:
        return m.tx[t, PICK] < m.tx[u, PICK]
    a = lowest_bit(row[R_MASK])
    b = lowest_bit(other[R_MASK])
    if a != b:
        return a < b
    return m.tx[t, LENGTH] > m.tx[u, LENGTH]


@kernel
def position_class(row: Int64s) -> int:
    """Where an allele lies in a transcript, in the classic words."""
    mask = row[R_MASK]
    if mask & OUTSIDE:
        if mask >> terms.UPSTREAM & 1 and row[R_DISTANCE] <= PROMOTER_LENGTH:
            return PROMOTER
        return INTERGENIC
    if row[R_CDS1] > 0 or row[R_CDS2] > 0 or mask & _CODING:
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
