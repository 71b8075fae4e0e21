"""HGVSp: the change of the protein. The rules: ``anntools/spec/hgvs_p.py``.

A single base takes its amino acids from the row. Everything else is told from the codons before and
after (``hgvs_reading``); only frame shifts and extensions read on beyond the touched codons.

Names used in all functions here: ``f, e`` the changed coding bases, ``size`` of the coding part,
``at`` a codon counted from 0 (the same before and after the change: what lies in front of it is
equal), ``m, n`` numbers of old and new amino acids from there on.
"""

from __future__ import annotations

from anntools import genetic_code
from anntools.kernels import layout as k
from anntools.kernels.hgvs_g import put3, word
from anntools.kernels.hgvs_reading import (
    STOP,
    coding_index,
    coding_size,
    new_acid,
    new_base,
    old_acid,
    old_base,
    readable_size,
)
from anntools.kernels.memory import byte, constant, div3, i32, i64, kernel, put4, set_byte, u32
from anntools.kernels.model import cdna_base, exon_at, exon_row, put_name, spliced
from anntools.kernels.shift import moved
from anntools.kernels.text import put_int
from anntools.kernels.vep_p import put_vep_hgvsp

_THREE = constant(
    b"".join(genetic_code.THREE_LETTER.get(chr(i), "Xaa").encode() + b"\0" for i in range(128))
)
_TER, _DEL, _DUP, _INS, _EXT, _EQUAL = map(word, ("Ter", "del", "dup", "ins", "ext", "%3D"))
_FS = word("fs")
_QUESTION, _UNDERSCORE = 63, 95


@kernel
def put_hgvsp(c: int, o: int, tx: int, t: int, alt: int, row: int) -> int:
    """``ENSP00000369317.2:p.Lys19Asn``; nothing if the protein is not changed or not known.

    ``=`` is written ``%3D``, which is safe inside INFO.
    """
    if i32(tx, k.CDS0) < 0:
        return o
    if i64(c, k.C_LIKE):
        return put_vep_hgvsp(c, o, tx, t, alt, row)
    first = i64(alt, k.A_FIRST) - 1
    last = i64(alt, k.A_LAST) - 1
    if first == last and i64(alt, k.A_ALT_SIZE) == 1:
        if i64(row, k.R_CDS1) == 0 and i64(row, k.R_CDS2) == 0:
            return o
        if _is_plain(tx, alt, row):
            return _put_plain(c, o, t, row)
    low = min(first, last)
    exon = exon_at(c, tx, low)
    if exon == i32(tx, k.NEXON) or i32(exon_row(c, tx, exon), k.EXON_START) > max(first, last):
        return o  # it lies in an intron as written
    return _put_moved(c, o, tx, t, alt, first, last)


@kernel
def _is_plain(tx: int, alt: int, row: int) -> bool:
    """Whether the row holds one amino acid before and after that are neither start nor stop."""
    if i64(row, k.R_AA_REF_SIZE) != 1 or i64(row, k.R_AA_ALT_SIZE) != 1:
        return False
    if i64(row, k.R_STATE) & k.STATE_AA == 0 or i32(tx, k.EDITS) > 0:
        return False
    if i64(alt, k.A_GIVEN_FIRST) != i64(alt, k.A_GIVEN_LAST):
        return False
    return byte(i64(row, k.R_AA_REF)) != STOP and i64(row, k.R_PROT1) > 1


@kernel
def _put_plain(c: int, o: int, t: int, row: int) -> int:
    a = byte(i64(row, k.R_AA_REF))
    b = byte(i64(row, k.R_AA_ALT))
    o = put_three(put_name(c, o, t, k.NAME_HGVSP), a)
    o = put_int(o, i64(row, k.R_PROT1))
    return put3(o, _EQUAL) if a == b else put_three(o, b)


@kernel
def put_three(o: int, acid: int) -> int:
    """Three-letter name of an amino acid."""
    put4(o, u32(_THREE(), acid))
    return o + 3


