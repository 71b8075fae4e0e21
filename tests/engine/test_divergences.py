"""One test for each place where consequences differ from VEP 115 on purpose.

Numbers are those of the paragraphs of ``docs/engine/divergences.md``. Every case runs through the
written and the compiled rule.
"""

from __future__ import annotations

import pytest

from anntools.spec.consequence import Effect, consequence
from anntools.spec.structural import Kind, kind_of, region, structural
from anntools.spec.transcript import Transcript, reverse_complement
from tests.engine.compiled_rule import CompiledRule

# One exon at 101-160: 5' UTR 101-110, ATG at 111, stop TAA at 138-140, 3' UTR to 160.
UTR5 = "GGCCGGCCGG"
CODING = "ATGAAACGTCTGGCTGATTGGCATCACTAA"
UTR3 = "TGATAGCCGGCCGGCCGGCC"
PLUS = Transcript(((101, 160),), 1, UTR5 + CODING + UTR3, (111, 140))
MINUS = Transcript(((101, 160),), -1, UTR5 + CODING + UTR3, (121, 150))


def effect(t: Transcript, first: int, ref: str, alt: str) -> Effect:
    """What both rules say."""
    written = consequence(t, first, ref, alt)
    assert CompiledRule([t]).effect(0, first, ref, alt) == written
    return written


def structural_effect(t: Transcript, first: int, last: int, kind: Kind) -> set[str]:
    """What both rules say of a structural variant."""
    written = structural(t, first, last, kind)
    assert CompiledRule([t]).structural(0, first, last, kind) == written
    return written.terms


def test_1_an_incomplete_coding_sequence_has_no_start() -> None:
    incomplete = Transcript(((101, 130),), 1, CODING, (101, 130), pad=1, start_incomplete=True)
    assert effect(incomplete, 102, "T", "").terms == {"frameshift_variant"}
    assert "start_lost" in effect(PLUS, 112, "T", "").terms


def test_2_a_stop_that_moves_inside_the_sequence() -> None:
    # codons * L become Y * A: stops before and after, none kept, another length
    broken = Transcript(((101, 118),), 1, "ATGAAATGACTGGCTTAA", (101, 118))
    found = effect(broken, 107, "TGACTG", "TACTAAGCC")
    assert (found.terms, found.amino_acids) == ({"coding_sequence_variant"}, "*L/Y*A")


def test_4_the_utr_of_the_minus_strand_is_its_own() -> None:
    # The stop and what follows it, TAATGA: without AAT a stop still stands there.
    assert MINUS.sequence[37:43] == "TAATGA"
    found = effect(MINUS, 120, reverse_complement("AAT"), "").terms
    assert found == {"stop_retained_variant", "3_prime_UTR_variant"}
    found = effect(MINUS, 119, reverse_complement("AATG"), "").terms
    assert found == {"stop_lost", "3_prime_UTR_variant"}


@pytest.mark.parametrize(
    ("alt", "frame"), [("CGTTAA", "inframe_insertion"), ("CGTTAAC", "frameshift_variant")]
)
def test_5_a_stop_in_inserted_sequence_is_gained(alt: str, frame: str) -> None:
    # behind K (AAA, 114-116): K becomes K R *
    assert effect(PLUS, 116, "", f"A{alt}"[:6]).terms >= {"stop_gained"}
    assert effect(PLUS, 117, "", alt).terms == {frame, "stop_gained"}


def test_6_the_whole_coding_sequence_deleted() -> None:
    deleted = (PLUS.sequence)[4:44]
    found = effect(PLUS, 105, deleted, "").terms
    assert {"start_lost", "stop_lost"} <= found
    assert "stop_retained_variant" not in found


def test_7_an_alt_says_the_same_beside_others() -> None:
    assert effect(PLUS, 117, "", "CGT").coding == (7, 6)


