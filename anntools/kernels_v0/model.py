"""The memory layout of a reference pack, as the kernels see it.

Positions are 0-based and half-open unless a name says otherwise. ``docs/engine/pack.md`` tells the
same with pictures. A transcript is one row of 16 int32, 64 bytes, one cache line.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from anntools import genetic_code
from anntools.compiled_v0 import bytes_at, int32s_at, int64s_at, kernel, table32_at

Bytes = npt.NDArray[np.uint8]
Int32s = npt.NDArray[np.int32]
Int64s = npt.NDArray[np.int64]

# Columns of `contigs`. LIMIT: the pack knows nothing from here to the end of the contig.
CONTIG_LENGTH, CONTIG_SEG0, CONTIG_SEG1, CONTIG_SEQ0, CONTIG_SEQ1, CONTIG_LIMIT = range(6)
CONTIG_COLUMNS: Final = 8

# Columns of `tx`. CDS0, CDS1: spliced coordinates of the coding part (CDS0 = -1: non-coding).
# LEFT, RIGHT: the same part in genomic coordinates. PAD: bases that a 5'-incomplete CDS lacks in
# its first codon. CDNA: first nibble in `cdna`. PICK: static part of the pick order, low is better.
START, END, STRAND, EXON0, NEXON, LENGTH, CDS0, CDS1 = range(8)
CDNA, PAD, FLAGS, CODE, GENE, PICK, LEFT, RIGHT = range(8, 16)
TX_COLUMNS: Final = 20

# Bits of FLAGS
FLAG_NMD, FLAG_CDS_START_NF, FLAG_CDS_END_NF = 1, 2, 4

# Columns of `exons`, in genomic order. OFFSET: spliced bases to the left of the exon.
EXON_START, EXON_END, EXON_OFFSET = range(3)

# Pre-rendered text of a transcript, `name_off[t * NAMES + i]`.
NAME_HEAD, NAME_STRAND, NAME_TAIL, NAME_HGVSC, NAME_HGVSP = range(5)
NAMES: Final = 5

# Columns of `exact_store`: where the fields, the records and the cells of an exact store begin.
STORE_FIELD0, STORE_FIELDS, STORE_REC0, STORE_CELL0 = range(4)


class Genes(NamedTuple):
    """The transcripts. All arrays of a model are read-only and usually memory-mapped.

    The model is cut in four because numba hands every array of a tuple to every function that
    takes it: small tuples compile several times faster.
    """

    tx: Int32s  # [transcripts, 20]
    exons: Int32s  # [exons, 3]
    cdna: Bytes  # spliced sequence, two bases a byte, low nibble first; A C G T N = 0 1 2 3 4
    names: Bytes
    name_off: Int64s  # [transcripts * NAMES + 1]
    hgvs_bytes: Bytes  # "NC_000020.10:g." per contig, concatenated
    hgvs_off: Int32s  # [contigs + 1]


class Genome(NamedTuple):
    """Contigs, their names, and their sequence where it is known."""

    contigs: Int32s  # [contigs, 8]
    alias_bytes: Bytes  # all names under which a VCF may call a contig, concatenated
    alias_off: Int32s  # [aliases + 1]
    alias_contig: Int32s  # [aliases]
    seq_start: Int32s  # covered intervals of the genome, sorted within a contig
    seq_end: Int32s
    seq_off: Int64s  # first base of the interval in `seq`
    seq: Bytes  # four bases a byte, lowest bits first


class Segments(NamedTuple):
    """Which transcripts are near a position: a segment is a stretch where the list is the same."""

    seg_start: Int32s
    seg_off: Int32s  # [segments + 1] into seg_tx
    seg_tx: Int32s


class Exact(NamedTuple):
    """Exact-match stores, one after the other."""

    exact_store: Int32s  # [stores, 4]
    exact_range: Int32s  # [stores * contigs, 2] records
    exact_pos: Int32s
    exact_key_off: Int64s
    exact_keys: Bytes  # trimmed REF, tab, trimmed ALT
    exact_cell_off: Int64s  # [cells + 1]
    exact_values: Bytes
    exact_class: Int32s  # [records] class of the record for the summary, -1 for none


class Intervals(NamedTuple):
    """Interval stores, one after the other, cut into segments like the transcripts."""

    iv_range: Int32s  # [interval stores * contigs, 2] segments
    iv_seg_start: Int32s
    iv_seg_off: Int32s
    iv_seg_id: Int32s
    iv_start: Int32s
    iv_name_off: Int64s
    iv_names: Bytes


class Model(NamedTuple):
    """Everything a pack knows."""

    genes: Genes
    genome: Genome
    segments: Segments
    exact: Exact
    intervals: Intervals


PARTS: Final = (Genes, Genome, Segments, Exact, Intervals)
DTYPES: Final[dict[str, Any]] = {
    name: np.uint8 if "Bytes" in str(kind) else np.int64 if "Int64s" in str(kind) else np.int32
    for part in PARTS
    for name, kind in part.__annotations__.items()
}


def make_model(arrays: Mapping[str, npt.NDArray[Any]]) -> Model:
    """The model from its arrays by name. Raises KeyError if one is missing."""
    parts: list[Any] = [part(*(arrays[name] for name in part._fields)) for part in PARTS]
    return Model(*parts)


# ---- constant tables, frozen into the machine code

BASE = np.full(256, 4, dtype=np.uint8)  # A C G T -> 0 1 2 3, anything else 4
for _i, _b in enumerate(b"ACGT"):
    BASE[_b] = BASE[_b + 32] = _i
LETTER = np.frombuffer(b"ACGTN", dtype=np.uint8)
LOWER = np.frombuffer(b"acgtn", dtype=np.uint8)
COMPLEMENT = np.array([3, 2, 1, 0, 4], dtype=np.uint8)
CODES = genetic_code.code_matrix()
AA3 = genetic_code.three_letter_matrix()


# ---- the model as the entry gets it: addresses and lengths of all arrays, in the order of DTYPES

Places = tuple[Int64s, Int64s]


def places(model: Model) -> Places:
    """Address and length (rows) of every array of the model."""
    arrays = [array for part in model for array in part]
    addresses = np.array([a.ctypes.data for a in arrays], dtype=np.int64)
    return addresses, np.array([len(a) for a in arrays], dtype=np.int64)


@kernel
def model_at(a: Int64s, n: Int64s) -> Model:
    """The model from addresses ``a`` and lengths ``n``; its arrays are not reference-counted."""
    genes = Genes(
        table32_at(a[0], n[0], 20),
        table32_at(a[1], n[1], 3),
        bytes_at(a[2], n[2]),
        bytes_at(a[3], n[3]),
        int64s_at(a[4], n[4]),
        bytes_at(a[5], n[5]),
        int32s_at(a[6], n[6]),
    )
    genome = Genome(
        table32_at(a[7], n[7], 8),
        bytes_at(a[8], n[8]),
        int32s_at(a[9], n[9]),
        int32s_at(a[10], n[10]),
        int32s_at(a[11], n[11]),
        int32s_at(a[12], n[12]),
        int64s_at(a[13], n[13]),
        bytes_at(a[14], n[14]),
    )
    segments = Segments(int32s_at(a[15], n[15]), int32s_at(a[16], n[16]), int32s_at(a[17], n[17]))
    exact = Exact(
        table32_at(a[18], n[18], 4),
        table32_at(a[19], n[19], 2),
        int32s_at(a[20], n[20]),
        int64s_at(a[21], n[21]),
        bytes_at(a[22], n[22]),
        int64s_at(a[23], n[23]),
        bytes_at(a[24], n[24]),
        int32s_at(a[25], n[25]),
    )
    intervals = Intervals(
        table32_at(a[26], n[26], 2),
        int32s_at(a[27], n[27]),
        int32s_at(a[28], n[28]),
        int32s_at(a[29], n[29]),
        int32s_at(a[30], n[30]),
        int64s_at(a[31], n[31]),
        bytes_at(a[32], n[32]),
    )
    return Model(genes, genome, segments, exact, intervals)
