"""The one pass: whole lines in, annotated lines out.

``annotate_chunk`` is the only kernel that Python calls. For each line: check, then for each ALT
find the transcripts, work out the consequences, pick, look up the stores, and write the line with
its new INFO. A line that cannot be annotated is copied as it is and its reason counted.
"""

from __future__ import annotations

import numpy as np

from anntools import terms
from anntools.compiled import bytes_at, entry, int64s_at, kernel, table64_at
from anntools.kernels import counts
from anntools.kernels.consequence import (
    R_ALT,
    R_CDS1,
    R_CDS2,
    R_DISTANCE,
    R_MASK,
    R_TX,
    ROW_COLUMNS,
    consequence,
)
from anntools.kernels.counts import (
    CDS,
    INDEL_MAX,
    INTERGENIC,
    INTRON,
    NC_EXON,
    NC_INTRON,
    PROMOTER,
    S_ALTS,
    S_ANNOTATED,
    S_BLANK,
    S_CLASS0,
    S_DELETION,
    S_EXACT0,
    S_IMPACT0,
    S_INDEL0,
    S_INSERTION,
    S_INTERVAL0,
    S_ISOFORM_CLASS0,
    S_OTHER,
    S_REASON0,
    S_RECORDS,
    S_ROWS,
    S_SECTIONS,
    S_SNV,
    S_TERM0,
    S_TRANSITION,
    S_TRANSVERSION,
    S_WITH_RSID,
    S_WORST0,
    UTR3,
    UTR5,
)
from anntools.kernels.genome import segment_of
from anntools.kernels.model import (
    BASE,
    GENE,
    LENGTH,
    NAMES,
    PICK,
    STORE_FIELD0,
    STORE_FIELDS,
    Bytes,
    Exact,
    Genes,
    Int64s,
    Intervals,
    Model,
    Segments,
    model_at,
)
from anntools.kernels.record import (
    ALT_SEQUENCE,
    F_COLUMN,
    F_CONTIG,
    F_END,
    F_POS,
    FIRST_ERROR,
    OK,
    alt_kind,
    check,
    next_comma,
)
from anntools.kernels.render import N_TERMS, impact_of, lowest_bit, put_csq
from anntools.kernels.stores import exact_cell, exact_find, interval_segments
from anntools.kernels.text import put, put1

# Columns of `alts`: one ALT of the record. S, E: place as Ensembl counts it (1-based, closed).
# SHOWN: the allele as CSQ names it. ALT: the bases that replace S..E. REC0: found exact records.
(
    A_KIND,
    A_S,
    A_E,
    A_REF0,
    A_SHOWN0,
    A_SHOWN1,
    A_ALT0,
    A_ALT1,
    A_ROW0,
    A_ROW1,
    A_PICK,
    A_CLASS,
    A_BEGIN,
    A_END,
) = range(14)
A_REC0 = 16
ALT_COLUMNS = 32

# Slots of `ctl`, how kernel and caller talk.
C_IN, C_OUT, C_LINE, C_ISSUES, C_STATUS, C_STRICT, C_DISTANCE, C_EXACT, C_INTERVALS, C_LABELS = (
    range(10)
)
CTL_SLOTS = 16
DONE, GROW_OUT, GROW_ROWS, GROW_ALTS, REFUSED = range(5)

# Columns of `issues`: line number, reason, column, contig, position, begin and end of the line.
ISSUE_COLUMNS = 8

LABEL_CSQ, LABEL_CLASS, LABEL_STORES = 0, 1, 2

# Position classes as they are printed, in the order of counts.CDS ...
_CLASS_BYTES, _CLASS_OFF = counts.class_names()


