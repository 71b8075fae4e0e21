"""Short numbers read eight letters at a time are what reading letter by letter gives."""

from __future__ import annotations

import ctypes
from decimal import ROUND_DOWN, Decimal

import numba
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anntools import regions
from anntools.kernels.numbers import short_scaled


@numba.njit(nogil=True)  # type: ignore[untyped-decorator]
def _scaled(at: int, size: int, digits: int) -> int:
    return short_scaled(at, size, digits)


def scaled(text: str, digits: int) -> int:
    """The kernel on a text, with other digits around it."""
    memory = ctypes.create_string_buffer(f"7{text}7777777777".encode() + bytes(64))
    at = ctypes.addressof(memory)
    regions.allow(at, ctypes.sizeof(memory))
    return int(_scaled(at + 1, len(text), digits))


@settings(deadline=None)  # the first call compiles
@given(st.from_regex(r"[0-9]{0,7}\.?[0-9]{0,7}", fullmatch=True), st.integers(0, 9))
def test_numbers(text: str, digits: int) -> None:
    if not 1 <= len(text) <= 8 or text == ".":
        return
    expected = Decimal(text).scaleb(digits).to_integral_value(ROUND_DOWN)
    assert scaled(text, digits) == expected


@pytest.mark.parametrize("text", [".", "..", "1.2.3", "-1", "1e5", "A", "12345678"[:7] + "/", ":1"])
def test_what_is_no_number(text: str) -> None:
    assert scaled(text, 3) == -1
