"""Columns of the table's entries as the bytes of Parquet pages: levels and values in one walk.

The levels of a nested column: 0 for an allele without annotation, 1 for no value, 2 for a value,
two bits each; those of a flat column: 0 or 1, a bit each. Both lie lowest bit first.
"""

from __future__ import annotations

from anntools.kernels.memory import entry, i32, i64, kernel, put2, set_byte, set_i32, set_u16
from anntools.kernels.table_layout import (
    N_ENTRIES,
    N_LOCAL,
    N_TABLE,
    N_TX,
    N_USED,
    NOTHING,
    P_CODES,
    P_LEAST,
    P_LEVELS,
    P_OUT,
    P_PICK,
    P_ROWS,
    P_TX,
    P_VALUES,
    P_WHERE,
    P_WIDTH,
)


@entry
def encode_entries(b: int) -> int:
    """Write levels and values of a column; returns how many values there are.

    P_OUT needs room for a value more than there are rows.
    """
    pick = i64(b, P_PICK)
    values = i64(b, P_VALUES)
    codes = i64(b, P_CODES)
    least = i64(b, P_LEAST)
    where = i64(b, P_WHERE)
    tx = i64(b, P_TX)
    width = i64(b, P_WIDTH)
    levels = i64(b, P_LEVELS)
    out = i64(b, P_OUT)
    bits = 0
    count = 0
    rows = i64(b, P_ROWS)
    for row in range(rows):
        e = row
        if pick:
            e = i32(pick, row)
        level = 0
        if e >= 0 and (tx == 0 or i32(tx, e) != NOTHING):
            value = i32(values, e)
            there = 1 if value >= least else 0
            if codes:
                value = i32(codes, value)
                there = 1 if value >= 0 else 0
            if where:
                there = there if i32(where, e) > 0 else 0
            level = 1 + there
            put_value(out, count, width, value)  # the next one overwrites it if it does not count
            count += there
        if pick:
            bits |= (level >> 1) << (row & 7)
        else:
            bits |= level << ((row & 7) << 1)
        if row & 7 == 7:
            levels = put_levels(levels, bits, pick)
            bits = 0
    if rows & 7:
        put_levels(levels, bits, pick)
    return count


@kernel
def put_value(out: int, i: int, width: int, value: int) -> None:
    """Write a value in ``width`` bytes."""
    if width == 1:
        set_byte(out + i, value)
    elif width == 2:
        set_u16(out, i, value)
    else:
        set_i32(out, i, value)


@kernel
def put_levels(levels: int, bits: int, pick: int) -> int:
    """Write eight levels; returns the next address."""
    if pick:
        return set_byte(levels, bits)
    return put2(levels, bits)


@entry
def number_transcripts(b: int) -> int:
    """Number the transcripts of the entries from 1 on as they come (N_LOCAL; 0: none).

    N_TABLE holds a zero per transcript before and after; N_USED gets them. Returns how many.
    """
    table = i64(b, N_TABLE)
    used = i64(b, N_USED)
    local = i64(b, N_LOCAL)
    count = 0
    for e in range(i64(b, N_ENTRIES)):
        t = i32(i64(b, N_TX), e)
        number = 0
        if t >= 0:
            number = i32(table, t)
            if number == 0:
                set_i32(used, count, t)
                count += 1
                number = count
                set_i32(table, t, number)
        set_i32(local, e, number)
    for i in range(count):
        set_i32(table, i32(used, i), 0)
    return count
