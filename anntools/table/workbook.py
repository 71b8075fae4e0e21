"""A table as a workbook for Excel and its kin.

Sheet ``alleles`` has a row per allele, sheet ``transcripts`` a row per allele and transcript, sheet
``about`` tells what the columns mean. Where a sheet is full, ``alleles 2`` and so on follow. Texts
are written as texts: nothing that begins with ``=`` is a formula, and SEPT2 is no date.

It is made piece by piece, and its cells column by column in Arrow's compiled code.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from zipfile import ZIP_DEFLATED, ZipFile

from anntools.table.cells import cells, joined, row_of_texts
from anntools.table.samples import sample_names, with_names
from anntools.table.schema import LIST, NESTED_COLUMNS
from anntools.table.workbook_parts import SHEET_END, package_parts, sheet_head

if TYPE_CHECKING:
    import pyarrow as pa

    from anntools.table.streaming import Source

SHEET_ROWS: Final = 1_048_576  # Excel's limit, with the line of names
_BATCH: Final = 4096
_LEVEL: Final = 1  # of the compression: sheets are long and all alike
_KEYS: Final = ("record", "chrom", "pos", "ref", "alt", "alt_index")
_ABOUT: Final = ("column", "type", "unit", "meaning", "source")


def write_workbook(table: Source, path: Path, sheet_rows: int = SHEET_ROWS) -> None:
    """Write a workbook with at most ``sheet_rows`` rows on a sheet."""
    with path.open("wb") as handle:
        for piece in stream_workbook(table, sheet_rows):
            handle.write(piece)


def stream_workbook(source: Source, sheet_rows: int = SHEET_ROWS) -> Iterator[bytes]:
    """The same as it is sent."""
    sink = _Sink()
    titles: list[str] = []
    with ZipFile(sink, "w", ZIP_DEFLATED, compresslevel=_LEVEL) as archive:
        for title, names, batches in _contents(source):
            for pieces in _sheets(names, batches(), sheet_rows, title, titles):
                name = f"xl/worksheets/sheet{len(titles)}.xml"
                with archive.open(name, "w", force_zip64=True) as entry:
                    for piece in pieces:
                        entry.write(piece)
                        yield from sink.take()
        for name, text in package_parts(titles):
            with archive.open(name, "w") as entry:
                entry.write(text.encode())
    yield from sink.take()


Batches = Callable[[], Iterator["pa.RecordBatch"]]


def _contents(source: Source) -> Iterator[tuple[str, Sequence[str], Batches]]:
    """The kinds of sheets: title, names of the columns, rows."""
    names = [name for name in source.schema_arrow.names if name != LIST]
    nested = [c.name for c in NESTED_COLUMNS]
    samples = sample_names(source.schema_arrow)

    def alleles() -> Iterator[pa.RecordBatch]:
        for batch in source.iter_batches(_BATCH):
            yield with_names(batch, samples).select(names)

    def transcripts() -> Iterator[pa.RecordBatch]:
        for batch in source.iter_batches(_BATCH):
            yield _transcripts(batch, nested)

    yield "alleles", names, alleles
    yield "transcripts", [*_KEYS, *nested], transcripts
    yield "about", _ABOUT, lambda: iter([_about(source)])


def _transcripts(batch: pa.RecordBatch, nested: Sequence[str]) -> pa.RecordBatch:
    """A row per transcript, with what names its allele."""
    import pyarrow as pa
    import pyarrow.compute as pc

    lists = batch.column(LIST)
    parents, entries = pc.list_parent_indices(lists), lists.flatten()
    columns = {name: batch.column(name).take(parents) for name in _KEYS}
    return pa.record_batch(columns | {name: entries.field(name) for name in nested})


def _sheets(
    names: Sequence[str],
    batches: Iterator[pa.RecordBatch],
    most: int,
    title: str,
    titles: list[str],
) -> Iterator[Iterable[bytes]]:
    """The sheets of one kind, one after the other; each is to be read to its end."""
    rest: list[pa.RecordBatch] = []

    def rows() -> Iterator[bytes]:
        yield sheet_head(names)
        yield row_of_texts(names)
        left = most - 1
        while left:
            batch = rest.pop() if rest else next(batches, None)
            if batch is None:
                break
            if len(batch) > left:
                rest.append(batch.slice(left))
            here = batch.slice(0, left)
            left -= len(here)
            if len(here):
                yield joined([cells(column) for column in here.columns])
        yield SHEET_END

    number = 0
    while True:
        number += 1
        titles.append(title if number == 1 else f"{title} {number}")
        yield rows()
        if not rest:
            following = next((batch for batch in batches if len(batch)), None)
            if following is None:
                return
            rest.append(following)


def _about(source: Source) -> pa.RecordBatch:
    """What the columns mean."""
    import pyarrow as pa

    told = {k.decode(): v.decode() for k, v in (source.schema_arrow.metadata or {}).items()}
    lines: list[Sequence[str]] = [
        (key, "", "", told.get(key, ""), "") for key in ("anntools.version", "anntools.pack")
    ]
    for key, prefix in (("anntools.columns", ""), ("anntools.transcript_columns", f"{LIST}.")):
        for column in json.loads(told.get(key, "[]")):
            lines.append([prefix + column["name"], *list(column.values())[1:]])
    columns: list[Any] = [pa.array(texts, pa.string()) for texts in zip(*lines, strict=True)]
    return pa.record_batch(columns, list(_ABOUT))


class _Sink:
    """What `zipfile` takes for a pipe: it can be written to and not gone back in."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def write(self, data: bytes) -> int:
        self._pieces.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Nothing is held back here."""

    def close(self) -> None:
        """There is nothing behind it that could be closed."""

    def take(self) -> Iterator[bytes]:
        """What was written since."""
        pieces, self._pieces = self._pieces, []
        if pieces:
            yield b"".join(pieces)
