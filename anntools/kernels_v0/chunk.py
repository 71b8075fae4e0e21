"""The one pass: whole lines in, annotated lines out.

``annotate_chunk`` is the only kernel that Python calls. For each line: check, then for each ALT
find the transcripts, work out the consequences, pick, look up the stores, and write the line with
its new INFO. A line that cannot be annotated is copied as it is and its reason counted.
"""

from __future__ import annotations

import numpy as np

from anntools.compiled_v0 import bytes_at, entry, int64s_at, kernel, table64_at
from anntools.kernels_v0.alleles import annotate_record, read_alts
from anntools.kernels_v0.consequence import (
    ROW_COLUMNS,
)
from anntools.kernels_v0.counts import (
    S_BLANK,
    S_REASON0,
    S_RECORDS,
)
from anntools.kernels_v0.layout import (
    ALT_COLUMNS,
    C_IN,
    C_ISSUES,
    C_LINE,
    C_OUT,
    C_STATUS,
    C_STRICT,
    DONE,
    GROW_ALTS,
    GROW_OUT,
    GROW_ROWS,
    ISSUE_COLUMNS,
    REFUSED,
)
from anntools.kernels_v0.model import (
    Bytes,
    Int64s,
    Model,
    model_at,
)
from anntools.kernels_v0.record import (
    F_COLUMN,
    F_CONTIG,
    F_POS,
    FIRST_ERROR,
    OK,
    check,
)
from anntools.kernels_v0.tally import count_record
from anntools.kernels_v0.text import put, put1
from anntools.kernels_v0.write import write_record


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
