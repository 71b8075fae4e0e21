"""Mutated bytes never end in a traceback, never lose a record in silence, never leave memory.

``make fuzz`` does the same for as long as one likes.
"""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.engine.conftest import ROOT
from tests.fuzz.mutation import mutate, packed
from tests.fuzz.targets import Annotation, read_and_judge

SEEDS = (
    (ROOT / "samples" / "famous_variants.vcf").read_bytes(),
    b'##fileformat=VCFv4.3\n##INFO=<ID=END,Number=1,Type=Integer,Description="e">\n'
    b'##FORMAT=<ID=AD,Number=R,Type=Integer,Description="d">\n'
    b"#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tA\tB\n"
    b"20\t4680251\t.\tA\tG,<DEL>,*\t.\t.\tEND=4680300;CSQ=old\tGT:AD\t0/1:1,2,3,4\t.|2\n"
    b"20\t57484420\tx\tCGTAA\tC,TGTAC\t9\tPASS\tDB;A=1\tGT:AD:PL\t1/2\t./.:.\n"
    b"MT\t3243\t.\tA\tN[20:5[,.A,]X:9]A\t.\t.\t.\tGT\t0\t1\n",
)


@pytest.fixture(scope="module")
def annotation() -> Annotation:
    """The engine as it is compiled for users."""
    return Annotation()


@settings(max_examples=400, deadline=None)
@given(seed=st.integers(min_value=0, max_value=2**32), which=st.sampled_from(SEEDS))
def test_mutated_files(seed: int, which: bytes, annotation: Annotation) -> None:
    rng = random.Random(seed)
    annotation(packed(mutate(which, rng), rng))


@settings(max_examples=400, deadline=None)
@given(seed=st.integers(min_value=0, max_value=2**32), which=st.sampled_from(SEEDS))
def test_mutated_files_are_judged(seed: int, which: bytes) -> None:
    rng = random.Random(seed)
    read_and_judge(packed(mutate(which, rng), rng))


@pytest.mark.slow
def test_no_kernel_leaves_its_memory(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.fuzz", "--seconds", "60", "--folder", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
