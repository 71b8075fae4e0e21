"""The columns of a table as an Arrow schema."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from anntools.table.schema import LIST, NESTED_COLUMNS, Column, metadata

if TYPE_CHECKING:
    import pyarrow as pa


def arrow_schema(columns: Iterable[Column], pack_id: str, samples: Sequence[str] = ()) -> pa.Schema:
    """Columns of the alleles, then the nested transcripts, with the dictionary as metadata."""
    import pyarrow as pa

    columns = list(columns)
    entry = pa.struct([_field(c) for c in NESTED_COLUMNS])
    nested = pa.field(LIST, pa.list_(pa.field("element", entry, nullable=False)), nullable=False)
    told = metadata(columns, pack_id, samples)
    return pa.schema([*(_field(c) for c in columns), nested], metadata=told)


def _field(column: Column) -> pa.Field:
    import pyarrow as pa

    types: dict[str, Any] = {
        "string": pa.string(),
        "int32": pa.int32(),
        "int64": pa.int64(),
        "double": pa.float64(),
        "bool": pa.bool_(),
        "list<int32>": pa.list_(pa.field("element", pa.int32(), nullable=False)),
    }
    return pa.field(column.name, types[column.type], nullable=not column.required)
