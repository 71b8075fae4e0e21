"""Building an exact store: lines of a VCF become rows of uint32, one per ALT.

A row is: bucket, key, number of the allele's text (0: the key says it all), then one cell per
field. In a cell 0 is no value, a number ``v`` is ``v + 1``, and word ``w`` is ``2**32 - 1 - w``.
"""

from __future__ import annotations

from anntools.kernels.layout import (
    CONTIG_LENGTH,
    M_ALIAS_BYTES,
    M_ALIAS_CONTIG,
    M_ALIAS_OFF,
    N_ALIASES,
)
from anntools.kernels.memory import (
    byte,
    entry,
    find_byte,
    i32,
    i64,
    kernel,
    same_bytes,
    set_byte,
    set_i32,
    set_i64,
    u32,
)
from anntools.kernels.model import contig_row
from anntools.kernels.store_layout import (
    B_BAD,
    B_BITS,
    B_CONTIG,
    B_CONTIG_NAME,
    B_CONTIG_SIZE,
    B_FIELD0,
    B_FIELDS,
    B_FIRST,
    B_IN,
    B_IN_END,
    B_LINE,
    B_LONG_BYTES,
    B_LONG_OFF,
    B_LONGS,
    B_MODEL,
    B_OTHER_ALTS,
    B_ROWS,
    B_ROWS_END,
    B_STATUS,
    B_UNKNOWN,
    COLUMN_SLOTS,
    HIGHEST_NUMBER,
    K_DROP,
    K_FROZEN,
    K_KEY,
    K_KEY_SIZE,
    K_MASK,
    K_MODE,
    K_PREFIX,
    K_PREFIX_SIZE,
    K_TABLE,
    K_WORD_BYTES,
    K_WORD_OFF,
    K_WORDS,
    MODE_ALT,
    MODE_FLAG,
    MODE_ID,
    MODE_LIST,
    MODE_REF_ALT,
    ROW_FIXED,
    ROWS_BAD_LINE,
    ROWS_DONE,
    ROWS_FULL,
)
from anntools.kernels.stores import allele_key, is_long, shift_left, turned


@entry
def store_rows(b: int) -> int:
    """Turn the lines of ``b[B_IN:B_IN_END]`` into rows; sets B_STATUS, returns the next row."""
    row = i64(b, B_ROWS)
    p = i64(b, B_IN)
    end = i64(b, B_IN_END)
    size = 4 * (ROW_FIXED + i64(b, B_FIELDS))
    set_i64(b, B_STATUS, ROWS_DONE)
    while p < end:
        stop = find_byte(p, end, 10)
        last = stop - 1 if stop > p and byte(stop - 1) == 13 else stop
        if last > p and byte(p) != 35:
            if row + size * (1 + _commas(p, last)) > i64(b, B_ROWS_END):
                set_i64(b, B_STATUS, ROWS_FULL)
                break
            row = _record(b, p, last, row)
            if row < 0:
                set_i64(b, B_STATUS, ROWS_BAD_LINE)
                return row
        p = stop + 1
        set_i64(b, B_LINE, i64(b, B_LINE) + 1)
    set_i64(b, B_IN, p)
    return row


@kernel
def _column(p: int, end: int, n: int) -> int:
    """Address of column ``n`` (from 0), or ``end + 1`` if the line has not so many."""
    for _ in range(n):
        p = find_byte(p, end, 9) + 1
        if p > end:
            return end + 1
    return p


@kernel
def _commas(p: int, end: int) -> int:
    """Commas in the ALT column."""
    a = _column(p, end, 4)
    if a > end:
        return 0
    stop = find_byte(a, end, 9)
    n = 0
    while a < stop:
        if byte(a) == 44:
            n += 1
        a += 1
    return n


@kernel
def _record(b: int, p: int, end: int, row: int) -> int:
    """The rows of one line; -1 with B_BAD set if the line is none of a VCF."""
    tab1 = find_byte(p, end, 9)
    tab2 = find_byte(min(tab1 + 1, end), end, 9)
    tab3 = find_byte(min(tab2 + 1, end), end, 9)
    tab4 = find_byte(min(tab3 + 1, end), end, 9)
    if tab4 >= end:
        set_i64(b, B_BAD, p)
        return -1
    tab5 = find_byte(tab4 + 1, end, 9)
    pos = 0
    for q in range(tab1 + 1, tab2):
        digit = byte(q) - 48
        if digit < 0 or digit > 9 or pos > 1 << 31:
            set_i64(b, B_BAD, p)
            return -1
        pos = 10 * pos + digit
    info = _column(tab5, end, 3) if tab5 < end else end
    info = min(info, end)
    info_end = find_byte(info, end, 9)
    contig = _contig(b, p, tab1 - p)
    if contig < 0:
        set_i64(b, B_UNKNOWN, i64(b, B_UNKNOWN) + 1)
        return row
    n_alts = _commas(p, end) + 1
    a = tab4 + 1
    for k in range(n_alts):
        stop = find_byte(a, tab5, 44)
        if _is_sequence(a, stop) and _is_sequence(tab3 + 1, tab4):
            made = _row(b, contig, pos - 1, tab3 + 1, tab4, a, stop, row)
            if made > row:
                _cells(b, row + 4 * ROW_FIXED, tab2 + 1, tab3, info, info_end, k, n_alts)
            row = made
        else:
            set_i64(b, B_OTHER_ALTS, i64(b, B_OTHER_ALTS) + 1)
        a = stop + 1
    return row


