"""How memory is laid out between Python and the kernels, and among the kernels: only integers.

A *block* is an array of int64 slots; ``i64(block, SLOT)`` reads one. Tables of the model are int32
rows; ``i32(row, COLUMN)`` reads one. Positions are 0-based and half-open unless a name says
otherwise; "as Ensembl counts" means 1-based and closed, an insertion having first = last + 1.
"""

from __future__ import annotations

from typing import Final

# ---- the worker's block ``c``: one per thread, passed to every kernel

(
    C_IN,  # address of the next line
    C_IN_END,  # address after the last line feed; 64 more bytes may be read
    C_OUT,  # next free address of the output
    C_OUT_END,  # the output may be written up to here, and 64 bytes beyond
    C_STATUS,  # why the kernel returned: DONE, GROW_*, REFUSED
    C_LINE,  # number of the next line in the file, 1-based
    C_STRICT,  # 1: stop at the first bad record
    C_DISTANCE,  # bases up- and downstream of a transcript that are reported
    C_FORMAT,  # FORMAT_*
    C_FLAGS,  # WANT_*
    C_LINE_BLOCK,  # address of the line block
    C_ALTS,  # address of the first ALT block of the record
    C_ALTS_END,
    C_ROWS,  # address of the first row block of the record
    C_ROWS_END,
    C_TEXT,  # next free address of the record's text arena
    C_TEXT_BEGIN,
    C_TEXT_END,
    C_ISSUES,  # address of the first issue block; ISSUE_SLOTS each
    C_ISSUES_COUNT,
    C_ISSUES_MOST,
    C_STATS,  # address of the counters (int64), see counts.py
    C_TERMS,  # address of the cache of rendered consequence terms
    C_LABELS,  # address of label texts: what is written before a value, see labels.py
    C_LABEL_OFF,  # address of int32 offsets into them
    C_KEYS,  # address of the table of INFO keys that are replaced
    C_EXACT,  # address of the addresses of the exact stores' blocks
    C_EXACT_COUNT,
    C_INTERVALS,  # address of the addresses of the interval stores' blocks
    C_INTERVALS_COUNT,
    C_CURSOR,  # segment that held the last position
    C_CONTIG,  # contig of the last record, -1 unknown to the pack, -2 none yet
    C_CONTIG_NAME,  # address of the last record's CHROM as kept by the worker
    C_CONTIG_NAME_SIZE,
    C_EXON_CURSORS,  # address of one uint16 per transcript: exon of the last hit
    C_TABLE,  # address of the table's block (see table_layout), 0: no table wanted
    C_TABLE_END,
    C_LABEL_INTERVALS,  # number of the first label of an interval store
    C_COLUMNS,  # number of columns that the header declares; 0: no header line
    C_SEQ_CURSOR,  # interval of known sequence that held the last position
    C_LIFTED,  # 1: records were lifted; those that could not be begin with NOT_LIFTED_MARK
    C_LIKE,  # LIKE_VEP: judge and name as VEP does, see vep.py; 0: by our own rules
    C_PLOTS,  # address of the block of what plots need (see plots_layout), 0: not wanted
    C_PICKED,  # 1: only the picked transcript of each allele is written into the VCF
) = range(44)
LIKE_VEP: Final = 1
NOT_LIFTED_MARK: Final = 33  # "!"
# Addresses of the model's arrays, then how many rows the ones with a count have.
(
    M_CONTIGS,
    M_ALIAS_BYTES,
    M_ALIAS_OFF,
    M_ALIAS_CONTIG,
    M_HGVS_BYTES,
    M_HGVS_OFF,
    M_TX,
    M_EXONS,
    M_EDITS,
    M_CDNA,
    M_NAMES,
    M_NAME_OFF,
    M_SEG_START,
    M_SEG_OFF,
    M_SEG_TX,
    M_SEQ_START,
    M_SEQ_END,
    M_SEQ_OFF,
    M_SEQ,
    N_CONTIGS,
    N_ALIASES,
    N_TX,
    N_GENES,
) = range(48, 71)
# The stretch of the last records, see stretch.py.
(
    C_STRETCH_CONTIG,
    C_STRETCH_FROM,  # 0-based
    C_STRETCH_TO,  # 0: there is none
    C_STRETCH_LAST,  # while it is looked for: what TO is going to be
    C_STRETCH_ROWS,  # rows that are kept, from the first row block on
    C_STRETCH_PICK,
    C_STRETCH_CLASS,
    C_STRETCH_MET,  # 1: this record lies in it
    C_STRETCH_TIMES,  # ALTs that were met and not yet counted
    C_STRETCH_TEXT,  # address of STRETCH_ROOM bytes; 0: this format does not use stretches
    C_STRETCH_SIZE,  # of the text that is there, -1 for none yet
) = range(71, 82)
STRETCH_ROOM: Final = 4096
C_SLOTS: Final = 96
CONTIG_NAME_ROOM: Final = 256  # bytes at C_CONTIG_NAME

