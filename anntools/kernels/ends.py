"""What becomes of start and stop codon, compiled (the rule: ``spec/coding.py``)."""

from __future__ import annotations

from anntools import terms
from anntools.kernels import layout as k
from anntools.kernels.change import (
    STOP,
    UNKNOWN,
    W_BASES,
    W_C1,
    W_KNOWN,
    W_N,
    W_NEW_AA,
    W_NEW_AA_SIZE,
    W_OLD_AA,
    W_OLD_AA_SIZE,
    W_P1,
    W_P2,
    W_SIZE,
    W_STATE,
    W_T1,
    W_T2,
    changed_whole_base,
    coding_base,
    codon_letter,
    recoded_letter,
    whole_base,
)
from anntools.kernels.codons import own_codon
from anntools.kernels.frame import (
    begins,
    ends,
    find,
    is_inframe_deletion,
    is_inframe_insertion,
    is_partial,
    is_shifted,
)
from anntools.kernels.memory import byte, div3, i32, i64, kernel
from anntools.kernels.model import amino_acid, told_base

_STOP_GAINED = 1 << terms.STOP_GAINED
_STOP_LOST = 1 << terms.STOP_LOST
_STOP_RETAINED = 1 << terms.STOP_RETAINED
_START_LOST = 1 << terms.START_LOST
_START_RETAINED = 1 << terms.START_RETAINED


@kernel
def start_terms(c: int, tx: int, w: int, growth: int) -> int:
    """What becomes of a known start codon that is touched."""
    a = i64(w, W_T1)
    b = i64(w, W_T2)
    begin = i32(tx, k.CDS0) + 1
    if i64(w, W_KNOWN) == 0 or not has_known_start(c, tx):
        return 0
    if a == 0 or b == 0 or a > begin + 2 or b < begin:
        return 0
    cds0 = begin - 1
    is_start = codon_is_start(c, tx, w, cds0)
    moved = cds0 > 0 and b <= cds0 + i64(w, W_N) and not is_start
    if growth == 0:  # counted from the end of the coding part
        kept = codon_is_start(c, tx, w, changed_whole_size(tx, w) - i64(w, W_N))
        lost = moved
    else:
        kept = start_stands(c, tx, w, is_start)
        shifted = is_shifted(w)
        inframe = is_inframe_insertion(w, shifted, _START_RETAINED if kept else 0)
        inframe = inframe or is_inframe_deletion(w, shifted, is_partial(w))
        lost = moved or (not kept and not inframe)
    lost = lost or first_amino_acid_lost(w)
    return (_START_RETAINED if kept else 0) | (_START_LOST if lost else 0)


@kernel
def has_known_start(c: int, tx: int) -> bool:
    """Whether the first codon is a whole one; paragraph 1: VEP takes it for one."""
    if i64(c, k.C_LIKE):
        return True
    return i32(tx, k.FLAGS) & k.FLAG_CDS_START_NF == 0 and i32(tx, k.PAD) == 0


@kernel
def codon_is_start(c: int, tx: int, w: int, i: int) -> bool:
    """Whether ATG stands at ``i`` of the changed 5' UTR and coding sequence."""
    if i < 0 or changed_whole_base(c, tx, w, i) != 0:
        return False
    return changed_whole_base(c, tx, w, i + 1) == 3 and changed_whole_base(c, tx, w, i + 2) == 2


@kernel
def changed_whole_size(tx: int, w: int) -> int:
    """Bases of 5' UTR and coding sequence after the change."""
    whole = i32(tx, k.CDS0) + i64(w, W_N)
    return i64(w, W_T1) - 1 + i64(w, W_SIZE) + whole - min(i64(w, W_T2), whole)


@kernel
def start_stands(c: int, tx: int, w: int, is_start: bool) -> bool:
    """After a change of length: the start is where it was, or the coding part is as it was."""
    cds0 = i32(tx, k.CDS0)
    n = i64(w, W_N)
    before = i64(w, W_T1) - 1
    size = i64(w, W_SIZE)
    if cds0 > 0 and is_start:
        same = True
        i = before
        while same and i < cds0:
            same = changed_whole_base(c, tx, w, i) == whole_base(c, tx, w, i)
            i += 1
        if same:
            return True
    skip = changed_whole_size(tx, w) - n
    if skip < 0:
        return False
    i = 0
    while i < n and skip + i < before + size:
        if changed_whole_base(c, tx, w, skip + i) != whole_base(c, tx, w, cds0 + i):
            return False
        i += 1
    return True


@kernel
def first_amino_acid_lost(w: int) -> bool:
    """Whether the first amino acids neither begin nor end the new ones."""
    n = i64(w, W_OLD_AA_SIZE)
    m = i64(w, W_NEW_AA_SIZE)
    if i64(w, W_STATE) & k.STATE_AA == 0 or n == 0 or m == 0 or i64(w, W_P1) != 1:
        return False
    new = i64(w, W_NEW_AA)
    if m == 1 and byte(new) == UNKNOWN:
        return False
    old = i64(w, W_OLD_AA)
    return not begins(new, m, old, n) and not ends(new, m, old, n)


