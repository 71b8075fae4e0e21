"""The consequences of a record as BCSQ, the format of bcftools csq (``docs/engine/bcsq.md``)."""

from __future__ import annotations

from anntools import terms
from anntools.kernels import layout as k
from anntools.kernels.alleles import OUTSIDE, alt_block, row_block
from anntools.kernels.memory import (
    bar_mask,
    byte,
    constant,
    copy,
    find_byte,
    i32,
    i64,
    kernel,
    lowest_bit,
    same_bytes,
    same_text,
    set_byte,
    set_i64,
)
from anntools.kernels.model import name_size
from anntools.kernels.text import put_int

# Terms in the order in which they are joined, as bits.
_NAMES = (
    "synonymous",
    "missense",
    "stop_lost",
    "stop_gained",
    "inframe_deletion",
    "inframe_insertion",
    "frameshift",
    "splice_acceptor",
    "splice_donor",
    "start_lost",
    "splice_region",
    "stop_retained",
    "5_prime_utr",
    "3_prime_utr",
    "non_coding",
    "intron",
    "inframe_altering",
    "coding_sequence",
    "feature_elongation",
    "feature_truncation",
    "start_retained",
)
(
    SYNONYMOUS,
    MISSENSE,
    STOP_LOST,
    STOP_GAINED,
    INFRAME_DELETION,
    INFRAME_INSERTION,
    FRAMESHIFT,
    ACCEPTOR,
    DONOR,
    START_LOST,
    REGION,
    STOP_RETAINED,
    UTR5,
    UTR3,
    NON_CODING,
    INTRON,
    INFRAME_ALTERING,
    CODING_SEQUENCE,
    ELONGATION,
    TRUNCATION,
    START_RETAINED,
) = (1 << i for i in range(21))
_SPLICE = ACCEPTOR | DONOR | REGION
_QUIET = INTRON | NON_CODING
_JOINS = START_LOST | STOP_LOST | STOP_RETAINED | START_RETAINED
_CODING = (
    SYNONYMOUS | MISSENSE | STOP_LOST | STOP_GAINED | INFRAME_DELETION | INFRAME_INSERTION
    | FRAMESHIFT | START_LOST | STOP_RETAINED | INFRAME_ALTERING | START_RETAINED
)  # fmt: skip
_LENGTH = INFRAME_DELETION | INFRAME_INSERTION | INFRAME_ALTERING
_WORD = 32
_WORDS = constant(b"".join(name.encode().ljust(_WORD, b"\0") for name in _NAMES))
_SIZES = constant(bytes(len(name) for name in _NAMES))
_NMD = constant(b"&NMD_transcript")
_NMD_BIOTYPE = constant(b"NMD")
_BAR, _STOP = 124, 42
# A row of these alone has nothing to say but intron or non_coding.
_SILENT = (
    OUTSIDE
    | 1 << terms.INTRON
    | 1 << terms.NMD
    | 1 << terms.NON_CODING
    | 1 << terms.SPLICE_POLYPYRIMIDINE
)

# Our terms -> bcftools' terms, bit by bit.
_PLAIN = (
    (terms.FRAMESHIFT, FRAMESHIFT),
    (terms.INFRAME_DELETION, INFRAME_DELETION),
    (terms.INFRAME_INSERTION, INFRAME_INSERTION),
    (terms.STOP_GAINED, STOP_GAINED),
    (terms.STOP_LOST, STOP_LOST),
    (terms.STOP_RETAINED, STOP_RETAINED),
    (terms.START_LOST, START_LOST),
    (terms.START_RETAINED, START_RETAINED),
    (terms.MISSENSE, MISSENSE),
    (terms.SYNONYMOUS, SYNONYMOUS),
    (terms.PROTEIN_ALTERING, INFRAME_ALTERING),
    (terms.CODING_SEQUENCE, CODING_SEQUENCE),
    (terms.SPLICE_DONOR, DONOR),
    (terms.SPLICE_ACCEPTOR, ACCEPTOR),
    (terms.SPLICE_REGION, REGION),
    (terms.SPLICE_DONOR_5TH, REGION),
    (terms.SPLICE_DONOR_REGION, REGION),
    (terms.UTR5, UTR5),
    (terms.UTR3, UTR3),
)
_MAP = constant(
    b"".join(
        sum(to for term, to in _PLAIN if term == i).to_bytes(4, "little")
        for i in range(terms.N_TERMS)
    )
)


