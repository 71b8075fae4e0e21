"""A transcript as the specification sees it: strings and 1-based positions.

Terms used here and in the other modules of ``anntools.spec``. *Place*: 1-based first and last
changed base on the plus strand; an insertion has ``first = last + 1`` and lies between the two.
*Spliced position*: 1-based position in the transcript, along its strand. *Coding position*: the
same, counted from the first coding base, plus the bases that a 5'-incomplete coding sequence lacks
in its first codon (``pad``).
"""

from __future__ import annotations

from dataclasses import dataclass

from anntools.genetic_code import STANDARD

_COMPLEMENT = str.maketrans("ACGTN", "TGCAN")


def reverse_complement(sequence: str) -> str:
    """The other strand, read in its own direction."""
    return sequence.translate(_COMPLEMENT)[::-1]


@dataclass(frozen=True)
class Transcript:
    """A transcript. Exons: 1-based closed intervals in genomic order. Sequence: spliced."""

    exons: tuple[tuple[int, int], ...]
    strand: int
    sequence: str
    coding: tuple[int, int] | None = None  # genomic span of the coding part, 1-based, closed
    pad: int = 0
    nmd: bool = False
    start_incomplete: bool = False
    end_incomplete: bool = False
    code: int = STANDARD

    @property
    def first(self) -> int:
        """First base on the genome."""
        return self.exons[0][0]

    @property
    def last(self) -> int:
        """Last base on the genome."""
        return self.exons[-1][1]

    def spliced(self, position: int) -> int | None:
        """Spliced position of a genomic one; None in introns and outside."""
        before = 0
        for a, b in self.exons:
            if a <= position <= b:
                at = before + position - a + 1
                return at if self.strand > 0 else len(self.sequence) + 1 - at
            before += b - a + 1
        return None

    def coding_span(self) -> tuple[int, int]:
        """Spliced positions of the first and last coding base."""
        assert self.coding
        ends = [self.spliced(p) for p in self.coding]
        inside = [p for p in ends if p is not None]
        assert len(inside) == 2
        return min(inside), max(inside)
