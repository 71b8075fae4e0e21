"""Compiling the kernels into one object file, kept on disk.

Only this module and ``kernels/`` import numba, and only when no object file fits: the object file
needs nothing but llvmlite's loader (see ``compiled``).
"""

from __future__ import annotations

import importlib
import os
from pathlib import Path
from typing import Any

import llvmlite.binding as llvm

# Modules whose @entry functions are compiled; importing them collects the functions.
ENTRY_MODULES = ("anntools.kernels.chunk", "anntools.kernels.blocks")


def build(path: Path) -> None:
    """Compile all entries and write the object file to ``path`` (atomically)."""
    for name in ENTRY_MODULES:
        importlib.import_module(name)
    from numba import types

    from anntools.kernels.memory import ENTRIES

    whole: Any = None
    for name, function in ENTRIES.items():
        function.compile((types.int64,))
        compiled = function.overloads[(types.int64,)]
        module = llvm.parse_assembly(compiled.library.get_llvm_str())
        module.get_function(compiled.fndesc.llvm_func_name).name = name
        if whole is None:
            whole = module
        else:
            whole.link_in(module)
    for function in whole.functions:
        if not function.is_declaration and function.name not in ENTRIES:
            function.linkage = "internal"
    machine = _machine()
    tuning = llvm.create_pipeline_tuning_options(speed_level=1)
    builder = llvm.create_pass_builder(machine, tuning)
    passes = llvm.create_new_module_pass_manager()
    passes.add_global_dead_code_eliminate_pass()
    passes.run(whole, builder)
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    part.write_bytes(machine.emit_object(whole))
    part.replace(path)


def _machine() -> Any:
    target = llvm.Target.from_triple(llvm.get_process_triple())
    return target.create_target_machine(
        cpu=llvm.get_host_cpu_name(),
        features=llvm.get_host_cpu_features().flatten(),
        opt=3,
        reloc="pic",
        codemodel="jitdefault",
        jit=True,
    )
