"""Terms of introns and of the bases around their ends, compiled (the rule: ``spec/splice.py``)."""

from __future__ import annotations

from anntools import terms
from anntools.kernels import layout as k
from anntools.kernels.change import W_ALT, W_FIRST, W_LAST, W_REF, W_SIZE
from anntools.kernels.memory import byte, constant, i32, i64, kernel, set_i64, u32
from anntools.kernels.model import exon_at, exon_row

_INTRON = 1 << terms.INTRON
_DONOR = 1 << terms.SPLICE_DONOR
_ACCEPTOR = 1 << terms.SPLICE_ACCEPTOR
_FIFTH = 1 << terms.SPLICE_DONOR_5TH
_DONOR_REGION = 1 << terms.SPLICE_DONOR_REGION
_TRACT = 1 << terms.SPLICE_POLYPYRIMIDINE
_REGION = 1 << terms.SPLICE_REGION
_SITES = _DONOR | _ACCEPTOR
_LOUDER = _SITES | _FIFTH | _DONOR_REGION
_FAR = 18  # from here on an intron's base is nothing but intronic
IN_REPAIR = 1 << 62


def _single(donor: int, acceptor: int) -> int:
    """Terms of a base ``donor`` bases behind one exon and ``acceptor`` before the next."""
    mask = 0
    if donor <= 2:
        mask |= _DONOR
    if acceptor <= 2:
        mask |= _ACCEPTOR
    if donor >= 3 and acceptor >= 3:
        mask |= _INTRON
    if donor == 5:
        mask |= _FIFTH
    elif 3 <= donor <= 6:
        mask |= _DONOR_REGION
    if 3 <= acceptor <= 17:
        mask |= _TRACT
    if (3 <= donor <= 8 or 3 <= acceptor <= 8) and not mask & _LOUDER:
        mask |= _REGION
    return mask


_TABLE = constant(
    b"".join(
        _single(min(d, _FAR), min(a, _FAR)).to_bytes(4, "little")
        for d in range(32)
        for a in range(32)
    )
)


@kernel
def single_intron_terms(donor: int, acceptor: int) -> int:
    """Terms of one base in an intron, ``donor`` and ``acceptor`` bases from the exons (from 1)."""
    if donor >= _FAR and acceptor >= _FAR:
        return _INTRON
    return u32(_TABLE(), 32 * min(donor, _FAR) + min(acceptor, _FAR))


@kernel
def intron_terms(c: int, tx: int, row: int, w: int, exonic: bool) -> int:
    """Terms of all introns, with ``IN_REPAIR`` if a repair is touched; numbers into the row."""
    first = i64(w, W_FIRST)
    last = i64(w, W_LAST)
    size = i64(w, W_SIZE)
    length = last - first + 1
    mask = 0
    if length < 2 or size < 2:
        mask = stretch_terms(c, tx, row, w, first, last, mask)
    else:
        ref = i64(w, W_REF)
        alt = i64(w, W_ALT)
        i = 0
        while i < length or i < size:
            if not _same(ref, length, alt, size, i):
                j = i
                while (j + 1 < length or j + 1 < size) and not _same(ref, length, alt, size, j + 1):
                    j += 1
                mask = stretch_terms(c, tx, row, w, first + i, first + j, mask)
                i = j
            i += 1
    number_introns(c, tx, row, first, last)
    if exonic:
        mask &= ~_TRACT
    if mask & _FIFTH:
        mask &= ~_DONOR_REGION
    if mask & _LOUDER:
        mask &= ~_REGION
    return mask


@kernel
def _same(ref: int, length: int, alt: int, size: int, i: int) -> bool:
    """Whether REF and ALT have the same base at ``i`` when laid side by side."""
    if i >= length or i >= size:
        return False
    return (byte(ref + i) & 95) == (byte(alt + i) & 95)


@kernel
def first_intron(c: int, tx: int, low: int) -> int:
    """The first intron (genomic order, 0-based) that may be near a base from ``low`` on."""
    return max(exon_at(c, tx, max(low - 10, 0)) - 1, 0)


