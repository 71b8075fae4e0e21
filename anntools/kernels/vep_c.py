"""HGVSc as VEP writes it, compiled (the rule: ``spec/vep_hgvs_c.py``).

``begin`` and ``end`` count along the strand within the transcript's region, from 1.
"""

from __future__ import annotations

from anntools.kernels import layout as k
from anntools.kernels.memory import i32, i64, kernel, put4, same_bytes, set_byte
from anntools.kernels.model import exon_at, exon_row, put_name
from anntools.kernels.text import put_int
from anntools.kernels.vep import (
    all_known,
    given_alt,
    given_alt_size,
    given_ref,
    given_ref_size,
    letter,
    steps_along,
    turn_of,
    turned_letter,
)

_PLUS, _MINUS, _STAR, _UNDERSCORE, _GREATER = 43, 45, 42, 95, 62
_DEL, _DUP, _INS, _INV = (int.from_bytes(w, "little") for w in (b"del", b"dup", b"ins", b"inv"))
_NUMBER = 1 << 32  # the number of a base weighs more than the way from it


@kernel
def put_vep_hgvsc(c: int, o: int, tx: int, t: int, alt: int) -> int:
    """``ENST00000380000.3:c.12-3del``; nothing where VEP gives none."""
    first = i64(alt, k.A_GIVEN_FIRST)
    last = i64(alt, k.A_GIVEN_LAST)
    start = i32(tx, k.START) + 1
    stop = i32(tx, k.END)
    if first < start or first > stop or last < start or last > stop:
        return o
    if not all_known(given_alt(alt), given_alt_size(alt)):
        return o
    strand = i32(tx, k.STRAND)
    by = steps_along(alt, strand)
    begin = by + (first - start + 1 if strand > 0 else stop - last + 1)
    end = by + (last - start + 1 if strand > 0 else stop - first + 1)
    if end > stop - start + 1:
        return o
    after = put_name(c, o, t, k.NAME_HGVSC)
    told = _put_change(c, after, tx, alt, begin, end, by)
    return o if told == after else told


@kernel
def _put_change(c: int, o: int, tx: int, alt: int, begin: int, end: int, by: int) -> int:
    """What follows the reference."""
    strand = i32(tx, k.STRAND)
    ref = given_ref(alt)
    new = given_alt(alt)
    m = given_ref_size(alt)
    n = given_alt_size(alt)
    if n == 0:
        return _put3(_put_span(c, o, tx, alt, begin, end), _DEL)
    if m == 0:
        return _put_insertion(c, o, tx, alt, begin, end, by)
    kind = 0
    if m == n:
        if _begins(ref, m, new, n, strand, m):
            return o
        kind = _INV if n > 1 and _are_inverted(ref, new, n) else 0
    elif n == 2 * m and _is_doubled(ref, m, new, n, strand):
        return _put3(_put_span(c, o, tx, alt, begin, end), _DUP)
    shared = 0
    while shared < m and shared < n:
        if letter(ref, m, shared, strand) != letter(new, n, shared, strand):
            break
        shared += 1
    rest = 0
    while shared + rest < m and shared + rest < n:
        if letter(ref, m, m - 1 - rest, strand) != letter(new, n, n - 1 - rest, strand):
            break
        rest += 1
    begin += shared
    end -= rest
    left = m - shared - rest
    more = n - shared - rest
    if left == 1 and more == 1:
        o = put_vep_place(c, o, tx, alt, begin)
        o = set_byte(set_byte(o, letter(ref, m, shared, strand)), _GREATER)
        return set_byte(o, letter(new, n, shared, strand))
    if not has_place(c, tx, begin) or not has_place(c, tx, end):
        return o
    o = _put_span(c, o, tx, alt, begin, end)
    if left > 0:
        if more == 0:
            return _put3(o, _DEL)
        if kind:
            return _put3(o, _INV)
        o = _put3(o, _DEL)
    o = _put3(o, _INS)
    for i in range(more):
        o = set_byte(o, letter(new, n, shared + i, strand))
    return o


@kernel
def _put_insertion(c: int, o: int, tx: int, alt: int, begin: int, end: int, by: int) -> int:
    """A copy of what follows or comes before within the transcript is a duplication."""
    strand = i32(tx, k.STRAND)
    n = i64(alt, k.A_ALT_SIZE)
    ahead = i64(alt, k.A_SHIFT_RIGHT if strand > 0 else k.A_SHIFT_LEFT) - by
    behind = i64(alt, k.A_SHIFT_LEFT if strand > 0 else k.A_SHIFT_RIGHT) + by
    size = i32(tx, k.END) - i32(tx, k.START)
    if ahead >= n and end + n <= size:
        return _put3(_put_span(c, o, tx, alt, begin, begin + n - 1), _DUP)
    if behind >= n and end >= n:
        return _put3(_put_span(c, o, tx, alt, end - n + 1, end), _DUP)
    if not has_place(c, tx, begin):
        return o
    o = _put3(_put_span(c, o, tx, alt, end, begin), _INS)
    turn = turn_of(strand, by, n)
    for i in range(n):
        o = set_byte(o, turned_letter(i64(alt, k.A_ALT), n, i, strand, turn))
    return o


@kernel
def _begins(ref: int, m: int, new: int, n: int, strand: int, count: int) -> bool:
    """Whether the first ``count`` letters along the strand are the same."""
    for i in range(count):
        if letter(ref, m, i, strand) != letter(new, n, i, strand):
            return False
    return True


@kernel
def _is_doubled(ref: int, m: int, new: int, n: int, strand: int) -> bool:
    for i in range(n):
        if letter(ref, m, i % m, strand) != letter(new, n, i, strand):
            return False
    return True


