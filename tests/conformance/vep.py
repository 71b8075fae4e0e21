"""Rows of VEP 115 against ours: every variant × transcript, field by field."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from anntools.pack.genes import read_genes
from tests.conformance import engine
from tests.conformance.explain import Difference, explain, explain_missing
from tests.conformance.tables import Section

FIELDS = (
    *("Consequence", "IMPACT", "EXON", "INTRON", "cDNA_position", "CDS_position"),
    *("Protein_position", "Codons", "Amino_acids", "HGVSc", "HGVSp", "HGVSg", "DISTANCE"),
)
_PROMISED = dict.fromkeys(
    ("cDNA_position", "CDS_position", "Protein_position", "Codons", "Amino_acids"), 0.999
) | {"HGVSc": 0.999, "HGVSp": 0.995, "HGVSg": 0.999}
PROMISED_SNV = {"Consequence": 0.9995} | _PROMISED
PROMISED_INDEL = {"Consequence": 0.995} | _PROMISED
KINDS = {"dense_snv": "SNV", "dense_indel": "indel, MNV", "multi": "several ALTs"}
_VERSION_ONE = re.compile(r"\.1:p\.")
Key = tuple[str, int, str]  # variant's name, number of its ALT, transcript


@dataclass(frozen=True)
class Case:
    """A gene or chromosome of the truth."""

    name: str
    fasta: Path
    genes: Path


def gene_cases() -> list[Case]:
    """The genes of the truth."""
    folders = sorted((engine.TRUTH / "vep115" / "genes").iterdir())
    return [Case(f.name, f / "g.fa", f / "g.gff.gz") for f in folders]


def vep_rows(path: Path) -> Iterator[tuple[Key, dict[str, str]]]:
    """VEP's rows of a tab file; ``-`` becomes empty."""
    header: list[str] = []
    for line in engine.lines(path):
        if line.startswith("##"):
            continue
        columns = line.split("\t")
        if not header:
            header = [columns[0].removeprefix("#"), *columns[1:]]
            continue
        row = {k: "" if v == "-" else v for k, v in zip(header, columns, strict=True)}
        yield (row["Uploaded_variation"], int(row["ALLELE_NUM"]), row["Feature"]), row


def compare(case: Case, pack: Path, vcf: Path, tab: Path, output: Path, title: str) -> Section:
    """Annotate one VCF, by our rules and by VEP's, and compare with one tab file of VEP."""
    ours, like = (
        _compared(case, pack, vcf, tab, output, title, *options)
        for options in ((), ("--like", "vep"))
    )
    return ours.compared_with(like)


def _compared(
    case: Case, pack: Path, vcf: Path, tab: Path, output: Path, title: str, *options: str
) -> Section:
    section = Section(title)
    engine.annotate(vcf, pack, output, *options)
    ours = {(r.name, n, row["Feature"]): (r, row) for r, n, row in engine.csq_rows(output)}
    output.unlink()
    models = {t.id: t for t in read_genes(case.genes)}
    transcripts: dict[tuple[str, int], set[str]] = {}
    records = {}
    for (name, number, transcript), (record, _) in ours.items():
        transcripts.setdefault((name, number), set()).add(transcript)
        records[name] = record
    for key, theirs in vep_rows(tab):
        found = ours.get(key)
        if found is None:
            given = transcripts.get(key[:2], set())
            why = explain_missing(theirs, records[key[0]], models.get(key[2]), given)
            section.line("row is there").differs(why, f"{case.name} {key} is missing")
            continue
        if key[2] and theirs["Consequence"] == "intergenic_variant":
            # VEP finds the transcript and then finds no effect on it
            section.line("row is there").differs(2, f"{case.name} {key} is no row")
            continue
        section.line("row is there").equal += 1
        record, mine = found
        difference = Difference(
            *(case.name, record, key[1], models.get(key[2]), mine, theirs, case.fasta, case.genes)
        )
        for name in FIELDS:
            _compare_field(section, name, difference)
        if theirs["PICK"]:
            line = section.line("PICK")
            if mine["PICK"]:
                line.equal += 1
            else:
                line.differs(explain(difference, "PICK"), difference.text("PICK"))
    return section


def _compare_field(section: Section, name: str, difference: Difference) -> None:
    """Count one field of one row; a field that is empty on both sides is not counted."""
    mine, theirs = normal(name, difference.ours[name]), normal(name, difference.theirs[name])
    if not mine and not theirs:
        return
    if mine != theirs and name == "HGVSp":  # VEP prints .1 for a protein without a version
        theirs = _VERSION_ONE.sub(":p.", theirs)
        if theirs.startswith(":"):  # the protein has no name; ours is the transcript's
            mine = mine[mine.find(":") :]
    line = section.line(name)
    if mine == theirs:
        line.equal += 1
    else:
        line.differs(explain(difference, name), difference.text(name))


def normal(name: str, value: str) -> str:
    """A value without what is only form."""
    if name == "Consequence":
        return ",".join(sorted(value.replace("&", ",").split(",")))
    return value.replace("%3D", "=")


def genes(folder: Path, only: set[str], threads: int) -> list[Section]:
    """All genes: a section for each kind of variants."""
    totals = {
        kind: Section(
            f"VEP 115, {len(only) or 47} genes, {label}",
            promised=PROMISED_SNV if kind == "dense_snv" else PROMISED_INDEL,
        )
        for kind, label in KINDS.items()
    }
    cases = [c for c in gene_cases() if not only or c.name in only]
    with ThreadPoolExecutor(threads) as pool:
        for parts in pool.map(lambda c: _gene(c, folder), cases):
            for kind, part in parts.items():
                totals[kind].add(part)
    return list(totals.values())


def _gene(case: Case, folder: Path) -> dict[str, Section]:
    pack = engine.build_pack(case.fasta, case.genes, folder / case.name)
    source = case.fasta.parent
    return {
        kind: compare(
            *(case, pack, source / f"{kind}.vcf.gz", source / f"{kind}.vep.tab.gz"),
            *(folder / f"{case.name}.{kind}.vcf", kind),
        )
        for kind in KINDS
    }


REAL = {
    "chr20_1000G": ("chr20", "GRCh37.chr20.fa.gz", "1000 Genomes chr20"),
    "chr20_synthetic": ("chr20", "GRCh37.chr20.fa.gz", "random variants on chr20"),
    "chrX_synthetic": ("chrX", "GRCh37.chrX_1-69999930.fa.gz", "random variants on X"),
}


def real(folder: Path, only: set[str]) -> list[Section]:
    """Whole chromosomes with the MANE transcripts."""
    sections = []
    truth = engine.TRUTH / "vep115" / "real"
    for name, (contig, fasta, label) in REAL.items():
        if only and name not in only:
            continue
        case = Case(name, engine.DATA / "genome" / fasta, truth / f"{contig}.mane.gff.gz")
        pack = folder / contig
        if not pack.exists():
            engine.build_pack(case.fasta, case.genes, pack)
        vcf, tab = truth / f"{name}.vcf.gz", truth / f"{name}.mane.vep.tab.gz"
        section = compare(case, pack, vcf, tab, folder / f"{name}.vcf", f"VEP 115, {label}, MANE")
        section.promised = PROMISED_SNV if name == "chr20_1000G" else PROMISED_INDEL
        sections.append(section)
    return sections
