"""Random variants and the VCF files made of them: sites, a cohort, a database.

Shares as in human genomes: 85 % substitutions (two transitions to one transversion), 15 % short
insertions and deletions, two per cent of the sites with a second ALT.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from tests.bench.generate.sequence import EDGE, Bases

_TRANSITION = dict(zip("ACGTN", "GTACN", strict=True))
_OTHERS = {b: [x for x in "ACGT" if x not in (b, _TRANSITION[b])] for b in "ACGT"}
SAMPLES = 100
AN = 2 * SAMPLES


class Variant(NamedTuple):
    """One record; position is 0-based."""

    contig: int
    position: int
    ref: str
    alts: tuple[str, ...]
    allele_count: int


def draw(
    rng: np.random.Generator, contig: int, bases: Bases, positions: np.ndarray, multi: float
) -> list[Variant]:
    """Variants at sorted 0-based positions of one contig; ``multi`` is the share with two ALTs."""
    text = bases.tobytes().decode("ascii")
    n = len(positions)
    kinds = rng.random(n)
    lengths = np.minimum(rng.geometric(0.35, n), 50)
    longer = rng.random(n) < 0.02
    lengths[longer] = rng.integers(10, 50, int(longer.sum()))
    seconds = rng.random(n) < multi
    counts = rng.integers(1, AN, n)
    rare = rng.random(n) < 0.6
    counts[rare] = 1 + counts[rare] % 7
    noise = rng.integers(0, 1 << 62, n)
    columns = (positions, kinds, lengths, seconds, counts, noise)
    out: list[Variant] = []
    for p, kind, size, second, count, r in zip(*(c.tolist() for c in columns), strict=True):
        ref, alts = _alleles(text, p, kind, size, second, r)
        out.append(Variant(contig, p, ref, alts, count))
    return out


def _alleles(
    text: str, at: int, kind: float, size: int, second: bool, noise: int
) -> tuple[str, tuple[str, ...]]:
    """REF and ALTs of one record."""
    base = text[at]
    if kind >= 0.15:
        which = noise % 6
        first = _TRANSITION[base] if which < 4 else _OTHERS[base][which - 4]
        other = _OTHERS[base][0] if _OTHERS[base][0] != first else _OTHERS[base][1]
        return base, (first, other) if second else (first,)
    if kind < 0.0675:
        inserted = "".join("ACGT"[(noise >> (2 * (i % 30))) & 3] for i in range(size))
        first = base + inserted
        return base, (first, first + "A") if second else (first,)
    ref = text[at : at + size + 1]
    if not second:
        return ref, (base,)
    return ref, (base, ref + "T")


def somewhere(rng: np.random.Generator, length: int, n: int) -> np.ndarray:
    """n sorted positions on a contig, all different, away from its ends."""
    drawn = np.unique(rng.integers(EDGE + 100, length - EDGE - 100, int(n * 1.1) + 100))
    return np.sort(rng.permutation(drawn)[:n])


def within(rng: np.random.Generator, intervals: Sequence[tuple[int, int]], n: int) -> np.ndarray:
    """n sorted positions in half-open intervals, all different."""
    begins = np.array([s for s, _ in intervals])
    lengths = np.array([e - s for s, e in intervals])
    ends = np.cumsum(lengths)
    drawn = rng.integers(0, int(ends[-1]), int(n * 1.5) + 100)
    k = np.searchsorted(ends, drawn, side="right")
    unique = np.unique(begins[k] + drawn - (ends[k] - lengths[k]))
    return np.sort(rng.permutation(unique)[:n])


def header(contigs: Sequence[tuple[str, int]], samples: int = 0) -> str:
    """A VCF header for all files written here."""
    lines = ["##fileformat=VCFv4.2", '##FILTER=<ID=LowQual,Description="Low quality">']
    lines += [f"##contig=<ID={name},length={length}>" for name, length in contigs]
    kinds = (("AC", "A", "Integer"), ("AF", "A", "Float"), ("AN", "1", "Integer"))
    kinds += (("DP", "1", "Integer"), ("FS", "1", "Float"), ("MQ", "1", "Float"))
    kinds += (("QD", "1", "Float"), ("SOR", "1", "Float"))
    lines += [f'##INFO=<ID={i},Number={n},Type={t},Description="{i}">' for i, n, t in kinds]
    columns = "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO"
    if samples:
        kinds = (("GT", "1", "String"), ("DP", "1", "Integer"), ("GQ", "1", "Integer"))
        lines += [f'##FORMAT=<ID={i},Number={n},Type={t},Description="{i}">' for i, n, t in kinds]
        columns += "\tFORMAT\t" + "\t".join(f"S{i:03d}" for i in range(samples))
    return "\n".join([*lines, columns]) + "\n"


def write_sites(
    path: Path, contigs: Sequence[tuple[str, int]], variants: list[Variant], seed: int
) -> None:
    """Sites with the INFO that GATK writes."""
    with path.open("w") as out:
        out.write(header(contigs))
        out.writelines(f"{line}\n" for line in _site_lines(contigs, variants, seed))


def write_cohort(
    path: Path, contigs: Sequence[tuple[str, int]], variants: list[Variant], seed: int
) -> None:
    """Sites and phased genotypes with depth and quality of 100 samples."""
    rng = np.random.default_rng(seed)
    pool = [
        f"{gt}:{rng.integers(10, 60)}:{rng.integers(20, 99)}"
        for gt in ("0|0", "0|1", "1|0", "1|1")
        for _ in range(512)
    ]
    with path.open("w") as out:
        out.write(header(contigs, SAMPLES))
        for variant, line in zip(variants, _site_lines(contigs, variants, seed), strict=True):
            share = variant.allele_count / AN
            gt = 2 * (rng.random(SAMPLES) < share) + (rng.random(SAMPLES) < share)
            cells = (gt * 512 + rng.integers(0, 512, SAMPLES)).tolist()
            out.write(f"{line}\tGT:DP:GQ\t" + "\t".join([pool[c] for c in cells]) + "\n")


def _site_lines(
    contigs: Sequence[tuple[str, int]], variants: list[Variant], seed: int
) -> Iterator[str]:
    """The first eight columns."""
    drawn = np.random.default_rng(seed).integers(0, 1 << 62, len(variants)).tolist()
    for v, r in zip(variants, drawn, strict=True):
        ac = [v.allele_count, 1 + v.allele_count // 2][: len(v.alts)]
        yield (
            f"{contigs[v.contig][0]}\t{v.position + 1}\t.\t{v.ref}\t{','.join(v.alts)}\t"
            f"{30 + r % 3000}.{r % 97}\t{'LowQual' if r % 16 == 0 else 'PASS'}\t"
            f"AC={','.join(map(str, ac))};AF={','.join(f'{x / AN:.3f}' for x in ac)};AN={AN};"
            f"DP={500 + (r >> 12) % 4000};FS={(r >> 20) % 60}.{(r >> 26) % 1000};MQ=60.00;"
            f"QD={(r >> 36) % 35}.{(r >> 42) % 100};SOR=0.{(r >> 50) % 1000}"
        )


def write_database(
    path: Path, contigs: Sequence[tuple[str, int]], variants: list[Variant], seed: int
) -> None:
    """A database in the manner of dbSNP and gnomAD: one ALT per record, an rs number, AC, AF."""
    numbers = np.random.default_rng(seed).permutation(20 * len(variants))[: len(variants)].tolist()
    with path.open("w") as out:
        out.write(header(contigs))
        for v, number in zip(variants, numbers, strict=True):
            ac = 1 + (number * 7919) % (5000 if number % 8 else 152_312)
            out.write(
                f"{contigs[v.contig][0]}\t{v.position + 1}\trs{1_000_000 + number}\t{v.ref}\t"
                f"{v.alts[0]}\t.\tPASS\tAC={ac};AF={ac / 152_312:.6f};AN=152312\n"
            )
