"""A change as the coding part sees it: the working block ``w``, and bases before and after.

``w`` lies at the begin of the free part of the arena. Coding positions count the bases that a
5'-incomplete coding sequence lacks (PAD) and follow the ribosome where it slips; they are 1-based,
0 means none. Indices (``i``) are 0-based.
"""

from __future__ import annotations

from typing import Final

from anntools.kernels import layout as k
from anntools.kernels.memory import byte, div3, i32, i64, kernel, set_byte, set_i64
from anntools.kernels.model import amino_acid, base_code, cdna_base, complement, told_base

(
    W_FIRST,  # the place, as Ensembl counts
    W_LAST,
    W_REF,  # letters of the record
    W_ALT,
    W_SIZE,  # of ALT
    W_BASES,  # address of the new bases along the strand, as codes
    W_KNOWN,  # 1: they are all A, C, G, T
    W_T1,  # spliced positions, 1-based, 0: none
    W_T2,
    W_C1,  # coding positions
    W_C2,
    W_P1,  # numbers of the codons
    W_P2,
    W_N,  # bases of the coding sequence, with PAD
    W_OLD,  # texts of the codons, and of their amino acids, and their sizes
    W_OLD_SIZE,
    W_NEW,
    W_NEW_SIZE,
    W_OLD_AA,
    W_OLD_AA_SIZE,
    W_NEW_AA,
    W_NEW_AA_SIZE,
    W_STATE,  # STATE_* of the row
    W_SLIP_AT,  # coding bases (without PAD) before the ribosome slips, -1 if it does not
    W_SLIP_STEP,
) = range(25)
W_SLOTS: Final = 26
UNKNOWN: Final = 88  # X
STOP: Final = 42


@kernel
def read_bases(tx: int, w: int) -> None:
    """The new bases along the strand, behind the slots of ``w``."""
    size = i64(w, W_SIZE)
    alt = i64(w, W_ALT)
    plus = i32(tx, k.STRAND) > 0
    at = w + 8 * W_SLOTS
    known = 1
    set_i64(w, W_BASES, at)
    for i in range(size):
        code = base_code(byte(alt + i)) if plus else complement(base_code(byte(alt + size - 1 - i)))
        if code > 3:
            known = 0
        set_byte(at + i, code)
    set_i64(w, W_KNOWN, known)
    set_i64(w, W_STATE, 0)


@kernel
def place_on_coding(c: int, tx: int, w: int) -> None:
    """Coding positions and codon numbers of the place; an insertion at the edge is no part."""
    find_slip(c, tx, w)
    size = i32(tx, k.CDS1) - i32(tx, k.CDS0) + i32(tx, k.PAD)
    if i64(w, W_SLIP_AT) >= 0:
        size -= i64(w, W_SLIP_STEP)
    set_i64(w, W_N, size)
    a = coding_position(tx, w, i64(w, W_T1))
    b = coding_position(tx, w, i64(w, W_T2))
    if i64(w, W_FIRST) > i64(w, W_LAST) and (a == 0 or b == 0):
        a = 0
        b = 0
    set_i64(w, W_C1, a)
    set_i64(w, W_C2, b)
    set_i64(w, W_P1, div3(a + 2) if a > 0 else 0)
    set_i64(w, W_P2, div3(b + 2) if b > 0 else 0)


@kernel
def find_slip(c: int, tx: int, w: int) -> None:
    """Where the ribosome slips, if it does."""
    set_i64(w, W_SLIP_AT, -1)
    for i in range(i32(tx, k.EDITS)):
        edit = edit_row(c, tx, i)
        if i32(edit, k.EDIT_KIND) == k.EDIT_SLIPPAGE:
            set_i64(w, W_SLIP_AT, i32(edit, k.EDIT_AT))
            set_i64(w, W_SLIP_STEP, i32(edit, k.EDIT_VALUE))


@kernel
def edit_row(c: int, tx: int, i: int) -> int:
    """Address of the ``i``-th edit of a transcript."""
    return i64(c, k.M_EDITS) + 4 * k.EDIT_COLUMNS * (i32(tx, k.EDIT0) + i)


@kernel
def coding_position(tx: int, w: int, spliced: int) -> int:
    """Coding position of a spliced one, 0 outside; a base that is read twice has its first."""
    at = spliced - i32(tx, k.CDS0)
    if spliced == 0 or at < 1 or spliced > i32(tx, k.CDS1):
        return 0
    slip = i64(w, W_SLIP_AT)
    if slip >= 0 and at > slip:
        at = max(at - i64(w, W_SLIP_STEP), slip)
    return at + i32(tx, k.PAD)


@kernel
def coding_base(c: int, tx: int, w: int, i: int) -> int:
    """Base code of the coding sequence at ``i`` < W_N; 4 for a base that it lacks."""
    i -= i32(tx, k.PAD)
    if i < 0:
        return 4
    slip = i64(w, W_SLIP_AT)
    if slip >= 0 and i >= slip:
        i += i64(w, W_SLIP_STEP)
    return cdna_base(c, tx, i32(tx, k.CDS0) + i)


@kernel
def changed_base(c: int, tx: int, w: int, i: int) -> int:
    """The same after the change, going on into the 3' UTR; 4 beyond its end."""
    before = i64(w, W_C1) - 1
    size = i64(w, W_SIZE)
    if i < before:
        return coding_base(c, tx, w, i)
    if i < before + size:
        return byte(i64(w, W_BASES) + i - before)
    return base_or_utr(c, tx, w, i - before - size + i64(w, W_C2))


@kernel
def base_or_utr(c: int, tx: int, w: int, i: int) -> int:
    """Base code of coding sequence and 3' UTR at ``i``; 4 beyond the end."""
    n = i64(w, W_N)
    if i < n:
        return coding_base(c, tx, w, i)
    return told_base(c, tx, i32(tx, k.CDS1) + i - n)


@kernel
def whole_base(c: int, tx: int, w: int, i: int) -> int:
    """Base code of 5' UTR and coding sequence (which lacks nothing) at ``i``."""
    cds0 = i32(tx, k.CDS0)
    return told_base(c, tx, i) if i < cds0 else coding_base(c, tx, w, i - cds0)


@kernel
def changed_whole_base(c: int, tx: int, w: int, i: int) -> int:
    """The same after the change; 4 beyond the end."""
    before = i64(w, W_T1) - 1
    size = i64(w, W_SIZE)
    if i < before:
        return whole_base(c, tx, w, i)
    if i < before + size:
        return byte(i64(w, W_BASES) + i - before)
    i += i64(w, W_T2) - before - size
    return whole_base(c, tx, w, i) if i < i32(tx, k.CDS0) + i64(w, W_N) else 4


@kernel
def codon_letter(c: int, tx: int, w: int, number: int) -> int:
    """Amino acid of a whole codon of the coding sequence (numbers from 1)."""
    i = 3 * (number - 1)
    recoded = recoded_letter(c, tx, number)
    if recoded:
        return recoded
    return amino_acid(
        tx,
        coding_base(c, tx, w, i),
        coding_base(c, tx, w, i + 1),
        coding_base(c, tx, w, i + 2),
    )


@kernel
def recoded_letter(c: int, tx: int, number: int) -> int:
    """The amino acid that a codon stands for against the genetic code, or 0."""
    for i in range(i32(tx, k.EDITS)):
        edit = edit_row(c, tx, i)
        at = div3(i32(edit, k.EDIT_AT) + i32(tx, k.PAD)) + 1
        if i32(edit, k.EDIT_KIND) == k.EDIT_AMINO_ACID and at == number:
            return i32(edit, k.EDIT_VALUE)
    return 0
