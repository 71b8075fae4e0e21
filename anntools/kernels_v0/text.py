"""Writing bytes: numbers, slices, HGVS positions. Every writer returns the next free index.

No writer checks for room: the caller makes sure of it before (``chunk.room_for_row``).
"""

from __future__ import annotations

import numpy as np

from anntools.compiled_v0 import kernel
from anntools.kernels_v0.genome import exon_at, spliced
from anntools.kernels_v0.model import (
    CDS0,
    CDS1,
    EXON0,
    EXON_END,
    EXON_OFFSET,
    EXON_START,
    LENGTH,
    PAD,
    STRAND,
    Bytes,
    Genes,
)


@kernel
def put(out: Bytes, o: int, source: Bytes, a: int, b: int) -> int:
    """Copy ``source[a:b]``.

    Unsigned indices: for signed ones numba tests each for being negative, as Python means it.
    """
    n = max(b - a, 0)
    x = np.uintp(o)
    y = np.uintp(a)
    for i in range(np.uintp(n)):
        out[x + i] = source[y + i]
    return o + n


@kernel
def put_upper(out: Bytes, o: int, source: Bytes, a: int, b: int) -> int:
    """Copy letters in upper case."""
    for i in range(a, b):
        c = source[i]
        out[o] = c - 32 if 97 <= c <= 122 else c
        o += 1
    return o


@kernel
def put1(out: Bytes, o: int, byte: int) -> int:
    """Write one byte."""
    out[o] = byte
    return o + 1


@kernel
def put_int(out: Bytes, o: int, value: int) -> int:
    """Write a non-negative number in decimal."""
    digits = 1
    top = 10
    while value >= top:
        digits += 1
        top *= 10
    i = o + digits - 1
    while i >= o:
        out[i] = 48 + value % 10
        value //= 10
        i -= 1
    return o + digits


@kernel
def put_range(out: Bytes, o: int, a: int, b: int) -> int:
    """Write ``a``, ``a-b``, ``?-b`` or ``a-?`` (0 = unknown); nothing if both are unknown."""
    if a == 0 and b == 0:
        return o
    if a > b and b > 0:  # an insertion lies between the two
        a, b = b, a
    if a == b:
        return put_int(out, o, a)
    o = put_int(out, o, a) if a > 0 else put1(out, o, 63)
    o = put1(out, o, 45)
    return put_int(out, o, b) if b > 0 else put1(out, o, 63)


@kernel
def put_spliced(m: Genes, out: Bytes, o: int, t: int, at: int) -> int:
    """HGVS number of spliced position ``at``: ``-12``, ``34``, ``*5``, or plain for non-coding."""
    cds0 = m.tx[t, CDS0]
    if cds0 < 0:
        return put_int(out, o, at + 1)
    if at < cds0:
        return put_int(out, put1(out, o, 45), cds0 - at)
    cds1 = m.tx[t, CDS1]
    if at >= cds1:
        return put_int(out, put1(out, o, 42), at - cds1 + 1)
    return put_int(out, o, at - cds0 + 1 + m.tx[t, PAD])


@kernel
def put_hgvs_position(m: Genes, out: Bytes, o: int, t: int, pos: int) -> int:
    """HGVS position of genomic ``pos`` (0-based), which lies between the ends of transcript ``t``.

    In an intron the nearer exon is the anchor; in the middle base the 5' exon (HGVS, "intronic").
    """
    k = exon_at(m, t, pos)
    at = spliced(m, t, k, pos)
    if at >= 0:
        return put_spliced(m, out, o, t, at)
    x = m.tx[t, EXON0] + k
    from_left = pos - m.exons[x - 1, EXON_END] + 1
    from_right = m.exons[x, EXON_START] - pos
    offset = m.exons[x, EXON_OFFSET]  # spliced bases left of the intron
    if m.tx[t, STRAND] > 0:
        if from_left <= from_right:
            o = put_spliced(m, out, o, t, offset - 1)
            return put_int(out, put1(out, o, 43), from_left)
        o = put_spliced(m, out, o, t, offset)
        return put_int(out, put1(out, o, 45), from_right)
    if from_right <= from_left:
        o = put_spliced(m, out, o, t, m.tx[t, LENGTH] - 1 - offset)
        return put_int(out, put1(out, o, 43), from_right)
    o = put_spliced(m, out, o, t, m.tx[t, LENGTH] - offset)
    return put_int(out, put1(out, o, 45), from_left)
