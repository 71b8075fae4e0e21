"""A part of a table as a table of its own: what a link to a filtered view shows.

Whoever may see the part only is never asked the whole table's questions: rows, names of genes and
counts of the rest are not in what they ask.
"""

import hashlib
from pathlib import Path

from web.engine import stream_table
from web.explorer.exports import SUFFIXES, Format, Selection
from web.explorer.filters import Filters, View
from web.explorer.masks import selected
from web.explorer.table import Deadline, OpenTable

SECONDS = 60.0
"""As long as finding the rows may take; nobody waits for it at a page."""


def key_of(filters: Filters) -> str:
    """Tells one part of a table from another."""
    return hashlib.sha256(View(filters=filters).query().encode()).hexdigest()[:16]


def write(whole: OpenTable, filters: Filters, target: Path) -> None:
    """The rows that pass the filters, with all columns, as a Parquet table.

    Raises:
        InvalidRequest: the table has nothing that the filters look at.
        ServiceUnavailable: it takes too long.
    """
    rows = selected(whole, filters, Deadline(SECONDS))
    with target.open("wb") as file:
        for piece in stream_table(Selection(whole, rows), SUFFIXES[Format.PARQUET]):
            file.write(piece)