@kernel
def _put_moved(c: int, o: int, tx: int, t: int, alt: int, first: int, last: int) -> int:
    """The change at its most 3' place, if that is coding."""
    strand = i32(tx, k.STRAND)
    by = moved(alt, strand)
    from_ = first + by if strand > 0 else last + by
    to = last + by if strand > 0 else first + by
    a = spliced(c, tx, exon_at(c, tx, from_), from_)
    b = spliced(c, tx, exon_at(c, tx, to), to)
    if first > last:
        if a < 0 and b >= 0:
            a = b + 1
        elif b < 0 and a >= 0:
            b = a - 1
    cds0 = i32(tx, k.CDS0)
    cds1 = i32(tx, k.CDS1)
    if a < cds0 or b < cds0 or a >= cds1 or b >= cds1:
        return o
    f = coding_index(c, tx, a)
    e = coding_index(c, tx, b) + 1
    if _changes_start(c, tx, alt, f, e):
        if _before_start(c, tx, alt, f, e):
            return o
        o = put_three(put_name(c, o, t, k.NAME_HGVSP), old_acid(c, tx, coding_size(c, tx), 0))
        return set_byte(put_int(o, 1), _QUESTION)
    return _describe(c, put_name(c, o, t, k.NAME_HGVSP), tx, alt, f, e)


@kernel
def _changes_start(c: int, tx: int, alt: int, f: int, e: int) -> bool:
    """The start codon is known and changed, and not into another one for the same amino acid."""
    if i32(tx, k.FLAGS) & k.FLAG_CDS_START_NF or f > 2 or e < 1:
        return False
    if i64(alt, k.A_ALT_SIZE) != e - f:
        return True
    return new_acid(c, tx, alt, f, e, 0) != old_acid(c, tx, coding_size(c, tx), 0)


@kernel
def _before_start(c: int, tx: int, alt: int, f: int, e: int) -> bool:
    """Whether the change can be written before the start codon: is what comes before the bases
    behind it still their old neighbourhood back to the start?"""
    grown = i64(alt, k.A_ALT_SIZE) - (e - f)
    if grown == 0:
        return False
    for i in range(e - 1, -1, -1):
        at = i + grown
        if at >= 0:
            was = new_base(c, tx, alt, f, e, at)
        elif i32(tx, k.CDS0) + at >= 0:
            was = cdna_base(c, tx, i32(tx, k.CDS0) + at)
        else:
            return False
        if was != old_base(c, tx, i):
            return False
    return True


@kernel
def _describe(c: int, o: int, tx: int, alt: int, f: int, e: int) -> int:
    """What comes after ``p.`` for a change that leaves the start codon."""
    size = coding_size(c, tx)
    grown = i64(alt, k.A_ALT_SIZE) - (e - f)
    at = div3(f)
    m = max(min(div3(e + 2), div3(size + 2)) - at, 0)
    if grown % 3:
        return _put_from_first_change(c, o, tx, alt, f, e, at)
    n = m + grown // 3
    cut = 1 if at + m == div3(size + 2) and size % 3 else 0  # the last codon is incomplete
    m -= cut
    n -= cut
    ends = m > 0 and n > 0 and cut == 0 and old_acid(c, tx, size, at + m - 1) == STOP
    if ends and _next_stop(c, tx, alt, f, e, at, n) == n - 1:
        m -= 1
        n -= 1  # the stop stays
    for i in range(m):
        if old_acid(c, tx, size, at + i) == STOP:
            return _put_from_first_change(c, o, tx, alt, f, e, at)
    return _put_in_frame(c, o, tx, alt, f, e, at, m, n, cut)


@kernel
def _next_stop(c: int, tx: int, alt: int, f: int, e: int, at: int, most: int) -> int:
    """Codons from ``at`` to the first new stop, at most ``most``; -1 if there is none."""
    for i in range(most):
        if new_acid(c, tx, alt, f, e, at + i) == STOP:
            return i
    return -1


@kernel
def _put_from_first_change(c: int, o: int, tx: int, alt: int, f: int, e: int, at: int) -> int:
    """Frame shifts, and all that reaches the stop codon: told from the first new amino acid on."""
    size = coding_size(c, tx)
    old_end = div3(size + 2)
    new_end = div3(readable_size(c, tx) + i64(alt, k.A_ALT_SIZE) - (e - f))
    old = 0
    new = 0
    while at < old_end and at < new_end:
        old = old_acid(c, tx, size, at)
        new = new_acid(c, tx, alt, f, e, at)
        if old != new:
            break
        if new == STOP:
            return put3(put_int(put3(o, _TER), at + 1), _EQUAL)
        at += 1
    if at >= old_end or at >= new_end:
        return set_byte(o, _QUESTION)
    o = put_three(put_int(put_three(o, old), at + 1), new)
    if new == STOP:
        return o
    stop = _next_stop(c, tx, alt, f, e, at, new_end - at)
    if old == STOP:
        o = put3(o, _EXT)
    else:
        put4(o, _FS)
        o += 2
        stop += 1 if stop >= 0 else 0
    o = put3(o, _TER)
    return put_int(o, stop) if stop >= 0 else set_byte(o, _QUESTION)


