"""Writing HGVSp as VEP does, once ``vep_p`` has found what to say (``spec/vep_hgvs_p.py``)."""

from __future__ import annotations

from anntools import genetic_code
from anntools.kernels.hgvs_reading import STOP, UNKNOWN
from anntools.kernels.memory import byte, constant, div3, i64, kernel, put4, set_byte, u32
from anntools.kernels.text import put_int
from anntools.kernels.vep_reading import (
    BOTH,
    COPY,
    DELETION,
    FRAME,
    INSERTION,
    SUBSTITUTION,
    V_FIRST,
    V_KIND,
    V_LAST,
    V_NEW,
    V_NEW_SIZE,
    V_OLD,
    V_OLD_SIZE,
    V_PROTEIN,
    V_TOTAL,
    is_nothing,
    is_same,
    whole_new_acid,
)

_THREE = constant(
    b"".join(genetic_code.THREE_LETTER.get(chr(i), "Xaa").encode() + b"\0" for i in range(128))
)
_DEL, _DUP, _INS, _EXT, _TER, _SAME_AS = (
    int.from_bytes(w, "little") for w in (b"del", b"dup", b"ins", b"ext", b"Ter", b"%3D")
)
_QUESTION, _UNDERSCORE, _HYPHEN = 63, 95, 45


@kernel
def put_name_of_change(c: int, o: int, tx: int, v: int, stop_lost: bool) -> int:
    """The text after ``p.``."""
    kind = i64(v, V_KIND)
    old = i64(v, V_OLD)
    new = i64(v, V_NEW)
    m = i64(v, V_OLD_SIZE)
    first = i64(v, V_FIRST)
    if kind != FRAME and kind != INSERTION and is_same(v):
        return _put3(put_int(_put_all(o, old, m), first), _SAME_AS)
    if stop_lost and (kind == DELETION or kind == SUBSTITUTION):
        o = _put_old_span(o, v)
        o = _put3(o, _DEL) if kind == DELETION else _put_acid(o, byte(new))
        return _put_to_stop(c, _put3(_put3(o, _EXT), _TER), tx, v, False)
    if kind == COPY:
        return _put_copy(o, v)
    if kind == SUBSTITUTION:
        return _put_acid(put_int(_put_acid(o, byte(old)), first), byte(new))
    if kind == BOTH or kind == INSERTION:
        return _put_both(o, v)
    if kind == FRAME:
        o = put_int(_put_all(o, old, m), first)
        letter = byte(new)
        o = _put_acid(o, letter)
        if letter == STOP or letter == UNKNOWN:
            return o
        o = set_byte(set_byte(o, 102), 115)  # fs
        return _put_to_stop(c, _put3(o, _TER), tx, v, True)
    if kind == DELETION:
        return _put3(_put_old_span(o, v), _DEL)
    o = put_int(_put_all(o, old, m), first)
    if first != i64(v, V_LAST):  # the start is lost
        return put_int(set_byte(set_byte(o, _UNDERSCORE), _QUESTION), i64(v, V_LAST))
    return set_byte(o, _QUESTION)


@kernel
def _put3(o: int, three: int) -> int:
    put4(o, three)
    return o + 3


@kernel
def _put_acid(o: int, letter: int) -> int:
    """Paragraph 37: an unknown amino acid is ``Ter`` like a stop."""
    return _put3(o, u32(_THREE(), STOP if letter == UNKNOWN else letter))


@kernel
def _put_all(o: int, text: int, n: int) -> int:
    if n == 1 and is_nothing(text, n):
        return set_byte(o, _HYPHEN)
    for i in range(n):
        o = _put_acid(o, byte(text + i))
    return o


@kernel
def _put_old_span(o: int, v: int) -> int:
    old = i64(v, V_OLD)
    m = i64(v, V_OLD_SIZE)
    if m > 1 and i64(v, V_KIND) == DELETION:
        o = set_byte(put_int(_put_acid(o, byte(old)), i64(v, V_FIRST)), _UNDERSCORE)
        return put_int(_put_acid(o, byte(old + m - 1)), i64(v, V_LAST))
    return put_int(_put_all(o, old, m), i64(v, V_FIRST))


@kernel
def _put_copy(o: int, v: int) -> int:
    new = i64(v, V_NEW)
    n = i64(v, V_NEW_SIZE)
    o = put_int(_put3(o, u32(_THREE(), byte(new))), i64(v, V_FIRST))
    if i64(v, V_FIRST) < i64(v, V_LAST):
        o = _put3(set_byte(o, _UNDERSCORE), u32(_THREE(), byte(new + n - 1)))
        o = put_int(o, i64(v, V_LAST))
    return _put3(o, _DUP)


@kernel
def _put_both(o: int, v: int) -> int:
    """Insertions and deletion-insertions: what is new up to the first stop."""
    kind = i64(v, V_KIND)
    old = i64(v, V_OLD)
    m = i64(v, V_OLD_SIZE)
    a = i64(v, V_FIRST)
    b = i64(v, V_LAST)
    o = _put_acid(o, byte(old))
    if a == b and kind == BOTH:
        o = put_int(o, a)
    else:
        o = put_int(o, min(a, b))
        o = put_int(_put_acid(set_byte(o, _UNDERSCORE), byte(old + m - 1)), max(a, b))
    if kind == BOTH:
        o = _put3(o, _DEL)
    o = _put3(o, _INS)
    for i in range(i64(v, V_NEW_SIZE)):
        letter = byte(i64(v, V_NEW) + i)
        o = _put_acid(o, letter)
        if letter == STOP or letter == UNKNOWN:
            break
    return o


@kernel
def _put_to_stop(c: int, o: int, tx: int, v: int, shift: bool) -> int:
    """Amino acids to the first stop of the new protein, ``?`` if that is not ahead."""
    before = i64(v, V_FIRST) - 1
    if before > 0:
        size = div3(i64(v, V_TOTAL))
        stop = 0
        while stop < size and whole_new_acid(c, tx, v, stop) != STOP:
            stop += 1
        count = stop + 1 - before if shift else stop - i64(v, V_PROTEIN)
        if stop < size and count > 0:
            return put_int(o, count)
    return set_byte(o, _QUESTION)
