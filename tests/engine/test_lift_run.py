"""Runs with --lift: lifted records are annotated, the others are kept, counted and told."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from anntools import (
    InputRefused,
    Options,
    Pack,
    UsageProblem,
    annotate,
    read_receipt,
    read_table,
    verify,
)
from tests.engine.conftest import info_of
from tests.engine.small_packs import small_pack
from tests.engine.test_cli import anntools
from tests.engine.test_liftover import CHAIN, GENOME, record, turned

HEADER = (
    "##fileformat=VCFv4.2\n##contig=<ID=1,length=200>\n##reference=old\n"
    '##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">\n'
    "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tS\n"
)
RECORDS = (
    record("1", 5, GENOME[14], "N"),
    record("1", 50, "AAAA", "A", "DP=1"),  # split
    "",
    record("1", 57, GENOME[61], "."),
    record("9", 5, "A", "C"),  # unknown_contig
    "1\tx",  # not_a_record
    record("2", 11, turned(GENOME[289]), "N", "DP=2"),
)
NOT_LIFTED = [(7, "split"), (10, "unknown_contig"), (11, "not_a_record")]


@pytest.fixture
def pack(tmp_path: Path) -> Pack:
    """The target of the chain."""
    return small_pack(tmp_path / "pack", {"1": GENOME})


@pytest.fixture
def chain(tmp_path: Path) -> str:
    """The made-up chain."""
    path = tmp_path / "x.chain"
    path.write_text(CHAIN.replace(" A 400", " chr1 400"))
    return str(path)


@pytest.mark.parametrize("format", ["csq", "classic"])
@pytest.mark.parametrize("threads", [1, 2])
def test_every_record_is_lifted_or_told(
    pack: Pack,
    chain: str,
    write_vcf: Callable[..., Path],
    tmp_path: Path,
    threads: int,
    format: str,
) -> None:
    output, table = tmp_path / "out.vcf.gz", tmp_path / "out.parquet"
    options = Options(*(threads, format), lift=chain, table=str(table), chunk_size=50, index=True)
    annotate(write_vcf(*RECORDS, header=HEADER), output, pack, options)
    lines = gzip.decompress(output.read_bytes()).decode().splitlines()
    assert f"##contig=<ID=1,length={len(GENOME)}>" in lines
    assert "##reference=old" not in lines
    records = [line for line in lines if not line.startswith("#")]
    assert [tuple(r.split("\t")[:5]) for r in records] == [
        ("1", "15", "id", GENOME[14], "N"),
        ("1", "62", "id", GENOME[61], "."),
        ("1", "290", "id", GENOME[289], "N"),
    ]
    info = info_of(records[2])
    assert (info["OriginalContig"], info["OriginalPos"], info["DP"]) == ("2", "11", "2")
    receipt = read_receipt(tmp_path / "out.receipt.json")
    assert (receipt.records_in, receipt.records_out, receipt.annotated) == (6, 3, 2)
    assert receipt.skipped == {"no_alternate_allele": 1, "not_lifted": 3}
    assert receipt.not_lifted == {reason: 1 for _, reason in NOT_LIFTED}
    assert receipt.errors == 0
    assert [(p["line"], p["code"]) for p in receipt.problems] == [
        (line, "not_lifted") for line, _ in NOT_LIFTED
    ]
    assert "the chain file has no contig 9 (unknown_contig)" in receipt.problems[1]["message"]
    assert [(s.use, s.name) for s in receipt.sources] == [("lift", "x.chain")]
    assert [f.name for f in receipt.files] == [
        *("out.vcf.gz.tbi", "out.vcf.count.log", "out.summary.json", "out.unlifted.vcf")
    ]
    assert not receipt.warnings
    assert verify(tmp_path / "out.receipt.json") == []
    summary = json.loads((tmp_path / "out.summary.json").read_text())
    assert (summary["records"], summary["skipped"]["not_lifted"]) == (6, 3)
    assert summary["blank_lines"] == 1
    log = (tmp_path / "out.vcf.count.log").read_text()
    assert "6 = annotated 2 + passed through unchanged 1 + not lifted 3. Records out: 3." in log
    assert "(split 1, unknown_contig 1, not_a_record 1)" in log
    rows = read_table(table, ["record", "pos", "status", "reason"]).to_pylist()
    assert [tuple(row.values()) for row in rows] == [
        (1, 15, "annotated", None),
        (2, 50, "skipped", "not_lifted"),
        (3, 62, "skipped", "no_alternate_allele"),
        (4, 5, "skipped", "not_lifted"),
        (5, None, "skipped", "not_lifted"),
        (6, 290, "annotated", None),
    ]


def test_what_is_not_lifted_is_kept_as_it_was(
    pack: Pack, chain: str, write_vcf: Callable[..., Path], tmp_path: Path
) -> None:
    source = write_vcf(*RECORDS, header=HEADER)
    annotate(source, tmp_path / "out.annot.vcf", pack, Options(lift=chain))
    kept = tmp_path / "out.unlifted.vcf"
    lines = kept.read_text().splitlines()
    assert "##contig=<ID=1,length=200>" in lines
    assert sum("ID=NOT_LIFTED," in line for line in lines) == 1
    assert [line for line in lines if not line.startswith("#")] == [
        record("1", 50, "AAAA", "A", "DP=1;NOT_LIFTED=split"),
        record("9", 5, "A", "C", "NOT_LIFTED=unknown_contig"),
        "1\tx",
    ]
    kept.write_text(kept.read_text() + record("1", 5, GENOME[14], "N", "NOT_LIFTED=x") + "\n")
    annotate(kept, tmp_path / "again.vcf", pack, Options(lift=chain))
    (line,) = [x for x in (tmp_path / "again.vcf").read_text().splitlines() if x[0] != "#"]
    assert "NOT_LIFTED" not in line
    assert (tmp_path / "again.unlifted.vcf").read_text() == "\n".join([*lines, ""])


def test_out_of_order_is_told(
    pack: Pack, chain: str, write_vcf: Callable[..., Path], tmp_path: Path
) -> None:
    records = [record("2", n, turned(GENOME[300 - n]), "N") for n in (11, 15)]
    source = write_vcf(*records, header=HEADER)
    receipt = annotate(source, tmp_path / "out.vcf.gz", pack, Options(lift=chain, index=True))
    order, index = receipt.warnings
    assert "1 record lies before the record that comes before it" in order
    assert "not indexed" in index
    assert verify(tmp_path / "out.receipt.json") == []


def test_only_so_many_are_listed(
    pack: Pack, chain: str, write_vcf: Callable[..., Path], tmp_path: Path
) -> None:
    lines = [record("9", n, "A", "C") for n in range(1, 30)]
    good, wrong = record("1", 5, GENOME[14], "N"), record("1", 6, GENOME[15], "?")
    source = write_vcf(wrong, *lines, good, header=HEADER)
    receipt = annotate(source, tmp_path / "o.vcf", pack, Options(lift=chain, listed=5))
    assert [p["line"] for p in receipt.problems] == [6, 7, 8, 9, 10]
    assert [p["code"] for p in receipt.problems] == ["bad_alternate_allele", *["not_lifted"] * 4]
    assert receipt.not_lifted == {"unknown_contig": 29}
    assert "... and 25 more" in (tmp_path / "o.vcf.count.log").read_text()


def test_a_file_of_which_nothing_is_lifted_is_refused(
    pack: Pack, chain: str, write_vcf: Callable[..., Path], tmp_path: Path
) -> None:
    source = write_vcf(record("9", 5, "A", "C"))
    with pytest.raises(InputRefused) as refusal:
        annotate(source, tmp_path / "out.vcf", pack, Options(lift=chain))
    assert refusal.value.problem.code == "not_lifted"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["in.vcf", "pack", "x.chain"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (None, "There is no chain file"),
        ("chain 1 2\n", r"x\.chain, line 1: not a line of a chain file"),
        ("", "no chain in it"),
    ],
)
def test_a_bad_chain_is_wrong_usage(
    pack: Pack,
    write_vcf: Callable[..., Path],
    tmp_path: Path,
    text: str | None,
    words: str,
) -> None:
    path = tmp_path / "x.chain"
    if text is not None:
        path.write_text(text)
    with pytest.raises(UsageProblem, match=words):
        annotate(write_vcf(*RECORDS), tmp_path / "out.vcf", pack, Options(lift=str(path)))
    assert not list(tmp_path.glob("out*"))


def test_a_mark_in_a_file_that_is_not_lifted_is_nothing_special(
    pack: Pack, write_vcf: Callable[..., Path], tmp_path: Path
) -> None:
    line = record("1", 15, GENOME[14], "N")
    source = write_vcf(line, f"!{line}", header=HEADER)
    receipt = annotate(source, tmp_path / "out.vcf", pack)
    assert receipt.skipped == {"unknown_contig": 1}
    assert receipt.records_out == 2


def test_the_command_writes_lifted_records_to_standard_output(
    pack: Pack, chain: str, write_vcf: Callable[..., Path], tmp_path: Path
) -> None:
    source = write_vcf(*RECORDS, header=HEADER)
    options = ("--pack", tmp_path / "pack", "--lift", chain)
    done = anntools("annotate", source, "-o", "-", *options)
    assert done.returncode == 0, done.stderr
    assert sum(not line.startswith("#") for line in done.stdout.splitlines()) == 3
    assert "3 not lifted. Written: standard output" in done.stderr
    assert not list(tmp_path.glob("*unlifted*"))
    valid = write_vcf(RECORDS[0], RECORDS[1], header=HEADER.replace("length=200", "length=300"))
    done = anntools("annotate", valid, "-o", tmp_path / "o.vcf", *options, "--strict")
    assert done.returncode == 4, done.stderr
    assert "1 not lifted" in done.stdout


def test_clinvar_of_grch38_meets_the_clinvar_of_the_demo_pack(
    shared_data: Path, demo: Pack, tmp_path: Path
) -> None:
    """ID, allele and significance of every record that the pack has too."""
    overlays = shared_data / "overlays"
    text = gzip.decompress(
        (overlays / "clinvar_20241215_PLP_2star.GRCh38.vcf.gz").read_bytes()
    ).decode()
    lines = text.splitlines(keepends=True)
    source = tmp_path / "clinvar.vcf"
    wanted = ("20", "X", "Y", "MT")
    source.write_text("".join(x for x in lines if x[0] == "#" or x.split("\t")[0] in wanted))
    chain = overlays / "chains" / "hg38ToHg19.over.chain.gz"
    output = tmp_path / "lifted.vcf"
    receipt = annotate(source, output, demo, Options(lift=str(chain)))
    assert verify(tmp_path / "lifted.receipt.json") == []
    records = [x.split("\t") for x in output.read_text().splitlines() if x[0] != "#"]
    assert len(records) == receipt.records_out == receipt.records_in - receipt.left_out
    infos = [info_of("\t".join(columns)) for columns in records]
    same = sum(
        (columns[2], info["CLNSIG"]) == (info.get("CLINVAR_ID"), info.get("CLINVAR_SIG"))
        for columns, info in zip(records, infos, strict=True)
    )
    (store,) = [s for s in demo.stores if s.name == "ClinVar"]
    assert same == receipt.annotated == store.about["records"]
    assert receipt.left_out == 0
