"""Codons and peptides: what an allele in the coding part of a transcript does to the protein."""

from __future__ import annotations

from anntools import terms
from anntools.compiled_v0 import kernel
from anntools.kernels_v0.genome import cdna_base
from anntools.kernels_v0.model import (
    BASE,
    CDNA,
    CDS0,
    CDS1,
    CODE,
    CODES,
    COMPLEMENT,
    FLAG_CDS_END_NF,
    FLAG_CDS_START_NF,
    FLAGS,
    LEFT,
    LENGTH,
    PAD,
    RIGHT,
    STRAND,
    Bytes,
    Genes,
    Int64s,
)

_R_CDNA1, _R_CDNA2, _R_CDS1, _R_CDS2 = 6, 7, 8, 9  # columns of a row, see consequence.py
_R_PROT1, _R_PROT2, _R_AA_REF, _R_AA_ALT = 10, 11, 14, 15

STOP = 42  # "*"
UNKNOWN = 88  # "X"

# `work` is cut in four: reference codons, alternative codons, their peptides.
WORK = 4096
MAX_CODONS = WORK - 8


@kernel
def cds_base(m: Genes, t: int, at: int) -> int:
    """Base code of coding position ``at`` (0-based, padding included); 4 in padding and outside."""
    at -= m.tx[t, PAD]
    if at < 0:
        return 4
    at += m.tx[t, CDS0]
    if at >= m.tx[t, CDS1]:
        return 4
    return cdna_base(m, m.tx[t, CDNA], at)


@kernel
def amino_acid(code: int, a: int, b: int, c: int) -> int:
    """One-letter amino acid of a codon of base codes; X if a base is unknown."""
    if a > 3 or b > 3 or c > 3:
        return UNKNOWN
    return CODES[code, a * 16 + b * 4 + c]


@kernel
def coding_terms(
    m: Genes,
    t: int,
    s: int,
    e: int,
    alt: Bytes,
    a0: int,
    a1: int,
    row: Int64s,
    work: Bytes,
    mask: int,
) -> int:
    """Add the terms of an exonic allele of a coding transcript to ``mask``."""
    c1 = row[_R_CDS1]
    c2 = row[_R_CDS2]
    insertion = s == e + 1
    if insertion and (c1 == 0 or c2 == 0):  # between coding part and UTR: the UTR grows
        row[_R_CDS1] = row[_R_CDS2] = row[_R_PROT1] = row[_R_PROT2] = 0
        return mask | start_terms(m, t, alt, a0, a1, row)
    if not insertion and not overlap_cds(m, t, s, e):
        return mask
    start = start_terms(m, t, alt, a0, a1, row)
    mask |= start
    if c1 == 0 or c2 == 0:
        end = 0
        if c1 > 0 and c2 == 0:
            end = end_terms(m, t, alt, a0, a1, row)
        if start == 0 and end == 0:
            mask |= 1 << terms.CODING_SEQUENCE
        return mask | end
    length = m.tx[t, CDS1] - m.tx[t, CDS0] + m.tx[t, PAD]
    size = c2 - c1 + 1
    codon0 = (row[_R_PROT1] - 1) * 3
    codon1 = min(row[_R_PROT2] * 3, length)
    if codon1 - codon0 + (a1 - a0) > MAX_CODONS:
        return mask | 1 << (terms.FRAMESHIFT if (a1 - a0 - size) % 3 else terms.CODING_SEQUENCE)
    if length - codon0 < 3 and codon1 > codon0:
        return mask | 1 << terms.INCOMPLETE_TERMINAL | 1 << terms.CODING_SEQUENCE
    n_ref, n_alt = build_peptides(m, t, alt, a0, a1, codon0, codon1, c1 - 1, c2, work)
    row[_R_AA_REF] = work[2 * WORK] if n_ref > 0 else 0
    row[_R_AA_ALT] = work[3 * WORK] if n_alt > 0 else 0
    return mask | peptide_terms(work, n_ref, n_alt, size, a1 - a0, mask, row)


@kernel
def overlap_cds(m: Genes, t: int, s: int, e: int) -> bool:
    """Whether the allele touches the genomic span of the coding part."""
    return s <= m.tx[t, RIGHT] and e >= m.tx[t, LEFT] + 1


