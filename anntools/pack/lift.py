"""Lifting intervals from one assembly to another through a UCSC chain file."""

from __future__ import annotations

import bisect
import gzip
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(slots=True)
class Chain:
    """One chain: ungapped blocks (source start, source end, target start), both on plus strand.

    For a chain on the target's minus strand the target coordinates are counted from its end.
    """

    source: str
    target: str
    target_size: int
    plus: bool
    starts: list[int] = field(default_factory=list)
    blocks: list[tuple[int, int, int]] = field(default_factory=list)

    def lift(self, start: int, end: int) -> tuple[int, int] | None:
        """The interval on the target, if it lies in one block; plus-strand coordinates."""
        i = bisect.bisect_right(self.starts, start) - 1
        if i < 0 or end > self.blocks[i][1]:
            return None
        a = self.blocks[i][2] + start - self.blocks[i][0]
        b = a + end - start
        return (a, b) if self.plus else (self.target_size - b, self.target_size - a)


def read_chains(path: Path, contigs: Collection[str]) -> dict[str, list[Chain]]:
    """Chains of the wanted source contigs, best score first (the order of the file)."""
    out: dict[str, list[Chain]] = defaultdict(list)
    chain: Chain | None = None
    at = to = 0
    with gzip.open(path, "rt") as handle:
        for line in handle:
            words = line.split()
            if words and words[0] == "chain":
                chain = Chain(words[2], words[7], int(words[8]), words[9] == "+")
                at, to = int(words[5]), int(words[10])
                if chain.source not in contigs:
                    chain = None
                else:
                    out[chain.source].append(chain)
            elif words and chain is not None:
                size = int(words[0])
                chain.starts.append(at)
                chain.blocks.append((at, at + size, to))
                if len(words) == 3:
                    at += size + int(words[1])
                    to += size + int(words[2])
    return out


def lift_all(
    chains: list[Chain], parts: list[tuple[int, int]]
) -> tuple[str, bool, list[tuple[int, int]]] | None:
    """All parts through the first chain that takes every one of them whole.

    Returns (target contig, same strand, parts in target order), or None.
    """
    for chain in chains:
        lifted = [chain.lift(a, b) for a, b in parts]
        whole = [part for part in lifted if part is not None]
        if len(whole) == len(parts):
            return chain.target, chain.plus, sorted(whole)
    return None
