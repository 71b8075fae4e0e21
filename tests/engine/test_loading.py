"""The compiled kernels are loaded in two ways, and both are the same kernels."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from anntools import Options, Pack, annotate
from anntools.compiled import object_file
from anntools.machine_code import link

Write = Callable[..., Path]
RECORDS = [
    "20\t4680251\t.\tA\tG\t.\t.\t.",
    "20\t4680251\t.\tA\tACTG\t.\t.\t.",
    "MT\t3243\t.\tA\tG\t.\t.\t.",
]


@pytest.mark.parametrize("kept", [("kernels.o",), ("kernels.o", "kernels.so")])
def test_with_and_without_a_library(
    tmp_path: Path, write_vcf: Write, demo: Pack, kept: tuple[str, ...]
) -> None:
    source = write_vcf(*RECORDS)
    annotate(source, tmp_path / "here.vcf", demo, Options(sign=False))
    compiled = object_file()
    folder = tmp_path / "cache" / compiled.parent.name
    folder.mkdir(parents=True)
    for name in kept:
        shutil.copy(compiled.with_name(name), folder)
    command = [sys.executable, "-m", "anntools", "annotate", str(source), "--no-sign", "--quiet"]
    command += ["-o", str(tmp_path / "there.vcf")]
    environment = os.environ | {"ANNTOOLS_CACHE": str(tmp_path / "cache")}
    subprocess.run(command, env=environment, check=True)
    assert sorted(p.name for p in folder.iterdir()) == sorted(kept)  # nothing was compiled
    assert (tmp_path / "there.vcf").read_bytes() == (tmp_path / "here.vcf").read_bytes()


def test_without_a_linker_there_is_no_library(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    assert not link(object_file(), tmp_path / "kernels.so")
    assert not list(tmp_path.iterdir())
