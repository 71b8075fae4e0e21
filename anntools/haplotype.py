"""``--haplotypes``: INFO/BCSQ and FORMAT/BCSQ of variants that lie on one chromosome of a sample.

A filter over the lines that the engine wrote. Lines wait until all transcripts that they touch have
passed, because a later variant may change what an earlier one does; then the rules of
``spec.haplotype`` say what they do together. Plain Python: for cohorts of the size of a gene, not
for the speed of the kernels.

Phased genotypes are joined; an unphased heterozygous one, and an ALT that no sample has, stands for
itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from anntools.explanation.packview import Model as Transcript
from anntools.explanation.packview import PackView
from anntools.spec.csq_model import Model
from anntools.spec.haplotype import Record, Result, haplotypes
from anntools.vcfio.header import Header

KEY: Final = "BCSQ"
HEADER: Final = (
    f'##INFO=<ID={KEY},Number=.,Type=String,Description="Haplotype-aware consequence annotation '
    "from AnnTools, in the format of bcftools csq. Format: [*]consequence|gene|transcript|biotype"
    '[|strand|amino_acid_change|dna_change] or @POS",Source="anntools">',
    f'##FORMAT=<ID={KEY},Number=.,Type=Integer,Description="Bitmask of indexes to INFO/BCSQ, with '
    'interleaved haplotypes (limited to 15 per haplotype)">',
)
NEAR: Final = 10  # bases beside a transcript in which it is looked at
KEPT: Final = 1000  # transcripts in memory between groups of lines
WAITING: Final = 64 << 20  # bytes of lines that may wait; more are written without their followers


def with_header(header: Header, added: Sequence[str]) -> tuple[Header, tuple[str, ...]]:
    """The header without an older FORMAT/BCSQ, and what is added to it with ours for BCSQ."""
    old = f"##FORMAT=<ID={KEY},".encode()
    kept = replace(header, meta=[line for line in header.meta if not line.startswith(old)])
    mine = [line for line in added if not line.startswith(f"##INFO=<ID={KEY},")]
    return kept, (*mine, *HEADER)


class _View(PackView):
    """A pack whose transcripts are read once, while they are needed."""

    def __init__(self, name_or_folder: str | Path) -> None:
        super().__init__(name_or_folder)
        self.kept: dict[int, Transcript] = {}
        self.models: dict[int, Model] = {}

    def array(self, name: str) -> npt.NDArray[Any]:
        """One array, mapped, without the slow wrapping of its slices."""
        if name not in self._arrays:
            self._arrays[name] = np.asarray(super().array(name))
        return self._arrays[name]

    def model(self, t: int, contig: int) -> Transcript:
        """One transcript."""
        if t not in self.kept:
            self.kept[t] = super().model(t, contig)
        return self.kept[t]

    def near(self, contig: int, first: int, last: int) -> list[Model]:
        """Transcripts at a place, as the rules of BCSQ want them."""
        found = self.transcripts_near(contig, first, last, NEAR)
        return [self._for_bcsq(t) for t in found]

    def _for_bcsq(self, known: Transcript) -> Model:
        if known.number not in self.models:
            t = known.transcript
            self.models[known.number] = Model(
                *(known.id, known.symbol or known.gene, known.biotype, t.strand, t.exons),
                *(t.coding, self.contig(known.contig), (3 - t.pad) % 3 if t.coding else 0),
                code=t.code,
            )
        return self.models[known.number]

    def forget(self) -> None:
        """Drop what was read when it has become much."""
        if len(self.kept) > KEPT:
            self.kept.clear()
            self.models.clear()


@dataclass
class _Line:
    """A line that waits; ``record`` is None if it passes as it is."""

    columns: list[str]
    record: Record | None = None


@dataclass
class Haplotypes:
    """The filter: ``feed`` it text of whole lines, in order, and ``finish``.

    ``contig_names``: contigs that the file calls otherwise (file's name → the pack's).
    ``records``: how many lines were given entries.
    """

    pack: str | Path
    phase: str = "l"
    contig_names: Mapping[str, str] = field(default_factory=dict)
    records: int = 0
    _lines: list[_Line] = field(default_factory=list)
    _models: dict[str, Model] = field(default_factory=dict)
    _size: int = 0
    _contig: int = -1
    _last: int = 0  # position of the last line
    _until: int = 0  # end of the transcripts that the lines touch

    def __post_init__(self) -> None:
        self._view = _View(self.pack)
        known = self._view.aliases
        self._contigs = known | {name: known[own] for name, own in self.contig_names.items()}

    def feed(self, text: bytes) -> bytes:
        """Take records (no header lines); returns the lines that need not wait any longer."""
        out = []
        for line in text.decode("utf-8", "surrogateescape").split("\n"):
            if line:
                out += self._take(line)
        return _encoded(out)

    def finish(self) -> bytes:
        """The lines that still wait."""
        return _encoded(self._flush())

    def _take(self, line: str) -> list[str]:
        columns = line.split("\t")
        record = _record(columns)
        contig = self._contigs.get(columns[0], -1)
        if record is None or contig < 0:
            self._lines.append(_Line(columns))
            return [] if self._waits(self._last) else self._flush()
        out = []
        moved = contig != self._contig or record.position < self._last
        if moved or not self._waits(record.position):
            out = self._flush()
        self._contig, self._last = contig, record.position
        near = self._view.near(contig, record.position, record.position + len(record.ref))
        if not self._known(near, record):
            self._lines.append(_Line(columns))
            return out
        for model in near:
            self._models[model.name] = model
            if model.is_coding:
                self._until = max(self._until, model.last)
        self._lines.append(_Line(columns, record))
        self._size += len(line)
        if self._until < record.position or self._size > WAITING:
            out += self._flush()
        return out

    def _waits(self, position: int) -> bool:
        """Whether the lines at hand can be joined by one at a position."""
        return position <= self._until

    @staticmethod
    def _known(near: list[Model], record: Record) -> bool:
        """Whether REF is what the pack has there; N is anything."""
        if not near:
            return True
        known = near[0].bases(record.position, record.position + len(record.ref) - 1)
        return all(a in (b, "N") for a, b in zip(known, record.ref, strict=False))

    def _flush(self) -> list[str]:
        """Write the lines that waited."""
        lines, self._lines = self._lines, []
        models = sorted(self._models.values(), key=lambda m: (m.first, -m.last))
        waiting = [line.record for line in lines if line.record]
        results = iter(haplotypes(models, waiting, self.phase) if waiting else [])
        out = []
        for line in lines:
            if line.record:
                self.records += 1
                _write(line.columns, next(results), len(line.record.genotypes))
            out.append("\t".join(line.columns))
        self._models.clear()
        self._view.forget()
        self._size = self._until = 0
        return out


def _record(columns: list[str]) -> Record | None:
    """What a line says, or None for one that has nothing to tell."""
    if len(columns) < 8 or not columns[1].isdigit() or not columns[3].isalpha():
        return None
    alts = tuple(a if a[:1] in "<*[]." else a.upper() for a in columns[4].split(","))
    if alts[0] in (".", "*", "<*>", "<NON_REF>"):
        return None
    genotypes: tuple[str, ...] = ()
    keys = columns[8].split(":") if len(columns) > 9 else []
    if keys[:1] == ["GT"]:  # GT is the first key where it is given
        genotypes = tuple(c.partition(":")[0] for c in columns[9:])
    return Record(int(columns[1]), columns[3].upper(), alts, genotypes)


def _write(columns: list[str], result: Result, samples: int) -> None:
    """Put the entries into a line's columns, in place of any that were there."""
    info = [p for p in columns[7].split(";") if p.partition("=")[0] not in (KEY, ".", "")]
    text = result.entries.text()
    columns[7] = ";".join([*info, f"{KEY}={text}"] if text else info) or "."
    if len(columns) < 10:
        return
    keys = columns[8].split(":")
    if KEY in keys:
        at = keys.index(KEY)
        for i in range(8, len(columns)):
            cells = columns[i].split(":")
            columns[i] = ":".join(cells[:at] + cells[at + 1 :])
        keys.remove(KEY)
    words = result.format(samples)
    if not words:
        return
    columns[8] = ":".join([*keys, KEY])
    for i, word in enumerate(words, 9):
        missing = len(keys) - columns[i].count(":") - 1
        columns[i] += ":." * missing + f":{word}"


def _encoded(lines: list[str]) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode("utf-8", "surrogateescape")
