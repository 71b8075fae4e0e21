"""Exact-match and interval stores: ClinVar, cytobands, CpG islands, any overlay."""

from __future__ import annotations

from anntools.compiled_v0 import kernel
from anntools.kernels_v0.genome import bisect_right
from anntools.kernels_v0.model import STORE_CELL0, STORE_FIELDS, STORE_REC0, Bytes, Exact, Intervals


@kernel
def exact_find(m: Exact, row: int, pos: int, src: Bytes, r0: int, r1: int, a0: int, a1: int) -> int:
    """Record with this position and these alleles, or -1; ``row`` is store * contigs + contig.

    ``pos`` is 0-based; both alleles are trimmed as far as they can be, end first, then begin.
    """
    lo = m.exact_range[row, 0]
    hi = m.exact_range[row, 1]
    while r1 > r0 and a1 > a0 and (src[r1 - 1] & 95) == (src[a1 - 1] & 95):
        r1 -= 1
        a1 -= 1
    while r1 > r0 and a1 > a0 and (src[r0] & 95) == (src[a0] & 95):
        r0 += 1
        a0 += 1
        pos += 1
    i = bisect_right(m.exact_pos, lo, hi, pos - 1)
    while i < hi and m.exact_pos[i] == pos:
        if _key_is(m, i, src, r0, r1, a0, a1):
            return i
        i += 1
    return -1


@kernel
def _key_is(m: Exact, i: int, src: Bytes, r0: int, r1: int, a0: int, a1: int) -> bool:
    k = m.exact_key_off[i]
    if m.exact_key_off[i + 1] - k != (r1 - r0) + 1 + (a1 - a0):
        return False
    for j in range(r0, r1):
        if m.exact_keys[k] != (src[j] & 95):
            return False
        k += 1
    k += 1
    for j in range(a0, a1):
        if m.exact_keys[k] != (src[j] & 95):
            return False
        k += 1
    return True


@kernel
def exact_cell(m: Exact, store: int, record: int, field: int) -> int:
    """Index into ``exact_cell_off`` of one value of a record."""
    s = m.exact_store[store, STORE_CELL0]
    return (
        s + (record - m.exact_store[store, STORE_REC0]) * m.exact_store[store, STORE_FIELDS] + field
    )


@kernel
def interval_segments(m: Intervals, row: int, start: int, end: int) -> tuple[int, int]:
    """Range of segments that ``[start, end)`` touches, empty if none; ``row`` as above."""
    lo = m.iv_range[row, 0]
    hi = m.iv_range[row, 1]
    if lo == hi:
        return 0, 0
    a = max(bisect_right(m.iv_seg_start, lo, hi, start) - 1, lo)
    b = bisect_right(m.iv_seg_start, lo, hi, end - 1)
    return a, b
