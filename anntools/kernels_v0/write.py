"""Writing an annotated record: the old INFO without our keys, then CSQ, classes and stores.

Every function returns the next free index of ``out``, or -1 if there is no room.
"""

from __future__ import annotations

from anntools.compiled_v0 import kernel
from anntools.kernels_v0 import counts
from anntools.kernels_v0.consequence import (
    R_TX,
)
from anntools.kernels_v0.layout import (
    A_ALT0,
    A_ALT1,
    A_CLASS,
    A_E,
    A_KIND,
    A_PICK,
    A_REC0,
    A_REF0,
    A_ROW0,
    A_ROW1,
    A_S,
    A_SHOWN0,
    A_SHOWN1,
    C_EXACT,
    C_INTERVALS,
    C_LABELS,
    LABEL_CLASS,
    LABEL_CSQ,
    LABEL_STORES,
)
from anntools.kernels_v0.model import (
    NAMES,
    STORE_FIELD0,
    STORE_FIELDS,
    Bytes,
    Exact,
    Genes,
    Int64s,
    Intervals,
    Model,
)
from anntools.kernels_v0.record import (
    ALT_SEQUENCE,
    F_CONTIG,
    F_END,
    F_POS,
)
from anntools.kernels_v0.render import put_csq
from anntools.kernels_v0.stores import exact_cell, interval_segments
from anntools.kernels_v0.text import put, put1

# Position classes as they are printed, in the order of counts.CDS ...
_CLASS_BYTES, _CLASS_OFF = counts.class_names()


@kernel
def write_record(
    m: Model,
    label_bytes: Bytes,
    label_off: Int64s,
    src: Bytes,
    a: int,
    b: int,
    fields: Int64s,
    alts: Int64s,
    n_alt: int,
    rows: Int64s,
    work: Bytes,
    out: Bytes,
    o: int,
    ctl: Int64s,
) -> int:
    """Write the line with its INFO renewed; returns the next free index, -1 if there is no room."""
    if o + (b - a) + 2 > len(out):
        return -1
    o = put(out, o, src, a, fields[7])
    info0 = o
    o = put_old_info(label_bytes, label_off, src, fields[7], fields[F_END], out, o)
    o = put_all_csq(
        m.genes, label_bytes, label_off, src, fields, alts, n_alt, rows, work, out, o, info0
    )
    if o < 0:
        return -1
    o = put_classes(label_bytes, label_off, alts, n_alt, out, o)
    if o < 0:
        return -1
    o = put_exact(m.exact, label_bytes, label_off, alts, n_alt, out, o, ctl)
    if o < 0:
        return -1
    o = put_intervals(
        m.intervals, len(m.genome.contigs), label_bytes, label_off, fields, out, o, ctl
    )
    if o < 0 or o + b - fields[F_END] + 1 > len(out):
        return -1
    return put1(out, put(out, o, src, fields[F_END], b), 10)


@kernel
def put_label(label_bytes: Bytes, label_off: Int64s, label: int, out: Bytes, o: int) -> int:
    """``KEY=``."""
    return put1(out, put(out, o, label_bytes, label_off[label], label_off[label + 1]), 61)


@kernel
def put_old_info(
    label_bytes: Bytes, label_off: Int64s, src: Bytes, a: int, b: int, out: Bytes, o: int
) -> int:
    """The entries of INFO ``src[a:b]`` that are not ours, each followed by a semicolon."""
    i = a
    while i < b:
        j = i
        eq = -1
        while j < b and src[j] != 59:
            if src[j] == 61 and eq < 0:
                eq = j
            j += 1
        key_end = eq if eq >= 0 else j
        ours = key_end == i or (j - i == 1 and src[i] == 46)
        for label in range(len(label_off) - 1):
            k = label_off[label]
            if label_off[label + 1] - k == key_end - i:
                same = True
                for x in range(key_end - i):
                    if src[i + x] != label_bytes[k + x]:
                        same = False
                        break
                ours = ours or same
        if not ours:
            o = put1(out, put(out, o, src, i, j), 59)
        i = j + 1
    return o


