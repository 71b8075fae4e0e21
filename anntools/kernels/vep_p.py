"""HGVSp as VEP writes it, compiled (the rule: ``spec/vep_hgvs_p.py``)."""

from __future__ import annotations

from anntools import terms
from anntools.kernels import layout as k
from anntools.kernels.hgvs_reading import STOP, UNKNOWN, coding_index
from anntools.kernels.memory import (
    byte,
    div3,
    i32,
    i64,
    kernel,
    set_byte,
    set_i64,
)
from anntools.kernels.model import exon_at, exon_row, name_size, put_name, spliced
from anntools.kernels.vep import (
    all_known,
    given_alt,
    given_alt_size,
    given_ref,
    given_ref_size,
    steps_along,
    turn_of,
)
from anntools.kernels.vep_reading import (
    BOTH,
    COPY,
    DELETION,
    FRAME,
    INSERTION,
    SAME,
    SUBSTITUTION,
    UNKNOWN_START,
    V_F,
    V_FIRST,
    V_FREE,
    V_KIND,
    V_LAST,
    V_N,
    V_NEW,
    V_NEW_SIZE,
    V_OLD,
    V_OLD_SIZE,
    V_PROTEIN,
    V_SHARED,
    V_SLOTS,
    V_TOTAL,
    V_TOUCHED,
    beside_acid,
    beside_size,
    growth,
    is_nothing,
    is_same,
    protein_acid,
    read_change,
    whole_new_acid,
    whole_old_acid,
)
from anntools.kernels.vep_words import put_name_of_change

_QUESTION = 63
_REACH = 12  # an exon and a repair beside it are one
_START_LOST = 1 << terms.START_LOST
_STOP_LOST = 1 << terms.STOP_LOST
_KEEPS_FRAME = 1 << terms.INCOMPLETE_TERMINAL | 1 << terms.STOP_RETAINED
_ROOM = 512


@kernel
def vep_room(c: int, alt: int, row: int) -> int:
    """Bytes that the descriptions need beyond those of the usual ones, with working memory."""
    t = i64(row, k.R_TX)
    name = name_size(c, t, k.NAME_HGVSP) if t >= 0 else 0
    both = given_ref_size(alt) + given_alt_size(alt)
    return 2 * _ROOM + 8 * V_SLOTS + name + 8 * both


@kernel
def put_vep_hgvsp(c: int, o: int, tx: int, t: int, alt: int, row: int) -> int:
    """``ENSP00000369317.2:p.Lys19Asn``; nothing where VEP gives none."""
    n = given_alt_size(alt)
    if not all_known(given_alt(alt), n) or not all_known(given_ref(alt), given_ref_size(alt)):
        return o
    if not _is_coding(c, tx, alt):
        return o
    room = _ROOM + name_size(c, t, k.NAME_HGVSP) + 2 * (n + given_ref_size(alt))
    v = (o + room + 7) & ~7
    if not _read(c, tx, alt, v, n):
        return o
    after = put_name(c, o, t, k.NAME_HGVSP)
    end = _describe(c, after, tx, v, i64(row, k.R_MASK))
    return o if end == after else end


@kernel
def _is_coding(c: int, tx: int, alt: int) -> bool:
    """Whether the change as written lies at an exon and at the coding part."""
    first = i64(alt, k.A_GIVEN_FIRST)
    last = i64(alt, k.A_GIVEN_LAST)
    if i32(tx, k.CDS0) < 0 or first > i32(tx, k.END) or last <= i32(tx, k.START):
        return False
    low = min(first, last)
    high = max(first, last)
    if low > i32(tx, k.RIGHT) or high <= i32(tx, k.LEFT):
        return False
    reach = _REACH if i32(tx, k.FLAGS) & k.FLAG_REPAIRED else 0
    at = exon_at(c, tx, max(low - 1 - reach, 0))
    return at < i32(tx, k.NEXON) and i32(exon_row(c, tx, at), k.EXON_START) < high + reach


