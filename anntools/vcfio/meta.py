"""One meta-information line of a VCF, taken apart: ``##key=value`` or ``##key=<a=b,c="d">``."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

_KEY: Final = re.compile(r"[^=<>]+")
# The value of an attribute runs to the next comma or, when it is quoted, to the closing quote; in
# square brackets (META) commas are part of it.
_ATTRIBUTE: Final = re.compile(
    r'(?P<key>[^=,"<>]+)=(?:"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<list>\[[^\]]*\])|(?P<plain>(?:[^,"][^,]*)?))'
)


class Attribute(NamedTuple):
    """``key=value`` inside angle brackets; ``column`` is where it begins, from 1."""

    key: str
    value: str
    quoted: bool
    column: int


class Meta(NamedTuple):
    """A meta line. ``attributes`` is None for an unstructured one."""

    key: str
    value: str
    attributes: tuple[Attribute, ...] | None = None

    def get(self, key: str) -> str | None:
        """Value of the attribute, None if there is none."""
        found = (a.value for a in self.attributes or () if a.key == key)
        return next(found, None)


class MetaFault(Exception):
    """The line is no meta line: what is wrong, and at which column (from 1)."""

    def __init__(self, message: str, column: int) -> None:
        super().__init__(message)
        self.message = message
        self.column = column


def read_meta(line: str) -> Meta:
    """Take a line apart that begins with ``##``. Raises MetaFault."""
    match = _KEY.match(line, 2)
    if not match or line[match.end() : match.end() + 1] != "=":
        raise MetaFault("A meta line is ##key=value; this one has no key and value.", 3)
    key, at = match[0], match.end() + 1
    value = line[at:]
    if not value:
        raise MetaFault(f"##{key} has no value.", at + 1)
    if not value.startswith("<") or key == "fileformat":
        return Meta(key, value)
    if not value.endswith(">"):
        raise MetaFault(f"##{key}=< is not closed by > at the end of the line.", len(line) + 1)
    return Meta(key, value, tuple(_attributes(key, line, at + 1, len(line) - 1)))


def _attributes(key: str, line: str, at: int, end: int) -> list[Attribute]:
    found = []
    while at < end:
        match = _ATTRIBUTE.match(line, at, end)
        if not match:
            raise MetaFault(f"##{key}: here should be key=value: '{line[at:end][:40]}'.", at + 1)
        after = match.end()
        if after < end and line[after] != ",":
            raise MetaFault(
                f"##{key}: after {match['key']} a comma should follow; a double quote inside a "
                'value is written \\".',
                after + 1,
            )
        quoted = match["quoted"]
        value = quoted if quoted is not None else match["list"] or match["plain"] or ""
        found.append(Attribute(match["key"], value, quoted is not None, at + 1))
        at = after + 1
    return found
