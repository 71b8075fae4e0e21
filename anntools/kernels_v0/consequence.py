"""What an allele does to a transcript: the rule, compiled.

``anntools/spec/consequence.py`` is the same rule written to be read; a property test holds the two
equal. Coordinates inside this file follow Ensembl: 1-based, both ends included, and an insertion
has ``start = end + 1``.
"""

from __future__ import annotations

from anntools import terms
from anntools.compiled_v0 import kernel
from anntools.kernels_v0.coding import coding_terms
from anntools.kernels_v0.genome import exon_at, spliced
from anntools.kernels_v0.model import (
    CDS0,
    CDS1,
    END,
    EXON0,
    EXON_END,
    EXON_START,
    FLAG_NMD,
    FLAGS,
    LEFT,
    NEXON,
    PAD,
    RIGHT,
    START,
    STRAND,
    Bytes,
    Genes,
    Int64s,
)

# Columns of a result row: one transcript, one allele.
(
    R_TX,
    R_MASK,
    R_EXON1,
    R_EXON2,
    R_INTRON1,
    R_INTRON2,
    R_CDNA1,
    R_CDNA2,
    R_CDS1,
    R_CDS2,
    R_PROT1,
    R_PROT2,
    R_DISTANCE,
    R_ALT,
    R_AA_REF,
    R_AA_ALT,
    R_STATE,
) = range(17)
ROW_COLUMNS = 18

_FRAMESHIFT_INTRON = 12  # "introns" up to this length + 1 are repairs of the model, not introns


@kernel
def overlap(a1: int, a2: int, b1: int, b2: int) -> bool:
    """Whether two closed intervals share a position (an insertion shares one if it is inside)."""
    return a1 <= b2 and a2 >= b1


@kernel
def at_intron_edge(s: int, e: int, first: int, last: int) -> bool:
    """Whether an insertion stands at an edge of the intron, or two bases inside."""
    if s == first or s == first + 2:
        return True
    return e == last or e == last - 2


@kernel
def splice_terms(is_plus: bool, s: int, e: int, first: int, last: int) -> int:
    """Mask of the intron ``first..last`` hit by ``s..e``: splice terms and intron_variant.

    Donor and acceptor: the two outermost bases. Donor 5th base and region: +3 to +6.
    Polypyrimidine tract: -3 to -17, unless the exon is touched too. Splice region: 3 exonic and
    3–8 intronic bases, unless a donor, acceptor, or donor-region term says more.
    """
    insertion = s == e + 1
    at_start = overlap(s, e, first, first + 1)
    at_end = overlap(s, e, last - 1, last)
    mask = 0
    if at_start:
        mask |= 1 << (terms.SPLICE_DONOR if is_plus else terms.SPLICE_ACCEPTOR)
    if at_end:
        mask |= 1 << (terms.SPLICE_ACCEPTOR if is_plus else terms.SPLICE_DONOR)
    if overlap(s, e, first + 2, last - 2) or (insertion and (s == first + 2 or e == last - 2)):
        mask |= 1 << terms.INTRON
    if (
        overlap(s, e, first - 3, first - 1)
        or overlap(s, e, first + 2, first + 7)
        or overlap(s, e, last - 7, last - 2)
        or overlap(s, e, last + 1, last + 3)
        or (insertion and at_intron_edge(s, e, first, last))
    ):
        mask |= 1 << terms.SPLICE_REGION
    if is_plus:
        fifth = overlap(s, e, first + 4, first + 4)
        donor_region = overlap(s, e, first + 2, first + 5)
        tract = overlap(s, e, last - 16, last - 2) or (insertion and e == last - 2)
        tract = tract and e <= last
    else:
        fifth = overlap(s, e, last - 4, last - 4)
        donor_region = overlap(s, e, last - 5, last - 2)
        tract = overlap(s, e, first + 2, first + 16) or (insertion and s == first + 2)
        tract = tract and s >= first
    if fifth:
        mask |= 1 << terms.SPLICE_DONOR_5TH
    if donor_region and not fifth:
        mask |= 1 << terms.SPLICE_DONOR_REGION
    if tract:
        mask |= 1 << terms.SPLICE_POLYPYRIMIDINE
    return mask


@kernel
def consequence(
    m: Genes, t: int, s: int, e: int, alt: Bytes, a0: int, a1: int, row: Int64s, work: Bytes
) -> int:
    """Fill ``row`` for transcript ``t`` and the allele that puts ``alt[a0:a1]`` for ``s..e``.

    Returns the mask, 0 when the transcript is further away than the pack's distance. ``alt`` is
    upper case on the plus strand; ``work`` is scratch for codons.
    """
    for i in range(ROW_COLUMNS):
        row[i] = 0
    row[R_TX] = t
    first = m.tx[t, START] + 1
    last = m.tx[t, END]
    plus = m.tx[t, STRAND] > 0
    if not overlap(s, e, first, last):
        before = e < first
        row[R_DISTANCE] = first - max(s, e) if before else min(s, e) - last
        row[R_MASK] = 1 << (terms.UPSTREAM if before == plus else terms.DOWNSTREAM)
        return row[R_MASK]
    if s <= first and e >= last and a0 == a1:
        row[R_MASK] = 1 << terms.TRANSCRIPT_ABLATION
        return row[R_MASK]
    coding = m.tx[t, CDS0] >= 0
    mask, exonic = exon_intron_terms(m, t, s, e, row)
    map_to_transcript(m, t, s, e, row)
    if s == e + 1 and row[R_CDNA1] > 0 and row[R_CDNA2] > 0:
        exonic = True  # an insertion at the edge of an exon lengthens the exon
    if exonic:
        if not coding:
            mask |= 1 << terms.NON_CODING_EXON
        else:
            mask |= utr_terms(m, t, s, e)
            mask = coding_terms(m, t, s, e, alt, a0, a1, row, work, mask)
    if not coding:
        if not exonic:
            mask |= 1 << terms.NON_CODING
    elif m.tx[t, FLAGS] & FLAG_NMD:
        mask |= 1 << terms.NMD
    only_nmd = mask == 1 << terms.NMD
    if mask == 0 or only_nmd:
        mask |= 1 << (terms.CODING_TRANSCRIPT if coding else terms.NON_CODING)
    row[R_MASK] = mask
    return mask


