"""How VEP 115 takes a record and a transcript that it reads from a gene model (``--like vep``).

VEP's rules are those of its source, ensembl-variation release 115; the paragraphs are those of
``docs/engine/divergences.md``. Nothing here is used unless ``--like vep`` asks for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from anntools.spec.consequence import given
from anntools.spec.transcript import Transcript, reverse_complement


@dataclass(frozen=True)
class Written:
    """An ALT as VEP takes it. ``first``: 1-based; bases are of the plus strand.

    ``moves``: the record as a whole is an insertion or a deletion; only then VEP moves its ALTs
    on a transcript (paragraph 21). ``single``: REF and all ALTs are one base. ``several``: there
    are other ALTs.
    """

    first: int
    ref: str
    alt: str
    moves: bool
    single: bool
    several: bool

    @property
    def last(self) -> int:
        """Last base of the place; ``first - 1`` for an insertion."""
        return self.first + len(self.ref) - 1


def written(position: int, ref: str, alts: Sequence[str], number: int) -> Written:
    """ALT ``number`` (from 0) of a record."""
    first, ref, alts = given(position, ref.upper(), [a.upper() for a in alts])
    insertion = not ref and all(a.isalpha() for a in alts)
    deletion = bool(ref) and not any(alts)
    single = len(ref) == 1 and all(len(a) == 1 and a.isalpha() for a in alts)
    return Written(first, ref, alts[number], insertion or deletion, single, len(alts) > 1)


def as_vep(t: Transcript, genome: str) -> Transcript:
    """The transcript as VEP reads it from a gene model.

    Paragraph 1: nothing says that an end is incomplete. Paragraphs 4 and 26: on the minus strand
    the UTRs are read at the mirror image of the exons within the transcript.
    """
    sequence = t.sequence
    if t.coding and t.strand < 0:
        begin, end = t.coding_span()
        mirrored = mirror_image(t, genome)
        sequence = mirrored[: begin - 1] + t.sequence[begin - 1 : end] + mirrored[end:]
    return replace(t, sequence=sequence, start_incomplete=False, end_incomplete=False, vep=True)


def mirror_image(t: Transcript, genome: str) -> str:
    """The spliced sequence of a minus-strand transcript whose exons lie the other way round."""
    ends = t.first + t.last
    parts = [genome[ends - b - 1 : ends - a] for a, b in t.exons]
    return reverse_complement("".join(parts))
