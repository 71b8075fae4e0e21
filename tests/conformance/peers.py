"""bcftools csq against ``--format bcsq``: its own test cases, and real and random variants.

The answers come from bcftools itself, run beside us. Local mode (``csq -l``) is compared with the
command, haplotype mode with the filter behind ``--haplotypes``.
"""

from __future__ import annotations

import subprocess
import tarfile
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from tests.bench.peers import bcftools
from tests.conformance import engine
from tests.conformance.explain_bcsq import Context, explain
from tests.conformance.tables import Section

Entries = dict[str, list[str]]  # transcript -> entries of BCSQ
Place = tuple[str, int, str, str]  # contig, position, REF, ALTs
KINDS = ("SNV", "indel, MNV")


def csq(vcf: Path, fasta: Path, genes: Path, output: Path, *options: str) -> Path:
    """Run bcftools csq; the gene model may lack what it wants, then nothing is annotated."""
    command = [*bcftools(), "csq", *options, "-f", str(fasta), "-g", str(genes), str(vcf)]
    subprocess.run([*command, "-o", str(output)], check=True, capture_output=True)
    return output


def entries(path: Path) -> Iterator[tuple[Place, Entries]]:
    """BCSQ of every record."""
    for record in engine.records(path):
        place = (record.contig, record.position, record.ref, ",".join(record.alts))
        yield place, by_transcript(record.info.get("BCSQ", ""))


def by_transcript(value: str) -> Entries:
    """Entries of one BCSQ value, sorted, by transcript; ``@POS`` has none."""
    out: Entries = defaultdict(list)
    for entry in sorted(set(filter(None, value.replace(".", "", value == ".").split(",")))):
        fields = entry.split("|")
        out[fields[2] if len(fields) > 2 else ""].append(entry)
    return out


def compare(
    section_of: dict[str, Section], theirs: Path, ours: Path, name: str, context: Context
) -> None:
    """Count per record × transcript: the whole entries, and the consequence alone."""
    mine = dict(entries(ours))
    for place, answer in entries(theirs):
        section = section_of[kind(place)]
        got = mine.get(place, {})
        for transcript in sorted(answer.keys() | got.keys()):
            a, b = got.get(transcript, []), answer.get(transcript, [])
            text = f"{name} {place[0]}:{place[1]} {place[2]}>{place[3]}: ours {a}, theirs {b}"
            rule = explain(context, place, a, b) if a != b else None
            count(section, "entry", a == b, rule, text)
            count(section, "consequence", terms(a) == terms(b), rule, text)


def count(section: Section, line: str, equal: bool, rule: str | None, text: str) -> None:
    """Count one comparison."""
    if equal:
        section.line(line).equal += 1
    else:
        section.line(line).differs(rule, text)


def terms(found: list[str]) -> set[str]:
    """Consequence terms of entries."""
    return {t for e in found for t in e.split("|")[0].split("&")}


def kind(place: Place) -> str:
    """SNV, or everything else."""
    return (
        KINDS[0]
        if len(place[2]) == 1 and all(len(a) == 1 for a in place[3].split(","))
        else (KINDS[1])
    )


def sections(label: str) -> dict[str, Section]:
    """A section for each kind of variant."""
    return {k: Section(f"{label}, {k}") for k in KINDS}


def unpacked(folder: Path) -> Path:
    """The cases of bcftools, unpacked once."""
    out = folder / "bcftools-cases"
    if not out.exists():
        with tarfile.open(engine.TRUTH / "bcftools_test_csq.tar.xz") as archive:
            archive.extractall(out, filter="data")
    return out / "test" / "csq"


def cases(folder: Path, only: set[str]) -> list[Section]:
    """bcftools' own cases without samples, in local mode."""
    found = sections("bcftools csq -l, its own cases")
    for place in sorted(unpacked(folder).iterdir()):
        if not place.is_dir() or (only and place.name not in only):
            continue
        fasta = place / f"{place.name}.fa"
        for genes in sorted(place.glob("*.gff")):
            pack = engine.build_pack(fasta, genes, folder / f"{place.name}.{genes.stem}")
            context = Context(fasta, genes)
            for vcf in sorted(place.glob("*.vcf")):
                theirs = csq(vcf, fasta, genes, folder / "theirs.vcf", "-l", "-s", "-")
                name = f"{place.name}/{vcf.name}"
                try:
                    ours = engine.annotate(vcf, pack, folder / "ours.vcf", "--format", "bcsq")
                except engine.EngineFailed:  # REF beyond the contig: refused
                    ours = folder / "ours.vcf"
                    ours.write_text("")
                    context.refused = True
                compare(found, theirs, ours, name, context)
                context.refused = False
    return list(found.values())


GENERATED = {
    "1000G_chr20": ("chr20", "GRCh37.chr20.fa.gz", "1000 Genomes chr20"),
    "synthetic.chr20": ("chr20", "GRCh37.chr20.fa.gz", "random variants on chr20"),
    "synthetic.chrX": ("chrX", "GRCh37.chrX_1-69999930.fa.gz", "random variants on X"),
}


def generated(folder: Path, only: set[str]) -> list[Section]:
    """Real and random variants on MANE transcripts, in local mode."""
    out: list[Section] = []
    for name, (contig, fasta_name, label) in GENERATED.items():
        if only and name not in only:
            continue
        fasta = engine.DATA / "genome" / fasta_name
        genes = engine.TRUTH / "vep115" / "real" / f"{contig}.mane.gff.gz"
        pack = folder / contig
        if not pack.exists():
            engine.build_pack(fasta, genes, pack)
        vcf = engine.TRUTH / "bcftools_csq_generated" / f"{name}.vcf.gz"
        if not vcf.exists():
            vcf = engine.TRUTH / "vep115" / "real" / f"chr20_{name.partition('_')[0]}.vcf.gz"
        found = sections(f"bcftools csq -l, {label}, MANE")
        if name == "1000G_chr20":
            found["SNV"].promised = {"entry": 1.0, "consequence": 1.0}
        theirs = csq(vcf, fasta, genes, folder / "theirs.vcf", "-l", "-s", "-")
        ours = engine.annotate(vcf, pack, folder / "ours.vcf", "--format", "bcsq")
        compare(found, theirs, ours, name, Context(fasta, genes))
        out += found.values()
    return out
