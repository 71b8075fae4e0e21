"""The words of a text column, and which of them each cell is: a Parquet dictionary."""

from __future__ import annotations

from anntools.kernels.memory import (
    byte,
    copy_exact,
    entry,
    i32,
    i64,
    kernel,
    same_bytes,
    set_i32,
    set_i64,
    set_u16,
    shift_right,
)
from anntools.kernels.table_layout import (
    HASH,
    W_BITS,
    W_CELLS,
    W_CODES,
    W_END,
    W_MOST,
    W_STARTS,
    W_TABLE,
    W_TRIAL,
    W_TRIAL_MOST,
    W_WORDS,
    W_WORDS_END,
)


@entry
def number_words(b: int) -> int:
    """Number the words of cells as they come; returns how many there are, -1 if too many."""
    end = i64(b, W_END)
    starts = i64(b, W_STARTS)
    codes = i64(b, W_CODES)
    most = i64(b, W_MOST)
    count = 0
    done = 0
    last = 0
    number = 0
    words = i64(b, W_WORDS)
    out = words
    p = i64(b, W_CELLS)
    while p < end:
        size = i32(p, 0)
        if last == 0 or not same_cell(p, last, size):
            slot = slot_of(b, p, size)
            number = i32(i64(b, W_TABLE), slot) - 1
            if number < 0:
                if count >= most or (done < W_TRIAL and count >= W_TRIAL_MOST):
                    return -1
                set_i32(starts, count, out - words)
                out = copy_exact(out, p, 4 + size)
                number = count
                count += 1
                set_i32(i64(b, W_TABLE), slot, count)
            last = words + i32(starts, number)
        set_u16(codes, done, number)
        done += 1
        p += 4 + size
    set_i64(b, W_WORDS_END, out)
    return count


@kernel
def slot_of(b: int, p: int, size: int) -> int:
    """Where in the table the word of the cell at ``p`` is, or belongs."""
    bits = i64(b, W_BITS)
    table = i64(b, W_TABLE)
    words = i64(b, W_WORDS)
    at = shift_right(hashed(p + 4, size) * HASH, 64 - bits)
    while True:
        number = i32(table, at)
        if number == 0 or same_cell(p, words + i32(i64(b, W_STARTS), number - 1), size):
            return at
        at = (at + 1) & ((1 << bits) - 1)


@kernel
def hashed(p: int, size: int) -> int:
    """A number made of a text."""
    value = size
    end = p + size
    while p + 8 <= end:
        value = (value ^ i64(p, 0)) * HASH
        value ^= shift_right(value, 29)
        p += 8
    while p < end:
        value = (value ^ byte(p)) * 0x100000001B3
        p += 1
    return value


@kernel
def same_cell(a: int, b: int, size: int) -> bool:
    """Whether two cells hold the same text; the first one is ``size`` long."""
    return i32(b, 0) == size and same_bytes(a + 4, b + 4, size)
