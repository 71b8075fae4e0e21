"""A pack as the specification reads it: transcripts in words, bases as a string.

Slow and plain on purpose: it reads the same files as the kernels and shares no code with them.
Positions given and returned are 1-based unless a name says otherwise.
"""

from __future__ import annotations

from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote

import numpy as np
import numpy.typing as npt

from anntools.kernels import layout as k
from anntools.pack import find_pack
from anntools.pack.manifest import Manifest, read_manifest
from anntools.spec.transcript import Transcript


class Model(NamedTuple):
    """A transcript with its names."""

    number: int
    contig: int
    id: str
    symbol: str
    gene: str
    biotype: str
    hgvs: str  # "ENST00000379440.9", what HGVSc begins with
    protein: str  # "ENSP00000368752.4", "" without one
    mane: str
    canonical: bool
    flags: str
    transcript: Transcript


class Contig:
    """The bases of a contig, as a string that is read where it is needed; N where unknown."""

    def __init__(self, view: PackView, number: int) -> None:
        self._view = view
        self._number = number

    def __len__(self) -> int:
        return int(self._view.array("contigs")[self._number, k.CONTIG_LENGTH])

    def __getitem__(self, at: int | slice) -> str:
        """Bases by 0-based index or slice, as of a string."""
        if isinstance(at, slice):
            begin, end, _ = at.indices(len(self))
            return self._view.bases(self._number, begin, end)
        return self._view.bases(self._number, at, at + 1)


