"""Reading a table back, whole or in batches, and counting what it holds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from anntools.problems import InputRefused, Problem, UsageProblem
from anntools.table.schema import LIST

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

_BATCH = 1 << 14


class Counts(NamedTuple):
    """Records and rows of a table: ``records = annotated + skipped``."""

    records: int
    annotated: int
    skipped: int
    rows: int


def open_table(path: str | Path) -> pq.ParquetFile:
    """Open a table. Raises UsageProblem if there is none, InputRefused if it is no such table."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    source = Path(path)
    if not source.is_file():
        raise UsageProblem(f"There is no file {source}.")
    try:
        table = pq.ParquetFile(source)
    except pa.ArrowInvalid as error:
        text = f"This is not a Parquet file: {error}."
        raise InputRefused(Problem("not_a_table", text, source.name)) from error
    if not {"record", "status", LIST} <= set(table.schema_arrow.names):
        text = "This Parquet file was not written by `anntools annotate --table`."
        raise InputRefused(Problem("not_a_table", text, source.name))
    return table


def read_table(path: str | Path, columns: Sequence[str] | None = None) -> pa.Table:
    """The whole table, or some of its columns, as an Arrow table in memory.

    >>> table = read_table("NA12878.parquet", ["chrom", "pos", "consequence"])  # doctest: +SKIP
    """
    return open_table(path).read(columns)


def read_batches(
    path: str | Path, columns: Sequence[str] | None = None, rows: int = _BATCH
) -> Iterator[pa.RecordBatch]:
    """The same in batches of at most ``rows`` rows, in flat memory."""
    yield from open_table(path).iter_batches(rows, columns=columns)


def counted(path: str | Path) -> Counts:
    """How many records a table holds, told apart by their status."""
    import numpy as np
    import pyarrow.compute as pc

    last = rows = annotated = skipped = 0
    for batch in read_batches(path, ["record", "status"], 1 << 17):
        # Rows of a record are neighbours; a batch may begin inside one.
        record = batch.column(0).to_numpy()
        new = np.diff(record, prepend=last) != 0
        status = pc.equal(batch.column(1), "annotated").to_numpy(zero_copy_only=False)
        annotated += int((new & status).sum())
        skipped += int((new & ~status).sum())
        rows += len(record)
        last = int(record[-1]) if len(record) else last
    return Counts(annotated + skipped, annotated, skipped, rows)