@entry
def annotate_chunk(
    addresses: Int64s,
    lengths: Int64s,
    label_bytes: Bytes,
    label_off: Int64s,
    src: Bytes,
    out: Bytes,
    rows: Int64s,
    alts: Int64s,
    work: Bytes,
    stats: Int64s,
    issues: Int64s,
    ctl: Int64s,
    fields: Int64s,
) -> None:
    """Annotate the lines of ``src`` from ``ctl[C_IN]`` on, appending to ``out`` at ``ctl[C_OUT]``.

    ``addresses`` and ``lengths`` are ``model.places()``. Returns when ``src`` is used up (DONE),
    when a buffer must grow (GROW_*; call again with a larger one), or at the first bad record in
    strict mode (REFUSED).
    """
    annotate_lines(
        model_at(addresses, lengths),
        bytes_at(label_bytes.ctypes.data, len(label_bytes)),
        int64s_at(label_off.ctypes.data, len(label_off)),
        bytes_at(src.ctypes.data, len(src)),
        bytes_at(out.ctypes.data, len(out)),
        table64_at(rows.ctypes.data, len(rows), ROW_COLUMNS),
        table64_at(alts.ctypes.data, len(alts), ALT_COLUMNS),
        bytes_at(work.ctypes.data, len(work)),
        int64s_at(stats.ctypes.data, len(stats)),
        table64_at(issues.ctypes.data, len(issues), ISSUE_COLUMNS),
        int64s_at(ctl.ctypes.data, len(ctl)),
        int64s_at(fields.ctypes.data, len(fields)),
    )


@kernel
def annotate_lines(
    m: Model,
    label_bytes: Bytes,
    label_off: Int64s,
    src: Bytes,
    out: Bytes,
    rows: Int64s,
    alts: Int64s,
    work: Bytes,
    stats: Int64s,
    issues: Int64s,
    ctl: Int64s,
    fields: Int64s,
) -> None:
    """The loop over the lines."""
    last = fields[16:]
    last[2] = -2
    n = len(src)
    a = ctl[C_IN]
    o = ctl[C_OUT]
    ctl[C_STATUS] = DONE
    while a < n:
        end = line_end(src, a, n)
        b = end
        if b > a and src[b - 1] == 13:
            b -= 1
        if b == a:
            stats[S_BLANK] += 1
            a = end + 1
            ctl[C_LINE] += 1
            continue
        reason = check(m.genome, src, a, b, fields, last)
        if reason != OK:
            if ctl[C_STRICT] and reason >= FIRST_ERROR:
                note_issue(issues, ctl, fields, reason, a, b)
                ctl[C_STATUS] = REFUSED
                break
            if o + b - a + 1 > len(out):
                ctl[C_STATUS] = GROW_OUT
                break
            if reason >= FIRST_ERROR:
                note_issue(issues, ctl, fields, reason, a, b)
            stats[S_REASON0 + reason] += 1
            o = put1(out, put(out, o, src, a, b), 10)
        else:
            n_alt = read_alts(src, fields, alts)
            if n_alt < 0:
                ctl[C_STATUS] = GROW_ALTS
                break
            n_rows = annotate_record(m, src, fields, alts, n_alt, rows, work, ctl)
            if n_rows < 0:
                ctl[C_STATUS] = GROW_ROWS
                break
            end_out = write_record(
                m, label_bytes, label_off, src, a, b, fields, alts, n_alt, rows, work, out, o, ctl
            )
            if end_out < 0:
                ctl[C_STATUS] = GROW_OUT
                break
            o = end_out
            count_record(m, src, fields, alts, n_alt, rows, stats, ctl)
        stats[S_RECORDS] += 1
        a = end + 1
        ctl[C_LINE] += 1
        ctl[C_OUT] = o
    ctl[C_IN] = a


@kernel
def line_end(src: Bytes, a: int, n: int) -> int:
    """Index of the first line feed from ``a`` on, or ``n``."""
    i = np.uintp(a)
    end = np.uintp(n)
    while i < end and src[i] != 10:
        i += np.uintp(1)
    return int(np.int64(i))


