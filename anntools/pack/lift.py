"""Lifting intervals from one assembly to another through a UCSC chain file."""

from __future__ import annotations

import bisect
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path

from anntools.pack.textfile import chunks


class ChainError(ValueError):
    """A file that is not a chain file; the message says where and why."""


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


def read_chains(path: Path, contigs: Collection[str] | None = None) -> dict[str, list[Chain]]:
    """Chains of the wanted source contigs (None: all), best score first (the order of the file).

    Raises ChainError.
    """
    out: dict[str, list[Chain]] = defaultdict(list)
    chain: Chain | None = None
    at = to = number = 0
    for chunk in chunks(path):
        for line in chunk.split(b"\n")[:-1]:
            number += 1
            words = line.split()
            if not words or words[0].startswith(b"#"):
                continue
            try:
                if words[0] == b"chain":
                    source, target = words[2].decode(), words[7].decode()
                    chain = Chain(source, target, int(words[8]), words[9] == b"+")
                    at, to = int(words[5]), int(words[10])
                    if contigs is None or source in contigs:
                        out[source].append(chain)
                    else:
                        chain = None
                elif chain is not None:
                    size = int(words[0])
                    chain.starts.append(at)
                    chain.blocks.append((at, at + size, to))
                    if len(words) == 3:
                        at += size + int(words[1])
                        to += size + int(words[2])
            except (ValueError, IndexError):
                raise ChainError(
                    f"{path.name}, line {number}: not a line of a chain file"
                ) from None
    if not out and contigs is None:
        raise ChainError(f"{path.name}: no chain in it")
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
