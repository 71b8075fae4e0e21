"""A transcript as ``bcftools csq`` sees it: whole codons, untranslated regions, names of biotypes.

Positions are 1-based and closed on the plus strand, as in the rest of ``anntools.spec``. A *coding
offset* counts bases of the coding sequence from 0 in genomic order, whatever the strand.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final, Protocol

from anntools.genetic_code import STANDARD, translate
from anntools.spec.transcript import reverse_complement

Interval = tuple[int, int]

# The genes of immunoglobulins and T cell receptors lose their last word.
_RECEPTORS: Final = {
    f"{family}_{part}_gene": f"{family}_{part}"
    for family, parts in (("IG", ("C", "D", "J", "LV", "V")), ("TR", "CDJV"))
    for part in parts
}
_SHORT: Final = _RECEPTORS | {"nonsense_mediated_decay": "NMD", "mRNA": "protein_coding"}
_CODING: Final = frozenset(_RECEPTORS.values()) | {
    *("protein_coding", "polymorphic_pseudogene", "NMD", "non_stop_decay"),
}


class Bases(Protocol):
    """A string, or something that reads its slices from a file."""

    def __getitem__(self, at: slice, /) -> str:
        """Bases by 0-based slice."""


@dataclass(frozen=True)
class Model:
    """One transcript on a contig. ``phase``: bases before the first whole codon."""

    name: str
    gene: str
    biotype: str
    strand: int
    exons: tuple[Interval, ...]
    coding: Interval | None
    genome: Bases = field(repr=False)  # of the contig, upper case, from index 0 on
    phase: int = 0
    code: int = STANDARD

    @property
    def first(self) -> int:
        """First base."""
        return self.exons[0][0]

    @property
    def last(self) -> int:
        """Last base."""
        return self.exons[-1][1]

    @property
    def shown_biotype(self) -> str:
        """The biotype as BCSQ names it."""
        return _SHORT.get(self.biotype, self.biotype)

    @property
    def is_coding(self) -> bool:
        """Whether its biotype is one of a protein."""
        return self.shown_biotype in _CODING

    @cached_property
    def rows(self) -> tuple[Interval, ...]:
        """The coding parts of the exons as the model gives them."""
        if self.coding is None:
            return ()
        a, b = self.coding
        return tuple((max(s, a), min(e, b)) for s, e in self.exons if s <= b and e >= a)

    @cached_property
    def parts(self) -> tuple[Interval, ...]:
        """The coding parts, cut to whole codons at both ends. Never empty intervals."""
        left, right = (self.phase, 0) if self.strand > 0 else (0, self.phase)
        rest = (sum(e - s + 1 for s, e in self.rows) - self.phase) % 3
        left, right = (left, right + rest) if self.strand > 0 else (left + rest, right)
        cut = _without(self.rows, left)
        mirrored = [(-e, -s) for s, e in reversed(cut)]
        return tuple((-e, -s) for s, e in reversed(_without(mirrored, right)))

    @property
    def starts_whole(self) -> bool:
        """Whether the first codon is the start: complete and ATG (the only start that counts)."""
        return not self.phase and self.spliced[:3] == "ATG"

    @property
    def ends_whole(self) -> bool:
        """Whether the coding sequence is a whole number of codons."""
        return sum(e - s + 1 for s, e in self.rows) % 3 == self.phase % 3

    @cached_property
    def untranslated(self) -> tuple[tuple[Interval, str], ...]:
        """The exons' bases outside the coding span, with their term."""
        if self.coding is None:
            return ()
        a, b = self.coding
        before, after = ("5_prime_utr", "3_prime_utr")[:: self.strand]
        left = [((s, min(e, a - 1)), before) for s, e in self.exons if s < a]
        return (*left, *(((max(s, b + 1), e), after) for s, e in self.exons if e > b))

    @cached_property
    def plus(self) -> str:
        """The coding sequence on the plus strand, in genomic order."""
        return "".join(self.bases(s, e) for s, e in self.parts)

    @cached_property
    def spliced(self) -> str:
        """The coding sequence on its own strand."""
        return self.plus if self.strand > 0 else reverse_complement(self.plus)

    @property
    def beyond(self) -> str:
        """Two bases after the coding sequence, on its strand, for a codon left open by a shift."""
        if self.strand > 0:
            return self.bases(self.parts[-1][1] + 1, self.parts[-1][1] + 2)
        return reverse_complement(self.bases(self.parts[0][0] - 2, self.parts[0][0] - 1))

    def bases(self, first: int, last: int) -> str:
        """Bases of the genome."""
        return self.genome[max(0, first - 1) : max(0, last)]

    def offset(self, part: int) -> int:
        """Coding offset of the first base of a coding part."""
        return sum(e - s + 1 for s, e in self.parts[:part])


def _without(parts: Sequence[Interval], n: int) -> list[Interval]:
    """Parts without their first ``n`` bases."""
    out: list[Interval] = []
    for s, e in parts:
        gone = min(n, e - s + 1)
        n -= gone
        if s + gone <= e:
            out.append((s + gone, e))
    return out


def translated(sequence: str, code: int) -> str:
    """Amino acids of whole codons, up to and with the first stop; X where a base is unknown."""
    protein = translate(sequence[: len(sequence) - len(sequence) % 3], code)
    stop = protein.find("*")
    return protein if stop < 0 else protein[: stop + 1]
