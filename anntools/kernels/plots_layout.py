"""The block of what plots need: settings first, then counters (all int64)."""

from __future__ import annotations

from typing import Final

# A bin goes from an edge to the next, without it. Frequencies in billionths; 1 is in the last bin.
AF_ONE: Final = 1_000_000_000
AF_EDGES: Final = tuple(
    round(x * AF_ONE)
    for x in (0, 1e-5, 1e-4, 1e-3, 0.005, 0.01, 0.02, 0.05, *(i / 10 for i in range(1, 11)))
)
AF_BINS: Final = len(AF_EDGES) - 1
# The last bin of QUAL has no end.
QUAL_EDGES: Final = (0, 10, 20, 30, 40, 50, 60, 80, 100, 150, 200, 300, 500, 1000, 2000, 5000)
QUAL_BINS: Final = len(QUAL_EDGES)
AMINO_ACIDS: Final = 27  # A to Z and, last, the stop

(
    P_AF_EDGES,  # address of the edges
    P_QUAL_EDGES,
    P_AF_SOURCE,  # AF_*
    P_AF_STORE,  # number of the exact store
    P_AF_FIELD,  # and of its field
    P_WIDTH,  # bases in a bin of a contig
    P_FIRST,  # address of int32: number of the first bin of each contig
    P_DENSITY,  # address of the counters of all bins
    P_FILTERS,  # address of the FILTER texts met: FILTER_BYTES each
    P_FILTER_COUNT,
    P_FILTER_LAST,  # address of the last one
    P_FILTER_MISSING,  # records with a dot, and from here on counters
    P_FILTER_OTHERS,  # records whose FILTER did not fit
    P_AF_UNKNOWN,  # alleles
    P_AF0,
) = range(15)
P_QUAL_UNKNOWN: Final = P_AF0 + AF_BINS  # records
P_QUAL0: Final = P_QUAL_UNKNOWN + 1
P_AA0: Final = P_QUAL0 + QUAL_BINS  # before times AMINO_ACIDS, plus after
P_SLOTS: Final = P_AA0 + AMINO_ACIDS * AMINO_ACIDS

AF_NOWHERE, AF_IN_INFO, AF_IN_STORE = range(3)
FILTERS_MOST: Final = 256
FILTER_BYTES: Final = 128  # a counter, the size, and the text
FILTER_TEXT_MOST: Final = 112