@kernel
def _is_sequence(a: int, end: int) -> bool:
    if a >= end:
        return False
    for p in range(a, end):
        x = byte(p) & 223
        if x < 65 or x > 90:
            return False
    return True


@kernel
def _contig(b: int, name: int, size: int) -> int:
    """Number of the pack's contig, -1 if it has none; the last name is remembered."""
    if size == i64(b, B_CONTIG_SIZE) and same_bytes(name, i64(b, B_CONTIG_NAME), size):
        return i64(b, B_CONTIG)
    model = i64(b, B_MODEL)
    found = -1
    off = i64(model, M_ALIAS_OFF)
    for i in range(i64(model, N_ALIASES)):
        begin = i32(off, i)
        if i32(off, i + 1) - begin == size and same_bytes(
            name, i64(model, M_ALIAS_BYTES) + begin, size
        ):
            found = i32(i64(model, M_ALIAS_CONTIG), i)
            break
    if size <= 255:
        for j in range(size):
            set_byte(i64(b, B_CONTIG_NAME) + j, byte(name + j))
        set_i64(b, B_CONTIG_SIZE, size)
        set_i64(b, B_CONTIG, found)
    return found


@kernel
def _row(
    b: int, contig: int, pos: int, ref: int, ref_end: int, alt: int, alt_end: int, row: int
) -> int:
    """Bucket, key and text of one allele in normal form; returns the next row.

    An ALT that is the same as REF makes none.
    """
    while ref_end > ref and alt_end > alt and (byte(ref_end - 1) & 95) == (byte(alt_end - 1) & 95):
        ref_end -= 1
        alt_end -= 1
    while ref_end > ref and alt_end > alt and (byte(ref) & 95) == (byte(alt) & 95):
        ref += 1
        alt += 1
        pos += 1
    n_ref = ref_end - ref
    n_alt = alt_end - alt
    if n_ref == 0 and n_alt == 0:
        return row
    length = i32(contig_row(i64(b, B_MODEL), contig), CONTIG_LENGTH)
    shift = 0
    if n_ref == 0:
        shift = shift_left(i64(b, B_MODEL), contig, pos, alt, n_alt)
    elif n_alt == 0:
        shift = shift_left(i64(b, B_MODEL), contig, pos, ref, n_ref)
    pos = min(max(pos - shift, 0), length)
    bits = i64(b, B_BITS)
    key = allele_key(bits, pos, ref, n_ref, alt, n_alt, shift)
    set_i32(row, 0, i64(i64(b, B_FIRST), contig) + (pos >> bits))
    set_i32(row, 1, key)
    set_i32(row, 2, _keep_text(b, ref, n_ref, alt, n_alt, shift) if is_long(bits, key) else 0)
    return row + 4 * (ROW_FIXED + i64(b, B_FIELDS))


@kernel
def _keep_text(b: int, ref: int, n_ref: int, alt: int, n_alt: int, shift: int) -> int:
    """Keep ``REF tab ALT`` of a long allele; returns its number, from 1."""
    n = i64(b, B_LONGS)
    off = i64(b, B_LONG_OFF)
    p = i64(b, B_LONG_BYTES) + i64(off, n)
    for j in range(n_ref):
        p = set_byte(p, byte(ref + turned(j, shift, n_ref)) & 95)
    p = set_byte(p, 9)
    for j in range(n_alt):
        p = set_byte(p, byte(alt + turned(j, shift, n_alt)) & 95)
    set_i64(off, n + 1, p - i64(b, B_LONG_BYTES))
    set_i64(b, B_LONGS, n + 1)
    return n + 1


@kernel
def _cells(
    b: int, cells: int, name: int, name_end: int, info: int, info_end: int, k: int, n_alts: int
) -> None:
    """The cells of ALT ``k``."""
    for f in range(i64(b, B_FIELDS)):
        column = b + 8 * (B_FIELD0 + COLUMN_SLOTS * f)
        mode = i64(column, K_MODE)
        key = i64(column, K_KEY)
        size = i64(column, K_KEY_SIZE)
        a = name
        end = name_end
        if mode == MODE_ID:
            if end - a == 1 and byte(a) == 46:  # no ID: the text given for that
                a = key
                end = key + size
        else:
            a = _value(info, info_end, key, size, mode)
            end = find_byte(a, info_end, 59)
            if mode == MODE_FLAG and a < info_end:
                a = key + size  # where a digit 1 stands
                end = a + 1
        if mode in (MODE_ALT, MODE_REF_ALT, MODE_LIST) and end > a:
            n = 1
            for p in range(a, end):
                if byte(p) == 44:
                    n += 1
            skip = -1
            if mode == MODE_REF_ALT:
                skip = k + 1 if n == n_alts + 1 else -2
            elif mode == MODE_ALT:
                skip = k if n == n_alts else -2
            elif n == n_alts:
                skip = k
            if skip == -2:
                end = a  # a list of the wrong length tells nothing about an allele
            elif skip >= 0:
                for _ in range(skip):
                    a = find_byte(a, end, 44) + 1
                end = find_byte(a, end, 44)
        set_i32(cells, f, cell_for(column, a, end))


