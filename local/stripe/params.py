"""Reads request parameters: form fields with nested brackets, checked one by one.

A parameter that nobody asked for is refused, as Stripe does. So is one that Stripe knows and
this stand-in does not: ignoring it in silence would promise something that does not happen.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from local.stripe.errors import ApiError, invalid, missing, unknown_parameter

_KEY = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])*)")
_HOST = re.compile(r"[A-Za-z0-9.-]+(:[0-9]{1,5})?|\[[0-9A-Fa-f:]+\](:[0-9]{1,5})?")
_LONGEST_TEXT = 5000
_LONGEST_METADATA_NAME = 40
_LONGEST_METADATA_VALUE = 500
_MOST_METADATA = 50
_MOST_FIELDS = 1000


def parse_form(encoded: str) -> dict[str, Any]:
    """``a[b][0][c]=d`` as nested dictionaries; list positions stay keys (``"0"``).

    Raises:
        ApiError: a field's name has no such form, or contradicts another one.
    """
    values: dict[str, Any] = {}
    try:
        pairs = parse_qsl(
            encoded, keep_blank_values=True, max_num_fields=_MOST_FIELDS, errors="strict"
        )
    except ValueError as fault:
        raise ApiError(400, "Invalid request body") from fault
    for name, value in pairs:
        match = _KEY.fullmatch(name)
        if match is None:
            raise invalid(name, f"Invalid parameter name: {name}")
        _put(values, [match[1], *re.findall(r"\[([^\[\]]*)\]", match[2])], value, name)
    return values


def _put(values: dict[str, Any], path: list[str], value: str, name: str) -> None:
    place = values
    for step in path[:-1]:
        place = place.setdefault(step or str(len(place)), {})
        if not isinstance(place, dict):
            raise invalid(name, f"Invalid parameter: {name} is both a value and an object")
    last = path[-1] or str(len(place))
    if isinstance(place.get(last), dict):
        raise invalid(name, f"Invalid parameter: {name} is both a value and an object")
    place[last] = value


class Params:
    """The parameters of a request, or those of one object in it. Each is read once.

    ``text``, ``integer``, ``flag`` and ``choice`` return None for a parameter that was not sent.
    """

    def __init__(self, values: dict[str, Any], path: str = "") -> None:
        self._values = values
        self._path = path
        self._taken: set[str] = set()
        self._children: list[Params] = []

    def __contains__(self, name: str) -> bool:
        return name in self._values

    def names(self) -> list[str]:
        return list(self._values)

    def is_unset(self, name: str) -> bool:
        """Whether an empty value was sent, which takes a value away."""
        return bool(self._take(name) == "")

    def name_of(self, name: str) -> str:
        """The full name of a parameter, as an error tells it."""
        return f"{self._path}[{name}]" if self._path else name

    def text(self, name: str, *, empty: bool = False) -> str | None:
        """A text.

        Parameters
        ----------
        empty
            Whether an empty text is allowed; it unsets a value.
        """
        value = self._take(name)
        if value is None:
            return None
        if not isinstance(value, str):
            raise invalid(self.name_of(name), f"Invalid string: {value}")
        if not value and not empty:
            raise invalid(
                self.name_of(name),
                f"You passed an empty string for '{self.name_of(name)}'. We assume empty values "
                "are an attempt to unset a parameter; however this one cannot be unset.",
                "parameter_invalid_empty",
            )
        if len(value) > _LONGEST_TEXT:
            raise invalid(
                self.name_of(name),
                f"Invalid string: must be at most {_LONGEST_TEXT} characters",
                "parameter_invalid_string",
            )
        return value

    def required(self, name: str) -> str:
        value = self.text(name)
        if value is None:
            raise missing(self.name_of(name))
        return value

    def integer(
        self, name: str, *, least: int | None = None, most: int | None = None
    ) -> int | None:
        value = self.text(name)
        if value is None:
            return None
        if not re.fullmatch(r"-?[0-9]{1,15}", value):
            raise invalid(
                self.name_of(name), f"Invalid integer: {value}", "parameter_invalid_integer"
            )
        number = int(value)
        if (least is not None and number < least) or (most is not None and number > most):
            bounds = f"at least {least}" if most is None else f"between {least} and {most}"
            raise invalid(
                self.name_of(name),
                f"Invalid integer: {number} must be {bounds}",
                "parameter_invalid_integer",
            )
        return number

    def flag(self, name: str) -> bool | None:
        value = self.text(name)
        if value is None:
            return None
        if value not in ("true", "false"):
            raise invalid(self.name_of(name), f"Invalid boolean: {value}")
        return value == "true"

    def choice(self, name: str, allowed: Iterable[str]) -> str | None:
        value = self.text(name)
        allowed = tuple(allowed)
        if value is not None and value not in allowed:
            raise invalid(
                self.name_of(name),
                f"Invalid {self.name_of(name)}: must be one of {', '.join(allowed)}",
            )
        return value

    def child(self, name: str) -> Params:
        """The parameters of a nested object; without any if it was not sent."""
        value = self._take(name)
        if value is not None and not isinstance(value, dict):
            raise invalid(self.name_of(name), f"Invalid object: {value}")
        return self._child_of(value or {}, name)

    def children(self, name: str) -> list[Params]:
        """A list of nested objects."""
        listed = self._listed(name)
        if not all(isinstance(value, dict) for value in listed):
            raise invalid(self.name_of(name), "Invalid array: objects are expected")
        return [self._child_of(value, f"{name}][{at}") for at, value in enumerate(listed)]

    def texts(self, name: str) -> list[str]:
        listed = self._listed(name)
        if not all(isinstance(value, str) and value for value in listed):
            raise invalid(self.name_of(name), "Invalid array: strings are expected")
        return listed

    def metadata(
        self, known: dict[str, str] | None = None, name: str = "metadata"
    ) -> dict[str, str]:
        """The known metadata with what was sent merged in; an empty value removes a key."""
        merged = dict(known or {})
        value = self._take(name)
        if value is None:
            return merged
        if value == "":
            return {}
        if not isinstance(value, dict):
            raise invalid(self.name_of(name), f"Invalid object: {value}")
        for key, text in value.items():
            if not isinstance(text, str):
                raise invalid(self.name_of(name), f"Invalid metadata: {key} must be a string")
            if len(key) > _LONGEST_METADATA_NAME or len(text) > _LONGEST_METADATA_VALUE:
                raise invalid(
                    self.name_of(name),
                    f"Metadata keys are limited to {_LONGEST_METADATA_NAME} characters and "
                    f"values to {_LONGEST_METADATA_VALUE}. '{key[:60]}' is too long.",
                )
            if text:
                merged[key] = text
            else:
                merged.pop(key, None)
        if len(merged) > _MOST_METADATA:
            raise invalid(
                self.name_of(name), f"Metadata is limited to {_MOST_METADATA} keys per object."
            )
        return merged

    def finish(self) -> None:
        """Refuse what nobody asked for."""
        for name in self._values:
            if name not in self._taken:
                raise unknown_parameter(self.name_of(name))
        for child in self._children:
            child.finish()

    def _take(self, name: str) -> Any:
        self._taken.add(name)
        return self._values.get(name)

    def _listed(self, name: str) -> list[Any]:
        value = self._take(name)
        if value is None or value == "":
            return []
        if not isinstance(value, dict) or not all(key.isdecimal() for key in value):
            raise invalid(self.name_of(name), "Invalid array")
        return [value[key] for key in sorted(value, key=int)]

    def _child_of(self, values: dict[str, Any], name: str) -> Params:
        child = Params(values, f"{self._path}[{name}]" if self._path else _outer(name))
        self._children.append(child)
        return child


def web_address(address: str, param: str) -> str:
    """An address that a page may lead to. Its host becomes a part of the page's policy, so it may
    hold nothing but a host.

    Raises:
        ApiError: it is none.
    """
    try:
        parts = urlsplit(address)
    except ValueError as fault:
        raise invalid(param, "Not a valid URL", "url_invalid") from fault
    if parts.scheme not in ("http", "https") or not _HOST.fullmatch(parts.netloc):
        raise invalid(
            param,
            "Not a valid URL: an address that begins with http:// or https:// is needed.",
            "url_invalid",
        )
    return address


def _outer(name: str) -> str:
    """``items][0`` as the outermost part of a path: ``items[0]``."""
    first, bracket, rest = name.partition("][")
    return f"{first}[{rest}]" if bracket else first
