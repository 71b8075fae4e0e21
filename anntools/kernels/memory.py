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
from typing import Any

from llvmlite import ir
from numba.extending import intrinsic

from anntools import regions
from anntools.kernels.intrinsics import (
    ENTRIES,
    I64,
    Raw,
    call1,
    call3,
    call5,
    call6,
    divide_by_3,
    divide_by_100,
    entry,
    kernel,
    load8,
    load16,
    load32,
    load32s,
    load64,
    mask_bar,
    mask_line,
    mask_semicolon,
    mask_tab_line,
    move32,
    shift_logical,
    store8,
    store16,
    store32,
    store64,
    trailing_zeros,
)

__all__ = [
    "ENTRIES",
    "call1",
    "call3",
    "call5",
    "call6",
    "constant",
    "entry",
    "kernel",
]


if regions.CHECKED:

    @kernel
    def _at(p: int, n: int) -> int:
        """``p`` if the ``n`` bytes there lie in a region, else a harmless page."""
        table = regions.TABLE
        for i in range(load64(table)):
            lo = load64(table + 32 + 16 * i)
            if p >= lo and p + n <= load64(table + 40 + 16 * i):
                return p
        if load64(table + 8) == 0:
            store64(table + 16, p)
            store64(table + 24, n)
        store64(table + 8, load64(table + 8) + 1)
        return regions.PAGE

else:

    @kernel
    def _at(p: int, n: int) -> int:
        return p


# ---- loads and stores


@kernel
def byte(p: int) -> int:
    """The byte at ``p``, 0–255."""
    return load8(_at(p, 1))


@kernel
def u16(base: int, index: int) -> int:
    """Element of an array of uint16."""
    return load16(_at(base + 2 * index, 2))


@kernel
def u32(base: int, index: int) -> int:
    """Element of an array of uint32."""
    return load32(_at(base + 4 * index, 4))


@kernel
def i32(base: int, index: int) -> int:
    """Element of an array of int32."""
    return load32s(_at(base + 4 * index, 4))


@kernel
def i64(base: int, index: int) -> int:
    """Element of an array of int64; also a slot of a block."""
    return load64(_at(base + 8 * index, 8))


@kernel
def set_byte(p: int, value: int) -> int:
    """Store one byte; returns the address after it."""
    store8(_at(p, 1), value)
    return p + 1


@kernel
def set_u16(base: int, index: int, value: int) -> None:
    """Set an element of an array of uint16."""
    store16(_at(base + 2 * index, 2), value)


@kernel
def set_i32(base: int, index: int, value: int) -> None:
    """Set an element of an array of int32."""
    store32(_at(base + 4 * index, 4), value)


@kernel
def set_i64(base: int, index: int, value: int) -> None:
    """Set an element of an array of int64; also a slot of a block."""
    store64(_at(base + 8 * index, 8), value)


@kernel
def put2(p: int, value: int) -> int:
    """Store two bytes at once, lowest first; returns the address after them."""
    store16(_at(p, 2), value)
    return p + 2


@kernel
def put4(p: int, value: int) -> int:
    """Store four bytes at once, lowest first; returns the address after them."""
    store32(_at(p, 4), value)
    return p + 4


@kernel
def put8(p: int, value: int) -> int:
    """Store eight bytes at once, lowest first; returns the address after them."""
    store64(_at(p, 8), value)
    return p + 8


# ---- bits, and 64 bytes at a time


@kernel
def lowest_bit(x: int) -> int:
    """Number of the lowest set bit; 64 for 0."""
    return trailing_zeros(x)


@kernel
def shift_right(x: int, n: int) -> int:
    """Logical shift to the right; ``n`` < 64."""
    return shift_logical(x, n)


@kernel
def div3(x: int) -> int:
    """``x // 3`` for 0 <= x < 2**32."""
    return divide_by_3(x)


@kernel
def div100(x: int) -> int:
    """``x // 100`` for 0 <= x < 2**32."""
    return divide_by_100(x)


@kernel
def line_mask(p: int) -> int:
    """Bit i: byte ``p + i`` is a line feed, for 64 bytes."""
    return mask_line(_at(p, 64))


@kernel
def tab_line_mask(p: int) -> int:
    """Bit i: byte ``p + i`` is a tab or a line feed, for 64 bytes."""
    return mask_tab_line(_at(p, 64))


@kernel
def semicolon_mask(p: int) -> int:
    """Bit i: byte ``p + i`` is a semicolon, for 64 bytes."""
    return mask_semicolon(_at(p, 64))


@kernel
def bar_mask(p: int) -> int:
    """Bit i: byte ``p + i`` is a vertical bar, for 64 bytes."""
    return mask_bar(_at(p, 64))


# ---- runs of bytes


@kernel
def copy(to: int, source: int, n: int) -> int:
    """Copy ``n`` bytes and return the address after them. Writes up to 31 bytes more: ``to`` must
    have that room, and what comes after is written later."""
    i = 0
    while i < n:
        move32(_at(to + i, 32), _at(source + i, 32))
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
            return builder.ptrtoint(
                context.insert_const_bytes(builder.module, padded), ir.IntType(64)
            )

        return I64(), generate

    raw: Raw = intrinsic(give)

    @kernel
    def placed() -> int:
        return raw()

    return placed
