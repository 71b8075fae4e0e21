"""Writing the arrays of a pack: whole, or piece by piece when they do not fit into memory."""

from __future__ import annotations

import hashlib
from pathlib import Path
from types import TracebackType
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from anntools.pack.mapped import header

PAD: Final = bytes(64)  # kernels may read so far beyond the end of a byte array


class ArrayWriter:
    """One ``.npy`` file that grows by pieces; its header is completed at the end."""

    def __init__(self, path: Path, dtype: str, row: tuple[int, ...] = ()) -> None:
        self.path = path
        self._dtype = dtype
        self._row = row
        self._elements = 0
        self._handle = path.open("wb")
        self._handle.write(bytes(128))

    def write(self, array: npt.NDArray[Any] | bytes) -> None:
        """Append elements, converted to the type of the file."""
        if isinstance(array, bytes):
            array = np.frombuffer(array, dtype=np.uint8)
        part = np.ascontiguousarray(array, dtype=self._dtype)
        self._handle.write(part.data.cast("B") if part.size else b"")
        self._elements += part.size

    def close(self) -> None:
        """Complete the file."""
        rows = self._elements
        for n in self._row:
            rows //= n
        self._handle.seek(0)
        self._handle.write(header(self._dtype, (rows, *self._row)))
        self._handle.close()

    def abandon(self) -> None:
        """Close the file as it is."""
        self._handle.close()

    def __enter__(self) -> ArrayWriter:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is None:
            self.close()
        else:
            self.abandon()


def write_array(path: Path, array: npt.NDArray[Any], dtype: str) -> None:
    """Write a whole array; a byte array gets its padding."""
    with ArrayWriter(path, dtype, array.shape[1:]) as out:
        out.write(array.reshape(-1))
        if dtype == "|u1" and array.ndim == 1:
            out.write(PAD)


def file_digest(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()
