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
    sources = [_PACKAGE / "terms.py", _PACKAGE / "compiled.py"]
    sources += sorted((_PACKAGE / "kernels").glob("*.py"))
    for path in sources:
        h.update(path.read_bytes())
    return h.hexdigest()[:16]
