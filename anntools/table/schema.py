"""The columns of the table: the one place that says what each is called, holds and means.

``anntools table describe`` prints this, ``docs/engine/table.md`` is written from it, and every
table carries it in its metadata.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, Literal, NamedTuple

from anntools.version import VERSION

Type = Literal["string", "int32", "int64", "double", "bool", "list<int32>"]
TABLE_VERSION: Final = 2
LIST: Final = "transcripts"


class Column(NamedTuple):
    """One column. ``category``: few different texts, worth a dictionary. ``required``: no nulls."""

    name: str
    type: Type
    unit: str
    meaning: str
    source: str
    category: bool = False
    required: bool = False


_VCF: Final = "VCF 4.5, 1.6.1"
_VEP: Final = "VEP, CSQ"
_GT: Final = "VCF 4.5, 1.6.2, GT"
_SO: Final = "Sequence Ontology as Ensembl applies it"
_HGVS: Final = "HGVS 21.1"

RECORD_COLUMNS: Final = (
    Column(
        "record",
        "int64",
        "1-based",
        "Number of the record among the records of the input; all rows of a record share it.",
        "AnnTools",
        required=True,
    ),
    Column("chrom", "string", "", "CHROM as it is written.", _VCF, category=True),
    Column("pos", "int32", "1-based base", "POS; null if it is no number.", _VCF),
    Column("id", "string", "", "ID; null for `.`.", _VCF),
    Column("ref", "string", "", "REF as it is written.", _VCF),
    Column("alt", "string", "", "One alternate allele as it is written; null for `.`.", _VCF),
    Column(
        "alt_index",
        "int32",
        "1-based",
        "Number of the allele among the ALTs of the record, as genotypes count them.",
        _VCF,
        required=True,
    ),
    Column("qual", "double", "phred", "QUAL; null for `.`.", _VCF),
    Column("filter", "string", "", "FILTER; null for `.`.", _VCF, category=True),
    Column(
        "status",
        "string",
        "",
        "`annotated`, or `skipped` for a record that was passed through unchanged (one row).",
        "AnnTools",
        category=True,
        required=True,
    ),
    Column(
        "reason",
        "string",
        "",
        "Why the record, or this allele of it, is not annotated; else null.",
        "AnnTools, anntools/problems.py",
        category=True,
    ),
    Column(
        "raw", "string", "", "The line as it is, if the record is wrong; else null.", "AnnTools"
    ),
)

ALT_COLUMNS: Final = (
    Column("allele", "string", "", "The allele as CSQ names it; `-` for a deletion.", _VEP),
    Column(
        "position_class",
        "string",
        "",
        "Most specific position class over all transcripts: CDS, utr5, utr3, intron, "
        "non_coding_exon, non_coding_intron, promoter, interGenic.",
        "AnnTools 2012",
        category=True,
    ),
    Column("hgvsg", "string", "", "Change of the genome.", _HGVS),
)

GENOTYPE_COLUMNS: Final = (
    Column(
        "het",
        "list<int32>",
        "1-based",
        "Samples whose genotype has this allele beside another one or one that is not known; "
        "null without genotypes. Their names are in the file's metadata, `anntools.samples`.",
        _GT,
    ),
    Column(
        "hom",
        "list<int32>",
        "1-based",
        "Samples whose genotype has this allele and nothing else, haploid ones too.",
        _GT,
    ),
    Column("ac", "int32", "alleles", "How often the allele is in the genotypes.", _GT),
    Column("an", "int32", "alleles", "How many alleles of the genotypes are known.", _GT),
)

TRANSCRIPT_COLUMNS: Final = (
    Column(
        "consequence",
        "string",
        "",
        "Terms, most severe first, joined by `&`.",
        _SO,
        category=True,
        required=True,
    ),
    Column(
        "impact",
        "string",
        "",
        "HIGH, MODERATE, LOW or MODIFIER, of the most severe term.",
        "Ensembl, calculated consequences",
        category=True,
        required=True,
    ),
    Column("symbol", "string", "", "Symbol of the gene.", "gene model", category=True),
    Column("gene", "string", "", "Stable id of the gene.", "gene model", category=True),
    Column("feature_type", "string", "", "`Transcript`; null between genes.", _VEP, category=True),
    Column("feature", "string", "", "Stable id of the transcript.", "gene model", category=True),
    Column("biotype", "string", "", "Biotype of the transcript.", "gene model", category=True),
    Column("exon_first", "int32", "along the strand", "First exon touched.", _VEP),
    Column("exon_last", "int32", "along the strand", "Last exon touched.", _VEP),
    Column("exon_count", "int32", "exons", "Exons of the transcript, if one is touched.", _VEP),
    Column("intron_first", "int32", "along the strand", "First intron touched.", _VEP),
    Column("intron_last", "int32", "along the strand", "Last intron touched.", _VEP),
    Column(
        "intron_count", "int32", "introns", "Introns of the transcript, if one is touched.", _VEP
    ),
    Column("hgvsc", "string", "", "Change of the transcript.", _HGVS),
    Column("hgvsp", "string", "", "Change of the protein.", _HGVS),
    Column("cdna_start", "int32", "1-based base", "First spliced base; null: outside exons.", _VEP),
    Column("cdna_end", "int32", "1-based base", "Last spliced base; null: outside exons.", _VEP),
    Column("cds_start", "int32", "1-based base", "First coding base; null: not coding.", _VEP),
    Column("cds_end", "int32", "1-based base", "Last coding base; null: not coding.", _VEP),
    Column("protein_start", "int32", "1-based residue", "First amino acid.", _VEP),
    Column("protein_end", "int32", "1-based residue", "Last amino acid.", _VEP),
    Column(
        "amino_acids", "string", "", "Before and after, one letter each: `K/N`; `K` if equal.", _VEP
    ),
    Column(
        "codons", "string", "", "Before and after; changed bases are upper case: `aAg/aTg`.", _VEP
    ),
    Column("strand", "int32", "1 or -1", "Strand of the transcript.", "gene model"),
    Column(
        "flags",
        "string",
        "",
        "`cds_start_NF`, `cds_end_NF`, joined by `&`.",
        "gene model",
        category=True,
    ),
    Column("canonical", "bool", "", "Whether it is the gene's canonical transcript.", "gene model"),
    Column("mane_select", "string", "", "Its MANE Select partner.", "MANE", category=True),
    Column(
        "distance",
        "int32",
        "bases",
        "Distance to the transcript, if the allele lies up- or downstream of it.",
        _VEP,
    ),
)

PICK: Final = Column(
    "pick",
    "bool",
    "",
    "Whether this is the picked transcript, the one of the row's own columns.",
    _VEP,
    required=True,
)
NESTED_COLUMNS: Final = (*TRANSCRIPT_COLUMNS, PICK)
PICKED_COLUMNS: Final = tuple(c._replace(required=False) for c in TRANSCRIPT_COLUMNS)
ALLELE_COLUMNS: Final = (*RECORD_COLUMNS, *ALT_COLUMNS, *GENOTYPE_COLUMNS, *PICKED_COLUMNS)


def store_columns(stores: Iterable[Mapping[str, Any]]) -> list[Column]:
    """The columns that stores add: their INFO keys, exact ones first; numbers where declared so.

    ``stores``: descriptions of the open stores. Several intervals at a place are joined by commas
    and therefore always texts.
    """
    kinds: dict[str, Type] = {"Integer": "int64", "Float": "double"}
    columns = []
    written = [store for store in stores if store["kind"] != "genes"]
    for store in sorted(written, key=lambda s: s["kind"] != "exact"):
        exact = store["kind"] == "exact"
        for field in store["fields"]:
            kind = kinds.get(field["type"], "string") if exact else "string"
            text = field["description"] + ("" if exact else "; several joined by `,`")
            columns.append(Column(field["key"], kind, "", text, store["name"]))
    return columns


def metadata(
    columns: Iterable[Column], pack_id: str, samples: Sequence[str] = ()
) -> dict[str, str]:
    """What the table says about itself."""
    return {
        "anntools.version": VERSION,
        "anntools.table_version": str(TABLE_VERSION),
        "anntools.pack": pack_id,
        "anntools.samples": json.dumps(list(samples), ensure_ascii=False),
        "anntools.columns": json.dumps([_told(c) for c in columns], ensure_ascii=False),
        "anntools.transcript_columns": json.dumps(
            [_told(c) for c in NESTED_COLUMNS], ensure_ascii=False
        ),
    }


def described() -> list[dict[str, str]]:
    """The dictionary as plain data; names of nested columns begin with ``transcripts.``."""
    nested = [_told(c) | {"name": f"{LIST}.{c.name}"} for c in NESTED_COLUMNS]
    return [*(_told(c) for c in ALLELE_COLUMNS), *nested]


def markdown() -> str:
    """The dictionary as two Markdown tables."""
    lines = []
    for title, columns in (
        ("One row per alternate allele", ALLELE_COLUMNS),
        (f"In `{LIST}`, one entry per transcript", NESTED_COLUMNS),
    ):
        lines += [f"### {title}", "", "| column | type | unit | meaning | source |"]
        lines.append("|---|---|---|---|---|")
        lines += [
            f"| `{c.name}` | {c.type} | {c.unit} | {c.meaning} | {c.source} |" for c in columns
        ]
        lines.append("")
    return "\n".join(lines)


def _told(column: Column) -> dict[str, str]:
    return {name: getattr(column, name) for name in ("name", "type", "unit", "meaning", "source")}
