"""The blocks that describe an open store to the kernels: only integers.

A store block is an array of int64 slots, then one group of ``FIELD_SLOTS`` per field. Addresses are
those of the memory-mapped arrays of the store's folder (see ``docs/engine/pack.md``).
"""

from __future__ import annotations

from typing import Final

STORE_EXACT, STORE_INTERVALS, STORE_GENES = 0, 1, 2

(
    S_KIND,  # STORE_EXACT, STORE_INTERVALS or STORE_GENES (records are genes)
    S_FIELDS,  # how many fields a record has
    S_RECORDS,  # how many records there are
    S_FIRST,  # int64 per contig and one more: the contig's first bucket, or first segment
    # exact stores
    S_BITS,  # a bucket is a stretch of 2 ** bits bases
    S_BUCKETS,  # uint32 per bucket and one more: its first record
    S_KEYS,  # uint32 per record, ascending within a bucket
    S_LONG,  # uint32: records whose alleles do not fit into a key, ascending
    S_LONGS,  # how many
    S_LONG_OFF,  # int64 per such record and one more: where its text begins
    S_LONG_BYTES,  # REF, tab, ALT
    # interval stores
    S_SEGMENTS,  # int32: where a segment begins
    S_SEGMENT_OFF,  # int64 per segment and one more: its first entry in S_SEGMENT_IDS
    S_SEGMENT_IDS,  # uint32: the intervals (records) of a segment, ascending
    S_STARTS,  # int32 per interval: where it begins
    S_SEGMENT,  # where the last search ended, and how far the walk over its hits is
    S_WALK,
    S_WALK_END,
    S_ENTRY,
    # the summary: which field is counted by its words (-1: none), number of the first word's class
    S_CLASS_FIELD,
    S_CLASS0,
) = range(21)
S_FIELD0: Final = 24

# A cell is 0 for no value, up to WORDS the number of a word, beyond that a number: PREFIX and the
# digits of cell - WORDS - 1, without the first of them if DROP is 1 (which keeps leading zeros).
(
    F_CELLS,  # one cell per record
    F_WIDTH,  # bytes of a cell: 1, 2 or 4
    F_WORDS,  # how many words
    F_WORD_OFF,  # int64 per word and one more
    F_WORD_BYTES,
    F_PREFIX,  # address of the prefix
    F_PREFIX_SIZE,
    F_DROP,
) = range(8)
FIELD_SLOTS: Final = 8

# ---- building an exact store (see ``store_rows``)

(
    B_STATUS,
    B_IN,  # address of the next line
    B_IN_END,
    B_LINE,  # number of the next line
    B_ROWS,  # where rows are written
    B_ROWS_END,
    B_MODEL,  # block with the aliases, contigs and sequence of the pack, as the worker's
    B_BITS,
    B_FIRST,  # int64 per contig: its first bucket
    B_CONTIG,  # contig of the last line, with its name
    B_CONTIG_NAME,
    B_CONTIG_SIZE,
    B_LONGS,  # texts of long alleles kept so far
    B_LONG_OFF,
    B_LONG_BYTES,
    B_BAD,  # address of a line that is not understood
    B_UNKNOWN,  # lines on contigs that the pack does not know
    B_OTHER_ALTS,  # ALTs that are not sequences
    B_FIELDS,
) = range(19)
B_FIELD0: Final = 20
ROWS_DONE, ROWS_FULL, ROWS_BAD_LINE = range(3)
ROW_FIXED: Final = 3  # bucket, key, number of the text; then the cells

# One group per field: where its values come from, and the words met so far.
(
    K_MODE,
    K_KEY,  # address of the INFO key
    K_KEY_SIZE,
    K_PREFIX,  # address of 16 bytes
    K_PREFIX_SIZE,  # -1: not known yet
    K_DROP,
    K_TABLE,  # hash table of word numbers + 1 (uint32)
    K_MASK,
    K_FROZEN,  # 1: the table is full, new words are not looked for any more
    K_WORDS,
    K_WORD_OFF,
    K_WORD_BYTES,
) = range(12)
COLUMN_SLOTS: Final = 16

# How a value belongs to an ALT: to all of them; one per ALT; REF first; a list that may be one per
# ALT; a flag; the ID column.
MODE_WHOLE, MODE_ALT, MODE_REF_ALT, MODE_LIST, MODE_FLAG, MODE_ID = range(6)
HIGHEST_NUMBER: Final = 3_000_000_000
