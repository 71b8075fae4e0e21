"""Cells of the table: texts and numbers. Each returns 1 when a buffer must grow, else 0."""

from __future__ import annotations

from anntools.kernels import table_layout as t
from anntools.kernels.memory import byte, copy, i64, kernel, set_byte, set_i32, set_i64

_DIGITS_MOST = 15  # so many decimal digits are exact in a double
_SCALE_MOST = 22  # and so is this power of ten


@kernel
def text_column(table: int, column: int) -> int:
    """Address of the slots of a text column."""
    return table + 8 * (t.T_TEXT0 + t.TEXT_SLOTS * column)


@kernel
def room_for(table: int, column: int, size: int) -> int:
    """Where a cell of ``size`` bytes goes, after its size; 0 if there is no room."""
    x = text_column(table, column)
    at = i64(x, t.TEXT_NEXT)
    if at + size + t.CELL_ROOM > i64(x, t.TEXT_END):
        set_i64(table, t.T_WANT, t.WANT_TEXT0 + column)
        return 0
    return at + 4


@kernel
def close_cell(table: int, column: int, row: int, at: int, end: int) -> None:
    """Complete the cell whose bytes lie from ``at`` to ``end``; an empty one is no cell."""
    x = text_column(table, column)
    if end > at:
        set_i32(at - 4, 0, end - at)
        set_i64(x, t.TEXT_NEXT, end)
    set_byte(i64(x, t.TEXT_FLAGS) + row, 1 if end > at else 0)


@kernel
def put_cell(table: int, column: int, row: int, p: int, size: int) -> int:
    """A text; size 0 is none."""
    at = room_for(table, column, size)
    if at == 0:
        return 1
    close_cell(table, column, row, at, copy(at, p, size))
    return 0


@kernel
def put_no_cell(table: int, column: int, row: int) -> None:
    """No text."""
    set_byte(i64(text_column(table, column), t.TEXT_FLAGS) + row, 0)


@kernel
def put_value(table: int, column: int, row: int, p: int, size: int) -> int:
    """A text of a VCF; ``.`` is none."""
    if size == 1 and byte(p) == 46:
        size = 0
    return put_cell(table, column, row, p, size)


@kernel
def decoded(p: int, end: int) -> int:
    """Turn ``%3B`` back into ``;`` within ``[p, end)``; returns the new end."""
    o = p
    while p < end:
        letter = byte(p)
        if letter == 37 and p + 2 < end:
            high = hex_digit(byte(p + 1))
            low = hex_digit(byte(p + 2))
            if high >= 0 and low >= 0:
                letter = high << 4 | low
                p += 2
        o = set_byte(o, letter)
        p += 1
    return o


@kernel
def hex_digit(letter: int) -> int:
    """0 to 15, -1 for another letter."""
    if letter >= 48 and letter <= 57:
        return letter - 48
    letter |= 32
    if letter >= 97 and letter <= 102:
        return letter - 87
    return -1


@kernel
def number_column(table: int, column: int) -> int:
    """Address of the slots of a number column."""
    return table + 8 * (t.T_NUMBER0 + t.NUMBER_SLOTS * column)


@kernel
def put_number(table: int, column: int, row: int, p: int, size: int) -> int:
    """A decimal number; size 0 or ``.`` is none; one that is not plain is kept as a text."""
    y = number_column(table, column)
    scales = i64(y, t.NUMBER_SCALE)
    if size == 0 or (size == 1 and byte(p) == 46):
        set_byte(scales + row, t.NO_NUMBER)
        return 0
    digits = i64(y, t.NUMBER_DIGITS)
    end = p + size
    at = p
    negative = byte(at) == 45
    if negative:
        at += 1
    begin = at
    value = 0
    count = 0
    decimals = 0
    point = False
    while at < end:
        letter = byte(at)
        if letter == 46 and not point:
            point = True
        elif letter >= 48 and letter <= 57:
            value = 10 * value + letter - 48
            count += 1
            if point:
                decimals += 1
        else:
            break
        at += 1
        if count > _DIGITS_MOST:
            break
    plain = count > 0 and count <= _DIGITS_MOST and at > begin
    if plain and at < end and (byte(at) | 32) == 101:
        power = exponent(at + 1, end)
        plain = power > -1000
        decimals -= power
        at = end
    if not plain or at < end or abs(decimals) > _SCALE_MOST or (negative and value == 0):
        return put_odd(table, digits, scales, row, p, size)
    set_i64(digits, row, -value if negative else value)
    set_byte(scales + row, t.SCALE_ZERO + decimals)
    return 0


@kernel
def exponent(p: int, end: int) -> int:
    """The number after ``e``; -1000 if it is none or has more than two digits."""
    sign = 1
    if p < end and (byte(p) == 45 or byte(p) == 43):
        sign = -1 if byte(p) == 45 else 1
        p += 1
    if p >= end or end - p > 2:
        return -1000
    value = 0
    while p < end:
        if byte(p) < 48 or byte(p) > 57:
            return -1000
        value = 10 * value + byte(p) - 48
        p += 1
    return sign * value


@kernel
def put_odd(table: int, digits: int, scales: int, row: int, p: int, size: int) -> int:
    """Keep a number as a text: its place in the stream of odd ones stands for it."""
    at = room_for(table, t.X_ODD, size)
    if at == 0:
        return 1
    x = text_column(table, t.X_ODD)
    set_i32(at - 4, 0, size)
    set_i64(x, t.TEXT_NEXT, copy(at, p, size))
    set_i64(digits, row, at - 4 - i64(x, t.TEXT_FLAGS))
    set_byte(scales + row, t.ODD_NUMBER)
    return 0
