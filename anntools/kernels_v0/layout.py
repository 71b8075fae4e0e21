"""Columns and slots that the parts of the pass share: alleles, control block, issues, labels."""

from __future__ import annotations

# Columns of `alts`: one ALT of the record. S, E: place as Ensembl counts it (1-based, closed).
# SHOWN: the allele as CSQ names it. ALT: the bases that replace S..E. REC0: found exact records.
(
    A_KIND,
    A_S,
    A_E,
    A_REF0,
    A_SHOWN0,
    A_SHOWN1,
    A_ALT0,
    A_ALT1,
    A_ROW0,
    A_ROW1,
    A_PICK,
    A_CLASS,
    A_BEGIN,
    A_END,
) = range(14)
A_REC0 = 16
ALT_COLUMNS = 32

# Slots of `ctl`, how kernel and caller talk.
C_IN, C_OUT, C_LINE, C_ISSUES, C_STATUS, C_STRICT, C_DISTANCE, C_EXACT, C_INTERVALS, C_LABELS = (
    range(10)
)
CTL_SLOTS = 16
DONE, GROW_OUT, GROW_ROWS, GROW_ALTS, REFUSED = range(5)

# Columns of `issues`: line number, reason, column, contig, position, begin and end of the line.
ISSUE_COLUMNS = 8

LABEL_CSQ, LABEL_CLASS, LABEL_STORES = 0, 1, 2
