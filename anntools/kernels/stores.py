"""Looking up exact alleles and intervals in open stores (see ``store_layout``).

**Exact.** The genome is cut into buckets of ``2 ** bits`` bases. A record's key has the position
within the bucket in its high ``bits`` bits and the alleles in the rest: a *shape* (how many REF and
ALT bases) and two bits per base. Alleles too long for that, or with letters other than A C G T, get
the last shape and a hash; their text is kept and compared, so that a hash alone never matches.

Both sides are in the one normal form: what REF and ALT share is cut off at both ends, and a pure
insertion or deletion stands as far to the left as the known sequence lets it move.
"""

from __future__ import annotations

from anntools.kernels.layout import (
    A_ALT,
    A_ALT_SIZE,
    A_FIRST,
    A_LAST,
    A_REF,
    L_CONTIG,
    M_SEQ_START,
)
from anntools.kernels.memory import byte, copy, i32, i64, kernel, set_byte, set_i64, u16, u32
from anntools.kernels.model import base_code, bisect_right, genome_base, sequence_interval
from anntools.kernels.store_layout import (
    F_CELLS,
    F_DROP,
    F_PREFIX,
    F_PREFIX_SIZE,
    F_WIDTH,
    F_WORD_BYTES,
    F_WORD_OFF,
    F_WORDS,
    FIELD_SLOTS,
    S_BITS,
    S_BUCKETS,
    S_CLASS0,
    S_CLASS_FIELD,
    S_ENTRY,
    S_FIELD0,
    S_FIELDS,
    S_FIRST,
    S_KEYS,
    S_LONG,
    S_LONG_BYTES,
    S_LONG_OFF,
    S_LONGS,
    S_SEGMENT,
    S_SEGMENT_IDS,
    S_SEGMENT_OFF,
    S_SEGMENTS,
    S_STARTS,
    S_WALK,
    S_WALK_END,
)
from anntools.kernels.text import put_int

_SCAN = 16  # records of a bucket that are looked at one by one
_FURTHEST = 1 << 16  # bases a repeat is followed to the left


@kernel
def shift_left(c: int, contig: int, pos: int, bases: int, n: int) -> int:
    """How far a pure insertion or deletion of ``n`` bases at 0-based ``pos`` can move left.

    ``bases``: address of the inserted or deleted bases. Moves only through known sequence.
    """
    at = pos - 1
    if n == 0 or at < 0:
        return 0
    interval = sequence_interval(c, contig, at)
    if interval < 0:
        return 0
    first = i32(i64(c, M_SEQ_START), interval)
    moved = 0
    k = n - 1
    while at >= first and moved < _FURTHEST:
        if genome_base(c, interval, at) != base_code(byte(bases + k)):
            return moved
        moved += 1
        at -= 1
        k = k - 1 if k > 0 else n - 1
    return moved


@kernel
def exact_find(c: int, store: int, alt: int, line: int) -> int:
    """The record of an ALT block's allele in an exact store, or -1."""
    pos = i64(alt, A_FIRST) - 1
    n_ref = i64(alt, A_LAST) - pos
    n_alt = i64(alt, A_ALT_SIZE)
    ref = i64(alt, A_REF)
    new = i64(alt, A_ALT)
    shift = 0
    if n_ref == 0:
        shift = shift_left(c, i64(line, L_CONTIG), pos, new, n_alt)
    elif n_alt == 0:
        shift = shift_left(c, i64(line, L_CONTIG), pos, ref, n_ref)
    return record_of(store, i64(line, L_CONTIG), pos, ref, n_ref, new, n_alt, shift)


@kernel
def record_of(
    store: int, contig: int, pos: int, ref: int, n_ref: int, alt: int, n_alt: int, shift: int
) -> int:
    """The record of an allele, or -1.

    ``pos``: 0-based place of the first replaced base, or of the base after an insertion; ``ref``
    and ``alt``: addresses of the bases that differ; ``shift``: ``shift_left`` of it, 0 unless one
    of them is empty.
    """
    pos -= shift
    bits = i64(store, S_BITS)
    bucket = i64(i64(store, S_FIRST), contig) + (pos >> bits)
    i = u32(i64(store, S_BUCKETS), bucket)
    end = u32(i64(store, S_BUCKETS), bucket + 1)
    if i == end:
        return -1
    key = allele_key(bits, pos, ref, n_ref, alt, n_alt, shift)
    keys = i64(store, S_KEYS)
    low = i
    high = end
    while high - low > _SCAN:
        mid = (low + high) >> 1
        if u32(keys, mid) < key:
            low = mid + 1
        else:
            high = mid
    while low < end and u32(keys, low) < key:
        low += 1
    if low == end or u32(keys, low) != key:
        return -1
    if not is_long(bits, key):
        return low
    while low < end and u32(keys, low) == key:
        if _same_text(store, low, ref, n_ref, alt, n_alt, shift):
            return low
        low += 1
    return -1


