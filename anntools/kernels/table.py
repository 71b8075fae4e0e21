"""Rows of the table, appended record by record to the columns of ``table_layout``.

Nothing counts before the whole record is there: when a buffer is too small, what was written of
the record is forgotten, and the record is annotated again.
"""

from __future__ import annotations

from anntools.kernels import layout as k
from anntools.kernels import table_layout as t
from anntools.kernels.alleles import alt_block
from anntools.kernels.alt_forms import read_number
from anntools.kernels.memory import i64, kernel, set_byte, set_i32, set_i64, set_u16
from anntools.kernels.record import FIRST_ERROR, NO_ALT
from anntools.kernels.scan import column_end
from anntools.kernels.table_cells import (
    put_cell,
    put_no_cell,
    put_number,
    put_value,
    text_column,
)
from anntools.kernels.table_entries import allele
from anntools.kernels.table_genotypes import genotypes, no_genotypes
from anntools.kernels.table_stores import known


@kernel
def table_record(c: int, line: int, n_alt: int) -> int:
    """Append the rows of an annotated record; returns a status, DONE or GROW_TABLE."""
    table = i64(c, k.C_TABLE)
    row = i64(table, t.T_ALLELES)
    entry = i64(table, t.T_ENTRIES)
    for j in range(n_alt):
        alt = alt_block(c, j)
        count = i64(alt, k.A_ROW1) - i64(alt, k.A_ROW0)
        if row >= i64(table, t.T_ALLELES_MOST):
            return want(table, t.WANT_ALLELES)
        if entry + max(count, 1) > i64(table, t.T_ENTRIES_MOST):
            return want(table, t.WANT_ENTRIES)
        if fixed_columns(table, line, row, j) or put_cell(
            table, t.X_ALT, row, i64(alt, k.A_TEXT), i64(alt, k.A_TEXT_SIZE)
        ):
            return k.GROW_TABLE
        put_no_cell(table, t.X_RAW, row)
        set_i32(i64(table, t.T_POS), row, i64(line, k.L_POS) + 1)
        set_byte(i64(table, t.T_SKIPPED) + row, 0)
        if count == 0:
            set_byte(i64(table, t.T_REASON) + row, NO_ALT)
            nothing(table, row, entry)
            full = 0
        else:
            set_byte(i64(table, t.T_REASON) + row, 0)
            full = allele(c, table, alt, row, entry)
        if full or known(c, table, line, alt if count else 0, row, True):
            return k.GROW_TABLE
        row += 1
        entry += max(count, 1)
    if i64(table, t.T_SAMPLES) and genotypes(c, table, line, row - n_alt, n_alt):
        return k.GROW_TABLE
    return commit(table, row, entry)


@kernel
def table_skipped(c: int, line: int, reason: int) -> int:
    """Append the one row of a record that is passed through; returns a status."""
    table = i64(c, k.C_TABLE)
    row = i64(table, t.T_ALLELES)
    entry = i64(table, t.T_ENTRIES)
    if row >= i64(table, t.T_ALLELES_MOST):
        return want(table, t.WANT_ALLELES)
    if entry >= i64(table, t.T_ENTRIES_MOST):
        return want(table, t.WANT_ENTRIES)
    count = i64(line, k.L_COUNT)
    for column in range(count, 8):  # columns that are not there are empty
        set_i64(line, column, i64(line, k.L_END) + 1)
    if fixed_columns(table, line, row, 0):
        return k.GROW_TABLE
    pos = -1
    if count > 1:
        pos = read_number(i64(line, k.L_POS_TEXT), column_end(line, k.L_POS_TEXT))
    if pos > 0x7FFFFFFF:
        pos = -1
    set_i32(i64(table, t.T_POS), row, pos)
    set_byte(i64(table, t.T_SKIPPED) + row, 1)
    set_byte(i64(table, t.T_REASON) + row, reason)
    if line_cell(table, t.X_ALT, row, line, k.L_ALT):
        return k.GROW_TABLE
    begin = i64(line, 0)
    size = i64(line, k.L_END) - begin if reason >= FIRST_ERROR else 0
    if put_cell(table, t.X_RAW, row, begin, size):
        return k.GROW_TABLE
    nothing(table, row, entry)
    no_genotypes(table, row, 1)
    known(c, table, line, 0, row, False)
    return commit(table, row + 1, entry + 1)


@kernel
def want(table: int, what: int) -> int:
    """Say what was too small."""
    set_i64(table, t.T_WANT, what)
    return k.GROW_TABLE


@kernel
def commit(table: int, rows: int, entries: int) -> int:
    """Make the rows of a whole record count."""
    set_i64(table, t.T_RECORDS, i64(table, t.T_RECORDS) + 1)
    set_i64(table, t.T_ALLELES, rows)
    set_i64(table, t.T_ENTRIES, entries)
    for column in range(i64(table, t.T_TEXTS)):
        x = text_column(table, column)
        set_i64(x, t.TEXT_DONE, i64(x, t.TEXT_NEXT))
    return k.DONE


@kernel
def line_cell(table: int, column: int, row: int, line: int, part: int) -> int:
    """A column of the line as a text; one that is not there, or a dot, is none."""
    begin = i64(line, part)
    return put_value(table, column, row, begin, max(0, column_end(line, part) - begin))


@kernel
def fixed_columns(table: int, line: int, row: int, j: int) -> int:
    """What is the same for all alleles of a record; 1 when a buffer must grow."""
    set_i32(i64(table, t.T_RECORD), row, i64(table, t.T_RECORDS))
    set_i32(i64(table, t.T_ALT_INDEX), row, j + 1)
    full = line_cell(table, t.X_CHROM, row, line, k.L_CHROM)
    full |= line_cell(table, t.X_ID, row, line, k.L_ID)
    full |= line_cell(table, t.X_REF, row, line, k.L_REF)
    full |= line_cell(table, t.X_FILTER, row, line, k.L_FILTER)
    begin = i64(line, k.L_QUAL)
    size = max(0, column_end(line, k.L_QUAL) - begin)
    return full | put_number(table, t.Y_QUAL, row, begin, size)


@kernel
def nothing(table: int, row: int, entry: int) -> None:
    """An allele without annotation: a placeholder instead of transcripts."""
    set_byte(i64(table, t.T_CLASS) + row, t.NO_CLASS)
    set_i32(i64(table, t.T_PICK), row, -1)
    for column in range(t.X_ALLELE, t.X_ENTRY):
        put_no_cell(table, column, row)
    for column in range(t.X_ENTRY, t.X_STORES):
        put_no_cell(table, column, entry)
    set_byte(i64(table, t.E_FIRST) + entry, 0)
    set_byte(i64(table, t.E_PICKED) + entry, 0)
    set_u16(i64(table, t.E_TERMS), entry, 0)
    set_i32(i64(table, t.E_TX), entry, t.NOTHING)
    for n in range(t.ENTRY_INTS):
        set_i32(i64(table, t.E_INTS + n), entry, 0)
    set_i32(i64(table, t.E_INTS + t.N_DISTANCE), entry, -1)
