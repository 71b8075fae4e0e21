"""Whether a record can be annotated: contig, position, REF, ALTs and the number of columns.

The rules are those of the VCF specification, "Fixed fields" (1.4.1 until VCF 4.2, 1.6.1 since).
Names of the reasons, in the same order, are in ``anntools/problems.py``.
"""

from __future__ import annotations

from anntools.kernels import layout as k
from anntools.kernels.alt_forms import alt_kind, base_or_none, read_number
from anntools.kernels.memory import (
    byte,
    copy_exact,
    find_byte,
    i32,
    i64,
    kernel,
    same_bytes,
    set_i64,
    shift_right,
    tab_line_mask,
)
from anntools.kernels.model import bisect_right, contig_row, genome_base
from anntools.kernels.scan import column_end

# Why a record is not annotated.
OK = 0
NO_ALT, SYMBOLIC, BREAKEND, NOT_COVERED = 1, 2, 3, 4  # valid, nothing to annotate
NOT_LIFTED = 5
FIRST_ERROR = 6  # from here on the record is wrong
FEW_COLUMNS, BAD_POS, POS_OUTSIDE, UNKNOWN_CONTIG, BAD_REF, REF_MISMATCH, BAD_ALT = range(6, 13)
LATE_HEADER, WRONG_COLUMNS = 13, 14
REASONS = 15

_KNOWN_NAME = k.CONTIG_NAME_ROOM  # longer names are looked up every time


@kernel
def judge(c: int, line: int) -> int:
    """Why a record cannot be annotated, OK if it can.

    Sets L_POS, L_CONTIG and L_REF_SIZE as far as they are known, and L_AT to what is wrong.
    """
    begin = i64(line, k.L_CHROM)
    set_i64(line, k.L_AT, begin)
    set_i64(line, k.L_CONTIG, -1)
    set_i64(line, k.L_POS, -1)
    if i64(c, k.C_LIFTED) and byte(begin) == k.NOT_LIFTED_MARK:
        set_i64(line, k.L_CHROM, begin + 1)
        return NOT_LIFTED
    if byte(begin) == 35:
        return LATE_HEADER
    if i64(line, k.L_COUNT) < 8:
        set_i64(line, k.L_AT, i64(line, k.L_END))
        return FEW_COLUMNS
    pos_text = i64(line, k.L_POS_TEXT)
    pos = read_number(pos_text, i64(line, k.L_ID) - 1)
    if pos < 0:
        set_i64(line, k.L_AT, pos_text)
        return BAD_POS
    contig = contig_of(c, begin, pos_text - 1 - begin)
    set_i64(line, k.L_CONTIG, contig)
    set_i64(line, k.L_POS, pos - 1)
    if contig < 0:
        return UNKNOWN_CONTIG
    reason = judge_ref(c, line, contig, pos - 1)
    if reason:
        return reason
    if i64(c, k.C_COLUMNS) and not right_columns(line, i64(c, k.C_COLUMNS)):
        set_i64(line, k.L_AT, i64(line, k.L_REST))
        return WRONG_COLUMNS
    return judge_alts(line)


@kernel
def contig_of(c: int, name: int, size: int) -> int:
    """Number of the contig with this name, -1 if the pack has none; the last answer is kept."""
    if size == i64(c, k.C_CONTIG_NAME_SIZE) and same_bytes(name, i64(c, k.C_CONTIG_NAME), size):
        return i64(c, k.C_CONTIG)
    contig = find_contig(c, name, size)
    if size <= _KNOWN_NAME:
        copy_exact(i64(c, k.C_CONTIG_NAME), name, size)
        set_i64(c, k.C_CONTIG_NAME_SIZE, size)
        set_i64(c, k.C_CONTIG, contig)
    return contig


@kernel
def find_contig(c: int, name: int, size: int) -> int:
    """Look a contig up among all aliases; letters of the other case count if nothing else fits."""
    texts = i64(c, k.M_ALIAS_BYTES)
    offsets = i64(c, k.M_ALIAS_OFF)
    other_case = -1
    for i in range(i64(c, k.N_ALIASES)):
        at = i32(offsets, i)
        if i32(offsets, i + 1) - at != size:
            continue
        if same_bytes(texts + at, name, size):
            return i32(i64(c, k.M_ALIAS_CONTIG), i)
        if other_case < 0 and same_letters(texts + at, name, size):
            other_case = i32(i64(c, k.M_ALIAS_CONTIG), i)
    return other_case