@kernel
def build_peptides(
    m: Genes,
    t: int,
    alt: Bytes,
    a0: int,
    a1: int,
    codon0: int,
    codon1: int,
    from_: int,
    to: int,
    work: Bytes,
) -> tuple[int, int]:
    """Write the codons ``[codon0, codon1)`` before and after the change, and their peptides.

    The change replaces coding bases ``[from_, to)``. An incomplete last codon gives X.
    Returns the lengths of the two peptides.
    """
    n = 0
    for i in range(codon0, codon1):
        work[n] = cds_base(m, t, i)
        n += 1
    k = 0
    for i in range(codon0, from_):
        work[WORK + k] = work[i - codon0]
        k += 1
    plus = m.tx[t, STRAND] > 0
    for i in range(a1 - a0):
        if plus:
            work[WORK + k] = BASE[alt[a0 + i]]
        else:
            work[WORK + k] = COMPLEMENT[BASE[alt[a1 - 1 - i]]]
        k += 1
    for i in range(to, codon1):
        work[WORK + k] = work[i - codon0]
        k += 1
    code = m.tx[t, CODE]
    return translate(work, 0, n, 2 * WORK, code), translate(work, WORK, k, 3 * WORK, code)


@kernel
def translate(work: Bytes, at: int, n: int, to: int, code: int) -> int:
    """Translate ``n`` base codes at ``at`` into letters at ``to``; returns how many letters."""
    count = 0
    i = 0
    while i < n:
        if i + 3 > n:
            work[to + count] = UNKNOWN
        else:
            work[to + count] = amino_acid(code, work[at + i], work[at + i + 1], work[at + i + 2])
        count += 1
        i += 3
    return count


@kernel
def find(work: Bytes, at: int, n: int, letter: int) -> int:
    """Index of the first ``letter``, or -1."""
    for i in range(n):
        if work[at + i] == letter:
            return i
    return -1


@kernel
def is_prefix(work: Bytes, a: int, na: int, b: int, nb: int) -> bool:
    """Whether the first ``na`` letters at ``b`` (of ``nb``) are those at ``a``."""
    if na > nb:
        return False
    for i in range(na):
        if work[a + i] != work[b + i]:
            return False
    return True


@kernel
def is_suffix(work: Bytes, a: int, na: int, b: int, nb: int) -> bool:
    """Whether the last ``na`` letters at ``b`` (of ``nb``) are those at ``a``."""
    if na > nb:
        return False
    for i in range(na):
        if work[a + i] != work[b + nb - na + i]:
            return False
    return True


@kernel
def peptide_terms(
    work: Bytes, n_ref: int, n_alt: int, size: int, inserted: int, mask: int, row: Int64s
) -> int:
    """Terms that follow from the two peptides, by Ensembl's definitions."""
    ref = 2 * WORK
    alt = 3 * WORK
    started = mask & (1 << terms.START_LOST | 1 << terms.START_RETAINED)
    stop_ref = find(work, ref, n_ref, STOP)
    stop_alt = find(work, alt, n_alt, STOP)
    shift = (inserted - size) % 3 != 0
    same = n_ref == n_alt and is_prefix(work, ref, n_ref, alt, n_alt)
    out = 0
    if stop_ref >= 0 and stop_alt >= 0 and stop_alt <= stop_ref and not shift:
        out |= 1 << terms.STOP_RETAINED
        if same or n_ref == 1:
            return out
    elif stop_ref >= 0 and stop_alt < 0:
        out |= 1 << terms.STOP_LOST
    elif stop_alt >= 0 and stop_ref < 0:
        out |= 1 << terms.STOP_GAINED
    if shift:
        return out | 1 << terms.FRAMESHIFT
    unknown = find(work, ref, n_ref, UNKNOWN) >= 0 or find(work, alt, n_alt, UNKNOWN) >= 0
    if unknown:
        return out | 1 << terms.CODING_SEQUENCE if out == 0 and not started else out
    if inserted > size:
        if is_prefix(work, ref, n_ref, alt, n_alt) or is_suffix(work, ref, n_ref, alt, n_alt):
            return out | 1 << terms.INFRAME_INSERTION
        return _altered(out, started)
    if inserted < size:
        if (
            inserted == 0
            or is_prefix(work, alt, n_alt, ref, n_ref)
            or is_suffix(work, alt, n_alt, ref, n_ref)
        ):
            return out | 1 << terms.INFRAME_DELETION
        return _altered(out, started)
    if same:
        return 0 if started else out | 1 << terms.SYNONYMOUS
    if started or out:
        return out
    return 1 << terms.MISSENSE


@kernel
def _altered(out: int, started: int) -> int:
    """protein_altering_variant, unless a term on start or lost stop already says more."""
    if started or out >> terms.STOP_LOST & 1:
        return out
    return out | 1 << terms.PROTEIN_ALTERING


