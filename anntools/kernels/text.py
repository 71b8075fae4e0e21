"""Writing numbers and ranges. Every writer returns the next free address; none checks for room."""

from __future__ import annotations

from anntools.kernels.memory import constant, div100, kernel, put2, set_byte, u16

_TWO_DIGITS = constant("".join(f"{i:02d}" for i in range(100)).encode())


@kernel
def put_int(o: int, value: int) -> int:
    """A number in decimal, 0 <= value < 2**32."""
    if value < 10:
        return set_byte(o, 48 + value)
    if value < 100:
        return put2(o, u16(_TWO_DIGITS(), value))
    if value < 10_000:
        high = div100(value)
        low = u16(_TWO_DIGITS(), value - 100 * high)
        if high < 10:
            return put2(set_byte(o, 48 + high), low)
        return put2(put2(o, u16(_TWO_DIGITS(), high)), low)
    digits = 5
    top = 100_000
    while digits < 10 and value >= top:
        digits += 1
        top *= 10
    p = o + digits
    while value >= 100:
        high = div100(value)
        p -= 2
        put2(p, u16(_TWO_DIGITS(), value - 100 * high))
        value = high
    if value >= 10:
        put2(p - 2, u16(_TWO_DIGITS(), value))
    else:
        set_byte(p - 1, 48 + value)
    return o + digits


@kernel
def put_range(o: int, a: int, b: int) -> int:
    """``a``, ``a-b``, ``?-b`` or ``a-?`` (0 = unknown); nothing if both are unknown."""
    if a == b:
        return put_int(o, a) if a > 0 else o
    if a > b and b > 0:  # an insertion lies between the two
        a, b = b, a
    o = put_int(o, a) if a > 0 else set_byte(o, 63)
    o = set_byte(o, 45)
    return put_int(o, b) if b > 0 else set_byte(o, 63)