@kernel
def put_bcsq(c: int, line: int, o: int, n_alt: int, begin: int, limit: int) -> int:
    """All entries of a record from ``o`` on, where ``begin`` is what stands before the first.

    Returns the next free address, ``begin`` if there is no entry, 0 if there is no room.
    """
    first = o
    if i64(c, k.C_STRETCH_MET):
        o = put_stretch(c, o, limit)
        return begin if o == first else o
    for j in range(n_alt):
        alt = alt_block(c, j)
        for r in range(i64(alt, k.A_ROW0), i64(alt, k.A_ROW1)):
            row = row_block(c, r)
            if i64(row, k.R_TX) < 0 or i64(row, k.R_MASK) & ~_SILENT == 0:
                continue
            if o + room_of(c, line, alt, row) > limit:
                return 0
            o = put_row(c, line, o, first, alt, row, n_alt > 1)
    if o == first:
        o = put_quiet(c, o, n_alt, limit)
        if o == 0:
            return 0
    return begin if o == first else o


@kernel
def put_stretch(c: int, o: int, limit: int) -> int:
    """What all records of the stretch have; 0 if there is no room."""
    size = i64(c, k.C_STRETCH_SIZE)
    text = i64(c, k.C_STRETCH_TEXT)
    if size >= 0:
        return copy(o, text, size) if o + size <= limit else 0
    end = put_quiet(c, o, 1, limit)
    if end and end - o <= k.STRETCH_ROOM:
        copy(text, o, end - o)
        set_i64(c, k.C_STRETCH_SIZE, end - o)
    return end


@kernel
def room_of(c: int, line: int, alt: int, row: int) -> int:
    """Upper bound of what a row writes."""
    room = 512 + 2 * name_size(c, i64(row, k.R_TX), k.NAME_HEAD)
    room += i64(line, k.L_REF_SIZE) + i64(alt, k.A_TEXT_SIZE)
    return room + i64(row, k.R_AA_REF_SIZE) + i64(row, k.R_AA_ALT_SIZE)


@kernel
def put_row(c: int, line: int, o: int, first: int, alt: int, row: int, several: bool) -> int:
    """The entries of one transcript, without intron and non_coding.

    several: the record has several ALTs, so an entry may have been written already.
    """
    found = terms_of(line, alt, row)
    if i32(i64(row, k.R_TX_ROW), k.CDS0) < 0:
        return o
    aa = i64(row, k.R_STATE) & k.STATE_AA and i64(row, k.R_CDS1) > 0 and i64(row, k.R_CDS2) > 0
    if found & START_LOST and i64(alt, k.A_TEXT_SIZE) != i64(line, k.L_REF_SIZE):
        aa = aa and (found & _LENGTH) != 0  # a start lost with its frame has no amino acids
    coding = found & _CODING
    splice = found & _SPLICE
    if aa and splice and coding and not coding & _JOINS:
        before = o
        o = put_entry(c, o, first, row, splice)
        if several and written_before(first, before, o):
            o = before
        found = found & ~_SPLICE
    if found & ~_QUIET == 0:
        return o
    before = o
    o = put_entry(c, o, first, row, found)
    if coding and (aa or not splice):
        o = set_byte(o, _BAR)
        o = set_byte(o, 43 if i32(i64(row, k.R_TX_ROW), k.STRAND) > 0 else 45)
        if aa:
            o = put_amino_acids(set_byte(o, _BAR), row)
            o = put_change(set_byte(o, _BAR), line, alt)
        return o
    return before if several and written_before(first, before, o) else o


