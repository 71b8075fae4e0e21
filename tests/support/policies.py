"""Evaluates IAM policies as AWS does: an explicit deny wins, and what nothing allows is denied."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Statement = Mapping[str, Any]


@dataclass(frozen=True)
class Request:
    """Somebody wants to do something with something."""

    action: str
    resource: str
    context: Mapping[str, str] = field(default_factory=dict)
    """Condition keys of the request, such as `aws:SecureTransport`."""


def allowed(statements: Iterable[Statement], request: Request) -> bool:
    """Whether the statements of a role let the request through."""
    verdicts = {each["Effect"] for each in statements if applies(each, request)}
    return "Allow" in verdicts and "Deny" not in verdicts


def applies(statement: Statement, request: Request) -> bool:
    """Whether action, resource and conditions of a statement fit the request."""
    return (
        any(_fits(each, request.action, fold=True) for each in listed(statement["Action"]))
        and any(_fits(each, request.resource) for each in listed(statement["Resource"]))
        and all(
            _holds(operator, key, listed(values), request.context)
            for operator, wanted in statement.get("Condition", {}).items()
            for key, values in wanted.items()
        )
    )


def listed(value: Any) -> Sequence[str]:
    """Policies may give one value instead of a list."""
    return value if isinstance(value, list) else [value]


def _fits(pattern: str, value: str, *, fold: bool = False) -> bool:
    expression = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    return re.fullmatch(expression, value, re.IGNORECASE if fold else 0) is not None


def _holds(operator: str, key: str, wanted: Sequence[str], context: Mapping[str, str]) -> bool:
    """One key of a condition block."""
    value = context.get(key)
    if operator == "Null":
        return (value is None) == (str(wanted[0]).lower() == "true")
    if operator.endswith("IfExists"):
        return value is None or _holds(operator.removesuffix("IfExists"), key, wanted, context)
    negative = operator.startswith(("StringNot", "ArnNot"))
    if value is None:
        return negative  # AWS: what is not there is not equal to anything
    if operator in ("StringEquals", "StringNotEquals", "Bool"):
        return (value in map(str, wanted)) != negative
    if operator in ("StringLike", "ArnLike", "ArnEquals"):
        return any(_fits(each, value) for each in wanted)
    raise AssertionError(f"{operator} is not evaluated here")
