"""One row as an entry of ANN, SnpEff's format ("Variant annotations in VCF format", 1.0)."""

from __future__ import annotations

from anntools.kernels import layout as k
from anntools.kernels.alleles import OUTSIDE
from anntools.kernels.csq import impact_of, put_all_terms, put_impact
from anntools.kernels.hgvs_c import put_hgvsc
from anntools.kernels.hgvs_p import put_hgvsp
from anntools.kernels.memory import (
    byte,
    constant,
    copy,
    find_byte,
    i32,
    i64,
    kernel,
    set_byte,
    set_i64,
)
from anntools.kernels.model import name_size, put_name
from anntools.kernels.text import put_int

_BARS = constant(b"|" * 16)
_INTERGENIC = constant(b"intergenic_region|MODIFIER|||intergenic_region||||||||||")
_INTERGENIC_SIZE = 56
_INCOMPLETE = constant(b"WARNING_TRANSCRIPT_INCOMPLETE")
_INCOMPLETE_SIZE = 29
_BAR, _SLASH = 124, 47


@kernel
def put_ann(c: int, o: int, alt: int, row: int) -> int:
    """One ANN entry; the fields are those of ``labels.ANN_FIELDS``, in that order."""
    o = copy(o, i64(alt, k.A_TEXT), i64(alt, k.A_TEXT_SIZE))
    o = set_byte(o, _BAR)
    mask = i64(row, k.R_MASK)
    t = i64(row, k.R_TX)
    if t < 0:
        return copy(o, _INTERGENIC(), _INTERGENIC_SIZE)
    tx = i64(row, k.R_TX_ROW)
    o = put_impact(put_all_terms(o, mask, 38), impact_of(mask))
    begin = o
    o = put_name(c, o, t, k.NAME_HEAD)
    kind = find_byte(find_byte(begin, o, _BAR) + 1, o, _BAR) + 1
    set_byte(kind, 116)  # "transcript" with a small letter
    within = mask & OUTSIDE == 0
    if within:
        o = put_rank(o, tx, row)
        o = put_names(c, o, tx, t, alt, row)
        o = put_places(o, tx, row)
    else:
        o = copy(o, _BARS(), 6)
        o = put_int(o, i64(row, k.R_DISTANCE))
        o = set_byte(o, _BAR)
    if i32(tx, k.FLAGS) & (k.FLAG_CDS_START_NF | k.FLAG_CDS_END_NF):
        o = copy(o, _INCOMPLETE(), _INCOMPLETE_SIZE)
    return o


@kernel
def put_rank(o: int, tx: int, row: int) -> int:
    """Exon or intron of how many, with its closing bar."""
    n = i32(tx, k.NEXON)
    if i64(row, k.R_EXON1) > 0:
        o = put_int(set_byte(put_int(o, i64(row, k.R_EXON1)), _SLASH), n)
    elif i64(row, k.R_INTRON1) > 0:
        o = put_int(set_byte(put_int(o, i64(row, k.R_INTRON1)), _SLASH), n - 1)
    return set_byte(o, _BAR)


@kernel
def put_names(c: int, o: int, tx: int, t: int, alt: int, row: int) -> int:
    """HGVS.c and HGVS.p without the names of transcript and protein, each with a closing bar."""
    if i64(alt, k.A_KIND) == k.ALT_SEQUENCE:
        end = put_hgvsc(c, o, tx, t, alt, row)
        o = without_prefix(o, end, name_size(c, t, k.NAME_HGVSC))
        set_i64(row, k.R_HGVSC, 0)
    o = set_byte(o, _BAR)
    if i64(alt, k.A_KIND) == k.ALT_SEQUENCE:
        end = put_hgvsp(c, o, tx, t, alt, row)
        o = without_prefix(o, end, name_size(c, t, k.NAME_HGVSP))
    return set_byte(o, _BAR)


@kernel
def without_prefix(o: int, end: int, prefix: int) -> int:
    """Move what was written at ``o`` over its prefix, of which the last two bytes stay."""
    if end == o:
        return o
    skip = prefix - 2
    p = o + skip
    while p < end:
        o = set_byte(o, byte(p))
        p += 1
    return o


@kernel
def put_places(o: int, tx: int, row: int) -> int:
    """Places in the transcript, its coding part and the protein, of how many; then no distance."""
    cds = i32(tx, k.CDS1) - i32(tx, k.CDS0) + i32(tx, k.PAD)
    o = put_place(o, i64(row, k.R_CDNA1), i64(row, k.R_CDNA2), i32(tx, k.LENGTH))
    if i32(tx, k.CDS0) >= 0:
        o = put_place(o, i64(row, k.R_CDS1), i64(row, k.R_CDS2), cds)
        o = put_place(o, i64(row, k.R_PROT1), i64(row, k.R_PROT2), cds // 3)
    else:
        o = copy(o, _BARS(), 2)
    return set_byte(o, _BAR)


@kernel
def put_place(o: int, first: int, last: int, length: int) -> int:
    """``12/345|``, or only the bar when the place is not known."""
    at = first if first > 0 else last
    if at > 0:
        o = put_int(set_byte(put_int(o, at), _SLASH), length)
    return set_byte(o, _BAR)