@kernel
def same_letters(a: int, b: int, n: int) -> bool:
    """Whether two texts are the same but for upper and lower case."""
    for i in range(n):
        x = byte(a + i)
        y = byte(b + i)
        if x != y and ((x ^ y) != 32 or (x & 95) < 65 or (x & 95) > 90):
            return False
    return True


@kernel
def judge_ref(c: int, line: int, contig: int, pos: int) -> int:
    """Whether REF is made of bases, lies on the contig, and agrees with the known sequence.

    A single base at POS 0 or one past the end stands for a telomere (VCF 4.3, 5.4.5).
    """
    ref = i64(line, k.L_REF)
    size = i64(line, k.L_ALT) - 1 - ref
    set_i64(line, k.L_REF_SIZE, size)
    set_i64(line, k.L_AT, ref)
    if size == 0:
        return BAD_REF
    for i in range(size):
        if base_or_none(byte(ref + i)) == 255:
            set_i64(line, k.L_AT, ref + i)
            return BAD_REF
    row = contig_row(c, contig)
    length = i32(row, k.CONTIG_LENGTH)
    if pos < 0 or pos + size > i32(row, k.CONTIG_LIMIT):
        set_i64(line, k.L_AT, i64(line, k.L_POS_TEXT))
        if size == 1 and (pos == -1 or pos == length):
            return NOT_COVERED
        return POS_OUTSIDE if pos < 0 or pos + size > length else NOT_COVERED
    wrong = differs(c, contig, pos, ref, size)
    if wrong >= 0:
        set_i64(line, k.L_AT, ref + wrong)
        return REF_MISMATCH
    return OK


@kernel
def differs(c: int, contig: int, pos: int, ref: int, size: int) -> int:
    """Offset of the first base of REF that contradicts the known sequence, or -1."""
    ends = i64(c, k.M_SEQ_END)
    interval = known_interval(c, contig, pos)
    for i in range(size):
        at = pos + i
        if interval < 0 or at >= i32(ends, interval):
            interval = known_interval(c, contig, at)
        if interval >= 0:
            base = base_or_none(byte(ref + i))
            if base < 4 and base != genome_base(c, interval, at):
                return i
    return -1


@kernel
def known_interval(c: int, contig: int, pos: int) -> int:
    """Index of the interval of known sequence that holds ``pos``, or -1; begins at the last one."""
    row = contig_row(c, contig)
    lo = i32(row, k.CONTIG_SEQ0)
    hi = i32(row, k.CONTIG_SEQ1)
    starts = i64(c, k.M_SEQ_START)
    at = i64(c, k.C_SEQ_CURSOR)
    if at < lo or at >= hi or i32(starts, at) > pos or (at + 1 < hi and i32(starts, at + 1) <= pos):
        at = bisect_right(starts, lo, hi, pos) - 1
        if at < lo:
            return -1
        set_i64(c, k.C_SEQ_CURSOR, at)
    return at if pos < i32(i64(c, k.M_SEQ_END), at) else -1


@kernel
def right_columns(line: int, wanted: int) -> bool:
    """Whether the record has as many columns as the header line, or leaves all samples out."""
    if i64(line, k.L_COUNT) < 9:
        return True
    p = i64(line, k.L_REST)
    end = i64(line, k.L_END)
    tabs = 0
    while p < end:
        mask = tab_line_mask(p)
        if end - p < 64:
            mask &= (1 << (end - p)) - 1
        tabs += count_bits(mask)
        p += 64
    return tabs + 8 == wanted


@kernel
def count_bits(x: int) -> int:
    """Number of bits set (the compiler makes one instruction of it)."""
    x = x - (shift_right(x, 1) & 0x5555555555555555)
    x = (x & 0x3333333333333333) + (shift_right(x, 2) & 0x3333333333333333)
    x = (x + shift_right(x, 4)) & 0x0F0F0F0F0F0F0F0F
    return shift_right(x * 0x0101010101010101, 56)


@kernel
def judge_alts(line: int) -> int:
    """OK if at least one ALT says what changes; a bad one spoils the record."""
    p = i64(line, k.L_ALT)
    end = column_end(line, k.L_ALT)
    found = False
    while p <= end:
        comma = find_byte(p, end, 44)
        kind = alt_kind(line, p, comma)
        if kind == k.ALT_BAD:
            set_i64(line, k.L_AT, p)
            return BAD_ALT
        if kind == k.ALT_SEQUENCE or kind == k.ALT_SYMBOLIC or kind == k.ALT_BREAKEND:
            found = True
        p = comma + 1
    set_i64(line, k.L_AT, i64(line, k.L_ALT))
    return OK if found else NO_ALT
