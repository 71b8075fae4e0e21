"""Arrays in ``.npy`` files, mapped read-only and known by address: needs no numpy.

Format 1.0 of NumPy's files: a magic string, the length of the header, the header (a Python literal
with type, order and shape), then the elements.
"""

from __future__ import annotations

import ctypes
import mmap
import os
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Final

from anntools import regions

_MAGIC: Final = b"\x93NUMPY\x01\x00"


@dataclass(frozen=True, slots=True)
class Mapped:
    """One array. ``count``: rows (elements along the first axis); ``held`` keeps the memory."""

    address: int
    dtype: str
    shape: tuple[int, ...]
    held: object

    @property
    def count(self) -> int:
        """Rows: elements along the first axis."""
        return self.shape[0]


def map_array(path: Path) -> Mapped:
    """Map one file. Raises OSError, or ValueError for a file that is not such an array."""
    with path.open("rb", buffering=0) as handle:
        size = os.fstat(handle.fileno()).st_size
        if size < 128:
            raise ValueError("cut short")
        held = mmap.mmap(handle.fileno(), 0, access=mmap.ACCESS_READ)
    dtype, shape, begin = _header(held[:512])
    wanted = int(dtype[2:])
    for n in shape:
        wanted *= n
    if size < begin + wanted:
        raise ValueError(f"{size} bytes where {begin + wanted} are expected")
    address = _address(held)
    regions.allow(address, size)
    return Mapped(address + begin, dtype, shape, held)


class _View(ctypes.Structure):
    """Py_buffer, as far as we read it (Python C API, "Buffer structure"), with room to spare."""

    _fields_: ClassVar = [("buf", ctypes.c_void_p), ("rest", ctypes.c_byte * 256)]


def _address(held: mmap.mmap) -> int:
    """Where a read-only mapping lies; ctypes itself tells it of writable ones only."""
    view = _View()
    ctypes.pythonapi.PyObject_GetBuffer(ctypes.py_object(held), ctypes.byref(view), 0)
    address = int(view.buf or 0)
    ctypes.pythonapi.PyBuffer_Release(ctypes.byref(view))
    return address


def _header(head: bytes) -> tuple[str, tuple[int, ...], int]:
    """Type, shape and place of the first element."""
    if not head.startswith(_MAGIC):
        raise ValueError("not a NumPy file of format 1.0")
    begin = 10 + int.from_bytes(head[8:10], "little")
    text = head[10:begin].decode("latin-1")
    if "'fortran_order': False" not in text:
        raise ValueError("not in C order")
    dtype = text.partition("'descr': '")[2].partition("'")[0]
    inside = text.partition("'shape': (")[2].partition(")")[0]
    if not dtype:
        raise ValueError("no type in its header")
    return dtype, tuple(int(n) for n in inside.split(",") if n.strip()), begin


def header(dtype: str, shape: tuple[int, ...]) -> bytes:
    """The 128 bytes that stand before the elements."""
    text = f"{{'descr': '{dtype}', 'fortran_order': False, 'shape': {shape!r}, }}"
    return _MAGIC + (118).to_bytes(2, "little") + text.ljust(117).encode() + b"\n"
