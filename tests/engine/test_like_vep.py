"""``--like vep``: VEP's answers, on its own truth and paragraph by paragraph; and who is told.

That the kernels follow is shown by the tests of the twins; that the command does, by ``make
conformance``.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from anntools import Options, UsageProblem, annotate
from anntools.spec.consequence import consequence
from anntools.spec.hgvs_c import hgvs_c
from anntools.spec.hgvs_p import hgvs_p
from anntools.spec.shift import trimmed
from anntools.spec.transcript import Transcript, reverse_complement
from anntools.spec.vep import as_vep, written
from anntools.spec.vep_hgvs_c import hgvs_c as vep_hgvs_c
from anntools.spec.vep_hgvs_g import hgvs_g as vep_hgvs_g
from anntools.spec.vep_hgvs_p import hgvs_p as vep_hgvs_p
from tests.engine import like_truth

Write = Callable[..., Path]

# As in test_divergences: one exon at 101-160, ATG at 111, stop TAA at 138-140, 3' UTR to 160.
UTR5, CODING, UTR3 = "GGCCGGCCGG", "ATGAAACGTCTGGCTGATTGGCATCACTAA", "TGATAGCCGGCCGGCCGGCC"
PLUS = Transcript(((101, 160),), 1, UTR5 + CODING + UTR3, (111, 140))
GENOME = "T" * 100 + PLUS.sequence + "T" * 100
# Two exons, the first ending with the last coding base.
ENDS = Transcript(((101, 140), (161, 180)), 1, UTR5 + CODING + UTR3, (111, 140))
ENDS_GENOME = "T" * 100 + UTR5 + CODING + "GT" + "C" * 16 + "AG" + UTR3 + "T" * 100


def named(t: Transcript, genome: str, position: int, ref: str, alt: str) -> tuple[str, ...]:
    """HGVSc and HGVSp, ours and VEP's."""
    change, theirs = trimmed(position, ref, alt), as_vep(t, genome)
    w = written(position, ref, [alt], 0)
    terms = consequence(theirs, w.first, w.ref, w.alt).terms
    return (
        hgvs_c(t, change, genome) or "",
        vep_hgvs_c(theirs, w, genome) or "",
        hgvs_p(t, change, genome) or "",
        vep_hgvs_p(theirs, w, genome, terms) or "",
    )


def test_1_an_incomplete_start_counts_as_a_start() -> None:
    t = Transcript(((101, 130),), 1, CODING, (101, 130), pad=1, start_incomplete=True)
    genome = "T" * 100 + CODING + "T" * 100
    assert "start_lost" in consequence(as_vep(t, genome), 102, "T", "").terms
    assert "start_lost" not in consequence(t, 102, "T", "").terms


def test_4_the_utr_of_the_minus_strand_is_read_at_its_mirror_image() -> None:
    t = replace(PLUS, strand=-1, coding=(121, 150))
    genome = "T" * 100 + reverse_complement(t.sequence) + "T" * 100
    two = replace(t, exons=((101, 130), (141, 170)), coding=(121, 160))
    spread = genome[:130] + "A" * 10 + genome[130:]
    assert as_vep(t, genome).sequence == t.sequence  # the mirror image of one exon is itself
    theirs = as_vep(two, spread)
    assert theirs.utr3 == two.sequence[10:30]  # the exons change places
    assert theirs.coding_sequence == two.coding_sequence


def test_5_a_stop_behind_an_amino_acid_that_stays() -> None:
    ours = consequence(PLUS, 116, "", "ACGTTA").terms
    assert ours == {"inframe_insertion", "stop_gained"}
    theirs = consequence(as_vep(PLUS, GENOME), 116, "", "ACGTTA").terms
    assert theirs == {"inframe_insertion", "stop_retained_variant"}


def test_3_only_single_coding_bases_count_what_is_missing() -> None:
    t = Transcript(((101, 130),), 1, CODING, (101, 130), pad=1, start_incomplete=True)
    genome = "T" * 100 + CODING + "T" * 100
    assert named(t, genome, 110, "C", "A")[:2] == ("c.11C>A", "c.11C>A")
    assert named(t, genome, 110, "CT", "C")[:2] == ("c.12del", "c.11del")


def test_23_a_star_right_behind_the_last_coding_base() -> None:
    assert named(ENDS, ENDS_GENOME, 145, "C", "A")[:2] == ("c.30+5C>A", "c.*5C>A")


@pytest.mark.parametrize(
    ("position", "ref", "alt", "ours", "theirs"),
    [
        (112, "T", "C", "p.Met1?", "p.Met1?"),
        (111, "ATGAAA", "A", "p.Met1?", "p.Met1_?2"),  # 28
        (116, "A", "ATAA", "p.Arg3Ter", "p.Lys2_Arg3insTer"),  # 29
        (119, "T", "TTAA", "p.Leu4Ter", "p.Arg3_Leu4insTer"),  # 29
    ],
)
def test_names_of_proteins(position: int, ref: str, alt: str, ours: str, theirs: str) -> None:
    assert named(PLUS, GENOME, position, ref, alt)[2:] == (ours, theirs)


def test_21_shared_bases_of_several_alts_stay_in_the_name() -> None:
    genome = "T" * 10 + "CAC" + "T" * 10
    w = written(11, "CAC", ["TAC", "CAG"], 0)
    assert vep_hgvs_g(w, genome) == "g.10_11insTA"
    assert vep_hgvs_g(written(11, "CAC", ["TAC"], 0), genome) == "g.11C>T"


# Genes on both strands, with incomplete ends, several exons, a stop inside.
GENES = (
    *("EDUMMY0003", "ENST00000227471", "ENST00000341065", "ENST00000571540"),
    "ENSMUST00000121418",
)


@pytest.mark.parametrize("kind", ["dense_snv", "dense_indel", "multi"])
def test_vep_says_the_same(shared_data: Path, kind: str) -> None:
    assert shared_data
    total = like_truth.Agreement()
    for name in GENES:
        for part in like_truth.gene(name, (kind,), every=5):
            total.add(part)
    least = 0.99 if kind == "multi" else 0.999
    for name in like_truth.FIELDS:
        assert total.rate(name) >= least, total.table()


def test_whoever_asks_is_told(tmp_path: Path, write_vcf: Write) -> None:
    source = write_vcf("20\t4680251\t.\tA\tG\t.\t.\t.")
    receipt = annotate(source, tmp_path / "out.vcf", "demo", Options(like="vep", sign=False))
    assert receipt.options["like"] == "vep"
    assert "##anntools_like=vep\n" in (tmp_path / "out.vcf").read_text()
    assert json.loads((tmp_path / "out.summary.json").read_text())["like"] == "vep"
    assert "like vep" in (tmp_path / "out.vcf.count.log").read_text()
    again = annotate(tmp_path / "out.vcf", tmp_path / "again.vcf", "demo", Options(sign=False))
    assert again.options["like"] == ""
    assert "anntools_like" not in (tmp_path / "again.vcf").read_text()


@pytest.mark.parametrize("options", [Options(like="snpeff"), Options(like="vep", format="bcsq")])
def test_what_cannot_be_is_refused(tmp_path: Path, write_vcf: Write, options: Options) -> None:
    source = write_vcf("20\t4680251\t.\tA\tG\t.\t.\t.")
    with pytest.raises(UsageProblem):
        annotate(source, tmp_path / "out.vcf", "demo", options)
