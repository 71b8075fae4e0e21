"""The arrays of a pack as numpy arrays, for the kernels by array."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from anntools.kernels_v0.model import DTYPES, Model, make_model
from anntools.problems import PackProblem


def load(folder: Path) -> Model:
    """All arrays. Raises PackProblem if one is missing, damaged or of another type."""
    arrays = {}
    for name, dtype in DTYPES.items():
        path = folder / f"{name}.npy"
        try:
            array = _load(path)
        except (OSError, ValueError) as error:
            raise PackProblem(f"{path} is missing or damaged: {error}") from error
        if array.dtype != dtype:
            raise PackProblem(f"{path} holds {array.dtype}, expected {np.dtype(dtype)}")
        arrays[name] = array
    return make_model(arrays)


def _load(path: Path) -> npt.NDArray[Any]:
    """An array mapped read-only; an empty one, which cannot be mapped, is read."""
    if path.stat().st_size > 128:
        mapped: npt.NDArray[Any] = np.load(path, mmap_mode="r", allow_pickle=False)
        return mapped.view(np.ndarray)
    array: npt.NDArray[Any] = np.load(path, allow_pickle=False)
    array.flags.writeable = False
    return array
