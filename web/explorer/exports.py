"""Exports of exactly what is filtered: all columns, in the file's order, piece by piece."""

from collections.abc import Iterator, Mapping
from enum import StrEnum

import numpy as np
import pyarrow as pa

from web.explorer.table import OpenTable, Rows


class Format(StrEnum):
    """The formats; the values are those of the parameter `format`."""

    VCF = "vcf"
    TSV = "tsv"
    XLSX = "xlsx"
    PARQUET = "parquet"
    JSON = "json"


CONTENT_TYPES: Mapping[Format, str] = {
    Format.VCF: "application/gzip",
    Format.TSV: "text/tab-separated-values; charset=utf-8",
    Format.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    Format.PARQUET: "application/vnd.apache.parquet",
    Format.JSON: "application/json",
}

SUFFIXES: Mapping[Format, str] = {
    **{each: f".{each}" for each in Format},
    Format.VCF: ".vcf.gz",
}


class Selection:
    """Some rows of a table, with all columns: what the engine's writers take for a table.

    The file is opened here, so that it can be read to its end whatever becomes of the copy.
    """

    def __init__(self, table: OpenTable, rows: Rows) -> None:
        self._parquet = table.parquet()
        self._starts = table.starts
        self._rows = rows

    @property
    def schema_arrow(self) -> pa.Schema:
        """The table's schema, with its metadata."""
        return self._parquet.schema_arrow

    def iter_batches(self, batch_size: int) -> Iterator[pa.RecordBatch]:
        """The rows. Row groups without any are not read; memory: a part of a row group."""
        kept: list[pa.RecordBatch] = []
        size = 0
        for part in self._parts(batch_size):
            # Few rows at a time would cost as much as many.
            if size + len(part) > batch_size and kept:
                yield pa.concat_batches(kept)
                kept, size = [], 0
            kept.append(part)
            size += len(part)
        if kept:
            yield pa.concat_batches(kept)

    def _parts(self, batch_size: int) -> Iterator[pa.RecordBatch]:
        """What is wanted of each part of a row group."""
        groups = np.searchsorted(self._rows, self._starts)
        for group in range(len(self._starts) - 1):
            wanted = self._rows[groups[group] : groups[group + 1]] - self._starts[group]
            if not len(wanted):
                continue
            first = 0
            for batch in self._parquet.iter_batches(
                batch_size, row_groups=[group], use_threads=False
            ):
                here = wanted[(wanted >= first) & (wanted < first + len(batch))] - first
                first += len(batch)
                if len(here) == len(batch):
                    yield batch
                elif len(here):
                    yield batch.take(pa.array(here))
                if first > wanted[-1]:
                    break


def records_of(table: OpenTable, rows: Rows) -> Rows:
    """The numbers of the records that have such a row, 1-based, ascending."""
    parts = []
    for number, batch in enumerate(table.batches):
        first, last = np.searchsorted(rows, table.starts[number : number + 2])
        parts.append(batch.column("record").to_numpy()[rows[first:last] - table.starts[number]])
    return np.unique(np.concatenate(parts)) if parts else np.empty(0, np.int64)
