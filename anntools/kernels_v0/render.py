"""Rendering one result row as a CSQ entry."""

from __future__ import annotations

import numpy as np

from anntools import terms
from anntools.compiled_v0 import kernel
from anntools.kernels_v0.coding import (
    MAX_CODONS,
    WORK,
    amino_acid,
    build_peptides,
)
from anntools.kernels_v0.consequence import (
    R_CDNA1,
    R_CDNA2,
    R_CDS1,
    R_CDS2,
    R_DISTANCE,
    R_EXON1,
    R_INTRON1,
    R_MASK,
    R_PROT1,
    R_PROT2,
    R_TX,
)
from anntools.kernels_v0.genome import cdna_base
from anntools.kernels_v0.model import (
    AA3,
    BASE,
    CDNA,
    CDS0,
    CDS1,
    CODE,
    COMPLEMENT,
    LENGTH,
    LETTER,
    LOWER,
    NAME_HEAD,
    NAME_HGVSC,
    NAME_HGVSP,
    NAME_STRAND,
    NAME_TAIL,
    NAMES,
    NEXON,
    PAD,
    STRAND,
    Bytes,
    Genes,
    Int64s,
)
from anntools.kernels_v0.text import put, put1, put_hgvs_position, put_int, put_range

_TERM_BYTES = np.frombuffer("".join(terms.TERMS).encode(), dtype=np.uint8)
_TERM_OFF = np.cumsum([0] + [len(name) for name in terms.TERMS])
_IMPACT_BYTES = np.frombuffer("".join(terms.IMPACTS).encode(), dtype=np.uint8)
_IMPACT_OFF = np.cumsum([0] + [len(name) for name in terms.IMPACTS])
_IMPACT_OF = np.array(terms.IMPACT_OF, dtype=np.int64)
N_TERMS = terms.N_TERMS
_OUTSIDE = 1 << terms.UPSTREAM | 1 << terms.DOWNSTREAM


@kernel
def lowest_bit(mask: int) -> int:
    """Number of the lowest set bit: the most severe term."""
    for i in range(N_TERMS):
        if mask >> i & 1:
            return i
    return N_TERMS


@kernel
def impact_of(mask: int) -> int:
    """Impact (0 HIGH .. 3 MODIFIER) of the most severe term."""
    return _IMPACT_OF[lowest_bit(mask)]


@kernel
def put_name(m: Genes, out: Bytes, o: int, t: int, which: int) -> int:
    """Copy one of the pre-rendered texts of transcript ``t``."""
    i = t * NAMES + which
    return put(out, o, m.names, m.name_off[i], m.name_off[i + 1])


@kernel
def put_terms(out: Bytes, o: int, mask: int) -> int:
    """Terms joined by ``&``."""
    first = True
    for i in range(N_TERMS):
        if mask >> i & 1:
            if not first:
                o = put1(out, o, 38)
            first = False
            o = put(out, o, _TERM_BYTES, _TERM_OFF[i], _TERM_OFF[i + 1])
    return o


