"""HGVSg as VEP writes it, compiled (the rule: ``spec/vep_hgvs_g.py``)."""

from __future__ import annotations

from anntools.kernels import layout as k
from anntools.kernels.memory import byte, copy, i32, i64, kernel, put4, set_byte
from anntools.kernels.text import put_int
from anntools.kernels.vep import (
    PAIRED,
    UPPER,
    all_known,
    given_alt,
    given_alt_size,
    given_ref_size,
    turned_letter,
)

_FLANK, _LONG = 100, 50
_UNDERSCORE, _GREATER, _OPEN, _CLOSE = 95, 62, 91, 93
_DEL, _DUP, _INS, _INV = (int.from_bytes(w, "little") for w in (b"del", b"dup", b"ins", b"inv"))


@kernel
def put_vep_hgvsg(c: int, o: int, alt: int) -> int:
    """``NC_000020.10:g.12_13insA`` of a sequence ALT; nothing where VEP gives none."""
    new = given_alt(alt)
    n = given_alt_size(alt)
    if not all_known(new, n):
        return o
    contig = i64(alt, k.A_CONTIG)
    begin = i32(i64(c, k.M_HGVS_OFF), contig)
    size = i32(i64(c, k.M_HGVS_OFF), contig + 1) - begin
    after = copy(o, i64(c, k.M_HGVS_BYTES) + begin, size)
    first = i64(alt, k.A_FIRST)
    taken = i64(alt, k.A_LAST) - first + 1
    if taken == 0 or i64(alt, k.A_ALT_SIZE) == 0:
        return _put_moved(after, alt, first, taken)
    ref = i64(alt, k.A_REF)
    if i64(alt, k.A_GIVEN_KIND) & k.GIVEN_SEVERAL == 0:
        ref -= first - i64(alt, k.A_GIVEN_FIRST)
        first = i64(alt, k.A_GIVEN_FIRST)
        taken = given_ref_size(alt)
    end = _put_replaced(after, first, ref, taken, new, n)
    return o if end == after else end


@kernel
def _put_moved(o: int, alt: int, first: int, taken: int) -> int:
    """A pure insertion or deletion at its most 3' place."""
    n = i64(alt, k.A_ALT_SIZE)
    longest = max(given_ref_size(alt), given_alt_size(alt))
    most = (longest + _LONG if longest > _LONG else _FLANK) + 1 - (n + taken)
    by = min(i64(alt, k.A_SHIFT_RIGHT), most)
    first += by
    if taken:
        return _put3(_put_span(o, first, first + taken - 1), _DEL)
    if i64(alt, k.A_SHIFT_RIGHT) - by >= n:
        return _put3(_put_span(o, first, first + n - 1), _DUP)
    if i64(alt, k.A_SHIFT_LEFT) + by >= n:
        return _put3(_put_span(o, first - n, first - 1), _DUP)
    o = _put3(_put_span(o, first - 1, first), _INS)
    for i in range(n):
        o = set_byte(o, turned_letter(i64(alt, k.A_ALT), n, i, 1, by % n))
    return o


@kernel
def _put_replaced(o: int, first: int, ref: int, m: int, new: int, n: int) -> int:
    """``m`` bases replaced by ``n``; nothing if they are the same."""
    last = first + m - 1
    if m == n:
        if _begins(ref, new, n):
            return o
        if n == 1:
            return _put_substitution(put_int(o, first), ref, new)
        if _are_inverted(ref, new, n):
            return _put3(_put_span(o, first, last), _INV)
    elif n % m == 0 and n > m and _is_repeated(ref, m, new, n):
        o = _put_span(o, first, last)
        if n == 2 * m:
            return _put3(o, _DUP)
        return set_byte(put_int(set_byte(o, _OPEN), n // m), _CLOSE)
    shared = 0
    while shared < m and shared < n and _same(ref + shared, new + shared):
        shared += 1
    end = 0
    while shared + end < m and shared + end < n and _same(ref + m - 1 - end, new + n - 1 - end):
        end += 1
    return _put_clipped(o, first, ref, m, new, n, shared, end)


@kernel
def _put_clipped(
    o: int, first: int, ref: int, m: int, new: int, n: int, shared: int, end: int
) -> int:
    """A deletion-insertion without what both share."""
    before = ref + shared  # address after the shared begin
    first += shared
    m -= shared + end
    n -= shared + end
    new += shared
    if m == 1 and n == 1:
        return _put_substitution(put_int(o, first), before, new)
    if m == 0:
        if shared >= n and _begins(before - n, new, n):
            return _put3(_put_span(o, first - n, first - 1), _DUP)
        return _put_letters(_put3(_put_span(o, first - 1, first), _INS), new, n)
    o = _put3(_put_span(o, first, first + m - 1), _DEL)
    return _put_letters(_put3(o, _INS), new, n) if n else o


@kernel
def _same(a: int, b: int) -> bool:
    return byte(UPPER() + byte(a)) == byte(UPPER() + byte(b))


@kernel
def _begins(a: int, b: int, n: int) -> bool:
    """Whether ``n`` letters are the same."""
    for i in range(n):
        if not _same(a + i, b + i):
            return False
    return True


@kernel
def _are_inverted(ref: int, new: int, n: int) -> bool:
    for i in range(n):
        if byte(UPPER() + byte(new + i)) != byte(PAIRED() + byte(ref + n - 1 - i)):
            return False
    return True


@kernel
def _is_repeated(ref: int, m: int, new: int, n: int) -> bool:
    for i in range(n):
        if not _same(ref + i % m, new + i):
            return False
    return True


@kernel
def _put_span(o: int, first: int, last: int) -> int:
    o = put_int(o, first)
    return o if first == last else put_int(set_byte(o, _UNDERSCORE), last)


@kernel
def _put3(o: int, three: int) -> int:
    put4(o, three)
    return o + 3


@kernel
def _put_substitution(o: int, ref: int, new: int) -> int:
    o = set_byte(set_byte(o, byte(UPPER() + byte(ref))), _GREATER)
    return set_byte(o, byte(UPPER() + byte(new)))


@kernel
def _put_letters(o: int, text: int, n: int) -> int:
    for i in range(n):
        o = set_byte(o, byte(UPPER() + byte(text + i)))
    return o
