"""The table of a run: takes the rows of chunks in order, writes row groups."""

from __future__ import annotations

import mmap
from itertools import chain
from typing import TYPE_CHECKING, BinaryIO, Final, NamedTuple

from anntools.table.collect import Collector, Rows, is_group
from anntools.table.schema import (
    ALT_COLUMNS,
    NESTED_COLUMNS,
    PICKED_COLUMNS,
    RECORD_COLUMNS,
    metadata,
    store_columns,
)

if TYPE_CHECKING:
    from anntools.pack import Pack

_LEVEL: Final = 1  # of ZSTD


class Written(NamedTuple):
    """What the table holds."""

    records: int
    rows: int


class TableWriter:
    """Writes one Parquet file. Memory: at most a row group of rows."""

    def __init__(self, handle: BinaryIO, pack: Pack) -> None:
        import pyarrow as pa

        from anntools.table.merge import Masks
        from anntools.table.names import Names
        from anntools.table.pages import PageEncoder
        from anntools.table.parquet import ParquetWriter

        self.fields = store_columns(store.about for store, _ in pack.numbered_stores())
        self._columns = [*RECORD_COLUMNS, *ALT_COLUMNS, *PICKED_COLUMNS, *self.fields]
        self._decode = _has_percent(pack)
        told = metadata(self._columns, pack.manifest.pack_id)
        codec = pa.Codec("zstd", compression_level=_LEVEL)
        self._file = ParquetWriter(handle, self._columns, NESTED_COLUMNS, told, codec)
        self._names = Names(pack.arrays)
        self._masks = Masks()
        self._pages = PageEncoder(pack.arrays["tx"].count)
        self._pending: list[Rows] = []
        self._records = self._rows = 0

    def collector(self) -> Collector:
        """Memory for one worker's rows."""
        return Collector(self.fields, self._decode)

    def collect_from(self, collector: Collector) -> None:
        """Write a row group from where the rows lie, if there are enough of them."""
        if collector.is_full:
            self.write_from(collector)

    def write_from(self, collector: Collector) -> None:
        """Write the rows from where they lie."""
        self._pending.append(collector.rows())
        self._flush()
        collector.start()

    def add(self, rows: Rows) -> None:
        """Append the rows of the next chunk in the order of the input."""
        self._pending.append(rows)
        sums = [
            sum(counts)
            for counts in zip(
                *((x.alleles, x.entries, x.bytes) for x in self._pending), strict=True
            )
        ]
        if is_group(*sums):
            self._flush()

    def close(self) -> Written:
        """Write the rest and the end of the file."""
        self._flush()
        self._file.close()
        return Written(self._records, self._rows)

    def _flush(self) -> None:
        from anntools.table.merge import merged
        from anntools.table.rowgroup import RowGroup

        if any(rows.alleles for rows in self._pending):
            together = merged(self._pending, self._records + 1, self._masks)
            group = RowGroup(together, self._names, self._masks.masks, self._pages)
            encoded = chain(
                group.alleles([*RECORD_COLUMNS, *ALT_COLUMNS]),
                group.picked(PICKED_COLUMNS),
                group.stores(self.fields),
                group.nested(NESTED_COLUMNS),
            )
            self._file.write_group(together.alleles, encoded)
        self._records += sum(rows.records for rows in self._pending)
        self._rows += sum(rows.alleles for rows in self._pending)
        self._pending = []


def _has_percent(pack: Pack) -> bool:
    """Whether any name of the pack is percent-encoded."""
    held = pack.arrays["names"].held
    assert isinstance(held, mmap.mmap)
    return held.find(b"%") >= 0