@kernel
def put_csq(
    m: Genes,
    out: Bytes,
    o: int,
    row: Int64s,
    src: Bytes,
    shown0: int,
    shown1: int,
    contig: int,
    s: int,
    e: int,
    ref0: int,
    alt: Bytes,
    a0: int,
    a1: int,
    picked: bool,
    work: Bytes,
) -> int:
    """One CSQ entry. ``src[shown0:shown1]`` is the allele as Ensembl names it; ``s..e`` 1-based.

    Fields in order: Allele Consequence IMPACT SYMBOL Gene Feature_type Feature BIOTYPE EXON INTRON
    HGVSc HGVSp cDNA_position CDS_position Protein_position Amino_acids Codons STRAND FLAGS PICK
    CANONICAL MANE_SELECT HGVSg DISTANCE.
    """
    t = row[R_TX]
    snv = s == e and a1 - a0 == 1
    o = put(out, o, src, shown0, shown1) if shown1 > shown0 else put1(out, o, 45)
    o = put1(out, o, 124)
    o = put_terms(out, o, row[R_MASK])
    o = put1(out, o, 124)
    i = impact_of(row[R_MASK])
    o = put(out, o, _IMPACT_BYTES, _IMPACT_OFF[i], _IMPACT_OFF[i + 1])
    o = put1(out, o, 124)
    if t < 0:
        for _ in range(16):
            o = put1(out, o, 124)
        if picked:
            o = put1(out, o, 49)
        for _ in range(3):
            o = put1(out, o, 124)
        if snv:
            o = put_hgvsg(m, out, o, contig, s, src, ref0, alt, a0)
        return put1(out, o, 124)
    o = put_name(m, out, o, t, NAME_HEAD)
    within = not row[R_MASK] & _OUTSIDE
    n = m.tx[t, NEXON]
    if row[R_EXON1] > 0:
        o = put_range(out, o, row[R_EXON1], row[R_EXON1 + 1])
        o = put_int(out, put1(out, o, 47), n)
    o = put1(out, o, 124)
    if row[R_INTRON1] > 0:
        o = put_range(out, o, row[R_INTRON1], row[R_INTRON1 + 1])
        o = put_int(out, put1(out, o, 47), n - 1)
    o = put1(out, o, 124)
    if snv and within:
        o = put_hgvsc(m, out, o, t, s, src, ref0, alt, a0)
    o = put1(out, o, 124)
    o = put_protein(m, out, o, row, snv, alt, a0, a1, work)
    o = put_name(m, out, o, t, NAME_STRAND)
    if picked:
        o = put1(out, o, 49)
    o = put_name(m, out, o, t, NAME_TAIL)
    if snv:
        o = put_hgvsg(m, out, o, contig, s, src, ref0, alt, a0)
    o = put1(out, o, 124)
    if not within:
        o = put_int(out, o, row[R_DISTANCE])
    return o


@kernel
def put_hgvsg(
    m: Genes, out: Bytes, o: int, contig: int, s: int, src: Bytes, ref0: int, alt: Bytes, a0: int
) -> int:
    """``NC_000020.10:g.123A>G``."""
    o = put(out, o, m.hgvs_bytes, m.hgvs_off[contig], m.hgvs_off[contig + 1])
    o = put_int(out, o, s)
    o = put1(out, o, LETTER[BASE[src[ref0]]])
    o = put1(out, o, 62)
    return put1(out, o, LETTER[BASE[alt[a0]]])


@kernel
def put_hgvsc(
    m: Genes, out: Bytes, o: int, t: int, s: int, src: Bytes, ref0: int, alt: Bytes, a0: int
) -> int:
    """``ENST00000380000.1:c.123+4A>G`` of a substitution."""
    o = put_name(m, out, o, t, NAME_HGVSC)
    o = put_hgvs_position(m, out, o, t, s - 1)
    ref = BASE[src[ref0]]
    new = BASE[alt[a0]]
    if m.tx[t, STRAND] < 0:
        ref = COMPLEMENT[ref]
        new = COMPLEMENT[new]
    o = put1(out, o, LETTER[ref])
    o = put1(out, o, 62)
    return put1(out, o, LETTER[new])


@kernel
def put_protein(
    m: Genes, out: Bytes, o: int, row: Int64s, snv: bool, alt: Bytes, a0: int, a1: int, work: Bytes
) -> int:
    """From HGVSp to Codons: six fields, each with its closing bar."""
    t = row[R_TX]
    c1 = row[R_CDS1]
    c2 = row[R_CDS2]
    codon0 = (row[R_PROT1] - 1) * 3
    codon1 = min(row[R_PROT2] * 3, m.tx[t, CDS1] - m.tx[t, CDS0] + m.tx[t, PAD])
    coding = c1 > 0 and c2 > 0 and codon1 - codon0 + a1 - a0 <= MAX_CODONS
    n_ref = 0
    n_alt = 0
    if coding:
        n_ref, n_alt = build_peptides(m, t, alt, a0, a1, codon0, codon1, c1 - 1, c2, work)
        if snv:
            o = put_hgvsp(m, out, o, row, work)
    o = put1(out, o, 124)
    o = put_range(out, o, row[R_CDNA1], row[R_CDNA2])
    o = put1(out, o, 124)
    o = put_range(out, o, c1, c2)
    o = put1(out, o, 124)
    o = put_range(out, o, row[R_PROT1], row[R_PROT2])
    o = put1(out, o, 124)
    if coding:
        o = put_amino_acids(out, o, work, n_ref, n_alt)
        o = put1(out, o, 124)
        kept = codon1 - codon0 - (c2 - c1 + 1)
        o = put_codons(out, o, work, 0, codon1 - codon0, c1 - 1 - codon0, c2 - codon0)
        o = put1(out, o, 47)
        n = kept + a1 - a0
        o = put_codons(out, o, work, WORK, n, c1 - 1 - codon0, c1 - 1 - codon0 + a1 - a0)
        return put1(out, o, 124)
    return put1(out, put1(out, o, 124), 124)


