"""What an allele does to a transcript, compiled.

``anntools/spec/consequence.py`` is the same rule written to be read; a property test holds the two
equal. Positions are counted as Ensembl counts unless a name ends in 0: 1-based, both ends
included, and an insertion has ``first = last + 1``.

A single base has a path of its own, straight from exon or intron to its terms; everything else,
and a base of an unusual transcript, takes the general path through ``coding`` and ``splice``.
"""

from __future__ import annotations

from anntools import terms
from anntools.kernels import layout as k
from anntools.kernels.change import (
    W_ALT,
    W_FIRST,
    W_LAST,
    W_REF,
    W_SIZE,
    W_SLOTS,
    W_T1,
    W_T2,
    place_on_coding,
    read_bases,
)
from anntools.kernels.coding import coding_terms
from anntools.kernels.codons import show_codons
from anntools.kernels.memory import byte, i32, i64, kernel, set_i64, set_u16, u16
from anntools.kernels.model import base_code, exon_at, exon_row, spliced
from anntools.kernels.single import coding_base_terms
from anntools.kernels.splice import IN_REPAIR, intron_terms, single_intron_terms

FAR = 20  # so far from the exons an intron is nothing but an intron
REACH = 12  # an exon and a repair beside it are one
_UTR5 = 1 << terms.UTR5
_UTR3 = 1 << terms.UTR3
_NMD = 1 << terms.NMD
_NON_CODING = 1 << terms.NON_CODING
_REGION = 1 << terms.SPLICE_REGION
_UNUSUAL = k.FLAG_REPAIRED


@kernel
def consequence(c: int, tx: int, alt: int, row: int) -> int:
    """Fill the consequence slots of ``row``; 0, or 1 when the arena has no room."""
    first = i64(alt, k.A_GIVEN_FIRST)
    last = i64(alt, k.A_GIVEN_LAST)
    begin = i32(tx, k.START) + 1
    end = i32(tx, k.END)
    if last < begin or first > end:
        outside(tx, first, last, row)
        return 0
    if i64(c, k.C_TEXT) + 64 + 8 * W_SLOTS > i64(c, k.C_TEXT_END):
        return 1
    more = i64(alt, k.A_FIRST) - first + i64(alt, k.A_GIVEN_LAST) - i64(alt, k.A_LAST)
    size = i64(alt, k.A_ALT_SIZE) + more
    usual = is_usual(tx)
    if first == last and size == 1 and usual and end > begin:
        code = base_code(byte(i64(alt, k.A_ALT)))
        if code < 4 and single(c, tx, first - 1, code, row):
            return 0
    elif usual and deep_in_intron(c, tx, row, min(first, last), max(last, first + size)):
        return 0
    return general(c, tx, alt, row, first, last, size)


@kernel
def is_usual(tx: int) -> bool:
    """Whether a transcript's exons and codons are what a plain reading of the genome gives."""
    return i32(tx, k.FLAGS) & _UNUSUAL == 0 and i32(tx, k.EDITS) == 0


@kernel
def outside(tx: int, first: int, last: int, row: int) -> None:
    """Up- or downstream, and how far."""
    begin = i32(tx, k.START) + 1
    before = last < begin
    distance = begin - max(first, last) if before else min(first, last) - i32(tx, k.END)
    set_i64(row, k.R_DISTANCE, distance)
    upstream = before == (i32(tx, k.STRAND) > 0)
    set_i64(row, k.R_MASK, 1 << (terms.UPSTREAM if upstream else terms.DOWNSTREAM))


@kernel
def exon_of(c: int, tx: int, row: int, pos0: int) -> int:
    """First exon (genomic order, 0-based) that ends after ``pos0``, which is in the transcript.

    Records come in order: the exon of the transcript's last hit and the one after it are tried
    first.
    """
    t = i64(row, k.R_TX)
    cursors = i64(c, k.C_EXON_CURSORS)
    n = i32(tx, k.NEXON)
    at = u16(cursors, t)
    if at < n:
        exon = exon_row(c, tx, at)
        if at == 0 or i32(exon, k.EXON_END - k.EXON_COLUMNS) <= pos0:
            if i32(exon, k.EXON_END) > pos0:
                return at
            if at + 1 < n and i32(exon, k.EXON_END + k.EXON_COLUMNS) > pos0:
                set_u16(cursors, t, at + 1)
                return at + 1
    at = exon_at(c, tx, pos0)
    set_u16(cursors, t, at)
    return at


# ---- one base


