"""What a pack has at a place: bases, transcripts, names of contigs. 0-based and half-open."""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import unquote

from anntools.pack import Pack
from anntools.pack.reading import contig_numbers
from anntools.variant_text import view_of


class TranscriptAt(NamedTuple):
    """A transcript on the genome; ``exons`` in genomic order, ``coding`` its span if it has one."""

    id: str  # with version: "ENST00000379440.9"
    symbol: str
    gene: str
    biotype: str
    strand: int
    exons: tuple[tuple[int, int], ...]
    coding: tuple[int, int] | None
    canonical: bool
    mane_select: str


def names_of_contigs(pack: Pack) -> list[list[str]]:
    """For each contig of the pack all names that a file may use, its own first."""
    names: list[list[str]] = [[own] for own in pack.contig_names]
    for name, number in contig_numbers(pack.arrays).items():
        if name != names[number][0]:
            names[number].append(name)
    return names


def bases_at(pack: Pack, contig: int, start: int, end: int) -> str:
    """Reference bases of a contig by number; ``N`` where the pack has none."""
    return view_of(pack).bases(contig, start, end)


def transcripts_at(pack: Pack, contig: int, start: int, end: int) -> list[TranscriptAt]:
    """The transcripts that touch the region, by their first base."""
    models = view_of(pack).transcripts_near(contig, start + 1, end, 0)
    found = []
    for m in models:
        t = m.transcript
        coding = (t.coding[0] - 1, t.coding[1]) if t.coding else None
        exons = tuple((first - 1, last) for first, last in t.exons)
        facts = (m.hgvs or m.id, m.symbol, m.gene, m.biotype, t.strand)
        found.append(TranscriptAt(*facts, exons, coding, m.canonical, unquote(m.mane)))
    return sorted(found, key=lambda t: (t.exons[0][0], t.exons[-1][1], t.id))