@kernel
def put_all_csq(
    m: Genes,
    label_bytes: Bytes,
    label_off: Int64s,
    src: Bytes,
    fields: Int64s,
    alts: Int64s,
    n_alt: int,
    rows: Int64s,
    work: Bytes,
    out: Bytes,
    o: int,
    info0: int,
) -> int:
    """``CSQ=`` with all rows of all ALTs; -1 if there is no room."""
    contig = fields[F_CONTIG]
    if o + 64 > len(out):
        return -1
    o = put_label(label_bytes, label_off, LABEL_CSQ, out, o)
    first = True
    for k in range(n_alt):
        if alts[k, A_KIND] != ALT_SEQUENCE:
            continue
        a0 = alts[k, A_ALT0]
        a1 = alts[k, A_ALT1]
        shown0 = alts[k, A_SHOWN0]
        shown1 = alts[k, A_SHOWN1]
        size = shown1 - shown0 + 3 * (a1 - a0 + alts[k, A_E] - alts[k, A_S] + 1) + 1200
        for r in range(alts[k, A_ROW0], alts[k, A_ROW1]):
            t = rows[r, R_TX]
            names = m.name_off[(t + 1) * NAMES] - m.name_off[t * NAMES] if t >= 0 else 0
            if o + size + names > len(out):
                return -1
            if not first:
                o = put1(out, o, 44)
            first = False
            o = put_csq(
                m,
                out,
                o,
                rows[r],
                src,
                shown0,
                shown1,
                contig,
                alts[k, A_S],
                alts[k, A_E],
                alts[k, A_REF0],
                src,
                a0,
                a1,
                r == alts[k, A_PICK],
                work,
            )
    return o


@kernel
def put_classes(
    label_bytes: Bytes, label_off: Int64s, alts: Int64s, n_alt: int, out: Bytes, o: int
) -> int:
    """``;positionType=`` with one word per ALT; -1 if there is no room."""
    if o + 64 + 24 * n_alt > len(out):
        return -1
    o = put_label(label_bytes, label_off, LABEL_CLASS, out, put1(out, o, 59))
    for k in range(n_alt):
        if k > 0:
            o = put1(out, o, 44)
        if alts[k, A_KIND] != ALT_SEQUENCE:
            o = put1(out, o, 46)
        else:
            c = alts[k, A_CLASS]
            o = put(out, o, _CLASS_BYTES, _CLASS_OFF[c], _CLASS_OFF[c + 1])
    return o


@kernel
def put_exact(
    m: Exact,
    label_bytes: Bytes,
    label_off: Int64s,
    alts: Int64s,
    n_alt: int,
    out: Bytes,
    o: int,
    ctl: Int64s,
) -> int:
    """Values of the exact stores that know an ALT, one per ALT; -1 if there is no room."""
    for store in range(ctl[C_EXACT]):
        found = False
        for k in range(n_alt):
            if alts[k, A_KIND] == ALT_SEQUENCE and alts[k, A_REC0 + store] >= 0:
                found = True
        if not found:
            continue
        for f in range(m.exact_store[store, STORE_FIELDS]):
            size = 0
            for k in range(n_alt):
                if alts[k, A_KIND] == ALT_SEQUENCE and alts[k, A_REC0 + store] >= 0:
                    c = exact_cell(m, store, alts[k, A_REC0 + store], f)
                    size += m.exact_cell_off[c + 1] - m.exact_cell_off[c]
            if size == 0:
                continue
            label = LABEL_STORES + m.exact_store[store, STORE_FIELD0] + f
            if o + size + 2 * n_alt + 2 + label_off[label + 1] - label_off[label] > len(out):
                return -1
            o = put_label(label_bytes, label_off, label, out, put1(out, o, 59))
            for k in range(n_alt):
                if k > 0:
                    o = put1(out, o, 44)
                begin = o
                if alts[k, A_KIND] == ALT_SEQUENCE and alts[k, A_REC0 + store] >= 0:
                    c = exact_cell(m, store, alts[k, A_REC0 + store], f)
                    o = put(out, o, m.exact_values, m.exact_cell_off[c], m.exact_cell_off[c + 1])
                if o == begin:
                    o = put1(out, o, 46)
    return o


@kernel
def put_intervals(
    m: Intervals,
    contigs: int,
    label_bytes: Bytes,
    label_off: Int64s,
    fields: Int64s,
    out: Bytes,
    o: int,
    ctl: Int64s,
) -> int:
    """Names of the intervals that the REF bases touch; -1 if there is no room."""
    start = fields[F_POS]
    end = start + fields[4] - 1 - fields[3]
    label0 = ctl[C_LABELS] - ctl[C_INTERVALS]
    for store in range(ctl[C_INTERVALS]):
        s0, s1 = interval_segments(m, store * contigs + fields[F_CONTIG], start, end)
        first = True
        for segment in range(s0, s1):
            for i in range(m.iv_seg_off[segment], m.iv_seg_off[segment + 1]):
                x = m.iv_seg_id[i]
                if segment > s0 and m.iv_start[x] != m.iv_seg_start[segment]:
                    continue  # listed already
                label = label0 + store
                size = m.iv_name_off[x + 1] - m.iv_name_off[x]
                if o + size + 4 + label_off[label + 1] - label_off[label] > len(out):
                    return -1
                if first:
                    o = put_label(label_bytes, label_off, label, out, put1(out, o, 59))
                else:
                    o = put1(out, o, 44)
                first = False
                o = put(out, o, m.iv_names, m.iv_name_off[x], m.iv_name_off[x + 1])
    return o