@kernel
def _shape_bits(bits: int) -> int:
    return 6 if bits <= 12 else 5


@kernel
def is_long(bits: int, key: int) -> bool:
    """Whether a key holds a hash instead of the bases."""
    last = (1 << _shape_bits(bits)) - 1
    return (key >> (32 - bits - _shape_bits(bits))) & last == last


@kernel
def allele_key(bits: int, pos: int, ref: int, n_ref: int, alt: int, n_alt: int, shift: int) -> int:
    """The 32-bit key of an allele in normal form (see the module)."""
    room = 32 - bits - _shape_bits(bits)
    place = (pos & ((1 << bits) - 1)) << (32 - bits)
    n = n_ref + n_alt
    code = 0
    if 2 * n <= room:
        for j in range(n_ref):
            x = base_code(byte(ref + turned(j, shift, n_ref)))
            code = code << 2 | x if x < 4 and code >= 0 else -1
        for j in range(n_alt):
            x = base_code(byte(alt + turned(j, shift, n_alt)))
            code = code << 2 | x if x < 4 and code >= 0 else -1
        if code >= 0:
            shape = (n * (n + 1) >> 1) + n_ref
            return place | shape << room | code
    mix = n_ref
    for j in range(n_ref):
        mix = (mix * 31 + (byte(ref + turned(j, shift, n_ref)) & 95)) & 0xFFFFFFFF
    for j in range(n_alt):
        mix = (mix * 37 + (byte(alt + turned(j, shift, n_alt)) & 95)) & 0xFFFFFFFF
    mix = (mix ^ mix >> 15) & ((1 << room) - 1)
    return place | ((1 << _shape_bits(bits)) - 1) << room | mix


@kernel
def turned(j: int, shift: int, n: int) -> int:
    """Index of the base that is number ``j`` after an insertion or deletion moved left.

    Each base it moves takes the last of its ``n`` bases to the front.
    """
    if shift == 0:
        return j
    return (j - shift) % n


@kernel
def _same_text(
    store: int, record: int, ref: int, n_ref: int, alt: int, n_alt: int, shift: int
) -> bool:
    longs = i64(store, S_LONG)
    i = 0
    high = i64(store, S_LONGS)
    while i < high:
        mid = (i + high) >> 1
        if u32(longs, mid) < record:
            i = mid + 1
        else:
            high = mid
    begin = i64(i64(store, S_LONG_OFF), i)
    if i64(i64(store, S_LONG_OFF), i + 1) - begin != n_ref + 1 + n_alt:
        return False
    p = i64(store, S_LONG_BYTES) + begin
    if byte(p + n_ref) != 9:
        return False
    for j in range(n_ref):
        if byte(p + j) != byte(ref + turned(j, shift, n_ref)) & 95:
            return False
    p += n_ref + 1
    for j in range(n_alt):
        if byte(p + j) != byte(alt + turned(j, shift, n_alt)) & 95:
            return False
    return True


# ---- values: of records of exact stores, and of intervals, which are records too


@kernel
def exact_fields(store: int) -> int:
    """How many fields a record has."""
    return i64(store, S_FIELDS)


@kernel
def cell_of(store: int, record: int, field: int) -> int:
    """The cell of a record: 0 for no value (see ``store_layout``)."""
    f = store + 8 * (S_FIELD0 + FIELD_SLOTS * field)
    width = i64(f, F_WIDTH)
    if width == 4:
        return u32(i64(f, F_CELLS), record)
    if width == 2:
        return u16(i64(f, F_CELLS), record)
    return byte(i64(f, F_CELLS) + record)


