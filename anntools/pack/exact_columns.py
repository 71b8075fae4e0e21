"""The fields of an exact store in the making: the words met so far, as the kernel keeps them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from anntools import regions
from anntools.kernels import store_layout as k
from anntools.pack.arrays import PAD

MODES: Final = {
    "whole": k.MODE_WHOLE,
    "A": k.MODE_ALT,
    "R": k.MODE_REF_ALT,
    "list": k.MODE_LIST,
    "flag": k.MODE_FLAG,
    "ID": k.MODE_ID,
}
_TABLE: Final = 1 << 23
MOST: Final = 1 << 31  # most words of a column, most long alleles
MOST_BYTES: Final = 1 << 36  # most bytes of them: room in a sparse file


@dataclass(frozen=True, slots=True)
class Wanted:
    """A field of an exact store: the INFO key it adds, and where its values come from.

    ``source``: INFO key of the source, or with the mode ``ID`` what stands for a missing ID;
    ``mode``: a key of ``MODES``.
    """

    key: str
    type: str
    description: str
    source: str
    mode: str
    number: str = "A"


class Column:
    """Words met so far in one field, as the kernel keeps them."""

    def __init__(self, wanted: Wanted, folder: Path, number: int) -> None:
        self.wanted = wanted
        key = wanted.source.encode()
        self.key_size = len(key)
        self.key = np.frombuffer(key + b"1" + PAD, dtype=np.uint8)  # the 1 is a flag's value
        self.prefix = np.zeros(64, dtype=np.uint8)
        self.table = np.zeros(_TABLE, dtype=np.uint32)
        self.off = sparse(folder / f"word_off_{number}", np.int64, MOST)
        self.text = sparse(folder / f"words_{number}", np.uint8, MOST_BYTES)
        self.slots: Any = None
        self._joined: dict[bytes, int] = {}

    def place(self, slots: Any, at: int) -> None:
        """Fill the kernel's group of slots."""
        self.slots = slots[at : at + k.COLUMN_SLOTS]
        for slot, array in (
            (k.K_KEY, self.key),
            (k.K_PREFIX, self.prefix),
            (k.K_TABLE, self.table),
            (k.K_WORD_OFF, self.off),
            (k.K_WORD_BYTES, self.text),
        ):
            self.slots[slot] = array.ctypes.data
            regions.allow(array.ctypes.data, array.nbytes)
        self.slots[k.K_MODE] = MODES[self.wanted.mode]
        self.slots[k.K_KEY_SIZE] = self.key_size
        self.slots[k.K_PREFIX_SIZE] = -1
        self.slots[k.K_MASK] = _TABLE - 1

    @property
    def words(self) -> int:
        """How many words."""
        return int(self.slots[k.K_WORDS])

    @property
    def prefix_text(self) -> str:
        """What stands before the numbers."""
        size = max(0, int(self.slots[k.K_PREFIX_SIZE]))
        return bytes(self.prefix[:size]).decode()

    def text_of(self, cell: int) -> bytes:
        """The text of a temporary cell."""
        if cell > k.HIGHEST_NUMBER + 1:
            word = 0xFFFFFFFF - cell
            return bytes(self.text[self.off[word] : self.off[word + 1]])
        if cell == 0:
            return b""
        digits = str(cell - 1)[int(self.slots[k.K_DROP]) :]
        return (self.prefix_text + digits).encode()

    def joined(self, cells: Sequence[int]) -> int:
        """The cell of an allele that the source has several times.

        Different texts are joined by bars; of numbers the first is taken, to remain a number.
        """
        different = list(dict.fromkeys(c for c in cells if c))
        if len(different) < 2 or self.wanted.type in ("Integer", "Float"):
            return different[0] if different else 0
        text = b"|".join(self.text_of(c) for c in different)
        word = self._joined.get(text)
        if word is None:
            word = self._joined[text] = self.words
            begin = int(self.off[word])
            self.text[begin : begin + len(text)] = np.frombuffer(text, dtype=np.uint8)
            self.off[word + 1] = begin + len(text)
            self.slots[k.K_WORDS] = word + 1
        return 0xFFFFFFFF - word


def sparse(path: Path, dtype: Any, count: int) -> npt.NDArray[Any]:
    """An array over a sparse file: it takes the disk and memory of what is written to it."""
    return np.memmap(path, dtype=dtype, mode="w+", shape=(count,))
