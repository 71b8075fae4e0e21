"""The one pass: whole lines in, annotated lines out.

For each line: columns, judgement, then for each ALT its transcripts, consequences, pick and known
records, then the line with its new INFO. A line that cannot be annotated is copied as it is and
its reason counted.
"""

from __future__ import annotations

from anntools.kernels import layout as k
from anntools.kernels.alleles import annotate_alts, find_known, read_alts
from anntools.kernels.counts import S_BLANK, S_REASON0, S_RECORDS
from anntools.kernels.memory import copy, entry, i64, kernel, set_byte, set_i64
from anntools.kernels.record import FIRST_ERROR, NOT_LIFTED, judge
from anntools.kernels.scan import split_line
from anntools.kernels.stretch import begin_stretch, end_stretch, in_stretch, reuse_stretch
from anntools.kernels.table import table_record, table_skipped
from anntools.kernels.tally import count, count_record
from anntools.kernels.write import write_record


@entry
def annotate_chunk(c: int) -> int:
    """Annotate the lines from C_IN to C_IN_END, appending at C_OUT; returns a status.

    DONE: all lines. GROW_*: a buffer must grow; call again with a larger one. REFUSED: the first
    bad record in strict mode. C_IN, C_OUT and C_LINE tell how far it came.
    """
    status = all_lines(c)
    end_stretch(c)
    return status


@kernel
def all_lines(c: int) -> int:
    """The same; counts of the last stretch may be missing."""
    line = i64(c, k.C_LINE_BLOCK)
    stats = i64(c, k.C_STATS)
    p = i64(c, k.C_IN)
    end = i64(c, k.C_IN_END)
    while p < end:
        split_line(line, p)
        if i64(line, k.L_END) == p:
            count(stats, S_BLANK)
        else:
            status = one_line(c, line)
            if status != k.DONE:
                return status
            count(stats, S_RECORDS)
        p = i64(line, k.L_NEXT)
        set_i64(c, k.C_IN, p)
        set_i64(c, k.C_LINE, i64(c, k.C_LINE) + 1)
    return k.DONE


@kernel
def one_line(c: int, line: int) -> int:
    """Annotate one line, or copy it with a reason; returns a status."""
    reason = judge(c, line)
    if reason:
        return pass_through(c, line, reason)
    set_i64(c, k.C_TEXT, i64(c, k.C_TEXT_BEGIN))
    n_alt = read_alts(c, line)
    if n_alt < 0:
        return k.GROW_ALTS
    if in_stretch(c, line, n_alt):
        reuse_stretch(c, n_alt)
    else:
        end_stretch(c)
        status = annotate_alts(c, n_alt)
        if status != k.DONE:
            return status
        if i64(c, k.C_STRETCH_TEXT) and i64(c, k.C_TABLE) == 0:
            begin_stretch(c, line, n_alt)
    find_known(c, line, n_alt)
    begin = i64(c, k.C_OUT)
    status = write_record(c, line, n_alt)
    if status == k.DONE and i64(c, k.C_TABLE):
        status = table_record(c, line, n_alt)
        if status != k.DONE:
            set_i64(c, k.C_OUT, begin)
    if status == k.DONE:
        count_record(c, line, n_alt)
    return status


@kernel
def pass_through(c: int, line: int, reason: int) -> int:
    """Copy a record that is not annotated; returns a status. Not lifted ones have been kept."""
    begin = i64(line, 0)
    end = i64(line, k.L_END)
    if reason >= FIRST_ERROR and i64(c, k.C_STRICT):
        note_issue(c, line, reason)
        return k.REFUSED
    o = i64(c, k.C_OUT)
    if o + (end - begin) + 1 > i64(c, k.C_OUT_END):
        return k.GROW_OUT
    if i64(c, k.C_TABLE):
        status = table_skipped(c, line, reason)
        if status != k.DONE:
            return status
    if reason >= FIRST_ERROR:
        note_issue(c, line, reason)
    count(i64(c, k.C_STATS), S_REASON0 + reason)
    if reason != NOT_LIFTED:
        set_i64(c, k.C_OUT, set_byte(copy(o, begin, end - begin), 10))
    return k.DONE


@kernel
def note_issue(c: int, line: int, reason: int) -> None:
    """Keep the place of a bad record, as long as there is room in the list."""
    n = i64(c, k.C_ISSUES_COUNT)
    if n >= i64(c, k.C_ISSUES_MOST):
        return
    issue = i64(c, k.C_ISSUES) + 8 * k.I_SLOTS * n
    begin = i64(line, 0)
    set_i64(issue, k.I_LINE, i64(c, k.C_LINE))
    set_i64(issue, k.I_REASON, reason)
    set_i64(issue, k.I_COLUMN, i64(line, k.L_AT) - begin + 1)
    set_i64(issue, k.I_CONTIG, i64(line, k.L_CONTIG))
    set_i64(issue, k.I_POS, i64(line, k.L_POS))
    set_i64(issue, k.I_BEGIN, begin)
    set_i64(issue, k.I_END, i64(line, k.L_END))
    set_i64(c, k.C_ISSUES_COUNT, n + 1)
