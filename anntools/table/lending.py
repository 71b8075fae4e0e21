"""Arrays of numpy lent to a kernel."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from anntools import regions
from anntools.table.encoding import Array


@contextmanager
def lent(block: Any, **arrays: Array) -> Iterator[dict[str, int]]:
    """Addresses of arrays for a kernel. The debug build is told which memory it may touch."""
    if not regions.CHECKED:
        yield {name: array.ctypes.data for name, array in arrays.items()}
        return
    lent = [(ctypes.addressof(block), ctypes.sizeof(block))]
    lent += [(array.ctypes.data, array.nbytes) for array in arrays.values()]
    fresh = [(at, size) for at, size in lent if not regions.is_allowed(at, size)]
    for at, size in fresh:
        regions.allow(at, size)
    try:
        yield {name: array.ctypes.data for name, array in arrays.items()}
    finally:
        for at, _ in fresh:
            regions.forbid(at)
