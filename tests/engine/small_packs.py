"""Packs of a few thousand bases, made in a moment, for tests of stores and overlays."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np

from anntools.pack import Pack, open_pack
from anntools.pack.build import Contig, PackInput, build_pack
from anntools.pack.transcripts import Transcript


def repetitive(rng: random.Random, length: int) -> str:
    """Bases full of short repeats, in which indels can be written in many ways."""
    out = ""
    while len(out) < length:
        out += "".join(rng.choices("ACGT", k=rng.randint(1, 4))) * rng.randint(1, 6)
    return out[:length]


def small_pack(folder: Path, genome: dict[str, str], symbols: tuple[str, ...] = ("SYM",)) -> Pack:
    """A pack of these sequences; one non-coding gene per symbol at the start of the first."""
    first = next(iter(genome))
    build_pack(
        PackInput(
            name="small",
            assembly="test",
            contigs=[Contig(name, len(bases)) for name, bases in genome.items()],
            sequences={
                name: np.array(["ACGTN".index(b) for b in bases], dtype=np.uint8)
                for name, bases in genome.items()
            },
            transcripts=[
                Transcript(f"T{i}", "", first, 1, [(10 + i, 20 + i)], f"G{i}", symbol)
                for i, symbol in enumerate(symbols)
            ],
        ),
        folder,
    )
    return open_pack(folder)