@kernel
def note_issue(issues: Int64s, ctl: Int64s, fields: Int64s, reason: int, a: int, b: int) -> None:
    """Keep the place of a bad record, as long as there is room in the list."""
    i = ctl[C_ISSUES]
    if i < len(issues):
        issues[i, 0] = ctl[C_LINE]
        issues[i, 1] = reason
        issues[i, 2] = fields[F_COLUMN]
        issues[i, 3] = fields[F_CONTIG]
        issues[i, 4] = fields[F_POS]
        issues[i, 5] = a
        issues[i, 6] = b
        ctl[C_ISSUES] = i + 1


@kernel
def read_alts(src: Bytes, fields: Int64s, alts: Int64s) -> int:
    """Fill ``alts`` from the ALT column; returns how many, -1 if there is no room.

    As in Ensembl, the name of an allele leaves out a first base that REF and all ALTs share when
    any of them differs in length.
    """
    ref0 = fields[3]
    ref1 = fields[4] - 1
    end = fields[5] - 1
    n = 0
    indel = False
    shared = True
    i = fields[4]
    while i <= end:
        if n >= len(alts):
            return -1
        j = next_comma(src, i, end)
        kind = alt_kind(src, i, j, ref0, ref1)
        alts[n, A_KIND] = kind
        alts[n, A_BEGIN] = i
        alts[n, A_END] = j
        if kind == ALT_SEQUENCE:
            if j - i != ref1 - ref0:
                indel = True
            if (src[i] & 95) != (src[ref0] & 95):
                shared = False
        n += 1
        i = j + 1
    strip = 1 if indel and shared else 0
    for k in range(n):
        alts[k, A_SHOWN0] = alts[k, A_BEGIN] + strip
        alts[k, A_SHOWN1] = alts[k, A_END]
        trim(src, fields, alts[k], strip)
    return n


@kernel
def trim(src: Bytes, fields: Int64s, alt: Int64s, strip: int) -> None:
    """Leave out what REF and ALT share at the begin, then at the end, and set the place."""
    r0 = fields[3] + strip
    r1 = fields[4] - 1
    a0 = alt[A_BEGIN] + strip
    a1 = alt[A_END]
    if alt[A_KIND] == ALT_SEQUENCE:
        while r0 < r1 and a0 < a1 and (src[r0] & 95) == (src[a0] & 95):
            r0 += 1
            a0 += 1
        while r0 < r1 and a0 < a1 and (src[r1 - 1] & 95) == (src[a1 - 1] & 95):
            r1 -= 1
            a1 -= 1
    alt[A_S] = fields[F_POS] + 1 + r0 - fields[3]
    alt[A_E] = fields[F_POS] + r1 - fields[3]
    alt[A_REF0] = r0
    alt[A_ALT0] = a0
    alt[A_ALT1] = a1


@kernel
def annotate_record(
    m: Model,
    src: Bytes,
    fields: Int64s,
    alts: Int64s,
    n_alt: int,
    rows: Int64s,
    work: Bytes,
    ctl: Int64s,
) -> int:
    """Fill ``rows`` for all ALTs of a record; returns how many rows, -1 if there is no room."""
    contig = fields[F_CONTIG]
    n = 0
    for k in range(n_alt):
        alts[k, A_ROW0] = n
        if alts[k, A_KIND] == ALT_SEQUENCE:
            n = annotate_alt(m, contig, src, alts, k, rows, n, work, ctl)
            if n < 0:
                return -1
            for store in range(ctl[C_EXACT]):
                alts[k, A_REC0 + store] = exact_find(
                    m.exact,
                    store * len(m.genome.contigs) + contig,
                    fields[F_POS],
                    src,
                    fields[3],
                    fields[4] - 1,
                    alts[k, A_BEGIN],
                    alts[k, A_END],
                )
        alts[k, A_ROW1] = n
    return n


