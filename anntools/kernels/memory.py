"""Raw memory for kernels: loads, stores, copies and searches by address, and how they are compiled.

Every kernel works on int64 addresses. There are no arrays inside kernels, so that nothing is
reference-counted, functions compile fast, and the object code needs neither numba nor Python when
it runs. The price is that nothing protects a kernel from a wrong address; the debug build
(``ANNTOOLS_BOUNDS_CHECK=1``) does: there every access must lie inside a registered region, and one
that does not is noted and sent to a harmless page (see ``anntools.regions``).

All loads and stores are little-endian and need no alignment. ``index`` counts elements, not bytes.
Vector functions may read up to 64 bytes past what they are asked for: buffers are padded by that.
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

from anntools import regions

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


_I = types.int64
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

        return _I(_I), generate

    return intrinsic(load)


def _storer(to: Any) -> Any:
    def store(_typing: Any, _p: Any, _v: Any) -> Any:
        def generate(context: Any, builder: Any, _s: Any, arguments: Any) -> Any:
            value = arguments[1] if to is _i64 else builder.trunc(arguments[1], to)
            builder.store(value, _pointer(builder, arguments[0], to)).align = 1
            return context.get_constant(_I, 0)

        return _I(_I, _I), generate

    return intrinsic(store)


_load8: Raw = _loader(_i8, False)
_load16: Raw = _loader(_i16, False)
_load32: Raw = _loader(_i32, False)
_load32s: Raw = _loader(_i32, True)
_load64: Raw = _loader(_i64, True)
_store8: Raw = _storer(_i8)
_store16: Raw = _storer(_i16)
_store32: Raw = _storer(_i32)
_store64: Raw = _storer(_i64)


if regions.CHECKED:

    @kernel
    def _at(p: int, n: int) -> int:
        """``p`` if the ``n`` bytes there lie in a region, else a harmless page."""
        table = regions.TABLE
        for i in range(_load64(table)):
            lo = _load64(table + 32 + 16 * i)
            if p >= lo and p + n <= _load64(table + 40 + 16 * i):
                return p
        if _load64(table + 8) == 0:
            _store64(table + 16, p)
            _store64(table + 24, n)
        _store64(table + 8, _load64(table + 8) + 1)
        return regions.PAGE

else:

    @kernel
    def _at(p: int, n: int) -> int:
        return p


# ---- loads and stores


@kernel
def byte(p: int) -> int:
    """The byte at ``p``, 0–255."""
    return _load8(_at(p, 1))


@kernel
def u16(base: int, index: int) -> int:
    """Element of an array of uint16."""
    return _load16(_at(base + 2 * index, 2))


@kernel
def u32(base: int, index: int) -> int:
    """Element of an array of uint32."""
    return _load32(_at(base + 4 * index, 4))


@kernel
def i32(base: int, index: int) -> int:
    """Element of an array of int32."""
    return _load32s(_at(base + 4 * index, 4))


@kernel
def i64(base: int, index: int) -> int:
    """Element of an array of int64; also a slot of a block."""
    return _load64(_at(base + 8 * index, 8))


@kernel
def set_byte(p: int, value: int) -> int:
    """Store one byte; returns the address after it."""
    _store8(_at(p, 1), value)
    return p + 1


@kernel
def set_u16(base: int, index: int, value: int) -> None:
    """Set an element of an array of uint16."""
    _store16(_at(base + 2 * index, 2), value)


@kernel
def set_i32(base: int, index: int, value: int) -> None:
    """Set an element of an array of int32."""
    _store32(_at(base + 4 * index, 4), value)


@kernel
def set_i64(base: int, index: int, value: int) -> None:
    """Set an element of an array of int64; also a slot of a block."""
    _store64(_at(base + 8 * index, 8), value)


@kernel
def put2(p: int, value: int) -> int:
    """Store two bytes at once, lowest first; returns the address after them."""
    _store16(_at(p, 2), value)
    return p + 2


@kernel
def put4(p: int, value: int) -> int:
    """Store four bytes at once, lowest first; returns the address after them."""
    _store32(_at(p, 4), value)
    return p + 4


@kernel
def put8(p: int, value: int) -> int:
    """Store eight bytes at once, lowest first; returns the address after them."""
    _store64(_at(p, 8), value)
    return p + 8


# ---- vectors


def _copy32(_typing: Any, _d: Any, _s: Any) -> Any:
    def generate(context: Any, builder: Any, _sig: Any, arguments: Any) -> Any:
        value = builder.load(_pointer(builder, arguments[1], _CHUNK))
        value.align = 1
        builder.store(value, _pointer(builder, arguments[0], _CHUNK)).align = 1
        return context.get_constant(_I, 0)

    return _I(_I, _I), generate


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

        return _I(_I), generate

    return intrinsic(mask)


def _lowest(_typing: Any, _x: Any) -> Any:
    def generate(_c: Any, builder: Any, _s: Any, arguments: Any) -> Any:
        return builder.cttz(arguments[0], ir.Constant(ir.IntType(1), 0))

    return _I(_I), generate


def _shift_right(_typing: Any, _x: Any, _n: Any) -> Any:
    def generate(_c: Any, builder: Any, _s: Any, arguments: Any) -> Any:
        return builder.lshr(arguments[0], arguments[1])

    return _I(_I, _I), generate


def _divider(by: int) -> Any:
    def divide(_typing: Any, _x: Any) -> Any:
        def generate(_c: Any, builder: Any, _s: Any, arguments: Any) -> Any:
            small = builder.trunc(arguments[0], _i32)
            return builder.zext(builder.udiv(small, ir.Constant(_i32, by)), _i64)

        return _I(_I), generate

    return intrinsic(divide)


_copy32_raw: Raw = intrinsic(_copy32)
_mask_line: Raw = _mask_of(10)
_mask_tab_line: Raw = _mask_of(9, 10)
_mask_semicolon: Raw = _mask_of(59)
_mask_bar: Raw = _mask_of(124)
_lowest_raw: Raw = intrinsic(_lowest)
_shift_raw: Raw = intrinsic(_shift_right)
_div3_raw: Raw = _divider(3)
_div100_raw: Raw = _divider(100)


@kernel
def lowest_bit(x: int) -> int:
    """Number of the lowest set bit; 64 for 0."""
    return _lowest_raw(x)


@kernel
def shift_right(x: int, n: int) -> int:
    """Logical shift to the right; ``n`` < 64."""
    return _shift_raw(x, n)


@kernel
def div3(x: int) -> int:
    """``x // 3`` for 0 <= x < 2**32."""
    return _div3_raw(x)


