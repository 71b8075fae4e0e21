"""How far an insertion or a deletion can move along the genome: the 3' rule of HGVS, both ways.

Reckoned once per ALT: ``g.`` and plus-strand transcripts use the move to the right, minus-strand
transcripts the one to the left. An inserted sequence is a copy of its neighbour, a duplication,
exactly if both moves together are as long as it is.
"""

from __future__ import annotations

from anntools.kernels import layout as k
from anntools.kernels.memory import byte, i32, i64, kernel, set_i64
from anntools.kernels.model import base_code, genome_base, sequence_interval

FARTHEST = 5000  # bases that a change is moved at most, or its own length


@kernel
def shift_allele(c: int, alt: int) -> None:
    """Set A_SHIFT_RIGHT and A_SHIFT_LEFT, which are 0, of an ALT whose place is known.

    A move ends where the sequence differs, where it is not known, or after ``FARTHEST`` bases.
    """
    size = i64(alt, k.A_ALT_SIZE)
    first = i64(alt, k.A_FIRST)
    taken = i64(alt, k.A_LAST) - first + 1
    contig = i64(alt, k.A_CONTIG)
    if (size > 0) == (taken > 0) or contig < 0:
        return
    unit = i64(alt, k.A_ALT) if size > 0 else i64(alt, k.A_REF)
    n = size + taken
    most = max(FARTHEST, n)
    set_i64(alt, k.A_SHIFT_RIGHT, steps_right(c, contig, first - 1 + taken, unit, n, most))
    if first >= 2:
        set_i64(alt, k.A_SHIFT_LEFT, steps_left(c, contig, first - 2, unit, n, most))


@kernel
def steps_right(c: int, contig: int, at: int, unit: int, n: int, most: int) -> int:
    """Bases from ``at`` (0-based) on that repeat the unit of ``n`` bases."""
    part = sequence_interval(c, contig, at)
    if part < 0:
        return 0
    most = min(most, i32(i64(c, k.M_SEQ_END), part) - at)
    i = 0
    j = 0
    while i < most and base_code(byte(unit + j)) == genome_base(c, part, at + i):
        i += 1
        j += 1
        if j == n:
            j = 0
    return i


@kernel
def steps_left(c: int, contig: int, at: int, unit: int, n: int, most: int) -> int:
    """Bases from ``at`` (0-based) down that repeat the unit of ``n`` bases from its end."""
    part = sequence_interval(c, contig, at)
    if part < 0:
        return 0
    most = min(most, at + 1 - i32(i64(c, k.M_SEQ_START), part))
    i = 0
    j = n - 1
    while i < most and base_code(byte(unit + j)) == genome_base(c, part, at - i):
        i += 1
        j -= 1
        if j < 0:
            j = n - 1
    return i


@kernel
def moved(alt: int, strand: int) -> int:
    """Bases by which the change moves up the genome for a description along ``strand``."""
    return i64(alt, k.A_SHIFT_RIGHT) if strand > 0 else -i64(alt, k.A_SHIFT_LEFT)


@kernel
def is_copy(alt: int) -> bool:
    """Whether an insertion repeats the bases beside it."""
    return i64(alt, k.A_SHIFT_RIGHT) + i64(alt, k.A_SHIFT_LEFT) >= i64(alt, k.A_ALT_SIZE)
