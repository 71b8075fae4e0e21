"""Looking things up in the model: sequence, exons, transcripts, spliced coordinates."""

from __future__ import annotations

from anntools.compiled_v0 import kernel
from anntools.kernels_v0.model import (
    CONTIG_SEG0,
    CONTIG_SEG1,
    CONTIG_SEQ0,
    CONTIG_SEQ1,
    EXON0,
    EXON_END,
    EXON_OFFSET,
    EXON_START,
    LENGTH,
    NEXON,
    STRAND,
    Bytes,
    Genes,
    Genome,
    Int32s,
)


@kernel
def bisect_right(values: Int32s, lo: int, hi: int, x: int) -> int:
    """First index in ``[lo, hi)`` whose value is greater than ``x``; ``hi`` if there is none."""
    while lo < hi:
        mid = (lo + hi) >> 1
        if values[mid] <= x:
            lo = mid + 1
        else:
            hi = mid
    return lo


@kernel
def sequence_interval(m: Genome, contig: int, pos: int) -> int:
    """Index of the covered interval that holds ``pos``, or -1."""
    lo = m.contigs[contig, CONTIG_SEQ0]
    i = bisect_right(m.seq_start, lo, m.contigs[contig, CONTIG_SEQ1], pos) - 1
    if i < lo or m.seq_end[i] <= pos:
        return -1
    return i


@kernel
def genome_base(m: Genome, interval: int, pos: int) -> int:
    """Base code 0–3 at ``pos``, which must lie in the covered interval."""
    at = m.seq_off[interval] + pos - m.seq_start[interval]
    return (m.seq[at >> 2] >> ((at & 3) << 1)) & 3


@kernel
def cdna_base(m: Genes, first: int, at: int) -> int:
    """Base code 0–4 of spliced position ``at``; the transcript's nibbles begin at ``first``."""
    i = first + at
    return (m.cdna[i >> 1] >> ((i & 1) << 2)) & 15


@kernel
def segment_of(contigs: Int32s, seg_start: Int32s, contig: int, pos: int) -> int:
    """Index of the segment that holds ``pos``; the contig's first one for positions before it."""
    lo = contigs[contig, CONTIG_SEG0]
    i = bisect_right(seg_start, lo, contigs[contig, CONTIG_SEG1], pos) - 1
    return max(i, lo)


@kernel
def exon_at(m: Genes, t: int, pos: int) -> int:
    """First exon (genomic order, 0-based) of transcript ``t`` that ends after ``pos``."""
    first = m.tx[t, EXON0]
    lo = 0
    hi = m.tx[t, NEXON]
    while lo < hi:
        mid = (lo + hi) >> 1
        if m.exons[first + mid, EXON_END] <= pos:
            lo = mid + 1
        else:
            hi = mid
    return lo


@kernel
def spliced(m: Genes, t: int, k: int, pos: int) -> int:
    """Spliced position (0-based, along the strand) of ``pos`` in exon ``k``; -1 if not in it."""
    if k >= m.tx[t, NEXON]:
        return -1
    e = m.tx[t, EXON0] + k
    if pos < m.exons[e, EXON_START] or pos >= m.exons[e, EXON_END]:
        return -1
    left = m.exons[e, EXON_OFFSET] + pos - m.exons[e, EXON_START]
    if m.tx[t, STRAND] > 0:
        return left
    return m.tx[t, LENGTH] - 1 - left


@kernel
def same_bytes(a: Bytes, a0: int, a1: int, b: Bytes, b0: int, b1: int) -> bool:
    """Whether two slices hold the same bytes."""
    if a1 - a0 != b1 - b0:
        return False
    for i in range(a1 - a0):
        if a[a0 + i] != b[b0 + i]:
            return False
    return True