@kernel
def div100(x: int) -> int:
    """``x // 100`` for 0 <= x < 2**32."""
    return _div100_raw(x)


@kernel
def line_mask(p: int) -> int:
    """Bit i: byte ``p + i`` is a line feed, for 64 bytes."""
    return _mask_line(_at(p, 64))


@kernel
def tab_line_mask(p: int) -> int:
    """Bit i: byte ``p + i`` is a tab or a line feed, for 64 bytes."""
    return _mask_tab_line(_at(p, 64))


@kernel
def semicolon_mask(p: int) -> int:
    """Bit i: byte ``p + i`` is a semicolon, for 64 bytes."""
    return _mask_semicolon(_at(p, 64))


@kernel
def bar_mask(p: int) -> int:
    """Bit i: byte ``p + i`` is a vertical bar, for 64 bytes."""
    return _mask_bar(_at(p, 64))


# ---- runs of bytes


@kernel
def copy(to: int, source: int, n: int) -> int:
    """Copy ``n`` bytes and return the address after them. Writes up to 31 bytes more: ``to`` must
    have that room, and what comes after is written later."""
    i = 0
    while i < n:
        _copy32_raw(_at(to + i, 32), _at(source + i, 32))
        i += 32
    return to + n


@kernel
def copy_exact(to: int, source: int, n: int) -> int:
    """Copy ``n`` bytes and nothing else; returns the address after them."""
    for i in range(n):
        set_byte(to + i, byte(source + i))
    return to + n


@kernel
def same_bytes(a: int, b: int, n: int) -> bool:
    """Whether ``n`` bytes at two places are the same."""
    for i in range(n):
        if byte(a + i) != byte(b + i):
            return False
    return True


@kernel
def same_text(a: int, b: int, n: int) -> bool:
    """The same, eight bytes at a time: both texts may be read up to 7 bytes further."""
    i = 0
    while i + 8 <= n:
        if i64(a + i, 0) != i64(b + i, 0):
            return False
        i += 8
    if i == n:
        return True
    return (i64(a + i, 0) ^ i64(b + i, 0)) << (64 - 8 * (n - i)) == 0


@kernel
def find_byte(p: int, end: int, wanted: int) -> int:
    """Address of the first byte ``wanted`` in ``[p, end)``, else ``end``."""
    while p < end and byte(p) != wanted:
        p += 1
    return p


def constant(data: bytes) -> Callable[[], int]:
    """A kernel without arguments that gives the address of constant bytes (padded by 64)."""
    padded = data + bytes(64)
    if regions.CHECKED:
        address = regions.keep(padded)

        @kernel
        def kept() -> int:
            return address

        return kept

    def give(_typing: Any) -> Any:
        def generate(context: Any, builder: Any, _s: Any, _a: Any) -> Any:
            return builder.ptrtoint(context.insert_const_bytes(builder.module, padded), _i64)

        return _I(), generate

    raw: Raw = intrinsic(give)

    @kernel
    def placed() -> int:
        return raw()

    return placed


# ---- functions of other libraries, by address; all arguments and the result are 64 bits wide


def _call(builder: Any, function: Any, arguments: Any) -> Any:
    signature = ir.FunctionType(_i64, [_i64] * len(arguments))
    return builder.call(builder.inttoptr(function, signature.as_pointer()), arguments)


def _call1(_typing: Any, _f: Any, _a: Any) -> Any:
    def generate(_c: Any, builder: Any, _s: Any, x: Any) -> Any:
        return _call(builder, x[0], x[1:])

    return _I(_I, _I), generate


def _call3(_typing: Any, _f: Any, _a: Any, _b: Any, _d: Any) -> Any:
    def generate(_c: Any, builder: Any, _s: Any, x: Any) -> Any:
        return _call(builder, x[0], x[1:])

    return _I(_I, _I, _I, _I), generate


def _call5(_typing: Any, _f: Any, _a: Any, _b: Any, _d: Any, _e: Any, _g: Any) -> Any:
    def generate(_c: Any, builder: Any, _s: Any, x: Any) -> Any:
        return _call(builder, x[0], x[1:])

    return _I(_I, _I, _I, _I, _I, _I), generate


def _call6(_typing: Any, _f: Any, _a: Any, _b: Any, _d: Any, _e: Any, _g: Any, _h: Any) -> Any:
    def generate(_c: Any, builder: Any, _s: Any, x: Any) -> Any:
        return _call(builder, x[0], x[1:])

    return _I(_I, _I, _I, _I, _I, _I, _I), generate


call1: Raw = intrinsic(_call1)
call3: Raw = intrinsic(_call3)
call5: Raw = intrinsic(_call5)
call6: Raw = intrinsic(_call6)
