"""Genotypes in the table: who carries each ALT, how often it is there, how many alleles are known.

VCF 4.5, 1.6.2: GT holds allele numbers between ``/`` or ``|``, ``.`` for one that is not known, and
may begin with either sign. What is no genotype, or names an allele that the record does not have,
is counted as not known. The rules to read are in ``anntools/spec/genotype.py``.

A record's genotypes are read once into pairs of allele and sample (X_CARRIERS), which are then laid
out allele by allele. Nothing counts before all buffers were large enough.
"""

from __future__ import annotations

from anntools.kernels import layout as k
from anntools.kernels import table_layout as t
from anntools.kernels.alleles import alt_block
from anntools.kernels.memory import (
    byte,
    find_byte,
    i32,
    i64,
    kernel,
    lowest_bit,
    set_i32,
    set_i64,
    tab_line_mask,
)
from anntools.kernels.table_cells import text_column
from anntools.kernels.tally import substitution

_TWO_REF = 0x09307C3009307C30  # "0|0", tab, "0|0", tab
_TWO_REF_UNPHASED = 0x09302F3009302F30  # the same with "/"
_FULL = -1
_GARBAGE = -2


@kernel
def genotypes(c: int, table: int, line: int, row: int, n_alt: int) -> int:
    """Genotype columns of a record's rows from ``row`` on; 1 when a buffer must grow."""
    place = gt_place(line)
    if place < 0:
        no_genotypes(table, row, n_alt)
        return 0
    for r in range(row, row + n_alt):
        for column in range(t.T_HETS, t.T_AC + 1):
            set_i32(i64(table, column), r, 0)
        set_i32(i64(table, t.T_SEEN), r, -1)
    end = read_samples(table, line, row, n_alt, place)
    if end == _FULL:
        set_i64(table, t.T_WANT, t.WANT_TEXT0 + t.X_CARRIERS)
        return 1
    return lay_out(c, table, line, row, n_alt, end)


@kernel
def no_genotypes(table: int, row: int, count: int) -> None:
    """Rows of a record without genotypes."""
    for r in range(row, row + count):
        for column in range(t.T_HETS, t.T_AN + 1):
            set_i32(i64(table, column), r, -1)


@kernel
def gt_place(line: int) -> int:
    """How many keys stand before GT in FORMAT; -1 without GT or samples."""
    if i64(line, k.L_COUNT) < 9:
        return -1
    p = i64(line, k.L_REST) + 1
    end = find_byte(p, i64(line, k.L_END), 9)
    if end == i64(line, k.L_END):
        return -1
    place = 0
    while p <= end:
        stop = find_byte(p, end, 58)
        if stop - p == 2 and byte(p) == 71 and byte(p + 1) == 84:
            return place
        place += 1
        p = stop + 1
    return -1


@kernel
def next_tab(p: int, end: int) -> int:
    """Address of the first tab in ``[p, end)``, else ``end``."""
    mask = tab_line_mask(p)
    while mask == 0:
        p += 64
        mask = tab_line_mask(p)
    return min(end, p + lowest_bit(mask))


@kernel
def read_samples(table: int, line: int, row: int, n_alt: int, place: int) -> int:
    """Read all genotypes; returns the end of the pairs, or _FULL. Sets AC, AN and the counts."""
    x = text_column(table, t.X_CARRIERS)
    at = i64(x, t.TEXT_NEXT)
    room = i64(x, t.TEXT_END) - 16
    end = i64(line, k.L_END)
    samples = i64(table, t.T_SAMPLES)
    p = find_byte(i64(line, k.L_REST) + 1, end, 9) + 1
    called = 0
    sample = 0
    while sample < samples and p <= end:
        if place == 0:  # most genotypes of a cohort are two reference alleles
            while p + 8 <= end and sample + 2 <= samples and is_two_ref(p):
                p += 8
                sample += 2
                called += 4
            if sample == samples:
                break
        stop = next_tab(p, end)
        begin = p
        for _ in range(place):
            begin = min(stop, find_byte(begin, stop, 58) + 1)
        if at > room:
            return _FULL
        if is_plain(begin, stop, n_alt):
            called += 2
            at = put_diploid(table, row, at, sample, byte(begin) - 48, byte(begin + 2) - 48)
        else:
            gt = find_byte(begin, stop, 58)
            known = known_alleles(begin, gt, n_alt)
            if known > 0:
                called += known
                at = put_alleles(table, row, at, room, sample, begin, gt)
                if at == _FULL:
                    return _FULL
            else:
                at = put_pair(at, 0, 2 * sample)
        p = stop + 1
        sample += 1
    for r in range(row, row + n_alt):
        set_i32(i64(table, t.T_AN), r, called)
    return at


