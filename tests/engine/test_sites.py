"""Variants annotated in the process: the very rows of a run, each problem with its variant."""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import anntools
from anntools import Options, Pack, Site, SiteAnnotator, UsageProblem, annotate
from anntools.sites import MOST_ALLELE, MOST_ALLELES, MOST_SITES
from tests.engine.conftest import HEADER, ROOT

GOOD = Site("MT", 3243, "A", "G")


@pytest.fixture(scope="module")
def annotator(demo: Pack) -> SiteAnnotator:
    return SiteAnnotator(demo)


def line_of(site: Site) -> str:
    return "\t".join(
        (site.chrom, str(site.pos), ".", site.ref, site.alt, ".", ".", site.info or ".")
    )


def by_run(
    sites: Sequence[Site], folder: Path
) -> tuple[list[list[dict[str, Any]]], dict[int, str]]:
    """Rows of the table by record, and the codes of the problems by record, of a run."""
    source, table = folder / "in.vcf", folder / "out.parquet"
    lines = [line_of(site) for site in [*sites, GOOD]]  # a file with no good record is refused
    source.write_text(HEADER + "".join(f"{line}\n" for line in lines), encoding="utf-8")
    options = Options(table=str(table), sign=False, listed=len(lines))
    receipt = annotate(source, folder / "out.vcf", "demo", options)
    rows: list[list[dict[str, Any]]] = [[] for _ in lines]
    for row in anntools.read_table(table).to_pylist():
        rows[row.pop("record") - 1].append(row)
    problems = {p["line"] - HEADER.count("\n") - 1: p["code"] for p in receipt.problems}
    return rows[:-1], problems


def assert_like_a_run(annotator: SiteAnnotator, sites: Sequence[Site], folder: Path) -> int:
    """Returns how many alleles were compared."""
    rows, problems = by_run(sites, folder)
    answers = annotator.annotate(sites)
    assert [answer.site for answer in answers] == list(sites)
    for number, (answer, expected) in enumerate(zip(answers, rows, strict=True)):
        if answer.problem and answer.problem.code == "allele_too_long":  # for want of room alone
            problems.pop(number, None)
        elif answer.problem:
            assert answer.problem.code == problems.pop(number)
            assert answer.rows == []
        else:
            assert answer.rows == expected
    assert not problems
    return sum(len(answer.rows) for answer in answers)


def test_famous_variants_are_those_of_a_run(annotator: SiteAnnotator, tmp_path: Path) -> None:
    lines = (ROOT / "samples" / "famous_variants.vcf").read_text().splitlines()
    sites = [_site(line) for line in lines if not line.startswith("#")]
    assert assert_like_a_run(annotator, sites, tmp_path) >= len(sites)


@pytest.mark.parametrize(
    ("name", "first"),
    [
        ("1000G_chr20_203samples.GRCh37.vcf.gz", 0),
        ("1000G_chr20_203samples.GRCh37.vcf.gz", 12_000),
        ("mutect2_dream3_chr20.vcf.gz", 0),
        ("gvcf_NA12878_MT.vcf.gz", 0),
        ("sv_1kg_ref_panel_chr22_chrY.vcf.gz", 0),
        ("exome_broad_phase2_1000sites.vcf.gz", 0),
    ],
)
def test_real_records_are_those_of_a_run(
    annotator: SiteAnnotator, shared_data: Path, tmp_path: Path, name: str, first: int
) -> None:
    with gzip.open(shared_data / "vcf_real" / name, "rt") as text:
        lines = [line for line in text if not line.startswith("#")][first : first + MOST_SITES]
    assert_like_a_run(annotator, [_site(line) for line in lines], tmp_path)


def _site(line: str) -> Site:
    chrom, pos, _, ref, alt, _, _, info = line.rstrip("\n").split("\t")[:8]
    end = next((part for part in info.split(";") if part.startswith("END=")), "")
    return Site(chrom, int(pos), ref, alt, end)