@kernel
def single(c: int, tx: int, pos0: int, code: int, row: int) -> bool:
    """Fill the row for one base in a usual transcript; False if it needs the general path."""
    at = exon_of(c, tx, row, pos0)
    set_i64(row, k.R_EXON, at)
    exon = exon_row(c, tx, at)
    plus = i32(tx, k.STRAND) > 0
    start = i32(exon, k.EXON_START)
    mask = _NMD if i32(tx, k.FLAGS) & k.FLAG_NMD else 0
    n = i32(tx, k.NEXON)
    if pos0 < start:  # in the intron before this exon
        number = at if plus else n - at
        set_i64(row, k.R_INTRON1, number)
        set_i64(row, k.R_INTRON2, number)
        left = pos0 - i32(exon, k.EXON_END - k.EXON_COLUMNS) + 1
        right = start - pos0
        mask |= single_intron_terms(left if plus else right, right if plus else left)
        if i32(tx, k.CDS0) < 0:
            mask |= _NON_CODING
        set_i64(row, k.R_MASK, mask)
        return True
    number = at + 1 if plus else n - at
    set_i64(row, k.R_EXON1, number)
    set_i64(row, k.R_EXON2, number)
    if (at > 0 and pos0 < start + 3) or (at + 1 < n and pos0 >= i32(exon, k.EXON_END) - 3):
        mask |= _REGION
    left = i32(exon, k.EXON_OFFSET) + pos0 - start
    at_spliced = left if plus else i32(tx, k.LENGTH) - 1 - left
    set_i64(row, k.R_CDNA1, at_spliced + 1)
    set_i64(row, k.R_CDNA2, at_spliced + 1)
    cds0 = i32(tx, k.CDS0)
    if cds0 < 0:
        mask |= 1 << terms.NON_CODING_EXON
    elif at_spliced < cds0:
        mask |= _UTR5
    elif at_spliced >= i32(tx, k.CDS1):
        mask |= _UTR3
    else:
        found = coding_base_terms(c, tx, at_spliced, code, row)
        if found == 0:
            return False
        mask |= found
    set_i64(row, k.R_MASK, mask)
    return True


# ---- everything else


@kernel
def deep_in_intron(c: int, tx: int, row: int, low: int, high: int) -> bool:
    """Fill the row for a place far from any exon, ALT included; False if it is not."""
    if low <= i32(tx, k.START) + 1 or high >= i32(tx, k.END):
        return False
    at = exon_of(c, tx, row, low - 1)
    exon = exon_row(c, tx, at)
    if at == 0 or high > i32(exon, k.EXON_START) - FAR:
        return False
    if low <= i32(exon, k.EXON_END - k.EXON_COLUMNS) + FAR:
        return False
    number = at if i32(tx, k.STRAND) > 0 else i32(tx, k.NEXON) - at
    set_i64(row, k.R_EXON, at)
    set_i64(row, k.R_INTRON1, number)
    set_i64(row, k.R_INTRON2, number)
    mask = 1 << terms.INTRON
    if i32(tx, k.CDS0) < 0:
        mask |= _NON_CODING
    if i32(tx, k.FLAGS) & k.FLAG_NMD:
        mask |= _NMD
    set_i64(row, k.R_MASK, mask)
    return True


@kernel
def general(c: int, tx: int, alt: int, row: int, first: int, last: int, size: int) -> int:
    """Fill the row for any change that meets the transcript; 1 when the arena has no room."""
    w = (i64(c, k.C_TEXT) + 7) & ~7
    room = 8 * W_SLOTS + 6 * (size + abs(last - first)) + 256
    if w + room > i64(c, k.C_TEXT_END):
        return 1
    clear(row)
    set_i64(w, W_FIRST, first)
    set_i64(w, W_LAST, last)
    before = i64(alt, k.A_FIRST) - first
    set_i64(w, W_REF, i64(alt, k.A_REF) - before)
    set_i64(w, W_ALT, i64(alt, k.A_ALT) - before)
    set_i64(w, W_SIZE, size)
    read_bases(tx, w)
    set_i64(row, k.R_MASK, terms_of(c, tx, row, w))
    return 0


@kernel
def clear(row: int) -> None:
    """Take back what a path that gave up has set."""
    for slot in range(k.R_MASK, k.R_STATE + 1):
        set_i64(row, slot, 0)


