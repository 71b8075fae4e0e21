"""What kernels are made of: numba's compiler with few passes, and LLVM instructions as functions.

An intrinsic takes and gives int64. Kernels do not use these but the functions of ``memory``, which
check addresses in the debug build.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeVar, cast

import numba
from llvmlite import ir
from numba.core import types
from numba.core.compiler import CompilerBase
from numba.core.compiler_machinery import PassManager
from numba.core.typed_passes import (
    IRLegalization,
    NativeLowering,
    NoPythonBackend,
    NopythonTypeInference,
    PreLowerStripPhis,
)
from numba.core.untyped_passes import FixupArgs, IRProcessing, ReconstructSSA, TranslateByteCode
from numba.extending import intrinsic

F = TypeVar("F", bound=Callable[..., Any])
Raw = Callable[..., int]


class _Plain(CompilerBase):
    """numba's passes without those for what kernels do not use: closures, literals, rewrites."""

    def define_pipelines(self) -> list[Any]:
        """The one list of passes."""
        passes: Any = PassManager("kernel")  # type: ignore[no-untyped-call]
        for step in (
            TranslateByteCode,
            FixupArgs,
            IRProcessing,
            ReconstructSSA,
            NopythonTypeInference,
            PreLowerStripPhis,
            IRLegalization,
            NativeLowering,
            NoPythonBackend,
        ):
            passes.add_pass(step, step.__name__)
        passes.finalize()
        return [passes]


_OPTIONS: Final[dict[str, Any]] = {
    "nogil": True,
    "boundscheck": False,
    "error_model": "numpy",
    "no_cpython_wrapper": True,
    "no_cfunc_wrapper": True,
    "pipeline_class": _Plain,
}
ENTRIES: Final[dict[str, Any]] = {}


def kernel(function: F) -> F:
    """Compile for use by other kernels."""
    return cast(F, numba.njit(**_OPTIONS)(function))


def entry(function: F) -> F:
    """A kernel ``(int) -> int`` that Python calls by name with the address of a block of slots."""
    compiled = cast(F, numba.njit(**_OPTIONS)(function))
    ENTRIES[function.__name__] = compiled
    return compiled


I64 = types.int64
_i8, _i16, _i32, _i64 = (ir.IntType(n) for n in (8, 16, 32, 64))
_VECTOR = ir.VectorType(_i8, 64)
_CHUNK = ir.VectorType(_i8, 32)


def _pointer(builder: Any, address: Any, to: Any) -> Any:
    return builder.inttoptr(address, to.as_pointer())


def _loader(to: Any, signed: bool) -> Any:
    def load(_typing: Any, _p: Any) -> Any:
        def generate(_c: Any, builder: Any, _s: Any, arguments: Any) -> Any:
            value = builder.load(_pointer(builder, arguments[0], to))
            value.align = 1
            if to is _i64:
                return value
            return builder.sext(value, _i64) if signed else builder.zext(value, _i64)

        return I64(I64), generate

    return intrinsic(load)


def _storer(to: Any) -> Any:
    def store(_typing: Any, _p: Any, _v: Any) -> Any:
        def generate(context: Any, builder: Any, _s: Any, arguments: Any) -> Any:
            value = arguments[1] if to is _i64 else builder.trunc(arguments[1], to)
            builder.store(value, _pointer(builder, arguments[0], to)).align = 1
            return context.get_constant(I64, 0)

        return I64(I64, I64), generate

    return intrinsic(store)


load8: Raw = _loader(_i8, False)
load16: Raw = _loader(_i16, False)
load32: Raw = _loader(_i32, False)
load32s: Raw = _loader(_i32, True)
load64: Raw = _loader(_i64, True)
store8: Raw = _storer(_i8)
store16: Raw = _storer(_i16)
store32: Raw = _storer(_i32)
store64: Raw = _storer(_i64)


