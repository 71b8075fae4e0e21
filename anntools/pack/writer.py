"""Writing the model of a pack contig by contig: one contig's sequence is in memory at a time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from anntools.kernels import layout as k
from anntools.pack.arrays import PAD, ArrayWriter, write_array
from anntools.pack.contigs import Contig, alias_table
from anntools.pack.intervals import cut
from anntools.pack.rows import edits_of, flags_of, pick_order, rendered_names, spliced_cds
from anntools.pack.sequence import (
    Codes,
    cdna_codes,
    known_stretches,
    pack_nibbles,
    pack_two_bits,
)
from anntools.pack.transcripts import Transcript

DISTANCE: Final = 5000  # how far up- and downstream a transcript is still reported
_ROWS: Final = {"tx": k.TX_COLUMNS, "exons": k.EXON_COLUMNS, "edits": k.EDIT_COLUMNS}
_STREAMED: Final = (
    "tx",
    "exons",
    "edits",
    "cdna",
    "names",
    "name_off",
    "seg_start",
    "seg_off",
    "seg_tx",
    "seq_start",
    "seq_end",
    "seq_off",
    "seq",
)


class ModelWriter:
    """Feed it contigs in their order, then ``finish``."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._out = {
            name: ArrayWriter(
                folder / f"{name}.npy", k.ARRAYS[name][1], (_ROWS[name],) if name in _ROWS else ()
            )
            for name in _STREAMED
        }
        self._contigs: list[Contig] = []
        self._table: list[list[int]] = []
        self._genes: dict[str, int] = {}
        self.symbols: list[str] = []
        self.transcripts = 0
        self.beyond = 0  # transcripts left out because they reach beyond their contig
        self._exons = self._edits = self._segments = self._entries = self._stretches = 0
        self._nibbles = self._bases = self._text = 0

    def add(
        self,
        contig: Contig,
        sequence: Codes,
        transcripts: Iterable[Transcript],
        covered: Sequence[tuple[int, int]] | None,
    ) -> None:
        """One contig with its transcripts; ``covered``: where sequence is kept (None: all)."""
        row = [0] * k.CONTIG_COLUMNS
        row[k.CONTIG_LENGTH] = contig.length
        row[k.CONTIG_LIMIT] = contig.limit or contig.length
        row[k.CONTIG_SEG0], row[k.CONTIG_SEQ0] = self._segments, self._stretches
        given = list(transcripts)
        inside = [t for t in given if t.end <= contig.length]
        self.beyond += len(given) - len(inside)
        inside.sort(key=lambda t: (t.start, t.end, t.id, t.strand))
        self._add_transcripts(contig, sequence, inside)
        self._add_segments(inside)
        self._add_sequence(sequence, covered)
        row[k.CONTIG_SEG1], row[k.CONTIG_SEQ1] = self._segments, self._stretches
        self._contigs.append(contig)
        self._table.append(row)

    def _add_transcripts(
        self, contig: Contig, sequence: Codes, transcripts: Sequence[Transcript]
    ) -> None:
        rows: list[list[int]] = []
        exons: list[tuple[int, int, int]] = []
        edits: list[tuple[int, int, int]] = []
        names: list[bytes] = []
        spliced: list[Codes] = []
        nibbles = 0
        for t in transcripts:
            row = [0] * k.TX_COLUMNS
            row[k.START], row[k.END], row[k.STRAND] = t.start, t.end, t.strand
            row[k.EXON0], row[k.NEXON] = self._exons + len(exons), len(t.exons)
            offset = 0
            for start, end in t.exons:
                exons.append((start, end, offset))
                offset += end - start
            row[k.LENGTH] = offset
            row[k.CDS0], row[k.CDS1] = spliced_cds(t, offset)
            if t.cds:
                row[k.LEFT], row[k.RIGHT] = t.cds
                row[k.PAD] = (3 - t.phase) % 3
            row[k.CDNA] = self._nibbles + nibbles
            spliced.append(cdna_codes(sequence, t.exons, t.strand))
            nibbles += offset
            row[k.FLAGS] = flags_of(t)
            row[k.CODE] = t.code or contig.code
            row[k.GENE] = self._gene(t)
            row[k.PICK] = pick_order(t)
            own = edits_of(t)
            row[k.EDIT0], row[k.EDITS] = self._edits + len(edits), len(own)
            edits += own
            row[k.CONTIG] = len(self._contigs)
            rows.append(row)
            names += rendered_names(t)
        self._write("tx", rows, k.TX_COLUMNS)
        self._write("exons", exons, k.EXON_COLUMNS)
        self._write("edits", edits, k.EDIT_COLUMNS)
        self._exons += len(exons)
        self._edits += len(edits)
        self.transcripts += len(rows)
        packed = pack_nibbles(np.concatenate([*spliced, np.zeros(0, dtype=np.uint8)]))
        self._out["cdna"].write(packed)
        self._nibbles += 2 * len(packed)
        sizes = np.array([len(n) for n in names], dtype=np.int64)
        self._out["names"].write(b"".join(names))
        self._out["name_off"].write(self._text + np.cumsum(sizes) - sizes)
        self._text += int(sizes.sum())

    def _write(self, name: str, rows: Sequence[Sequence[int]], columns: int) -> None:
        self._out[name].write(np.array(rows, dtype=np.int64).reshape(-1, columns))

    def _gene(self, t: Transcript) -> int:
        name = t.gene_id or t.id
        number = self._genes.get(name)
        if number is None:
            number = self._genes[name] = len(self._genes)
            self.symbols.append(t.symbol or name)
        return number

    def _add_segments(self, transcripts: Sequence[Transcript]) -> None:
        first = self.transcripts - len(transcripts)
        starts = np.array([max(0, t.start - DISTANCE) for t in transcripts], dtype=np.int64)
        ends = np.array([t.end + DISTANCE for t in transcripts], dtype=np.int64)
        ids = np.arange(first, self.transcripts)
        edges, counts, members = cut("genes", starts, ends, ids)
        self._out["seg_start"].write(edges)
        self._out["seg_off"].write(self._entries + np.cumsum(counts) - counts)
        self._out["seg_tx"].write(members)
        self._segments += len(edges)
        self._entries += len(members)

    def _add_sequence(self, sequence: Codes, covered: Sequence[tuple[int, int]] | None) -> None:
        wanted = [(0, len(sequence))] if covered is None else covered
        stretches = known_stretches(sequence, wanted)
        table = np.array(stretches, dtype=np.int64).reshape(-1, 2)
        sizes = table[:, 1] - table[:, 0]
        self._out["seq_start"].write(table[:, 0])
        self._out["seq_end"].write(table[:, 1])
        self._out["seq_off"].write(self._bases + np.cumsum(sizes) - sizes)
        packed = pack_two_bits(sequence, stretches)
        self._out["seq"].write(packed)
        self._bases += 4 * len(packed)
        self._stretches += len(stretches)

    def finish(self) -> None:
        """Write what closes the arrays, and the small ones."""
        self._out["name_off"].write(np.array([self._text]))
        self._out["seg_off"].write(np.array([self._entries]))
        for name in ("cdna", "names", "seq"):
            self._out[name].write(PAD)
        for out in self._out.values():
            out.close()
        table = np.array(self._table, dtype=np.int64).reshape(-1, k.CONTIG_COLUMNS)
        self._whole("contigs", table)
        names = alias_table(self._contigs)
        self._texts("alias", [name.encode() for name in names])
        self._whole("alias_contig", np.array(list(names.values())))
        self._texts("hgvs", [c.hgvs_prefix.encode() for c in self._contigs])

    def abandon(self) -> None:
        """Close all files as they are."""
        for out in self._out.values():
            out.abandon()

    def _whole(self, name: str, array: npt.NDArray[Any]) -> None:
        write_array(self._folder / f"{name}.npy", array, k.ARRAYS[name][1])

    def _texts(self, name: str, texts: Sequence[bytes]) -> None:
        self._whole(f"{name}_bytes", np.frombuffer(b"".join(texts), dtype=np.uint8))
        self._whole(f"{name}_off", np.cumsum([0] + [len(t) for t in texts]))
