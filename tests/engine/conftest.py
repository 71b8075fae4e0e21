"""What the engine's tests share: the demo pack, small VCFs, and the shared truth data."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from anntools import Pack, open_pack

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared" / "data"
HEADER = "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"


@pytest.fixture(scope="session")
def demo() -> Pack:
    """The shipped demo pack."""
    return open_pack("demo")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The shared data beside the repository; required in CI, else the test is skipped."""
    if not SHARED.is_dir():
        if os.environ.get("CI") == "true":
            pytest.fail(f"{SHARED} is not there; CI needs it")
        pytest.skip(f"the shared test data is not at {SHARED}")
    return SHARED


@pytest.fixture
def write_vcf(tmp_path: Path) -> Callable[..., Path]:
    """Write records (without header) as a VCF file."""

    def write(*records: str, name: str = "in.vcf", header: str = HEADER) -> Path:
        path = tmp_path / name
        path.write_text(header + "".join(f"{r}\n" for r in records), encoding="utf-8")
        return path

    return write


def info_of(line: str) -> dict[str, str]:
    """INFO of a record line."""
    return dict(part.partition("=")[::2] for part in line.split("\t")[7].split(";"))