@kernel
def start_terms(m: Genes, t: int, alt: Bytes, a0: int, a1: int, row: Int64s) -> int:
    """start_lost or start_retained_variant, when the start codon is complete and touched.

    A change of length keeps the start if what ends the changed 5' sequence is the old coding
    sequence; a substitution keeps it if the first amino acid stays.
    """
    if m.tx[t, FLAGS] & FLAG_CDS_START_NF:
        return 0
    t1 = row[_R_CDNA1] - 1
    t2 = row[_R_CDNA2] - 1
    cds0 = m.tx[t, CDS0]
    if t1 < 0 or t2 < 0:
        return 0
    insertion = t1 == t2 + 1
    if insertion:
        if not (t2 < cds0 + 3 - 1 and t1 > cds0):
            return 0
    elif t1 > cds0 + 2 or t2 < cds0:
        return 0
    size = t2 - t1 + 1
    n = a1 - a0
    if size == n:
        return _substituted_start(m, t, alt, a0, a1, t1)
    if _coding_sequence_kept(m, t, alt, a0, a1, t1, t2):
        return 1 << terms.START_RETAINED
    return 1 << terms.START_LOST


@kernel
def end_terms(m: Genes, t: int, alt: Bytes, a0: int, a1: int, row: Int64s) -> int:
    """stop_lost or stop_retained_variant of a change of length that reaches into the 3' UTR.

    The stop is kept if a stop codon stands where the old one stood.
    """
    t1 = row[_R_CDNA1] - 1
    t2 = row[_R_CDNA2] - 1
    last = m.tx[t, CDS1] - 3
    if t1 < 0 or t2 < 0 or t2 < last or m.tx[t, FLAGS] & FLAG_CDS_END_NF:
        return 0
    if t2 - t1 + 1 == a1 - a0:
        return 0
    aa = amino_acid(
        m.tx[t, CODE],
        _changed_cdna(m, t, alt, a0, a1, t1, t2, last),
        _changed_cdna(m, t, alt, a0, a1, t1, t2, last + 1),
        _changed_cdna(m, t, alt, a0, a1, t1, t2, last + 2),
    )
    return 1 << (terms.STOP_RETAINED if aa == STOP else terms.STOP_LOST)


@kernel
def _changed_cdna(m: Genes, t: int, alt: Bytes, a0: int, a1: int, t1: int, t2: int, at: int) -> int:
    """Base code at spliced position ``at`` of the transcript after the change."""
    if at < t1:
        return cdna_base(m, m.tx[t, CDNA], at) if at >= 0 else 4
    if at < t1 + a1 - a0:
        if m.tx[t, STRAND] > 0:
            return BASE[alt[a0 + at - t1]]
        return COMPLEMENT[BASE[alt[a1 - 1 - (at - t1)]]]
    at += (t2 - t1 + 1) - (a1 - a0)
    return cdna_base(m, m.tx[t, CDNA], at) if at < m.tx[t, LENGTH] else 4


@kernel
def _substituted_start(m: Genes, t: int, alt: Bytes, a0: int, a1: int, t1: int) -> int:
    cds0 = m.tx[t, CDS0]
    t2 = t1 + (a1 - a0) - 1
    first = m.tx[t, CDNA] + cds0
    code = m.tx[t, CODE]
    old = amino_acid(code, cdna_base(m, first, 0), cdna_base(m, first, 1), cdna_base(m, first, 2))
    new = amino_acid(
        code,
        _changed_cdna(m, t, alt, a0, a1, t1, t2, cds0),
        _changed_cdna(m, t, alt, a0, a1, t1, t2, cds0 + 1),
        _changed_cdna(m, t, alt, a0, a1, t1, t2, cds0 + 2),
    )
    if old != new:
        return 1 << terms.START_LOST
    return 1 << terms.START_RETAINED if t1 < cds0 else 0  # inside the codon: synonymous


@kernel
def _coding_sequence_kept(m: Genes, t: int, alt: Bytes, a0: int, a1: int, t1: int, t2: int) -> bool:
    """Whether the old coding sequence still ends the changed 5' UTR + coding sequence."""
    grown = (a1 - a0) - (t2 - t1 + 1)
    for i in range(m.tx[t, CDS0], m.tx[t, CDS1]):
        was = cdna_base(m, m.tx[t, CDNA], i)
        if _changed_cdna(m, t, alt, a0, a1, t1, t2, i + grown) != was:
            return False
        if i + grown > t1 + (a1 - a0) and i > t2:
            return True  # from here on both are the same bases
    return True
