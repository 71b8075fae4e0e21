"""Comparing codons and amino acids before and after a change (the rule: ``spec/coding.py``)."""

from __future__ import annotations

from anntools import terms
from anntools.kernels import layout as k
from anntools.kernels.change import (
    STOP,
    W_C1,
    W_C2,
    W_N,
    W_NEW,
    W_NEW_AA,
    W_NEW_AA_SIZE,
    W_NEW_SIZE,
    W_OLD,
    W_OLD_AA,
    W_OLD_AA_SIZE,
    W_OLD_SIZE,
    W_P1,
    W_SIZE,
    W_STATE,
)
from anntools.kernels.memory import byte, i64, kernel

_START_RETAINED = 1 << terms.START_RETAINED


@kernel
def is_partial(w: int) -> bool:
    """Whether the first changed codon is an incomplete last one."""
    p1 = i64(w, W_P1)
    left = i64(w, W_N) - 3 * (p1 - 1)
    return p1 > 0 and 0 < left < 3


@kernel
def is_shifted(w: int) -> bool:
    """Whether the frame behind the change is another one."""
    c1 = i64(w, W_C1)
    c2 = i64(w, W_C2)
    return c1 > 0 and c2 > 0 and (i64(w, W_SIZE) - (c2 - c1 + 1)) % 3 != 0


@kernel
def has(w: int, slot: int, letter: int) -> bool:
    """Whether a text of ``w`` has a letter."""
    return find(i64(w, slot), i64(w, slot + 1), letter) >= 0


@kernel
def find(p: int, n: int, letter: int) -> int:
    """Index of the first ``letter``, or -1."""
    for i in range(n):
        if byte(p + i) == letter:
            return i
    return -1


@kernel
def begins(p: int, n: int, with_: int, m: int) -> bool:
    """Whether the text of ``n`` letters at ``p`` begins with the one of ``m``; any case."""
    if m > n:
        return False
    for i in range(m):
        if (byte(p + i) & 223) != (byte(with_ + i) & 223):
            return False
    return True


@kernel
def ends(p: int, n: int, with_: int, m: int) -> bool:
    """Whether the text of ``n`` letters at ``p`` ends with the one of ``m``; any case."""
    return m <= n and begins(p + n - m, m, with_, m)


@kernel
def is_inframe_insertion(w: int, shifted: bool, start: int) -> bool:
    """The old amino acids begin or end the new ones (up to the first new stop)."""
    if shifted or i64(w, W_STATE) & k.STATE_AA == 0 or i64(w, W_NEW_SIZE) <= i64(w, W_OLD_SIZE):
        return False
    old = i64(w, W_OLD_AA)
    n = i64(w, W_OLD_AA_SIZE)
    new = i64(w, W_NEW_AA)
    m = i64(w, W_NEW_AA_SIZE)
    if start & _START_RETAINED and ends(new, m, old, n):
        return False
    stop = find(new, m, STOP)
    if stop >= 0:
        m = stop + 1
    return begins(new, m, old, n) or ends(new, m, old, n)


@kernel
def is_inframe_deletion(w: int, shifted: bool, partial: bool) -> bool:
    """The new codons are the old ones without a part at one end, or without whole codons inside."""
    if partial or shifted or i64(w, W_STATE) & k.STATE_CODONS == 0:
        return False
    old = i64(w, W_OLD)
    n = i64(w, W_OLD_SIZE)
    new = i64(w, W_NEW)
    m = i64(w, W_NEW_SIZE)
    if m >= n:
        return False
    if begins(old, n, new, m) or ends(old, n, new, m):
        return True
    while m > 0 and (byte(old) & 223) == (byte(new) & 223):
        old += 1
        new += 1
        n -= 1
        m -= 1
    while m > 0 and (byte(old + n - 1) & 223) == (byte(new + m - 1) & 223):
        n -= 1
        m -= 1
    return m == 0 and n % 3 == 0
