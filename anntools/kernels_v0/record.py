"""Reading one line of a VCF: its columns, and whether the record can be annotated."""

from __future__ import annotations

import numpy as np

from anntools.compiled_v0 import kernel
from anntools.kernels_v0.genome import genome_base, same_bytes, sequence_interval
from anntools.kernels_v0.model import BASE, CONTIG_LENGTH, CONTIG_LIMIT, Bytes, Genome, Int64s

# Why a record is not annotated. The names live in anntools/problems.py, in the same order.
OK = 0
NO_ALT, SYMBOLIC, BREAKEND, NOT_COVERED = 1, 2, 3, 4  # valid, nothing to annotate
FIRST_ERROR = 5  # from here on the record is wrong
FEW_COLUMNS, BAD_POS, POS_OUTSIDE, UNKNOWN_CONTIG, BAD_REF, REF_MISMATCH, BAD_ALT = range(5, 12)
LATE_HEADER = 12
REASONS = 13

# Kinds of ALT
ALT_SEQUENCE, ALT_STAR, ALT_MISSING, ALT_SYMBOLIC, ALT_BREAKEND, ALT_SAME, ALT_BAD = range(7)

# Columns of `fields`: begin of CHROM .. INFO, then the end of INFO (line end if nothing follows).
F_END = 8
F_POS, F_CONTIG, F_REASON, F_COLUMN = 9, 10, 11, 12
FIELDS = 16

# What may stand in REF and ALT: A C G T N, either case.
IS_BASE = np.zeros(256, dtype=np.uint8)
for _b in b"ACGTNacgtn":
    IS_BASE[_b] = 1


@kernel
def split(src: Bytes, a: int, b: int, fields: Int64s) -> int:
    """Find the first eight columns of the line ``src[a:b]``; returns how many there are (max 8)."""
    fields[0] = a
    n = 1
    i = a
    while i < b:
        if src[i] == 9:
            if n == 8:
                fields[F_END] = i
                return 8
            fields[n] = i + 1
            n += 1
        i += 1
    fields[F_END] = b
    return n


@kernel
def contig_of(m: Genome, src: Bytes, a: int, b: int) -> int:
    """Number of the contig that the pack knows under this name, or -1."""
    for i in range(len(m.alias_contig)):
        if same_bytes(src, a, b, m.alias_bytes, m.alias_off[i], m.alias_off[i + 1]):
            return m.alias_contig[i]
    return -1


@kernel
def read_number(src: Bytes, a: int, b: int) -> int:
    """A decimal number of up to ten digits, or -1."""
    if a >= b or b - a > 10:
        return -1
    value = 0
    for i in range(a, b):
        digit = int(src[i]) - 48
        if digit < 0 or digit > 9:
            return -1
        value = value * 10 + digit
    return value


@kernel
def alt_kind(src: Bytes, a: int, b: int, ref0: int, ref1: int) -> int:
    """Kind of the ALT allele ``src[a:b]``."""
    if a == b:
        return ALT_BAD
    if b - a == 1 and src[a] == 42:
        return ALT_STAR
    if b - a == 1 and src[a] == 46:
        return ALT_MISSING
    if src[a] == 60:
        return ALT_SYMBOLIC if b - a > 2 and src[b - 1] == 62 else ALT_BAD
    plain = True
    for i in range(a, b):
        c = src[i]
        if c == 91 or c == 93:
            return ALT_BREAKEND
        if not IS_BASE[c]:
            plain = False
    if not plain:
        single = b - a > 1 and (src[a] == 46 or src[b - 1] == 46)
        for i in range(a, b):
            if not IS_BASE[src[i]] and not (src[i] == 46 and (i == a or i == b - 1)):
                single = False
        return ALT_BREAKEND if single else ALT_BAD
    if b - a == ref1 - ref0:
        same = True
        for i in range(b - a):
            if (src[a + i] & 95) != (src[ref0 + i] & 95):
                same = False
                break
        if same:
            return ALT_SAME
    return ALT_SEQUENCE


