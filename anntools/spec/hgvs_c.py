"""HGVS of an allele on a transcript: the text after the reference, ``c.…`` or ``n.…``.

Numbering (HGVS, Reference sequence types; "Numbering"): c.1 is the first base of the start codon,
``-`` counts back from it, ``*`` counts on from the stop codon; a base of an intron is named by the
nearest base of an exon and its distance, ``+`` behind the exon before it and ``-`` before the exon
after it; the middle base of an odd intron belongs to the exon before it. A transcript without
coding sequence counts from its first base (``n.``).
"""

from __future__ import annotations

from anntools.spec.hgvs_g import what
from anntools.spec.shift import Change, duplicated, shifted
from anntools.spec.transcript import Transcript, reverse_complement


def hgvs_c(t: Transcript, change: Change, genome: str) -> str | None:
    """The description, or None if a changed base (after the shift) lies outside the transcript."""
    return describe(t, shifted(change, genome, t.strand), genome)


def describe(t: Transcript, at: Change, genome: str) -> str | None:
    """The description of a change that stands at its most 3' place."""
    alt = at.alt if t.strand > 0 else reverse_complement(at.alt)
    ref = at.ref if t.strand > 0 else reverse_complement(at.ref)
    copy = duplicated(at, genome, t.strand)
    if copy and (copy[0] < t.first or copy[1] > t.last):
        copy = None  # what is copied must lie in the transcript
    first, last = copy or (at.first, at.last)
    if at.is_insertion and not copy:
        first, last = last, first
    if first < t.first or last > t.last:
        return None
    kind = "c." if t.coding else "n."
    ends = (first, last) if t.strand > 0 else (last, first)
    begin, end = name_of(t, ends[0]), name_of(t, ends[1])
    if len(ref) == 1 and len(alt) == 1:
        return f"{kind}{begin}{ref}>{alt}"
    span = begin if first == last else f"{begin}_{end}"
    if copy:
        return f"{kind}{span}dup"
    if at.is_insertion:
        return f"{kind}{span}ins{alt}"
    return f"{kind}{span}{what(at, alt)}"


def name_of(t: Transcript, position: int) -> str:
    """Name of a genomic position inside the transcript: ``12``, ``-3``, ``*4``, ``7+2``."""
    spliced = t.spliced(position)
    if spliced is not None:
        return _exonic(t, spliced)
    left = max(b for _, b in t.exons if b < position)
    right = min(a for a, _ in t.exons if a > position)
    to_left, to_right = position - left, right - position
    before, after = (left, right) if t.strand > 0 else (right, left)
    to_before, to_after = (to_left, to_right) if t.strand > 0 else (to_right, to_left)
    nearest = before if to_before <= to_after else after
    at = t.spliced(nearest)
    assert at is not None
    offset = f"+{to_before}" if nearest == before else f"-{to_after}"
    return _exonic(t, at) + offset


def _exonic(t: Transcript, spliced: int) -> str:
    if not t.coding:
        return str(spliced)
    begin, end = t.coding_span()
    if spliced < begin:
        return f"-{begin - spliced}"
    if spliced > end:
        return f"*{spliced - end}"
    return str(spliced - begin + 1 + t.pad)
