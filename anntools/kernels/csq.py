"""One row as an entry of CSQ, VEP's format."""

from __future__ import annotations

from anntools import terms
from anntools.kernels import layout as k
from anntools.kernels.alleles import OUTSIDE
from anntools.kernels.hgvs_c import put_hgvsc
from anntools.kernels.hgvs_p import put_hgvsp
from anntools.kernels.memory import (
    byte,
    constant,
    copy,
    i32,
    i64,
    kernel,
    lowest_bit,
    put2,
    set_byte,
    set_i64,
    shift_right,
)
from anntools.kernels.model import put_name
from anntools.kernels.text import put_int, put_range

_TEXT = 48  # bytes per term in the table
_TERMS = constant(b"".join(name.encode().ljust(_TEXT, b"\0") for name in terms.TERMS))
_SIZES = constant(bytes(len(name) for name in terms.TERMS))
_IMPACT = constant(b"".join(f"|{name}|".encode().ljust(16, b"\0") for name in terms.IMPACTS))
_IMPACT_SIZES = constant(bytes(len(name) + 2 for name in terms.IMPACTS))
_IMPACT_OF = constant(bytes(terms.IMPACT_OF))
_BARS = constant(b"|" * 16)

_HASH = 0x1E3779B97F4A7C15
_BAR = 124


@kernel
def put_all_terms(o: int, mask: int, between: int) -> int:
    """Terms, most severe first, joined by the byte ``between``."""
    while mask:
        i = lowest_bit(mask)
        mask &= mask - 1
        o = copy(o, _TERMS() + _TEXT * i, byte(_SIZES() + i))
        if mask:
            o = set_byte(o, between)
    return o


@kernel
def impact_of(mask: int) -> int:
    """Impact (0 HIGH .. 3 MODIFIER) of the most severe term."""
    return byte(_IMPACT_OF() + lowest_bit(mask))


@kernel
def put_impact(o: int, impact: int) -> int:
    """``|HIGH|``."""
    return copy(o, _IMPACT() + 16 * impact, byte(_IMPACT_SIZES() + impact))


@kernel
def put_terms(c: int, o: int, mask: int) -> int:
    """``missense_variant&splice_region_variant|MODERATE|``, from the cache if it is there."""
    at = i64(c, k.C_TERMS) + k.TERM_ENTRY * shift_right(mask * _HASH, 56)
    if i64(at, 0) == mask:
        return copy(o, at + 16, i64(at, 1))
    end = put_impact(put_all_terms(o, mask, 38), impact_of(mask))
    if end - o <= k.TERM_ENTRY - 64:
        copy(at + 16, o, end - o)
        set_i64(at, 0, mask)
        set_i64(at, 1, end - o)
    return end


@kernel
def put_csq(c: int, o: int, alt: int, row: int, picked: bool) -> int:
    """One CSQ entry; the fields are those of ``labels.CSQ_FIELDS``, in that order."""
    o = put_shown(o, alt)
    o = put_terms(c, set_byte(o, _BAR), i64(row, k.R_MASK))
    t = i64(row, k.R_TX)
    if t < 0:
        o = copy(o, _BARS(), 16)
        if picked:
            o = set_byte(o, 49)
        o = copy(o, _BARS(), 3)
        o = copy(o, i64(alt, k.A_HGVSG), i64(alt, k.A_HGVSG_SIZE))
        return set_byte(o, _BAR)
    tx = i64(row, k.R_TX_ROW)
    o = put_name(c, o, t, k.NAME_HEAD)
    o = put_numbers(o, tx, row)
    within = i64(row, k.R_MASK) & OUTSIDE == 0
    o = put_changes(c, o, tx, t, alt, row) if within else copy(o, _BARS(), 7)
    o = put_name(c, o, t, k.NAME_STRAND)
    if picked:
        o = set_byte(o, 49)
    o = put_name(c, o, t, k.NAME_TAIL)
    o = copy(o, i64(alt, k.A_HGVSG), i64(alt, k.A_HGVSG_SIZE))
    o = set_byte(o, _BAR)
    if not within:
        o = put_int(o, i64(row, k.R_DISTANCE))
    return o


