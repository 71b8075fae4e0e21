"""The arrays of a pack as the kernels see them: addresses in a block. Needs no numpy."""

from __future__ import annotations

import ctypes
from collections.abc import Iterable, Mapping
from pathlib import Path

from anntools import regions
from anntools.kernels import layout as k
from anntools.pack.mapped import Mapped, map_array

Block = ctypes.Array[ctypes.c_int64]
_COUNTS = {"contigs": k.N_CONTIGS, "alias_contig": k.N_ALIASES, "tx": k.N_TX}


def map_model(folder: Path, names: Iterable[str] = tuple(k.ARRAYS)) -> dict[str, Mapped]:
    """Map the arrays of a pack. Raises OSError or ValueError with the file's name."""
    arrays = {}
    for name in names:
        path = folder / f"{name}.npy"
        try:
            array = map_array(path)
        except ValueError as error:
            raise ValueError(f"{path}: {error}") from error
        if array.dtype != k.ARRAYS[name][1]:
            raise ValueError(f"{path} holds {array.dtype}, expected {k.ARRAYS[name][1]}")
        arrays[name] = array
    return arrays


def fill_model(block: Block, arrays: Mapping[str, Mapped]) -> None:
    """Write the addresses and counts of the model into a worker's block."""
    for name, array in arrays.items():
        block[k.ARRAYS[name][0]] = array.address
        if name in _COUNTS:
            block[_COUNTS[name]] = array.count


def model_block(arrays: Mapping[str, Mapped]) -> Block:
    """A block with the model and nothing else."""
    block = (ctypes.c_int64 * k.C_SLOTS)()
    fill_model(block, arrays)
    regions.allow(ctypes.addressof(block), ctypes.sizeof(block))
    return block
