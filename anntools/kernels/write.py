"""Writing an annotated record: the old INFO without our keys, then consequences and stores."""

from __future__ import annotations

from anntools.kernels import layout as k
from anntools.kernels.alleles import alt_block, row_block
from anntools.kernels.ann import put_ann
from anntools.kernels.bcsq import put_bcsq
from anntools.kernels.counts import CLASS_NAMES
from anntools.kernels.csq import put_csq
from anntools.kernels.memory import (
    byte,
    constant,
    copy,
    i32,
    i64,
    kernel,
    lowest_bit,
    same_bytes,
    semicolon_mask,
    set_byte,
    set_i64,
)
from anntools.kernels.stores import (
    exact_fields,
    exact_room,
    interval_find,
    interval_next,
    put_exact,
)
from anntools.kernels.vep_p import vep_room

_CLASS = constant(b"".join(name.encode().ljust(32, b"\0") for name in CLASS_NAMES))
_CLASS_SIZE = constant(bytes(len(name) for name in CLASS_NAMES))
LABEL_CONSEQUENCES, LABEL_CLASS, LABEL_STORES = 0, 1, 2  # order of the labels
_ROW_ROOM = 1024  # what a row writes besides names, alleles and texts
KEY_TABLE_FLAGS = 256  # bytes at the begin of the table of keys: may a key begin with this letter?


@kernel
def write_record(c: int, line: int, n_alt: int) -> int:
    """Write the line with its INFO renewed and move C_OUT; returns a status."""
    begin = i64(line, 0)
    end = i64(line, k.L_END)
    o = i64(c, k.C_OUT)
    limit = i64(c, k.C_OUT_END)
    if o + (end - begin) + _ROW_ROOM > limit:
        return k.GROW_OUT
    info = i64(line, k.L_INFO)
    o = copy(o, begin, info - begin)
    info_begin = o
    o = put_old_info(c, o, info, i64(line, k.L_REST))
    o = put_consequences(c, line, o, n_alt, o > info_begin, limit)
    if o and i64(c, k.C_FORMAT) != k.FORMAT_BCSQ:
        o = put_classes(c, o, n_alt, limit)
    if o and i64(c, k.C_EXACT_COUNT):
        o = put_exact_stores(c, o, n_alt, limit)
    if o and i64(c, k.C_INTERVALS_COUNT):
        o = put_interval_stores(c, o, line, limit)
    rest = i64(line, k.L_REST)
    if o == 0 or o + (end - rest) + 1 > limit:
        return k.GROW_OUT
    o = copy(o, rest, end - rest)
    set_i64(c, k.C_OUT, set_byte(o, 10))
    return k.DONE


@kernel
def put_label(c: int, o: int, label: int) -> int:
    """``;KEY=``."""
    off = i64(c, k.C_LABEL_OFF)
    begin = i32(off, label)
    return copy(o, i64(c, k.C_LABELS) + begin, i32(off, label + 1) - begin)


@kernel
def label_size(c: int, label: int) -> int:
    """Size of a label."""
    off = i64(c, k.C_LABEL_OFF)
    return i32(off, label + 1) - i32(off, label)


# ---- the old INFO


@kernel
def put_old_info(c: int, o: int, p: int, end: int) -> int:
    """The entries of INFO ``[p, end)`` that are not ours; nothing for ``.``."""
    flags = i64(c, k.C_KEYS)
    begin = o
    kept = p  # from here on not yet written
    block = p
    mask = semicolon_mask(block)
    while p < end:
        while mask == 0 and block + 64 < end:
            block += 64
            mask = semicolon_mask(block)
        after = end if mask == 0 else min(block + lowest_bit(mask), end)
        mask &= mask - 1
        if byte(flags + byte(p)) and is_ours(flags, p, after):
            if p > kept:
                if o > begin:
                    o = set_byte(o, 59)
                o = copy(o, kept, p - 1 - kept)
            kept = after + 1
        p = after + 1
    if kept < end:
        if o > begin:
            o = set_byte(o, 59)
        o = copy(o, kept, end - kept)
        if byte(o - 1) == 59:
            o -= 1
    return o


@kernel
def is_ours(keys: int, p: int, end: int) -> bool:
    """Whether the INFO entry is empty, a lone dot, or has one of the keys that are replaced."""
    if end - p == 0 or (end - p == 1 and byte(p) == 46):
        return True
    size = 0
    while p + size < end and byte(p + size) != 61:
        size += 1
    table = keys + KEY_TABLE_FLAGS
    for i in range(i64(table, 0)):
        if i64(table, 2 + 2 * i) == size and same_bytes(i64(table, 1 + 2 * i), p, size):
            return True
    return False


# ---- what is new


@kernel
def row_room(c: int, alt: int, row: int) -> int:
    """Upper bound of what a row writes."""
    room = _ROW_ROOM + 4 * (i64(alt, k.A_SHOWN_SIZE) + i64(alt, k.A_ALT_SIZE))
    if i64(alt, k.A_KIND) == k.ALT_SEQUENCE:
        room += 4 * abs(i64(alt, k.A_LAST) - i64(alt, k.A_FIRST) + 1)
    room += i64(alt, k.A_HGVSG_SIZE)
    t = i64(row, k.R_TX)
    if t >= 0:
        off = i64(c, k.M_NAME_OFF)
        room += i64(off, (t + 1) * k.NAMES) - i64(off, t * k.NAMES)
    if i64(c, k.C_LIKE):
        room += vep_room(c, alt, row)
    room += i64(row, k.R_CODONS_REF_SIZE) + i64(row, k.R_CODONS_ALT_SIZE)
    return room + i64(row, k.R_AA_REF_SIZE) + i64(row, k.R_AA_ALT_SIZE)


