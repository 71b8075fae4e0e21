"""The command as other programs call it: exit codes, progress lines, JSON."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from anntools.names import outputs_for, stem
from tests.engine.conftest import ROOT, SHARED

SAMPLE = ROOT / "samples" / "famous_variants.vcf"


def anntools(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run the command."""
    command = [sys.executable, "-m", "anntools", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)


def test_done_with_progress_lines_and_receipt(tmp_path: Path) -> None:
    done = anntools(
        "annotate", SAMPLE, "--output-dir", tmp_path, "--name", "Æ 1", "--progress-json", "--json"
    )
    assert done.returncode == 0, done.stderr
    receipt = json.loads(done.stdout)
    assert receipt["records_in"] == 56
    lines = [json.loads(x) for x in done.stderr.splitlines()]
    assert set(lines[0]) == {"records_done", "bytes_done", "bytes_total", "percent"}
    assert (lines[-1]["records_done"], lines[-1]["percent"]) == (56, 100.0)
    assert (tmp_path / "Æ 1.annot.vcf.gz").is_file()
    assert anntools("verify", tmp_path / "Æ 1.receipt.json").returncode == 0


def test_refused_with_a_problem_as_json(tmp_path: Path) -> None:
    bad = tmp_path / "bad.vcf"
    bad.write_text("hello\n")
    done = anntools("annotate", bad, "--output-dir", tmp_path, "--json")
    assert done.returncode == 3
    problem = json.loads(done.stdout)["problem"]
    assert set(problem) == {
        *("code", "message", "file", "line", "column", "found", "expected", "remedy", "rule")
    }
    assert problem["code"] == "not_a_vcf"
    words = anntools("annotate", bad, "--output-dir", tmp_path)
    assert words.returncode == 3
    assert words.stderr.startswith("Error: bad.vcf, line 1")


@pytest.mark.parametrize(
    "arguments",
    [
        ("annotate",),
        ("annotate", SAMPLE),
        ("annotate", SAMPLE, "-o", "x.vcf", "--output-dir", "y"),
        ("annotate", SAMPLE, "-o", "/tmp/never.vcf", "--pack", "nowhere"),
        ("annotate", SAMPLE, "--output-dir", "/tmp", "--name", "../x"),
        ("annotate", "no such file", "-o", "/tmp/never.vcf"),
        ("annotate", SAMPLE, "-o", "/tmp/never.vcf", "--format", "xml"),
        ("verify", SAMPLE),
        ("nonsense",),
    ],
)
def test_wrong_usage_is_2(arguments: tuple[str, ...]) -> None:
    done = anntools(*arguments)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_strict_exit_codes(tmp_path: Path, write_vcf: Callable[..., Path]) -> None:
    valid = write_vcf("20\t1000\t.\tA\t*\t.\t.\t.", "20\t4680251\t.\tA\tG\t.\t.\t.")
    assert anntools("annotate", valid, "-o", tmp_path / "a.vcf").returncode == 0
    assert anntools("annotate", valid, "-o", tmp_path / "a.vcf", "--strict").returncode == 4
    bad = write_vcf("20\tx\t.\tA\tG\t.\t.\t.", name="bad.vcf")
    assert anntools("annotate", bad, "-o", tmp_path / "b.vcf", "--strict").returncode == 3


def test_reference_list_names_the_demo_pack() -> None:
    done = anntools("reference", "list", "--json")
    assert done.returncode == 0
    assert "demo" in [row["name"] for row in json.loads(done.stdout)]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a.vcf", "a"),
        ("vcf.vcf", "vcf"),
        ("a.vcf.gz", "a"),
        ("A.VCF.GZ", "A"),
        ("a.vcf.bgz", "a"),
        ("a.bcf", "a"),
        ("a.gz", "a"),
        ("a.b.c", "a.b.c"),
        ("fvc.vcf", "fvc"),
        (".vcf", ".vcf"),
    ],
)
def test_stem(name: str, expected: str) -> None:
    assert stem(name) == expected


def test_companions_have_the_name_without_annot() -> None:
    assert outputs_for(Path("d/x.annot.vcf.gz")).log == Path("d/x.vcf.count.log")
    assert outputs_for(Path("d/x.vcf")).receipt == Path("d/x.receipt.json")


@pytest.mark.skipif(not SHARED.is_dir(), reason=f"the shared test data is not at {SHARED}")
def test_reference_build_and_annotate_with_overlays(tmp_path: Path) -> None:
    case = SHARED / "truth" / "vep115" / "genes" / "ENST00000409523"
    known = tmp_path / "known.vcf"
    known.write_text("##x\n2\t10232\tk1\tA\tC,G\t.\t.\tAF=0.1,0.2;S=a b\n")
    region = tmp_path / "region.bed"
    region.write_text("2\t10000\t10300\tone\n2\t10200\t10400\ttwo\n")
    pack = tmp_path / "pack"
    options = ("--overlay", f"known={known}:AF,S", "--overlay", f"region={region}")
    built = anntools(
        *("reference", "build", "--fasta", case / "g.fa", "--genes", case / "g.gff.gz"),
        *("-o", pack, *options),
    )
    assert built.returncode == 0, built.stderr
    source = tmp_path / "in.vcf"
    source.write_text(
        "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
        "2\t10232\t.\tA\tT,G\t.\t.\t.\n"
    )
    done = anntools("annotate", source, "-o", tmp_path / "out.vcf", "--pack", pack)
    assert done.returncode == 0, done.stderr
    line = (tmp_path / "out.vcf").read_text().splitlines()[-1]
    assert ";known_AF=.,0.2;known_S=.,a%20b;region=one,two" in line
