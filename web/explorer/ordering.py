"""Sorting by any column: ties keep the order of the file, nulls come last."""

import re
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from web.explorer.filters import Impact, refused
from web.explorer.table import Deadline, OpenTable, Rows
from web.plots.terms import TERMS

_IMPACTS: Final = {str(impact): i for i, impact in enumerate(Impact)}
_SEVERITY: Final = {term: i for i, term in enumerate(TERMS)}

_FEW: Final = 4
"""Of less than this part of the rows, only these are sorted, and nothing is remembered."""


def ordered(
    table: OpenTable,
    rows: Rows,
    sort: str,
    *,
    descending: bool,
    first: int,
    last: int,
    deadline: Deadline,
) -> Rows:
    """The rows `first` to `last` (0-based, half-open) of `rows` in the order asked for.

    Raises:
        InvalidRequest: there is no such column.
    """
    if not sort or not len(table):
        return rows[first:last]
    if len(rows) * _FEW < len(table):
        _check(table, sort)
        return rows[_order(table, sort, descending, deadline, rows)[first:last]]
    ranks = ranks_of(table, sort, descending=descending, deadline=deadline)[rows]
    if last < len(rows) // 4:
        ranks_of_first = np.argpartition(ranks, last)[: last + 1]
        best = ranks_of_first[np.argsort(ranks[ranks_of_first])]
    else:
        best = np.argsort(ranks)
    return rows[best[first:last]]


def ranks_of(
    table: OpenTable, sort: str, *, descending: bool, deadline: Deadline
) -> npt.NDArray[np.int32]:
    """The place of each row in the table's order by a column.

    Raises:
        InvalidRequest: there is no such column.
    """
    _check(table, sort)
    return table.remember(
        ("ranks", sort, descending), lambda: _ranks(table, sort, descending, deadline)
    )


def _check(table: OpenTable, sort: str) -> None:
    if sort not in table.dictionary.by_name:
        raise refused(
            "sort",
            f"there is no column {sort!r}.",
            remedy=f"There are: {', '.join(table.dictionary.names)}.",
        )


def _ranks(
    table: OpenTable, name: str, descending: bool, deadline: Deadline
) -> npt.NDArray[np.int32]:
    order = _order(table, name, descending, deadline)
    ranks = np.empty(len(order), np.int32)
    ranks[order] = np.arange(len(order), dtype=np.int32)
    return ranks


def _order(
    table: OpenTable, name: str, descending: bool, deadline: Deadline, rows: Rows | None = None
) -> Rows:
    """The places of the rows, or of all, in the order of a column: those of equal values stay."""
    parts = []
    for number, batch in enumerate(table.slices(deadline)):
        part = batch.column(name)
        if rows is not None:
            first, last = np.searchsorted(rows, table.starts[number : number + 2])
            part = part.take(pa.array(rows[first:last] - table.starts[number]))
        parts.append(part)
    column = pa.chunked_array(parts).combine_chunks()
    if name in table.words:
        keys = _word_ranks(name, table.words[name])[column.to_numpy()]
        column = pa.array(keys, mask=keys < 0)
    order = "descending" if descending else "ascending"
    return np.asarray(pc.array_sort_indices(column, order=order).to_numpy(), np.int64)


def _word_ranks(name: str, words: list[str]) -> npt.NDArray[np.int32]:
    """The place of each word among the words; -1 behind them, for null."""
    if name == "impact":
        keys = [(_IMPACTS.get(word, 9), word) for word in words]
    elif name == "consequence":
        keys = [(_SEVERITY.get(word.split("&")[0], 99), word) for word in words]
    else:
        keys = [(0, _natural(word)) for word in words]
    places = {word: i for i, word in enumerate(sorted(range(len(words)), key=keys.__getitem__))}
    return np.array([*(places[i] for i in range(len(words))), -1], np.int32)


def _natural(text: str) -> str:
    """Numbers inside a text sort by value: `2` before `10`."""
    return re.sub(r"\d+", lambda found: found[0].zfill(12), text)