@kernel
def _read(c: int, tx: int, alt: int, v: int, n: int) -> bool:
    """Read the change where HGVS has it; False if an end is not coding there.

    Paragraph 25: on the minus strand the bases are turned only if the change moves no further than
    their number.
    """
    strand = i32(tx, k.STRAND)
    by = steps_along(alt, strand)
    first = i64(alt, k.A_GIVEN_FIRST) - 1 + strand * by
    last = i64(alt, k.A_GIVEN_LAST) - 1 + strand * by
    from_ = first if strand > 0 else last
    to = last if strand > 0 else first
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
        return False
    f = coding_index(c, tx, a) + 1
    e = coding_index(c, tx, b) + 1
    turn = turn_of(strand, by, n) if strand > 0 or by <= n else 0
    read_change(c, tx, v, f, e, given_alt(alt), n, turn)
    return True


@kernel
def _describe(c: int, o: int, tx: int, v: int, mask: int) -> int:
    """What follows ``p.``; nothing where VEP gives none."""
    if not is_same(v):
        _drop_shared(v)
    if growth(v) % 3 and mask & _KEEPS_FRAME == 0:
        set_i64(v, V_KIND, FRAME)
        _from_first_change(c, tx, v)
    else:
        _sort(v)
        if i64(v, V_KIND) == INSERTION:
            _move(c, tx, v)
            stops = _has_stop(i64(v, V_NEW), i64(v, V_NEW_SIZE))
            if (stops or not _is_copied(c, tx, v)) and not _take_neighbours(c, tx, v):
                return o
        elif i64(v, V_KIND) == DELETION:
            _move(c, tx, v)
    if i64(v, V_KIND) != COPY and mask & _START_LOST:
        set_i64(v, V_KIND, UNKNOWN_START)
        set_byte(i64(v, V_NEW), _QUESTION)
        set_i64(v, V_NEW_SIZE, 1)
    return put_name_of_change(c, o, tx, v, mask & _STOP_LOST != 0)


@kernel
def _has_stop(text: int, n: int) -> bool:
    for i in range(n):
        if byte(text + i) == STOP:
            return True
    return False


@kernel
def _drop_shared(v: int) -> None:
    """Leave out the amino acids that both sides share, first at the begin; nothing if a stop is
    among those."""
    old = i64(v, V_OLD)
    new = i64(v, V_NEW)
    m = i64(v, V_OLD_SIZE)
    n = i64(v, V_NEW_SIZE)
    shared = 0
    while shared < m and shared < n and byte(old + shared) == byte(new + shared):
        if byte(old + shared) == STOP:
            return
        shared += 1
    m -= shared
    n -= shared
    old += shared
    new += shared
    rest = 0
    while rest < m and rest < n and byte(old + m - 1 - rest) == byte(new + n - 1 - rest):
        rest += 1
    set_i64(v, V_OLD, old)
    set_i64(v, V_NEW, new)
    set_i64(v, V_OLD_SIZE, m - rest)
    set_i64(v, V_NEW_SIZE, n - rest)
    set_i64(v, V_FIRST, i64(v, V_FIRST) + shared)
    set_i64(v, V_LAST, i64(v, V_LAST) - rest)
    set_i64(v, V_SHARED, shared)


@kernel
def _sort(v: int) -> None:
    """The kind, by how many amino acids are left; the first stop on each side is an X from here."""
    old = i64(v, V_OLD)
    new = i64(v, V_NEW)
    m = i64(v, V_OLD_SIZE)
    n = i64(v, V_NEW_SIZE)
    _hide_stop(v, V_OLD, m)
    _hide_stop(v, V_NEW, n)
    kind = BOTH
    if is_nothing(old, m):
        kind = INSERTION
    elif is_nothing(new, n):
        kind = DELETION
    elif m == 1 and n == 1:
        kind = SUBSTITUTION
    set_i64(v, V_KIND, kind)


@kernel
def _hide_stop(v: int, slot: int, n: int) -> None:
    """Copy a text to free memory with its first stop as X: the touched codons stay as they are."""
    text = i64(v, slot)
    o = i64(v, V_FREE)
    set_i64(v, slot, o)
    hidden = 0
    for i in range(n):
        letter = byte(text + i)
        if letter == STOP and hidden == 0:
            letter = UNKNOWN
            hidden = 1
        o = set_byte(o, letter)
    set_i64(v, V_FREE, o + 1)


