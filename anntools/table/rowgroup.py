"""A row group: from merged columns to the bytes of Parquet pages, in the order of the schema."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
import pyarrow as pa

from anntools import terms
from anntools.kernels import layout as k
from anntools.kernels import table_layout as t
from anntools.kernels.counts import CLASS_NAMES
from anntools.problems import REASON_CODES
from anntools.table.collect import Data, Text
from anntools.table.encoding import (
    Array,
    Flags,
    booleans,
    bounds,
    indices,
    level_block,
    list_levels,
    plain_texts,
)
from anntools.table.merge import Merged, numbers
from anntools.table.names import Names
from anntools.table.pages import PageEncoder, Source
from anntools.table.parquet import Encoded
from anntools.table.schema import Column
from anntools.table.words import WordFinder

_STATUS: Final = ("annotated", "skipped")
_INTS: Final = {
    "exon_first": t.N_EXON1,
    "exon_last": t.N_EXON2,
    "intron_first": t.N_INTRON1,
    "intron_last": t.N_INTRON2,
    "cdna_start": t.N_CDNA1,
    "cdna_end": t.N_CDNA2,
    "cds_start": t.N_CDS1,
    "cds_end": t.N_CDS2,
    "protein_start": t.N_PROT1,
    "protein_end": t.N_PROT2,
}
_TEXTS: Final = {
    "hgvsc": t.C_HGVSC,
    "hgvsp": t.C_HGVSP,
    "amino_acids": t.C_AMINO_ACIDS,
    "codons": t.C_CODONS,
}


class RowGroup:
    """Encodes one row group. ``masks``: consequence masks by number; ``samples``: how many."""

    def __init__(
        self,
        merged: Merged,
        names: Names,
        masks: Sequence[int],
        pages: PageEncoder,
        finder: WordFinder,
        samples: int,
    ) -> None:
        self._m = merged
        self._masks = masks
        self._pages = pages
        self._finder = finder
        self._samples = samples
        self._tx = merged.columns[t.E_TX]
        self._local, used = pages.number(self._tx)
        self._rows = names.tx.take(used, axis=0)
        self._facts = names.facts(used)
        self._something: Flags = (self._tx != t.NOTHING).view(np.uint8)
        self._gaps = None if self._something.all() else self._tx
        self._repeats = level_block(merged.columns[t.E_FIRST], 1)
        self._required = level_block(self._something, 1)
        self._sources: dict[str, Source] = {}

    # ---- columns of alleles

    def alleles(self, columns: Sequence[Column]) -> Iterator[Encoded]:
        """The columns of the alleles but those of the picked transcript and of the stores."""
        m = self._m
        reason = m.columns[t.T_REASON]
        place = m.columns[t.T_CLASS]
        position = m.columns[t.T_POS]
        made = {
            "record": Encoded(m.alleles, m.record.tobytes(), b"", 0, *bounds(m.record)),
            "pos": self._flat(position, position >= 0),
            "alt_index": Encoded(m.alleles, m.columns[t.T_ALT_INDEX].tobytes()),
            "qual": self._number(t.Y_QUAL, "double"),
            "status": self._category(m.columns[t.T_SKIPPED], None, _STATUS),
            "reason": self._category(reason, reason > 0, REASON_CODES),
            "position_class": self._category(place, place != t.NO_CLASS, CLASS_NAMES),
            "het": self._numbers(t.T_HETS, t.X_HET),
            "hom": self._numbers(t.T_HOMS, t.X_HOM),
            "ac": self._count(t.T_AC),
            "an": self._count(t.T_AN),
        }
        texts = {
            "chrom": t.X_CHROM,
            "id": t.X_ID,
            "ref": t.X_REF,
            "alt": t.X_ALT,
            "filter": t.X_FILTER,
            "raw": t.X_RAW,
            "allele": t.X_ALLELE,
            "hgvsg": t.X_HGVSG,
        }
        for column in columns:
            if column.name in texts:
                yield self._text(m.texts[texts[column.name]])
            else:
                yield made[column.name]

    def stores(self, columns: Sequence[Column]) -> Iterator[Encoded]:
        """The fields of the stores."""
        text, number = t.X_STORES, 1
        for column in columns:
            if column.type == "string":
                yield self._text(self._m.texts[text])
                text += 1
            else:
                yield self._number(number, column.type)
                number += 1

    def _text(self, text: Text) -> Encoded:
        flags = np.frombuffer(text.flags, np.uint8)
        return self._worded(len(flags), level_block(flags, 1), text.cells, int(flags.sum()))

    def _worded(self, rows: int, levels: bytes, cells: Data, count: int) -> Encoded:
        """Texts after their levels: numbers of words if there are few words, else plain."""
        found = self._finder.find(cells, count)
        if found is None:
            return Encoded(rows, b"".join((levels, cells)))
        body = levels + indices(found.codes, found.words)
        return Encoded(rows, body, found.cells, found.words, found.least, found.most)

    def _flat(self, values: Array, there: Array) -> Encoded:
        held = values[there]
        body = level_block(there.view(np.uint8), 1) + held.tobytes()
        return Encoded(len(values), body, b"", 0, *bounds(held))

    def _count(self, column: int) -> Encoded:
        values = self._m.columns[column]
        return self._flat(values, values >= 0 if self._samples else np.zeros(len(values), np.bool_))

    def _numbers(self, column: int, text: int) -> Encoded:
        """A list of sample numbers per row."""
        counts = self._m.columns[column]
        if not self._samples:
            counts = np.full(len(counts), -1, np.int32)
        repeats, levels = list_levels(counts)
        head = level_block(repeats, 1) + level_block(levels, 2)
        numbers = np.frombuffer(self._m.texts[text].cells, np.int32)
        if not len(numbers) or self._samples > 1 << 16:
            return Encoded(len(levels), head + numbers.tobytes())
        words = np.arange(1, self._samples + 1, dtype=np.int32)
        body = head + indices(numbers - 1, self._samples)
        return Encoded(len(levels), body, words.tobytes(), self._samples)

    def _number(self, column: int, kind: str) -> Encoded:
        m = self._m
        values, there = numbers(m.digits[column], m.scales[column], m.texts[t.X_ODD].cells)
        if kind == "int64":
            there = there & (np.abs(values) < 1 << 53) & (values == np.floor(values))
            return self._flat(np.where(there, values, 0).astype(np.int64), there)
        return self._flat(values, there)

    def _category(self, codes: Array, there: Array | None, words: Sequence[str]) -> Encoded:
        levels = b"" if there is None else level_block(there.view(np.uint8), 1)
        chosen = codes if there is None else codes[there]
        if not len(chosen):
            return Encoded(len(codes), levels)
        body = levels + indices(chosen, len(words))
        return Encoded(len(codes), body, plain_texts(pa.array(words)), len(words))

    # ---- columns of transcripts, nested and those of the picked one

    def nested(self, columns: Sequence[Column]) -> Iterator[Encoded]:
        """The columns of the nested transcripts."""
        for column in columns:
            yield self._of_entries(column)

    def picked(self, columns: Sequence[Column]) -> Iterator[Encoded]:
        """The columns of the picked transcript of each allele."""
        for column in columns:
            if column.name in _TEXTS:
                yield self._text(self._m.texts[t.X_PICKED + _TEXTS[column.name]])
            else:
                source = self._source(column.name)
                yield self._pages.encode(source, self._gaps, self._m.pick, b"", None)

    def _of_entries(self, column: Column) -> Encoded:
        name, entries = column.name, self._m.entries
        if name in _TEXTS:
            text = self._m.texts[t.X_ENTRY + _TEXTS[name]]
            flags = np.frombuffer(text.flags, np.uint8)
            head = self._repeats + level_block(self._something + flags, 2)
            return self._worded(entries, head, text.cells, int(flags.sum()))
        if name == "pick":
            picked = self._m.columns[t.E_PICKED][self._something.view(np.bool_)]
            return Encoded(entries, self._repeats + self._required + booleans(picked))
        levels = self._required if column.required else None
        source = self._source(name)
        return self._pages.encode(source, self._gaps, None, self._repeats, levels)

    def _source(self, name: str) -> Source:
        if name not in self._sources:
            self._sources[name] = self._made(name)
        return self._sources[name]

    def _made(self, name: str) -> Source:
        """Where the values of a column come from."""
        m = self._m
        if name in _INTS:
            return Source(m.columns[t.E_INTS + _INTS[name]])
        if name == "distance":
            return Source(m.columns[t.E_INTS + t.N_DISTANCE], least=0)
        if name == "consequence":
            words = pa.array(["&".join(terms.names(mask)) for mask in self._masks])
            return Source(m.terms, least=0, words=words)
        if name == "impact":
            worst = [terms.IMPACT_OF[terms.severity(mask)] for mask in self._masks]
            return Source(m.terms, np.array([*worst, -1], np.int32), words=pa.array(terms.IMPACTS))
        return self._of_transcript(name)

    def _of_transcript(self, name: str) -> Source:
        """A fact of the transcript; the first code is that of no transcript."""
        if name in ("exon_count", "intron_count"):
            first = self._m.columns[t.E_INTS + _INTS[f"{name.removesuffix('_count')}_first"]]
            counts = self._rows[:, k.NEXON] - (name == "intron_count")
            words = np.arange(int(counts.max(initial=0)) + 1, dtype=np.int32)
            return Source(self._local, _with_none(counts), where=first, words=words)
        if name == "strand":
            minus = (self._rows[:, k.STRAND] < 0).astype(np.int32)
            return Source(self._local, _with_none(minus), words=np.array([1, -1], np.int32))
        fact = self._facts[name]
        if name == "canonical":
            yes = (fact.codes >= 0).astype(np.int32)
            return Source(self._local, _with_none(yes), is_bool=True)
        return Source(self._local, _with_none(fact.codes), words=fact.words)


def _with_none(codes: Array) -> Array:
    return np.concatenate([np.array([-1], np.int32), codes.astype(np.int32)])