@kernel
def _value(info: int, end: int, key: int, size: int, mode: int) -> int:
    """Address of the value of an INFO key, of a flag itself; ``end`` if it is not there."""
    p = info
    while p < end:
        stop = find_byte(p, end, 59)
        if stop - p >= size and same_bytes(p, key, size):
            if stop - p == size:
                return p if mode == MODE_FLAG else end
            if byte(p + size) == 61:
                return p if mode == MODE_FLAG else p + size + 1
        p = stop + 1
    return end


@kernel
def cell_for(column: int, a: int, end: int) -> int:
    """The cell of a text: 0 for empty or ``.``, a number if it looks like one, else a word."""
    n = end - a
    if n <= 0 or (n == 1 and byte(a) == 46):
        return 0
    number = _number(column, a, end)
    if number >= 0:
        return number + 1
    return 0xFFFFFFFF - word_number(column, a, n)


@kernel
def _number(column: int, a: int, end: int) -> int:
    """The number behind the column's prefix, -1 if the text is not one of them.

    The first text of two letters or more with digits at its end decides what the prefix is; after
    ``0.`` zeros at the front count, so they are kept behind a digit 1 that is dropped when the
    value is written.
    """
    size = i64(column, K_PREFIX_SIZE)
    prefix = i64(column, K_PREFIX)
    if size < 0:
        size = 0
        while a + size < end and (byte(a + size) < 48 or byte(a + size) > 57):
            x = byte(a + size)
            if x <= 32 or x >= 127 or x in (44, 59):
                return -1  # these are not written as they are
            size += 1
        drop = 0
        if size == 0 and end - a > 2 and byte(a) == 48 and byte(a + 1) == 46:
            size = 2
            drop = 1
        if size > 15 or end - a < 2 or not _digits(a + size, end, drop):
            return -1
        for j in range(size):
            set_byte(prefix + j, byte(a + j))
        set_i64(column, K_PREFIX_SIZE, size)
        set_i64(column, K_DROP, drop)
    elif end - a <= size or not same_bytes(a, prefix, size):
        return -1
    drop = i64(column, K_DROP)
    if not _digits(a + size, end, drop):
        return -1
    value = drop
    for p in range(a + size, end):
        value = 10 * value + byte(p) - 48
    return value if value <= HIGHEST_NUMBER else -1


@kernel
def _digits(a: int, end: int, drop: int) -> bool:
    """Whether these are digits that come out the same after reading them as a number."""
    n = end - a
    if n < 1 or n > 10 - drop or (n > 1 and drop == 0 and byte(a) == 48):
        return False
    for p in range(a, end):
        if byte(p) < 48 or byte(p) > 57:
            return False
    return True


@kernel
def word_number(column: int, a: int, n: int) -> int:
    """Number of a word, kept once as long as the table of words has room."""
    mix = 0
    for j in range(n):
        mix = (mix * 31 + byte(a + j)) & 0xFFFFFFFF
    mask = i64(column, K_MASK)
    slot = (mix ^ mix >> 15) & mask
    table = i64(column, K_TABLE)
    off = i64(column, K_WORD_OFF)
    words = i64(column, K_WORDS)
    while True:
        w = u32(table, slot)
        if w == 0:
            break
        begin = i64(off, w - 1)
        if _same_word(i64(column, K_WORD_BYTES) + begin, i64(off, w) - begin, a, n):
            return w - 1
        slot = (slot + 1) & mask
    p = i64(column, K_WORD_BYTES) + i64(off, words)
    for j in range(n):
        p = _put_safe(p, byte(a + j))
    set_i64(off, words + 1, p - i64(column, K_WORD_BYTES))
    set_i64(column, K_WORDS, words + 1)
    if i64(column, K_FROZEN) == 0:
        set_i32(table, slot, words + 1)
        if 2 * (words + 1) > mask:
            set_i64(column, K_FROZEN, 1)
    return words


@kernel
def _same_word(word: int, size: int, a: int, n: int) -> bool:
    end = word + size
    for j in range(n):
        x = byte(a + j)
        wide = 3 if x == 32 else 1
        if word + wide > end or byte(word) != (37 if x == 32 else _safe(x)):
            return False
        word += wide
    return word == end


@kernel
def _safe(letter: int) -> int:
    """What separates values in INFO or ID becomes a bar within a value."""
    return 124 if letter in (44, 59) else letter


@kernel
def _put_safe(p: int, letter: int) -> int:
    """Write a letter of a word; a blank, which INFO has not had before VCF 4.3, as ``%20``."""
    if letter != 32:
        return set_byte(p, _safe(letter))
    p = set_byte(p, 37)
    p = set_byte(p, 50)
    return set_byte(p, 48)
