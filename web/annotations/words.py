"""Words for what a job is recorded with: one sentence of help for each state, and the packs."""

from collections.abc import Mapping
from typing import NamedTuple

from gas.jobs import JobStatus, OutputFormat, Transcripts

HELP: Mapping[JobStatus, str] = {
    JobStatus.PENDING: "In the queue. It starts by itself as soon as a worker is free.",
    JobStatus.RUNNING: "Being annotated now. You may close this page: we send you a mail.",
    JobStatus.COMPLETED: "Done. Every record of your file is accounted for below.",
    JobStatus.FAILED: "It could not be annotated. The cause and what to do about it are below.",
    JobStatus.CANCELLED: "It was cancelled and will not run.",
}


class Reason(NamedTuple):
    """Why records are passed through unchanged."""

    words: str
    help: str
    """What it means, and what may be done about it."""


#: By the engine's codes (docs/engine/input.md).
REASONS: Mapping[str, Reason] = {
    "no_alternate_allele": Reason(
        "No alternate allele",
        "The line says that the sample is like the reference here: there is nothing to annotate.",
    ),
    "symbolic_allele": Reason(
        "Symbolic allele",
        "A structural variant written as <DEL> or the like, whose sequence the file does not give.",
    ),
    "breakend": Reason(
        "Breakend", "One end of a rearrangement, written with brackets; it has no consequence here."
    ),
    "not_covered": Reason(
        "Outside the reference", "The reference pack leaves this place out, or it is a telomere."
    ),
    "not_lifted": Reason(
        "Not lifted", "The place has no counterpart on the assembly of the reference pack."
    ),
    "too_few_columns": Reason(
        "Too few columns", "The line has fewer than the 8 columns of a VCF: it may have been cut."
    ),
    "position_not_a_number": Reason(
        "Position is no number", "POS has to be a whole number, counted from 1."
    ),
    "position_outside_contig": Reason(
        "Position beyond the end",
        "The contig is shorter: the file may have been made for another genome build.",
    ),
    "unknown_contig": Reason(
        "Unknown contig",
        "The reference pack has no contig of this name: choose one that has, or say which it is.",
    ),
    "bad_reference_allele": Reason(
        "REF is no sequence", "REF has to be made of the letters A, C, G, T and N."
    ),
    "reference_mismatch": Reason(
        "REF contradicts the reference",
        "The genome has other bases here: the file may have been made for another genome build, "
        "or REF and ALT are swapped.",
    ),
    "bad_alternate_allele": Reason(
        "ALT is no allele", "ALT is none of the forms that the VCF specification knows."
    ),
    "header_line_among_records": Reason(
        "Header line among the records", "Lines that begin with # belong to the top of the file."
    ),
    "wrong_column_count": Reason(
        "Other number of columns",
        "The line has not as many sample columns as the header names: it may have been cut.",
    ),
}

#: The files beside the annotated one: what each is called, and what it is good for.
COMPANIONS: Mapping[str, tuple[str, str]] = {
    "table": (
        "Table (Parquet)",
        "The same annotations with typed columns, one row per alternate allele: for pandas, R, "
        "DuckDB and Spark, which read Parquet as it is. "
        "`anntools export` makes Excel, TSV or JSON of it.",
    ),
    "index": (
        "Index",
        "For genome browsers, tabix and bcftools. Keep it beside the annotated file.",
    ),
    "summary": (
        "Summary (JSON)",
        "Counts by consequence, impact, gene and place: what a chart or a script needs.",
    ),
    "receipt": (
        "Receipt (JSON)",
        "Checksums and counts of everything here, signed. With the files beside it, "
        "`anntools verify` shows that nothing was lost or changed, without any network.",
    ),
    "log": ("Log", "The same counts for reading, and each record that was at fault."),
}

FORMATS: Mapping[OutputFormat, str] = {
    OutputFormat.CSQ: "CSQ, as VEP writes it",
    OutputFormat.ANN: "ANN, as SnpEff writes it",
    OutputFormat.BCSQ: "BCSQ, as bcftools csq writes it",
    OutputFormat.CLASSIC: "The keys of AnnTools of 2012",
}

TRANSCRIPTS: Mapping[Transcripts, str] = {
    Transcripts.ALL: "All of each allele",
    Transcripts.PICKED: "One of each allele, the picked one",
}

PACKS: Mapping[str, str] = {
    "demo": "human GRCh37, demo pack (chromosome 20, X up to 70 Mb, Y, MT)",
}


def pack_name(pack: str) -> str:
    """What a reference pack covers; its own name when we have no words for it."""
    return PACKS.get(pack, pack)