def _copy32(_typing: Any, _d: Any, _s: Any) -> Any:
    def generate(context: Any, builder: Any, _sig: Any, arguments: Any) -> Any:
        value = builder.load(_pointer(builder, arguments[1], _CHUNK))
        value.align = 1
        builder.store(value, _pointer(builder, arguments[0], _CHUNK)).align = 1
        return context.get_constant(I64, 0)

    return I64(I64, I64), generate


def _mask_of(*wanted: int) -> Any:
    """Bit i of the result: byte i of the 64 at ``p`` is one of ``wanted``."""

    def mask(_typing: Any, _p: Any) -> Any:
        def generate(_c: Any, builder: Any, _s: Any, arguments: Any) -> Any:
            value = builder.load(_pointer(builder, arguments[0], _VECTOR))
            value.align = 1
            found = None
            for letter in wanted:
                same = builder.icmp_unsigned("==", value, ir.Constant(_VECTOR, [letter] * 64))
                found = same if found is None else builder.or_(found, same)
            return builder.bitcast(found, _i64)

        return I64(I64), generate

    return intrinsic(mask)


def _lowest(_typing: Any, _x: Any) -> Any:
    def generate(_c: Any, builder: Any, _s: Any, arguments: Any) -> Any:
        return builder.cttz(arguments[0], ir.Constant(ir.IntType(1), 0))

    return I64(I64), generate


def _shift_right(_typing: Any, _x: Any, _n: Any) -> Any:
    def generate(_c: Any, builder: Any, _s: Any, arguments: Any) -> Any:
        return builder.lshr(arguments[0], arguments[1])

    return I64(I64, I64), generate


def _divider(by: int) -> Any:
    def divide(_typing: Any, _x: Any) -> Any:
        def generate(_c: Any, builder: Any, _s: Any, arguments: Any) -> Any:
            small = builder.trunc(arguments[0], _i32)
            return builder.zext(builder.udiv(small, ir.Constant(_i32, by)), _i64)

        return I64(I64), generate

    return intrinsic(divide)


move32: Raw = intrinsic(_copy32)
mask_line: Raw = _mask_of(10)
mask_tab_line: Raw = _mask_of(9, 10)
mask_semicolon: Raw = _mask_of(59)
mask_bar: Raw = _mask_of(124)
trailing_zeros: Raw = intrinsic(_lowest)
shift_logical: Raw = intrinsic(_shift_right)
divide_by_3: Raw = _divider(3)
divide_by_100: Raw = _divider(100)


# ---- functions of other libraries, by address; all arguments and the result are 64 bits wide


def _call(builder: Any, function: Any, arguments: Any) -> Any:
    signature = ir.FunctionType(_i64, [_i64] * len(arguments))
    return builder.call(builder.inttoptr(function, signature.as_pointer()), arguments)


def _call1(_typing: Any, _f: Any, _a: Any) -> Any:
    def generate(_c: Any, builder: Any, _s: Any, x: Any) -> Any:
        return _call(builder, x[0], x[1:])

    return I64(I64, I64), generate


def _call3(_typing: Any, _f: Any, _a: Any, _b: Any, _d: Any) -> Any:
    def generate(_c: Any, builder: Any, _s: Any, x: Any) -> Any:
        return _call(builder, x[0], x[1:])

    return I64(I64, I64, I64, I64), generate


def _call5(_typing: Any, _f: Any, _a: Any, _b: Any, _d: Any, _e: Any, _g: Any) -> Any:
    def generate(_c: Any, builder: Any, _s: Any, x: Any) -> Any:
        return _call(builder, x[0], x[1:])

    return I64(I64, I64, I64, I64, I64, I64), generate


def _call6(_typing: Any, _f: Any, _a: Any, _b: Any, _d: Any, _e: Any, _g: Any, _h: Any) -> Any:
    def generate(_c: Any, builder: Any, _s: Any, x: Any) -> Any:
        return _call(builder, x[0], x[1:])

    return I64(I64, I64, I64, I64, I64, I64, I64), generate


call1: Raw = intrinsic(_call1)
call3: Raw = intrinsic(_call3)
call5: Raw = intrinsic(_call5)
call6: Raw = intrinsic(_call6)
