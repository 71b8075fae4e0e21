"""The debug build's list of memory that kernels may touch.

With ``ANNTOOLS_BOUNDS_CHECK=1`` kernels are compiled so that each load and store asks this list.
An access outside all regions is counted, the first one is kept, and it goes to a harmless page.
``check`` raises for it after the call.
"""

from __future__ import annotations

import ctypes
import os
from typing import Final

CHECKED: Final = os.environ.get("ANNTOOLS_BOUNDS_CHECK", "") == "1"

_MOST: Final = 4096
# count, faults, address and size of the first fault, then begin and end of every region
_table = (ctypes.c_int64 * (4 + 2 * _MOST))() if CHECKED else (ctypes.c_int64 * 4)()
_page = ctypes.create_string_buffer(1 << 16)
_kept: list[ctypes.Array[ctypes.c_char]] = []
TABLE: Final = ctypes.addressof(_table)
PAGE: Final = ctypes.addressof(_page)


class OutOfBounds(AssertionError):
    """A kernel touched memory that is not its own."""


def allow(address: int, size: int) -> None:
    """Kernels may touch ``size`` bytes at ``address`` from now on. Without effect in release."""
    if not CHECKED or size <= 0:
        return
    for i in range(_table[0]):
        if _table[4 + 2 * i] == address:
            _table[5 + 2 * i] = max(_table[5 + 2 * i], address + size)
            return
    assert _table[0] < _MOST, "too many regions"
    _table[4 + 2 * _table[0]] = address
    _table[5 + 2 * _table[0]] = address + size
    _table[0] += 1


def is_allowed(address: int, size: int) -> bool:
    """Whether one region holds all of it."""
    regions = range(_table[0])
    return any(
        _table[4 + 2 * i] <= address and address + size <= _table[5 + 2 * i] for i in regions
    )


def forbid(address: int) -> None:
    """Take the region that begins at ``address`` off the list."""
    for i in range(_table[0]):
        if _table[4 + 2 * i] == address:
            last = _table[0] - 1
            _table[4 + 2 * i] = _table[4 + 2 * last]
            _table[5 + 2 * i] = _table[5 + 2 * last]
            _table[0] = last
            return


def allowed() -> int:
    """How many regions there are."""
    return int(_table[0])


def forbid_since(count: int) -> None:
    """Take the regions off the list that were added after there were ``count``."""
    _table[0] = min(_table[0], count)


def keep(data: bytes) -> int:
    """A copy of constant bytes that kernels may read; returns its address."""
    buffer = ctypes.create_string_buffer(data, len(data))
    _kept.append(buffer)
    allow(ctypes.addressof(buffer), len(data))
    return ctypes.addressof(buffer)


def check() -> None:
    """Raise OutOfBounds if a kernel left its memory since the last call."""
    faults = _table[1]
    if faults:
        address, size = _table[2], _table[3]
        _table[1] = 0
        near = sorted((_table[4 + 2 * i], _table[5 + 2 * i]) for i in range(_table[0]))
        below = [r for r in near if r[0] <= address]
        last = below[-1] if below else (0, 0)
        raise OutOfBounds(
            f"{faults} accesses outside all regions, the first of {size} bytes at {address:#x}, "
            f"{address - last[1]} bytes after the end of the region at {last[0]:#x} "
            f"({last[1] - last[0]} bytes)"
        )
