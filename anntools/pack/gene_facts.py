"""Facts of genes: a table with one row per gene symbol becomes a store with one record per gene.

The records have the numbers of the pack's genes, so that a transcript's gene finds its facts.
HGNC's tables are known: ``hgnc_complete_set.txt`` and what its download page gives.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from anntools.pack.intervals import write_column
from anntools.pack.overlay_spec import Overlay, OverlayProblem, info_key
from anntools.pack.storefile import GENES
from anntools.pack.stores import info_safe
from anntools.pack.table_overlay import rows

_SYMBOL: Final = ("symbol", "approved symbol", "approved_symbol", "gene", "gene_symbol")
_NAME: Final = ("name", "approved name", "approved_name", "description")
_FORMER: Final = ("prev_symbol", "previous symbols", "previous symbol")


def write_gene_facts(overlay: Overlay, genes: Sequence[str], folder: Path) -> dict[str, Any]:
    """Write the store: symbol and name (``A1BG,alpha-1-B glycoprotein``), or the given columns.

    A gene is found by its symbol, then by former symbols. Raises OverlayProblem.
    """
    folder.mkdir(parents=True, exist_ok=True)
    table = rows(overlay.path)
    number, header = next(table, (0, []))
    lower = [h.strip().lstrip("#").lower() for h in header]
    symbol, name = _index(lower, _SYMBOL), _index(lower, _NAME)
    if symbol < 0 or (name < 0 and not overlay.fields):
        raise OverlayProblem(
            f"{overlay.path.name}, line {number}: the header names no gene symbol and name; "
            f"it has {', '.join(header)}"
        )
    missing = [f for f in overlay.fields if f.lower() not in lower]
    if missing:
        raise OverlayProblem(f"{overlay.path.name} has no column {missing[0]}")
    columns = [lower.index(f.lower()) for f in overlay.fields] or [name]
    known: dict[str, list[str]] = {}
    former: dict[str, list[str]] = {}
    before = _index(lower, _FORMER)
    for _, row in table:
        cells = row + [""] * (len(header) - len(row))
        values = [info_safe(cells[c].strip('"')) for c in columns]
        if not overlay.fields:
            values = [f"{info_safe(cells[symbol])}|{values[0]}"]
        known.setdefault(cells[symbol], values)
        for old in cells[before].strip('"').replace("|", ",").split(",") if before >= 0 else ():
            former.setdefault(old.strip(), values)
    nothing = [""] * len(columns)
    found = [known.get(g) or former.get(g) or nothing for g in genes]
    names = overlay.fields or ("",)
    return {
        "name": overlay.name,
        "kind": GENES,
        "records": sum(any(values) for values in found),
        "bits": 0,
        "class_field": -1,
        "classes": [],
        "fields": [
            {
                "key": info_key(overlay.name, field),
                "type": "String",
                "number": ".",
                "description": f"{field or 'Symbol and name'} of the gene in {overlay.path.name}",
                **write_column(folder, i, [values[i] for values in found]),
            }
            for i, field in enumerate(names)
        ],
    }


def _index(names: Sequence[str], wanted: Sequence[str]) -> int:
    return next((names.index(w) for w in wanted if w in names), -1)
