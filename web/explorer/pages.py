"""One page of rows of a filtered view, with the exact number of all."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from web.explorer.cutting import SHOWN
from web.explorer.dictionary import Column
from web.explorer.filters import View, refused
from web.explorer.masks import selected
from web.explorer.ordering import ordered
from web.explorer.table import Deadline, OpenTable, Rows, numbers

_ALWAYS = ("record", "alt_index", "chrom", "pos", "ref", "alt", "status")


@dataclass(frozen=True)
class Page:
    """What is shown. `total` is exact."""

    total: int
    rows: Sequence[Mapping[str, Any]]
    """Values by column; those that name a row (`_ALWAYS`) are always there."""
    columns: Sequence[Column]
    """Those that are shown, in their order."""
    page: int
    pages: int
    first: int
    """Number of the first row on the page, 1-based; 0 if there is none."""
    ms: float
    """How long it took."""


def read_page(table: OpenTable, view: View, deadline: Deadline) -> Page:
    """The page that a view asks for.

    Raises:
        InvalidRequest: a value is wrong for this table, or there are not so many pages.
        ServiceUnavailable: it takes too long.
    """
    began = time.perf_counter()
    columns = chosen(table, view)
    rows = selected(table, view.filters, deadline)
    pages = max(1, -(-len(rows) // view.size))
    if view.page > pages:
        raise refused("page", f"there are {pages:,} pages, so none is number {view.page:,}.")
    first = (view.page - 1) * view.size
    last = min(first + view.size, len(rows))
    found = ordered(
        table,
        rows,
        view.sort,
        descending=view.descending,
        first=first,
        last=last,
        deadline=deadline,
    )
    return Page(
        total=len(rows),
        rows=read_rows(table, found, [*_ALWAYS, *(column.name for column in columns)]),
        columns=columns,
        page=view.page,
        pages=pages,
        first=first + 1 if len(found) else 0,
        ms=round((time.perf_counter() - began) * 1000, 1),
    )


def chosen(table: OpenTable, view: View) -> Sequence[Column]:
    """The columns to show.

    Raises:
        InvalidRequest: there is none of such a name.
    """
    known = table.dictionary.by_name
    for name in view.columns:
        if name not in known:
            raise refused(
                "columns", f"there is no column {name!r}.", remedy=f"There are: {', '.join(known)}."
            )
    return [known[name] for name in view.columns or table.dictionary.shown]


def read_rows(
    table: OpenTable, rows: Rows, names: Sequence[str], longest: int = SHOWN
) -> list[dict[str, Any]]:
    """Values of some rows by column, in the rows' order; longer texts are cut."""
    names = list(dict.fromkeys(names))
    columns = [table.values(name, rows, longest) for name in names]
    return [dict(zip(names, values, strict=True)) for values in zip(*columns, strict=True)]


def row_of(table: OpenTable, record: int, alt_index: int) -> int | None:
    """The row of an allele; None: there is none. A record that was passed through has allele 0."""
    for batch, start in zip(table.batches, table.starts, strict=False):
        records = batch.column("record").to_numpy()
        at = int(np.searchsorted(records, record))
        alleles = np.nan_to_num(numbers(batch.column("alt_index")))
        while at < len(records) and records[at] == record:
            if alleles[at] == alt_index:
                return int(start) + at
            at += 1
    return None
