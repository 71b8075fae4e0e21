"""Short decimal numbers, eight letters at a time."""

from __future__ import annotations

from anntools.kernels.memory import constant, i64, kernel, lowest_bit, shift_right

SHORT = 8  # letters
_ZEROS = 0x3030303030303030
_ABOVE_NINE = 0x7676767676767676  # sets the high bit of a byte above 9
_LOW_BITS = 0x7F7F7F7F7F7F7F7F
_HIGH_BITS = -0x7F7F7F7F7F7F7F80  # 0x8080808080808080
_POINT = 46 ^ 48
_POWERS = constant(b"".join((10**i).to_bytes(8, "little") for i in range(19)))


@kernel
def short_letters(at: int, size: int) -> int:
    """1 to 8 letters as bytes of a number, the last one highest, '0' as 0; 0 before the first."""
    up = 8 * (SHORT - size)
    return (i64(at, 0) << up) ^ (_ZEROS << up)


@kernel
def no_digits(letters: int) -> int:
    """The high bits of those bytes that are above 9."""
    return (((letters & _LOW_BITS) + _ABOVE_NINE) | letters) & _HIGH_BITS


@kernel
def eight_digits(x: int) -> int:
    """The number whose digits are the bytes of ``x``, lowest byte first."""
    x = (10 * x + shift_right(x, 8)) & 0x00FF00FF00FF00FF
    x = (100 * x + shift_right(x, 16)) & 0x0000FFFF0000FFFF
    return (10_000 * x + shift_right(x, 32)) & 0xFFFFFFFF


@kernel
def short_scaled(at: int, size: int, digits: int) -> int:
    """1 to 8 letters, digits and at most one point, times ten to the power of ``digits`` (0 to 9),
    cut; -1 for anything else."""
    x = short_letters(at, size)
    others = no_digits(x)
    decimals = 0
    if others:
        i = lowest_bit(others) >> 3
        if size == 1 or others & (others - 1) or shift_right(x, 8 * i) & 255 != _POINT:
            return -1
        decimals = SHORT - 1 - i
        unit = 1 << (8 * i)
        after = x & ~((unit << 8) - 1)  # for i = 7, where unit << 8 is 0: nothing
        x = after | ((x & (unit - 1)) << 8)
    if decimals > digits:
        x <<= 8 * (decimals - digits)
        decimals = digits
    return eight_digits(x) * i64(_POWERS(), digits - decimals)
