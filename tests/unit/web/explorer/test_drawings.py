"""The sequence around a variant, and its place in a gene."""

from typing import Any

import pytest

from web.explorer.gene_drawing import WIDTH, draw_gene
from web.explorer.nearby import FLANK, LONGEST, Nearby, nearby, window
from web.ports import Exon, Transcript

#: 1-based position 101 is the middle of it.
GENOME = ("ACGTTGCAAC" * 30).replace("N", "A")


def row(ref: str, alt: str, pos: int = 101, **values: Any) -> dict[str, Any]:
    return {"chrom": "20", "pos": pos, "ref": ref, "alt": alt, **values}


def drawn(asked: dict[str, Any]) -> Nearby:
    span = window(asked)
    assert span is not None
    found = nearby(asked, GENOME[span[0] : span[1]])
    assert found is not None
    return found


def letters(line: Any) -> str:
    return "".join(base.letter for base in line)


def changed(line: Any) -> str:
    return "".join(base.letter for base in line if base.changed)


@pytest.mark.parametrize(
    ("ref", "alt", "before", "after"),
    [
        ("A", "G", "A", "G"),
        ("A", "ATTT", "–––", "TTT"),
        ("ACGT", "A", "CGT", "–––"),
        ("AC", "GT", "AC", "GT"),
    ],
)
def test_the_change_is_marked_in_both_lines(ref: str, alt: str, before: str, after: str) -> None:
    found = drawn(row(ref, alt))
    assert (changed(found.reference), changed(found.alternate)) == (before, after)
    assert letters(found.reference).replace("–", "") == GENOME[found.first - 1 : found.last]
    left, right = GENOME[found.first - 1 : 100], GENOME[100 + len(ref) : found.last]
    assert letters(found.alternate).replace("–", "") == left + alt + right
    assert len(found.reference) == len(found.alternate)


def test_the_drawing_ends_where_the_contig_begins() -> None:
    found = drawn(row("G", "A", pos=3))
    assert (found.first, len(found.reference)) == (1, 3 + FLANK)


def test_a_long_allele_is_cut_and_says_so() -> None:
    found = drawn(row("A", "A" + "T" * 100))
    assert found.cut
    assert len(found.alternate) == 2 * FLANK + LONGEST


@pytest.mark.parametrize(("ref", "alt"), [("A", "<DEL>"), ("A", "*"), ("", "A"), ("A", None)])
def test_what_has_no_bases_is_not_drawn(ref: str, alt: str) -> None:
    assert window(row(ref, alt)) is None


def test_a_reference_that_is_not_known_there_is_not_drawn() -> None:
    assert nearby(row("A", "G"), "N" * 41) is None


@pytest.mark.parametrize(
    ("strand", "cds_start", "codons", "marked"),
    [
        (1, 4, "Acg/Gcg", "ACG"),  # first base of its codon
        (1, 5, "cAc/cGc", "CAC"),
        (-1, 6, "cgT/cgC", "ACG"),  # read from right to left: CGT
        (1, 4, "Att/Gtt", ""),  # an intron cuts it: the genome reads otherwise
    ],
)
def test_the_codon_is_marked_if_the_genome_reads_it(
    strand: int, cds_start: int, codons: str, marked: str
) -> None:
    found = drawn(row("A", "G", strand=strand, cds_start=cds_start, codons=codons))
    assert "".join(base.letter for base in found.reference if base.codon) == marked
    assert bool(found.codon) == bool(marked)


def gene(strand: int = 1) -> Transcript:
    exons = (Exon(1000, 1200, 1100, 1200), Exon(90_000, 90_300, 90_000, 90_100))
    return Transcript("ENST1.1", "G", "ENSG1", "protein_coding", strand, 1000, 90_300, exons)


def test_a_gene_fills_its_drawing_and_its_intron_is_short() -> None:
    drawing = draw_gene(gene(), 1150)
    assert drawing.left < drawing.variant < drawing.boxes[2].x
    assert drawing.right <= WIDTH
    first, second = drawing.boxes[0], drawing.boxes[2]
    intron = second.x - (first.x + first.width)
    assert intron < first.width  # 88,800 bases, against 200
    assert [box.coding for box in drawing.boxes] == [False, True, False, True]


@pytest.mark.parametrize("position", [0, 90_299, 500_000])
def test_a_place_is_always_marked_inside_the_drawing(position: int) -> None:
    drawing = draw_gene(gene(-1), position)
    assert drawing.left <= drawing.variant <= drawing.right
    assert not drawing.forward
