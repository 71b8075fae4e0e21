"""HGVSc: the change on a transcript. The rules: ``anntools/spec/hgvs_c.py``."""

from __future__ import annotations

from anntools.kernels import layout as k
from anntools.kernels.hgvs_g import (
    is_inversion,
    put_duplicated,
    put_insertion,
    put_inverted,
    put_replacement,
    put_substitution,
)
from anntools.kernels.memory import i32, i64, kernel, set_byte
from anntools.kernels.model import exon_at, exon_row, put_name
from anntools.kernels.shift import is_copy, moved
from anntools.kernels.text import put_int
from anntools.kernels.vep_c import put_vep_hgvsc

_PLUS, _MINUS, _STAR, _UNDERSCORE = 43, 45, 42, 95


@kernel
def put_hgvsc(c: int, o: int, tx: int, t: int, alt: int, row: int) -> int:
    """``ENST00000380000.3:c.12-3del``; nothing if a base lies outside the transcript."""
    if i64(c, k.C_LIKE):
        return put_vep_hgvsc(c, o, tx, t, alt)
    first = i64(alt, k.A_FIRST) - 1
    last = i64(alt, k.A_LAST) - 1
    n = i64(alt, k.A_ALT_SIZE)
    strand = i32(tx, k.STRAND)
    if first == last and n == 1:
        if first < i32(tx, k.START) or first >= i32(tx, k.END):
            return o
        o = put_name(c, o, t, k.NAME_HGVSC)
        o = put_place(c, o, tx, _exon_hit(c, tx, row, first), first)
        return put_substitution(o, alt, strand)
    return _put_long(c, o, tx, t, alt, first, last, n)


@kernel
def _exon_hit(c: int, tx: int, row: int, pos0: int) -> int:
    """First exon that ends after ``pos0``: the row's, if it is that one."""
    at = i64(row, k.R_EXON)
    exon = exon_row(c, tx, at)
    ends_after = i32(exon, k.EXON_END) > pos0
    if ends_after and (at == 0 or i32(exon, k.EXON_END - k.EXON_COLUMNS) <= pos0):
        return at
    return exon_at(c, tx, pos0)


@kernel
def _put_long(c: int, o: int, tx: int, t: int, alt: int, first: int, last: int, n: int) -> int:
    """All but substitutions. ``first`` and ``last`` are 0-based."""
    strand = i32(tx, k.STRAND)
    by = moved(alt, strand)
    first += by
    last += by
    inserted = first > last
    copied = False
    if inserted:
        low = first - n if strand > 0 else first
        copied = is_copy(alt) and low >= i32(tx, k.START) and low + n <= i32(tx, k.END)
        if copied:
            first, last = low, low + n - 1
        else:
            first, last = last, first
    if first < i32(tx, k.START) or last >= i32(tx, k.END):
        return o
    o = put_name(c, o, t, k.NAME_HGVSC)
    from_ = first if strand > 0 else last
    to = last if strand > 0 else first
    o = put_place(c, o, tx, exon_at(c, tx, from_), from_)
    if from_ != to:
        o = put_place(c, set_byte(o, _UNDERSCORE), tx, exon_at(c, tx, to), to)
    if copied:
        return put_duplicated(o)
    if inserted:
        return put_insertion(o, alt, strand)
    if is_inversion(alt):
        return put_inverted(o)
    return put_replacement(o, alt, strand)


@kernel
def put_place(c: int, o: int, tx: int, at: int, pos0: int) -> int:
    """Name of a base: ``12``, ``-3``, ``*4``, ``7+2``. ``at``: first exon that ends after it."""
    exon = exon_row(c, tx, at)
    start = i32(exon, k.EXON_START)
    left = i32(exon, k.EXON_OFFSET)
    plus = i32(tx, k.STRAND) > 0
    if pos0 >= start:
        left += pos0 - start
        return _put_exonic(o, tx, left if plus else i32(tx, k.LENGTH) - 1 - left)
    to_left = pos0 - i32(exon, k.EXON_END - k.EXON_COLUMNS) + 1
    to_right = start - pos0
    behind = to_left <= to_right if plus else to_right <= to_left
    if behind == plus:
        left -= 1
    o = _put_exonic(o, tx, left if plus else i32(tx, k.LENGTH) - 1 - left)
    return put_int(
        set_byte(o, _PLUS if behind else _MINUS), to_left if behind == plus else to_right
    )


@kernel
def _put_exonic(o: int, tx: int, at: int) -> int:
    """Number of the spliced position ``at`` (0-based, along the strand)."""
    cds0 = i32(tx, k.CDS0)
    if cds0 < 0:
        return put_int(o, at + 1)
    if at < cds0:
        return put_int(set_byte(o, _MINUS), cds0 - at)
    cds1 = i32(tx, k.CDS1)
    if at >= cds1:
        return put_int(set_byte(o, _STAR), at - cds1 + 1)
    return put_int(o, at - cds0 + 1 + i32(tx, k.PAD))
