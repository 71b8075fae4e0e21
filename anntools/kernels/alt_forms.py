"""What an alternate allele is: bases, ``*``, ``.``, ``<ID>``, a breakend, or nothing of these.

VCF 4.2, 1.4.1 and 5.4; VCF 4.3, 1.6.1 and 5.4 (breakends), 5.5 (gVCF).
"""

from __future__ import annotations

from anntools.kernels import layout as k
from anntools.kernels.memory import byte, constant, find_byte, i64, kernel, same_bytes
from anntools.kernels.numbers import SHORT, eight_digits, no_digits, short_letters

# A C G T in either case: 0–3; N: 4; anything else: 255.
_bases = bytearray([255]) * 256
for _i, _letter in enumerate(b"ACGTN"):
    _bases[_letter] = _bases[_letter + 32] = _i
_BASES = constant(bytes(_bases))
_NON_REF = constant(b"<NON_REF>")


@kernel
def base_or_none(letter: int) -> int:
    """A C G T in either case -> 0 1 2 3, N 4, anything else 255."""
    return byte(_BASES() + letter)


@kernel
def read_number(p: int, end: int) -> int:
    """A decimal number of one to ten digits, or -1."""
    if p >= end or end - p > 10:
        return -1
    if end - p <= SHORT:
        letters = short_letters(p, end - p)
        return -1 if no_digits(letters) else eight_digits(letters)
    value = 0
    while p < end:
        digit = byte(p) - 48
        if digit < 0 or digit > 9:
            return -1
        value = value * 10 + digit
        p += 1
    return value


@kernel
def alt_kind(line: int, p: int, end: int) -> int:
    """Kind of the ALT allele ``[p, end)`` of a record whose REF is known: ALT_*."""
    size = end - p
    if size <= 0:
        return k.ALT_BAD
    first = byte(p)
    if base_or_none(first) != 255:
        i = p + 1
        while i < end and base_or_none(byte(i)) != 255:
            i += 1
        if i < end:
            return breakend_kind(p, end)
        return k.ALT_SAME if same_as_ref(line, p, size) else k.ALT_SEQUENCE
    if size == 1:
        if first == 42:
            return k.ALT_STAR
        return k.ALT_MISSING if first == 46 else k.ALT_BAD
    if first == 60:
        return symbolic_kind(p, end)
    return breakend_kind(p, end)


@kernel
def same_as_ref(line: int, p: int, size: int) -> bool:
    """Whether an ALT made of bases is REF, in either case."""
    if size != i64(line, k.L_REF_SIZE):
        return False
    ref = i64(line, k.L_REF)
    for i in range(size):
        if (byte(p + i) & 95) != (byte(ref + i) & 95):
            return False
    return True


@kernel
def symbolic_kind(p: int, end: int) -> int:
    """Kind of an ALT that begins with ``<``: an ID without blanks and angle brackets.

    ``<*>``, ``<NON_REF>`` and ``<X>`` say "any other base" and nothing that could be annotated.
    """
    if not is_id(p, end):
        return k.ALT_BAD
    size = end - p
    if size == 3 and (byte(p + 1) == 42 or byte(p + 1) == 88):
        return k.ALT_MISSING
    if size == 9 and same_bytes(p, _NON_REF(), 9):
        return k.ALT_MISSING
    return k.ALT_SYMBOLIC


@kernel
def is_id(p: int, end: int) -> bool:
    """Whether ``[p, end)`` is ``<ID>``."""
    if end - p < 3 or byte(p) != 60 or byte(end - 1) != 62:
        return False
    for i in range(p + 1, end - 1):
        letter = byte(i)
        if letter <= 32 or letter == 60 or letter == 62 or letter == 127:
            return False
    return True


@kernel
def breakend_kind(p: int, end: int) -> int:
    """ALT_BREAKEND for ``t[p[``, ``t]p]``, ``]p]t``, ``[p[t``, ``t.``, ``.t`` and ``t<ID>`` (VCF
    4.3, 5.4), else ALT_BAD.
    """
    after = replacement_end(p, end)
    if after == end:
        return k.ALT_BREAKEND
    first = byte(p)
    if first == 91 or first == 93:
        close = find_byte(p + 1, end, first)
        if close + 1 < end and replacement_end(close + 1, end) == end:
            return mate_kind(p + 1, close)
        return k.ALT_BAD
    bracket = byte(after)
    if after == p:
        return k.ALT_BAD
    if bracket == 60:
        return k.ALT_BREAKEND if is_id(after, end) else k.ALT_BAD
    if (bracket == 91 or bracket == 93) and byte(end - 1) == bracket and end - after > 2:
        return mate_kind(after + 1, end - 1)
    return k.ALT_BAD


@kernel
def replacement_end(p: int, end: int) -> int:
    """Address after the bases at ``p``; a full stop before or after them belongs to them."""
    dotted = p < end and byte(p) == 46
    if dotted:
        p += 1
    while p < end and base_or_none(byte(p)) != 255:
        p += 1
    if not dotted and p < end and byte(p) == 46:
        p += 1
    return p


@kernel
def mate_kind(p: int, end: int) -> int:
    """ALT_BREAKEND if ``[p, end)`` is ``contig:position``; names may contain colons."""
    colon = end - 1
    while colon > p and byte(colon) != 58:
        colon -= 1
    if colon <= p or read_number(colon + 1, end) < 0:
        return k.ALT_BAD
    for i in range(p, colon):
        letter = byte(i)
        if letter <= 32 or letter == 91 or letter == 93:
            return k.ALT_BAD
    return k.ALT_BREAKEND
