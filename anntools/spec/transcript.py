"""A transcript as the specification sees it: strings and 1-based positions.

Terms used here and in the other modules of ``anntools.spec``. *Place*: 1-based first and last
changed base on the plus strand; an insertion has ``first = last + 1`` and lies between the two.
*Spliced position*: 1-based position in the transcript, along its strand. *Coding position*: the
same, counted from the first coding base, plus the bases that a 5'-incomplete coding sequence lacks
in its first codon (``pad``).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from anntools.genetic_code import STANDARD, translate

_COMPLEMENT = str.maketrans("ACGTN", "TGCAN")
# An "intron" so short is a repair of the gene model: nothing is spliced there (Ensembl calls it a
# frameshift intron).
REPAIR = 13
Pair = tuple[int | None, int | None]


def reverse_complement(sequence: str) -> str:
    """The other strand, read in its own direction."""
    return sequence.translate(_COMPLEMENT)[::-1]


@dataclass(frozen=True)
class Transcript:
    """A transcript. Exons: 1-based closed intervals in genomic order. Sequence: spliced.

    ``recoded``: (number of a codon, amino acid) where the codon is not read by the genetic code,
    as UGA for selenocysteine. ``slip``: (coding bases read before the ribosome slips, bases it
    moves on: -1 reads the last base again, +1 leaves one out).
    """

    exons: tuple[tuple[int, int], ...]
    strand: int
    sequence: str
    coding: tuple[int, int] | None = None  # genomic span of the coding part, 1-based, closed
    pad: int = 0
    nmd: bool = False
    start_incomplete: bool = False
    end_incomplete: bool = False
    code: int = STANDARD
    recoded: tuple[tuple[int, str], ...] = ()
    slip: tuple[int, int] | None = None
    vep: bool = False  # judged as VEP does, see ``spec.vep``

    @property
    def first(self) -> int:
        """First base on the genome."""
        return self.exons[0][0]

    @property
    def last(self) -> int:
        """Last base on the genome."""
        return self.exons[-1][1]

    @cached_property
    def introns(self) -> list[tuple[int, int]]:
        """Introns, and repairs, in genomic order; exons that touch have an empty one between."""
        return [(b + 1, a - 1) for (_, b), (a, _) in zip(self.exons, self.exons[1:], strict=False)]

    @cached_property
    def is_repaired(self) -> bool:
        """Whether one of the "introns" is a repair."""
        return any(a <= b and is_repair((a, b)) for a, b in self.introns)

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
        return self._coding_span

    @cached_property
    def _coding_span(self) -> tuple[int, int]:
        assert self.coding
        ends = [self.spliced(p) for p in self.coding]
        inside = [p for p in ends if p is not None]
        assert len(inside) == 2
        return min(inside), max(inside)

    @cached_property
    def utr5(self) -> str:
        """Sequence before the coding part."""
        return self.sequence[: self.coding_span()[0] - 1]

    @cached_property
    def utr3(self) -> str:
        """Sequence after the coding part."""
        return self.sequence[self.coding_span()[1] :]

    @cached_property
    def coding_sequence(self) -> str:
        """The bases as they are read, with an N for each base that the first codon lacks."""
        begin, end = self.coding_span()
        bases = self.sequence[begin - 1 : end]
        if self.slip:
            at, step = self.slip
            bases = bases[:at] + bases[at + step :]
        return "N" * self.pad + bases

    def coding_position(self, spliced: int) -> int | None:
        """Coding position of a spliced one; None in the UTRs. A base read twice has its first."""
        begin, end = self.coding_span()
        if not begin <= spliced <= end:
            return None
        at = spliced - begin + 1
        if self.slip and at > self.slip[0]:
            at = max(at - self.slip[1], self.slip[0])
        return at + self.pad

    def amino_acids(self, codons: str, first_codon: int) -> str:
        """Translation of whole codons, the first of them being codon ``first_codon`` (from 1).

        A codon is recoded where it is still the transcript's own.
        """
        letters = list(translate(codons, self.code))
        for number, letter in self.recoded:
            at = number - first_codon
            own = self.coding_sequence[3 * number - 3 : 3 * number]
            if 0 <= at < len(letters) and codons[3 * at : 3 * at + 3] == own:
                letters[at] = letter
        return "".join(letters)

    @cached_property
    def protein(self) -> str:
        """Amino acids of the whole codons, without the stop at the end."""
        cds = self.coding_sequence
        return self.amino_acids(cds[: len(cds) // 3 * 3], 1).removesuffix("*")


def is_repair(intron: tuple[int, int]) -> bool:
    """Whether an "intron" is so short that it repairs a frame instead of being spliced."""
    return intron[1] - intron[0] < REPAIR


def meets(a1: int, a2: int, b1: int, b2: int) -> bool:
    """Whether two closed intervals share a base; an insertion must lie strictly inside."""
    return a1 <= b2 and a2 >= b1