@kernel
def terms_of(c: int, tx: int, row: int, w: int) -> int:
    """Terms of a change that meets the transcript; positions and texts go to the row."""
    first = i64(w, W_FIRST)
    last = i64(w, W_LAST)
    low = min(first, last)
    high = max(first, last)
    coding = i32(tx, k.CDS0) >= 0
    whole = first <= i32(tx, k.START) + 1 and last >= i32(tx, k.END)
    shorter = i64(w, W_SIZE) < last - first + 1
    in_exons = count_exons(c, tx, row, first, last)
    touched = in_exons & 1
    exonic = in_exons & 4 != 0
    map_place(c, tx, first, last, w)
    if exonic:
        set_i64(row, k.R_CDNA1, i64(w, W_T1))
        set_i64(row, k.R_CDNA2, i64(w, W_T2))
    mask = intron_terms(c, tx, row, w, exonic)
    in_repair = mask & IN_REPAIR != 0
    mask &= ~IN_REPAIR
    if coding:
        place_on_coding(c, tx, w)
        left = i32(tx, k.LEFT) + 1
        right = i32(tx, k.RIGHT)
        if exonic and high >= left and low <= right:
            show_codons(c, tx, row, w)
            mask |= coding_terms(
                c, tx, w, whole, in_coding_part(c, tx, first, last, in_exons, in_repair)
            )
        if exonic and (in_repair or in_exons & 2):
            mask |= utr_terms(tx, first, last)
        if whole:
            mask |= 1 << terms.CODING_TRANSCRIPT
    elif touched and not whole:
        mask |= 1 << terms.NON_CODING_EXON
    else:
        mask |= _NON_CODING
    if i32(tx, k.FLAGS) & k.FLAG_NMD:
        mask |= _NMD
    if mask == 0:
        inside = i64(row, k.R_CDS1) | i64(row, k.R_CDS2)
        mask = 1 << (terms.CODING_SEQUENCE if inside else terms.CODING_TRANSCRIPT)
    return 1 << terms.TRANSCRIPT_ABLATION if whole and shorter else mask


@kernel
def count_exons(c: int, tx: int, row: int, first: int, last: int) -> int:
    """Exon numbers into the row. Bit 0: a base of an exon is touched; bit 1: or an insertion is at
    an exon's edge; bit 2: the same, with the reach of exons in a repaired transcript."""
    low = min(first, last)
    high = max(first, last)
    reach = REACH if i32(tx, k.FLAGS) & k.FLAG_REPAIRED else 0
    n = i32(tx, k.NEXON)
    plus = i32(tx, k.STRAND) > 0
    at = exon_at(c, tx, max(low - 1 - reach, 0))
    set_i64(row, k.R_EXON, exon_at(c, tx, low - 1) if reach else at)
    found = 0
    while at < n:
        exon = exon_row(c, tx, at)
        a = i32(exon, k.EXON_START) + 1
        b = i32(exon, k.EXON_END)
        if a - reach > high:
            break
        found |= 4
        if low <= b and high >= a:
            found |= 2
        if first <= b and last >= a:
            found |= 1
            widen(row, k.R_EXON1, at + 1 if plus else n - at)
        at += 1
    return found


@kernel
def widen(row: int, slot: int, number: int) -> None:
    """Widen the range of exon or intron numbers kept in two slots (0: none yet)."""
    if i64(row, slot) == 0:
        set_i64(row, slot, number)
        set_i64(row, slot + 1, number)
    else:
        set_i64(row, slot, min(i64(row, slot), number))
        set_i64(row, slot + 1, max(i64(row, slot + 1), number))


@kernel
def map_place(c: int, tx: int, first: int, last: int, w: int) -> None:
    """Spliced positions (0: none) along the strand; an insertion at an exon's edge needs one."""
    begin = first if i32(tx, k.STRAND) > 0 else last
    end = last if i32(tx, k.STRAND) > 0 else first
    a = spliced(c, tx, exon_at(c, tx, begin - 1), begin - 1) + 1
    b = spliced(c, tx, exon_at(c, tx, end - 1), end - 1) + 1
    if first == last + 1:
        if a == 0 and b > 0:
            a = b + 1
        elif b == 0 and a > 0:
            b = a - 1
    set_i64(w, W_T1, a)
    set_i64(w, W_T2, b)


@kernel
def in_coding_part(c: int, tx: int, first: int, last: int, in_exons: int, in_repair: bool) -> bool:
    """A coding base is touched, or a repair between coding bases, or an insertion lies there."""
    left = i32(tx, k.LEFT) + 1
    right = i32(tx, k.RIGHT)
    inside = first <= right and last >= left
    if in_repair:
        return inside
    if first == last + 1:
        return inside and in_exons & 2 != 0
    if not inside:
        return False
    a = max(first, left)
    b = min(last, right)
    at = exon_at(c, tx, a - 1)
    return at < i32(tx, k.NEXON) and i32(exon_row(c, tx, at), k.EXON_START) < b


@kernel
def utr_terms(tx: int, first: int, last: int) -> int:
    """5' and 3' UTR terms of a change that touches an exon of a coding transcript."""
    left = i32(tx, k.LEFT) + 1
    right = i32(tx, k.RIGHT)
    insertion = first == last + 1
    before = first <= left - 1 and last >= i32(tx, k.START) + 1
    after = first <= i32(tx, k.END) and last >= right + 1
    before = before or (insertion and first == left)
    after = after or (insertion and last == right)
    plus = i32(tx, k.STRAND) > 0
    mask = 0
    if before:
        mask |= _UTR5 if plus else _UTR3
    if after:
        mask |= _UTR3 if plus else _UTR5
    return mask
