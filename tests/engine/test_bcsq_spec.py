"""The specification of BCSQ, small cases by hand; ``make conformance`` compares with bcftools."""

from __future__ import annotations

import pytest

from anntools.spec.bcsq import local
from anntools.spec.csq_model import Model
from anntools.spec.haplotype import Record, Unphased, haplotypes
from anntools.spec.transcript import reverse_complement

#         1         11        21        31        41        51        61
GENOME = "CCCCCCCCCCTTATGAAACCCGTAAGTTTTTTTTTTTCAGGGGTTTTAACCCCCCCCCCCCCCCCCCCCC"
# exons 11-21 (two bases of UTR) and 41-52; coding 13-21 and 41-48: ATG AAA CCC | GGG TTT TAA is
# cut by the intron after the ninth base.
PLUS = Model("T", "G", "protein_coding", 1, ((11, 21), (41, 52)), (13, 49), GENOME)
MINUS = Model(
    *("T", "G", "protein_coding", -1, ((19, 30), (50, 60)), (22, 58)),
    genome=reverse_complement(GENOME),
)


def test_the_model_is_what_the_cases_expect() -> None:
    assert PLUS.spliced == "ATGAAACCCGGGTTTTAA"
    assert MINUS.spliced == PLUS.spliced


@pytest.mark.parametrize(
    ("position", "ref", "alts", "expected"),
    [
        (17, "A", "G", "missense|G|T|protein_coding|+|2K>2R|17A>G"),
        (18, "A", "G", "synonymous|G|T|protein_coding|+|2K|18A>G"),
        (16, "A", "T", "stop_gained|G|T|protein_coding|+|2K>2*|16A>T"),
        (13, "A", "G", "start_lost|G|T|protein_coding|+|1M>1V|13A>G"),
        (47, "T", "C", "stop_lost|G|T|protein_coding|+|6*>6Q|47T>C"),
        (49, "A", "G", "stop_retained|G|T|protein_coding|+|6*|49A>G"),
        (15, "GA", "TC", "start_lost|G|T|protein_coding|+|1MK>1IQ|15GA>TC"),
        (12, "T", "C", "5_prime_utr|G|T|protein_coding"),
        (50, "C", "A", "3_prime_utr|G|T|protein_coding"),
        (22, "G", "A", "splice_donor|G|T|protein_coding"),
        (25, "A", "T", "splice_region|G|T|protein_coding"),
        (40, "G", "A", "splice_acceptor|G|T|protein_coding"),
        (31, "T", "A", "intron|G||protein_coding"),
        (
            *(21, "C", "T"),
            "splice_region|G|T|protein_coding,synonymous|G|T|protein_coding|+|3P|21C>T",
        ),
        (16, "A", "AG", "frameshift|G|T|protein_coding|+|2KPGF*>2RTRVL|16A>AG"),
        (15, "GAAA", "G", "inframe_deletion|G|T|protein_coding|+|1MK>1M|15GAAA>G"),
        (5, "C", "T", ""),
        (17, "A", "<DUP>", ""),
        (17, "A", "<INS>", "coding_sequence&feature_elongation|G|T|protein_coding"),
    ],
)
def test_local(position: int, ref: str, alts: str, expected: str) -> None:
    assert local([PLUS], position, ref, alts.split(",")).text() == expected


def test_the_other_strand_says_the_same() -> None:
    size = len(GENOME)
    for position in range(11, 53):
        base = GENOME[position - 1]
        for alt in set("ACGT") - {base}:
            here = local([PLUS], position, base, [alt]).text()
            there = local(
                [MINUS], size + 1 - position, reverse_complement(base), [reverse_complement(alt)]
            ).text()
            assert [_bare(e) for e in here.split(",")] == [_bare(e) for e in there.split(",")]


def _bare(entry: str) -> tuple[str, ...]:
    """An entry without strand and DNA."""
    fields = entry.split("|")
    return (*fields[:4], *fields[5:6])


def test_two_alts_of_an_intron_are_said_once() -> None:
    assert local([PLUS], 31, "T", ["A", "C"]).text() == "intron|G||protein_coding"


def test_no_intron_beside_something_better() -> None:
    other = Model("U", "H", "protein_coding", 1, ((1, 5), (60, 65)), (1, 63), GENOME)
    assert "intron" not in local([PLUS, other], 17, "A", ["G"]).text()


def test_variants_of_one_codon_are_joined_on_their_haplotype() -> None:
    records = [Record(16, "A", ("C",), ("1|0", "1|0")), Record(17, "A", ("G",), ("1|0", "0|1"))]
    first, second = haplotypes([PLUS], records)
    assert set(first.entries.text().split(",")) == {
        "missense|G|T|protein_coding|+|2K>2R|16A>C+17A>G",
        "missense|G|T|protein_coding|+|2K>2Q|16A>C",
    }
    assert "@16" in second.entries.text().split(",")
    index = first.entries.text().split(",").index("missense|G|T|protein_coding|+|2K>2R|16A>C+17A>G")
    words = first.format(2)
    assert int(words[0]) >> 2 * index & 1
    assert not int(words[1]) >> 2 * index & 1


def test_a_frame_is_mended_by_a_second_shift() -> None:
    records = [Record(16, "A", ("AG",), ("1|1",)), Record(19, "CC", ("C",), ("1|1",))]
    first, second = haplotypes([PLUS], records)
    assert first.entries.text() == (
        "missense&inframe_altering|G|T|protein_coding|+|2KP>2RT|16A>AG+19CC>C"
    )
    assert second.entries.text() == "splice_region|G|T|protein_coding,@16"


def test_what_follows_a_stop_is_starred() -> None:
    records = [Record(16, "A", ("T",), ("1|0",)), Record(44, "T", ("C",), ("1|0",))]
    _, second = haplotypes([PLUS], records)
    assert second.entries.text() == "*missense|G|T|protein_coding|+|5F>5L|44T>C"


@pytest.mark.parametrize(("phase", "marked"), [("a", 1), ("s", 0), ("R", 2)])
def test_unphased_genotypes(phase: str, marked: int) -> None:
    (only,) = haplotypes([PLUS], [Record(17, "A", ("G",), ("0/1",))], phase)
    assert len(only.marks) == marked
    with pytest.raises(Unphased):
        haplotypes([PLUS], [Record(17, "A", ("G",), ("0/1",))], "r")
