"""The table of a run: takes the rows of chunks in order, writes row groups."""

from __future__ import annotations

import mmap
from typing import TYPE_CHECKING, Any, BinaryIO, Final, NamedTuple

from anntools.table.collect import Chunk, Collector
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

_ALLELES: Final = 1 << 16  # rows of a row group, about
_ENTRIES: Final = 1 << 19
_BYTES: Final = 32 << 20
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
        from anntools.table.parquet import ParquetWriter

        self.fields = store_columns(store.about for store, _ in pack.numbered_stores())
        self._columns = [*RECORD_COLUMNS, *ALT_COLUMNS, *PICKED_COLUMNS, *self.fields]
        self._decode = _has_percent(pack)
        told = metadata(self._columns, pack.manifest.pack_id)
        codec = pa.Codec("zstd", compression_level=_LEVEL)
        self._file = ParquetWriter(handle, self._columns, NESTED_COLUMNS, told, codec)
        self._names = Names(pack.arrays)
        self._masks = Masks()
        self._chunks: list[Chunk] = []
        self._alleles = self._entries = self._bytes = 0
        self._records = self._pending = self._rows = 0

    def collector(self) -> Collector:
        """Memory for one worker's rows."""
        return Collector(self.fields, self._decode)

    def add(self, chunk: Chunk) -> None:
        """Append the rows of the next chunk in the order of the input."""
        self._chunks.append(chunk)
        self._pending += chunk.records
        self._alleles += chunk.alleles
        self._entries += chunk.entries
        self._bytes += sum(len(x.cells) for x in chunk.texts)
        if self._alleles >= _ALLELES or self._entries >= _ENTRIES or self._bytes >= _BYTES:
            self._flush()

    def close(self) -> Written:
        """Write the rest and the end of the file."""
        self._flush()
        self._file.close()
        return Written(self._records, self._rows)

    def _flush(self) -> None:
        from anntools.table.merge import merged
        from anntools.table.rowgroup import RowGroup

        if self._alleles:
            rows = merged(self._chunks, self._records + 1, self._masks)
            group = RowGroup(rows, self._names, self._masks.masks)
            encoded: list[Any] = [
                *group.alleles([*RECORD_COLUMNS, *ALT_COLUMNS]),
                *group.picked(PICKED_COLUMNS),
                *group.stores(self.fields),
                *group.nested(NESTED_COLUMNS),
            ]
            self._file.write_group(rows.alleles, encoded)
        self._records += self._pending
        self._rows += self._alleles
        self._chunks = []
        self._alleles = self._entries = self._bytes = self._pending = 0


def _has_percent(pack: Pack) -> bool:
    """Whether any name of the pack is percent-encoded."""
    held = pack.arrays["names"].held
    assert isinstance(held, mmap.mmap)
    return held.find(b"%") >= 0
