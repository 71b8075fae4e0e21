"""Values of INFO and sample fields: how many there must be, and what each may look like.

A ``Field`` has a pattern that a right value nearly always fits, and a slow judgement that decides
when it does not. Texts are the bytes of the file read as Latin-1, so that one character is one
byte.
"""

from __future__ import annotations

import re
from functools import lru_cache
from math import comb
from typing import Final, NamedTuple

from anntools.vcfio.rules import Version

_INTEGER: Final = re.compile(r"[-+]?[0-9]+")
_FLOAT: Final = re.compile(
    r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?|[-+]?(?:inf|infinity|nan)",
    re.IGNORECASE,
)
_CIGAR: Final = r"(?:[0-9]+[MIDNSHPX=])+"
_LOWEST: Final = -(2**31) + 8  # the eight values below are reserved in BCF (VCF 4.3, 1.3)
_MANY: Final = 20  # more values than this are not counted by a pattern

# One value, for patterns. Integers of ten digits and more may be too large: judged slowly.
_FAST: Final = {
    "Integer": "-?[0-9]{1,9}",
    "Float": r"-?[0-9]+(?:\.[0-9]+)?(?:e-?[0-9]+)?",
    "Character": "[!-$&-+./-:<>-~]",
    "Cigar": _CIGAR,
}


class Field(NamedTuple):
    """What is declared (or reserved) for a key."""

    number: str
    type: str
    least: float | None = None


class Fault(NamedTuple):
    """Why a value is wrong; ``at`` is the offset of the part that is."""

    code: str
    message: str
    at: int
    found: str
    expected: str


def count_of(number: str, alts: int | None, ploidy: int) -> int | None:
    """How many values a ``Number`` asks for, None if any.

    ``alts`` is None where it does not say how many alleles there are (ALT is ``.``).
    """
    if number.isdecimal():
        return int(number)
    if alts is None:
        return None
    if number == "A":
        return alts
    if number == "R":
        return alts + 1
    if number == "G" and ploidy:
        return comb(alts + ploidy, ploidy)
    return None


@lru_cache(maxsize=4096)
def value_pattern(field: Field, count: int | None, text: str, empty: bool) -> str:
    """A pattern of right values. ``text``: pattern of a String; ``empty``: nothing is right too."""
    one = _FAST.get(field.type, text)
    if field.least is not None:
        one = one.removeprefix("-?")
    one = rf"(?:{one}|\.)"
    if count is None or count > _MANY or count == 0:
        many = f"{one}(?:,{one})*+"
    else:
        many = one + f",{one}" * (count - 1)
        if count > 1:
            many = rf"(?>{many}|\.)"
    return f"(?:{many})?" if empty else many


def judge_value(
    key: str, field: Field, value: str, count: int | None, version: Version
) -> Fault | None:
    """What is wrong with the value of a key, None if nothing."""
    if value == ".":
        return None
    quoted = field.type == "String" and len(value) > 1 and value[0] == value[-1] == '"'
    parts = [value] if quoted else value.split(",")
    if count is not None and len(parts) != count:
        message = f"{key} has {len(parts)} value{'s' if len(parts) != 1 else ''} instead of {count}"
        message += f" (Number={field.number})." if field.number != str(count) else "."
        return Fault("wrong_number_of_values", message, 0, value, str(count))
    at = 0
    for part in parts:
        fault = _judge_one(key, field, part, version) if part != "." else None
        if fault:
            return fault._replace(at=at)
        at += len(part) + 1
    return None


def _judge_one(key: str, field: Field, part: str, version: Version) -> Fault | None:
    kind = field.type
    if kind == "Integer":
        if not _INTEGER.fullmatch(part):
            return _wrong_type(key, part, "a whole number")
        if version >= (4, 3) and not _LOWEST <= int(part) < 2**31:
            message = f"{key}: {part} is no 32-bit number that VCF allows."
            return Fault("integer_out_of_range", message, 0, part, f"{_LOWEST} to {2**31 - 1}")
    elif kind == "Float":
        if not _FLOAT.fullmatch(part):
            return _wrong_type(key, part, "a number")
    elif kind == "Character":
        if len(part.encode("latin-1").decode("utf-8", "replace")) != 1 and not re.fullmatch(
            "%[0-9A-F]{2}", part
        ):
            return _wrong_type(key, part, "one character")
    elif kind == "Cigar":
        if not re.fullmatch(_CIGAR, part):
            return _wrong_type(key, part, "a CIGAR string")
    else:
        return None
    if field.least is not None and float(part) < field.least:
        message = f"{key} is {part}; it cannot be less than {field.least:g}."
        return Fault("negative_value", message, 0, part, f"{field.least:g} or more")
    return None


def _wrong_type(key: str, part: str, expected: str) -> Fault:
    return Fault("wrong_type", f"{key}: '{part[:40]}' is not {expected}.", 0, part, expected)
