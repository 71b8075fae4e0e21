"""Reference sequence: FASTA in, sparse two-bit arrays out."""

from __future__ import annotations

import gzip
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import numpy.typing as npt

from anntools.kernels_v0.model import BASE, COMPLEMENT

Codes = npt.NDArray[np.uint8]


class FastaError(ValueError):
    """A FASTA file that cannot be read; the message says why."""


def read_fasta(path: Path) -> dict[str, Codes]:
    """Contig name -> base codes (A C G T other = 0 1 2 3 4). Holds the whole file in memory."""
    raw = path.read_bytes()
    data = gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw
    if not data.startswith(b">"):
        raise FastaError(f"{path.name}: a FASTA file begins with '>'")
    out: dict[str, Codes] = {}
    for record in data[1:].split(b"\n>"):
        head, _, body = record.partition(b"\n")
        letters = np.frombuffer(body, dtype=np.uint8)
        out[head.split()[0].decode()] = BASE[letters[letters > 32]]
    return out


def cdna_codes(sequence: Codes, exons: list[tuple[int, int]], strand: int) -> Codes:
    """Spliced sequence along the strand; bases beyond the known sequence are code 4."""
    parts = []
    for start, end in exons:
        part = sequence[start:end]
        if len(part) < end - start:
            part = np.concatenate([part, np.full(end - start - len(part), 4, dtype=np.uint8)])
        parts.append(part)
    spliced: Codes = np.concatenate(parts)
    return spliced if strand > 0 else COMPLEMENT[spliced[::-1]]


def pack_nibbles(codes: Codes) -> Codes:
    """Two base codes a byte, low nibble first."""
    if len(codes) % 2:
        codes = np.append(codes, np.uint8(4))
    packed: Codes = (codes[0::2] | codes[1::2] << 4).astype(np.uint8)
    return packed


def known_stretches(sequence: Codes, wanted: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """The parts of the wanted intervals whose bases are all A, C, G or T; sorted and disjoint."""
    mask = np.zeros(len(sequence) + 1, dtype=np.bool_)
    for start, end in wanted:
        mask[max(start, 0) : min(end, len(sequence))] = True
    mask[:-1] &= sequence < 4
    edges = np.flatnonzero(np.diff(mask.astype(np.int8), prepend=np.int8(0)))
    return [(int(a), int(b)) for a, b in edges.reshape(-1, 2)]


def pack_two_bits(sequence: Codes, stretches: list[tuple[int, int]]) -> Codes:
    """The stretches' bases one after the other, four a byte, lowest bits first."""
    if not stretches:
        return np.zeros(0, dtype=np.uint8)
    codes = np.concatenate([sequence[a:b] for a, b in stretches])
    codes = np.append(codes, np.zeros(-len(codes) % 4, dtype=np.uint8)).reshape(-1, 4)
    shifted = codes << np.array([0, 2, 4, 6], dtype=np.uint8)
    packed: Codes = np.bitwise_or.reduce(shifted, axis=1).astype(np.uint8)
    return packed