# The model's arrays by name: slot, and how its elements are typed (numpy's names).
ARRAYS: Final = {
    "contigs": (M_CONTIGS, "<i4"),
    "alias_bytes": (M_ALIAS_BYTES, "|u1"),
    "alias_off": (M_ALIAS_OFF, "<i4"),
    "alias_contig": (M_ALIAS_CONTIG, "<i4"),
    "hgvs_bytes": (M_HGVS_BYTES, "|u1"),
    "hgvs_off": (M_HGVS_OFF, "<i4"),
    "tx": (M_TX, "<i4"),
    "exons": (M_EXONS, "<i4"),
    "edits": (M_EDITS, "<i4"),
    "cdna": (M_CDNA, "|u1"),
    "names": (M_NAMES, "|u1"),
    "name_off": (M_NAME_OFF, "<i8"),
    "seg_start": (M_SEG_START, "<i4"),
    "seg_off": (M_SEG_OFF, "<i4"),
    "seg_tx": (M_SEG_TX, "<i4"),
    "seq_start": (M_SEQ_START, "<i4"),
    "seq_end": (M_SEQ_END, "<i4"),
    "seq_off": (M_SEQ_OFF, "<i8"),
    "seq": (M_SEQ, "|u1"),
}

# Status
DONE, GROW_OUT, GROW_ROWS, GROW_ALTS, GROW_TEXT, GROW_TABLE, REFUSED = range(7)

# C_FORMAT
FORMAT_CSQ, FORMAT_ANN, FORMAT_BCSQ, FORMAT_CLASSIC = range(4)

# ---- contigs: rows of int32. LIMIT: the pack knows nothing from here to the end of the contig.
CONTIG_LENGTH, CONTIG_SEG0, CONTIG_SEG1, CONTIG_SEQ0, CONTIG_SEQ1, CONTIG_LIMIT = range(6)
CONTIG_COLUMNS: Final = 8

# ---- transcripts: rows of int32. CDS0, CDS1: spliced coordinates of the coding part (CDS0 = -1:
# non-coding). LEFT, RIGHT: the same part in genomic coordinates. PAD: bases that a 5'-incomplete
# CDS lacks in its first codon. CDNA: first nibble in `cdna`. PICK: static part of the pick order,
# low is better. EDIT0, EDITS: rows of `edits`. CLASS: biotype class, see names of BIOTYPE_*.
START, END, STRAND, EXON0, NEXON, LENGTH, CDS0, CDS1 = range(8)
CDNA, PAD, FLAGS, CODE, GENE, PICK, LEFT, RIGHT = range(8, 16)
EDIT0, EDITS, CONTIG, SPARE = range(16, 20)
TX_COLUMNS: Final = 20

# Bits of FLAGS
FLAG_NMD, FLAG_CDS_START_NF, FLAG_CDS_END_NF = 1, 2, 4
FLAG_REPAIRED = 8  # an "intron" of up to REPAIR bases: a repair of the model
REPAIR: Final = 13

# Rows of `edits`: what a plain reading of the CDS does not tell. KIND, then 0-based position in
# the coding sequence (bases, without PAD), then a value: the amino acid's letter, or the shift.
EDIT_KIND, EDIT_AT, EDIT_VALUE = range(3)
EDIT_COLUMNS: Final = 3
EDIT_AMINO_ACID, EDIT_SLIPPAGE = 1, 2

# ---- exons: rows of int32 in genomic order. OFFSET: spliced bases to the left of the exon.
EXON_START, EXON_END, EXON_OFFSET = range(3)
EXON_COLUMNS: Final = 3

# Pre-rendered texts of a transcript: `name_off[t * NAMES + i]`.
NAME_HEAD, NAME_STRAND, NAME_TAIL, NAME_HGVSC, NAME_HGVSP = range(5)
NAMES: Final = 5

# ---- the line block: addresses of the columns of one record

(
    L_CHROM,
    L_POS_TEXT,
    L_ID,
    L_REF,
    L_ALT,
    L_QUAL,
    L_FILTER,
    L_INFO,
    L_REST,  # FORMAT and samples, with the tab before; the line's end if there are none
) = range(9)
(
    L_END,  # address of the line feed, or of the CR before it
    L_NEXT,  # address of the next line
    L_COUNT,  # columns found, at most 9 (9: there is something after INFO)
    L_POS,  # 0-based
    L_CONTIG,
    L_AT,  # on error: address of what is wrong
    L_REF_SIZE,
) = range(9, 16)
L_HITS0: Final = 16  # per interval store: intervals that the record touches
MAX_STORES: Final = 24
L_SLOTS: Final = L_HITS0 + MAX_STORES