@kernel
def stretch_terms(c: int, tx: int, row: int, w: int, s: int, e: int, mask: int) -> int:
    """Terms so far and those of one stretch of changed bases ``s..e``."""
    low = min(i64(w, W_FIRST), i64(w, W_LAST))
    high = max(i64(w, W_FIRST), i64(w, W_LAST))
    plus = i32(tx, k.STRAND) > 0
    n = i32(tx, k.NEXON)
    at = first_intron(c, tx, low)
    while at + 1 < n:
        exon = exon_row(c, tx, at)
        a = i32(exon, k.EXON_END) + 1
        b = i32(exon, k.EXON_START + k.EXON_COLUMNS)
        if a - 7 > high:
            break
        at += 1
        at_begin = low <= a + 7 and high >= a - 3
        near = at_begin or (low <= b + 3 and high >= b - 7)
        if a > b or not (near or (low <= b + 3 and high >= a - 3)):
            continue
        if b - a < k.REPAIR and s <= b and e >= a:
            mask |= IN_REPAIR
            continue
        mask |= inside_terms(plus, s, e, a, b)
        if near:
            mask |= end_terms(plus, s, e, a, b)
            if mask & _SITES == 0:
                mask &= ~_REGION  # the last stretch decides
                if in_splice_region(s, e, a, b):
                    mask |= _REGION
    return mask


@kernel
def inside_terms(plus: bool, s: int, e: int, a: int, b: int) -> int:
    """intron_variant (not at the two bases at each end) and the polypyrimidine tract."""
    mask = 0
    if (s <= b - 2 and e >= a + 2) or (s == e + 1 and (s == a + 2 or e == b - 2)):
        mask |= _INTRON
    from_ = b - 16 if plus else a + 2
    to = b - 2 if plus else a + 16
    low = min(s, e)
    high = max(s, e)
    if low <= b and high >= a and low <= to and high >= from_:
        mask |= _TRACT
    return mask


@kernel
def end_terms(plus: bool, s: int, e: int, a: int, b: int) -> int:
    """Terms of the ends of one intron ``a..b``."""
    mask = 0
    if s <= a + 1 and e >= a:
        mask |= _DONOR if plus else _ACCEPTOR
    if s <= b and e >= b - 1:
        mask |= _ACCEPTOR if plus else _DONOR
    fifth = a + 4 if plus else b - 4
    if s <= fifth and e >= fifth:
        mask |= _FIFTH
    from_ = a + 2 if plus else b - 5
    if s <= from_ + 3 and e >= from_:
        mask |= _DONOR_REGION
    return mask


@kernel
def in_splice_region(s: int, e: int, a: int, b: int) -> bool:
    """Within three bases of the exon or 3-8 of the intron; an insertion also at their edges."""
    if (s <= a - 1 and e >= a - 3) or (s <= b + 3 and e >= b + 1):
        return True
    if (s <= a + 7 and e >= a + 2) or (s <= b - 2 and e >= b - 7):
        return True
    return s == e + 1 and (s == a or s == a + 2 or e == b or e == b - 2)


@kernel
def number_introns(c: int, tx: int, row: int, first: int, last: int) -> None:
    """Numbers of the introns that are touched, along the strand."""
    n = i32(tx, k.NEXON)
    plus = i32(tx, k.STRAND) > 0
    at = first_intron(c, tx, min(first, last))
    while at + 1 < n:
        exon = exon_row(c, tx, at)
        a = i32(exon, k.EXON_END) + 1
        b = i32(exon, k.EXON_START + k.EXON_COLUMNS)
        if a > max(first, last):
            break
        if first <= b and last >= a:
            number = at + 1 if plus else n - 1 - at
            if i64(row, k.R_INTRON1) == 0:
                set_i64(row, k.R_INTRON1, number)
                set_i64(row, k.R_INTRON2, number)
            else:
                set_i64(row, k.R_INTRON1, min(i64(row, k.R_INTRON1), number))
                set_i64(row, k.R_INTRON2, max(i64(row, k.R_INTRON2), number))
        at += 1