@kernel
def next_comma(src: Bytes, a: int, b: int) -> int:
    """Index of the first comma in ``src[a:b]``, else ``b``."""
    while a < b and src[a] != 44:
        a += 1
    return a


@kernel
def check(m: Genome, src: Bytes, a: int, b: int, fields: Int64s, last: Int64s) -> int:
    """Read the line ``src[a:b]`` into ``fields`` and judge it; returns the reason, OK if none.

    ``last`` remembers the previous line's contig: its name's place and its number.
    """
    fields[F_COLUMN] = 1
    fields[F_CONTIG] = -1
    fields[F_POS] = -1
    if src[a] == 35:
        return LATE_HEADER
    if split(src, a, b, fields) < 8:
        fields[F_COLUMN] = b - a + 1
        return FEW_COLUMNS
    pos1 = read_number(src, fields[1], fields[2] - 1)
    if pos1 < 0:
        fields[F_COLUMN] = fields[1] - a + 1
        return BAD_POS
    chrom1 = fields[1] - 1
    if not (last[2] >= -1 and same_bytes(src, a, chrom1, src, last[0], last[1])):
        last[0] = a
        last[1] = chrom1
        last[2] = contig_of(m, src, a, chrom1)
    contig = last[2]
    fields[F_CONTIG] = contig
    fields[F_POS] = pos1 - 1
    if contig < 0:
        return UNKNOWN_CONTIG
    ref0 = fields[3]
    ref1 = fields[4] - 1
    fields[F_COLUMN] = ref0 - a + 1
    if ref0 == ref1:
        return BAD_REF
    for i in range(ref0, ref1):
        if not IS_BASE[src[i]]:
            fields[F_COLUMN] = i - a + 1
            return BAD_REF
    if pos1 < 1 or pos1 - 1 + ref1 - ref0 > m.contigs[contig, CONTIG_LENGTH]:
        fields[F_COLUMN] = fields[1] - a + 1
        return POS_OUTSIDE
    if pos1 - 1 + ref1 - ref0 > m.contigs[contig, CONTIG_LIMIT]:
        fields[F_COLUMN] = fields[1] - a + 1
        return NOT_COVERED
    wrong = reference_differs(m, contig, pos1 - 1, src, ref0, ref1)
    if wrong >= 0:
        fields[F_COLUMN] = ref0 - a + 1 + wrong
        return REF_MISMATCH
    return check_alts(src, a, ref0, ref1, fields)


@kernel
def reference_differs(m: Genome, contig: int, pos: int, src: Bytes, ref0: int, ref1: int) -> int:
    """Offset of the first REF base that contradicts the covered reference, or -1."""
    interval = -1
    for i in range(ref1 - ref0):
        at = pos + i
        if interval < 0 or at >= m.seq_end[interval]:
            interval = sequence_interval(m, contig, at)
        if interval >= 0:
            base = BASE[src[ref0 + i]]
            if base < 4 and base != genome_base(m, interval, at):
                return i
    return -1


@kernel
def check_alts(src: Bytes, a: int, ref0: int, ref1: int, fields: Int64s) -> int:
    """OK if at least one ALT is a sequence that differs from REF, else why not."""
    reason = NO_ALT
    found = False
    i = fields[4]
    end = fields[5] - 1
    while i <= end:
        j = next_comma(src, i, end)
        kind = alt_kind(src, i, j, ref0, ref1)
        if kind == ALT_BAD:
            fields[F_COLUMN] = i - a + 1
            return BAD_ALT
        if kind == ALT_SEQUENCE:
            found = True
        elif kind == ALT_SYMBOLIC and not _says_nothing(src, i, j):
            reason = SYMBOLIC
        elif kind == ALT_BREAKEND:
            reason = BREAKEND
        i = j + 1
    fields[F_COLUMN] = fields[4] - a + 1
    return OK if found else reason


@kernel
def _says_nothing(src: Bytes, a: int, b: int) -> bool:
    """Whether a symbolic ALT is gVCF's "any other base": ``<*>`` or ``<NON_REF>``."""
    return (b - a == 3 and src[a + 1] == 42) or (b - a == 9 and src[a + 1] == 78)
