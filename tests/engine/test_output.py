"""What we write is what other tools read."""

from __future__ import annotations

import json
from pathlib import Path

import pysam
import pytest

from anntools import Options, Pack, annotate, outputs_in, read_receipt, verify
from anntools.labels import CSQ_FIELDS
from tests.engine.conftest import ROOT

SAMPLE = ROOT / "samples" / "famous_variants.vcf"


@pytest.fixture(scope="module")
def folder(demo: Pack, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Results of the sample."""
    out = tmp_path_factory.mktemp("out")
    annotate(SAMPLE, outputs_in(out, "famous"), demo)
    return out


def test_four_files_and_nothing_else(folder: Path) -> None:
    assert sorted(p.name for p in folder.iterdir() if p.suffix != ".tbi") == [
        "famous.annot.vcf.gz",
        "famous.receipt.json",
        "famous.summary.json",
        "famous.vcf.count.log",
    ]


def test_htslib_reads_header_records_and_makes_an_index(folder: Path) -> None:
    path = str(folder / "famous.annot.vcf.gz")
    with pysam.VariantFile(path) as vcf:
        described = vcf.header.info["CSQ"].description
        assert described.rpartition("Format: ")[2].split("|") == list(CSQ_FIELDS)
        records = list(vcf)
        assert len(records) == 56
        for record in records:
            assert len(record.info["positionType"]) == len(record.alts or ())
            for entry in record.info["CSQ"]:
                assert entry.count("|") == len(CSQ_FIELDS) - 1
            assert set(record.info.keys()) <= set(vcf.header.info.keys())
    pysam.tabix_index(path, preset="vcf", force=True)
    with pysam.VariantFile(path) as vcf:
        found = list(vcf.fetch("MT", 3242, 3243))
        assert [r.id for r in found] == ["rs199474657"]
    assert (folder / "famous.annot.vcf.gz").read_bytes().endswith(b"\x03\0" + bytes(8))


def test_receipt_log_and_summary_tell_the_same(folder: Path) -> None:
    receipt = read_receipt(folder / "famous.receipt.json")
    summary = json.loads((folder / "famous.summary.json").read_text())
    log = (folder / "famous.vcf.count.log").read_text()
    assert receipt.records_in == receipt.annotated == summary["records"] == 56
    assert sum(summary["impact"].values()) == summary["alleles"] == 56
    assert sum(summary["position_class"].values()) == 56
    assert sum(summary["contigs"].values()) == 56
    assert summary["transitions"] + summary["transversions"] == summary["variant_kinds"]["snv"]
    assert log.startswith("All isoforms were counted")
    assert "Total: 56" in log
    assert receipt.pack_id in log
    # Not one of the famous variants lies outside all genes, however many transcripts it is near.
    assert "In interGenic: 0\n" in log
    assert sum(summary["exact_classes"]["ClinVar"].values()) == summary["exact"]["ClinVar"]


def test_verify_finds_a_changed_file(folder: Path, tmp_path: Path) -> None:
    for path in folder.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    receipt = tmp_path / "famous.receipt.json"
    assert verify(receipt) == []
    (tmp_path / "famous.summary.json").write_text("{}")
    (tmp_path / "famous.annot.vcf.gz").unlink()
    assert verify(receipt) == [
        "famous.annot.vcf.gz is missing",
        "famous.summary.json has changed since the run",
    ]


def test_classic_keys(demo: Pack, tmp_path: Path) -> None:
    out = tmp_path / "classic.annot.vcf"
    annotate(SAMPLE, out, demo, Options(format="classic"))
    with pysam.VariantFile(str(out)) as vcf:
        records = {(r.chrom, r.pos): r for r in vcf}
    prnp = records["20", 4680398].info
    assert "CSQ" not in prnp
    assert prnp["name2"] == ("PRNP",)
    assert prnp["positionType"] == ("CDS",)
    assert prnp["referenceCodon"] == ("GAC",)
    assert (prnp["referenceAA"], prnp["variantAA"]) == (("D",), ("N",))
    assert prnp["changesAA"] == ("true",)
    assert records["Y", 22739367].info["name2"] == ("EIF1AY",)  # in an intron
    assert records["Y", 14847792].info["positionType"] == ("intron",)
    again = tmp_path / "again.annot.vcf"
    annotate(out, again, demo, Options(format="classic"))
    assert again.read_bytes() == out.read_bytes()