@kernel
def _are_inverted(ref: int, new: int, n: int) -> bool:
    for i in range(n):
        if letter(ref, n, i, -1) != letter(new, n, i, 1):
            return False
    return True


@kernel
def _put3(o: int, three: int) -> int:
    put4(o, three)
    return o + 3


@kernel
def _put_span(c: int, o: int, tx: int, alt: int, begin: int, end: int) -> int:
    """One place or two, one also if both have the same name (paragraph 23). Paragraph 21: two the
    wrong way round are put right only if their numbers tell, in which VEP does not see the ``*``,
    and not if the second has one."""
    if begin != end:
        a = place_order(c, tx, alt, begin)
        b = place_order(c, tx, alt, end)
        if a > b and not has_star(c, tx, end):
            begin, end = end, begin
    first = put_vep_place(c, o, tx, alt, begin)
    if begin == end:
        return first
    last = put_vep_place(c, set_byte(first, _UNDERSCORE), tx, alt, end)
    n = first - o
    return first if last - first == n + 1 and same_bytes(o, first + 1, n) else last


@kernel
def has_place(c: int, tx: int, at: int) -> bool:
    """Whether VEP names a place. Paragraph 24: also one left of the first exon, none to the right
    of the last one."""
    plus = i32(tx, k.STRAND) > 0
    pos0 = i32(tx, k.START) + at - 1 if plus else i32(tx, k.END) - at
    return i32(tx, k.START) - 1 <= pos0 < i32(tx, k.END)


@kernel
def nearest(c: int, tx: int, at: int) -> int:
    """Spliced position (from 1) of the nearest base of an exon."""
    plus = i32(tx, k.STRAND) > 0
    pos0 = i32(tx, k.START) + at - 1 if plus else i32(tx, k.END) - at
    if pos0 < i32(tx, k.START):
        return 1 if plus else i32(tx, k.LENGTH)
    exon = exon_row(c, tx, exon_at(c, tx, pos0))
    left = i32(exon, k.EXON_OFFSET)
    start = i32(exon, k.EXON_START)
    if pos0 >= start:
        left += pos0 - start
    elif is_left_nearer(tx, exon, pos0):
        left -= 1
    return left + 1 if plus else i32(tx, k.LENGTH) - left


@kernel
def is_left_nearer(tx: int, exon: int, pos0: int) -> bool:
    """Whether an intron's base lies nearer to the exon before; the middle one by the strand."""
    to_left = pos0 - i32(exon, k.EXON_END - k.EXON_COLUMNS) + 1
    to_right = i32(exon, k.EXON_START) - pos0
    return to_left < to_right or (to_left == to_right and i32(tx, k.STRAND) > 0)


@kernel
def way(c: int, tx: int, at: int) -> int:
    """How far behind (positive) or before (negative) that base it lies; 0 in an exon."""
    plus = i32(tx, k.STRAND) > 0
    pos0 = i32(tx, k.START) + at - 1 if plus else i32(tx, k.END) - at
    if pos0 < i32(tx, k.START):
        return -1 if plus else 1
    exon = exon_row(c, tx, exon_at(c, tx, pos0))
    if pos0 >= i32(exon, k.EXON_START):
        return 0
    if is_left_nearer(tx, exon, pos0):
        steps = pos0 - i32(exon, k.EXON_END - k.EXON_COLUMNS) + 1
        return steps if plus else -steps
    steps = i32(exon, k.EXON_START) - pos0
    return -steps if plus else steps


@kernel
def has_star(c: int, tx: int, at: int) -> bool:
    """Whether a place is named from the stop codon. Paragraph 23: so is an intron right behind."""
    if i32(tx, k.CDS0) < 0:
        return False
    base = nearest(c, tx, at)
    end = i32(tx, k.CDS1)
    return base > end or (base == end and way(c, tx, at) != 0)


@kernel
def place_number(c: int, tx: int, alt: int, at: int) -> int:
    """The number in the name of an exon's base; negative before the start codon.

    Paragraph 3: only single coding bases count what the first codon lacks.
    """
    base = nearest(c, tx, at)
    cds0 = i32(tx, k.CDS0)
    if cds0 < 0:
        return base
    if base > i32(tx, k.CDS1):
        return base - i32(tx, k.CDS1)
    if base <= cds0:
        return base - cds0 - 1
    single = i64(alt, k.A_GIVEN_KIND) & k.GIVEN_SINGLE != 0
    return base - cds0 + (i32(tx, k.PAD) if single and way(c, tx, at) == 0 else 0)


@kernel
def place_order(c: int, tx: int, alt: int, at: int) -> int:
    """The numbers by which VEP puts two places in order."""
    steps = way(c, tx, at)
    if has_star(c, tx, at) and nearest(c, tx, at) == i32(tx, k.CDS1):
        return steps * _NUMBER
    return place_number(c, tx, alt, at) * _NUMBER + steps


@kernel
def put_vep_place(c: int, o: int, tx: int, alt: int, at: int) -> int:
    """``12``, ``-3``, ``*4``, ``7+2``; paragraph 23: ``*5`` for ``138+5``."""
    steps = way(c, tx, at)
    if has_star(c, tx, at):
        o = set_byte(o, _STAR)
        if nearest(c, tx, at) == i32(tx, k.CDS1):
            return put_int(o, steps) if steps > 0 else put_int(set_byte(o, _MINUS), -steps)
    number = place_number(c, tx, alt, at)
    o = put_int(o, number) if number >= 0 else put_int(set_byte(o, _MINUS), -number)
    if steps > 0:
        return put_int(set_byte(o, _PLUS), steps)
    return put_int(set_byte(o, _MINUS), -steps) if steps < 0 else o
