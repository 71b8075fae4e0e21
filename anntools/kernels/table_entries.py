"""Entries of the table: what is said of an allele in each transcript, and of the picked one."""

from __future__ import annotations

from anntools.kernels import layout as k
from anntools.kernels import table_layout as t
from anntools.kernels.alleles import OUTSIDE, row_block
from anntools.kernels.csq import put_amino_acids, put_shown, put_text
from anntools.kernels.hgvs_c import put_hgvsc
from anntools.kernels.hgvs_p import put_hgvsp
from anntools.kernels.memory import (
    i32,
    i64,
    kernel,
    set_byte,
    set_i32,
    set_i64,
    set_u16,
    shift_right,
)
from anntools.kernels.table_cells import close_cell, decoded, put_cell, put_no_cell, room_for
from anntools.kernels.vep_p import vep_room

_SCRATCH = 256  # bytes that a description may need besides its alleles


@kernel
def allele(c: int, table: int, alt: int, row: int, entry: int) -> int:
    """An annotated allele and its entries; 1 when a buffer must grow."""
    set_byte(i64(table, t.T_CLASS) + row, i64(alt, k.A_CLASS))
    at = room_for(table, t.X_ALLELE, i64(alt, k.A_SHOWN_SIZE))
    if at == 0:
        return 1
    close_cell(table, t.X_ALLELE, row, at, put_shown(at, alt))
    if put_cell(table, t.X_HGVSG, row, i64(alt, k.A_HGVSG), i64(alt, k.A_HGVSG_SIZE)):
        return 1
    first = i64(alt, k.A_ROW0)
    pick = i64(alt, k.A_PICK)
    set_i32(i64(table, t.T_PICK), row, entry + pick - first)
    for r in range(first, i64(alt, k.A_ROW1)):
        e = entry + r - first
        source = row_block(c, r)
        set_byte(i64(table, t.E_FIRST) + e, 0 if r == first else 1)
        set_byte(i64(table, t.E_PICKED) + e, 1 if r == pick else 0)
        number = mask_number(table, i64(source, k.R_MASK))
        if number < 0:
            set_i64(table, t.T_WANT, t.WANT_MASKS)
            return 1
        set_u16(i64(table, t.E_TERMS), e, number)
        set_i32(i64(table, t.E_TX), e, i64(source, k.R_TX))
        numbers(table, source, e)
        if texts(c, table, alt, source, e, t.X_ENTRY):
            return 1
        if r == pick and texts(c, table, alt, source, row, t.X_PICKED):
            return 1
    return 0


@kernel
def mask_number(table: int, mask: int) -> int:
    """Number of a consequence mask, in the order in which they were met; -1 if there is no room."""
    if mask == i64(table, t.T_LAST_MASK):
        return i64(table, t.T_LAST_NUMBER)
    bits = i64(table, t.T_MASK_BITS)
    pairs = i64(table, t.T_MASKS)
    at = shift_right(mask * t.HASH, 64 - bits)
    while i64(pairs, 2 * at + 1) and i64(pairs, 2 * at) != mask:
        at = (at + 1) & ((1 << bits) - 1)
    number = i64(pairs, 2 * at + 1) - 1
    if number < 0:
        number = i64(table, t.T_MASK_COUNT)
        if 2 * number >= 1 << bits:
            return -1
        set_i64(table, t.T_MASK_COUNT, number + 1)
        set_i64(pairs, 2 * at, mask)
        set_i64(pairs, 2 * at + 1, number + 1)
    set_i64(table, t.T_LAST_MASK, mask)
    set_i64(table, t.T_LAST_NUMBER, number)
    return number


@kernel
def is_within(row: int) -> bool:
    """Whether the allele lies in the transcript, not only near it."""
    return i64(row, k.R_TX) >= 0 and i64(row, k.R_MASK) & OUTSIDE == 0


@kernel
def is_spliced(row: int) -> bool:
    """Whether CSQ shows positions in the spliced transcript."""
    return is_within(row) and (i64(row, k.R_CDNA1) | i64(row, k.R_CDNA2)) != 0


@kernel
def is_coding(row: int) -> bool:
    """Whether CSQ shows positions in the coding sequence, codons and amino acids."""
    shown = i64(row, k.R_CDS1) | i64(row, k.R_CDS2) | i64(row, k.R_STATE)
    return is_spliced(row) and shown != 0


@kernel
def numbers(table: int, row: int, e: int) -> None:
    """The number columns of an entry."""
    of_transcript = i64(row, k.R_TX) >= 0
    coding = is_coding(row)
    put_pair(table, e, t.N_EXON1, row, k.R_EXON1, of_transcript)
    put_pair(table, e, t.N_INTRON1, row, k.R_INTRON1, of_transcript)
    put_pair(table, e, t.N_CDNA1, row, k.R_CDNA1, is_spliced(row))
    put_pair(table, e, t.N_CDS1, row, k.R_CDS1, coding)
    put_pair(table, e, t.N_PROT1, row, k.R_PROT1, coding)
    distance = -1
    if of_transcript and not is_within(row):
        distance = i64(row, k.R_DISTANCE)
    set_i32(i64(table, t.E_INTS + t.N_DISTANCE), e, distance)


