"""Looking one allele or one place up in a store, for ``explain`` and for tests.

The block has ten slots: worker's block, store, contig, 0-based position, address and number of REF
bases, address and number of ALT bases, where to write, end of the stretch (intervals).
"""

from __future__ import annotations

from anntools.kernels.memory import entry, i64, kernel, set_byte
from anntools.kernels.stores import (
    exact_fields,
    interval_find,
    interval_next,
    put_exact,
    record_of,
    shift_left,
)


@entry
def look_up_allele(b: int) -> int:
    """Write the record of an allele without shared ends; the address after it, 0 for none."""
    c = i64(b, 0)
    contig = i64(b, 2)
    pos = i64(b, 3)
    shift = 0
    if i64(b, 5) == 0:
        shift = shift_left(c, contig, pos, i64(b, 6), i64(b, 7))
    elif i64(b, 7) == 0:
        shift = shift_left(c, contig, pos, i64(b, 4), i64(b, 5))
    record = record_of(i64(b, 1), contig, pos, i64(b, 4), i64(b, 5), i64(b, 6), i64(b, 7), shift)
    if record < 0:
        return 0
    return _put_record(i64(b, 8), i64(b, 1), record)


@entry
def look_up_place(b: int) -> int:
    """Write all intervals that touch a stretch; the address after them, 0 for none."""
    store = i64(b, 1)
    o = i64(b, 8)
    hit = interval_find(i64(b, 0), store, i64(b, 2), i64(b, 3), i64(b, 9))
    if hit < 0:
        return 0
    while hit >= 0:
        o = _put_record(o, store, hit)
        hit = interval_next(store, hit, i64(b, 9))
    return o


@kernel
def _put_record(o: int, store: int, record: int) -> int:
    """The fields with tabs between them, and a line feed."""
    for field in range(exact_fields(store)):
        if field > 0:
            o = set_byte(o, 9)
        o = put_exact(o, store, record, field)
    return set_byte(o, 10)