# ---- ALT blocks: one per ALT of the record. The place is the smallest, as Ensembl counts it; REF
# and ALT are the bases that differ.
(
    A_KIND,  # ALT_*
    A_TEXT,  # the allele as it is written
    A_TEXT_SIZE,
    A_SHOWN,  # the allele as CSQ names it; size 0 is shown as "-"
    A_SHOWN_SIZE,
    A_FIRST,  # 1-based
    A_LAST,  # 1-based
    A_REF,  # address of the replaced bases in the line (any case)
    A_ALT,  # address of the new bases in the line (any case)
    A_ALT_SIZE,
    A_CONTIG,
    A_SHIFT_RIGHT,  # bases by which a pure insertion or deletion can move up the genome
    A_SHIFT_LEFT,  # and down
    A_ROW0,  # index of the first row
    A_ROW1,
    A_PICK,  # index of the picked row
    A_CLASS,  # position class, see counts.py
    A_HGVSG,  # text of HGVSg, in the arena
    A_HGVSG_SIZE,
    A_SV_END,  # 1-based last base of a symbolic allele's region
    A_SV_KIND,  # SV_*
    A_GIVEN_FIRST,  # the place as Ensembl takes it from the record (spec.consequence.given):
    A_GIVEN_LAST,  # REF and ALT there are longer than the bases that differ by the same amount
    A_GIVEN_KIND,  # GIVEN_*: what VEP sees in the record
) = range(24)
# MOVES: the record as a whole is an insertion or a deletion. SINGLE: REF and all ALTs are one base.
GIVEN_MOVES, GIVEN_SINGLE, GIVEN_SEVERAL = 1, 2, 4
A_RECORD0: Final = 24  # per exact store: the record found, -1 for none
A_SLOTS: Final = A_RECORD0 + MAX_STORES

# Kinds of ALT
ALT_SEQUENCE, ALT_STAR, ALT_MISSING, ALT_SYMBOLIC, ALT_BREAKEND, ALT_SAME, ALT_BAD = range(7)
SV_NONE, SV_DEL, SV_DUP, SV_TANDEM, SV_INS, SV_INV, SV_CNV, SV_BREAKEND, SV_OTHER = range(9)

# ---- row blocks: one per ALT and transcript. Texts are addresses and sizes in the arena.
(
    R_ALT,  # index of the ALT
    R_TX,  # number of the transcript, -1 for intergenic
    R_TX_ROW,  # address of its row
    R_MASK,  # consequence terms, see terms.py
    R_EXON1,  # numbered along the strand, 1-based, 0 for none
    R_EXON2,
    R_INTRON1,
    R_INTRON2,
    R_CDNA1,  # 1-based, 0 where it is not defined; 1 belongs to the first base along the strand
    R_CDNA2,
    R_CDS1,
    R_CDS2,
    R_PROT1,
    R_PROT2,
    R_DISTANCE,
    R_CODONS_REF,  # "aAg", before and after; size 0 is shown as "-"
    R_CODONS_REF_SIZE,
    R_CODONS_ALT,
    R_CODONS_ALT_SIZE,
    R_AA_REF,  # one letter each, before and after; size 0 is shown as "-"
    R_AA_REF_SIZE,
    R_AA_ALT,
    R_AA_ALT_SIZE,
    R_STATE,  # STATE_*
    R_HGVSC,  # text in the output, set while the row is written; address 0 for none
    R_HGVSC_SIZE,
    R_HGVSP,
    R_HGVSP_SIZE,
    R_EXON,  # index in `exons` of the exon (or of the first one after the intron) that was hit
) = range(29)
R_SLOTS: Final = 32

# Bits of R_STATE. CODONS: codons and amino acids are there (both sides, possibly empty).
STATE_CODONS, STATE_AA = 1, 2

# ---- issues: blocks of a record that is wrong
I_LINE, I_REASON, I_COLUMN, I_CONTIG, I_POS, I_BEGIN, I_END = range(7)
I_SLOTS: Final = 8

# The cache of rendered terms: entries of mask, size and text, found by a hash of the mask.
TERM_ENTRY: Final = 512
TERM_ENTRIES: Final = 256

PAD_BYTES: Final = 64  # readable beyond the end of every buffer, writable beyond the output's
