"""Comparing our CSQ with the answers of VEP 115 in the shared data."""

from __future__ import annotations

import gzip
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from anntools import Options, annotate
from anntools.labels import CSQ_FIELDS
from anntools.pack.build import Contig, PackInput, build_pack
from anntools.pack.genes import read_genes
from anntools.pack.sequence import read_fasta

# CSQ field -> column of VEP's tab output
COMPARED = {
    "Consequence": "Consequence",
    "cDNA_position": "cDNA_position",
    "CDS_position": "CDS_position",
    "Protein_position": "Protein_position",
    "Amino_acids": "Amino_acids",
    "Codons": "Codons",
    "EXON": "EXON",
    "INTRON": "INTRON",
    "HGVSc": "HGVSc",
    "HGVSp": "HGVSp",
    "HGVSg": "HGVSg",
    "DISTANCE": "DISTANCE",
    "IMPACT": "IMPACT",
}
_VERSION_ONE = re.compile(r"\.1:p\.")
Key = tuple[str, str, str]  # variant, allele number, transcript


def build(case: Path, fasta: Path, genes: Path, out: Path) -> Path:
    """A pack for one case of the truth."""
    sequences = read_fasta(fasta)
    build_pack(
        PackInput(
            name=case.name,
            assembly="test",
            contigs=[Contig(name, len(codes)) for name, codes in sequences.items()],
            sequences=sequences,
            transcripts=read_genes(genes),
        ),
        out,
    )
    return out


def vep_rows(path: Path) -> dict[Key, dict[str, str]]:
    """VEP's rows by variant, allele and transcript; ``-`` becomes empty."""
    out: dict[Key, dict[str, str]] = {}
    header: list[str] = []
    for line in gzip.decompress(path.read_bytes()).decode().splitlines():
        if line.startswith("##"):
            continue
        columns = line.rstrip("\n").split("\t")
        if line.startswith("#"):
            header = [columns[0].removeprefix("#"), *columns[1:]]
            continue
        row = {k: "" if v == "-" else v for k, v in zip(header, columns, strict=True)}
        out[row["Uploaded_variation"], row["ALLELE_NUM"], row["Feature"]] = row
    return out


def our_rows(vcf: Path) -> dict[Key, dict[str, str]]:
    """Our CSQ rows of an annotated plain VCF, by variant, allele and transcript."""
    out: dict[Key, dict[str, str]] = {}
    with vcf.open() as handle:
        for line in handle:
            if not line.startswith("#"):
                for key, row in _csq(line.rstrip("\n").split("\t")):
                    out[key] = row
    return out


def _csq(columns: list[str]) -> Iterator[tuple[Key, dict[str, str]]]:
    info = dict(part.partition("=")[::2] for part in columns[7].split(";"))
    alts = shown(columns[3], columns[4].split(","))
    if "CSQ" not in info:
        return
    for entry in info["CSQ"].split(","):
        row = dict(zip(CSQ_FIELDS, entry.split("|"), strict=True))
        row["Consequence"] = row["Consequence"].replace("&", ",")
        row["HGVSp"] = row["HGVSp"].replace("%3D", "=")
        row["HGVSg"] = row["HGVSg"].replace("%3D", "=")
        yield (columns[2], str(alts.index(row["Allele"]) + 1), row["Feature"]), row


def shown(ref: str, alts: list[str]) -> list[str]:
    """Alleles as CSQ names them: without a first base that all share, if lengths differ."""
    plain = [a for a in alts if a[0] not in "*<."]
    if any(len(a) != len(ref) for a in plain) and len({a[0] for a in [ref, *plain]}) == 1:
        return [(a[1:] or "-") if a in plain else a for a in alts]
    return alts


@dataclass
class Agreement:
    """Equal and different values per field; a few differences kept."""

    equal: Counter[str] = field(default_factory=Counter)
    different: Counter[str] = field(default_factory=Counter)
    empty: Counter[str] = field(default_factory=Counter)  # VEP has a value, we give none
    examples: dict[str, list[tuple[Key, str, str]]] = field(default_factory=dict)
    missing: list[Key] = field(default_factory=list)
    extra: list[Key] = field(default_factory=list)

    def rate(self, name: str) -> float:
        """Share of equal values among all rows."""
        total = self.equal[name] + self.different[name] + self.empty[name]
        return self.equal[name] / total if total else 1.0

    def table(self, fields: list[str]) -> str:
        """Printed agreement."""
        return "\n".join(
            f"{name:18} {100 * self.rate(name):8.3f} %  "
            f"{self.equal[name]} equal, {self.different[name]} different, {self.empty[name]} empty"
            for name in fields
        )


def compare(ours: dict[Key, dict[str, str]], vep: dict[Key, dict[str, str]]) -> Agreement:
    """Field by field over the rows of both."""
    result = Agreement()
    result.missing = [k for k in vep if k not in ours]
    result.extra = [k for k in ours if k not in vep]
    for key, theirs in vep.items():
        row = ours.get(key)
        if row is None:
            continue
        for name, column in COMPARED.items():
            a, b = row[name], theirs[column]
            if name == "Consequence":
                a, b = ",".join(sorted(a.split(","))), ",".join(sorted(b.split(",")))
            if name == "HGVSp" and a != b:
                b = _VERSION_ONE.sub(":p.", b)  # VEP prints .1 for a protein without a version
            if a == b:
                result.equal[name] += 1
            elif not a:
                result.empty[name] += 1
                result.examples.setdefault(name + " empty", []).append((key, a, b))
            else:
                result.different[name] += 1
                result.examples.setdefault(name, []).append((key, a, b))
    return result


def run_case(pack: Path, vcf: Path, tab: Path, folder: Path) -> Agreement:
    """Annotate one VCF of the truth and compare."""
    out = folder / "case.annot.vcf"
    annotate(vcf, out, pack, Options(chunk_size=1 << 18))
    return compare(our_rows(out), vep_rows(tab))


def merge(parts: list[Agreement]) -> Agreement:
    """Sum of several comparisons."""
    out = Agreement()
    for part in parts:
        out.equal += part.equal
        out.different += part.different
        out.empty += part.empty
        out.missing += part.missing
        out.extra += part.extra
        for name, examples in part.examples.items():
            out.examples.setdefault(name, []).extend(examples)
    return out