@kernel
def put_consequences(c: int, line: int, o: int, n_alt: int, more: bool, limit: int) -> int:
    """``CSQ=`` (or ANN, BCSQ) with all rows of all ALTs; 0 if there is no room."""
    begin = o
    first = put_label(c, o, LABEL_CONSEQUENCES)
    if not more:  # no entry before: without the semicolon
        first = copy(o, i64(c, k.C_LABELS) + 1, first - o - 1)
    o = first
    format = i64(c, k.C_FORMAT)
    if format == k.FORMAT_BCSQ:
        return put_bcsq(c, line, o, n_alt, begin, limit)
    for j in range(n_alt):
        alt = alt_block(c, j)
        picked = i64(alt, k.A_PICK)
        if format == k.FORMAT_ANN and i64(alt, k.A_ROW1) > i64(alt, k.A_ROW0):
            o = put_one(c, o, first, alt, picked, True, limit)
        for r in range(i64(alt, k.A_ROW0), i64(alt, k.A_ROW1)):
            if i64(c, k.C_PICKED) and r != picked:
                continue
            if o and (format == k.FORMAT_CSQ or r != picked):
                o = put_one(c, o, first, alt, r, r == picked, limit)
        if o == 0:
            return 0
    return begin if o == first else o


@kernel
def put_one(c: int, o: int, first: int, alt: int, r: int, picked: bool, limit: int) -> int:
    """One row of CSQ or ANN, after a comma if it is not the first; 0 if there is no room."""
    row = row_block(c, r)
    if o + row_room(c, alt, row) > limit:
        return 0
    if o > first:
        o = set_byte(o, 44)
    if i64(c, k.C_FORMAT) == k.FORMAT_ANN:
        return put_ann(c, o, alt, row)
    return put_csq(c, o, alt, row, picked)


@kernel
def put_classes(c: int, o: int, n_alt: int, limit: int) -> int:
    """``;positionType=`` with one word per ALT; 0 if there is no room."""
    if o + 128 + 32 * n_alt > limit:
        return 0
    o = put_label(c, o, LABEL_CLASS)
    for j in range(n_alt):
        if j > 0:
            o = set_byte(o, 44)
        alt = alt_block(c, j)
        if i64(alt, k.A_ROW1) == i64(alt, k.A_ROW0):
            o = set_byte(o, 46)
        else:
            at = i64(alt, k.A_CLASS)
            o = copy(o, _CLASS() + 32 * at, byte(_CLASS_SIZE() + at))
    return o


@kernel
def put_exact_stores(c: int, o: int, n_alt: int, limit: int) -> int:
    """Values of the exact stores that know an ALT, one per ALT; 0 if there is no room."""
    label = LABEL_STORES
    for s in range(i64(c, k.C_EXACT_COUNT)):
        store = i64(i64(c, k.C_EXACT), s)
        fields = exact_fields(store)
        found = False
        for j in range(n_alt):
            found = found or i64(alt_block(c, j), k.A_RECORD0 + s) >= 0
        if found:
            for f in range(fields):
                o = put_exact_field(c, o, n_alt, s, f, label + f, limit)
                if o == 0:
                    return 0
        label += fields
    return o


@kernel
def put_exact_field(c: int, o: int, n_alt: int, s: int, f: int, label: int, limit: int) -> int:
    """One field of one exact store; nothing when no ALT has a value; 0 if there is no room."""
    store = i64(i64(c, k.C_EXACT), s)
    room = label_size(c, label) + 2 * n_alt + 64
    for j in range(n_alt):
        record = i64(alt_block(c, j), k.A_RECORD0 + s)
        if record >= 0:
            room += exact_room(store, record, f)
    if o + room > limit:
        return 0
    begin = o
    values = 0
    o = put_label(c, o, label)
    for j in range(n_alt):
        if j > 0:
            o = set_byte(o, 44)
        before = o
        record = i64(alt_block(c, j), k.A_RECORD0 + s)
        if record >= 0:
            o = put_exact(o, store, record, f)
        if o == before:
            o = set_byte(o, 46)
        else:
            values += 1
    return o if values else begin


@kernel
def put_interval_stores(c: int, o: int, line: int, limit: int) -> int:
    """Values of the intervals that the record's REF bases touch; 0 if there is no room."""
    label = i64(c, k.C_LABEL_INTERVALS)
    for s in range(i64(c, k.C_INTERVALS_COUNT)):
        store = i64(i64(c, k.C_INTERVALS), s)
        set_i64(line, k.L_HITS0 + s, 0)
        for f in range(exact_fields(store)):
            o = put_interval_field(c, o, line, s, f, label + f, limit)
            if o == 0 or i64(line, k.L_HITS0 + s) == 0:
                break
        if o == 0:
            return 0
        label += exact_fields(store)
    return o


@kernel
def put_interval_field(c: int, o: int, line: int, s: int, f: int, label: int, limit: int) -> int:
    """One field of all intervals of a store that are touched; 0 if there is no room."""
    store = i64(i64(c, k.C_INTERVALS), s)
    start = i64(line, k.L_POS)
    end = start + i64(line, k.L_REF_SIZE)
    hit = interval_find(c, store, i64(line, k.L_CONTIG), start, end)
    hits = 0
    while hit >= 0:
        if o + exact_room(store, hit, f) + label_size(c, label) + 64 > limit:
            return 0
        o = set_byte(o, 44) if hits else put_label(c, o, label)
        before = o
        o = put_exact(o, store, hit, f)
        if o == before:
            o = set_byte(o, 46)
        hits += 1
        hit = interval_next(store, hit, end)
    set_i64(line, k.L_HITS0 + s, hits)
    return o
