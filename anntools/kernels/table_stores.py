"""Fields of the stores in the table: exact ones per allele, intervals per record."""

from __future__ import annotations

from anntools.kernels import layout as k
from anntools.kernels import table_layout as t
from anntools.kernels.memory import i64, kernel, set_byte
from anntools.kernels.stores import (
    exact_fields,
    exact_room,
    interval_find,
    interval_next,
    put_exact,
)
from anntools.kernels.table_cells import (
    close_cell,
    decoded,
    put_no_cell,
    put_number,
    room_for,
)


@kernel
def known(c: int, table: int, line: int, alt: int, row: int, annotated: bool) -> int:
    """All fields of all stores; 1 when a buffer must grow.

    ``alt``: the ALT block, 0 for an allele without annotation. ``annotated``: its record is.
    """
    field = t.T_FIELD0
    for s in range(i64(c, k.C_EXACT_COUNT)):
        store = i64(i64(c, k.C_EXACT), s)
        record = i64(alt, k.A_RECORD0 + s) if alt else -1
        for f in range(exact_fields(store)):
            if exact_value(table, store, record, f, i64(table, field), row):
                return 1
            field += 1
    for s in range(i64(c, k.C_INTERVALS_COUNT)):
        store = i64(i64(c, k.C_INTERVALS), s)
        hit = annotated and i64(line, k.L_HITS0 + s) > 0
        for f in range(exact_fields(store)):
            column = i64(table, field)
            field += 1
            if not hit:
                put_no_cell(table, column, row)
            elif interval_value(c, table, line, store, f, column, row):
                return 1
    return 0


@kernel
def exact_value(table: int, store: int, record: int, f: int, column: int, row: int) -> int:
    """A field of a record of an exact store, -1: none; 1 when a buffer must grow."""
    into = column if column >= 0 else t.X_ODD
    at = room_for(table, into, exact_room(store, record, f) if record >= 0 else 0)
    if at == 0:
        return 1
    end = put_exact(at, store, record, f) if record >= 0 else at
    end = decoded(at, end)
    if column < 0:
        return put_number(table, -1 - column, row, at, end - at)
    close_cell(table, column, row, at, end)
    return 0


@kernel
def interval_value(c: int, table: int, line: int, store: int, f: int, column: int, row: int) -> int:
    """A field of all intervals that the record touches, joined by commas."""
    start = i64(line, k.L_POS)
    stop = start + i64(line, k.L_REF_SIZE)
    begin = room_for(table, column, 0)
    at = begin
    hit = interval_find(c, store, i64(line, k.L_CONTIG), start, stop)
    while begin and hit >= 0:
        if room_for(table, column, at - begin + exact_room(store, hit, f) + 2) == 0:
            return 1
        if at > begin:
            at = set_byte(at, 44)
        end = put_exact(at, store, hit, f)
        at = decoded(at, end) if end > at else set_byte(at, 46)
        hit = interval_next(store, hit, stop)
    if begin == 0:
        return 1
    close_cell(table, column, row, begin, at)
    return 0
