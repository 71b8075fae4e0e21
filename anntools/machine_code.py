"""Compiling the kernels into one object file, kept on disk.

Only this module and ``kernels/`` import numba, and only when no object file fits: the object file
needs nothing but llvmlite's loader (see ``compiled``). numba types and lowers every function; it
neither optimises nor loads them one by one: the whole is optimised once.
"""

from __future__ import annotations

import importlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import llvmlite.binding as llvm

from anntools import processor

# Modules whose @entry functions are compiled; importing them collects the functions.
ENTRY_MODULES: Final = (
    "anntools.kernels.chunk",
    "anntools.kernels.blocks",
    "anntools.kernels.store_rows",
    "anntools.kernels.store_lookup",
    "anntools.kernels.table_pages",
    "anntools.kernels.table_words",
)

_LINKERS: Final = ("cc", "gcc", "clang", "ld")


def build(path: Path, *, link_also: bool) -> None:
    """Compile all entries and write the object file to ``path`` (atomically), and beside it the
    shared library if that is wanted and there is a linker."""
    whole = _linked()
    machine = _machine()
    tuning = llvm.create_pipeline_tuning_options(speed_level=3)
    passes = llvm.create_pass_builder(machine, tuning)
    passes.getModulePassManager().run(whole, passes)
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    part.write_bytes(machine.emit_object(whole))
    if link_also:
        link(part, path.with_suffix(".so"))
    part.replace(path)


def link(object_file: Path, library: Path) -> bool:
    """Make a shared library of an object file (atomically); False if no linker can."""
    part = library.with_name(f"{library.name}.{os.getpid()}.part")
    for linker in filter(None, map(shutil.which, _LINKERS)):
        command = [linker, "-shared", "-nostdlib", "-o", str(part), str(object_file)]
        done = subprocess.run(command, capture_output=True, check=False)  # noqa: S603 - our own
        if done.returncode == 0:
            part.replace(library)
            return True
    part.unlink(missing_ok=True)
    return False


def _linked() -> Any:
    """All entries and what they call in one module; only the entries can be seen from outside."""
    from numba.core import types

    for name in ENTRY_MODULES:
        importlib.import_module(name)
    from anntools.kernels.memory import ENTRIES

    with _collected() as texts:
        symbols = {}
        for name, function in ENTRIES.items():
            function.compile((types.int64,))
            symbols[function.overloads[(types.int64,)].fndesc.llvm_func_name] = name
    whole = llvm.parse_assembly(texts[0])
    for text in texts[1:]:
        whole.link_in(llvm.parse_assembly(text))
    for function in whole.functions:
        if function.name in symbols:
            function.name = symbols[function.name]
        elif not function.is_declaration:
            function.linkage = "internal"
    return whole


@contextmanager
def _collected() -> Iterator[list[str]]:
    """Take the code of every function as numba lowers it, and spare numba the rest.

    By itself numba optimises, links and loads each function on its own, which costs ten times as
    much as typing and lowering it.
    """
    from numba.core import types
    from numba.core.codegen import JITCodeLibrary
    from numba.core.cpu import CPUContext
    from numba.core.dispatcher import Dispatcher

    def compile_once(function: Any, signature: tuple[Any, ...]) -> Any:
        """For an int and for the literal 3 it is the same code."""
        plain: Any = types.unliteral
        return compile_any(function, tuple(plain(t) for t in signature))

    compile_any = Dispatcher.compile
    texts: list[str] = []
    replaced: dict[tuple[Any, str], Any] = {
        (JITCodeLibrary, "add_ir_module"): lambda _library, module: texts.append(str(module)),
        (JITCodeLibrary, "add_linking_library"): lambda _library, _other: None,
        # a stand-in for the function's address: a built-in, and another one each time
        (CPUContext, "get_executable"): lambda *_arguments: [].append,
        (Dispatcher, "compile"): compile_once,
    }
    before = {place: getattr(*place) for place in replaced}
    for (owner, name), stand_in in replaced.items():
        setattr(owner, name, stand_in)
    try:
        yield texts
    finally:
        for (owner, name), own in before.items():
            setattr(owner, name, own)


def _machine() -> Any:
    target = llvm.Target.from_triple(llvm.get_process_triple())
    level = processor.level()
    return target.create_target_machine(
        cpu=level or llvm.get_host_cpu_name(),
        features="" if level else llvm.get_host_cpu_features().flatten(),
        opt=3,
        reloc="pic",
        codemodel="jitdefault",
        jit=True,
    )
