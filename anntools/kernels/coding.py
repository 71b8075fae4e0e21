"""What a change does to codons, start and stop, compiled (the rule: ``spec/coding.py``)."""

from __future__ import annotations

from anntools import terms
from anntools.kernels import layout as k
from anntools.kernels.change import (
    STOP,
    UNKNOWN,
    W_BASES,
    W_C1,
    W_C2,
    W_FIRST,
    W_KNOWN,
    W_LAST,
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
    W_P2,
    W_SIZE,
    W_STATE,
    W_T1,
    W_T2,
    changed_base,
    changed_whole_base,
    coding_base,
    codon_letter,
    recoded_letter,
    whole_base,
)
from anntools.kernels.memory import byte, div3, i32, i64, kernel, set_byte, set_i64
from anntools.kernels.model import amino_acid, base_code, cdna_base, letter_of

_STOP_GAINED = 1 << terms.STOP_GAINED
_STOP_LOST = 1 << terms.STOP_LOST
_STOP_RETAINED = 1 << terms.STOP_RETAINED
_START_LOST = 1 << terms.START_LOST
_START_RETAINED = 1 << terms.START_RETAINED
_ALTERING = 1 << terms.PROTEIN_ALTERING
_DELETION = 1 << terms.INFRAME_DELETION
_STARTS = _START_LOST | _START_RETAINED


# ---- codons and amino acids, as texts in the arena


@kernel
def show_codons(c: int, tx: int, row: int, w: int) -> None:
    """Coding positions into the row; codons and amino acids too, where both ends are coding."""
    set_i64(row, k.R_CDS1, i64(w, W_C1))
    set_i64(row, k.R_CDS2, i64(w, W_C2))
    set_i64(row, k.R_PROT1, i64(w, W_P1))
    set_i64(row, k.R_PROT2, i64(w, W_P2))
    if i64(w, W_C1) == 0 or i64(w, W_C2) == 0:
        return
    write_codons(c, tx, w)
    set_i64(row, k.R_CODONS_REF, i64(w, W_OLD))
    set_i64(row, k.R_CODONS_REF_SIZE, i64(w, W_OLD_SIZE))
    set_i64(row, k.R_CODONS_ALT, i64(w, W_NEW))
    set_i64(row, k.R_CODONS_ALT_SIZE, i64(w, W_NEW_SIZE))
    state = k.STATE_CODONS
    end = i64(w, W_NEW) + i64(w, W_NEW_SIZE)
    if i64(w, W_KNOWN):
        end = write_amino_acids(c, tx, w, end)
        set_i64(row, k.R_AA_REF, i64(w, W_OLD_AA))
        set_i64(row, k.R_AA_REF_SIZE, i64(w, W_OLD_AA_SIZE))
        set_i64(row, k.R_AA_ALT, i64(w, W_NEW_AA))
        set_i64(row, k.R_AA_ALT_SIZE, i64(w, W_NEW_AA_SIZE))
        state |= k.STATE_AA
    set_i64(w, W_STATE, state)
    set_i64(row, k.R_STATE, state)
    set_i64(c, k.C_TEXT, end)


@kernel
def write_codons(c: int, tx: int, w: int) -> None:
    """Codons before and after, the changed bases in upper case; the new may reach into the UTR."""
    c1 = i64(w, W_C1)
    size = i64(w, W_SIZE)
    replaced = i64(w, W_C2) - c1 + 1
    from_ = 3 * (i64(w, W_P1) - 1)
    most = 3 * (i64(w, W_P2) - i64(w, W_P1) + 1)
    mark = (c1 - 1) % 3
    o = i64(w, W_BASES) + size
    set_i64(w, W_OLD, o)
    n = max(min(most, i64(w, W_N) - from_), 0)
    given = i64(w, W_LAST) - i64(w, W_FIRST) + 1
    for i in range(n):
        lower = 0 if mark <= i < mark + given else 5
        o = set_byte(o, letter_of(coding_base(c, tx, w, from_ + i) + lower))
    set_i64(w, W_OLD_SIZE, n)
    set_i64(w, W_NEW, o)
    utr = i32(tx, k.LENGTH) - i32(tx, k.CDS1)
    m = max(min(most + size - replaced, i64(w, W_N) + utr + size - replaced - from_), 0)
    for i in range(m):
        lower = 0 if mark <= i < mark + size else 5
        o = set_byte(o, letter_of(changed_base(c, tx, w, from_ + i) + lower))
    set_i64(w, W_NEW_SIZE, m)


