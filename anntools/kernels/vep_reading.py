"""A transcript's codons before and after a change as VEP reads them for HGVSp, one at a time.

``v`` is a working block in free memory, followed by the new bases and the amino acids of the
touched codons. The rule: ``spec/vep_hgvs_p.py``, ``Reading``.
"""

from __future__ import annotations

from typing import Final

from anntools import genetic_code
from anntools.kernels import layout as k
from anntools.kernels.hgvs_reading import STOP, UNKNOWN, coding_size, old_acid, old_base
from anntools.kernels.memory import byte, constant, div3, i32, i64, kernel, set_byte, set_i64
from anntools.kernels.model import amino_acid, base_code, told_base
from anntools.kernels.vep import turned_letter

(
    V_F,  # first changed coding base, from 1
    V_E,  # last one; one less for an insertion
    V_BASES,  # address of the new bases along the strand, as codes
    V_SIZE,  # how many
    V_N,  # bases of the coding sequence
    V_TOTAL,  # bases of coding sequence and 3' UTR after the change
    V_PROTEIN,  # amino acids of the protein
    V_KIND,  # SUBSTITUTION ...
    V_OLD,  # amino acids before and after, and how many
    V_OLD_SIZE,
    V_NEW,
    V_NEW_SIZE,
    V_FIRST,  # numbers of the first and last amino acid
    V_LAST,
    V_SHARED,  # how many were dropped from the begin
    V_STOP_SIZE,  # size of the amino acids before if they begin with a stop, else 0
    V_TOUCHED,  # address of the amino acids before, with what was dropped
    V_FREE,  # free memory behind
) = range(18)
V_SLOTS: Final = 18
# V_KIND
SUBSTITUTION, INSERTION, DELETION, BOTH, FRAME, COPY, SAME, UNKNOWN_START = range(8)
_STANDARD = constant(genetic_code.codon_table(genetic_code.STANDARD).encode())
_MET, _NOTHING = 77, 45
_G, _T, _N = 2, 3, 4


@kernel
def read_change(c: int, tx: int, v: int, f: int, e: int, alt: int, n: int, turn: int) -> None:
    """Fill the block: bases ``f`` to ``e`` become the ``n`` letters at ``alt``."""
    strand = i32(tx, k.STRAND)
    bases = v + 8 * V_SLOTS
    for i in range(n):
        set_byte(bases + i, base_code(turned_letter(alt, n, i, strand, turn)))
    size = coding_size(c, tx)
    set_i64(v, V_F, f)
    set_i64(v, V_E, e)
    set_i64(v, V_BASES, bases)
    set_i64(v, V_SIZE, n)
    set_i64(v, V_N, size)
    set_i64(v, V_TOTAL, size + i32(tx, k.LENGTH) - i32(tx, k.CDS1) + growth(v))
    whole = div3(size)
    stops = whole > 0 and old_acid(c, tx, size, whole - 1) == STOP
    set_i64(v, V_PROTEIN, whole - 1 if stops else whole)
    touched(c, tx, v, bases + n)


@kernel
def growth(v: int) -> int:
    """Bases gained."""
    return i64(v, V_SIZE) - (i64(v, V_E) - i64(v, V_F) + 1)


@kernel
def touched(c: int, tx: int, v: int, o: int) -> None:
    """Amino acids of the changed codons, before and after; a part of a codon is X, but not behind
    a lone stop; nothing at all is ``-``."""
    a = div3(i64(v, V_F) + 2)
    b = div3(i64(v, V_E) + 2)
    begin = 3 * a - 3
    size = 3 * (b - a + 1)
    set_i64(v, V_FIRST, a)
    set_i64(v, V_LAST, b)
    set_i64(v, V_SHARED, 0)
    n = max(min(size, i64(v, V_N) - begin), 0)
    set_i64(v, V_OLD, o)
    set_i64(v, V_TOUCHED, o)
    for i in range(div3(n)):
        o = set_byte(o, old_acid(c, tx, i64(v, V_N), a - 1 + i))
    set_i64(v, V_OLD_SIZE, close(v, i64(v, V_OLD), o, n))
    o = i64(v, V_OLD) + i64(v, V_OLD_SIZE)
    stop_first = i64(v, V_OLD_SIZE) > 0 and byte(i64(v, V_OLD)) == STOP
    set_i64(v, V_STOP_SIZE, i64(v, V_OLD_SIZE) if stop_first else 0)
    n = max(min(size + growth(v), i64(v, V_TOTAL) - begin), 0)
    set_i64(v, V_NEW, o)
    for i in range(div3(n)):
        o = set_byte(o, new_acid(c, tx, v, a - 1 + i))
    set_i64(v, V_NEW_SIZE, close(v, i64(v, V_NEW), o, n))
    set_i64(v, V_FREE, i64(v, V_NEW) + i64(v, V_NEW_SIZE))