@kernel
def terms_of(line: int, alt: int, row: int) -> int:
    """bcftools' terms of a row."""
    mask = i64(row, k.R_MASK)
    found = 0
    while mask:
        found |= i32(_MAP(), lowest_bit(mask))
        mask &= mask - 1
    growth = 0
    if i64(alt, k.A_KIND) == k.ALT_SEQUENCE:
        growth = i64(alt, k.A_TEXT_SIZE) - i64(line, k.L_REF_SIZE)
    if found & (DONOR | ACCEPTOR):
        found &= ~REGION
        if growth == 0:
            found &= ~CODING_SEQUENCE
    if found & (_LENGTH | FRAMESHIFT) and growth:
        found &= ~(_LENGTH | FRAMESHIFT)  # the number of bases decides, not what they make
        if growth % 3:
            found |= FRAMESHIFT
        else:
            found |= INFRAME_INSERTION if growth > 0 else INFRAME_DELETION
    if found & (START_LOST | START_RETAINED):
        found = start_of(found, row, growth)
    if found & (STOP_LOST | START_LOST | STOP_RETAINED):
        found &= ~(MISSENSE | SYNONYMOUS)
    return found


@kernel
def start_of(found: int, row: int, growth: int) -> int:
    """Terms at a start codon. Only a complete ATG is a start to bcftools."""
    aa = i64(row, k.R_AA_REF)
    known = i64(row, k.R_AA_REF_SIZE) > 0
    if i32(i64(row, k.R_TX_ROW), k.PAD) or (known and byte(aa) != 77):
        found &= ~START_RETAINED
        if found & START_LOST and growth == 0 and known:
            n, m = i64(row, k.R_AA_REF_SIZE), i64(row, k.R_AA_ALT_SIZE)
            same = n == m and same_bytes(aa, i64(row, k.R_AA_ALT), n)
            found |= SYNONYMOUS if same else MISSENSE
        return found & ~START_LOST
    return found & ~FRAMESHIFT if found & START_LOST else found


@kernel
def put_entry(c: int, o: int, first: int, row: int, found: int) -> int:
    """``terms|gene|transcript|biotype``, after a comma if it is not the first."""
    if o > first:
        o = set_byte(o, 44)
    t = i64(row, k.R_TX)
    is_nmd = i32(i64(row, k.R_TX_ROW), k.FLAGS) & k.FLAG_NMD
    rest = found
    while rest:
        i = lowest_bit(rest)
        rest &= rest - 1
        o = copy(o, _WORDS() + _WORD * i, byte(_SIZES() + i))
        if rest:
            o = set_byte(o, 38)
    if is_nmd and not found & _QUIET:
        o = copy(o, _NMD(), 15)
    return put_transcript(c, o, t, is_nmd, found & _QUIET == 0)


@kernel
def put_transcript(c: int, o: int, t: int, is_nmd: int, named: bool) -> int:
    """``|gene|transcript|biotype`` out of the head of a transcript's names.

    The head is ``SYMBOL|Gene|Transcript|Feature|BIOTYPE|``.
    """
    off = i64(c, k.M_NAME_OFF)
    head = i64(c, k.M_NAMES) + i64(off, t * k.NAMES + k.NAME_HEAD)
    end = i64(c, k.M_NAMES) + i64(off, t * k.NAMES + k.NAME_HEAD + 1)
    bars = bar_mask(head)
    symbol_end = head + lowest_bit(bars)
    bars &= bars - 1
    bars &= bars - 1
    feature = head + lowest_bit(bars) + 1
    bars &= bars - 1
    feature_end = head + lowest_bit(bars)
    if bars == 0:  # names longer than the vector
        symbol_end = find_byte(head, end, _BAR)
        feature = find_byte(find_byte(symbol_end + 1, end, _BAR) + 1, end, _BAR) + 1
        feature_end = find_byte(feature, end, _BAR)
    o = copy(set_byte(o, _BAR), head, symbol_end - head)
    o = set_byte(o, _BAR)
    if named:
        o = copy(o, feature, feature_end - feature)
    o = set_byte(o, _BAR)
    if is_nmd:
        return copy(o, _NMD_BIOTYPE(), 3)
    return copy(o, feature_end + 1, end - feature_end - 2)


