"""Small stores told as Python objects, as the demo pack and tests have them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from anntools.pack.exact import ExactBuilder, build_exact
from anntools.pack.exact_columns import Wanted
from anntools.pack.intervals import IntervalField, write_intervals
from anntools.pack.model import Block

_LINES = 20_000


@dataclass(frozen=True, slots=True)
class Field:
    """An INFO key that a store adds."""

    key: str
    type: str
    description: str


@dataclass(slots=True)
class ExactStore:
    """Values known for exact alleles. ``records``: (contig, 0-based pos, REF, ALT, values).

    ``class_field``: the field whose values are counted in the summary, if any.
    """

    name: str
    fields: Sequence[Field]
    records: list[tuple[str, int, str, str, tuple[str, ...]]]
    class_field: int = -1
    classes: list[str] = field(default_factory=list)

    def text(self) -> Iterator[bytes]:
        """The records as lines of a VCF."""
        for at in range(0, len(self.records), _LINES):
            rows = []
            for contig, pos, ref, alt, values in self.records[at : at + _LINES]:
                info = ";".join(f"F{i}={info_safe(v)}" for i, v in enumerate(values) if v)
                rows.append(f"{contig}\t{pos + 1}\t.\t{ref}\t{alt}\t.\t.\t{info}\n")
            yield "".join(rows).encode()

    def write(self, folder: Path, model: Block, lengths: Sequence[int]) -> dict[str, Any]:
        """Build the store; returns its description."""
        wanted = [
            Wanted(f.key, f.type, f.description, f"F{i}", "whole")
            for i, f in enumerate(self.fields)
        ]
        builder = ExactBuilder(self.name, wanted, model, lengths, len(self.records), folder.parent)
        return build_exact(builder, self.text(), folder, self.class_field)


@dataclass(slots=True)
class IntervalStore:
    """Named intervals. ``intervals``: (contig, start, end, name), 0-based, half-open."""

    name: str
    key: str
    description: str
    intervals: list[tuple[str, int, int, str]]

    def write(self, folder: Path, contigs: Mapping[str, int]) -> dict[str, Any]:
        """Build the store; returns its description. Intervals on unknown contigs are left out."""
        known = sorted(x for x in self.intervals if x[0] in contigs)
        spans = [(contigs[c], start, end) for c, start, end, _ in known]
        names = IntervalField(self.key, self.description, [info_safe(x[3]) for x in known])
        return write_intervals(folder, self.name, spans, [names], len(set(contigs.values())))


def trimmed(pos: int, ref: str, alt: str) -> tuple[int, str, str]:
    """The shortest way to write an allele: common end cut off, then common begin."""
    while ref and alt and ref[-1] == alt[-1]:
        ref, alt = ref[:-1], alt[:-1]
    while ref and alt and ref[0] == alt[0]:
        ref, alt, pos = ref[1:], alt[1:], pos + 1
    return pos, ref, alt


_SAFE = str.maketrans({c: f"%{ord(c):02X}" for c in "%;=,\t\r\n "})


def info_safe(text: str) -> str:
    """Text made safe as one INFO value, by the percent encoding of VCF 4.3."""
    return text.translate(_SAFE)
