"""Building a reference pack: gene models, sequence and overlays become arrays in a folder.

The same inputs give the same bytes: everything is sorted, nothing depends on time or place.
"""

from __future__ import annotations

import shutil
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from anntools.pack.contigs import Contig
from anntools.pack.manifest import STORES, Manifest, SourceFile, write_manifest
from anntools.pack.model import Block, map_model, model_block
from anntools.pack.rows import csq, is_canonical, pick_order, rendered_names
from anntools.pack.sequence import Codes
from anntools.pack.stores import ExactStore, IntervalStore
from anntools.pack.transcripts import Transcript
from anntools.pack.writer import DISTANCE, ModelWriter

__all__ = [
    "Contig",
    "PackBuilder",
    "PackInput",
    "build_pack",
    "csq",
    "is_canonical",
    "pick_order",
    "rendered_names",
]


@dataclass(slots=True)
class PackInput:
    """What goes into a small pack. ``covered``: intervals per contig with sequence (None: all)."""

    name: str
    assembly: str
    contigs: Sequence[Contig]
    sequences: Mapping[str, Codes]
    transcripts: Sequence[Transcript]
    covered: Mapping[str, Sequence[tuple[int, int]]] | None = None
    exact: Sequence[ExactStore] = ()
    intervals: Sequence[IntervalStore] = ()
    sources: Sequence[SourceFile] = ()
    command: str = ""
    notes: Sequence[str] = field(default_factory=list)


class PackBuilder:
    """A pack in the making: contigs in their order, then stores, then ``finish``.

    Use it in a ``with`` statement, which closes the files whatever happens.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.contigs: list[Contig] = []
        self.stores: list[dict[str, Any]] = []
        self.model: Block | None = None
        self._writer = ModelWriter(folder)

    def add_contig(
        self,
        contig: Contig,
        sequence: Codes,
        transcripts: Iterable[Transcript],
        covered: Sequence[tuple[int, int]] | None = None,
    ) -> None:
        """One contig with its transcripts; ``covered``: where sequence is kept (None: all)."""
        self._writer.add(contig, sequence, transcripts, covered)
        self.contigs.append(contig)

    def end_of_contigs(self) -> Block:
        """Close the model; returns a block with it, which stores need."""
        self._writer.finish()
        self._arrays = map_model(self.folder)
        self.model = model_block(self._arrays)
        return self.model

    def __enter__(self) -> PackBuilder:
        return self

    def __exit__(self, *_: object) -> None:
        self._writer.abandon()

    @property
    def lengths(self) -> list[int]:
        """Lengths of the contigs."""
        return [c.length for c in self.contigs]

    @property
    def genes(self) -> list[str]:
        """Symbols by gene number."""
        return self._writer.symbols

    @property
    def transcripts(self) -> int:
        """How many so far."""
        return self._writer.transcripts

    @property
    def beyond(self) -> int:
        """Transcripts left out because they reach beyond their contig."""
        return self._writer.beyond

    def store_folder(self, name: str) -> Path:
        """Where the arrays of a store go."""
        return self.folder / STORES / name

    def finish(self, name: str, assembly: str, **more: Any) -> Manifest:
        """Write the manifest; ``more``: its further fields."""
        writer = self._writer
        return write_manifest(
            self.folder,
            Manifest(
                name=name,
                assembly=assembly,
                contigs=[
                    {
                        "name": c.name,
                        "length": c.length,
                        "limit": c.limit or c.length,
                        "accession": c.accession,
                        "code": c.code,
                    }
                    for c in self.contigs
                ],
                genes=writer.symbols,
                transcripts=writer.transcripts,
                distance=DISTANCE,
                stores=self.stores,
                **more,
            ),
        )


def build_pack(given: PackInput, folder: Path) -> Manifest:
    """Write the pack into ``folder``; returns its manifest (``pack_id`` names its content)."""
    shutil.rmtree(folder / STORES, ignore_errors=True)
    of_contig: dict[str, list[Transcript]] = defaultdict(list)
    for t in given.transcripts:
        of_contig[t.contig].append(t)
    with PackBuilder(folder) as builder:
        for contig in given.contigs:
            covered = None if given.covered is None else given.covered.get(contig.name, ())
            sequence = given.sequences[contig.name]
            builder.add_contig(contig, sequence, of_contig[contig.name], covered)
        model = builder.end_of_contigs()
        numbers = {c.name: i for i, c in enumerate(given.contigs)}
        for exact in given.exact:
            place = builder.store_folder(exact.name)
            builder.stores.append(exact.write(place, model, builder.lengths))
        for intervals in given.intervals:
            place = builder.store_folder(intervals.name)
            builder.stores.append(intervals.write(place, numbers))
        return builder.finish(
            given.name,
            given.assembly,
            sources=list(given.sources),
            command=given.command,
            notes=list(given.notes),
        )