@kernel
def put_amino_acids(out: Bytes, o: int, work: Bytes, n_ref: int, n_alt: int) -> int:
    """``K``, ``K/N``, ``-/SL``; one side only when both are equal."""
    same = n_ref == n_alt
    for i in range(min(n_ref, n_alt)):
        if work[2 * WORK + i] != work[3 * WORK + i]:
            same = False
    o = put(out, o, work, 2 * WORK, 2 * WORK + n_ref) if n_ref else put1(out, o, 45)
    if same:
        return o
    o = put1(out, o, 47)
    return put(out, o, work, 3 * WORK, 3 * WORK + n_alt) if n_alt else put1(out, o, 45)


@kernel
def put_codons(out: Bytes, o: int, work: Bytes, at: int, n: int, up0: int, up1: int) -> int:
    """Codons in lower case with the changed bases ``[up0, up1)`` in upper case; ``-`` if empty."""
    if n == 0:
        return put1(out, o, 45)
    for i in range(n):
        base = work[at + i]
        o = put1(out, o, LETTER[base] if up0 <= i < up1 else LOWER[base])
    return o


@kernel
def put_aa3(out: Bytes, o: int, letter: int) -> int:
    """Three-letter name of an amino acid."""
    return put(out, o, AA3[letter], 0, 3)


@kernel
def put_hgvsp(m: Genes, out: Bytes, o: int, row: Int64s, work: Bytes) -> int:
    """``ENSP:p.Lys19Asn`` of a substitution; ``=`` as ``%3D``, which is safe inside INFO.

    Empty when an amino acid is not known. A lost stop is followed to the next stop of the
    transcript (``extTer12``), or ``extTer?`` when there is none.
    """
    t = row[R_TX]
    mask = row[R_MASK]
    old = work[2 * WORK]
    new = work[3 * WORK]
    number = row[R_PROT1]
    i = t * NAMES + NAME_HGVSP
    if old == 88 or new == 88 or m.name_off[i] == m.name_off[i + 1]:
        return o
    o = put_name(m, out, o, t, NAME_HGVSP)
    if mask >> terms.START_LOST & 1:
        o = put_int(out, put_aa3(out, o, old), number)
        return put1(out, o, 63)
    o = put_int(out, put_aa3(out, o, old), number)
    if old == new:
        o = put1(out, o, 37)
        o = put1(out, o, 51)
        return put1(out, o, 68)
    o = put_aa3(out, o, new)
    if old != 42:
        return o
    o = put1(out, o, 101)  # "ext"
    o = put1(out, o, 120)
    o = put1(out, o, 116)
    o = put_aa3(out, o, 42)
    extra = codons_to_stop(m, t)
    return put_int(out, o, extra) if extra > 0 else put1(out, o, 63)


@kernel
def codons_to_stop(m: Genes, t: int) -> int:
    """How many codons after the old stop the next in-frame stop stands; 0 if there is none."""
    first = m.tx[t, CDNA]
    at = m.tx[t, CDS1]
    count = 1
    while at + 3 <= m.tx[t, LENGTH]:
        aa = amino_acid(
            m.tx[t, CODE],
            cdna_base(m, first, at),
            cdna_base(m, first, at + 1),
            cdna_base(m, first, at + 2),
        )
        if aa == 42:
            return count
        count += 1
        at += 3
    return 0
