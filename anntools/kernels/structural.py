"""Symbolic alleles and breakends, compiled (the rule: ``spec/structural.py``)."""

from __future__ import annotations

from anntools import terms
from anntools.kernels import layout as k
from anntools.kernels.consequence import count_exons, in_coding_part, outside, utr_terms
from anntools.kernels.memory import byte, constant, find_byte, i32, i64, kernel, same_bytes, set_i64
from anntools.kernels.model import contig_row, exon_at, exon_row
from anntools.kernels.scan import column_end
from anntools.kernels.splice import first_intron, number_introns

_INTRON = 1 << terms.INTRON
_TRACT = 1 << terms.SPLICE_POLYPYRIMIDINE
_NMD = 1 << terms.NMD
_NON_CODING = 1 << terms.NON_CODING
_TRUNCATION = 1 << terms.FEATURE_TRUNCATION
_ELONGATION = 1 << terms.FEATURE_ELONGATION
# Names of symbolic alleles, four bytes each, in the order of their kinds.
_NAMES = constant(b"DEL DUP INS INV CNV BND ")
_KINDS = constant(bytes((k.SV_DEL, k.SV_DUP, k.SV_INS, k.SV_INV, k.SV_CNV, k.SV_BREAKEND)))
_TANDEM = constant(b"TANDEM")
_END = constant(b"END=")
_SVLEN = constant(b"SVLEN=")


# ---- the region


@kernel
def read_region(c: int, line: int, alt: int) -> None:
    """Set the kind of a symbolic allele or breakend and the place it changes."""
    pos = i64(line, k.L_POS) + 1
    kind = k.SV_BREAKEND
    if i64(alt, k.A_KIND) == k.ALT_SYMBOLIC:
        kind = symbolic_kind(i64(alt, k.A_TEXT) + 1, i64(alt, k.A_TEXT_SIZE) - 2)
    first = pos + 1
    last = pos
    if kind == k.SV_BREAKEND:
        first = pos
    elif kind != k.SV_INS:
        last = max(last_base(line, alt, pos), first)
        last = min(last, max(i32(contig_row(c, i64(alt, k.A_CONTIG)), k.CONTIG_LENGTH), first))
    set_i64(alt, k.A_SV_KIND, kind)
    set_i64(alt, k.A_SV_END, last)
    set_i64(alt, k.A_FIRST, first)
    set_i64(alt, k.A_LAST, last)
    set_i64(alt, k.A_GIVEN_FIRST, first)
    set_i64(alt, k.A_GIVEN_LAST, last)
    set_i64(alt, k.A_ALT_SIZE, 0)


@kernel
def symbolic_kind(name: int, size: int) -> int:
    """SV_* of the name between the angle brackets, in any case."""
    stem = find_byte(name, name + size, 58) - name
    if stem == 3:
        for i in range(6):
            if same_letters(name, _NAMES() + 4 * i, 3):
                kind = byte(_KINDS() + i)
                tandem = kind == k.SV_DUP and size >= 10 and same_letters(name + 4, _TANDEM(), 6)
                return k.SV_TANDEM if tandem else kind
    if stem > 2 and (byte(name) & 223) == 67 and (byte(name + 1) & 223) == 78:  # CN
        p = name + 2
        if byte(p) == 61:
            p += 1
        copies = number(p, name + stem)
        if copies >= 0:
            if copies == 0:
                return k.SV_DEL
            return k.SV_DUP if copies > 1 else k.SV_CNV
    return k.SV_OTHER


@kernel
def same_letters(p: int, upper: int, n: int) -> bool:
    """Whether ``n`` letters are the same but for the case."""
    for i in range(n):
        if (byte(p + i) & 223) != byte(upper + i):
            return False
    return True


@kernel
def number(p: int, end: int) -> int:
    """The whole number ``[p, end)``, its sign left out; -1 if it is none or too big."""
    if p < end and byte(p) == 45:
        p += 1
    if p >= end or end - p > 10:
        return -1
    value = 0
    while p < end:
        digit = byte(p) - 48
        if digit < 0 or digit > 9:
            return -1
        value = 10 * value + digit
        p += 1
    return value


@kernel
def last_base(line: int, alt: int, pos: int) -> int:
    """Last base by INFO: of a lone ALT its END before its SVLEN, of several their own SVLEN first;
    0 if neither is there."""
    begin = i64(line, k.L_INFO)
    end = column_end(line, k.L_INFO)
    at = value_of(begin, end, _END(), 4)
    by_end = 0
    if at:
        by_end = max(number(at, find_byte(at, end, 59)), 0)
    own = 0
    lone = True
    p = i64(line, k.L_ALT)
    while p < column_end(line, k.L_ALT):
        if byte(p) == 44:
            lone = False
            if p < i64(alt, k.A_TEXT):
                own += 1
        p += 1
    by_length = 0
    at = value_of(begin, end, _SVLEN(), 6)
    if at:
        stop = find_byte(at, end, 59)
        while own > 0 and at < stop:
            at = find_byte(at, stop, 44) + 1
            own -= 1
        length = number(at, find_byte(at, stop, 44))
        if length > 0:
            by_length = pos + length
    if lone:
        return by_end if by_end else by_length
    return by_length if by_length else by_end