@kernel
def annotate_alt(
    m: Model,
    contig: int,
    src: Bytes,
    alts: Int64s,
    k: int,
    rows: Int64s,
    n: int,
    work: Bytes,
    ctl: Int64s,
) -> int:
    """Rows of one ALT from row ``n`` on, with its pick and position class; returns the next row.

    Transcripts come segment by segment; in later segments only those that begin there are new.
    """
    s = alts[k, A_S]
    e = alts[k, A_E]
    first = segment_of(m.genome.contigs, m.segments.seg_start, contig, min(s, e) - 1)
    last = segment_of(m.genome.contigs, m.segments.seg_start, contig, max(s, e) - 1)
    window = ctl[C_DISTANCE]
    best = -1
    place = INTERGENIC
    for segment in range(first, last + 1):
        for i in range(m.segments.seg_off[segment], m.segments.seg_off[segment + 1]):
            t = m.segments.seg_tx[i]
            if segment > first and _began_before(m.segments, segment, t):
                continue
            if n + 1 >= len(rows):
                return -1
            row = rows[n]
            consequence(m.genes, t, s, e, src, alts[k, A_ALT0], alts[k, A_ALT1], row, work)
            if row[R_DISTANCE] > window:
                continue
            row[R_ALT] = k
            place = min(place, position_class(row))
            if best < 0 or better(m.genes, row, rows[best]):
                best = n
            n += 1
    if best < 0:
        if n >= len(rows):
            return -1
        rows[n, :] = 0
        rows[n, R_TX] = -1
        rows[n, R_MASK] = 1 << terms.INTERGENIC
        rows[n, R_ALT] = k
        best = n
        n += 1
    alts[k, A_PICK] = best
    alts[k, A_CLASS] = place
    return n


@kernel
def _began_before(m: Segments, segment: int, t: int) -> bool:
    """Whether transcript ``t`` was already listed in the segment before this one."""
    for i in range(m.seg_off[segment - 1], m.seg_off[segment]):
        if m.seg_tx[i] == t:
            return True
    return False


@kernel
def better(m: Genes, row: Int64s, other: Int64s) -> bool:
    """The pick rule: a transcript that holds the variant before one that is only near it, then
    static order (MANE, canonical, biotype), then severity, then length.
    """
    t = row[R_TX]
    u = other[R_TX]
    outside = row[R_MASK] & _OUTSIDE != 0
    if outside != (other[R_MASK] & _OUTSIDE != 0):
        return not outside
    if m.tx[t, PICK] != m.tx[u, PICK]:
        return m.tx[t, PICK] < m.tx[u, PICK]
    a = lowest_bit(row[R_MASK])
    b = lowest_bit(other[R_MASK])
    if a != b:
        return a < b
    return m.tx[t, LENGTH] > m.tx[u, LENGTH]


_UTR5 = 1 << terms.UTR5
_UTR3 = 1 << terms.UTR3
_NC_EXON = 1 << terms.NON_CODING_EXON
_NC = 1 << terms.NON_CODING
_INTRONIC = 1 << terms.INTRON | 1 << terms.SPLICE_DONOR | 1 << terms.SPLICE_ACCEPTOR
_OUTSIDE = 1 << terms.UPSTREAM | 1 << terms.DOWNSTREAM
_CODING = (
    1 << terms.CODING_SEQUENCE
    | 1 << terms.FRAMESHIFT
    | 1 << terms.START_LOST
    | 1 << terms.STOP_LOST
)
PROMOTER_LENGTH = 500


@kernel
def position_class(row: Int64s) -> int:
    """Where an allele lies in a transcript, in the classic words."""
    mask = row[R_MASK]
    if mask & _OUTSIDE:
        if mask >> terms.UPSTREAM & 1 and row[R_DISTANCE] <= PROMOTER_LENGTH:
            return PROMOTER
        return INTERGENIC
    if row[R_CDS1] > 0 or row[R_CDS2] > 0 or mask & _CODING:
        return CDS
    if mask & _UTR5:
        return UTR5
    if mask & _UTR3:
        return UTR3
    if mask & _NC_EXON:
        return NC_EXON
    if mask & _NC:
        return NC_INTRON
    return INTRON


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


