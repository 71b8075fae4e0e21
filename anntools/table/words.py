"""Text columns as dictionaries, where few different texts make them worth it."""

from __future__ import annotations

import ctypes
from typing import Final, NamedTuple

import numpy as np

from anntools.compiled import entry
from anntools.kernels import table_layout as k
from anntools.table.collect import Data
from anntools.table.encoding import Array
from anntools.table.lending import lent

_BITS: Final = 14
_MOST: Final = 1 << _BITS - 1
_FEW_CELLS: Final = 16  # not worth the call
_FEW_WORDS: Final = 256  # so many are looked through for the least and the greatest


class Words(NamedTuple):
    """Numbers of the words of all cells, and the words as cells, which is how Parquet has them."""

    codes: Array
    cells: bytes
    words: int
    least: bytes = b""
    most: bytes = b""


class WordFinder:
    """Finds the words of text columns. One column at a time: the memory is shared."""

    def __init__(self) -> None:
        self._table = np.zeros(1 << _BITS, dtype=np.int32)
        self._starts = np.zeros(_MOST, dtype=np.int32)
        self._codes = np.zeros(0, dtype=np.uint16)
        self._words = np.zeros(0, dtype=np.uint8)

    def find(self, cells: Data, count: int) -> Words | None:
        """The words of ``count`` cells; None if there are too many for a dictionary."""
        if count < _FEW_CELLS:
            return None
        if len(self._codes) < count:
            self._codes = np.zeros(2 * count, dtype=np.uint16)
        if len(self._words) < len(cells):
            self._words = np.zeros(2 * len(cells), dtype=np.uint8)
        self._table[:] = 0
        source: Array = np.frombuffer(cells, np.uint8)
        block = (ctypes.c_int64 * k.W_SLOTS)()
        arrays: dict[str, Array] = {"cells": source, "table": self._table, "starts": self._starts}
        arrays |= {"codes": self._codes, "words": self._words}
        with lent(block, **arrays) as at:
            block[k.W_CELLS], block[k.W_END] = at["cells"], at["cells"] + len(cells)
            block[k.W_TABLE], block[k.W_BITS] = at["table"], _BITS
            block[k.W_MOST] = min(_MOST, count // 2)
            block[k.W_STARTS], block[k.W_CODES] = at["starts"], at["codes"]
            block[k.W_WORDS] = at["words"]
            found = entry("number_words")(ctypes.addressof(block))
            size = block[k.W_WORDS_END] - at["words"]
        if found < 0:
            return None
        words = self._words[:size].tobytes()
        bounds = _bounds(words, self._starts[:found]) if found <= _FEW_WORDS else ()
        return Words(self._codes[:count], words, found, *bounds)


def _bounds(cells: bytes, starts: Array) -> tuple[bytes, bytes]:
    """The least and the greatest of some words, as bytes compare."""
    ends = [*starts[1:].tolist(), len(cells)]
    words = [cells[at + 4 : end] for at, end in zip(starts.tolist(), ends, strict=True)]
    return min(words), max(words)