@kernel
def exact_class(store: int, record: int) -> int:
    """Class of the record for the summary, counted over all stores; -1 for none."""
    field = i64(store, S_CLASS_FIELD)
    if field < 0:
        return -1
    cell = cell_of(store, record, field)
    if cell == 0 or cell > i64(store + 8 * (S_FIELD0 + FIELD_SLOTS * field), F_WORDS):
        return -1
    return i64(store, S_CLASS0) + cell - 1


@kernel
def exact_room(store: int, record: int, field: int) -> int:
    """Most bytes that ``put_exact`` writes, 0 if there is no value."""
    cell = cell_of(store, record, field)
    if cell == 0:
        return 0
    f = store + 8 * (S_FIELD0 + FIELD_SLOTS * field)
    if cell <= i64(f, F_WORDS):
        off = i64(f, F_WORD_OFF)
        return i64(off, cell) - i64(off, cell - 1)
    return i64(f, F_PREFIX_SIZE) + 10


@kernel
def put_exact(o: int, store: int, record: int, field: int) -> int:
    """Write one value of a record, safe in INFO, or nothing; returns the next free address."""
    cell = cell_of(store, record, field)
    if cell == 0:
        return o
    f = store + 8 * (S_FIELD0 + FIELD_SLOTS * field)
    words = i64(f, F_WORDS)
    if cell <= words:
        off = i64(f, F_WORD_OFF)
        begin = i64(off, cell - 1)
        return copy(o, i64(f, F_WORD_BYTES) + begin, i64(off, cell) - begin)
    o = copy(o, i64(f, F_PREFIX), i64(f, F_PREFIX_SIZE))
    end = put_int(o, cell - words - 1)
    if i64(f, F_DROP) == 0:
        return end
    for p in range(o, end - 1):
        set_byte(p, byte(p + 1))
    return end - 1


# ---- intervals: hits are records; the block remembers where the walk stands, so that each worker
# needs blocks of its own


@kernel
def interval_find(c: int, store: int, contig: int, start: int, end: int) -> int:
    """The first interval that touches 0-based ``[start, end)``, or -1.

    Positions that rise are found without a search.
    """
    lo = i64(i64(store, S_FIRST), contig)
    hi = i64(i64(store, S_FIRST), contig + 1)
    if lo == hi:
        return -1
    starts = i64(store, S_SEGMENTS)
    i = i64(store, S_SEGMENT)
    if i < lo or i >= hi or i32(starts, i) > start:
        i = bisect_right(starts, lo, hi, start) - 1
    else:
        steps = 0
        while i + 1 < hi and i32(starts, i + 1) <= start:
            i += 1
            steps += 1
            if steps == _SCAN:
                i = bisect_right(starts, i, hi, start) - 1
                break
    set_i64(store, S_SEGMENT, i)
    set_i64(store, S_WALK, i)
    set_i64(store, S_WALK_END, hi)
    set_i64(store, S_ENTRY, i64(i64(store, S_SEGMENT_OFF), i) - 1)
    return interval_next(store, -1, end)


@kernel
def interval_next(store: int, hit: int, end: int) -> int:
    """The interval after ``hit`` that touches the stretch up to ``end``, or -1.

    A later segment repeats those that began before it; only what begins there is new.
    """
    segment = i64(store, S_WALK)
    entry = i64(store, S_ENTRY) + 1
    off = i64(store, S_SEGMENT_OFF)
    starts = i64(store, S_SEGMENTS)
    while True:
        while entry < i64(off, segment + 1):
            record = u32(i64(store, S_SEGMENT_IDS), entry)
            first = segment == i64(store, S_SEGMENT)
            if first or i32(i64(store, S_STARTS), record) == i32(starts, segment):
                set_i64(store, S_WALK, segment)
                set_i64(store, S_ENTRY, entry)
                return record
            entry += 1
        segment += 1
        if segment >= i64(store, S_WALK_END) or i32(starts, segment) >= end:
            return -1


@kernel
def interval_room(store: int, hit: int) -> int:
    """Most bytes that ``put_interval`` writes."""
    return exact_room(store, hit, 0)


@kernel
def put_interval(o: int, store: int, hit: int) -> int:
    """Write the name of an interval; further fields by ``put_exact``."""
    return put_exact(o, store, hit, 0)