@kernel
def count_record(
    m: Model,
    src: Bytes,
    fields: Int64s,
    alts: Int64s,
    n_alt: int,
    rows: Int64s,
    stats: Int64s,
    ctl: Int64s,
) -> None:
    """Add an annotated record to the counts."""
    contigs = len(m.genome.contigs)
    stats[S_ANNOTATED] += 1
    stats[S_SECTIONS + fields[F_CONTIG]] += 1
    i = fields[2]
    if fields[3] - 1 - i > 2 and src[i] == 114 and src[i + 1] == 115:
        stats[S_WITH_RSID] += 1
    for k in range(n_alt):
        if alts[k, A_KIND] == ALT_SEQUENCE:
            count_kind(src, fields, alts[k], stats)
            count_rows(m.genes, alts[k], rows, stats, contigs)
            for store in range(ctl[C_EXACT]):
                x = alts[k, A_REC0 + store]
                if x >= 0:
                    stats[S_EXACT0 + store] += 1
                    if m.exact.exact_class[x] >= 0:
                        stats[len(stats) - 1 - m.exact.exact_class[x]] += 1
    start = fields[F_POS]
    end = start + fields[4] - 1 - fields[3]
    for store in range(ctl[C_INTERVALS]):
        s0, s1 = interval_segments(m.intervals, store * contigs + fields[F_CONTIG], start, end)
        if s1 > s0 and m.intervals.iv_seg_off[s1] > m.intervals.iv_seg_off[s0]:
            stats[S_INTERVAL0 + store] += 1


@kernel
def count_kind(src: Bytes, fields: Int64s, alt: Int64s, stats: Int64s) -> None:
    """SNV, insertion, deletion or other; transition or transversion; length of an indel."""
    stats[S_ALTS] += 1
    n_ref = fields[4] - 1 - fields[3]
    n_alt = alt[A_END] - alt[A_BEGIN]
    if n_ref == 1 and n_alt == 1:
        stats[S_SNV] += 1
        a = BASE[src[fields[3]]]
        b = BASE[src[alt[A_BEGIN]]]
        if a < 4 and b < 4:
            stats[S_TRANSITION if (a ^ b) == 2 else S_TRANSVERSION] += 1
        return
    if n_ref == n_alt:
        stats[S_OTHER] += 1
        return
    stats[S_INSERTION if n_alt > n_ref else S_DELETION] += 1
    size = max(-INDEL_MAX, min(INDEL_MAX, n_alt - n_ref))
    stats[S_INDEL0 + INDEL_MAX + size] += 1


@kernel
def count_rows(m: Genes, alt: Int64s, rows: Int64s, stats: Int64s, n_contigs: int) -> None:
    """Terms per row; most severe term, impact, position class and genes per ALT."""
    worst = N_TERMS
    for r in range(alt[A_ROW0], alt[A_ROW1]):
        mask = rows[r, R_MASK]
        stats[S_ROWS] += 1
        for i in range(N_TERMS):
            if mask >> i & 1:
                stats[S_TERM0 + i] += 1
        worst = min(worst, lowest_bit(mask))
        t = rows[r, R_TX]
        if t < 0:
            stats[S_ISOFORM_CLASS0 + INTERGENIC] += 1
            continue
        stats[S_ISOFORM_CLASS0 + position_class(rows[r])] += 1
        gene = m.tx[t, GENE]
        if not rows[r, R_MASK] & _OUTSIDE and not _gene_seen(m, alt, rows, r, gene):
            stats[S_SECTIONS + n_contigs + gene] += 1
    stats[S_WORST0 + worst] += 1
    stats[S_IMPACT0 + impact_of(1 << worst)] += 1
    stats[S_CLASS0 + alt[A_CLASS]] += 1


@kernel
def _gene_seen(m: Genes, alt: Int64s, rows: Int64s, r: int, gene: int) -> bool:
    for q in range(alt[A_ROW0], r):
        u = rows[q, R_TX]
        if not rows[q, R_MASK] & _OUTSIDE and m.tx[u, GENE] == gene:
            return True
    return False
