"""Finding the columns of a line, 64 bytes at a time."""

from __future__ import annotations

from anntools.kernels.layout import L_COUNT, L_END, L_NEXT, L_REST
from anntools.kernels.memory import (
    byte,
    i64,
    kernel,
    line_mask,
    lowest_bit,
    set_i64,
    tab_line_mask,
)

_COLUMNS = 8  # CHROM .. INFO


@kernel
def find_line_end(p: int) -> int:
    """Address of the first line feed from ``p`` on; there must be one."""
    mask = line_mask(p)
    while mask == 0:
        p += 64
        mask = line_mask(p)
    return p + lowest_bit(mask)


@kernel
def split_line(line: int, p: int) -> None:
    """Fill the addresses of a line block for the line that begins at ``p``.

    Columns that are missing keep what they held; L_COUNT tells how many are there (9: more after
    INFO). A carriage return before the line feed belongs to neither the line nor its columns.
    """
    set_i64(line, 0, p)
    count = 1
    block = p
    mask = tab_line_mask(p)
    while True:
        while mask == 0:
            block += 64
            mask = tab_line_mask(block)
        at = block + lowest_bit(mask)
        mask &= mask - 1
        if byte(at) == 10:
            end = at
            break
        if count == _COLUMNS:
            set_i64(line, L_REST, at)
            end = find_line_end(at + 1)
            count = 9
            break
        set_i64(line, count, at + 1)
        count += 1
    set_i64(line, L_NEXT, end + 1)
    if end > p and byte(end - 1) == 13:
        end -= 1
    set_i64(line, L_END, end)
    set_i64(line, L_COUNT, count)
    if count < 9:
        set_i64(line, L_REST, end)


@kernel
def column_end(line: int, column: int) -> int:
    """Address after the last byte of one of the columns CHROM .. INFO."""
    if column == _COLUMNS - 1:
        return i64(line, L_REST)
    return i64(line, column + 1) - 1
