"""An allele as HGVS sees it: trimmed, and moved as far 3' as the sequence allows.

The 3' rule (HGVS Nomenclature, General recommendations: "for all descriptions the most 3' position
possible of the reference sequence is arbitrarily assigned to have been changed"). "3'" is meant
along the reference of the description: the plus strand of the chromosome for ``g.``, the strand of
the transcript for ``c.`` and ``n.``. The move is made on the genome in both cases, so for a
transcript it goes on over the border of exon and intron, as in VEP.

Only pure insertions and deletions move. A change bounded by different bases has one place.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from anntools.spec.transcript import reverse_complement

FARTHEST: Final = 5000  # bases that a change is moved at most, or its own length


@dataclass(frozen=True)
class Change:
    """A place on the genome (1-based, closed; ``first = last + 1`` for an insertion) and its bases.

    ``ref`` and ``alt`` are plus-strand bases, upper case, and share neither begin nor end.
    ``inverted``: first and last base of an inversion that was written with ends that stay the same.
    """

    first: int
    last: int
    ref: str
    alt: str
    inverted: tuple[int, int] | None = None

    @property
    def is_insertion(self) -> bool:
        """Nothing is taken away."""
        return not self.ref

    @property
    def is_deletion(self) -> bool:
        """Nothing is put in."""
        return not self.alt


def trimmed(position: int, ref: str, alt: str) -> Change:
    """The change that REF and ALT of a VCF record make; what they share goes, begin first."""
    ref, alt = ref.upper(), alt.upper()
    inverted = (position, position + len(ref) - 1) if alt == reverse_complement(ref) else None
    while ref and alt and ref[0] == alt[0]:
        position, ref, alt = position + 1, ref[1:], alt[1:]
    while ref and alt and ref[-1] == alt[-1]:
        ref, alt = ref[:-1], alt[:-1]
    last = position + len(ref) - 1
    return Change(position, last, ref, alt, inverted if len(ref) > 1 else None)


def shifted(change: Change, genome: str, strand: int) -> Change:
    """The same change at its most 3' place along ``strand``. ``genome``: the whole contig."""
    unit = change.ref or change.alt
    if change.ref and change.alt:
        return change
    steps, most = 0, max(FARTHEST, len(unit))
    if strand > 0:
        at = change.last  # 0-based: the base after the change
        while steps < most and at + steps < len(genome):
            if genome[at + steps] == "N" or genome[at + steps] != unit[steps % len(unit)]:
                break
            steps += 1
        turn = steps % len(unit)
        unit = unit[turn:] + unit[:turn]
    else:
        at = change.first - 2  # 0-based: the base before the change
        while steps < most and at - steps >= 0:
            if genome[at - steps] == "N" or genome[at - steps] != unit[-1 - steps % len(unit)]:
                break
            steps += 1
        turn = len(unit) - steps % len(unit)
        unit = unit[turn:] + unit[:turn]
        steps = -steps
    return Change(
        change.first + steps,
        change.last + steps,
        unit if change.ref else "",
        unit if change.alt else "",
    )


def duplicated(change: Change, genome: str, strand: int) -> tuple[int, int] | None:
    """First and last base (plus strand) of the copy that a shifted insertion repeats, if it does.

    HGVS: an insertion of a copy directly 3' of the original is a duplication, never an insertion.
    """
    size = len(change.alt)
    if not change.is_insertion:
        return None
    first = change.first - size if strand > 0 else change.first
    if first < 1 or genome[first - 1 : first - 1 + size] != change.alt:
        return None
    return first, first + size - 1


def is_inversion(change: Change) -> bool:
    """Two bases or more are replaced by their reverse complement."""
    return len(change.ref) > 1 and change.alt == reverse_complement(change.ref)