@kernel
def exon_intron_terms(m: Genes, t: int, s: int, e: int, row: Int64s) -> tuple[int, bool]:
    """Splice and intron terms, and whether an exon is touched; exon and intron numbers go to row.

    The inside of a frameshift "intron" counts as exon.
    """
    x0 = m.tx[t, EXON0]
    n = m.tx[t, NEXON]
    plus = m.tx[t, STRAND] > 0
    lo = min(s, e)
    hi = max(s, e)
    mask = 0
    exonic = False
    k = max(exon_at(m, t, lo - 4), 1) - 1  # 3 bases of an exon belong to its intron's splice region
    while k < n and m.exons[x0 + k, EXON_START] - 9 < hi:
        es = m.exons[x0 + k, EXON_START] + 1
        ee = m.exons[x0 + k, EXON_END]
        if overlap(s, e, es, ee):
            exonic = True
            note(row, R_EXON1, k + 1 if plus else n - k)
        if k + 1 < n:
            first = ee + 1
            last = m.exons[x0 + k + 1, EXON_START]
            if last - first <= _FRAMESHIFT_INTRON:
                if overlap(s, e, first, last):
                    exonic = True
            else:
                mask |= splice_terms(plus, s, e, first, last)
            if overlap(s, e, first, last):
                note(row, R_INTRON1, k + 1 if plus else n - 1 - k)
        k += 1
    if mask & (1 << terms.SPLICE_REGION) and mask & (
        1 << terms.SPLICE_DONOR
        | 1 << terms.SPLICE_ACCEPTOR
        | 1 << terms.SPLICE_DONOR_5TH
        | 1 << terms.SPLICE_DONOR_REGION
    ):
        mask &= ~(1 << terms.SPLICE_REGION)
    return mask, exonic


@kernel
def note(row: Int64s, column: int, number: int) -> None:
    """Widen the range of exon or intron numbers kept in two columns (0 = none yet)."""
    if row[column] == 0:
        row[column] = number
        row[column + 1] = number
    else:
        row[column] = min(row[column], number)
        row[column + 1] = max(row[column + 1], number)


@kernel
def map_to_transcript(m: Genes, t: int, s: int, e: int, row: Int64s) -> None:
    """Spliced, coding and protein positions (1-based; 0 = not defined) of the changed bases."""
    left = s - 1  # 0-based genomic first and last base
    right = e - 1
    if m.tx[t, STRAND] > 0:
        t1 = spliced(m, t, exon_at(m, t, left), left)
        t2 = spliced(m, t, exon_at(m, t, right), right)
    else:
        t1 = spliced(m, t, exon_at(m, t, right), right)
        t2 = spliced(m, t, exon_at(m, t, left), left)
    if s == e + 1:  # at the edge of an exon one neighbour is enough
        if t1 < 0 and t2 >= 0:
            t1 = t2 + 1
        elif t2 < 0 and t1 >= 0:
            t2 = t1 - 1
    row[R_CDNA1] = t1 + 1
    row[R_CDNA2] = t2 + 1
    cds0 = m.tx[t, CDS0]
    if cds0 < 0:
        return
    cds1 = m.tx[t, CDS1]
    pad = m.tx[t, PAD]
    if t1 >= cds0 and t1 < cds1:
        row[R_CDS1] = t1 - cds0 + 1 + pad
        row[R_PROT1] = (row[R_CDS1] + 2) // 3
    if t2 >= cds0 and t2 < cds1:
        row[R_CDS2] = t2 - cds0 + 1 + pad
        row[R_PROT2] = (row[R_CDS2] + 2) // 3


@kernel
def utr_terms(m: Genes, t: int, s: int, e: int) -> int:
    """5' and 3' UTR terms of an allele that touches an exon of a coding transcript."""
    first = m.tx[t, START] + 1
    last = m.tx[t, END]
    left = m.tx[t, LEFT] + 1  # first and last genomic base of the coding part
    right = m.tx[t, RIGHT]
    insertion = s == e + 1
    before = overlap(s, e, first, left - 1) or (insertion and s == left)
    after = overlap(s, e, right + 1, last) or (insertion and e == right)
    plus = m.tx[t, STRAND] > 0
    mask = 0
    if before:
        mask |= 1 << (terms.UTR5 if plus else terms.UTR3)
    if after:
        mask |= 1 << (terms.UTR3 if plus else terms.UTR5)
    return mask