@kernel
def _put_in_frame(
    c: int, o: int, tx: int, alt: int, f: int, e: int, at: int, m: int, n: int, cut: int
) -> int:
    """Whole amino acids replaced by whole amino acids. ``cut``: an incomplete codon follows."""
    size = coding_size(c, tx)
    begin = at
    whole = m
    while m > 0 and n > 0 and old_acid(c, tx, size, at) == new_acid(c, tx, alt, f, e, at):
        at += 1
        m -= 1
        n -= 1
    if m == 0 and n == 0:
        whole += cut
        if whole == 0:
            return put3(put_int(put3(o, _TER), begin + 1), _EQUAL)
        return put3(_put_span(c, o, tx, size, begin, whole), _EQUAL)
    while m > 0 and n > 0:
        if old_acid(c, tx, size, at + m - 1) != new_acid(c, tx, alt, f, e, at + n - 1):
            break
        m -= 1
        n -= 1
    if n > 0 and new_acid(c, tx, alt, f, e, at) == STOP:
        if at >= div3(size + 2):
            return set_byte(o, _QUESTION)
        return put3(_put_span(c, o, tx, size, at, 1), _TER)
    if m == 1 and n == 1:
        return put_three(_put_span(c, o, tx, size, at, 1), new_acid(c, tx, alt, f, e, at))
    if m == 0:
        return _put_insertion(c, o, tx, alt, f, e, at, n)
    if n == 0:
        return _put_deletion(c, o, tx, size, at, m)
    o = put3(put3(_put_span(c, o, tx, size, at, m), _DEL), _INS)
    return _put_new(c, o, tx, alt, f, e, at, n)


@kernel
def _put_span(c: int, o: int, tx: int, size: int, at: int, m: int) -> int:
    """``Lys19`` or ``Lys19_Asn21``."""
    o = put_int(put_three(o, old_acid(c, tx, size, at)), at + 1)
    if m == 1:
        return o
    at += m - 1
    return put_int(put_three(set_byte(o, _UNDERSCORE), old_acid(c, tx, size, at)), at + 1)


@kernel
def _put_new(c: int, o: int, tx: int, alt: int, f: int, e: int, at: int, n: int) -> int:
    """New amino acids, at most up to a stop: what follows it is not made."""
    for i in range(n):
        acid = new_acid(c, tx, alt, f, e, at + i)
        o = put_three(o, acid)
        if acid == STOP:
            break
    return o


@kernel
def _put_deletion(c: int, o: int, tx: int, size: int, at: int, m: int) -> int:
    """The deletion at its most C-terminal place."""
    end = div3(size + 2)
    while at + m < end and old_acid(c, tx, size, at + m) == old_acid(c, tx, size, at):
        at += 1
    return put3(_put_span(c, o, tx, size, at, m), _DEL)


@kernel
def _put_insertion(c: int, o: int, tx: int, alt: int, f: int, e: int, at: int, n: int) -> int:
    """The insertion at its most C-terminal place: duplication, extension, stop or insertion."""
    size = coding_size(c, tx)
    end = div3(size + 2)
    stop = _next_stop(c, tx, alt, f, e, at, n)
    copied = False
    if stop >= 0:
        while at < end and stop > 0 and old_acid(c, tx, size, at) == new_acid(c, tx, alt, f, e, at):
            at += 1
            stop -= 1
            n -= 1
        if stop == 0 and at < end:
            return put3(_put_span(c, o, tx, size, at, 1), _TER)
    else:
        while at < end and old_acid(c, tx, size, at) == new_acid(c, tx, alt, f, e, at):
            at += 1
        copied = _is_copied(c, tx, size, alt, f, e, at, n)
    at_stop = at < end and old_acid(c, tx, size, at) == STOP
    if copied and not at_stop:
        return put3(_put_span(c, o, tx, size, at - n, n), _DUP)
    if at == 0 or at >= end:
        return set_byte(o, _QUESTION)
    if at_stop:
        o = put_three(put_int(put3(o, _TER), at + 1), new_acid(c, tx, alt, f, e, at))
        return put_int(put3(put3(o, _EXT), _TER), stop if stop >= 0 else n)
    o = put3(_put_span(c, o, tx, size, at - 1, 2), _INS)
    return _put_new(c, o, tx, alt, f, e, at, n)


@kernel
def _is_copied(c: int, tx: int, size: int, alt: int, f: int, e: int, at: int, n: int) -> bool:
    """Whether the ``n`` new amino acids at ``at`` are those before them."""
    if at < n:
        return False
    for i in range(n):
        if old_acid(c, tx, size, at - n + i) != new_acid(c, tx, alt, f, e, at + i):
            return False
    return True
