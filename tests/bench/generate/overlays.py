"""Databases to look variants up in: three of exact alleles, five of intervals."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from tests.bench.generate.variants import Variant, header, write_database

# name: intervals per million bases, median length, as in the human tables of that name
INTERVALS = {
    "bands": (0.3, 3_000_000.0),
    "islands": (10.0, 700.0),
    "duplications": (17.0, 4_000.0),
    "copies": (30.0, 20_000.0),
    "factors": (1_500.0, 250.0),
}
_DISEASES = ("Cardiomyopathy", "Retinitis_pigmentosa", "Lynch_syndrome", "not_provided")
_CLASSES = ("Pathogenic", "Likely_pathogenic", "Uncertain_significance", "Likely_benign", "Benign")


def write_all(
    folder: Path,
    contigs: Sequence[tuple[str, int]],
    known: list[Variant],
    rng: np.random.Generator,
    seed: int,
) -> list[str]:
    """Write all; returns the names of the VCF files."""
    write_database(folder / "database.vcf", contigs, known, seed)
    some = [v for v, p in zip(known, rng.random(len(known)).tolist(), strict=True) if p < 0.2]
    write_database(folder / "frequencies.vcf", contigs, some, seed + 1)
    few = [v for v, p in zip(some, rng.random(len(some)).tolist(), strict=True) if p < 0.2]
    _write_clinical(folder / "clinical.vcf", contigs, few, rng)
    for name, (density, median) in INTERVALS.items():
        _write_intervals(folder / f"{name}.bed", contigs, density, median, rng)
    return ["database.vcf", "frequencies.vcf", "clinical.vcf"]


def _write_clinical(
    path: Path, contigs: Sequence[tuple[str, int]], few: list[Variant], rng: np.random.Generator
) -> None:
    drawn = rng.integers(0, 1 << 30, len(few)).tolist()
    top, columns = header(contigs).rsplit("#CHROM", 1)
    top += '##INFO=<ID=CLNSIG,Number=.,Type=String,Description="Significance">\n'
    top += '##INFO=<ID=CLNDN,Number=.,Type=String,Description="Disease">\n'
    with path.open("w") as out:
        out.write(f"{top}#CHROM{columns}")
        for i, (v, r) in enumerate(zip(few, drawn, strict=True)):
            out.write(
                f"{contigs[v.contig][0]}\t{v.position + 1}\t{10_000 + i}\t{v.ref}\t{v.alts[0]}"
                f"\t.\t.\tCLNSIG={_CLASSES[r % 5]};CLNDN={_DISEASES[(r >> 4) % 4]}\n"
            )


def _write_intervals(
    path: Path,
    contigs: Sequence[tuple[str, int]],
    density: float,
    median: float,
    rng: np.random.Generator,
) -> None:
    with path.open("w") as out:
        for name, length in contigs:
            n = max(1, round(density * length / 1_000_000))
            begins = np.sort(rng.integers(0, length - 1, n)).tolist()
            lengths = np.exp(rng.normal(np.log(median), 0.7, n)).astype(int).tolist()
            for i, (begin, size) in enumerate(zip(begins, lengths, strict=True)):
                out.write(f"{name}\t{begin}\t{min(length, begin + 1 + size)}\t{path.stem}_{i}\n")