@kernel
def write_amino_acids(c: int, tx: int, w: int, o: int) -> int:
    """Amino acids of both texts of codons; returns the address after them."""
    recode = i64(w, W_SIZE) == i64(w, W_LAST) - i64(w, W_FIRST) + 1
    set_i64(w, W_OLD_AA, o)
    n = translate(c, tx, w, i64(w, W_OLD), i64(w, W_OLD_SIZE), o, True)
    set_i64(w, W_OLD_AA_SIZE, n)
    o += n
    set_i64(w, W_NEW_AA, o)
    n = translate(c, tx, w, i64(w, W_NEW), i64(w, W_NEW_SIZE), o, recode)
    set_i64(w, W_NEW_AA_SIZE, n)
    return o + n


@kernel
def translate(c: int, tx: int, w: int, text: int, size: int, o: int, recode: bool) -> int:
    """Translate letters of codons from the first changed one on; returns how many letters.

    An incomplete last codon is X, but nothing after a lone stop.
    """
    number = i64(w, W_P1)
    whole = div3(size)
    for i in range(whole):
        p = text + 3 * i
        a = base_code(byte(p))
        b = base_code(byte(p + 1))
        d = base_code(byte(p + 2))
        letter = amino_acid(tx, a, b, d)
        if recode and i32(tx, k.EDITS) and own_codon(c, tx, w, number + i, a, b, d):
            said = recoded_letter(c, tx, number + i)
            letter = said if said else letter
        set_byte(o + i, letter)
    if size > 3 * whole and not (whole == 1 and byte(o) == STOP):
        set_byte(o + whole, UNKNOWN)
        return whole + 1
    return whole


@kernel
def own_codon(c: int, tx: int, w: int, number: int, a: int, b: int, d: int) -> bool:
    """Whether these bases are the transcript's own codon of that number."""
    i = 3 * (number - 1)
    if i + 3 > i64(w, W_N) or a != coding_base(c, tx, w, i):
        return False
    return b == coding_base(c, tx, w, i + 1) and d == coding_base(c, tx, w, i + 2)


# ---- terms


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


# ---- start


@kernel
def start_terms(c: int, tx: int, w: int, growth: int) -> int:
    """What becomes of a known start codon that is touched."""
    a = i64(w, W_T1)
    b = i64(w, W_T2)
    begin = i32(tx, k.CDS0) + 1
    if i32(tx, k.FLAGS) & k.FLAG_CDS_START_NF or i32(tx, k.PAD) or i64(w, W_KNOWN) == 0:
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


# ---- stop


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
            kept = stop_codon_touched(tx, w, growth) and stop_stands(c, tx, w)
        if kept and not partial:
            return _STOP_RETAINED
        return _STOP_GAINED if new >= 0 and old < 0 else 0
    if not stop_codon_touched(tx, w, growth):
        return 0
    if not stop_stands(c, tx, w):
        return _STOP_LOST
    return 0 if partial else _STOP_RETAINED


@kernel
def stop_is_kept(c: int, tx: int, w: int, old: int, new: int) -> bool:
    """The first stop is where it was among the changed codons, or the protein is as it was."""
    if old >= 0 and old == new:
        return True
    whole = div3(i64(w, W_N))
    if whole > 0 and codon_letter(c, tx, w, whole) == STOP:
        whole -= 1
    first = i64(w, W_P1)
    if first > whole and new == 0:
        return True
    m = i64(w, W_NEW_AA_SIZE)
    from_ = min(first - 1, whole)
    to = min(max(first - 1, i64(w, W_P2)), whole)
    grown = m - (to - from_)
    if grown < 1 or grown > 2:
        return False
    text = i64(w, W_NEW_AA)
    for i in range(from_, whole):
        is_new = i < from_ + m
        letter = byte(text + i - from_) if is_new else codon_letter(c, tx, w, i - grown + 1)
        if letter != codon_letter(c, tx, w, i + 1):
            return False
    return True


@kernel
def stop_codon_touched(tx: int, w: int, growth: int) -> bool:
    """Whether a change of length, of known bases, touches the last codon in exons."""
    a = i64(w, W_T1)
    b = i64(w, W_T2)
    if growth == 0 or i64(w, W_KNOWN) == 0 or i32(tx, k.FLAGS) & k.FLAG_CDS_END_NF:
        return False
    end = i32(tx, k.CDS1)
    return a > 0 and b > 0 and a <= end and b >= end - 2


@kernel
def stop_stands(c: int, tx: int, w: int) -> bool:
    """Whether a stop codon stands where the last codon was."""
    n = i64(w, W_N)
    if i64(w, W_C1) == 0:  # the change begins before the coding part: no codon of it is left
        if n < 3:
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
    return cdna_base(c, tx, at) if at < i32(tx, k.LENGTH) else -1
