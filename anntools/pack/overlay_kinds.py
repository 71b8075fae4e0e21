"""Tables that are known by the overlay's name: what the original AnnTools looked up, and the like.

The names are those of UCSC's tables; ``columns`` are theirs, for files without a header line.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

Values = Callable[[str, int, int, list[str]], list[str]]
_BIN: Final = ("bin", "chrom", "chromStart", "chromEnd")
_NAMED: Final = (*_BIN, "name", "score", "strand")


def _as_they_are(_chrom: str, _start: int, _end: int, values: list[str]) -> list[str]:
    return values


def _band(chrom: str, _start: int, _end: int, values: list[str]) -> list[str]:
    """``chr20`` and ``p13`` -> ``20p13``."""
    return [chrom.removeprefix("chr") + values[0]]


def _placed(joint: str) -> Values:
    """The name with its place: ``V$MIF1_01.chr1.10.30`` or ``SDF4:miR-1,chr1_10_30``."""

    def values(chrom: str, start: int, end: int, cells: list[str]) -> list[str]:
        place = joint.join((chrom, str(start), str(end)))
        return [f"{cells[0]}{',' if joint == '_' else joint}{place}"]

    return values


def _inside(_chrom: str, _start: int, _end: int, _values: list[str]) -> list[str]:
    return ["True"]


def _island(chrom: str, start: int, end: int, _values: list[str]) -> list[str]:
    return [f"CpG_{chrom.removeprefix('chr')}_{start + 1}_{end}"]


@dataclass(frozen=True, slots=True)
class Kind:
    """How one table is read.

    ``fields``: for each INFO field (the first is empty: the overlay's own key) the names a column
    may have; the first that the file has is taken. ``joined``: overlapping intervals become one.
    """

    columns: Sequence[str]
    fields: Sequence[tuple[str, tuple[str, ...]]]
    description: str
    values: Values = _as_they_are
    joined: bool = False


_CNV: Final = Kind(
    _NAMED, [("", ())], "The place lies in a known copy number variation", _inside, True
)

KINDS: Final[dict[str, Kind]] = {
    "cytoband": Kind(
        ("chrom", "chromStart", "chromEnd", "name", "gieStain"),
        [("", ("name", "band"))],
        "Cytogenetic band",
        _band,
    ),
    "gwascatalog": Kind(
        (*_BIN, "name", "pubMedID", "author", "pubDate", "journal", "title", "trait"),
        [
            ("pubMedID", ("pubMedID", "PUBMEDID")),
            ("trait", ("trait", "Disease/Trait", "DISEASE/TRAIT")),
        ],
        "NHGRI-EBI GWAS catalogue at this place",
    ),
    "gadall": Kind(
        (*_BIN, "name"), [("", ("name", "Broad Phenotype"))], "Genetic Association Database"
    ),
    "genomicsuperdups": Kind(
        (*_NAMED, "otherChrom", "otherStart", "otherEnd"),
        [(f, (f,)) for f in ("otherChrom", "otherStart", "otherEnd")],
        "Segmental duplication of more than 1,000 bases",
    ),
    "tfbsconssites": Kind(
        (*_NAMED, "zScore"),
        [("", ("name",))],
        "Conserved transcription factor binding site",
        _placed("."),
    ),
    "targetscans": Kind(_NAMED, [("", ("name",))], "microRNA target site", _placed("_")),
    "cpgislandext": Kind(_NAMED, [("", ())], "CpG island", _island),
    "dgv_cnv": _CNV,
    "mccarroll_cnv": _CNV,
    "conrad_cnv": _CNV,
    "abparts": Kind(
        _NAMED, [("", ())], "Part of an antibody or T-cell receptor gene", _inside, True
    ),
}
_SYNONYMS: Final = {
    "cpgisland": "cpgislandext",
    "tfbsregion": "tfbsconssites",
    "mirnasites": "targetscans",
    "dgv": "dgv_cnv",
    "mccarroll": "mccarroll_cnv",
    "conrad": "conrad_cnv",
    "superdups": "genomicsuperdups",
    "gwas": "gwascatalog",
}
GENE_FACTS: Final = ("hgnc", "hgnc_geneannotation")


def kind_of(name: str) -> Kind | None:
    """The kind of an overlay by its name, in any case."""
    lower = name.lower()
    return KINDS.get(_SYNONYMS.get(lower, lower))