# Places with transcripts, with sequence, and without; and what may stand there.
PLACES = st.one_of(
    st.tuples(st.just("20"), st.integers(4_666_700, 4_682_400)),
    st.tuples(st.just("chrX"), st.integers(31_137_000, 31_240_000)),
    st.tuples(st.just("MT"), st.integers(0, 16_572)),
    st.tuples(st.sampled_from(["20", "7", "chr20", "?", "20.1"]), st.integers(0, 2**31 - 2)),
)
BASES = st.text("ACGTNacgtn", min_size=1, max_size=30)
RUBBISH = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=20)
ALT = st.one_of(
    st.lists(
        st.one_of(BASES, st.sampled_from(["*", ".", "<DEL>", "<DUP>", "A[20:5[", "]MT:7]T"])),
        min_size=1,
        max_size=4,
    ).map(",".join),
    RUBBISH,
)
INFO = st.sampled_from(["", "END=4680900", "SVLEN=-300", "END=9999999999"])


@st.composite
def any_site(draw: st.DrawFn) -> Site:
    """A variant whose REF is the reference's more often than not."""
    chrom, pos = draw(PLACES)
    ref = draw(st.one_of(st.integers(1, 12), BASES, RUBBISH))
    if isinstance(ref, int):
        known = anntools.open_pack("demo").reference_by_name(chrom, pos - 1, pos - 1 + ref)
        ref = known.replace("?", "N") or "A"
    chrom = f"c{chrom[1:]}" if chrom.startswith("#") else chrom
    return Site(chrom, pos, ref, draw(ALT), draw(INFO))


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(any_site(), min_size=1, max_size=30))
def test_any_records_are_those_of_a_run(
    annotator: SiteAnnotator, tmp_path: Path, sites: list[Site]
) -> None:
    assert_like_a_run(annotator, sites, tmp_path)


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.one_of(
            st.text(max_size=60),
            st.builds(
                Site,
                st.text(max_size=9),
                st.integers(-5, 2**70),
                st.text(max_size=9),
                st.text(max_size=9),
                st.text(max_size=9),
            ),
        ),
        max_size=8,
    )
)
def test_hostile_input_is_answered_site_by_site(annotator: SiteAnnotator, asked: list[Any]) -> None:
    answers = annotator.annotate([*asked, GOOD])
    assert len(answers) == len(asked) + 1
    assert answers[-1].rows[0]["hgvsg"] == "NC_012920.1:m.3243A>G"
    for answer in answers:
        assert bool(answer.rows) != bool(answer.problem)
        assert answer.problem is None or answer.problem.message


@pytest.mark.parametrize(
    ("site", "code"),
    [
        (Site("7", 100, "A", "G"), "unknown_contig"),
        (Site("20", 4680251, "C", "G"), "reference_mismatch"),
        (Site("20", 63_025_521, "AC", "G"), "position_outside_contig"),
        (Site("20", 4680251, "A", "G\t."), "not_understood"),
        (Site("20", 4680251, "A", "G\n20\t1\t.\tA\tT"), "not_understood"),
        (Site("20", 4680251, "A", ""), "not_understood"),
        (Site("#20", 4680251, "A", "G"), "not_understood"),
        (Site("20", -1, "A", "G"), "position_not_a_number"),
        (Site("20", 10**12, "A", "G"), "position_not_a_number"),
        (Site("20", 4680251, "A", "ACGT" * 2501), "allele_too_long"),
        (Site("20", 4680251, "A", "G", "DP=3"), "not_understood"),
        (Site("20", 4680251, "A", "Ä"), "not_understood"),
        (Site("20", 4680251, "A", "1"), "bad_alternate_allele"),
    ],
)
def test_what_is_wrong_is_told_with_the_variant(
    annotator: SiteAnnotator, site: Site, code: str
) -> None:
    wrong, good = annotator.annotate([site, GOOD])
    assert wrong.problem is not None
    assert wrong.problem.code == code
    assert good.rows


def test_a_mismatch_says_what_the_reference_has(annotator: SiteAnnotator) -> None:
    (answer,) = annotator.annotate([Site("20", 4680251, "C", "G")])
    assert answer.problem is not None
    assert (answer.problem.found, answer.problem.expected) == ("C", "A")


