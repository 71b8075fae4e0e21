"""Rows of a table as TSV and as JSON lines, made column by column in Arrow's compiled code.

TSV: a value that is not there is empty, a list is joined by commas; tab, line feed, carriage return
and backslash inside a text are written ``\\t``, ``\\n``, ``\\r`` and ``\\\\``. JSON: a number that
JSON has no word for (``inf``, ``nan``) is a text.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from anntools.table.schema import LIST, NESTED_COLUMNS, TRANSCRIPT_COLUMNS

if TYPE_CHECKING:
    import pyarrow as pa

_PICKED: Final = frozenset(c.name for c in TRANSCRIPT_COLUMNS)
_TSV_SPECIAL: Final = (("\\", "\\\\"), ("\t", "\\t"), ("\n", "\\n"), ("\r", "\\r"))


def tsv_head(names: Sequence[str], per: str) -> bytes:
    """The line of column names."""
    columns = list(names) if per == "allele" else [*_allele_names(names), *_nested_names()]
    return ("\t".join(columns) + "\n").encode()


def tsv_lines(batch: pa.RecordBatch) -> memoryview:
    """A line per allele; its transcripts are a JSON list in the last column."""
    columns = [
        _json_list(column) if name == LIST else _tsv_text(column)
        for name, column in zip(batch.schema.names, batch.columns, strict=True)
    ]
    return _joined(columns, "\t", "", "\n")


def tsv_transcript_lines(batch: pa.RecordBatch) -> memoryview:
    """A line per allele and transcript; an allele without transcripts keeps one line."""
    import numpy as np
    import pyarrow as pa

    nested = batch.column(LIST)
    sizes = np.diff(nested.offsets.to_numpy())
    parents = np.repeat(np.arange(len(sizes)), np.maximum(sizes, 1))
    lines = np.arange(len(parents))
    lone = sizes[parents] == 0
    children = pa.array(lines - np.cumsum(lone), mask=lone)
    entries = nested.flatten()
    columns = [
        batch.column(name).take(pa.array(parents)) for name in _allele_names(batch.schema.names)
    ]
    columns += [entries.field(name).take(children) for name in _nested_names()]
    return _joined([_tsv_text(column) for column in columns], "\t", "", "\n")


def json_lines(batch: pa.RecordBatch, between: str = "") -> memoryview:
    """An object per allele, with all columns and the list of its transcripts.

    Each has a line of its own; with ``between``, that is what stands between two of them.
    """
    columns = [
        _keyed(name, _json_list(column) if name == LIST else _json_value(column))
        for name, column in zip(batch.schema.names, batch.columns, strict=True)
    ]
    lines = _joined(columns, ",", "{", "}" + (between or "\n"))
    return lines[: len(lines) - len(between)]


def _allele_names(names: Sequence[str]) -> list[str]:
    """Columns of an allele that its transcripts do not have as well."""
    return [name for name in names if name != LIST and name not in _PICKED]


def _nested_names() -> list[str]:
    return [c.name for c in NESTED_COLUMNS]


def _joined(columns: list[Any], between: str, begin: str, end: str) -> memoryview:
    """The bytes of all lines, one after the other."""
    import pyarrow as pa
    import pyarrow.compute as pc

    wide = pa.large_string()
    lines = pc.binary_join_element_wise(
        *(column.cast(wide) for column in columns), pa.scalar(between, wide)
    )
    ends = (pa.scalar(begin, wide), lines, pa.scalar(end, wide))
    lines = pc.binary_join_element_wise(*ends, pa.scalar("", wide))
    data = lines.buffers()[2]
    return memoryview(data) if data else memoryview(b"")


def _tsv_text(column: pa.Array) -> pa.Array:
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_list(column.type):
        return _tsv_text(pc.binary_join(column, ","))
    if not pa.types.is_string(column.type):
        return pc.fill_null(column.cast(pa.string()), "")
    if pc.any(pc.match_substring_regex(column, "[\\\\\t\n\r]")).as_py():
        for found, written in _TSV_SPECIAL:
            column = pc.replace_substring(column, found, written)
    return pc.fill_null(column, "")


def _json_value(column: pa.Array) -> pa.Array:
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_list(column.type):
        return _json_texts(column)
    if pa.types.is_string(column.type):
        if pc.any(pc.match_substring_regex(column, '["\\\\\\x00-\\x1f]')).as_py():
            texts = [json.dumps(x, ensure_ascii=False) for x in column.to_pylist()]
            return pa.array(texts, pa.string())
        text = pc.binary_join_element_wise('"', column, '"', "")
    else:
        text = column.cast(pa.string())
        if pa.types.is_floating(column.type):
            quoted = pc.binary_join_element_wise('"', text, '"', "")
            text = pc.if_else(pc.is_finite(column), text, quoted)
    return pc.fill_null(text, "null")


def _json_texts(lists: pa.ListArray) -> pa.Array:
    """Lists of texts as JSON lists."""
    import pyarrow as pa
    import pyarrow.compute as pc

    quoted = pa.ListArray.from_arrays(
        lists.offsets, _json_value(lists.values), mask=lists.is_null()
    )
    text = pc.binary_join_element_wise("[", pc.binary_join(quoted, ","), "]", "")
    return pc.fill_null(text, "null")


def _keyed(name: str, values: pa.Array) -> pa.Array:
    import pyarrow.compute as pc

    return pc.binary_join_element_wise(json.dumps(name) + ":", values, "")


def _json_list(nested: pa.ListArray) -> pa.Array:
    """The transcripts of each allele as a JSON list of objects."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    entries = nested.flatten()
    if not len(entries):
        return pa.array(["[]"] * len(nested), pa.string())
    columns = [_keyed(name, _json_value(entries.field(name))) for name in _nested_names()]
    objects = pc.binary_join_element_wise("{", pc.binary_join_element_wise(*columns, ","), "}", "")
    sizes = np.diff(nested.offsets.to_numpy())
    offsets = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int32)
    lists = pa.ListArray.from_arrays(pa.array(offsets), objects)
    return pc.binary_join_element_wise("[", pc.binary_join(lists, ","), "]", "")
