"""HGVSg, and what the descriptions of DNA share. The rules: ``anntools/spec/hgvs_g.py``."""

from __future__ import annotations

from anntools.kernels import layout as k
from anntools.kernels.memory import byte, constant, copy, i32, i64, kernel, put4, set_byte
from anntools.kernels.shift import is_copy, moved
from anntools.kernels.text import put_int
from anntools.kernels.vep_g import put_vep_hgvsg

_upper = bytes(i - 32 if 97 <= i <= 122 else i for i in range(256))
_pairs = bytes.maketrans(b"ACGT", b"TGCA")
_UPPER = constant(_upper)
_PAIRED = constant(_upper.translate(_pairs))
_UNDERSCORE = 95


def word(text: str) -> int:
    """Up to four letters as the number that ``put4`` writes."""
    return int.from_bytes(text.encode(), "little")


_DEL = word("del")
_DUP = word("dup")
_INS = word("ins")
_INV = word("inv")


@kernel
def put_hgvsg(c: int, o: int, alt: int) -> int:
    """``NC_000020.10:g.12_13insA`` of a sequence ALT."""
    if i64(c, k.C_LIKE):
        return put_vep_hgvsg(c, o, alt)
    contig = i64(alt, k.A_CONTIG)
    begin = i32(i64(c, k.M_HGVS_OFF), contig)
    size = i32(i64(c, k.M_HGVS_OFF), contig + 1) - begin
    o = copy(o, i64(c, k.M_HGVS_BYTES) + begin, size)
    first = i64(alt, k.A_FIRST)
    last = i64(alt, k.A_LAST)
    n = i64(alt, k.A_ALT_SIZE)
    if first == last and n == 1:
        return put_substitution(put_int(o, first), alt, 1)
    by = moved(alt, 1)
    first += by
    last += by
    if first > last:
        if is_copy(alt):
            return put3(_put_span(o, first - n, last), _DUP)
        return put_bases(put3(_put_span(o, last, first), _INS), alt, 1)
    if is_inversion(alt):
        if given_inverted(alt):
            first = i64(alt, k.A_GIVEN_FIRST)
            last = i64(alt, k.A_GIVEN_LAST)
        return put_inverted(_put_span(o, first, last))
    return put_replacement(_put_span(o, first, last), alt, 1)


@kernel
def _put_span(o: int, first: int, last: int) -> int:
    o = put_int(o, first)
    if first == last:
        return o
    return put_int(set_byte(o, _UNDERSCORE), last)


@kernel
def put3(o: int, three: int) -> int:
    """Three letters of a ``word``."""
    put4(o, three)
    return o + 3


@kernel
def put_substitution(o: int, alt: int, strand: int) -> int:
    """``A>G``."""
    a = byte(i64(alt, k.A_REF))
    b = byte(i64(alt, k.A_ALT))
    letters = _UPPER() if strand > 0 else _PAIRED()
    put4(o, byte(letters + a) | 62 << 8 | byte(letters + b) << 16)
    return o + 3


@kernel
def put_duplicated(o: int) -> int:
    """``dup``."""
    return put3(o, _DUP)


@kernel
def put_insertion(o: int, alt: int, strand: int) -> int:
    """``insACG``."""
    return put_bases(put3(o, _INS), alt, strand)


@kernel
def put_inverted(o: int) -> int:
    """``inv``."""
    return put3(o, _INV)


@kernel
def put_replacement(o: int, alt: int, strand: int) -> int:
    """``del`` or ``delinsACG``."""
    o = put3(o, _DEL)
    if i64(alt, k.A_ALT_SIZE) == 0:
        return o
    return put_bases(put3(o, _INS), alt, strand)


@kernel
def put_bases(o: int, alt: int, strand: int) -> int:
    """The new bases along the strand, turned as far as an insertion was moved."""
    text = i64(alt, k.A_ALT)
    n = i64(alt, k.A_ALT_SIZE)
    letters = _UPPER() if strand > 0 else _PAIRED()
    j = first_new_base(alt, strand)
    for _ in range(n):
        o = set_byte(o, byte(letters + byte(text + j)))
        j = next_new_base(j, n, strand)
    return o


@kernel
def first_new_base(alt: int, strand: int) -> int:
    """Index in ALT of the base that comes first along the strand."""
    n = i64(alt, k.A_ALT_SIZE)
    if strand > 0:
        by = i64(alt, k.A_SHIFT_RIGHT)
        return by % n if by else 0
    by = i64(alt, k.A_SHIFT_LEFT)
    return n - 1 - by % n if by else n - 1


@kernel
def next_new_base(j: int, n: int, strand: int) -> int:
    """Index in ALT of the base that follows along the strand."""
    if strand > 0:
        return j + 1 if j + 1 < n else 0
    return j - 1 if j > 0 else n - 1


@kernel
def given_inverted(alt: int) -> bool:
    """Whether REF and ALT as they are given are an inversion with ends that stay the same."""
    first = i64(alt, k.A_GIVEN_FIRST)
    last = i64(alt, k.A_GIVEN_LAST)
    before = i64(alt, k.A_FIRST) - first
    if before <= 0 or before != last - i64(alt, k.A_LAST):
        return False
    return are_inverted(i64(alt, k.A_REF) - before, i64(alt, k.A_ALT) - before, last - first + 1)


@kernel
def are_inverted(ref: int, text: int, n: int) -> bool:
    """Whether ``n`` bases are the reverse complement of ``n`` others."""
    for i in range(n):
        if byte(_UPPER() + byte(text + i)) != byte(_PAIRED() + byte(ref + n - 1 - i)):
            return False
    return True


@kernel
def is_inversion(alt: int) -> bool:
    """Two bases or more are replaced by their reverse complement."""
    n = i64(alt, k.A_ALT_SIZE)
    if n < 2 or n != i64(alt, k.A_LAST) - i64(alt, k.A_FIRST) + 1:
        return False
    return are_inverted(i64(alt, k.A_REF), i64(alt, k.A_ALT), n)
