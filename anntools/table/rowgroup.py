"""A row group: from merged columns to the bytes of Parquet pages, in the order of the schema."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

import numpy as np
import pyarrow as pa

from anntools import terms
from anntools.kernels import layout as k
from anntools.kernels import table_layout as t
from anntools.kernels.counts import CLASS_NAMES
from anntools.problems import REASON_CODES
from anntools.table.collect import Text
from anntools.table.encoding import (
    Array,
    Flags,
    booleans,
    compacted,
    indices,
    level_block,
    plain_texts,
)
from anntools.table.merge import Merged, numbers
from anntools.table.names import Names
from anntools.table.parquet import Encoded
from anntools.table.schema import Column

Words = Any  # an Arrow array of texts, or None
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
    """Encodes one row group. ``masks``: consequence masks by number."""

    def __init__(self, merged: Merged, names: Names, masks: Sequence[int]) -> None:
        self._m = merged
        self._masks = masks
        tx = merged.columns[t.E_TX]
        self._something: Flags = (tx != t.NOTHING).view(np.uint8)
        # Numbers of transcripts, 0 for none, 1 for the first that occurs, and so on.
        shifted, used = compacted(np.maximum(tx, -1) + 1, len(names.tx) + 1)
        if len(used) and used[0] == 0:
            used = used[1:]
        else:
            shifted = shifted + 1
        self._local = shifted
        self._known: dict[str, tuple[Array, Array, Words]] = {}
        self._rows = names.tx[used - 1]
        self._facts = names.facts(used - 1)
        self._repeats = level_block(merged.columns[t.E_FIRST], 1)
        self._required = self._repeats + level_block(self._something, 1)
        self._picked = merged.pick >= 0
        self._pick = merged.pick[self._picked]

    # ---- columns of alleles

    def alleles(self, columns: Sequence[Column]) -> Iterator[Encoded]:
        """The columns of the alleles but those of the picked transcript and of the stores."""
        m = self._m
        reason = m.columns[t.T_REASON]
        place = m.columns[t.T_CLASS]
        position = m.columns[t.T_POS]
        made = {
            "record": Encoded(m.alleles, m.record.tobytes()),
            "pos": self._flat(position, position >= 0),
            "alt_index": Encoded(m.alleles, m.columns[t.T_ALT_INDEX].tobytes()),
            "qual": self._number(t.Y_QUAL, "double"),
            "status": self._category(m.columns[t.T_SKIPPED], None, _STATUS),
            "reason": self._category(reason, reason > 0, REASON_CODES),
            "position_class": self._category(place, place != t.NO_CLASS, CLASS_NAMES),
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
        return Encoded(len(flags), b"".join((level_block(flags, 1), text.cells)))

    def _flat(self, values: Array, there: Array) -> Encoded:
        body = level_block(there.view(np.uint8), 1) + values[there].tobytes()
        return Encoded(len(values), body)

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
                continue
            values, there, words = self._values(column.name)
            chosen = there.take(self._pick)
            flags = chosen
            if len(chosen) < self._m.alleles:
                flags = np.zeros(self._m.alleles, dtype=np.bool_)
                flags[self._picked] = chosen
            levels = level_block(flags.view(np.uint8), 1)
            yield self._body(levels, self._m.alleles, values.take(self._pick), chosen, words)

    def _of_entries(self, column: Column) -> Encoded:
        name, entries = column.name, self._m.entries
        if name in _TEXTS:
            text = self._m.texts[t.X_ENTRY + _TEXTS[name]]
            flags = np.frombuffer(text.flags, np.uint8)
            levels = self._repeats + level_block(self._something + flags, 2)
            return Encoded(entries, b"".join((levels, text.cells)))
        values, there, words = self._values(name)
        if column.required:
            return self._body(self._required, entries, values, there, words)
        levels = self._repeats + level_block(self._something + there.view(np.uint8), 2)
        return self._body(levels, entries, values, there, words)

    def _body(
        self, levels: bytes, count: int, values: Array, there: Array, words: Words
    ) -> Encoded:
        """A page of the values that are there; with words they are numbers of words."""
        chosen = values if there.all() else values[there]
        if words is None:
            packed = booleans(chosen) if chosen.dtype == np.bool_ else chosen.tobytes()
            return Encoded(count, levels + packed)
        if not len(chosen):
            return Encoded(count, levels)
        if len(words) > 256:
            chosen, used = compacted(chosen, len(words))
            words = words.take(pa.array(used))
        body = levels + indices(chosen, len(words))
        return Encoded(count, body, plain_texts(words), len(words))

    def _values(self, name: str) -> tuple[Array, Array, Words]:
        """Values of all entries, where there is one, and words if the values are their numbers."""
        if name not in self._known:
            self._known[name] = self._made(name)
        return self._known[name]

    def _made(self, name: str) -> tuple[Array, Array, Words]:
        m = self._m
        if name in _INTS:
            ints = m.columns[t.E_INTS + _INTS[name]]
            return ints, ints > 0, None
        if name == "distance":
            distance = m.columns[t.E_INTS + t.N_DISTANCE]
            return distance, distance >= 0, None
        something = self._something.view(np.bool_)
        if name == "consequence":
            return m.terms, something, pa.array(["&".join(terms.names(x)) for x in self._masks])
        if name == "impact":
            worst = [terms.IMPACT_OF[terms.severity(mask)] for mask in self._masks]
            impact = np.array(worst or [0], dtype=np.uint8).take(m.terms)
            return impact, something, pa.array(terms.IMPACTS)
        if name == "pick":
            return m.columns[t.E_PICKED].view(np.bool_), something, None
        return self._of_transcript(name)

    def _of_transcript(self, name: str) -> tuple[Array, Array, Words]:
        """A fact of the transcript."""
        m, local = self._m, self._local
        of_transcript = local > 0
        if name in ("exon_count", "intron_count"):
            first = m.columns[t.E_INTS + _INTS[f"{name.removesuffix('_count')}_first"]]
            counts = np.concatenate([[0], self._rows[:, k.NEXON] - (name == "intron_count")])
            return counts.astype(np.int32).take(local), first > 0, None
        if name == "strand":
            strands = np.concatenate([[0], self._rows[:, k.STRAND]]).astype(np.int32)
            return strands.take(local), of_transcript, None
        fact = self._facts[name]
        if name == "canonical":
            yes = np.concatenate([[False], fact.codes >= 0])
            return yes.take(local), of_transcript, None
        codes = np.concatenate([[-1], fact.codes]).astype(np.int32).take(local)
        return codes, codes >= 0, fact.words
