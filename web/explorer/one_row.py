"""One allele with everything the table says of it, and its neighbours in a filtered view."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from web.explorer.cutting import ALONE, cut
from web.explorer.dictionary import CARRIERS, TRANSCRIPTS
from web.explorer.filters import View
from web.explorer.masks import selected
from web.explorer.ordering import ranks_of
from web.explorer.pages import read_rows
from web.explorer.table import Deadline, OpenTable, Rows

_PART = 4096


def read_row(table: OpenTable, row: int) -> Mapping[str, Any]:
    """All columns of a row, the lists `transcripts`, `het` and `hom` among them; enormous texts
    are cut."""
    batch, place = table.locate(row)
    wanted: Rows = np.array([row])
    found = read_rows(table, wanted, table.dictionary.names, ALONE)[0]
    return {**found, **cut(_lists(table, batch, place), ALONE)}


def _lists(table: OpenTable, group: int, place: int) -> Mapping[str, Any]:
    """Unpacking a group of rows is slow: only the lists come from there, and only up to the row."""
    parquet = table.parquet()
    names = [name for name in (TRANSCRIPTS, *CARRIERS) if name in parquet.schema_arrow.names]
    for part in parquet.iter_batches(_PART, row_groups=[group], columns=names):
        if place < len(part):
            found: Mapping[str, Any] = part.slice(place, 1).to_pylist()[0]
            return found
        place -= len(part)
    raise AssertionError("a row of the working copy is one of the table")


def neighbours(
    table: OpenTable, view: View, row: int, deadline: Deadline
) -> tuple[str | None, str | None]:
    """The alleles before and behind a row in a view, as `RECORD-ALT`; None where there is none.

    A row that does not pass the filters has the nearest ones that do.

    Raises:
        InvalidRequest, ServiceUnavailable: as `read_page`.
    """
    rows = selected(table, view.filters, deadline)
    keys, mine = rows, row
    if view.sort and len(table):
        ranks = ranks_of(table, view.sort, descending=view.descending, deadline=deadline)
        keys, mine = ranks[rows].astype(np.int64), int(ranks[row])
    before, behind = keys < mine, keys > mine
    previous = int(rows[np.where(before, keys, -1).argmax()]) if before.any() else None
    largest = np.iinfo(keys.dtype).max
    following = int(rows[np.where(behind, keys, largest).argmin()]) if behind.any() else None
    return _name(table, previous), _name(table, following)


def _name(table: OpenTable, row: int | None) -> str | None:
    if row is None:
        return None
    wanted: Rows = np.array([row])
    found = read_rows(table, wanted, ("record", "alt_index"))[0]
    return f"{found['record']}-{found['alt_index'] or 0}"
