"""The block of the table: where the rows of a chunk are collected, column by column.

A row is an allele; each allele has one *entry* per transcript, or a single placeholder (E_TX =
NOTHING) if it has none. Number columns are plain arrays. A text column is a stream of cells, each
an int32 size and its bytes, and one byte per row: 1 if the row has a cell. That is how Parquet
writes them, so that columns are copied and not looked at again.
"""

from __future__ import annotations

from typing import Final

from anntools.kernels.layout import MAX_STORES

INTERGENIC_TX, NOTHING = -1, -2  # E_TX of an allele between genes, and of one without annotation

(
    T_RECORDS,  # records of the chunk so far, skipped ones too
    T_ALLELES,  # rows so far
    T_ALLELES_MOST,
    T_ENTRIES,
    T_ENTRIES_MOST,
    T_TEXTS,  # how many text columns there are
    T_WANT,  # what was too small: WANT_ALLELES, WANT_ENTRIES, WANT_MASKS, or WANT_TEXT0 + column
    T_DECODE,  # 1: names of the pack hold percent-encoded bytes
    T_MASKS,  # address of the hash table of consequence masks: pairs of mask and number + 1
    T_MASK_BITS,  # it has 2 ** bits pairs
    T_MASK_COUNT,
    T_LAST_MASK,
    T_LAST_NUMBER,
    T_SAMPLES,  # how many samples the header names; 0: no genotypes
    T_SAMPLE_COUNTS,  # address of counters, SAMPLE_SLOTS int64 for each sample; 0: none
    T_GENOTYPED,  # records of the run whose genotypes were read
    # columns of alleles
    T_RECORD,  # int32: number of the record within the chunk
    T_POS,  # int32: POS, -1 if it is no number
    T_ALT_INDEX,  # int32
    T_PICK,  # int32: entry of the picked transcript, -1
    T_REASON,  # uint8: 0 or the reason why the record or the allele is not annotated
    T_SKIPPED,  # uint8: 1 if the record was passed through
    T_CLASS,  # uint8: position class, NO_CLASS
    T_HETS,  # int32: how many numbers of X_HET are of the row, -1: no genotypes
    T_HOMS,  # int32: the same of X_HOM
    T_AC,  # int32: how many alleles of the genotypes are this one, -1
    T_AN,  # int32: how many are known, -1
    T_SEEN,  # int32: where in X_CARRIERS the last genotype with this allele stands
    # columns of entries
    E_FIRST,  # uint8: 0 for the first entry of an allele, else 1
    E_TERMS,  # uint16: number of the mask in the hash table
    E_PICKED,  # uint8
    E_TX,  # int32: the transcript
    E_INTS,  # 11 columns of int32 from here on, 0 for none
) = range(33)
# The int32 columns of an entry, as slots from E_INTS on.
(
    N_EXON1,
    N_EXON2,
    N_INTRON1,
    N_INTRON2,
    N_CDNA1,
    N_CDNA2,
    N_CDS1,
    N_CDS2,
    N_PROT1,
    N_PROT2,
    N_DISTANCE,  # -1 for none
) = range(11)
ENTRY_INTS: Final = 11
NO_CLASS: Final = 255

# Text columns, by number. Those from ODD to CARRIERS have no rows.
(
    X_CHROM,
    X_ID,
    X_REF,
    X_ALT,
    X_FILTER,
    X_RAW,
    X_ODD,  # numbers that are not written plainly
    X_HET,  # int32: numbers of the samples that are heterozygous, allele by allele
    X_HOM,  # int32: of those that are homozygous
    X_CARRIERS,  # for the record at work: int32 pairs of allele (0: nothing known) and sample
    X_ALLELE,
    X_HGVSG,
    X_PICKED,  # four of the picked transcript: HGVSc, HGVSp, amino acids, codons
) = range(13)
X_ENTRY: Final = X_PICKED + 4  # the same four of every entry
X_STORES: Final = X_ENTRY + 4  # one per field of a store that is a text
C_HGVSC, C_HGVSP, C_AMINO_ACIDS, C_CODONS = range(4)

# A text column: NEXT and END address, DONE: up to where whole records are, FLAGS: its byte per row.
TEXT_NEXT, TEXT_END, TEXT_DONE, TEXT_FLAGS = range(4)
TEXT_SLOTS: Final = 4
TEXT_COLUMNS_MOST: Final = X_STORES + 16 * MAX_STORES

# Number columns (QUAL is the first, then fields of stores): int64 digits, uint8 scale. The value is
# digits / 10 ** (scale - SCALE_ZERO). ODD_NUMBER: digits is the number of a cell of X_ODD.
Y_QUAL: Final = 0
NUMBER_DIGITS, NUMBER_SCALE = range(2)
NUMBER_SLOTS: Final = 2
SCALE_ZERO, NO_NUMBER, ODD_NUMBER = 64, 255, 254

# Behind the slots: text columns, number columns, then for each field of each store its column:
# >= 0 a text column, < 0 the number column -1 - value.
T_TEXT0: Final = E_INTS + ENTRY_INTS
T_NUMBER0: Final = T_TEXT0 + TEXT_SLOTS * TEXT_COLUMNS_MOST
NUMBERS_MOST: Final = 1 + 16 * MAX_STORES
T_FIELD0: Final = T_NUMBER0 + NUMBER_SLOTS * NUMBERS_MOST
T_SLOTS: Final = T_FIELD0 + 16 * MAX_STORES

WANT_ALLELES, WANT_ENTRIES, WANT_MASKS, WANT_TEXT0 = range(4)
HASH: Final = 0x1E3779B97F4A7C15  # a mask times this, its highest bits: where to look for it
CELL_ROOM: Final = 48  # what a cell may need besides its bytes

# Counters of a sample: genotypes with an ALT beside another allele, with nothing but one ALT,
# without any known allele; transitions and transversions among the ALTs it carries.
G_HET, G_HOM, G_MISSING, G_TRANSITION, G_TRANSVERSION = range(5)
SAMPLE_SLOTS: Final = 5

# ---- encoding (see table_pages)

# The block of ``encode_entries``.
(
    P_ROWS,  # how many rows the page has
    P_PICK,  # address of int32: the entry of each row, -1 for none; 0: all entries, nested
    P_VALUES,  # address of int32, per entry
    P_CODES,  # address of int32: what a value stands for, -1 for none; 0: values are what they are
    P_LEAST,  # with codes 0: smaller values are none
    P_WHERE,  # address of int32, per entry: a value only where this is above 0; 0: everywhere
    P_TX,  # address of int32, per entry: the transcript; 0: no allele is without annotation
    P_WIDTH,  # bytes of a written value: 1, 2 or 4
    P_LEVELS,  # where levels go: a quarter byte per row and eight more bytes
    P_OUT,  # where values go
) = range(10)
P_SLOTS = 10

# The block of ``number_transcripts``.
N_ENTRIES, N_TX, N_TABLE, N_USED, N_LOCAL = range(5)

# The block of ``number_words``.
(
    W_CELLS,  # address of cells: an int32 size and the bytes
    W_END,
    W_TABLE,  # address of int32, zero: where to look for a word: its number + 1
    W_BITS,  # there are 2 ** bits of them
    W_MOST,  # give up when there are more words; less than half of them
    W_STARTS,  # address of int32: where each word begins in W_WORDS
    W_CODES,  # address of uint16: the word of each cell
    W_WORDS,  # where words go, as cells
    W_WORDS_END,  # set to where they end
) = range(9)
W_SLOTS: Final = 9
W_TRIAL, W_TRIAL_MOST = 1024, 640  # give up when the first cells have more words