@kernel
def is_two_ref(p: int) -> bool:
    """Whether two samples are ``0|0`` or ``0/0`` and nothing else."""
    both = i64(p, 0)
    return both == _TWO_REF or both == _TWO_REF_UNPHASED


@kernel
def is_plain(p: int, end: int, n_alt: int) -> bool:
    """Whether a genotype is two allele numbers of one digit."""
    if p + 3 > end or (p + 3 < end and byte(p + 3) != 58):
        return False
    most = 48 + min(n_alt, 9)
    a = byte(p)
    sign = byte(p + 1)
    b = byte(p + 2)
    return a >= 48 and a <= most and b >= 48 and b <= most and (sign == 47 or sign == 124)


@kernel
def put_diploid(table: int, row: int, at: int, sample: int, a: int, b: int) -> int:
    """Pairs of a genotype of two known alleles; returns the end of the pairs."""
    if a == b:
        if a:
            add(table, t.T_AC, row + a - 1, 2)
            add(table, t.T_HOMS, row + a - 1, 1)
            at = put_pair(at, a, 2 * sample + 1)
        return at
    if a:
        add(table, t.T_AC, row + a - 1, 1)
        add(table, t.T_HETS, row + a - 1, 1)
        at = put_pair(at, a, 2 * sample)
    if b:
        add(table, t.T_AC, row + b - 1, 1)
        add(table, t.T_HETS, row + b - 1, 1)
        at = put_pair(at, b, 2 * sample)
    return at


@kernel
def add(table: int, column: int, row: int, n: int) -> None:
    """Add to a number of a row."""
    set_i32(i64(table, column), row, i32(i64(table, column), row) + n)


@kernel
def put_pair(at: int, allele: int, sample: int) -> int:
    """Write a pair: the allele, and twice the sample, plus 1 if it has nothing else."""
    set_i32(at, 0, allele)
    set_i32(at, 1, sample)
    return at + 8


@kernel
def known_alleles(p: int, end: int, n_alt: int) -> int:
    """How many alleles of a genotype are known; _GARBAGE if it is none."""
    if p < end and (byte(p) == 47 or byte(p) == 124):
        p += 1
    known = 0
    while True:
        stop = allele_end(p, end)
        allele = allele_number(p, stop, n_alt)
        if allele == _GARBAGE:
            return _GARBAGE
        known += 1 if allele >= 0 else 0
        if stop == end:
            return known
        p = stop + 1


@kernel
def allele_end(p: int, end: int) -> int:
    """Where an allele of a genotype ends."""
    while p < end and byte(p) != 47 and byte(p) != 124:
        p += 1
    return p


@kernel
def allele_number(p: int, end: int, n_alt: int) -> int:
    """Number of an allele, -1 for ``.``, _GARBAGE for anything that is none of the record's."""
    if end - p == 1 and byte(p) == 46:
        return -1
    if end <= p:
        return _GARBAGE
    number = 0
    while p < end:
        digit = byte(p) - 48
        if digit < 0 or digit > 9:
            return _GARBAGE
        number = 10 * number + digit
        if number > n_alt:
            return _GARBAGE
        p += 1
    return number


