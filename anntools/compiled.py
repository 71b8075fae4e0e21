"""The compiled kernels, ready to call: loaded from a shared library, compiled first if need be.

Loading takes less than a millisecond and needs neither numba nor numpy nor llvmlite. Where no
linker was found when the kernels were compiled, or the library may not be loaded, llvmlite loads
the object file instead, which costs some 40 ms. Both lie in a folder whose name carries a digest of
all kernel sources and of the processor, so that a changed kernel never meets stale code and a
copied folder never meets another processor.

``ANNTOOLS_CACHE`` names the folder for compiled code, or several parted by colons: the first that
holds it or can take it counts. Without it the package's own ``__pycache__`` is used where it can
be written, else the user's cache folder. ``ANNTOOLS_CPU``: see ``processor``.
``ANNTOOLS_BOUNDS_CHECK=1`` compiles a debug build in which every access is checked; its code holds
addresses of this process and is compiled anew in each.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from blake3 import blake3

from anntools import processor, regions

_PACKAGE: Final = Path(__file__).parent
_SIGNATURE: Final = ctypes.CFUNCTYPE(
    ctypes.c_int32, ctypes.POINTER(ctypes.c_int64), ctypes.c_void_p, ctypes.c_int64
)
Entry = Callable[[int], int]


@cache
def entry(name: str) -> Entry:
    """A compiled kernel by name: takes the address of its block of slots, returns an int64.

    The call releases the interpreter's lock. Thread-safe as far as the blocks are apart.
    """
    library = _library()
    function = (
        _SIGNATURE((name, library))
        if isinstance(library, ctypes.CDLL)
        else _SIGNATURE(library.get_function_address(name))
    )

    def call(block: int) -> int:
        result = ctypes.c_int64()
        function(ctypes.byref(result), None, block)
        if regions.CHECKED:
            regions.check()
        return result.value

    return call


def ready() -> bool:
    """Whether the machine code for these sources and this processor is there already."""
    return object_file().is_file()


def llvmlite_version() -> str:
    """Version of the compiler, for receipts."""
    package = find_spec("llvmlite")
    if package is None or package.origin is None:
        return ""
    text = Path(package.origin).with_name("_version.py").read_text()
    at = text.rfind("version =")
    return text[at:].partition("'")[2].partition("'")[0]


@cache
def _library() -> Any:
    """The shared library; without one, llvmlite's engine with the object file."""
    path = object_file()
    if not path.is_file():
        _compile(path)
    shared = path.with_suffix(".so")
    if shared.is_file():
        with suppress(OSError):  # as in a folder from which nothing may be run
            return ctypes.CDLL(str(shared))
    return _engine(path)


def _engine(path: Path) -> Any:
    import llvmlite.binding as llvm

    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    target = llvm.Target.from_default_triple().create_target_machine(jit=True)
    engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), target)
    engine.add_object_file(llvm.ObjectFileRef.from_data(path.read_bytes()))
    engine.finalize_object()
    return engine


def _compile(path: Path) -> None:
    """Compile into ``path``; of several processes that want it, one works and the others wait."""
    import fcntl

    from anntools.machine_code import build

    with path.with_name("compiling").open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not path.is_file():
            build(path, link_also=not regions.CHECKED)


@cache
def object_file() -> Path:
    """Where the object file is, or is going to be."""
    name = f"anntools-kernels-{_digest()}"
    if regions.CHECKED:
        return _elsewhere(name)
    for parent in _candidates():
        folder = parent / name
        if (folder / "kernels.o").is_file() or _writable(folder):
            return folder / "kernels.o"
    return _elsewhere(name)


def _elsewhere(name: str) -> Path:
    import tempfile  # brings four compressors along; a usual start needs none

    return Path(tempfile.mkdtemp(prefix=name)) / "kernels.o"


def _candidates() -> list[Path]:
    chosen = os.environ.get("ANNTOOLS_CACHE")
    user = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    folders = [Path(folder) for folder in (chosen or "").split(os.pathsep) if folder]
    return folders or [_PACKAGE / "__pycache__", Path(user) / "anntools"]


def _writable(folder: Path) -> bool:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return False
    return os.access(folder, os.W_OK | os.X_OK)


def _digest() -> str:
    """Digest of what the machine code depends on."""
    h = blake3(f"{llvmlite_version()} {_processor()}".encode())
    sources = [_PACKAGE / n for n in ("terms.py", "genetic_code.py", "machine_code.py")]
    sources += sorted((_PACKAGE / "kernels").glob("*.py"))
    for path in sources:
        h.update(path.read_bytes())
    return h.hexdigest()[:16]


def _processor() -> str:
    """The level of processor that is compiled for, or name and abilities of this machine's."""
    known = processor.level() or "\n".join(processor.described())
    if known:
        return known
    import llvmlite.binding as llvm

    return str(llvm.get_host_cpu_name())