def test_11_the_base_where_the_ribosome_slips_is_read_twice() -> None:
    sequence = "ATGAAATTTAAACGGGTTTGCGGTGTAAGTTAA"  # reads ATG AAA TTT AAA CGG ... with slip
    slips = Transcript(((101, 133),), 1, sequence, (101, 133), slip=(12, -1))
    assert slips.coding_sequence == sequence[:12] + sequence[11:]
    assert effect(slips, 113, "C", "T").coding == (14, 14)
    assert effect(slips, 112, "A", "C").coding == (12, 12)


def test_12_a_codon_cut_short_with_nothing_behind_it() -> None:
    tiny = Transcript(((101, 113),), 1, "GGCCGGCCGGATG", (111, 113))
    found = effect(tiny, 113, "G", "")
    assert (found.codons, found.amino_acids) == ("atG/at", "M/X")


@pytest.mark.parametrize(
    ("alt", "kind"),
    [
        ("<DEL>", Kind.DELETION),
        ("<DEL:ME:ALU>", Kind.DELETION),
        ("<DUP>", Kind.DUPLICATION),
        ("<DUP:TANDEM>", Kind.TANDEM_DUPLICATION),
        ("<INS:ME>", Kind.INSERTION),
        ("<INV>", Kind.INVERSION),
        ("<CNV>", Kind.COPY_NUMBER),
        ("<CN0>", Kind.DELETION),
        ("<CN1>", Kind.COPY_NUMBER),
        ("<CN=3>", Kind.DUPLICATION),
        ("N[2:321682[", Kind.BREAKEND),
        (".G", Kind.BREAKEND),
        ("<ROH>", Kind.OTHER),
    ],
)
def test_13_kinds(alt: str, kind: Kind) -> None:
    assert kind_of(alt) is kind


def test_13_places() -> None:
    assert region(Kind.INSERTION, 100, 100, 300, lone=True) == (101, 100)
    assert region(Kind.BREAKEND, 100, None, None, lone=True) == (100, 100)
    assert region(Kind.DELETION, 100, 150, -40, lone=True) == (101, 150)
    assert region(Kind.DELETION, 100, 150, -40, lone=False) == (101, 140)
    assert region(Kind.DELETION, 100, None, None, lone=True) == (101, 101)


@pytest.mark.parametrize(
    ("first", "last", "kind", "terms"),
    [
        (90, 170, Kind.DELETION, {"transcript_ablation"}),
        (90, 170, Kind.DUPLICATION, {"transcript_amplification"}),
        (90, 170, Kind.INVERSION, {"coding_transcript_variant"}),
        (111, 112, Kind.DELETION, {"feature_truncation", "start_lost", "frameshift_variant"}),
        (114, 116, Kind.DELETION, {"feature_truncation", "inframe_deletion"}),
        (112, 111, Kind.INSERTION, {"feature_elongation", "coding_sequence_variant"}),
        (111, 116, Kind.DUPLICATION, {"feature_elongation", "coding_sequence_variant"}),
        (139, 145, Kind.INVERSION, {"coding_sequence_variant", "stop_lost", "3_prime_UTR_variant"}),
        (120, 120, Kind.BREAKEND, {"feature_truncation", "coding_sequence_variant"}),
        (170, 200, Kind.COPY_NUMBER, {"downstream_gene_variant"}),
    ],
)
def test_13_terms(first: int, last: int, kind: Kind, terms: set[str]) -> None:
    assert structural_effect(PLUS, first, last, kind) == terms


def test_selenocysteine_is_read_where_the_model_says() -> None:
    sequence = "ATGAAATGACTGTAA"
    plain = Transcript(((101, 115),), 1, sequence, (101, 115))
    recoded = Transcript(((101, 115),), 1, sequence, (101, 115), recoded=((3, "U"),))
    assert effect(plain, 109, "A", "G").terms == {"stop_lost"}
    found = effect(recoded, 109, "A", "T")
    assert (found.terms, found.amino_acids) == ({"missense_variant"}, "U/C")
    assert effect(recoded, 107, "T", "C").amino_acids == "U/R"