@kernel
def stop_terms(c: int, tx: int, w: int, growth: int, partial: bool) -> int:
    """stop_gained, stop_lost or stop_retained_variant."""
    if i64(w, W_STATE) & k.STATE_AA:
        old = find(i64(w, W_OLD_AA), i64(w, W_OLD_AA_SIZE), STOP)
        new = find(i64(w, W_NEW_AA), i64(w, W_NEW_AA_SIZE), STOP)
        if old >= 0 and new < 0:
            return _STOP_LOST
        if i64(w, W_NEW_AA_SIZE) > 0:
            kept = stop_is_kept(c, tx, w, old, new)
        else:
            kept = stop_codon_touched(c, tx, w, growth) and stop_stands(c, tx, w)
        if kept and not partial:
            return _STOP_RETAINED
        return _STOP_GAINED if new >= 0 and old < 0 else 0
    if not stop_codon_touched(c, tx, w, growth):
        return 0
    if not stop_stands(c, tx, w):
        return _STOP_LOST
    return 0 if partial else _STOP_RETAINED


@kernel
def stop_is_kept(c: int, tx: int, w: int, old: int, new: int) -> bool:
    """The first stop is where it was among the changed codons, or the protein is as it was."""
    if old >= 0 and old == new:
        return True
    m = i64(w, W_NEW_AA_SIZE)
    text = i64(w, W_NEW_AA)
    lone = i64(w, W_OLD_AA_SIZE) == 1 and byte(text) == byte(i64(w, W_OLD_AA))
    if i64(c, k.C_LIKE) and new >= 0 and lone:  # paragraph 5
        return True
    whole = div3(i64(w, W_N))
    if whole > 0 and codon_letter(c, tx, w, whole) == STOP:
        whole -= 1
    first = i64(w, W_P1)
    if first > whole and new == 0:
        return True
    from_ = min(first - 1, whole)
    to = min(max(first - 1, i64(w, W_P2)), whole)
    grown = m - (to - from_)
    if grown < 1 or grown > 2:
        return False
    for i in range(from_, whole):
        is_new = i < from_ + m
        letter = byte(text + i - from_) if is_new else codon_letter(c, tx, w, i - grown + 1)
        if letter != codon_letter(c, tx, w, i + 1):
            return False
    return True


@kernel
def stop_codon_touched(c: int, tx: int, w: int, growth: int) -> bool:
    """Whether a change of length, of known bases, touches the last codon in exons."""
    a = i64(w, W_T1)
    b = i64(w, W_T2)
    if growth == 0 or i64(w, W_KNOWN) == 0:
        return False
    if i32(tx, k.FLAGS) & k.FLAG_CDS_END_NF and i64(c, k.C_LIKE) == 0:
        return False
    end = i32(tx, k.CDS1)
    return a > 0 and b > 0 and a <= end and b >= end - 2


@kernel
def stop_stands(c: int, tx: int, w: int) -> bool:
    """Whether a stop codon stands where the last codon was."""
    n = i64(w, W_N)
    if i64(w, W_C1) == 0:  # the change begins before the coding part: no codon of it is left
        if n < 3 or i64(c, k.C_LIKE):  # paragraph 6
            return True
        a = coding_base(c, tx, w, n - 3)
        b = coding_base(c, tx, w, n - 2)
        return not last_is_stop(c, tx, w, a, b, coding_base(c, tx, w, n - 1))
    if n < 3:
        return False
    a = base_at_end(c, tx, w, n - 3)
    b = base_at_end(c, tx, w, n - 2)
    d = base_at_end(c, tx, w, n - 1)
    if d < 0:
        return False
    return last_is_stop(c, tx, w, a, b, d)


@kernel
def last_is_stop(c: int, tx: int, w: int, a: int, b: int, d: int) -> bool:
    """Whether three bases are a stop in the place of the last codon."""
    number = div3(i64(w, W_N))
    recoded = recoded_letter(c, tx, number)
    if recoded and own_codon(c, tx, w, number, a, b, d):
        return recoded == STOP
    return amino_acid(tx, a, b, d) == STOP


@kernel
def base_at_end(c: int, tx: int, w: int, i: int) -> int:
    """Base code at ``i`` of coding sequence before, new bases, transcript after; -1 beyond it."""
    before = i64(w, W_C1) - 1
    size = i64(w, W_SIZE)
    if i < before:
        return coding_base(c, tx, w, i)
    if i < before + size:
        return byte(i64(w, W_BASES) + i - before)
    at = i64(w, W_T2) + i - before - size
    return told_base(c, tx, at) if at < i32(tx, k.LENGTH) else -1