@kernel
def put_alleles(table: int, row: int, at: int, room: int, sample: int, p: int, end: int) -> int:
    """Pairs of any right genotype ``[p, end)``; returns the end of the pairs, or _FULL."""
    first = at
    others = False  # alleles that are the reference's or not known
    seen = i64(table, t.T_SEEN)
    origin = i64(text_column(table, t.X_CARRIERS), t.TEXT_NEXT)
    if byte(p) == 47 or byte(p) == 124:
        p += 1
    while p <= end:
        stop = allele_end(p, end)
        allele = allele_number(p, stop, 0x7FFFFFFF)
        p = stop + 1
        if allele <= 0:
            others = True
            continue
        add(table, t.T_AC, row + allele - 1, 1)
        if i32(seen, row + allele - 1) >= (first - origin) >> 3:
            continue
        if at > room:
            return _FULL
        set_i32(seen, row + allele - 1, (at - origin) >> 3)
        at = put_pair(at, allele, 2 * sample)
    if at == first + 8 and not others:
        set_i32(first, 1, 2 * sample + 1)
    while first < at:
        column = t.T_HOMS if i32(first, 1) & 1 else t.T_HETS
        add(table, column, row + i32(first, 0) - 1, 1)
        first += 8
    return at


@kernel
def lay_out(c: int, table: int, line: int, row: int, n_alt: int, pairs_end: int) -> int:
    """Write the sample numbers allele by allele and count samples; 1 when a buffer must grow."""
    het = stream(table, t.X_HET, starts(table, t.T_HETS, row, n_alt))
    hom = stream(table, t.X_HOM, starts(table, t.T_HOMS, row, n_alt))
    if het == 0 or hom == 0:
        return 1
    counts = i64(table, t.T_SAMPLE_COUNTS)
    last = -1
    last_allele = 0
    kind = -1
    at = i64(text_column(table, t.X_CARRIERS), t.TEXT_NEXT)
    while at < pairs_end:
        allele = i32(at, 0)
        sample = i32(at, 1) >> 1
        is_hom = i32(at, 1) & 1
        at += 8
        if allele:
            column = t.T_HOMS if is_hom else t.T_HETS
            n = i32(i64(table, column), row + allele - 1)
            set_i32(hom if is_hom else het, n, sample + 1)
            set_i32(i64(table, column), row + allele - 1, n + 1)
        if counts:
            if allele != last_allele:
                kind = substitution(line, alt_block(c, allele - 1)) if allele else -1
                last_allele = allele
            mine = counts + 8 * t.SAMPLE_SLOTS * sample
            what = t.G_HOM if is_hom else t.G_HET
            if allele == 0:
                what = t.G_MISSING
            if sample != last:
                set_i64(mine, what, i64(mine, what) + 1)
                last = sample
            if kind >= 0:
                what = t.G_TRANSITION + kind
                set_i64(mine, what, i64(mine, what) + 1)
    for column in range(t.T_HETS, t.T_HOMS + 1):
        ends = i64(table, column)
        for r in range(row + n_alt - 1, row, -1):
            set_i32(ends, r, i32(ends, r) - i32(ends, r - 1))
    set_i64(table, t.T_GENOTYPED, i64(table, t.T_GENOTYPED) + 1)
    return 0


@kernel
def starts(table: int, column: int, row: int, n_alt: int) -> int:
    """Replace the counts of a record's rows by where each row begins; returns the sum."""
    counts = i64(table, column)
    total = 0
    for r in range(row, row + n_alt):
        n = i32(counts, r)
        set_i32(counts, r, total)
        total += n
    return total


@kernel
def stream(table: int, column: int, count: int) -> int:
    """Where ``count`` more numbers of a stream go; 0 if there is no room."""
    x = text_column(table, column)
    at = i64(x, t.TEXT_NEXT)
    if at + 4 * count > i64(x, t.TEXT_END):
        set_i64(table, t.T_WANT, t.WANT_TEXT0 + column)
        return 0
    set_i64(x, t.TEXT_NEXT, at + 4 * count)
    return at