@kernel
def put_shown(o: int, alt: int) -> int:
    """The allele as CSQ names it."""
    size = i64(alt, k.A_SHOWN_SIZE)
    if size == 0:
        return set_byte(o, 45)
    if size == 1:
        return set_byte(o, byte(i64(alt, k.A_SHOWN)))
    return copy(o, i64(alt, k.A_SHOWN), size)


@kernel
def put_numbers(o: int, tx: int, row: int) -> int:
    """EXON and INTRON, each with its closing bar."""
    exon = i64(row, k.R_EXON1)
    n = i32(tx, k.NEXON)
    if exon > 0:
        o = put_range(o, exon, i64(row, k.R_EXON2))
        o = put_int(set_byte(o, 47), n)
    o = set_byte(o, _BAR)
    intron = i64(row, k.R_INTRON1)
    if intron > 0:
        o = put_range(o, intron, i64(row, k.R_INTRON2))
        o = put_int(set_byte(o, 47), n - 1)
    return set_byte(o, _BAR)


@kernel
def put_changes(c: int, o: int, tx: int, t: int, alt: int, row: int) -> int:
    """From HGVSc to Codons: seven fields, each with its closing bar."""
    begin = o
    if i64(alt, k.A_KIND) == k.ALT_SEQUENCE:
        o = put_hgvsc(c, o, tx, t, alt, row)
        if o > begin:
            set_i64(row, k.R_HGVSC, begin)
            set_i64(row, k.R_HGVSC_SIZE, o - begin)
    o = set_byte(o, _BAR)
    state = i64(row, k.R_STATE)
    if i64(alt, k.A_KIND) == k.ALT_SEQUENCE:
        begin = o
        o = put_hgvsp(c, o, tx, t, alt, row)
        if o > begin:
            set_i64(row, k.R_HGVSP, begin)
            set_i64(row, k.R_HGVSP_SIZE, o - begin)
    o = set_byte(o, _BAR)
    if i64(row, k.R_CDNA1) | i64(row, k.R_CDNA2) == 0:
        return copy(o, _BARS(), 5)
    o = put_range(o, i64(row, k.R_CDNA1), i64(row, k.R_CDNA2))
    o = set_byte(o, _BAR)
    if i64(row, k.R_CDS1) | i64(row, k.R_CDS2) | state == 0:
        return copy(o, _BARS(), 4)
    o = put_range(o, i64(row, k.R_CDS1), i64(row, k.R_CDS2))
    o = set_byte(o, _BAR)
    o = put_range(o, i64(row, k.R_PROT1), i64(row, k.R_PROT2))
    o = set_byte(o, _BAR)
    if state & k.STATE_AA:
        o = put_amino_acids(o, row)
    o = set_byte(o, _BAR)
    if state & k.STATE_CODONS:
        o = put_text(o, i64(row, k.R_CODONS_REF), i64(row, k.R_CODONS_REF_SIZE))
        o = set_byte(o, 47)
        o = put_text(o, i64(row, k.R_CODONS_ALT), i64(row, k.R_CODONS_ALT_SIZE))
    return set_byte(o, _BAR)


@kernel
def put_text(o: int, text: int, size: int) -> int:
    """A text of the arena, ``-`` if it is empty."""
    if size == 0:
        return set_byte(o, 45)
    return copy(o, text, size)


@kernel
def put_amino_acids(o: int, row: int) -> int:
    """``K``, ``K/N``, ``-/SL``; one side only when both are equal."""
    ref = i64(row, k.R_AA_REF)
    alt = i64(row, k.R_AA_ALT)
    n = i64(row, k.R_AA_REF_SIZE)
    m = i64(row, k.R_AA_ALT_SIZE)
    if n == 1 and m == 1:
        a = byte(ref)
        b = byte(alt)
        if a == b:
            return set_byte(o, a)
        return set_byte(put2(o, a | 47 << 8), b)
    o = put_text(o, ref, n)
    same = n == m
    i = 0
    while same and i < n:
        same = byte(ref + i) == byte(alt + i)
        i += 1
    if same:
        return o
    return put_text(set_byte(o, 47), alt, m)
