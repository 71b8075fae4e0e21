"""A table as a workbook for Excel and its kin.

Sheet ``alleles`` has a row per allele, sheet ``transcripts`` a row per allele and transcript, sheet
``about`` tells what the columns mean. Where a sheet is full, ``alleles 2`` and so on follow. Texts
are written as texts: nothing that begins with ``=`` is a formula, and SEPT2 is no date.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from anntools.table.samples import sample_names, with_names
from anntools.table.schema import LIST, NESTED_COLUMNS

if TYPE_CHECKING:
    import pyarrow.parquet as pq

SHEET_ROWS: Final = 1_048_576  # Excel's limit, with the line of names
_TEXT_MOST: Final = 32_767  # characters of a cell
_BATCH: Final = 4096
_OPTIONS: Final = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_numbers": False,
    "strings_to_urls": False,
}
_KEYS: Final = ("record", "chrom", "pos", "ref", "alt", "alt_index")


def write_workbook(table: pq.ParquetFile, path: Path, sheet_rows: int = SHEET_ROWS) -> None:
    """Write a workbook with at most ``sheet_rows`` rows on a sheet."""
    import xlsxwriter

    names = [name for name in table.schema_arrow.names if name != LIST]
    nested = [c.name for c in NESTED_COLUMNS]
    with xlsxwriter.Workbook(str(path), _OPTIONS) as book:
        alleles = _Sheets(book, "alleles", names, sheet_rows)
        transcripts = _Sheets(book, "transcripts", [*_KEYS, *nested], sheet_rows)
        samples = sample_names(table.schema_arrow)
        for batch in table.iter_batches(_BATCH):
            for row in with_names(batch, samples).to_pylist():
                alleles.add([row[name] for name in names])
                keys = [row[name] for name in _KEYS]
                for entry in row[LIST]:
                    transcripts.add([*keys, *(entry[name] for name in nested)])
        _about(book, table, sheet_rows)


class _Sheets:
    """Rows that go on to a further sheet when one is full."""

    def __init__(self, book: Any, title: str, names: Sequence[str], most: int) -> None:
        self._book = book
        self._title = title
        self._names = names
        self._most = most
        self._sheets = 0
        self._head = book.add_format({"bold": True})
        self._begin()

    def add(self, values: Sequence[Any]) -> None:
        """Append a row."""
        if self._row == self._most:
            self._begin()
        for column, value in enumerate(values):
            _write(self._sheet, self._row, column, value)
        self._row += 1

    def _begin(self) -> None:
        self._sheets += 1
        title = self._title if self._sheets == 1 else f"{self._title} {self._sheets}"
        self._sheet = self._book.add_worksheet(title)
        self._sheet.freeze_panes(1, 0)
        for column, name in enumerate(self._names):
            self._sheet.set_column(column, column, max(10, len(name) + 2))
            self._sheet.write_string(0, column, name, self._head)
        self._row = 1


def _write(sheet: Any, row: int, column: int, value: Any) -> None:
    if value is None:
        return
    if isinstance(value, bool):
        sheet.write_boolean(row, column, value)
    elif isinstance(value, int) or (isinstance(value, float) and math.isfinite(value)):
        sheet.write_number(row, column, value)
    elif text := ",".join(value) if isinstance(value, list) else str(value):
        sheet.write_string(row, column, cell_text(text))


def cell_text(text: str) -> str:
    """A text as it fits into a cell; a longer one is cut, and says so."""
    if len(text) <= _TEXT_MOST:
        return text
    note = f" … (cut: {len(text)} characters; the Parquet file has all)"
    return text[: _TEXT_MOST - len(note)] + note


def _about(book: Any, table: pq.ParquetFile, most: int) -> None:
    told = {k.decode(): v.decode() for k, v in (table.schema_arrow.metadata or {}).items()}
    sheets = _Sheets(book, "about", ("column", "type", "unit", "meaning", "source"), most)
    for key in ("anntools.version", "anntools.pack"):
        sheets.add([key, "", "", told.get(key, ""), ""])
    for key, prefix in (("anntools.columns", ""), ("anntools.transcript_columns", f"{LIST}.")):
        for column in json.loads(told.get(key, "[]")):
            sheets.add([prefix + column["name"], *list(column.values())[1:]])
