"""Filters that leave nothing: which of them removes most."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from web.explorer.filters import Filters, View
from web.explorer.masks import everything, masks
from web.explorer.table import Deadline, OpenTable

_FIELDS: Mapping[str, tuple[str, ...]] = {
    "transcript": ("gene", "consequence", "impact"),
    "af": ("af_min", "af_max"),
    "qual": ("qual_min",),
    "sample": ("sample", "genotype"),
}
"""Parameters behind a mask, where they are called otherwise."""

_WORDS = {
    "transcript": "those of the transcript",
    "af": "the allele frequency",
    "qual": "the quality",
    "sample": "the sample",
    "clinvar": "ClinVar",
    "q": "the search text",
    "filter": "FILTER",
    "status": "annotated or not",
    "kind": "the kind of variant",
}


@dataclass(frozen=True)
class Narrowest:
    """The filter without which most variants are left."""

    words: str
    label: str
    query: str


def narrowest(table: OpenTable, view: View, deadline: Deadline) -> Narrowest | None:
    """Which filter to take away; None if no single one would help.

    Raises:
        InvalidRequest, ServiceUnavailable: as `masks.selected`.
    """
    of_fields = masks(table, view.filters, deadline)
    left = {
        name: int(
            np.count_nonzero(
                everything((mask for n, mask in of_fields.items() if n != name), len(table))
            )
        )
        for name in of_fields
    }
    name = max(left, key=left.__getitem__, default="")
    if not name or not left[name]:
        return None
    what = _WORDS.get(name, f"the {name}")
    changes: dict[str, Any] = {
        field: getattr(Filters, field) for field in _FIELDS.get(name, (name,))
    }
    number = f"{left[name]:,} variant{' is' if left[name] == 1 else 's are'}"
    return Narrowest(
        words=f"The filter that removes most is {what}: without it, {number} left.",
        label=f"Show the {left[name]:,} without it",
        query=view.query(**changes),
    )