@kernel
def _from_first_change(c: int, tx: int, v: int) -> None:
    """A frame shift begins at the first amino acid that differs."""
    size = div3(i64(v, V_TOTAL))
    first = div3(i64(v, V_F) + 2)
    set_i64(v, V_FIRST, first)
    if first > size:
        set_i64(v, V_KIND, DELETION)
        set_byte(i64(v, V_NEW), _QUESTION)
        set_i64(v, V_NEW_SIZE, 1)
        return
    n = i64(v, V_PROTEIN)
    old = i64(v, V_FREE)
    set_i64(v, V_FREE, old + 2)
    set_i64(v, V_OLD, old)
    set_i64(v, V_NEW, old + 1)
    set_i64(v, V_NEW_SIZE, 1)
    while first <= size:
        before = 0
        if first <= n:
            before = protein_acid(c, tx, v, first)
        elif first == n + 1:
            before = STOP
        after = whole_new_acid(c, tx, v, first - 1)
        set_byte(old, before)
        set_byte(old + 1, after)
        set_i64(v, V_OLD_SIZE, 1 if before else 0)
        if before == STOP and after == STOP:
            set_i64(v, V_KIND, SAME)
            break
        if before != after:
            break
        first += 1
    set_i64(v, V_FIRST, first)


@kernel
def _move(c: int, tx: int, v: int) -> None:
    """Move an insertion or deletion of amino acids on, as far as what follows repeats it."""
    slot = V_NEW if i64(v, V_KIND) == INSERTION else V_OLD
    unit = i64(v, slot)
    n = i64(v, slot + 1)
    last = i64(v, V_LAST)
    size = beside_size(v)
    most = size - last - n if size > last + 1 else -n
    steps = 0
    while steps <= most and n > 0 and last + 1 + steps <= size:
        if beside_acid(c, tx, v, last + 1 + steps) != byte(unit + steps % n):
            break
        steps += 1
    if steps == 0:
        return
    o = i64(v, V_FREE)
    for i in range(n):
        set_byte(o + i, byte(unit + (i + steps) % n))
    set_i64(v, slot, o)
    set_i64(v, V_FREE, o + n)
    set_i64(v, V_FIRST, i64(v, V_FIRST) + steps)
    set_i64(v, V_LAST, last + steps)


@kernel
def _is_copied(c: int, tx: int, v: int) -> bool:
    """Whether what is inserted stands right before it; if so the name is that of the copy."""
    n = i64(v, V_NEW_SIZE)
    first = i64(v, V_FIRST)
    begin = first - n - 1
    if begin < 0:
        return False
    own = min(first - 1, div3(i64(v, V_N)))
    for i in range(n):
        at = begin + i
        if at < own:
            letter = whole_old_acid(c, tx, at)
        elif at - own < i64(v, V_SHARED):
            letter = byte(i64(v, V_TOUCHED) + at - own)
        else:
            return False
        if letter != byte(i64(v, V_NEW) + i):
            return False
    set_i64(v, V_KIND, COPY)
    set_i64(v, V_LAST, first - 1)
    set_i64(v, V_FIRST, first - n)
    return True


@kernel
def _take_neighbours(c: int, tx: int, v: int) -> bool:
    """The two amino acids around an insertion; before the first it is the last one, as in Perl."""
    at = min(i64(v, V_FIRST), i64(v, V_LAST))
    size = beside_size(v)
    if size <= at:
        return False
    o = i64(v, V_FREE)
    set_i64(v, V_OLD, o)
    set_i64(v, V_FREE, o + 2)
    if at == 0:
        set_byte(o, beside_acid(c, tx, v, size))
        set_i64(v, V_OLD_SIZE, 1)
        return True
    set_byte(o, beside_acid(c, tx, v, at))
    set_byte(o + 1, beside_acid(c, tx, v, at + 1))
    set_i64(v, V_OLD_SIZE, 2)
    return True
