"""Rows of a table in another format as they are sent: piece by piece, nothing kept.

The rows and values are those of ``anntools export``. ``source`` is a ``ParquetFile`` of pyarrow's,
or anything that has the schema of a table and gives some of its rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Final, Protocol

from anntools.table.samples import sample_names, with_names
from anntools.table.text import json_lines, tsv_head, tsv_lines
from anntools.table.workbook import stream_workbook

if TYPE_CHECKING:
    import pyarrow as pa

_BATCH: Final = 8192
_GROUP: Final = 65_536  # rows of a row group


class Source(Protocol):
    """Some rows of a table."""

    @property
    def schema_arrow(self) -> pa.Schema:
        """The table's schema, with its metadata."""

    def iter_batches(self, batch_size: int) -> Iterator[pa.RecordBatch]:
        """The rows, from the beginning at every call."""


def stream_tsv(source: Source) -> Iterator[bytes]:
    """As ``text.tsv_lines``, after a line of names."""
    samples = sample_names(source.schema_arrow)
    yield tsv_head(source.schema_arrow.names, "allele")
    for batch in source.iter_batches(_BATCH):
        yield bytes(tsv_lines(with_names(batch, samples)))


def stream_json(source: Source) -> Iterator[bytes]:
    """One JSON list; each object has a line of its own."""
    samples = sample_names(source.schema_arrow)
    before = b"[\n"
    for batch in source.iter_batches(_BATCH):
        yield before + bytes(json_lines(with_names(batch, samples), between=",\n"))
        before = b",\n"
    yield b"[]\n" if before == b"[\n" else b"\n]\n"


def stream_parquet(source: Source) -> Iterator[bytes]:
    """A table as the engine writes it, with its dictionary of columns."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    sink = _Sink()
    handle = pa.PythonFile(sink, mode="w")
    with pq.ParquetWriter(handle, source.schema_arrow, compression="zstd") as writer:
        for batch in source.iter_batches(_GROUP):
            writer.write_batch(batch)
            yield from sink.take()
    yield from sink.take()


class _Sink:
    """What Arrow takes for a file to write to."""

    closed = False

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._at = 0

    def write(self, data: Any) -> int:
        self._pieces.append(bytes(data))
        self._at += len(self._pieces[-1])
        return len(self._pieces[-1])

    def tell(self) -> int:
        """How much was written."""
        return self._at

    def flush(self) -> None:
        """Nothing is held back here."""

    def close(self) -> None:
        """There is nothing behind it."""

    def take(self) -> Iterator[bytes]:
        """What was written since."""
        pieces, self._pieces = self._pieces, []
        if pieces:
            yield b"".join(pieces)


_STREAMS: Final[dict[str, Callable[[Source], Iterator[bytes]]]] = {
    ".tsv": stream_tsv,
    ".xlsx": stream_workbook,
    ".json": stream_json,
    ".parquet": stream_parquet,
}


def stream_table(source: Source, suffix: str) -> Iterator[bytes]:
    """The rows in the format of a suffix: ``.tsv``, ``.xlsx``, ``.json`` or ``.parquet``."""
    return _STREAMS[suffix](source)