@kernel
def texts(c: int, table: int, alt: int, row: int, e: int, first: int) -> int:
    """The four text columns from ``first`` on of row ``e``; 1 when a buffer must grow."""
    for column in range(first, first + 4):
        put_no_cell(table, column, e)
    if not is_within(row):
        return 0
    full = descriptions(c, table, alt, row, e, first)
    if is_coding(row):
        state = i64(row, k.R_STATE)
        if state & k.STATE_AA:
            full |= amino_acids(table, row, e, first + t.C_AMINO_ACIDS)
        if state & k.STATE_CODONS:
            full |= codons(table, row, e, first + t.C_CODONS)
    return full


@kernel
def put_pair(table: int, e: int, column: int, row: int, slot: int, there: bool) -> None:
    """First and last of a range, the smaller one first as in CSQ; 0 where it is not known."""
    a = i64(row, slot) if there else 0
    b = i64(row, slot + 1) if there else 0
    if column == t.N_EXON1 or column == t.N_INTRON1:
        b = b if a > 0 else 0
    if a > b and b > 0:
        a, b = b, a
    set_i32(i64(table, t.E_INTS + column), e, a)
    set_i32(i64(table, t.E_INTS + column + 1), e, b)


@kernel
def descriptions(c: int, table: int, alt: int, row: int, e: int, first: int) -> int:
    """HGVSc and HGVSp, as the output has them or made now; 1 when a buffer must grow."""
    if i64(alt, k.A_KIND) != k.ALT_SEQUENCE:
        return 0
    has_protein = i32(i64(row, k.R_TX_ROW), k.CDS0) >= 0
    coded = i64(table, t.T_DECODE)
    if i64(c, k.C_FORMAT) == k.FORMAT_CSQ and i64(c, k.C_PICKED) == 0:
        text = i64(row, k.R_HGVSC)
        full = named(table, first + t.C_HGVSC, e, text, i64(row, k.R_HGVSC_SIZE), coded)
        if has_protein:  # "=" is always percent-encoded
            text = i64(row, k.R_HGVSP)
            full |= named(table, first + t.C_HGVSP, e, text, i64(row, k.R_HGVSP_SIZE), 1)
        return full
    tx = i64(row, k.R_TX_ROW)
    number = i64(row, k.R_TX)
    room = _SCRATCH + 8 * (i64(alt, k.A_ALT_SIZE) + abs(i64(alt, k.A_LAST) - i64(alt, k.A_FIRST)))
    off = i64(c, k.M_NAME_OFF)
    room += i64(off, (number + 1) * k.NAMES) - i64(off, number * k.NAMES)
    if i64(c, k.C_LIKE):
        room += vep_room(c, alt, row)
    at = room_for(table, first + t.C_HGVSC, room)
    if at == 0:
        return 1
    end = put_hgvsc(c, at, tx, number, alt, row)
    close_cell(table, first + t.C_HGVSC, e, at, decoded(at, end) if coded else end)
    if has_protein:
        at = room_for(table, first + t.C_HGVSP, room)
        if at == 0:
            return 1
        end = put_hgvsp(c, at, tx, number, alt, row)
        close_cell(table, first + t.C_HGVSP, e, at, decoded(at, end))
    return 0


@kernel
def named(table: int, column: int, e: int, p: int, size: int, coded: int) -> int:
    """A text, percent-encoded or not."""
    at = room_for(table, column, size)
    if at == 0:
        return 1
    if put_cell(table, column, e, p, size):
        return 1
    if size and coded:
        close_cell(table, column, e, at, decoded(at, at + size))
    return 0


@kernel
def amino_acids(table: int, row: int, e: int, column: int) -> int:
    """``K/N``; 1 when a buffer must grow."""
    at = room_for(table, column, i64(row, k.R_AA_REF_SIZE) + i64(row, k.R_AA_ALT_SIZE))
    if at == 0:
        return 1
    close_cell(table, column, e, at, put_amino_acids(at, row))
    return 0


@kernel
def codons(table: int, row: int, e: int, column: int) -> int:
    """``aAg/aTg``; 1 when a buffer must grow."""
    at = room_for(table, column, i64(row, k.R_CODONS_REF_SIZE) + i64(row, k.R_CODONS_ALT_SIZE))
    if at == 0:
        return 1
    end = put_text(at, i64(row, k.R_CODONS_REF), i64(row, k.R_CODONS_REF_SIZE))
    end = set_byte(end, 47)
    end = put_text(end, i64(row, k.R_CODONS_ALT), i64(row, k.R_CODONS_ALT_SIZE))
    close_cell(table, column, e, at, end)
    return 0
