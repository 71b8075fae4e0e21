"""HGVSg as VEP 115 writes it: the text after ``g.`` (paragraphs 21 and 22)."""

from __future__ import annotations

from typing import Final

from anntools.spec.transcript import reverse_complement
from anntools.spec.vep import Written

FLANK: Final = 100  # bases beside the place that VEP looks at, more for a long allele
LONG: Final = 50


def hgvs_g(w: Written, genome: str) -> str | None:
    """The description; None where VEP gives none. ``genome``: the whole contig.

    Of several ALTs the place is that of the trimmed allele, but the bases that are put there are
    those of the ALT as it is written, shared ones included.
    """
    if set(w.alt) - set("ACGT"):
        return None
    first, ref, alt = _trimmed(w) if w.several else (w.first, w.ref, w.alt)
    new = w.alt
    if not ref or not alt:
        unit = ref or alt
        by = steps_right(genome, first - 1 + len(ref), unit, reach(w) + 1 - len(unit))
        turn = by % len(unit)
        first += by
        new = unit[turn:] + unit[:turn] if alt else ""
    return _described(first, genome[first - 1 : first - 1 + len(ref)], new, genome)


def reach(w: Written) -> int:
    """How many bases VEP looks at."""
    longest = max(len(w.ref), len(w.alt))
    return longest + LONG if longest > LONG else FLANK


def steps_right(genome: str, at: int, unit: str, most: int) -> int:
    """Bases from ``at`` (0-based) on that repeat the unit."""
    steps = 0
    while steps < most and at + steps < len(genome):
        base = genome[at + steps]
        if base == "N" or base != unit[steps % len(unit)]:
            break
        steps += 1
    return steps


def _trimmed(w: Written) -> tuple[int, str, str]:
    first, ref, alt = w.first, w.ref, w.alt
    while ref and alt and ref[0] == alt[0]:
        first, ref, alt = first + 1, ref[1:], alt[1:]
    while ref and alt and ref[-1] == alt[-1]:
        ref, alt = ref[:-1], alt[:-1]
    return first, ref, alt


def _described(first: int, ref: str, alt: str, genome: str) -> str | None:
    """One name for bases from ``first`` on that become others."""
    last, n = first + len(ref) - 1, len(alt)
    if ref == alt:
        return None
    if not alt:
        return f"g.{_span(first, last)}del"
    if not ref:
        return _inserted(first, alt, genome)
    if len(ref) == n == 1:
        return f"g.{first}{ref}>{alt}"
    if alt == reverse_complement(ref):
        return f"g.{_span(first, last)}inv"
    times = n // len(ref)
    if times > 1 and alt == ref * times:
        return f"g.{_span(first, last)}" + ("dup" if times == 2 else f"[{times}]")
    return _clipped(first, last, ref, alt)


def _inserted(first: int, alt: str, genome: str) -> str:
    """A copy of what follows, or of what comes before, is a duplication."""
    n = len(alt)
    if genome[first - 1 : first - 1 + n] == alt:
        return f"g.{_span(first, first + n - 1)}dup"
    if first > n and genome[first - 1 - n : first - 1] == alt:
        return f"g.{_span(first - n, first - 1)}dup"
    return f"g.{first - 1}_{first}ins{alt}"


def _clipped(first: int, last: int, ref: str, alt: str) -> str:
    """A deletion-insertion without what both share."""
    shared = ""
    while ref and alt and ref[0] == alt[0]:
        shared += ref[0]
        first, ref, alt = first + 1, ref[1:], alt[1:]
    while ref and alt and ref[-1] == alt[-1]:
        last, ref, alt = last - 1, ref[:-1], alt[:-1]
    if len(ref) == len(alt) == 1:
        return f"g.{first}{ref}>{alt}"
    if not ref:
        if shared.endswith(alt):
            return f"g.{_span(first - len(alt), last)}dup"
        return f"g.{first - 1}_{first}ins{alt}"
    if not alt:
        return f"g.{_span(first, last)}del"
    return f"g.{_span(first, last)}delins{alt}"


def _span(first: int, last: int) -> str:
    return str(first) if first == last else f"{first}_{last}"
