"""Holds an object against the types of the Stripe SDK: the contract of the Stripe stand-in.

The SDK's resource classes are generated from Stripe's own description of its API. Here their
annotations are walked: a field that may not be None must be there, a value must be of its type, a
word must be one of those that are listed, and a field that the class does not have must not be
there.
"""

from __future__ import annotations

import decimal
import inspect
import re
import types
import typing
from collections.abc import Iterator
from typing import Any, ForwardRef, Literal, Union

import stripe
from stripe._object_classes import get_object_class
from stripe._stripe_object import UntypedStripeObject

_LEFT_OUT = {"OBJECT_NAME"}


def faults(value: Any) -> list[str]:
    """What is wrong with an object of the API, one sentence for each field; empty if nothing."""
    if not isinstance(value, dict) or "object" not in value:
        return [f"not an object of the API: {value!r:.80}"]
    kind = value["object"]
    if value.get("deleted"):
        known = {"id", "object", "deleted"}
        return [f"{kind}: a deleted object has {name}" for name in value.keys() ^ known]
    if kind == "list":
        return list(_list(value, Any, "list"))
    cls = get_object_class("V1", kind)
    if cls is stripe.StripeObject:
        return [f"the SDK knows no object called {kind}"]
    found = list(_object(value, cls, kind))
    if kind == "event":
        found += [f"event {value['type']}: {fault}" for fault in faults(value["data"]["object"])]
    return found


def _object(value: Any, cls: type, where: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{where}: {value!r:.60} is no {cls.__name__}"
        return
    fields = _fields(cls)
    for name in value.keys() - fields.keys():
        yield f"{where}.{name}: {cls.__qualname__} has no such field"
    for name, annotation in fields.items():
        if name in value:
            yield from _value(value[name], annotation, f"{where}.{name}")
        elif not _may_be_none(annotation):
            yield f"{where}.{name} is missing"


def _fields(cls: type) -> dict[str, Any]:
    """Field to annotation. Some fields have another name in JSON (``previous_attributes``)."""
    annotations = inspect.get_annotations(cls)
    return {name: a for name, a in annotations.items() if name not in _LEFT_OUT}


def _value(value: Any, annotation: Any, where: str) -> Iterator[str]:
    if isinstance(annotation, str):
        annotation = ForwardRef(annotation)
    if isinstance(annotation, ForwardRef):
        yield from _referred(value, annotation.__forward_arg__, where)
        return
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin in (Union, types.UnionType):
        yield from _one_of(value, arguments, where)
    elif origin is Literal:
        if value not in arguments or isinstance(value, bool) is not isinstance(arguments[0], bool):
            yield f"{where}: {value!r} is none of {arguments}"
    elif origin is list:
        if not isinstance(value, list):
            yield f"{where}: {value!r:.60} is no list"
            return
        for at, entry in enumerate(value):
            yield from _value(entry, arguments[0], f"{where}[{at}]")
    elif origin is stripe.ListObject:
        yield from _list(value, arguments[0], where)
    elif origin is UntypedStripeObject:
        if not isinstance(value, dict):
            yield f"{where}: {value!r:.60} is no object"
            return
        for name, entry in value.items():
            yield from _value(entry, arguments[0], f"{where}.{name}")
    elif annotation is not Any:
        yield from _plain(value, annotation, where)


def _one_of(value: Any, arguments: tuple[Any, ...], where: str) -> Iterator[str]:
    """A union. An open list of words (``Literal[...] | str``) counts as closed: the stand-in may
    not invent any."""
    if value is None:
        if type(None) not in arguments:
            yield f"{where} may not be null"
        return
    words = [a for a in arguments if typing.get_origin(a) is Literal]
    choices = [a for a in arguments if a is not type(None) and not (words and a is str)]
    attempts = [list(_value(value, choice, where)) for choice in choices]
    if all(attempts):
        yield from min(attempts, key=len)


def _list(value: Any, entry: Any, where: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{where}: {value!r:.60} is no list object"
        return
    if set(value) != {"object", "data", "has_more", "url"} or value["object"] != "list":
        yield f"{where}: a list object has other fields than {sorted(value)}"
        return
    if not isinstance(value["has_more"], bool) or not isinstance(value["url"], str):
        yield f"{where}: has_more or url is of the wrong type"
    for at, one in enumerate(value["data"]):
        yield from faults(one) if entry is Any else _value(one, entry, f"{where}.data[{at}]")


def _referred(value: Any, name: str, where: str) -> Iterator[str]:
    """A whole object where the SDK names its class."""
    if not isinstance(value, dict) or "object" not in value:
        yield f"{where}: {value!r:.60} is no {name}"
        return
    cls = get_object_class("V1", value["object"])
    if re.sub("Resource$", "", name) not in (cls.__name__, f"{cls.__name__}Resource"):
        yield f"{where}: a {value['object']} where a {name} belongs"
    yield from (f"{where}: {fault}" for fault in faults(value))


def _plain(value: Any, annotation: Any, where: str) -> Iterator[str]:
    if annotation is decimal.Decimal:
        if not (isinstance(value, str) and re.fullmatch(r"-?\d+(\.\d+)?", value)):
            yield f"{where}: {value!r} is no decimal number in a string"
    elif annotation is float:
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            yield f"{where}: {value!r} is no number"
    elif annotation in (str, int, bool):
        if type(value) is not annotation:
            yield f"{where}: {value!r} is no {annotation.__name__}"
    elif inspect.isclass(annotation) and issubclass(annotation, stripe.StripeObject):
        yield from _object(value, annotation, where)
    else:
        yield f"{where}: this check does not know {annotation!r}"


def _may_be_none(annotation: Any) -> bool:
    return annotation is Any or type(None) in typing.get_args(annotation)
