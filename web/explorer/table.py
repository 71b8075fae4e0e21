"""A table that is open for questions: its working copy, mapped into memory."""

import json
import time
from collections.abc import Callable, Hashable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from gas.errors import ServiceUnavailable
from web.explorer.cutting import SHOWN, cut, cut_list
from web.explorer.dictionary import Dictionary, read_dictionary
from web.explorer.recent import Recent
from web.explorer.working_copy import ARROW, WORDS, Codes

Mask = npt.NDArray[np.bool_]
Rows = npt.NDArray[np.int64]
"""Numbers of rows, 0-based, ascending unless said otherwise."""

_Value = TypeVar("_Value")


class Deadline:
    """When a question has to be answered. Asked between batches."""

    def __init__(self, seconds: float) -> None:
        self._until = time.monotonic() + seconds

    def check(self) -> None:
        """Raises ServiceUnavailable when it is over."""
        if time.monotonic() > self._until:
            raise ServiceUnavailable(
                "This question took too long.",
                remedy="Narrow it down, by a region or a gene for example, or try again.",
            )


class OpenTable:
    """One table. Safe to share between threads: nothing of it changes but what it remembers."""

    def __init__(self, source: Path, folder: Path, recent: Recent) -> None:
        self.source = source
        self._recent = recent
        # Mapped once: it can be read as long as this is held, whatever becomes of the copy.
        self._mapped = pa.memory_map(str(source)).read_buffer()
        parquet = pq.ParquetFile(pa.BufferReader(self._mapped))
        self.dictionary: Dictionary = read_dictionary(parquet.schema_arrow)
        self.words: dict[str, list[str]] = json.loads((folder / WORDS).read_text())
        arrow = folder / ARROW
        self.batches: Sequence[pa.RecordBatch] = []
        if arrow.stat().st_size:
            reader = pa.ipc.open_file(pa.memory_map(str(arrow)))
            self.batches = [reader.get_batch(i) for i in range(reader.num_record_batches)]
        self.starts = np.cumsum([0, *(len(batch) for batch in self.batches)])

    def __len__(self) -> int:
        return int(self.starts[-1])

    @cached_property
    def has(self) -> frozenset[str]:
        """Names of the columns of the working copy."""
        return frozenset(self.batches[0].schema.names) if self.batches else frozenset()

    def remember(self, key: tuple[Hashable, ...], make: Callable[[], _Value]) -> _Value:
        """An answer about this table, kept for the next time."""
        return self._recent.get((str(self.source), *key), make)

    def parquet(self) -> pq.ParquetFile:
        """The table as the engine wrote it; row groups are the batches of the working copy."""
        return pq.ParquetFile(pa.BufferReader(self._mapped))

    def slices(self, deadline: Deadline) -> Iterator[pa.RecordBatch]:
        """The batches, as long as there is time."""
        for batch in self.batches:
            deadline.check()
            yield batch

    def locate(self, row: int) -> tuple[int, int]:
        """The batch of a row, and its place in there."""
        batch = int(np.searchsorted(self.starts, row, side="right")) - 1
        return batch, row - int(self.starts[batch])

    def values(self, name: str, rows: Rows, longest: int = SHOWN) -> list[Any]:
        """Values of a column for some rows, in their order; longer texts are cut."""
        found: list[Any] = [None] * len(rows)
        batches = np.searchsorted(self.starts, rows, side="right") - 1
        for batch in np.unique(batches):
            places = np.flatnonzero(batches == batch)
            picked = (
                self.batches[batch].column(name).take(pa.array(rows[places] - self.starts[batch]))
            )
            for place, value in zip(places, cut_list(picked, longest), strict=True):
                found[place] = value
        if name in self.words:
            words = self.words[name]
            return [cut(words[code], longest) if code >= 0 else None for code in found]
        return found

    def codes(self, name: str, deadline: Deadline) -> Codes:
        """The codes of a whole column."""
        parts = [numbers(batch.column(name)) for batch in self.slices(deadline)]
        return np.concatenate(parts) if parts else np.empty(0, np.int32)


def numbers(column: pa.Array) -> Any:
    """A column without nulls as an array, not copied; with nulls as floats, NaN for null."""
    if column.null_count:
        column = pc.fill_null(column.cast(pa.float64()), np.nan)
    return column.to_numpy(zero_copy_only=False)


def truth(column: pa.Array) -> Mask:
    """A column of booleans as an array; null is false."""
    return np.asarray(
        pc.fill_null(column, fill_value=False).to_numpy(zero_copy_only=False), np.bool_
    )
