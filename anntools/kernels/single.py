"""One changed base in the coding part of a usual transcript: codon, amino acids, terms."""

from __future__ import annotations

from anntools import terms
from anntools.kernels import layout as k
from anntools.kernels.ends import has_known_start
from anntools.kernels.memory import div3, i32, i64, kernel, put8, set_i64
from anntools.kernels.model import amino_acid, cdna_base, complement, letter_of

_UNKNOWN = 88
_STOP = 42
_SYNONYMOUS = 1 << terms.SYNONYMOUS
_MISSENSE = 1 << terms.MISSENSE
_CODING_SEQUENCE = 1 << terms.CODING_SEQUENCE
_START_LOST = 1 << terms.START_LOST
_START_RETAINED = 1 << terms.START_RETAINED
_STOP_GAINED = 1 << terms.STOP_GAINED
_STOP_LOST = 1 << terms.STOP_LOST
_STOP_RETAINED = 1 << terms.STOP_RETAINED


@kernel
def coding_base_terms(c: int, tx: int, spliced: int, code: int, row: int) -> int:
    """Fill codon, amino acids and positions for the base at ``spliced`` (0-based, coding) that
    becomes ``code`` (on the plus strand); returns its terms, 0 if its codon is incomplete.

    The eight letters of both codons and both amino acids go to the arena in one store.
    """
    if i32(tx, k.STRAND) < 0:
        code = complement(code)
    cds0 = i32(tx, k.CDS0)
    at = spliced - cds0 + i32(tx, k.PAD)
    number = div3(at)
    offset = at - 3 * number
    first = spliced - offset
    if first < cds0 or first + 3 > i32(tx, k.CDS1):
        return 0
    a = cdna_base(c, tx, first)
    b = cdna_base(c, tx, first + 1)
    d = cdna_base(c, tx, first + 2)
    new_a = code if offset == 0 else a
    new_b = code if offset == 1 else b
    new_d = code if offset == 2 else d
    old = amino_acid(tx, a, b, d)
    new = amino_acid(tx, new_a, new_b, new_d)
    text = i64(c, k.C_TEXT)
    # Letters of codes 0-4 stand at 5-9 in lower case.
    letters = codon_text(a, b, d, offset) | codon_text(new_a, new_b, new_d, offset) << 24
    put8(text, letters | old << 48 | new << 56)
    set_i64(c, k.C_TEXT, text + 8)
    set_i64(row, k.R_CODONS_REF, text)
    set_i64(row, k.R_CODONS_REF_SIZE, 3)
    set_i64(row, k.R_CODONS_ALT, text + 3)
    set_i64(row, k.R_CODONS_ALT_SIZE, 3)
    set_i64(row, k.R_AA_REF, text + 6)
    set_i64(row, k.R_AA_REF_SIZE, 1)
    set_i64(row, k.R_AA_ALT, text + 7)
    set_i64(row, k.R_AA_ALT_SIZE, 1)
    set_i64(row, k.R_STATE, k.STATE_CODONS | k.STATE_AA)
    set_i64(row, k.R_CDS1, at + 1)
    set_i64(row, k.R_CDS2, at + 1)
    set_i64(row, k.R_PROT1, number + 1)
    set_i64(row, k.R_PROT2, number + 1)
    if spliced < cds0 + 3 and has_known_start(c, tx):
        if i32(tx, k.PAD):
            return 0
        return start_codon_terms(tx, new_a == 0 and new_b == 3 and new_d == 2, old, new)
    return other_codon_terms(old, new)


@kernel
def codon_text(a: int, b: int, d: int, offset: int) -> int:
    """Three letters, the changed one in upper case, as bytes of a number, lowest first."""
    return (
        letter_of(a if offset == 0 else a + 5)
        | letter_of(b if offset == 1 else b + 5) << 8
        | letter_of(d if offset == 2 else d + 5) << 16
    )


@kernel
def other_codon_terms(old: int, new: int) -> int:
    """Terms of a codon that is not the start."""
    if old == new:
        if old == _STOP:
            return _STOP_RETAINED
        return _CODING_SEQUENCE if old == _UNKNOWN else _SYNONYMOUS
    mask = 0
    if old == _STOP:
        mask = _STOP_LOST
    elif new == _STOP:
        mask = _STOP_GAINED
    else:
        mask = _MISSENSE
    if (old == _UNKNOWN or new == _UNKNOWN) and mask != _STOP_LOST:
        mask |= _CODING_SEQUENCE
    return mask


@kernel
def start_codon_terms(tx: int, kept: bool, old: int, new: int) -> int:
    """Terms of the start codon; ``kept``: the new codon is ATG."""
    mask = _START_RETAINED if kept else 0
    if (not kept and i32(tx, k.CDS0) > 0) or (new != _UNKNOWN and new != old):
        mask |= _START_LOST
    if old == new:
        if old == _STOP:
            return mask | _STOP_RETAINED
        if not kept and old != _UNKNOWN:
            mask |= _SYNONYMOUS
    elif old == _STOP:
        return mask | _STOP_LOST
    elif new == _STOP:
        mask |= _STOP_GAINED
    elif mask & _START_LOST == 0:
        mask |= _MISSENSE
    if mask & ~_STOP_GAINED & ~_SYNONYMOUS & ~_MISSENSE == 0 and (
        old == _UNKNOWN or new == _UNKNOWN
    ):
        mask |= _CODING_SEQUENCE
    return mask
