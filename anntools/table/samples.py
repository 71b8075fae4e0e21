"""The samples of a table: numbers in its columns, names where people read them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from anntools.table.schema import ALLELE_COLUMNS

if TYPE_CHECKING:
    import pyarrow as pa

SAMPLE_COLUMNS: Final = frozenset(c.name for c in ALLELE_COLUMNS if c.type == "list<int32>")


def sample_names(schema: pa.Schema) -> list[str]:
    """Names of the samples in the order of the VCF; none in a table of an older version."""
    told = (schema.metadata or {}).get(b"anntools.samples", b"[]")
    return [str(name) for name in json.loads(told)]


def with_names(batch: pa.RecordBatch, names: list[str]) -> pa.RecordBatch:
    """The rows with names of samples in place of their numbers."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    known = pa.array(names, pa.string())
    for i, name in enumerate(batch.schema.names):
        if name in SAMPLE_COLUMNS:
            lists = batch.column(i)
            lengths = pc.fill_null(pc.list_value_length(lists), 0).to_numpy()
            offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
            found = known.take(pc.subtract(lists.flatten(), 1))
            named = pa.ListArray.from_arrays(pa.array(offsets), found, mask=lists.is_null())
            batch = batch.set_column(i, name, named)
    return batch
