"""The one place that knows numba: how kernels are compiled and where the machine code is kept.

``entry`` marks a kernel that Python calls: its machine code is stored on disk, in a folder whose
name carries a digest of all kernel sources, so that a changed kernel never meets stale code.
``kernel`` marks a function that only other kernels call: it is compiled into its caller.

``ANNTOOLS_CACHE`` names the folder for compiled code; without it the package's own
``__pycache__`` is used where it can be written, else the user's cache folder.
``ANNTOOLS_BOUNDS_CHECK=1`` compiles a debug build in which every array access is checked.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, Final, TypeVar, cast

import numba
import numpy as np
import numpy.typing as npt
from llvmlite import ir
from numba.core import types
from numba.extending import intrinsic

F = TypeVar("F", bound=Callable[..., Any])

BOUNDS_CHECK: Final = os.environ.get("ANNTOOLS_BOUNDS_CHECK", "") == "1"
_OPTIONS: Final[dict[str, Any]] = {
    "nogil": True,
    "boundscheck": BOUNDS_CHECK,
    "error_model": "numpy",
}
_PACKAGE: Final = Path(__file__).parent


def kernel(function: F) -> F:
    """Compile for use by other kernels."""
    return cast(F, numba.njit(**_OPTIONS)(function))


def entry(function: F) -> F:
    """Compile on first call and keep the machine code on disk."""
    settings = cast(Any, numba.config)
    before = settings.CACHE_DIR
    settings.CACHE_DIR = str(cache_folder())
    try:
        return cast(F, numba.njit(cache=True, **_OPTIONS)(function))
    finally:
        settings.CACHE_DIR = before


# ---- arrays by address
#
# numba counts references: a function that gets an array, or a tuple of arrays, counts each of them
# up and down again with atomic instructions, which cost more than most kernels do. An array made
# from an address is not counted. The entry makes all its arrays anew in this way; the caller keeps
# the originals alive.


def _pointer_typed(_context: Any, address: Any) -> Any:
    def generate(_c: Any, builder: Any, _s: Any, arguments: Any) -> Any:
        return builder.inttoptr(arguments[0], ir.IntType(8).as_pointer())

    return types.voidptr(address), generate


_pointer: Any = intrinsic(_pointer_typed)
_carray: Any = numba.carray  # type: ignore[attr-defined]


@kernel
def bytes_at(address: int, n: int) -> npt.NDArray[np.uint8]:
    """``n`` bytes at an address."""
    array: npt.NDArray[np.uint8] = _carray(_pointer(address), (n,), np.uint8)
    return array


@kernel
def int32s_at(address: int, n: int) -> npt.NDArray[np.int32]:
    """``n`` int32 at an address."""
    array: npt.NDArray[np.int32] = _carray(_pointer(address), (n,), np.int32)
    return array


@kernel
def int64s_at(address: int, n: int) -> npt.NDArray[np.int64]:
    """``n`` int64 at an address."""
    array: npt.NDArray[np.int64] = _carray(_pointer(address), (n,), np.int64)
    return array


@kernel
def table32_at(address: int, n: int, columns: int) -> npt.NDArray[np.int32]:
    """``n`` rows of int32 at an address."""
    array: npt.NDArray[np.int32] = _carray(_pointer(address), (n, columns), np.int32)
    return array


@kernel
def table64_at(address: int, n: int, columns: int) -> npt.NDArray[np.int64]:
    """``n`` rows of int64 at an address."""
    array: npt.NDArray[np.int64] = _carray(_pointer(address), (n, columns), np.int64)
    return array


@cache
def cache_folder() -> Path:
    """The first writable folder of the candidates; made if need be."""
    name = f"anntools-kernels-{_digest()}"
    for parent in _candidates():
        folder = parent / name
        if _writable(folder):
            return folder
    return Path(tempfile.mkdtemp(prefix=name))


def _candidates() -> list[Path]:
    chosen = os.environ.get("ANNTOOLS_CACHE")
    user = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return [Path(chosen)] if chosen else [_PACKAGE / "__pycache__", Path(user) / "anntools"]


def _writable(folder: Path) -> bool:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False


def _digest() -> str:
    """Digest of what the machine code depends on besides the calling kernel's own file."""
    h = hashlib.sha256(f"{numba.__version__} {BOUNDS_CHECK}".encode())
    sources = [_PACKAGE / "terms.py", _PACKAGE / "compiled_v0.py"]
    sources += sorted((_PACKAGE / "kernels_v0").glob("*.py"))
    for path in sources:
        h.update(path.read_bytes())
    return h.hexdigest()[:16]