@kernel
def value_of(p: int, end: int, key: int, size: int) -> int:
    """Address of the value of an INFO entry whose key (with its ``=``) is given, 0 if none."""
    while p + size <= end:
        if same_bytes(p, key, size):
            return p + size
        p = find_byte(p, end, 59) + 1
    return 0


# ---- the terms


@kernel
def structural(c: int, tx: int, alt: int, row: int) -> int:
    """Fill the consequence slots of a row of a symbolic allele or breakend; always 0."""
    first = i64(alt, k.A_GIVEN_FIRST)
    last = i64(alt, k.A_GIVEN_LAST)
    begin = i32(tx, k.START) + 1
    end = i32(tx, k.END)
    kind = i64(alt, k.A_SV_KIND)
    if last < begin or first > end:
        outside(tx, first, last, row)
    elif first <= begin and last >= end:
        set_i64(row, k.R_MASK, whole_terms(tx, kind))
    else:
        set_i64(row, k.R_MASK, part_terms(c, tx, row, first, last, kind))
    return 0


@kernel
def whole_terms(tx: int, kind: int) -> int:
    """Terms when the whole transcript is inside."""
    if kind == k.SV_DEL:
        return 1 << terms.TRANSCRIPT_ABLATION
    if kind == k.SV_DUP or kind == k.SV_TANDEM:
        return 1 << terms.TRANSCRIPT_AMPLIFICATION
    mask = _NMD if i32(tx, k.FLAGS) & k.FLAG_NMD else 0
    return mask | 1 << (terms.CODING_TRANSCRIPT if i32(tx, k.CDS0) >= 0 else terms.NON_CODING)


@kernel
def part_terms(c: int, tx: int, row: int, first: int, last: int, kind: int) -> int:
    """Terms when the transcript is touched and not wholly inside."""
    in_exons = count_exons(c, tx, row, first, last)
    exonic = in_exons & 2 != 0
    number_introns(c, tx, row, first, last)
    mask = place_terms(c, tx, first, last, exonic)
    coding = i32(tx, k.CDS0) >= 0
    if exonic:
        inside = first > i32(tx, k.START) and last <= i32(tx, k.END)
        if kind == k.SV_DEL or kind == k.SV_BREAKEND:
            mask |= _TRUNCATION
        elif inside and (kind == k.SV_DUP or kind == k.SV_TANDEM or kind == k.SV_INS):
            mask |= _ELONGATION
    elif kind == k.SV_BREAKEND:
        mask |= _TRUNCATION
    if not coding:
        mask |= 1 << terms.NON_CODING_EXON if in_exons & 1 else _NON_CODING
    elif exonic:
        mask |= utr_terms(tx, first, last)
        if first <= last and in_coding_part(c, tx, first, last, in_exons, False):
            mask |= coding_terms(c, tx, first, last, kind)
        elif first > last and in_exons & 1 and in_coding_part(c, tx, first, last, 2, False):
            mask |= 1 << terms.CODING_SEQUENCE
    if i32(tx, k.FLAGS) & k.FLAG_NMD:
        mask |= _NMD
    return mask


@kernel
def place_terms(c: int, tx: int, first: int, last: int, exonic: bool) -> int:
    """intron_variant (not at the two bases at each end) and, outside exons, the tract."""
    low = min(first, last)
    high = max(first, last)
    plus = i32(tx, k.STRAND) > 0
    n = i32(tx, k.NEXON)
    at = first_intron(c, tx, low)
    mask = 0
    while at + 1 < n:
        exon = exon_row(c, tx, at)
        a = i32(exon, k.EXON_END) + 1
        b = i32(exon, k.EXON_START + k.EXON_COLUMNS)
        at += 1
        if a > high:
            break
        if a > b:
            continue
        if low <= b - 2 and high >= a + 2:
            mask |= _INTRON
        from_ = b - 16 if plus else a + 2
        to = b - 2 if plus else a + 16
        if not exonic and low <= b and low <= to and high >= from_:
            mask |= _TRACT
    return mask


@kernel
def coding_terms(c: int, tx: int, first: int, last: int, kind: int) -> int:
    """Start and stop codon, frame; coding_sequence_variant when the frame is not told."""
    left = i32(tx, k.LEFT) + 1
    right = i32(tx, k.RIGHT)
    plus = i32(tx, k.STRAND) > 0
    flags = i32(tx, k.FLAGS)
    mask = 0
    if kind == k.SV_DEL or kind == k.SV_INV:
        at_left = first <= left + 2 and last >= left
        at_right = first <= right and last >= right - 2
        at_start = at_left if plus else at_right
        at_stop = at_right if plus else at_left
        if at_start and flags & k.FLAG_CDS_START_NF == 0 and i32(tx, k.PAD) == 0:
            mask |= 1 << terms.START_LOST
        if at_stop and flags & k.FLAG_CDS_END_NF == 0:
            mask |= 1 << terms.STOP_LOST
    if kind == k.SV_DEL and left <= first and last <= right:
        at = exon_at(c, tx, first - 1)
        exon = exon_row(c, tx, at)
        if first > i32(exon, k.EXON_START) and last <= i32(exon, k.EXON_END):
            inframe = (last - first + 1) % 3 == 0
            return mask | 1 << (terms.INFRAME_DELETION if inframe else terms.FRAMESHIFT)
    return mask | 1 << terms.CODING_SEQUENCE
