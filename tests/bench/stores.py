"""How long an exact store takes to build, and how much memory and disk: from a seed, at any size.

    python -m tests.bench.stores --pack DIR [--records 100000000] [--folder build/bench-data/stores]

The pack gives the contigs (a human-scale one is in build/bench-data after `make bench`). The VCF is
made once: names like dbSNP's, a class and a frequency, nine of ten alleles a SNV.
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from anntools.pack import Pack, open_pack
from anntools.pack.model import model_block
from anntools.pack.open_overlays import contig_names
from anntools.pack.overlay_spec import parse_overlay
from anntools.pack.overlays import Place, write_overlay

SEED = 20261121
STEP = 500_000
HEADER = (
    "##fileformat=VCFv4.2\n"
    '##INFO=<ID=VC,Number=1,Type=String,Description="Class">\n'
    '##INFO=<ID=FREQ,Number=A,Type=Float,Description="Frequency">\n'
    "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
)


def lines(contigs: list[tuple[str, int]], records: int) -> Iterator[str]:
    """The text of the VCF in pieces, sorted."""
    rng = np.random.default_rng(SEED)
    bases = sum(length for _, length in contigs)
    for name, length in contigs:
        places = np.sort(rng.integers(100, max(101, length - 100), records * length // bases))
        for at in range(0, len(places), STEP):
            yield "".join(_rows(name, places[at : at + STEP], rng))


def _rows(name: str, places: np.ndarray, rng: np.random.Generator) -> Iterator[str]:
    count = len(places)
    first = rng.integers(0, 4, count)
    second = (first + rng.integers(1, 4, count)) % 4
    columns = (
        places.tolist(),
        rng.integers(1, 2_000_000_000, count).tolist(),
        first.tolist(),
        second.tolist(),
        rng.integers(0, 20, count).tolist(),
        rng.integers(0, 10_000, count).tolist(),
    )
    for pos, number, a, b, kind, frequency in zip(*columns, strict=True):
        old, new = "ACGT"[a], "ACGT"[b]
        ref, alt, word = (old, new, "SNV") if kind < 18 else (old + new + old, old, "DEL")
        ref, alt, word = (old, old + new, "INS") if kind == 19 else (ref, alt, word)
        info = f"VC={word};FREQ=0.{frequency:04d}"
        yield f"{name}\t{pos}\trs{number}\t{ref}\t{alt}\t.\t.\t{info}\n"


def build(pack: Pack, source: Path, folder: Path) -> dict[str, float]:
    """Build the store; seconds, CPU seconds, peak memory in MB, bytes per record."""
    shutil.rmtree(folder / "store", ignore_errors=True)
    lengths = [int(c["length"]) for c in pack.manifest.contigs]
    place = Place(model_block(pack.arrays), lengths, contig_names(pack), pack.manifest.genes)
    began, cpu = time.perf_counter(), time.process_time()
    about = write_overlay(parse_overlay(f"dbSNP={source}:ID,VC,FREQ"), place, folder / "store")
    size = sum(path.stat().st_size for path in (folder / "store").iterdir())
    return {
        "records": about["records"],
        "seconds": round(time.perf_counter() - began, 1),
        "cpu_seconds": round(time.process_time() - cpu, 1),
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "bytes_per_record": round(size / max(1, about["records"]), 1),
    }


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--pack", required=True)
    parser.add_argument("--records", type=int, default=10_000_000)
    parser.add_argument("--folder", type=Path, default=Path("build/bench-data/stores"))
    parser.add_argument("--source", type=Path, help="build from this VCF, made before")
    arguments = parser.parse_args()
    pack = open_pack(arguments.pack)
    source = arguments.source or arguments.folder / f"{arguments.records}.vcf"
    if not source.exists():
        source.parent.mkdir(parents=True, exist_ok=True)
        contigs = [(str(c["name"]), int(c["length"])) for c in pack.manifest.contigs]
        with source.open("w") as out:
            out.write(HEADER)
            out.writelines(lines(contigs, arguments.records))
    if not arguments.source:  # a process of its own, whose memory is not that of making the text
        again = [sys.executable, "-m", "tests.bench.stores", *sys.argv[1:], "--source", str(source)]
        raise SystemExit(subprocess.run(again, check=False).returncode)
    json.dump(build(pack, source, arguments.folder), sys.stdout)
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()
