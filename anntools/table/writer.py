"""The table of a run: takes the rows of chunks in order, writes row groups."""

from __future__ import annotations

import mmap
from collections.abc import Sequence
from itertools import chain
from typing import TYPE_CHECKING, BinaryIO, Final, NamedTuple

from anntools.kernels import table_layout as t
from anntools.table.cohort import Cohort
from anntools.table.collect import Collector, Rows, is_group
from anntools.table.schema import (
    ALT_COLUMNS,
    GENOTYPE_COLUMNS,
    NESTED_COLUMNS,
    PICKED_COLUMNS,
    RECORD_COLUMNS,
    metadata,
    store_columns,
)

if TYPE_CHECKING:
    from anntools.pack import Pack
    from anntools.table.merge import Merged
    from anntools.table.rowgroup import RowGroup

_LEVEL: Final = 1  # of ZSTD


class Written(NamedTuple):
    """What the table holds."""

    records: int
    rows: int
    cohort: Cohort


class TableWriter:
    """Writes one Parquet file. Memory: at most a row group of rows."""

    def __init__(self, handle: BinaryIO, pack: Pack, *, compress: bool = True) -> None:
        import pyarrow as pa

        from anntools.table.merge import Masks
        from anntools.table.names import Names
        from anntools.table.pages import PageEncoder
        from anntools.table.parquet import ParquetWriter
        from anntools.table.words import WordFinder

        self.fields = store_columns(store.about for store, _ in pack.numbered_stores())
        picked = [*GENOTYPE_COLUMNS, *PICKED_COLUMNS]
        self._columns = [*RECORD_COLUMNS, *ALT_COLUMNS, *picked, *self.fields]
        self._decode = _has_percent(pack)
        self._pack_id = pack.manifest.pack_id
        codec = pa.Codec("zstd", compression_level=_LEVEL) if compress else None
        self._file = ParquetWriter(handle, self._columns, NESTED_COLUMNS, codec)
        self._cohort = Cohort()
        self._names = Names(pack.arrays)
        self._masks = Masks()
        self._pages = PageEncoder(pack.arrays["tx"].count)
        self._finder = WordFinder()
        self._pending: list[Rows] = []
        self._records = self._rows = 0

    def collector(self, samples: Sequence[str] = ()) -> Collector:
        """Memory for one worker's rows. ``samples``: their names, as the header has them."""
        collector = Collector(self.fields, self._decode, len(samples))
        self._cohort.names = samples
        self._cohort.collectors.append(collector)
        return collector

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
        self._file.close(metadata(self._columns, self._pack_id, self._cohort.names))
        return Written(self._records, self._rows, self._cohort)

    def _flush(self) -> None:
        from anntools.table.merge import merged

        if any(rows.alleles for rows in self._pending):
            together = merged(self._pending, self._records + 1, self._masks)
            group = self._row_group(together)
            encoded = chain(
                group.alleles([*RECORD_COLUMNS, *ALT_COLUMNS, *GENOTYPE_COLUMNS]),
                group.picked(PICKED_COLUMNS),
                group.stores(self.fields),
                group.nested(NESTED_COLUMNS),
            )
            self._file.write_group(together.alleles, encoded)
            self._cohort.add(together.columns[t.T_AC], together.columns[t.T_AN])
        self._records += sum(rows.records for rows in self._pending)
        self._rows += sum(rows.alleles for rows in self._pending)
        self._pending = []

    def _row_group(self, merged: Merged) -> RowGroup:
        from anntools.table.rowgroup import RowGroup

        masks, samples = self._masks.masks, len(self._cohort.names)
        return RowGroup(merged, self._names, masks, self._pages, self._finder, samples)


def _has_percent(pack: Pack) -> bool:
    """Whether any name of the pack is percent-encoded."""
    held = pack.arrays["names"].held
    assert isinstance(held, mmap.mmap)
    return held.find(b"%") >= 0
