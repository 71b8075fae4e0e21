"""From JSON to dataclasses, and back. Fields that this client does not know are passed over."""

from __future__ import annotations

import types
import typing
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, TypeVar, Union, cast

from gas_client.errors import Unexpected

T = TypeVar("T")


def read(kind: type[T], given: Any) -> T:
    """`given`, as JSON gave it, as a `kind`.

    Raises:
        Unexpected: it is not of that form.
    """
    try:
        return cast(T, _read(kind, given))
    except (KeyError, TypeError, ValueError) as error:
        raise Unexpected(
            f"The server answered in a form that this client does not know ({error})."
        ) from error


def write(given: Any) -> Any:
    """What `json.dumps` takes, of dataclasses and what is in them."""
    if is_dataclass(given) and not isinstance(given, type):
        return {each.name: write(getattr(given, each.name)) for each in fields(given)}
    if isinstance(given, Mapping):
        return {key: write(value) for key, value in given.items()}
    if isinstance(given, list | tuple):
        return [write(each) for each in given]
    if isinstance(given, datetime):
        return given.isoformat().replace("+00:00", "Z")
    return given


@lru_cache(maxsize=128)
def _hints(kind: type) -> Mapping[str, Any]:
    return typing.get_type_hints(kind)


def _read(kind: Any, given: Any) -> Any:
    origin, inner = typing.get_origin(kind), typing.get_args(kind)
    if origin in (Union, types.UnionType):
        rest = [each for each in inner if each is not type(None)]
        return None if given is None else _read(rest[0], given)
    if origin is tuple:
        return tuple(_read(inner[0], each) for each in _as(list, given))
    if origin is Mapping:
        return {key: _read(inner[1], value) for key, value in _as(dict, given).items()}
    if kind is Any:
        return given
    if kind is datetime:
        # Python 3.10 knows no Z.
        return datetime.fromisoformat(_as(str, given).replace("Z", "+00:00"))
    if kind is float and isinstance(given, int):
        return float(given)
    if is_dataclass(kind):
        return _dataclass(cast(type, kind), _as(dict, given))
    return _as(kind, given)


def _dataclass(kind: type, given: dict[str, Any]) -> Any:
    hints, values = _hints(kind), {}
    for each in fields(kind):
        has_default = each.default is not MISSING or each.default_factory is not MISSING
        if each.name in given:
            values[each.name] = _read(hints[each.name], given[each.name])
        elif not has_default:
            raise KeyError(f"{kind.__name__}.{each.name} is missing")
    return kind(**values)


def _as(kind: type[T], given: Any) -> T:
    if not isinstance(given, kind) or (kind is int and isinstance(given, bool)):
        raise TypeError(f"{type(given).__name__} instead of {kind.__name__}")
    return given
