"""``anntools check``: every fault is told, nothing is written."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from anntools.checking import check
from tests.engine.conftest import ROOT

GOOD = "20\t4680251\trs1799990\tA\tG\t.\t.\tDP=7"
ODD = "20\t4680252\trs 1\tT\tC\t-3\t.\tDP=x"
WRONG = "20\t4680253\t.\tN\tZ\t.\t.\t."
ELSEWHERE = "20\t4680254\t.\tA\tC\t.\t.\t."  # the reference has G


def test_rules_without_a_pack(write_vcf: Callable[..., Path]) -> None:
    found = check(str(write_vcf(GOOD, ODD, WRONG, ELSEWHERE)))
    assert (found.records, found.annotated) == (4, None)
    assert found.faults == {
        **{"bad_id": 1, "bad_quality": 1, "wrong_type": 1},
        "bad_alternate_allele": 1,
    }
    assert [p.line for p in found.problems] == [4, 4, 4, 5]
    assert found.lines()[-1] == "Faults: 4."


def test_reference_with_a_pack(write_vcf: Callable[..., Path]) -> None:
    found = check(str(write_vcf(GOOD, ODD, WRONG, ELSEWHERE)), "demo")
    assert found.annotated == 2
    assert found.skipped == {"bad_alternate_allele": 1, "reference_mismatch": 1}
    assert (found.errors, len(found.problems)) == (5, 5)
    assert [p.code for p in found.problems[-2:]] == ["bad_alternate_allele", "reference_mismatch"]


def test_only_the_first_are_listed(write_vcf: Callable[..., Path]) -> None:
    found = check(str(write_vcf(*[WRONG] * 20)), listed=3)
    assert (found.errors, len(found.problems)) == (20, 3)
    assert "... and 17 more" in found.lines()


def test_the_command(write_vcf: Callable[..., Path], tmp_path: Path) -> None:
    def run(*arguments: str | Path, data: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        command = [sys.executable, "-m", "anntools", "check", *map(str, arguments)]
        return subprocess.run(command, input=data, capture_output=True, cwd=ROOT, check=False)

    right, wrong = write_vcf(GOOD), write_vcf(WRONG, name="wrong.vcf")
    assert run(right).returncode == 0
    done = run(wrong, "--json")
    assert done.returncode == 3
    assert json.loads(done.stdout)["problems"][0]["rule"] == "VCF 4.2, 1.4.1"
    assert run("-", data=wrong.read_bytes()).returncode == 3
    assert run(tmp_path / "none.vcf").returncode == 2
    assert run("-", "--pack", "demo").returncode == 2