def test_the_longest_allele_is_taken(annotator: SiteAnnotator) -> None:
    (answer,) = annotator.annotate([Site("20", 4680251, "A", "A" + "C" * (MOST_ALLELE - 2))])
    assert "frameshift_variant" in answer.rows[0]["consequence"]


def test_too_many_are_refused(annotator: SiteAnnotator) -> None:
    with pytest.raises(UsageProblem, match="1000"):
        annotator.annotate([GOOD] * (MOST_SITES + 1))
    many = Site("20", 4680251, "A", ",".join(["C"] * 500))
    answers = annotator.annotate([many] * 5)
    assert [a.problem and a.problem.code for a in answers] == [None] * 4 + ["too_many_alleles"]
    assert sum(len(a.rows) for a in answers) == MOST_ALLELES


@pytest.mark.parametrize(
    ("alt", "info", "taken"),
    [
        ("<DEL>", "END=63025520", False),
        ("<DEL>", "SVLEN=-1000001", False),
        ("A,<DUP>", "SVLEN=.,1000001", False),
        ("<cn0>", "SVLEN=5;END=2000000", False),
        ("<DEL>", f"END={10**6 + 1}", True),
        ("<INS>", "SVLEN=2000000", True),
        ("<NON_REF>", "END=63025520", True),
        ("G", "END=63025520", True),
    ],
)
def test_what_spans_too_much_is_refused_with_its_variant(
    annotator: SiteAnnotator, alt: str, info: str, taken: bool
) -> None:
    long, good = annotator.annotate([Site("20", 1, "N", alt, info), GOOD])
    assert (long.problem.code if long.problem else "") == ("" if taken else "allele_too_long")
    assert bool(long.rows) == taken
    assert good.rows


def test_a_short_text_that_names_many_bases_is_not_told_back(annotator: SiteAnnotator) -> None:
    (answer,) = annotator.annotate(["NC_000020.10:g.4600001_4690000del"])
    assert (answer.site, answer.problem and answer.problem.code) == (None, "allele_too_long")


def test_no_more_transcripts_than_fit_into_memory(
    annotator: SiteAnnotator, monkeypatch: pytest.MonkeyPatch
) -> None:
    wide = Site("20", 4_600_000, "N", "<DEL>,<DUP>", "END=4700000")
    (alone,) = annotator.annotate([wide])
    entries = sum(len(row["transcripts"]) for row in alone.rows)
    assert entries > 2
    monkeypatch.setattr("anntools.sitebounds.MOST_ENTRIES", 3 * entries)
    answers = annotator.annotate([wide] * 5)
    assert [a.problem and a.problem.code for a in answers] == [None] * 3 + [
        "too_many_transcripts"
    ] * 2
    assert all(answer.rows == alone.rows for answer in answers[:3])


def test_nothing_to_annotate_is_no_problem(annotator: SiteAnnotator) -> None:
    (answer,) = annotator.annotate([Site("20", 4680251, "A", ".")])
    assert answer.problem is None
    assert (answer.rows[0]["status"], answer.rows[0]["reason"]) == (
        "skipped",
        "no_alternate_allele",
    )


def test_other_names_of_contigs(annotator: SiteAnnotator) -> None:
    (answer,) = annotator.annotate([Site("k", 4680251, "A", "G")], {"k": "chr20"})
    assert (answer.rows[0]["chrom"], answer.rows[0]["symbol"]) == ("k", "PRNP")
    with pytest.raises(UsageProblem, match="'k' cannot be read as '21'"):
        annotator.annotate([GOOD], {"k": "21"})


def test_threads_do_not_disturb_each_other(annotator: SiteAnnotator) -> None:
    sites = [Site("20", 4_680_200 + n, "N", "T") for n in range(400)]
    alone = annotator.annotate(sites)
    parts = [sites[i::8] for i in range(8)] * 3
    with ThreadPoolExecutor(8) as pool:
        for part, answers in zip(parts, pool.map(annotator.annotate, parts), strict=True):
            assert answers == [alone[sites.index(site)] for site in part]
