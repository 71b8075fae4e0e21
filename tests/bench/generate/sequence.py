"""Random sequence with open reading frames, written as FASTA.

Sequence is a uint8 array of ASCII codes, one per base.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tests.bench.generate.genes import Gene, Transcript

Bases = np.ndarray[tuple[int], np.dtype[np.uint8]]
WINDOW = 1_000_000  # bases with the same share of G and C
EDGE = 10_000  # N at both ends
_BASES = np.frombuffer(b"ATGC", dtype=np.uint8)
_COMPLEMENT = np.zeros(256, np.uint8)
_COMPLEMENT[list(b"ACGTN")] = list(b"TGCAN")
LINE = 60


def random_contig(rng: np.random.Generator, length: int) -> Bases:
    """A contig; the share of G and C changes from window to window around 41 %."""
    out = np.empty(length, np.uint8)
    for at in range(0, length, WINDOW):
        n = min(WINDOW, length - at)
        gc = float(np.clip(rng.normal(0.41, 0.06), 0.3, 0.6))
        drawn = rng.integers(0, 256, n, dtype=np.uint8)
        bit = drawn & 1
        out[at : at + n] = _BASES[bit + 2 * ((drawn >> 1) < gc * 128)]
    out[:EDGE] = out[-EDGE:] = ord("N")
    return out


def coding_positions(transcript: Transcript, strand: str) -> np.ndarray:
    """Genomic positions of the CDS in the direction of translation."""
    assert transcript.coding
    a, b = transcript.coding
    parts = [np.arange(max(s, a), min(e, b)) for s, e in transcript.exons if s < b and e > a]
    together = np.concatenate(parts)
    return together if strand == "+" else together[::-1]


def open_frames(bases: Bases, genes: list[Gene], rounds: int = 3) -> None:
    """Put a start, a stop and no other stop into every coding transcript (in place).

    Genes overlap, so one transcript may spoil another: what is left after the rounds stays.
    """
    for _ in range(rounds):
        for gene in genes:
            seen: set[tuple[object, ...]] = set()
            for transcript in gene.transcripts:
                if transcript.coding is None:
                    continue
                a, b = transcript.coding
                key = tuple(x for x in transcript.exons if x[0] < b and x[1] > a)
                if (key[0][1], key[1:-1], key[-1][0]) not in seen:
                    seen.add((key[0][1], key[1:-1], key[-1][0]))
                    _open(bases, coding_positions(transcript, gene.strand), gene.strand)


def _open(bases: Bases, positions: np.ndarray, strand: str) -> None:
    positions = positions[: len(positions) // 3 * 3]
    codons = bases[positions] if strand == "+" else _COMPLEMENT[bases[positions]]
    codons = codons.reshape(-1, 3).copy()
    first, second, third = codons[:, 0], codons[:, 1], codons[:, 2]
    stops = (first == ord("T")) & (
        ((second == ord("A")) & ((third == ord("A")) | (third == ord("G"))))
        | ((second == ord("G")) & (third == ord("A")))
    )
    codons[stops, 0] = ord("C")
    codons[0] = list(b"ATG")
    codons[-1] = list(b"TGA")
    flat = codons.reshape(-1)
    bases[positions] = flat if strand == "+" else _COMPLEMENT[flat]


def append_fasta(path: Path, name: str, bases: Bases) -> None:
    """Add one contig to a FASTA and its line to the .fai beside it."""
    whole = len(bases) // LINE * LINE
    rows = np.empty((whole // LINE, LINE + 1), np.uint8)
    rows[:, :LINE] = bases[:whole].reshape(-1, LINE)
    rows[:, LINE] = ord("\n")
    with path.open("ab") as out:
        out.write(f">{name}\n".encode())
        begin = out.tell()
        rows.tofile(out)
        if whole < len(bases):
            out.write(bases[whole:].tobytes() + b"\n")
    with Path(f"{path}.fai").open("a") as index:
        index.write(f"{name}\t{len(bases)}\t{begin}\t{LINE}\t{LINE + 1}\n")
