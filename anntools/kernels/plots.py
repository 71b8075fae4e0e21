"""Counting what plots need: frequencies, qualities, filters, density, amino acids."""

from __future__ import annotations

from anntools.kernels import layout as k
from anntools.kernels import plots_layout as p
from anntools.kernels.alleles import alt_block, row_block
from anntools.kernels.memory import (
    byte,
    copy_exact,
    i32,
    i64,
    kernel,
    lowest_bit,
    same_text,
    semicolon_mask,
    set_i64,
)
from anntools.kernels.numbers import SHORT, short_scaled
from anntools.kernels.scan import column_end
from anntools.kernels.stores import exact_room, put_exact

_DIGITS_MOST = 17
_NONE = -1
_NO_EXPONENT = -1000


@kernel
def count_plots(c: int, line: int, n_alt: int) -> None:
    """Add an annotated record to the counters of C_PLOTS."""
    block = i64(c, k.C_PLOTS)
    begin = i64(line, k.L_QUAL)
    qual = scaled(begin, column_end(line, k.L_QUAL), 0)
    add_to_bin(block, p.P_QUAL_UNKNOWN, i64(block, p.P_QUAL_EDGES), p.QUAL_BINS, qual)
    first = i32(i64(block, p.P_FIRST), i64(line, k.L_CONTIG))
    one_more(i64(block, p.P_DENSITY), first + i64(line, k.L_POS) // i64(block, p.P_WIDTH))
    count_filter(block, i64(line, k.L_FILTER), column_end(line, k.L_FILTER))
    af = 0
    if i64(block, p.P_AF_SOURCE) == p.AF_IN_INFO:
        af = find_af(i64(line, k.L_INFO), column_end(line, k.L_INFO))
    for j in range(n_alt):
        alt = alt_block(c, j)
        if i64(alt, k.A_ROW1) > i64(alt, k.A_ROW0):
            if i64(block, p.P_AF_SOURCE) != p.AF_NOWHERE:
                count_frequency(c, block, alt, af, column_end(line, k.L_INFO))
            count_change(block, row_block(c, i64(alt, k.A_PICK)))
        if af:
            end = value_end(af, column_end(line, k.L_INFO))
            af = end + 1 if end < column_end(line, k.L_INFO) and byte(end) == 44 else 0


@kernel
def one_more(counters: int, i: int) -> None:
    """Count."""
    set_i64(counters, i, i64(counters, i) + 1)


@kernel
def add_to_bin(block: int, unknown: int, edges: int, bins: int, value: int) -> None:
    """Count a value in its bin behind ``unknown``, or there if it is below all bins."""
    below = 0  # of the edges; without a branch that depends on the value
    for i in range(bins):
        below += 1 if value >= i64(edges, i) else 0
    one_more(block, unknown + below)


@kernel
def scaled(at: int, end: int, digits: int) -> int:
    """A decimal number times ten to the power of ``digits``, cut; -1 for what is none or below 0.

    More than 17 digits are none either; numbers of 10**18 and more are given as that.
    """
    if 0 < end - at <= SHORT:
        short = short_scaled(at, end - at, digits)
        if short >= 0:
            return short
    value = 0
    count = 0
    decimals = 0
    point = False
    while at < end:
        digit = byte(at) - 48
        if digit >= 0 and digit <= 9:
            value = 10 * value + digit
            count += 1
            decimals += 1 if point else 0
            if count > _DIGITS_MOST:
                return _NONE
        elif digit == -2 and not point:
            point = True
        else:
            break
        at += 1
    if count == 0:
        return _NONE
    power = digits - decimals
    if at < end:
        if byte(at) | 32 != 101:
            return _NONE
        shift = exponent(at + 1, end)
        if shift == _NO_EXPONENT:
            return _NONE
        power += shift
    while power > 0 and value > 0:
        if value >= 100_000_000_000_000_000:
            return 1_000_000_000_000_000_000
        value = 10 * value
        power -= 1
    while power < 0 and value > 0:
        value = value // 10
        power += 1
    return value


@kernel
def exponent(at: int, end: int) -> int:
    """What stands after ``e``: at most three digits, or _NO_EXPONENT."""
    negative = at < end and byte(at) == 45
    if at < end and (negative or byte(at) == 43):
        at += 1
    if at >= end or end - at > 3:
        return _NO_EXPONENT
    value = 0
    while at < end:
        digit = byte(at) - 48
        if digit < 0 or digit > 9:
            return _NO_EXPONENT
        value = 10 * value + digit
        at += 1
    return -value if negative else value


@kernel
def find_af(begin: int, end: int) -> int:
    """Address of the value of AF in INFO, or 0."""
    if is_af(begin, end):
        return begin + 3
    at = begin
    while at < end:
        mask = semicolon_mask(at)
        while mask:
            field = at + lowest_bit(mask) + 1
            if is_af(field, end):
                return field + 3
            mask &= mask - 1
        at += 64
    return 0


@kernel
def is_af(at: int, end: int) -> bool:
    """Whether ``AF=`` stands here."""
    return at + 3 <= end and byte(at) == 65 and byte(at + 1) == 70 and byte(at + 2) == 61


@kernel
def value_end(at: int, end: int) -> int:
    """Where one of several values ends."""
    while at < end and byte(at) != 44 and byte(at) != 59:
        at += 1
    return at


@kernel
def count_frequency(c: int, block: int, alt: int, af: int, end: int) -> None:
    """The allele's frequency, from ``af`` on in INFO or from a store."""
    value = _NONE
    if i64(block, p.P_AF_SOURCE) == p.AF_IN_INFO:
        if af:
            value = scaled(af, value_end(af, end), 9)
    else:
        value = store_frequency(c, block, alt)
    if value > p.AF_ONE:
        value = _NONE
    elif value == p.AF_ONE:
        value -= 1
    add_to_bin(block, p.P_AF_UNKNOWN, i64(block, p.P_AF_EDGES), p.AF_BINS, value)


@kernel
def store_frequency(c: int, block: int, alt: int) -> int:
    """The same of the record that was found in the store."""
    number = i64(block, p.P_AF_STORE)
    record = i64(alt, k.A_RECORD0 + number)
    if record < 0:
        return _NONE
    store = i64(i64(c, k.C_EXACT), number)
    field = i64(block, p.P_AF_FIELD)
    begin = i64(c, k.C_TEXT)  # behind the texts of the record
    if begin + exact_room(store, record, field) + 64 > i64(c, k.C_TEXT_END):
        return _NONE
    return scaled(begin, put_exact(begin, store, record, field), 9)


@kernel
def count_filter(block: int, begin: int, end: int) -> None:
    """The text of FILTER."""
    size = end - begin
    if size <= 0 or (size == 1 and byte(begin) == 46):
        one_more(block, p.P_FILTER_MISSING)
        return
    at = i64(block, p.P_FILTER_LAST)
    if not is_filter(at, begin, size):
        at = i64(block, p.P_FILTERS)
        count = i64(block, p.P_FILTER_COUNT)
        last = at + p.FILTER_BYTES * count
        while at < last and not is_filter(at, begin, size):
            at += p.FILTER_BYTES
        if at == last:
            if count == p.FILTERS_MOST or size > p.FILTER_TEXT_MOST:
                one_more(block, p.P_FILTER_OTHERS)
                return
            set_i64(block, p.P_FILTER_COUNT, count + 1)
            set_i64(at, 1, size)
            copy_exact(at + 16, begin, size)
        set_i64(block, p.P_FILTER_LAST, at)
    one_more(at, 0)


@kernel
def is_filter(at: int, text: int, size: int) -> bool:
    """Whether a text is the one kept at ``at``."""
    return i64(at, 1) == size and same_text(at + 16, text, size)


@kernel
def count_change(block: int, row: int) -> None:
    """One amino acid in place of another in the picked transcript."""
    if i64(row, k.R_STATE) & k.STATE_AA == 0:
        return
    if i64(row, k.R_AA_REF_SIZE) != 1 or i64(row, k.R_AA_ALT_SIZE) != 1:
        return
    before = amino_acid(byte(i64(row, k.R_AA_REF)))
    after = amino_acid(byte(i64(row, k.R_AA_ALT)))
    if before >= 0 and after >= 0 and before != after:
        one_more(block, p.P_AA0 + p.AMINO_ACIDS * before + after)


@kernel
def amino_acid(letter: int) -> int:
    """A to Z: 0 to 25; the stop: 26; -1 for anything else."""
    if letter == 42:
        return 26
    return letter - 65 if letter >= 65 and letter <= 90 else -1