@kernel
def close(v: int, text: int, o: int, bases: int) -> int:
    """Size of a text of whole codons that ends at ``o``, with what is written for the rest."""
    n = o - text
    if bases > 3 * n and not (n == 1 and byte(text) == STOP):
        set_byte(o, UNKNOWN)
        return n + 1
    if n == 0:
        set_byte(o, _NOTHING)
        return 1
    return n


@kernel
def new_base(c: int, tx: int, v: int, i: int) -> int:
    """Base code at ``i`` (from 0) of coding sequence and 3' UTR after the change."""
    before = i64(v, V_F) - 1
    n = i64(v, V_SIZE)
    if i < before:
        return old_base(c, tx, i)
    if i < before + n:
        return byte(i64(v, V_BASES) + i - before)
    i += i64(v, V_E) - before - n
    size = i64(v, V_N)
    return old_base(c, tx, i) if i < size else told_base(c, tx, i32(tx, k.CDS1) + i - size)


@kernel
def new_acid(c: int, tx: int, v: int, codon: int) -> int:
    """Amino acid of a whole codon (from 0) after the change."""
    i = 3 * codon
    return amino_acid(
        tx, new_base(c, tx, v, i), new_base(c, tx, v, i + 1), new_base(c, tx, v, i + 2)
    )


@kernel
def standard_acid(a: int, b: int, d: int) -> int:
    """Amino acid of a codon by the standard code, which VEP takes for whole proteins."""
    if (a | b | d) > 3:
        return UNKNOWN
    return byte(_STANDARD() + 16 * a + 4 * b + d)


@kernel
def whole_new_acid(c: int, tx: int, v: int, codon: int) -> int:
    """Amino acid ``codon`` (from 0) of the whole new protein and what follows it."""
    i = 3 * codon
    return standard_acid(
        new_base(c, tx, v, i), new_base(c, tx, v, i + 1), new_base(c, tx, v, i + 2)
    )


@kernel
def whole_old_acid(c: int, tx: int, codon: int) -> int:
    """The same before the change, within the coding sequence."""
    i = 3 * codon
    return standard_acid(old_base(c, tx, i), old_base(c, tx, i + 1), old_base(c, tx, i + 2))


@kernel
def protein_acid(c: int, tx: int, v: int, number: int) -> int:
    """Amino acid ``number`` (from 1) of the protein; the first is Met where the first codon is, or
    may be, a start codon (ATG, CTG, TTG)."""
    if number == 1:
        a = old_base(c, tx, 0)
        b = old_base(c, tx, 1)
        d = old_base(c, tx, 2)
        if a != _G and (b == _T or b == _N) and (d == _G or d == _N):
            return _MET
    return old_acid(c, tx, i64(v, V_N), number - 1)


@kernel
def beside_size(v: int) -> int:
    """Amino acids of the protein, and the touched ones behind it if they begin with a stop."""
    return i64(v, V_PROTEIN) + i64(v, V_STOP_SIZE)


@kernel
def beside_acid(c: int, tx: int, v: int, number: int) -> int:
    """One of them (from 1)."""
    n = i64(v, V_PROTEIN)
    if number <= n:
        return protein_acid(c, tx, v, number)
    return byte(i64(v, V_TOUCHED) + number - n - 1)


@kernel
def is_same(v: int) -> bool:
    """Whether both sides are the same letters."""
    n = i64(v, V_OLD_SIZE)
    if n != i64(v, V_NEW_SIZE):
        return False
    for i in range(n):
        if byte(i64(v, V_OLD) + i) != byte(i64(v, V_NEW) + i):
            return False
    return True


@kernel
def is_nothing(text: int, n: int) -> bool:
    """Whether a text of amino acids is empty, or ``-``."""
    return n == 0 or (n == 1 and byte(text) == _NOTHING)
