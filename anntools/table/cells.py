"""Columns of a table as the cells of a sheet (Office Open XML), made in Arrow's compiled code."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final
from xml.sax.saxutils import escape

if TYPE_CHECKING:
    import pyarrow as pa

_TEXT_MOST: Final = 32_767  # characters of a cell
_EMPTY: Final = "<c/>"
_TEXT: Final = ('<c t="inlineStr"><is><t xml:space="preserve">', "</t></is></c>")
_BOLD: Final = ('<c t="inlineStr" s="1"><is><t>', "</t></is></c>")
# What XML cannot hold is written as _x0001_; a text that looks like that needs the same.
_ODD: Final = "[\\x00-\\x08\\x0b\\x0c\\x0d\\x0e-\\x1f\\x{FFFE}\\x{FFFF}]|_x[0-9a-fA-F]{4}_"
_ODD_HERE: Final = re.compile("[\x00-\x08\x0b-\x1f\ufffe\uffff]|_x(?=[0-9a-fA-F]{4}_)")
_SPECIAL: Final = (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"))


def cells(column: pa.Array) -> pa.Array:
    """The cells of a column; a value that is not there, or is no text at all, is an empty cell."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_boolean(column.type):
        made = pc.if_else(column, '<c t="b"><v>1</v></c>', '<c t="b"><v>0</v></c>')
    elif pa.types.is_string(column.type):
        made = _texts(column)
    elif pa.types.is_list(column.type):
        made = _texts(pc.binary_join(column, ","))
    else:
        made = _around(column.cast(pa.string()), "<c><v>", "</v></c>")
        if pa.types.is_floating(column.type):
            texts = _around(column.cast(pa.string()), *_TEXT)
            made = pc.if_else(pc.is_finite(column), made, texts)
    return pc.fill_null(made, _EMPTY)


def joined(columns: Sequence[pa.Array]) -> bytes:
    """The rows of a sheet."""
    import pyarrow as pa
    import pyarrow.compute as pc

    wide = pa.large_string()
    begin, end, nothing = (pa.scalar(text, wide) for text in ("<row>", "</row>", ""))
    texts = (column.cast(wide) for column in columns)
    rows = pc.binary_join_element_wise(begin, *texts, end, nothing)
    return bytes(rows.buffers()[2])


def row_of_texts(texts: Sequence[str]) -> bytes:
    """A row of names."""
    begin, end = _BOLD
    return f"<row>{''.join(begin + escape(text) + end for text in texts)}</row>".encode()


def cell_text(text: str) -> str:
    """A text as it fits into a cell; a longer one is cut, and says so."""
    if len(text) <= _TEXT_MOST:
        return text
    note = f" … (cut: {len(text)} characters; the Parquet file has all)"
    return text[: _TEXT_MOST - len(note)] + note


def _texts(column: pa.Array) -> pa.Array:
    import pyarrow as pa
    import pyarrow.compute as pc

    odd = pc.match_substring_regex(column, _ODD)
    if pc.any(odd).as_py() or (pc.max(pc.utf8_length(column)).as_py() or 0) > _TEXT_MOST:
        kept = [None if text is None else _plain(cell_text(text)) for text in column.to_pylist()]
        column = pa.array(kept, pa.string())
    for found, written in _SPECIAL:
        if pc.any(pc.match_substring(column, found)).as_py():
            column = pc.replace_substring(column, found, written)
    made = _around(column, *_TEXT)
    return pc.if_else(pc.equal(pc.binary_length(column), 0), _EMPTY, made)


def _plain(text: str) -> str:
    """The text without what XML cannot hold."""
    return _ODD_HERE.sub(lambda found: f"_x{ord(found[0][0]):04X}_{found[0][1:]}", text)


def _around(column: Any, begin: str, end: str) -> Any:
    import pyarrow.compute as pc

    return pc.binary_join_element_wise(begin, column, end, "")
