"""Terms of a change that touches the coding part, compiled (the rule: ``spec/coding.py``)."""

from __future__ import annotations

from anntools import terms
from anntools.kernels import layout as k
from anntools.kernels.change import (
    STOP,
    UNKNOWN,
    W_FIRST,
    W_LAST,
    W_NEW_AA,
    W_NEW_AA_SIZE,
    W_OLD_AA,
    W_OLD_AA_SIZE,
    W_SIZE,
    W_STATE,
)
from anntools.kernels.ends import start_terms, stop_terms
from anntools.kernels.frame import (
    begins,
    ends,
    find,
    has,
    is_inframe_deletion,
    is_inframe_insertion,
    is_partial,
    is_shifted,
)
from anntools.kernels.memory import byte, i64, kernel

_STOP_GAINED = 1 << terms.STOP_GAINED
_STOP_RETAINED = 1 << terms.STOP_RETAINED
_START_LOST = 1 << terms.START_LOST
_START_RETAINED = 1 << terms.START_RETAINED
_ALTERING = 1 << terms.PROTEIN_ALTERING
_DELETION = 1 << terms.INFRAME_DELETION


@kernel
def coding_terms(c: int, tx: int, w: int, whole: bool, in_cds: bool) -> int:
    """Terms of a change that touches the coding part (see ``spec.coding.coding_terms``)."""
    growth = i64(w, W_SIZE) - (i64(w, W_LAST) - i64(w, W_FIRST) + 1)
    partial = is_partial(w)
    start = start_terms(c, tx, w, growth)
    stop = stop_terms(c, tx, w, growth, partial)
    mask = start | stop
    if partial:
        mask |= 1 << terms.INCOMPLETE_TERMINAL
    shifted = is_shifted(w) and not partial and stop & _STOP_RETAINED == 0
    if shifted and growth:
        mask |= 1 << terms.FRAMESHIFT
    deleted = is_inframe_deletion(w, shifted, partial)
    if growth < 0 and deleted:
        mask |= _DELETION
    unknown = True
    altering = 0
    if i64(w, W_STATE) & k.STATE_AA:
        unknown = has(w, W_OLD_AA, UNKNOWN) or has(w, W_NEW_AA, UNKNOWN)
        altering = frame_terms(w, growth, shifted, partial, deleted, start, stop)
    mask |= altering
    said = shifted or start or stop & ~_STOP_GAINED or altering & _ALTERING
    if in_cds and unknown and not said and not deleted and not whole:
        mask |= 1 << terms.CODING_SEQUENCE
    return mask


@kernel
def frame_terms(
    w: int, growth: int, shifted: bool, partial: bool, deleted: bool, start: int, stop: int
) -> int:
    """Terms that compare amino acids before and after."""
    old = i64(w, W_OLD_AA)
    n = i64(w, W_OLD_AA_SIZE)
    new = i64(w, W_NEW_AA)
    m = i64(w, W_NEW_AA_SIZE)
    lost = start & _START_LOST != 0
    mask = 0
    if growth > 0 and not lost and is_inframe_insertion(w, shifted, start):
        mask |= 1 << terms.INFRAME_INSERTION
    if n == m and begins(new, m, old, n):
        silent = n > 0 and find(old, n, UNKNOWN) < 0 and start & _START_RETAINED == 0
        if silent and stop & _STOP_RETAINED == 0:
            mask |= 1 << terms.SYNONYMOUS
    elif n == m:
        if growth == 0 and not lost and stop == 0 and not partial:
            mask |= 1 << terms.MISSENSE
    elif not (
        lost
        or shifted
        or deleted
        or (n > 0 and byte(old) == STOP)
        or (m > 0 and byte(new) == STOP)
        or begins(new, m, old, n)
        or ends(new, m, old, n)
    ):
        mask |= _ALTERING
    return mask
