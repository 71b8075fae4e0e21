"""Looking things up in the model: bases, transcripts, exons, spliced positions."""

from __future__ import annotations

from anntools import genetic_code
from anntools.kernels.layout import (
    C_LIKE,
    CDNA,
    CDS0,
    CDS1,
    CODE,
    CONTIG,
    CONTIG_COLUMNS,
    CONTIG_SEQ0,
    CONTIG_SEQ1,
    END,
    EXON0,
    EXON_COLUMNS,
    EXON_END,
    EXON_OFFSET,
    EXON_START,
    LENGTH,
    M_CDNA,
    M_CONTIGS,
    M_EXONS,
    M_NAME_OFF,
    M_NAMES,
    M_SEQ,
    M_SEQ_END,
    M_SEQ_OFF,
    M_SEQ_START,
    M_TX,
    NAMES,
    NEXON,
    START,
    STRAND,
    TX_COLUMNS,
)
from anntools.kernels.memory import byte, constant, copy, i32, i64, kernel

_base = bytearray([4]) * 256
for _i, _letter in enumerate(b"ACGT"):
    _base[_letter] = _base[_letter + 32] = _i
_BASE = constant(bytes(_base))
_CODES = constant(b"".join(genetic_code.code_rows()))
LETTERS = constant(b"ACGTNacgtn")


@kernel
def base_code(letter: int) -> int:
    """A C G T in either case -> 0 1 2 3, anything else 4."""
    return byte(_BASE() + letter)


@kernel
def complement(code: int) -> int:
    """Code of the base on the other strand."""
    return 3 - code if code < 4 else 4


@kernel
def letter_of(code: int) -> int:
    """Letter of a base code."""
    return byte(LETTERS() + code)


@kernel
def amino_acid(tx: int, a: int, b: int, c: int) -> int:
    """One-letter amino acid of a codon of base codes in the transcript's code; X if unknown."""
    if (a | b | c) > 3:
        return 88
    return byte(_CODES() + 64 * i32(tx, CODE) + 16 * a + 4 * b + c)


@kernel
def bisect_right(values: int, lo: int, hi: int, x: int) -> int:
    """First index in ``[lo, hi)`` of an int32 array with a value above ``x``; ``hi`` if none."""
    while lo < hi:
        mid = (lo + hi) >> 1
        if i32(values, mid) <= x:
            lo = mid + 1
        else:
            hi = mid
    return lo


@kernel
def contig_row(c: int, contig: int) -> int:
    """Address of a contig's row."""
    return i64(c, M_CONTIGS) + 4 * CONTIG_COLUMNS * contig


@kernel
def transcript_row(c: int, t: int) -> int:
    """Address of a transcript's row."""
    return i64(c, M_TX) + 4 * TX_COLUMNS * t


@kernel
def sequence_interval(c: int, contig: int, pos: int) -> int:
    """Index of the interval of known sequence that holds ``pos``, or -1."""
    row = contig_row(c, contig)
    lo = i32(row, CONTIG_SEQ0)
    i = bisect_right(i64(c, M_SEQ_START), lo, i32(row, CONTIG_SEQ1), pos) - 1
    if i < lo or i32(i64(c, M_SEQ_END), i) <= pos:
        return -1
    return i


@kernel
def genome_base(c: int, interval: int, pos: int) -> int:
    """Base code 0–3 at ``pos``, which must lie in the interval of known sequence."""
    at = i64(i64(c, M_SEQ_OFF), interval) + pos - i32(i64(c, M_SEQ_START), interval)
    return (byte(i64(c, M_SEQ) + (at >> 2)) >> ((at & 3) << 1)) & 3


@kernel
def cdna_base(c: int, tx: int, at: int) -> int:
    """Base code 0–4 of spliced position ``at`` (along the strand, 0-based, inside)."""
    i = i32(tx, CDNA) + at
    return (byte(i64(c, M_CDNA) + (i >> 1)) >> ((i & 1) << 2)) & 15


@kernel
def told_base(c: int, tx: int, at: int) -> int:
    """The same, also beyond the transcript (4). ``--like vep``, paragraphs 4 and 26: VEP reads the
    UTRs of the minus strand at the mirror image of their place."""
    if at >= i32(tx, LENGTH):
        return 4
    if i64(c, C_LIKE) == 0 or i32(tx, STRAND) > 0:
        return cdna_base(c, tx, at)
    if i32(tx, CDS0) <= at < i32(tx, CDS1):
        return cdna_base(c, tx, at)
    left = i32(tx, LENGTH) - 1 - at
    lo = 0
    hi = i32(tx, NEXON)
    while hi - lo > 1:
        mid = (lo + hi) >> 1
        if i32(exon_row(c, tx, mid), EXON_OFFSET) <= left:
            lo = mid
        else:
            hi = mid
    exon = exon_row(c, tx, lo)
    pos = left - i32(exon, EXON_OFFSET) + i32(tx, START) + i32(tx, END) - i32(exon, EXON_END)
    part = sequence_interval(c, i32(tx, CONTIG), pos)
    return complement(genome_base(c, part, pos)) if part >= 0 else 4


@kernel
def exon_row(c: int, tx: int, k: int) -> int:
    """Address of the ``k``-th exon (genomic order, 0-based) of a transcript."""
    return i64(c, M_EXONS) + 4 * EXON_COLUMNS * (i32(tx, EXON0) + k)


@kernel
def exon_at(c: int, tx: int, pos: int) -> int:
    """First exon (genomic order, 0-based) that ends after ``pos``; the number of exons if none."""
    first = exon_row(c, tx, 0)
    lo = 0
    hi = i32(tx, NEXON)
    while lo < hi:
        mid = (lo + hi) >> 1
        if i32(first, EXON_COLUMNS * mid + EXON_END) <= pos:
            lo = mid + 1
        else:
            hi = mid
    return lo


@kernel
def spliced(c: int, tx: int, k: int, pos: int) -> int:
    """Spliced position (0-based, along the strand) of ``pos`` in exon ``k``; -1 if not in it."""
    if k >= i32(tx, NEXON):
        return -1
    exon = exon_row(c, tx, k)
    if pos < i32(exon, EXON_START) or pos >= i32(exon, EXON_END):
        return -1
    left = i32(exon, EXON_OFFSET) + pos - i32(exon, EXON_START)
    if i32(tx, STRAND) > 0:
        return left
    return i32(tx, LENGTH) - 1 - left


@kernel
def name_size(c: int, t: int, which: int) -> int:
    """Size of one of the pre-rendered texts of transcript number ``t``."""
    off = i64(c, M_NAME_OFF)
    i = t * NAMES + which
    return i64(off, i + 1) - i64(off, i)


@kernel
def put_name(c: int, o: int, t: int, which: int) -> int:
    """Write one of the pre-rendered texts of transcript number ``t``; returns the next address."""
    off = i64(c, M_NAME_OFF)
    i = t * NAMES + which
    begin = i64(off, i)
    return copy(o, i64(c, M_NAMES) + begin, i64(off, i + 1) - begin)
