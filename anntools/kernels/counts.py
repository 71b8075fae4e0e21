"""Where each count of a run stands among the counters (int64), and the position classes.

The last three sections grow with the pack: contigs, genes, classes of exact stores.
"""

from __future__ import annotations

from typing import Final

from anntools.kernels.layout import MAX_STORES
from anntools.terms import N_TERMS

REASONS: Final = 32  # room for reasons why a record is not annotated, see problems.py

# Position classes, most specific first.
CDS, UTR5, UTR3, INTRON, NC_EXON, NC_INTRON, PROMOTER, INTERGENIC = range(8)
CLASSES: Final = 8
CLASS_NAMES: Final = (
    "CDS",
    "utr5",
    "utr3",
    "intron",
    "non_coding_exon",
    "non_coding_intron",
    "promoter",
    "interGenic",
)
INDEL_MAX: Final = 50  # longer ones are counted at the ends

S_RECORDS = 0
S_ANNOTATED = 1
S_ALTS = 2
S_SNV = 3
S_INSERTION = 4
S_DELETION = 5
S_OTHER = 6
S_TRANSITION = 7
S_TRANSVERSION = 8
S_WITH_RSID = 9
S_BLANK = 10
S_ROWS = 11
S_STRUCTURAL = 12
S_REASON0 = 16
S_IMPACT0 = S_REASON0 + REASONS  # per ALT, most severe of all transcripts
S_CLASS0 = S_IMPACT0 + 4  # per ALT, most specific of all transcripts
S_ISOFORM_CLASS0 = S_CLASS0 + CLASSES  # per ALT and transcript, as the classic log counts
S_TERM0 = S_ISOFORM_CLASS0 + CLASSES  # per ALT and transcript
S_WORST0 = S_TERM0 + N_TERMS  # per ALT
S_INDEL0 = S_WORST0 + N_TERMS
S_EXACT0 = S_INDEL0 + 2 * INDEL_MAX + 1  # per exact store: ALTs found
S_INTERVAL0 = S_EXACT0 + MAX_STORES  # per interval store: records inside
S_INTERVAL_HITS0 = S_INTERVAL0 + MAX_STORES  # per interval store: intervals hit
S_SECTIONS = S_INTERVAL_HITS0 + MAX_STORES


def stats_size(contigs: int, genes: int, classes: int) -> int:
    """Number of counters for a pack."""
    return S_SECTIONS + contigs + genes + classes
