"""Rows of chunks put together to the columns of a row group."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from anntools.kernels import table_layout as t
from anntools.table.collect import ALLELE_SLOTS, ENTRY_SLOTS, Data, Rows, Text

Array = npt.NDArray[Any]


class Merged(NamedTuple):
    """Columns of a row group. ``terms``: numbers into the writer's list of masks.

    ``pick``: row of ``terms`` and the other entry columns that is the allele's picked one, -1.
    """

    alleles: int
    entries: int
    record: Array
    pick: Array
    terms: Array
    columns: dict[int, Array]
    texts: list[Text]
    digits: list[Array]
    scales: list[Array]


class Masks:
    """All consequence masks of a file, numbered in the order in which they are met."""

    def __init__(self) -> None:
        self.masks: list[int] = []
        self._number: dict[int, int] = {}

    def renumbering(self, masks: Sequence[int]) -> Array:
        """The file's number of each mask of a chunk."""
        for mask in masks:
            if mask not in self._number:
                self._number[mask] = len(self.masks)
                self.masks.append(mask)
        numbers = [self._number[mask] for mask in masks] or [0]
        return np.array(numbers, dtype=np.int32)


_TYPES = {1: np.uint8, 2: np.uint16, 4: np.int32}


def merged(chunks: Sequence[Rows], first_record: int, masks: Masks) -> Merged:
    """Put chunks together. ``first_record``: number of the first record, 1-based."""
    records, picks, terms = [], [], []
    entries = 0
    odd = 0
    digits: list[list[Array]] = [[] for _ in chunks[0].digits]
    scales = [
        np.frombuffer(_one([c.scales[y] for c in chunks]), np.uint8) for y in range(len(digits))
    ]
    for chunk in chunks:
        record = np.frombuffer(chunk.columns[t.T_RECORD], np.int32)
        records.append(record.astype(np.int64) + first_record)
        pick = np.frombuffer(chunk.columns[t.T_PICK], np.int32)
        picks.append(np.where(pick < 0, np.int32(-1), pick + np.int32(entries)))
        numbers = np.frombuffer(chunk.columns[t.E_TERMS], np.uint16)
        terms.append(masks.renumbering(chunk.masks)[numbers])
        for y, (raw, scale) in enumerate(zip(chunk.digits, chunk.scales, strict=True)):
            values = np.frombuffer(raw, np.int64)
            if odd:
                values = values + odd * (np.frombuffer(scale, np.uint8) == t.ODD_NUMBER)
            digits[y].append(values)
        first_record += chunk.records
        entries += chunk.entries
        odd += len(chunk.texts[t.X_ODD].cells)
    return Merged(
        sum(c.alleles for c in chunks),
        entries,
        np.concatenate(records),
        np.concatenate(picks),
        np.concatenate(terms),
        _joined(chunks),
        _joined_texts(chunks),
        [np.concatenate(values) for values in digits],
        scales,
    )


def _joined(chunks: Sequence[Rows]) -> dict[int, Array]:
    """All other number columns."""
    sizes = ALLELE_SLOTS | ENTRY_SLOTS
    return {
        slot: np.frombuffer(_one([c.columns[slot] for c in chunks]), _TYPES[sizes[slot]])
        for slot in sizes
        if slot not in (t.T_RECORD, t.T_PICK, t.T_SEEN, t.E_TERMS)
    }


def _joined_texts(chunks: Sequence[Rows]) -> list[Text]:
    return [
        Text(_one([x.flags for x in column]), _one([x.cells for x in column]))
        for column in zip(*(c.texts for c in chunks), strict=True)
    ]


def _one(parts: Sequence[Data]) -> Data:
    return parts[0] if len(parts) == 1 else b"".join(parts)


def numbers(digits: Array, scales: Array, odd: Data) -> tuple[Array, Array]:
    """Values of a number column as doubles, and where there is one; see ``table_layout``."""
    there = scales != t.NO_NUMBER
    power = np.where(there, scales, t.SCALE_ZERO).astype(np.int64) - t.SCALE_ZERO
    strange = np.flatnonzero(scales == t.ODD_NUMBER)
    power[strange] = 0
    tens = 10.0 ** np.arange(23)
    values = np.where(
        power >= 0, digits / tens[np.maximum(power, 0)], digits * tens[np.maximum(-power, 0)]
    )
    for i in strange:
        at = int(digits[i])
        size = int.from_bytes(odd[at : at + 4], "little")
        try:
            values[i] = float(bytes(odd[at + 4 : at + 4 + size]))
        except ValueError:
            there[i] = False
    return values, there
