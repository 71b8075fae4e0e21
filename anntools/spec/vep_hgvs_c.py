"""HGVSc as VEP 115 writes it: the text after the reference (paragraphs 3, 21, 22, 23 and 24)."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from anntools.spec.transcript import Transcript, reverse_complement
from anntools.spec.vep import Written

FLANK: Final = 1000  # bases beside the place that VEP looks at


class Move(NamedTuple):
    """How far a change is moved along the strand of the transcript, and its bases there."""

    by: int
    alt: str  # plus strand


def moved(w: Written, genome: str, strand: int) -> Move:
    """The change at its most 3' place within 1,000 bases."""
    unit = w.ref or w.alt
    if not w.moves:
        return Move(0, w.alt)
    most, steps = (FLANK + 1 - len(unit) if len(unit) <= FLANK else FLANK), 0
    at = w.last if strand > 0 else w.first - 2  # 0-based: the base after, or before, the change
    while steps < most and 0 <= at + strand * steps < len(genome):
        own = unit[steps % len(unit)] if strand > 0 else unit[-1 - steps % len(unit)]
        if own == "N" or genome[at + strand * steps] != own:
            break
        steps += 1
    turn = (strand * steps) % len(unit)
    return Move(steps, unit[turn:] + unit[:turn] if w.alt else "")


def hgvs_c(t: Transcript, w: Written, genome: str) -> str | None:
    """The description; None where VEP gives none.

    Not given: what lies outside the transcript as written or where it is moved to.
    """
    if set(w.alt) - set("ACGT"):
        return None
    if w.first < t.first or w.first > t.last or not t.first <= w.last <= t.last:
        return None
    move = moved(w, genome, t.strand)
    size = t.last - t.first + 1
    if t.strand > 0:
        begin, end = w.first - t.first + 1, w.last - t.first + 1
    else:
        begin, end = t.last - w.last + 1, t.last - w.first + 1
    begin, end = begin + move.by, end + move.by  # along the strand, within the transcript, from 1
    if end > size:
        return None
    bases = genome[t.first - 1 : t.last]
    alt = move.alt
    if t.strand < 0:
        bases, alt = reverse_complement(bases), reverse_complement(alt)
    found = _kind(bases, begin, end, alt)
    if found is None:
        return None
    kind, begin, end, ref, alt = found
    a, b = _place(t, begin, w.single), _place(t, end, w.single)
    if a is None or b is None:
        return None
    if _number(a) > _number(b) and "*" not in b:
        a, b = b, a
    span = a if a == b else f"{a}_{b}"
    prefix = "c." if t.coding else "n."
    if kind == ">" or (kind == "inv" and len(ref) == 1):
        return f"{prefix}{a}{ref}>{alt}"
    return f"{prefix}{span}{kind}" + (alt if kind in ("ins", "delins") else "")


def _kind(bases: str, begin: int, end: int, alt: str) -> tuple[str, int, int, str, str] | None:
    """What kind of change, where, and the bases, without those that both share."""
    n = len(alt)
    ref = bases[begin - 1 : end]
    if ref == alt:
        return None
    if not alt:
        return "del", begin, end, ref, alt
    if not ref:
        if bases[end : end + n] == alt:
            return "dup", begin, begin + n - 1, ref, alt
        if end >= n and bases[end - n : end] == alt:
            return "dup", end - n + 1, end, ref, alt
        return "ins", end, begin, ref, alt
    kind = "delins"
    if len(ref) == n:
        inverted = n > 1 and alt == reverse_complement(ref)
        kind = ">" if n == 1 else "inv" if inverted else kind
    elif alt == 2 * ref:
        return "dup", begin, end, ref, alt
    while ref and alt and ref[0] == alt[0]:
        begin, ref, alt = begin + 1, ref[1:], alt[1:]
    while ref and alt and ref[-1] == alt[-1]:
        end, ref, alt = end - 1, ref[:-1], alt[:-1]
    if len(ref) == len(alt) == 1:
        kind = ">"
    elif not ref:
        kind = "ins"  # its ends are the wrong way round and may stay so (paragraph 21)
    elif not alt:
        kind = "del"
    return kind, begin, end, ref, alt


def _place(t: Transcript, at: int, single: bool) -> str | None:
    """Name of a base of the transcript's region, numbered along the strand from 1.

    Paragraph 3: only single bases of the coding part count the bases that the first codon lacks.
    Paragraph 23: an intron behind the last coding base has no base to count from.
    """
    position = t.first + at - 1 if t.strand > 0 else t.last - at + 1
    if not t.first - 1 <= position <= t.last:
        return None  # paragraph 24: what lies before the first exon has a place, left of it
    spliced, offset = _nearest(t, position)
    if not t.coding:
        return f"{spliced}{offset}"
    begin, end = t.coding_span()
    if spliced > end:
        return f"*{spliced - end}{offset}"
    if spliced == end and offset:
        return f"*{offset.removeprefix('+')}"
    if spliced < begin:
        return f"{spliced - begin}{offset}"
    return f"{spliced - begin + 1 + (t.pad if single and not offset else 0)}{offset}"


def _nearest(t: Transcript, position: int) -> tuple[int, str]:
    """Spliced position of the nearest base of an exon, and the way from there."""
    spliced = t.spliced(position)
    if spliced is not None:
        return spliced, ""
    if position < t.first:
        return (1, "-1") if t.strand > 0 else (len(t.sequence), "+1")
    left = max(b for _, b in t.exons if b < position)
    right = min(a for a, _ in t.exons if a > position)
    to_left, to_right = position - left, right - position
    is_left = to_left < to_right or (to_left == to_right and t.strand > 0)
    spliced = t.spliced(left if is_left else right)
    assert spliced is not None
    sign = "+" if is_left == (t.strand > 0) else "-"
    return spliced, f"{sign}{to_left if is_left else to_right}"


def _number(place: str) -> tuple[int, int]:
    """The numbers by which VEP puts two places in order; it does not see the ``*``."""
    found = re.search(r"(-?\d+)\+?(-?\d+)?", place)
    assert found
    return int(found[1]), int(found[2] or 0)
