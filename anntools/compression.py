"""BGZF blocks in groups: packing and unpacking at the speed of ISA-L and libdeflate.

Level 1 is ISA-L (about 1 GB of text a second and core); levels 2 to 9 are libdeflate's, whose level
5 is smaller than zlib's level 6 at twice its speed; level 0 stores.
"""

from __future__ import annotations

import ctypes
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from anntools import regions
from anntools.compiled import entry
from anntools.kernels.block_layout import (
    B_COMPRESS,
    B_COMPRESSOR,
    B_CRC,
    B_IN,
    B_IN_END,
    B_INFLATE,
    B_INFLATER,
    B_ISAL_DEFLATE,
    B_ISAL_INIT,
    B_LEVEL,
    B_LEVEL_BUFFER,
    B_LEVEL_BUFFER_SIZE,
    B_OUT,
    B_OUT_END,
    B_SLOTS,
    B_STREAM,
    BLOCK_ROOM,
    BLOCK_TEXT,
    BLOCKS_DAMAGED,
    BLOCKS_DONE,
    BLOCKS_FULL,
    BLOCKS_NOT_BGZF,
)

__all__ = ["BLOCKS_DAMAGED", "BLOCKS_DONE", "BLOCKS_FULL", "BLOCKS_NOT_BGZF", "EOF", "Blocks"]

EOF: Final = bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")
_LEVEL_BUFFER: Final = 1 << 20
_STREAM: Final = 1 << 19  # sizeof(struct isal_zstream) is about 85 kB; more does no harm


@cache
def _library(package: str, stem: str) -> ctypes.CDLL:
    spec = find_spec(package)
    assert spec
    assert spec.submodule_search_locations
    folder = Path(next(iter(spec.submodule_search_locations)))
    return ctypes.CDLL(str(next(p for p in folder.glob(f"{stem}*") if p.suffix in (".so", ".pyd"))))


def _address(library: ctypes.CDLL, name: str) -> int:
    return ctypes.cast(getattr(library, name), ctypes.c_void_p).value or 0


class Blocks:
    """Packs and unpacks groups of BGZF blocks. One object per thread."""

    def __init__(self, level: int = 1) -> None:
        deflate = _library("deflate", "_deflate")
        for name in ("libdeflate_alloc_compressor", "libdeflate_alloc_decompressor"):
            getattr(deflate, name).restype = ctypes.c_void_p
        self._deflate = deflate
        self._slots = (ctypes.c_int64 * B_SLOTS)()
        self._address = ctypes.addressof(self._slots)
        self._buffers = [self._slots]
        slots = self._slots
        slots[B_INFLATE] = _address(deflate, "libdeflate_deflate_decompress")
        slots[B_CRC] = _address(deflate, "libdeflate_crc32")
        slots[B_COMPRESS] = _address(deflate, "libdeflate_deflate_compress")
        self._inflater = ctypes.c_void_p(deflate.libdeflate_alloc_decompressor())
        slots[B_INFLATER] = self._inflater.value or 0
        self._compressor = ctypes.c_void_p(None)
        if level == 1:
            isal = _library("isal", "igzip_lib")
            self._stream = ctypes.create_string_buffer(_STREAM + _LEVEL_BUFFER)
            slots[B_ISAL_INIT] = _address(isal, "isal_deflate_stateless_init")
            slots[B_ISAL_DEFLATE] = _address(isal, "isal_deflate_stateless")
            slots[B_STREAM] = ctypes.addressof(self._stream)
            slots[B_LEVEL] = level
            slots[B_LEVEL_BUFFER] = slots[B_STREAM] + _STREAM
            slots[B_LEVEL_BUFFER_SIZE] = _LEVEL_BUFFER
            regions.allow(slots[B_STREAM], _STREAM + _LEVEL_BUFFER)
        elif level > 1:
            self._compressor.value = deflate.libdeflate_alloc_compressor(level)
            slots[B_COMPRESSOR] = self._compressor.value or 0
        regions.allow(self._address, 8 * B_SLOTS)

    def __del__(self) -> None:
        for name, pointer in (
            ("libdeflate_free_decompressor", self._inflater),
            ("libdeflate_free_compressor", self._compressor),
        ):
            if pointer:
                getattr(self._deflate, name)(pointer)

    def inflate(self, source: int, end: int, to: int, to_end: int) -> tuple[int, int, int]:
        """Unpack whole blocks from ``source`` on into ``to``, by address.

        Returns a status (BLOCKS_*), where in the source it stopped, and where the text ends.
        """
        return self._run("inflate_blocks", source, end, to, to_end)

    def deflate(self, source: int, end: int, to: int, to_end: int) -> int:
        """Pack text into blocks at ``to``; returns where they end. ``to`` must have ``room()``."""
        status, _, done = self._run("deflate_blocks", source, end, to, to_end)
        assert status == BLOCKS_DONE
        return done

    def _run(self, name: str, source: int, end: int, to: int, to_end: int) -> tuple[int, int, int]:
        slots = self._slots
        slots[B_IN], slots[B_IN_END], slots[B_OUT], slots[B_OUT_END] = source, end, to, to_end
        status = entry(name)(self._address)
        return status, slots[B_IN], slots[B_OUT]

    @staticmethod
    def room(size: int) -> int:
        """Bytes that packing ``size`` bytes of text may need."""
        return (size // BLOCK_TEXT + 1) * BLOCK_ROOM
