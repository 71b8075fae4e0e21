"""What ``--like vep`` needs of an ALT: the place and the bases as VEP takes them.

The rules: ``anntools/spec/vep.py``. Numbers of paragraphs in the modules ``vep*`` are those of
``docs/engine/divergences.md``.
"""

from __future__ import annotations

from anntools.kernels import layout as k
from anntools.kernels.memory import byte, constant, i64, kernel
from anntools.kernels.model import base_code

_upper = bytes(i - 32 if 97 <= i <= 122 else i for i in range(256))
UPPER = constant(_upper)
PAIRED = constant(_upper.translate(bytes.maketrans(b"ACGT", b"TGCA")))
FLANK = 1000  # bases beside the place that VEP looks at for a transcript


@kernel
def given_before(alt: int) -> int:
    """Bases of the given place before those that differ."""
    return i64(alt, k.A_FIRST) - i64(alt, k.A_GIVEN_FIRST)


@kernel
def given_ref(alt: int) -> int:
    """Address of REF as it is given."""
    return i64(alt, k.A_REF) - given_before(alt)


@kernel
def given_ref_size(alt: int) -> int:
    """Its size."""
    return i64(alt, k.A_GIVEN_LAST) - i64(alt, k.A_GIVEN_FIRST) + 1


@kernel
def given_alt(alt: int) -> int:
    """Address of ALT as it is given."""
    return i64(alt, k.A_ALT) - given_before(alt)


@kernel
def given_alt_size(alt: int) -> int:
    """Its size."""
    more = given_before(alt) + i64(alt, k.A_GIVEN_LAST) - i64(alt, k.A_LAST)
    return i64(alt, k.A_ALT_SIZE) + more


@kernel
def all_known(text: int, n: int) -> bool:
    """Whether all letters are A, C, G or T."""
    for i in range(n):
        if base_code(byte(text + i)) > 3:
            return False
    return True


@kernel
def letter(text: int, n: int, i: int, strand: int) -> int:
    """The ``i``-th of ``n`` letters along the strand, in upper case."""
    if strand > 0:
        return byte(UPPER() + byte(text + i))
    return byte(PAIRED() + byte(text + n - 1 - i))


@kernel
def steps_along(alt: int, strand: int) -> int:
    """Bases by which VEP moves the change along the strand of a transcript."""
    if i64(alt, k.A_GIVEN_KIND) & k.GIVEN_MOVES == 0:
        return 0
    n = i64(alt, k.A_ALT_SIZE) + i64(alt, k.A_LAST) - i64(alt, k.A_FIRST) + 1
    most = FLANK + 1 - n if n <= FLANK else FLANK
    return min(i64(alt, k.A_SHIFT_RIGHT if strand > 0 else k.A_SHIFT_LEFT), most)


@kernel
def turn_of(strand: int, by: int, n: int) -> int:
    """Index in ALT of the plus-strand base that comes first after a move along the strand."""
    if n == 0:
        return 0
    by %= n
    return by if strand > 0 or by == 0 else n - by


@kernel
def turned_letter(text: int, n: int, i: int, strand: int, turn: int) -> int:
    """The ``i``-th letter along the strand of ``n`` that were turned."""
    at = (i if strand > 0 else n - 1 - i) + turn
    if at >= n:
        at -= n
    return byte((UPPER() if strand > 0 else PAIRED()) + byte(text + at))
