"""How fast the engine is here and now: `python -m tests.bench.engine [VCF]`.

Prints seconds; nothing is asserted. Without an argument the sample of the repository is repeated
to 20,000 records.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "samples" / "famous_variants.vcf"


def repeated(path: Path, records: int) -> Path:
    """The sample's records over and over."""
    lines = SAMPLE.read_text(encoding="utf-8").splitlines(keepends=True)
    body = [x for x in lines if not x.startswith("#")]
    with path.open("w", encoding="utf-8") as out:
        out.writelines(x for x in lines if x.startswith("#"))
        for i in range(records):
            out.write(body[i % len(body)])
    return path


def command(source: Path, out: Path, cache: Path, *more: str) -> tuple[float, int]:
    """Seconds and peak memory (KiB, of all children so far) of one run of the command."""
    began = time.monotonic()
    subprocess.run(
        [
            sys.executable,
            "-m",
            "anntools",
            "annotate",
            str(source),
            "--output-dir",
            str(out),
            *more,
        ],
        check=True,
        stdout=subprocess.DEVNULL,
        env=os.environ | {"ANNTOOLS_CACHE": str(cache)},
        cwd=ROOT,
    )
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    return time.monotonic() - began, peak


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder:
        here = Path(folder)
        thousand = repeated(here / "thousand.vcf", 1000)
        rows = [("1,000 records, kernels not compiled", command(thousand, here, here / "cache"))]
        rows += [("1,000 records", command(thousand, here, here / "cache"))]
        big = Path(sys.argv[1]) if len(sys.argv) > 1 else repeated(here / "big.vcf", 20_000)
        rows += [(big.name, command(big, here, here / "cache"))]
        rows += [(f"{big.name}, 2 threads", command(big, here, here / "cache", "--threads", "2"))]
        for label, (seconds, peak) in rows:
            sys.stdout.write(f"{seconds:8.2f} s  peak {peak // 1024:4} MiB  {label}\n")


if __name__ == "__main__":
    main()
