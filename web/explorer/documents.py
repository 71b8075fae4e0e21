"""The explorer as JSON."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from flask import Response, jsonify

from web.explorer.cutting import lengths
from web.explorer.dictionary import Column
from web.explorer.facets import Facets
from web.explorer.filters import View
from web.explorer.pages import Page
from web.explorer.preparing import Preparation


def rows(page: Page, view: View) -> Mapping[str, Any]:
    """A page of rows."""
    return {
        "code": 200,
        "status": "success",
        "total": page.total,
        "page": page.page,
        "pages": page.pages,
        "first": page.first,
        "size": view.size,
        "query": view.query(page=page.page),
        "columns": [column(each) for each in page.columns],
        "rows": [plain(row) for row in page.rows],
        "cut": {number: each for number, row in enumerate(page.rows) if (each := lengths(row))},
        "ms": page.ms,
    }


def facets(found: Facets, view: View) -> Mapping[str, Any]:
    """The facets, by parameter."""
    return {
        "code": 200,
        "status": "success",
        "total": found.total,
        "query": view.changed(page=1).query(),
        "facets": {
            name: {
                "values": [
                    {"value": v.value, "count": v.count, "chosen": v.chosen} for v in facet.values
                ],
                "more": facet.more,
            }
            for name, facet in found.of.items()
        },
        "ms": found.ms,
    }


def column(each: Column) -> Mapping[str, str]:
    """A column, as the table's dictionary tells it."""
    return {
        "name": each.name,
        "type": each.type,
        "unit": each.unit,
        "meaning": each.meaning,
        "source": each.source,
    }


def preparing(preparation: Preparation) -> Response:
    """202: the table is being made ready; ask again."""
    answer = jsonify(
        code=202,
        status="preparing",
        percent=preparation.percent,
        message="The table is being made ready. Ask again in a moment.",
    )
    answer.status_code = 202
    answer.headers["Retry-After"] = "1"
    return answer


def plain(value: Any) -> Any:
    """A value as JSON has it; a number that JSON has no word for is a text, as in the exports."""
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, Mapping):
        return {name: plain(each) for name, each in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [plain(each) for each in value]
    return value
