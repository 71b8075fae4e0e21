"""Codons and amino acids before and after a change, as texts in the arena."""

from __future__ import annotations

from anntools.kernels import layout as k
from anntools.kernels.change import (
    STOP,
    UNKNOWN,
    W_BASES,
    W_C1,
    W_C2,
    W_FIRST,
    W_KNOWN,
    W_LAST,
    W_N,
    W_NEW,
    W_NEW_AA,
    W_NEW_AA_SIZE,
    W_NEW_SIZE,
    W_OLD,
    W_OLD_AA,
    W_OLD_AA_SIZE,
    W_OLD_SIZE,
    W_P1,
    W_P2,
    W_SIZE,
    W_STATE,
    changed_base,
    coding_base,
    recoded_letter,
)
from anntools.kernels.memory import byte, div3, i32, i64, kernel, set_byte, set_i64
from anntools.kernels.model import amino_acid, base_code, letter_of


@kernel
def show_codons(c: int, tx: int, row: int, w: int) -> None:
    """Coding positions into the row; codons and amino acids too, where both ends are coding."""
    set_i64(row, k.R_CDS1, i64(w, W_C1))
    set_i64(row, k.R_CDS2, i64(w, W_C2))
    set_i64(row, k.R_PROT1, i64(w, W_P1))
    set_i64(row, k.R_PROT2, i64(w, W_P2))
    if i64(w, W_C1) == 0 or i64(w, W_C2) == 0:
        return
    write_codons(c, tx, w)
    set_i64(row, k.R_CODONS_REF, i64(w, W_OLD))
    set_i64(row, k.R_CODONS_REF_SIZE, i64(w, W_OLD_SIZE))
    set_i64(row, k.R_CODONS_ALT, i64(w, W_NEW))
    set_i64(row, k.R_CODONS_ALT_SIZE, i64(w, W_NEW_SIZE))
    state = k.STATE_CODONS
    end = i64(w, W_NEW) + i64(w, W_NEW_SIZE)
    if i64(w, W_KNOWN):
        end = write_amino_acids(c, tx, w, end)
        set_i64(row, k.R_AA_REF, i64(w, W_OLD_AA))
        set_i64(row, k.R_AA_REF_SIZE, i64(w, W_OLD_AA_SIZE))
        set_i64(row, k.R_AA_ALT, i64(w, W_NEW_AA))
        set_i64(row, k.R_AA_ALT_SIZE, i64(w, W_NEW_AA_SIZE))
        state |= k.STATE_AA
    set_i64(w, W_STATE, state)
    set_i64(row, k.R_STATE, state)
    set_i64(c, k.C_TEXT, end)


@kernel
def write_codons(c: int, tx: int, w: int) -> None:
    """Codons before and after, the changed bases in upper case; the new may reach into the UTR."""
    c1 = i64(w, W_C1)
    size = i64(w, W_SIZE)
    replaced = i64(w, W_C2) - c1 + 1
    from_ = 3 * (i64(w, W_P1) - 1)
    most = 3 * (i64(w, W_P2) - i64(w, W_P1) + 1)
    mark = (c1 - 1) % 3
    o = i64(w, W_BASES) + size
    set_i64(w, W_OLD, o)
    n = max(min(most, i64(w, W_N) - from_), 0)
    given = i64(w, W_LAST) - i64(w, W_FIRST) + 1
    for i in range(n):
        lower = 0 if mark <= i < mark + given else 5
        o = set_byte(o, letter_of(coding_base(c, tx, w, from_ + i) + lower))
    set_i64(w, W_OLD_SIZE, n)
    set_i64(w, W_NEW, o)
    utr = i32(tx, k.LENGTH) - i32(tx, k.CDS1)
    m = max(min(most + size - replaced, i64(w, W_N) + utr + size - replaced - from_), 0)
    for i in range(m):
        lower = 0 if mark <= i < mark + size else 5
        o = set_byte(o, letter_of(changed_base(c, tx, w, from_ + i) + lower))
    set_i64(w, W_NEW_SIZE, m)


@kernel
def write_amino_acids(c: int, tx: int, w: int, o: int) -> int:
    """Amino acids of both texts of codons; returns the address after them."""
    recode = i64(w, W_SIZE) == i64(w, W_LAST) - i64(w, W_FIRST) + 1
    set_i64(w, W_OLD_AA, o)
    n = translate(c, tx, w, i64(w, W_OLD), i64(w, W_OLD_SIZE), o, True)
    set_i64(w, W_OLD_AA_SIZE, n)
    o += n
    set_i64(w, W_NEW_AA, o)
    n = translate(c, tx, w, i64(w, W_NEW), i64(w, W_NEW_SIZE), o, recode)
    set_i64(w, W_NEW_AA_SIZE, n)
    return o + n


@kernel
def translate(c: int, tx: int, w: int, text: int, size: int, o: int, recode: bool) -> int:
    """Translate letters of codons from the first changed one on; returns how many letters.

    An incomplete last codon is X, but nothing after a lone stop.
    """
    number = i64(w, W_P1)
    whole = div3(size)
    for i in range(whole):
        p = text + 3 * i
        a = base_code(byte(p))
        b = base_code(byte(p + 1))
        d = base_code(byte(p + 2))
        letter = amino_acid(tx, a, b, d)
        if recode and i32(tx, k.EDITS) and own_codon(c, tx, w, number + i, a, b, d):
            said = recoded_letter(c, tx, number + i)
            letter = said if said else letter
        set_byte(o + i, letter)
    if size > 3 * whole and not (whole == 1 and byte(o) == STOP):
        set_byte(o + whole, UNKNOWN)
        return whole + 1
    return whole


@kernel
def own_codon(c: int, tx: int, w: int, number: int, a: int, b: int, d: int) -> bool:
    """Whether these bases are the transcript's own codon of that number."""
    i = 3 * (number - 1)
    if i + 3 > i64(w, W_N) or a != coding_base(c, tx, w, i):
        return False
    return b == coding_base(c, tx, w, i + 1) and d == coding_base(c, tx, w, i + 2)
