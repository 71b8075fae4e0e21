"""Changes of DynamoDB indexes, one at a time.

An update of a table may add or remove one global secondary index. A release may do more; so the
deployed template is first changed index by index, and only then the new one is deployed.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from typing import Any

Document = Mapping[str, Any]
_TABLE = "AWS::DynamoDB::Table"
_INDEXES = "GlobalSecondaryIndexes"


def index_steps(deployed: Document, wanted: Document) -> list[dict[str, Any]]:
    """Templates to deploy, in this order, before `wanted`; none if it changes one index at most.

    Indexes are added before others are removed, so that no query of the old code or of the new is
    without its index. One that changes under its own name cannot be without a gap: it is removed
    and added (better: add it under a new name, and remove the old one in a later release).
    """
    current = copy.deepcopy(dict(deployed))
    steps: list[dict[str, Any]] = []
    for table, new in _tables(wanted):
        old = current.get("Resources", {}).get(table)
        if old is None or old["Type"] != _TABLE:
            continue
        moves = list(_moves(old["Properties"], new["Properties"]))
        for properties in moves[:-1]:
            current = copy.deepcopy(current)
            current["Resources"][table]["Properties"] = properties
            steps.append(current)
    return steps


def _tables(document: Document) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for name, resource in document.get("Resources", {}).items():
        if resource["Type"] == _TABLE:
            yield name, resource


def _moves(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The properties of a table after each single change of an index; the last has all of them."""
    indexes = {each["IndexName"]: each for each in old.get(_INDEXES, [])}
    wanted = {each["IndexName"]: each for each in new.get(_INDEXES, [])}
    types = {
        each["AttributeName"]: each
        for each in [*old["AttributeDefinitions"], *new["AttributeDefinitions"]]
    }
    added = [name for name in wanted if name not in indexes]
    removed = [name for name in indexes if name not in wanted]
    changed = [name for name in wanted if name in indexes and wanted[name] != indexes[name]]
    plan = [(name, wanted[name]) for name in added] + [(name, None) for name in removed]
    for name in changed:
        plan += [(name, None), (name, wanted[name])]
    for name, index in plan:
        if index is None:
            del indexes[name]
        else:
            indexes[name] = index
        yield _with_indexes(old, indexes, types)


def _with_indexes(
    table: Mapping[str, Any], indexes: Mapping[str, Any], types: Mapping[str, Any]
) -> dict[str, Any]:
    """The table with these indexes, and the definitions of exactly the attributes in keys."""
    keys = [table["KeySchema"], *(index["KeySchema"] for index in indexes.values())]
    used = dict.fromkeys(key["AttributeName"] for schema in keys for key in schema)
    changed = {**table, "AttributeDefinitions": [types[name] for name in used]}
    changed.pop(_INDEXES, None)
    if indexes:
        changed[_INDEXES] = list(indexes.values())
    return changed