class PackView:
    """The files of a pack."""

    def __init__(self, name_or_folder: str | Path) -> None:
        self.folder = find_pack(name_or_folder)
        self._arrays: dict[str, npt.NDArray[Any]] = {}

    @cached_property
    def manifest(self) -> Manifest:
        """What the pack says about itself."""
        return read_manifest(self.folder)

    def array(self, name: str) -> npt.NDArray[Any]:
        """One array, mapped."""
        if name not in self._arrays:
            path = self.folder / f"{name}.npy"
            empty = path.stat().st_size <= 128  # cannot be mapped
            self._arrays[name] = np.load(path, mmap_mode=None if empty else "r", allow_pickle=False)
        return self._arrays[name]

    @cached_property
    def aliases(self) -> dict[str, int]:
        """Contig number by every name a VCF may use."""
        text = self.array("alias_bytes").tobytes()
        ends = self.array("alias_off").tolist()
        names = [text[a:b].decode() for a, b in pairwise(ends)]
        return dict(zip(names, self.array("alias_contig").tolist(), strict=True))

    def contig_name(self, contig: int) -> str:
        """Name of a contig."""
        return str(self.manifest.contigs[contig]["name"])

    def genomic_prefix(self, contig: int) -> str:
        """What HGVSg begins with, such as ``NC_000020.10:g.``."""
        off = self.array("hgvs_off")
        return self.array("hgvs_bytes")[off[contig] : off[contig + 1]].tobytes().decode()

    def contig(self, number: int) -> Contig:
        """The bases of a contig."""
        return Contig(self, number)

    def bases(self, contig: int, begin: int, end: int) -> str:
        """Bases ``[begin, end)``, 0-based; N where the pack has none."""
        row = self.array("contigs")[contig]
        lo, hi = int(row[k.CONTIG_SEQ0]), int(row[k.CONTIG_SEQ1])
        starts, ends = self.array("seq_start")[lo:hi], self.array("seq_end")[lo:hi]
        out = np.full(max(0, end - begin), ord("N"), dtype=np.uint8)
        i = max(int(np.searchsorted(starts, begin, side="right")) - 1, 0)
        while i < len(starts) and starts[i] < end:
            a, b = max(begin, int(starts[i])), min(end, int(ends[i]))
            if a < b:
                at = np.arange(a, b) - int(starts[i]) + int(self.array("seq_off")[lo + i])
                codes = (self.array("seq")[at >> 2] >> ((at & 3) << 1)) & 3
                out[a - begin : b - begin] = np.frombuffer(b"ACGT", dtype=np.uint8)[codes]
            i += 1
        return out.tobytes().decode()

    def transcripts_near(self, contig: int, first: int, last: int, distance: int) -> list[Model]:
        """Transcripts within ``distance`` bases of a place, in the order of the pack."""
        return [self.model(t, contig) for t in self.numbers_near(contig, first, last, distance)]

    def numbers_near(self, contig: int, first: int, last: int, distance: int) -> list[int]:
        """The same by their numbers alone, for whoever only counts them."""
        row = self.array("contigs")[contig]
        lo, hi = int(row[k.CONTIG_SEG0]), int(row[k.CONTIG_SEG1])
        starts = self.array("seg_start")[lo:hi]
        low, high = min(first, last) - 1, max(first, last) - 1
        segment = max(int(np.searchsorted(starts, low, side="right")) - 1, 0)
        found: dict[int, None] = {}
        while segment < len(starts) and starts[segment] <= high:
            a, b = self.array("seg_off")[lo + segment : lo + segment + 2]
            found |= dict.fromkeys(self.array("seg_tx")[a:b].tolist())
            segment += 1
        tx = self.array("tx")
        return [
            t
            for t in found
            if low - distance < int(tx[t, k.END]) and high + distance >= int(tx[t, k.START])
        ]

    @cached_property
    def _ids(self) -> dict[str, int]:
        """Transcript number by id, with and without version, and by its MANE partner."""
        found: dict[str, int] = {}
        for t in range(len(self.array("tx"))):
            head, _, tail, hgvs, _ = self._names(t)
            versioned = hgvs.rpartition(":")[0]
            for name in (head.split("|")[3], versioned, unquote(tail.split("|")[2])):
                if name:
                    found.setdefault(name, t)
                    found.setdefault(name.partition(".")[0], t)
        return found

    def find_transcript(self, name: str) -> Model | None:
        """A transcript by id, by id with version, or by the id of its MANE partner."""
        t = self._ids.get(name)
        return None if t is None else self.model(t, self._contig_of(t))

    def _contig_of(self, t: int) -> int:
        """The contig whose segments list a transcript."""
        at = np.flatnonzero(self.array("seg_tx") == t)[0]
        segment = int(np.searchsorted(self.array("seg_off"), at, side="right")) - 1
        rows = self.array("contigs")
        held = (rows[:, k.CONTIG_SEG0] <= segment) & (segment < rows[:, k.CONTIG_SEG1])
        return int(np.flatnonzero(held)[0])

    def _names(self, t: int) -> list[str]:
        """The pre-rendered texts of a transcript, in the order of ``NAME_*``."""
        off = self.array("name_off")[t * k.NAMES : (t + 1) * k.NAMES + 1].tolist()
        text = self.array("names")
        return [text[a:b].tobytes().decode() for a, b in pairwise(off)]

    def model(self, t: int, contig: int) -> Model:
        """One transcript."""
        head, strand, tail, hgvs, protein = self._names(t)
        symbol, gene, _, name, biotype, *_ = (unquote(x) for x in head.split("|"))
        _, canonical, mane, *_ = tail.split("|")
        return Model(
            t,
            contig,
            name,
            symbol,
            gene,
            biotype,
            hgvs.rpartition(":")[0],
            protein.rpartition(":")[0],
            unquote(mane),
            canonical == "YES",
            strand.split("|")[1],
            self._transcript(t),
        )

    def _transcript(self, t: int) -> Transcript:
        row = self.array("tx")[t].tolist()
        exons = self.array("exons")[row[k.EXON0] : row[k.EXON0] + row[k.NEXON]]
        coding = None if row[k.CDS0] < 0 else (row[k.LEFT] + 1, row[k.RIGHT])
        recoded, slip = self._edits(row)
        return Transcript(
            exons=tuple((int(e[k.EXON_START]) + 1, int(e[k.EXON_END])) for e in exons),
            strand=row[k.STRAND],
            sequence=self._cdna(row[k.CDNA], row[k.LENGTH]),
            coding=coding,
            pad=row[k.PAD],
            nmd=bool(row[k.FLAGS] & k.FLAG_NMD),
            start_incomplete=bool(row[k.FLAGS] & k.FLAG_CDS_START_NF),
            end_incomplete=bool(row[k.FLAGS] & k.FLAG_CDS_END_NF),
            code=row[k.CODE],
            recoded=recoded,
            slip=slip,
        )

    def _cdna(self, begin: int, length: int) -> str:
        at = np.arange(begin, begin + length)
        codes = (self.array("cdna")[at >> 1] >> ((at & 1) << 2)) & 15
        return bytes(np.frombuffer(b"ACGTN", dtype=np.uint8)[codes]).decode()

    def _edits(self, row: list[int]) -> tuple[tuple[tuple[int, str], ...], tuple[int, int] | None]:
        """Recoded codons and ribosomal slippage of a transcript's row."""
        if len(row) <= k.EDITS:
            return (), None
        edits = self.array("edits")[row[k.EDIT0] : row[k.EDIT0] + row[k.EDITS]].tolist()
        recoded = tuple(
            ((at + row[k.PAD]) // 3 + 1, chr(value))
            for kind, at, value in edits
            if kind == k.EDIT_AMINO_ACID
        )
        slips = [(at, value) for kind, at, value in edits if kind == k.EDIT_SLIPPAGE]
        return recoded, slips[0] if slips else None
