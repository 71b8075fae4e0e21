"""The bases around a variant, before and after, with the codon that changes."""

from collections.abc import Sequence
from dataclasses import dataclass

from web.explorer.story import Row

FLANK = 20
"""Bases shown on each side."""
LONGEST = 30
"""Bases of an allele that are drawn; a longer one is cut."""

_COMPLEMENT = str.maketrans("ACGTacgt", "TGCAtgca")
_BASES = frozenset("ACGTN")


@dataclass(frozen=True)
class Base:
    """One place of the drawing."""

    letter: str
    changed: bool = False
    codon: bool = False

    @property
    def kind(self) -> str:
        """Which colour: `a`, `c`, `g`, `t`; `n` for a gap or anything else."""
        return self.letter.lower() if self.letter in "ACGT" else "n"


@dataclass(frozen=True)
class Nearby:
    """The two lines of the drawing, place by place, and where they lie (1-based)."""

    contig: str
    first: int
    last: int
    reference: Sequence[Base]
    alternate: Sequence[Base]
    codon: str
    """`Atg → Gtg`, as read along the transcript; empty if none is marked."""
    cut: bool
    """Whether an allele was too long to be drawn in full."""


def window(row: Row) -> tuple[int, int] | None:
    """The bases to ask the reference for, 0-based half-open; None: it cannot be drawn."""
    ref, alt, pos = row.get("ref") or "", row.get("alt") or "", row.get("pos")
    if not pos or not ref or not alt or not (set(ref + alt) <= _BASES):
        return None
    return max(0, pos - 1 - FLANK), pos - 1 + min(len(ref), LONGEST) + FLANK


def nearby(row: Row, bases: str) -> Nearby | None:
    """The drawing; `bases` are those of `window`. None if the reference does not know the place."""
    asked = window(row)
    if asked is None or not bases.strip("N"):
        return None
    start, _ = asked
    ref, alt = row["ref"][:LONGEST], row["alt"][:LONGEST]
    left = row["pos"] - 1 - start
    before, after = bases[:left], bases[left + len(ref) :]
    same = 0
    while same < min(len(ref), len(alt)) and ref[same] == alt[same]:
        same += 1
    wide = max(len(ref), len(alt))
    codon = _codon(row, bases, start)

    def line(allele: str) -> list[Base]:
        padded = allele.ljust(wide, "–")
        middle = [(letter, n >= same or letter == "–") for n, letter in enumerate(padded)]
        letters = [*((b, False) for b in before), *middle, *((b, False) for b in after)]
        return [
            Base(letter, changed, codon is not None and codon[0] <= n < codon[1])
            for n, (letter, changed) in enumerate(letters)
        ]

    told = (row.get("codons") or "").replace("/", " → ") if codon else ""
    cut = len(row["ref"]) > LONGEST or len(row["alt"]) > LONGEST
    last = start + len(bases)
    return Nearby(row["chrom"], start + 1, last, line(ref), line(alt), told, cut)


def _codon(row: Row, bases: str, start: int) -> tuple[int, int] | None:
    """The codon of a single-base change in the drawing; only if the reference really reads it,
    which it does not where an intron cuts the codon."""
    codons, first = (row.get("codons") or "").partition("/")[0], row.get("cds_start")
    if len(codons) != 3 or not first or len(row["ref"]) != 1 or len(row["alt"]) != 1:
        return None
    at, inside = row["pos"] - 1 - start, (first - 1) % 3
    begin = at - inside if row.get("strand") == 1 else at - (2 - inside)
    read = bases[begin : begin + 3] if begin >= 0 else ""
    if row.get("strand") != 1:
        read = read.translate(_COMPLEMENT)[::-1]
    return (begin, begin + 3) if read.upper() == codons.upper() else None