@kernel
def put_amino_acids(o: int, row: int) -> int:
    """``97E>97K``, or ``31T`` when nothing changes; each side ends with its first stop."""
    number = i64(row, k.R_PROT1)
    if i32(i64(row, k.R_TX_ROW), k.PAD):
        number -= 1
    ref = i64(row, k.R_AA_REF)
    alt = i64(row, k.R_AA_ALT)
    n = until_stop(ref, i64(row, k.R_AA_REF_SIZE))
    m = until_stop(alt, i64(row, k.R_AA_ALT_SIZE))
    o = copy(put_int(o, number), ref, n)
    if n == m and same_bytes(ref, alt, n):
        return o
    return copy(put_int(set_byte(o, 62), number), alt, m)


@kernel
def until_stop(text: int, size: int) -> int:
    """Size up to and with the first stop."""
    end = find_byte(text, text + size, _STOP)
    return min(end - text + 1, size)


@kernel
def put_change(o: int, line: int, alt: int) -> int:
    """``5034G>A``: POS, REF and ALT as they stand in the record."""
    o = put_int(o, i64(line, k.L_POS) + 1)
    o = copy(o, i64(line, k.L_REF), i64(line, k.L_REF_SIZE))
    return copy(set_byte(o, 62), i64(alt, k.A_TEXT), i64(alt, k.A_TEXT_SIZE))


@kernel
def written_before(first: int, begin: int, end: int) -> bool:
    """Whether the entry ``[begin, end)`` (comma included) is among those from ``first`` on."""
    text = begin + 1 if begin > first else begin
    size = end - text
    p = first
    while p < begin:
        comma = find_byte(p, begin, 44)
        if comma - p == size and same_bytes(p, text, size):
            return True
        p = comma + 1
    return False


@kernel
def put_quiet(c: int, o: int, n_alt: int, limit: int) -> int:
    """``intron`` or ``non_coding``, one entry for each and biotype; 0 if there is no room."""
    first = o
    seen = i64(c, k.C_TEXT)  # rows of the entries so far, in the arena
    most = min(i64(c, k.C_TEXT_END) - seen, 256)
    n = 0
    for j in range(n_alt):
        alt = alt_block(c, j)
        for r in range(i64(alt, k.A_ROW0), i64(alt, k.A_ROW1)):
            row = row_block(c, r)
            if i64(row, k.R_TX) < 0 or i64(row, k.R_MASK) & OUTSIDE:
                continue
            if like_one_before(c, seen, n, row) or 8 * n + 8 > most:
                continue
            if o + 512 + 2 * name_size(c, i64(row, k.R_TX), k.NAME_HEAD) > limit:
                return 0
            coding = i32(i64(row, k.R_TX_ROW), k.CDS0) >= 0
            o = put_entry(c, o, first, row, INTRON if coding else NON_CODING)
            set_i64(seen, n, row)
            n += 1
    return o


@kernel
def like_one_before(c: int, seen: int, n: int, row: int) -> bool:
    """Whether one of ``n`` rows at ``seen`` has the same biotype, and is coding as this one."""
    if n == 0:
        return False
    begin = biotype_begin(c, row)
    size = biotype_end(c, row) - begin
    coding = i32(i64(row, k.R_TX_ROW), k.CDS0) < 0
    for i in range(n):
        other = i64(seen, i)
        other_begin = biotype_begin(c, other)
        if (
            biotype_end(c, other) - other_begin == size
            and coding == (i32(i64(other, k.R_TX_ROW), k.CDS0) < 0)
            and same_text(other_begin, begin, size)
        ):
            return True
    return False


@kernel
def biotype_end(c: int, row: int) -> int:
    """Address of the bar that ends the head of a row's transcript."""
    i = i64(row, k.R_TX) * k.NAMES + k.NAME_HEAD + 1
    return i64(c, k.M_NAMES) + i64(i64(c, k.M_NAME_OFF), i) - 1


@kernel
def biotype_begin(c: int, row: int) -> int:
    """Address after the fourth bar of the head of a row's transcript."""
    head = i64(c, k.M_NAMES) + i64(i64(c, k.M_NAME_OFF), i64(row, k.R_TX) * k.NAMES + k.NAME_HEAD)
    bars = bar_mask(head)
    for _ in range(3):
        bars &= bars - 1
    if bars:
        return head + lowest_bit(bars) + 1
    end = biotype_end(c, row)
    while byte(end - 1) != _BAR:
        end -= 1
    return end
