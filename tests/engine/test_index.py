"""The index of the output: other tools find records by it; what cannot have one says so."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pysam
import pytest

from anntools import Options, Pack, UsageProblem, annotate, verify
from tests.engine.conftest import ROOT
from tests.engine.small_packs import small_pack
from tests.engine.test_cli import anntools

SAMPLE = ROOT / "samples" / "famous_variants.vcf"


def test_records_are_found_by_the_index(tmp_path: Path) -> None:
    output = tmp_path / "famous.annot.vcf.gz"
    done = anntools("annotate", SAMPLE, "-o", output, "--index")
    assert done.returncode == 0, done.stderr
    with pysam.VariantFile(str(output)) as vcf:
        (found,) = vcf.fetch("20", 4680250, 4680251)
        assert (found.pos, found.ref, found.alts) == (4680251, "A", ("G",))
        assert "CSQ" in found.info
    assert verify(tmp_path / "famous.receipt.json") == []
    (tmp_path / "famous.annot.vcf.gz.tbi").write_bytes(b"other")
    assert verify(tmp_path / "famous.receipt.json") == [
        "famous.annot.vcf.gz.tbi has changed since the run"
    ]


def test_no_index_unless_asked_and_none_of_another_file(demo: Pack, tmp_path: Path) -> None:
    output = tmp_path / "x.vcf.gz"
    receipt = annotate(SAMPLE, output, demo, Options(index=True))
    assert [f.name for f in receipt.files] == ["x.vcf.gz.tbi", "x.vcf.count.log", "x.summary.json"]
    annotate(SAMPLE, output, demo, Options())
    assert not list(tmp_path.glob("*.tbi"))


def test_records_out_of_order_have_none(
    demo: Pack, write_vcf: Callable[..., Path], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    source = write_vcf("20\t4680251\t.\tA\tG\t.\t.\t.", "20\t4680000\t.\tN\tG\t.\t.\t.")
    receipt = annotate(source, tmp_path / "out.vcf.gz", demo, Options(index=True))
    assert (receipt.records_in, receipt.records_out) == (2, 2)
    assert "not indexed" in receipt.warnings[-1]
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        *("in.vcf", "out.receipt.json", "out.summary.json", "out.vcf.count.log", "out.vcf.gz")
    ]
    assert capfd.readouterr() == ("", "")
    assert verify(tmp_path / "out.receipt.json") == []


@pytest.mark.parametrize("output", ["out.vcf", "-"])
def test_text_cannot_have_one(demo: Pack, tmp_path: Path, output: str) -> None:
    target = output if output == "-" else tmp_path / output
    with pytest.raises(UsageProblem, match="Only a compressed file"):
        annotate(SAMPLE, target, demo, Options(index=True))
    assert not list(tmp_path.iterdir())


def test_a_contig_that_is_too_long_for_a_tbi(
    write_vcf: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("anntools.indexing._TBI_LONGEST", 250)
    pack = small_pack(tmp_path / "pack", {"1": "ACGTTGCAACGGT" * 20})
    source = write_vcf("1\t5\t.\tT\tG\t.\t.\t.", "1\t250\t.\tN\tG\t.\t.\t.")
    receipt = annotate(source, tmp_path / "out.vcf.gz", pack, Options(index=True))
    assert receipt.files[0].name == "out.vcf.gz.csi"
    with pysam.VariantFile(str(tmp_path / "out.vcf.gz")) as vcf:
        assert [r.pos for r in vcf.fetch("1", 200, 260)] == [250]
