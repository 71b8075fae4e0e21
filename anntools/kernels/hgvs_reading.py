"""Reading a transcript's codons before and after a change, one amino acid at a time.

Coding indices count from 0 and count the bases that the first codon lacks (PAD). A change takes the
bases ``[f, e)`` and puts the ALT's bases, turned as HGVS moves them, in their place; ``f == e`` for
an insertion. Nothing is copied: bases are fetched where they lie.
"""

from __future__ import annotations

from anntools.kernels import layout as k
from anntools.kernels.hgvs_g import first_new_base
from anntools.kernels.memory import byte, i32, i64, kernel
from anntools.kernels.model import amino_acid, base_code, cdna_base, complement

UNKNOWN = 88  # X
STOP = 42
_EDIT_BYTES = 4 * k.EDIT_COLUMNS


@kernel
def edit_row(c: int, tx: int, i: int) -> int:
    """Address of the ``i``-th edit of a transcript."""
    return i64(c, k.M_EDITS) + _EDIT_BYTES * (i32(tx, k.EDIT0) + i)


@kernel
def slip_before(c: int, tx: int, at: int) -> int:
    """Bases by which the ribosome has moved on when it reads the coding base ``at`` (no PAD)."""
    for i in range(i32(tx, k.EDITS)):
        edit = edit_row(c, tx, i)
        if i32(edit, k.EDIT_KIND) == k.EDIT_SLIPPAGE and at >= i32(edit, k.EDIT_AT):
            return i32(edit, k.EDIT_VALUE)
    return 0


@kernel
def recoded(c: int, tx: int, codon: int) -> int:
    """Amino acid of a codon (from 0) that the genetic code does not give; 0 for all others."""
    for i in range(i32(tx, k.EDITS)):
        edit = edit_row(c, tx, i)
        here = (i32(edit, k.EDIT_AT) + i32(tx, k.PAD)) // 3 == codon
        if here and i32(edit, k.EDIT_KIND) == k.EDIT_AMINO_ACID:
            return i32(edit, k.EDIT_VALUE)
    return 0


@kernel
def coding_size(c: int, tx: int) -> int:
    """Bases that are read, PAD included."""
    size = i32(tx, k.CDS1) - i32(tx, k.CDS0)
    return size + i32(tx, k.PAD) - slip_before(c, tx, size)


@kernel
def readable_size(c: int, tx: int) -> int:
    """Bases from the first one that is read to the end of the transcript, PAD included."""
    return coding_size(c, tx) + i32(tx, k.LENGTH) - i32(tx, k.CDS1)


@kernel
def coding_index(c: int, tx: int, at: int) -> int:
    """Coding index of a spliced position (from 0) in the coding part; a base read twice has its
    first one."""
    at -= i32(tx, k.CDS0)
    for i in range(i32(tx, k.EDITS)):
        edit = edit_row(c, tx, i)
        if i32(edit, k.EDIT_KIND) == k.EDIT_SLIPPAGE and at >= i32(edit, k.EDIT_AT):
            at = max(at - i32(edit, k.EDIT_VALUE), i32(edit, k.EDIT_AT) - 1)
    return at + i32(tx, k.PAD)


@kernel
def old_base(c: int, tx: int, i: int) -> int:
    """Base code at a coding index, also beyond the coding part; 4 where nothing is known."""
    i -= i32(tx, k.PAD)
    if i < 0:
        return 4
    if i32(tx, k.EDITS) > 0:
        i += slip_before(c, tx, i)
    i += i32(tx, k.CDS0)
    return cdna_base(c, tx, i) if i < i32(tx, k.LENGTH) else 4


@kernel
def put_in(alt: int, strand: int, j: int) -> int:
    """Base code of the ``j``-th new base along the strand."""
    n = i64(alt, k.A_ALT_SIZE)
    first = first_new_base(alt, strand)
    if strand > 0:
        at = first + j
        return base_code(byte(i64(alt, k.A_ALT) + (at if at < n else at - n)))
    at = first - j
    return complement(base_code(byte(i64(alt, k.A_ALT) + (at if at >= 0 else at + n))))


@kernel
def new_base(c: int, tx: int, alt: int, f: int, e: int, i: int) -> int:
    """Base code at a coding index after the change."""
    if i < f:
        return old_base(c, tx, i)
    n = i64(alt, k.A_ALT_SIZE)
    if i < f + n:
        return put_in(alt, i32(tx, k.STRAND), i - f)
    return old_base(c, tx, i - n + e - f)


@kernel
def old_acid(c: int, tx: int, size: int, codon: int) -> int:
    """Amino acid of a codon before the change; X for an incomplete last one."""
    if i32(tx, k.EDITS) > 0:
        letter = recoded(c, tx, codon)
        if letter:
            return letter
    i = 3 * codon
    if i + 3 > size:
        return UNKNOWN
    return amino_acid(tx, old_base(c, tx, i), old_base(c, tx, i + 1), old_base(c, tx, i + 2))


@kernel
def new_acid(c: int, tx: int, alt: int, f: int, e: int, codon: int) -> int:
    """Amino acid of a codon after the change, also beyond the old stop; X where it is unknown."""
    if i32(tx, k.EDITS) > 0:
        letter = _kept_recoding(c, tx, f, e, i64(alt, k.A_ALT_SIZE) - (e - f), codon)
        if letter:
            return letter
    i = 3 * codon
    return amino_acid(
        tx,
        new_base(c, tx, alt, f, e, i),
        new_base(c, tx, alt, f, e, i + 1),
        new_base(c, tx, alt, f, e, i + 2),
    )


@kernel
def _kept_recoding(c: int, tx: int, f: int, e: int, growth: int, codon: int) -> int:
    """Recoded amino acid that the change leaves whole and in frame at this codon, else 0."""
    if 3 * codon + 3 <= f:
        return recoded(c, tx, codon)
    if growth % 3 == 0:
        before = codon - growth // 3
        if 3 * before + 1 > e:
            return recoded(c, tx, before)
    return 0
