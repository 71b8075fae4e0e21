"""HGVS of the specification beside VEP 115's: reading the truth, comparing, sorting differences.

``python -m tests.engine.hgvs_truth [CASE…]`` prints agreement and differences by class.
"""

from __future__ import annotations

import gzip
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from anntools.pack import genes
from anntools.spec.hgvs_c import hgvs_c
from anntools.spec.hgvs_g import hgvs_g
from anntools.spec.hgvs_p import hgvs_p
from anntools.spec.shift import Change, trimmed
from anntools.spec.transcript import Transcript, reverse_complement
from tests.engine.hgvs_differences import Written, explain

VEP = Path(__file__).parents[2].parent / "shared" / "data" / "truth" / "vep115"
KINDS = ("dense_snv", "dense_indel", "multi")
FIELDS = ("HGVSg", "HGVSc", "HGVSp")
Row = dict[str, str]


def read_fasta(path: Path) -> dict[str, str]:
    """Contig name -> bases, upper case."""
    raw = path.read_bytes()
    text = (gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw).decode()
    out = {}
    for record in text[1:].split("\n>"):
        head, _, body = record.partition("\n")
        out[head.split()[0]] = body.replace("\n", "").upper()
    return out


def text_lines(path: Path) -> Iterator[str]:
    """Lines of a gzipped file without line feeds."""
    with gzip.open(path, "rt") as handle:
        for line in handle:
            yield line.rstrip("\n")


def spec_transcript(t: genes.Transcript, genome: str) -> Transcript:
    """A transcript of a gene model in the words of the specification."""
    spliced = "".join(genome[a:b] for a, b in t.exons)
    return Transcript(
        exons=tuple((a + 1, b) for a, b in t.exons),
        strand=t.strand,
        sequence=spliced if t.strand > 0 else reverse_complement(spliced),
        coding=(t.cds[0] + 1, t.cds[1]) if t.cds else None,
        pad=(3 - t.phase) % 3 if t.cds else 0,
        nmd=t.biotype == "nonsense_mediated_decay",
        start_incomplete=bool(t.phase) or "cds_start_NF" in t.tags,
        end_incomplete="cds_end_NF" in t.tags,
    )


@dataclass
class Case:
    """Genome, transcripts and variants of one case of the truth."""

    genome: dict[str, str]
    models: dict[str, genes.Transcript]
    transcripts: dict[str, Transcript] = field(default_factory=dict)

    def transcript(self, name: str) -> Transcript:
        """The transcript as the specification wants it, made once."""
        if name not in self.transcripts:
            model = self.models[name]
            self.transcripts[name] = spec_transcript(model, self.genome[model.contig])
        return self.transcripts[name]


@cache
def known_case(fasta: Path, gff: Path) -> Case:
    """``read_case``, read once."""
    return read_case(fasta, gff)


def paragraph(
    case: Case, name: str, values: tuple[str, str], feature: str, contig: str, written: Written
) -> int:
    """Paragraph of divergences.md that explains why our value differs from VEP's, or 0.

    ``name``: HGVSg, HGVSc or HGVSp. ``values``: ours and VEP's, with or without references.
    """
    ours_, theirs = (v.rpartition(":")[2].replace("%3D", "=") for v in values)
    change = trimmed(written.position, written.ref, written.alts[written.number])
    t = case.transcript(feature) if feature in case.models else None
    return explain(name, ours_, theirs, t, change, case.genome[contig], written)


def read_case(fasta: Path, gff: Path) -> Case:
    """Read a case."""
    return Case(read_fasta(fasta), {t.id: t for t in genes.read_genes(gff)})


def read_changes(vcf: Path) -> dict[tuple[str, str], tuple[str, Change, Written]]:
    """(variant id, allele number) -> contig and change."""
    out = {}
    for line in text_lines(vcf):
        if not line.startswith("#"):
            contig, pos, name, ref, alts = line.split("\t")[:5]
            every = tuple(alts.upper().split(","))
            for number, alt in enumerate(every):
                if set(alt) <= set("ACGTN"):
                    written = Written(int(pos), ref.upper(), every, number)
                    out[name, str(number + 1)] = contig, trimmed(int(pos), ref, alt), written
    return out


def vep_rows(tab: Path) -> Iterator[Row]:
    """VEP's rows; ``-`` becomes empty."""
    header: list[str] = []
    for line in text_lines(tab):
        if line.startswith("##"):
            continue
        columns = line.split("\t")
        if not header:
            header = [columns[0].removeprefix("#"), *columns[1:]]
            continue
        yield {k: "" if v == "-" else v for k, v in zip(header, columns, strict=True)}


def ours(case: Case, contig: str, change: Change, row: Row) -> Row:
    """HGVSg, HGVSc and HGVSp by the specification, without the names of references."""
    genome = case.genome[contig]
    out = dict.fromkeys(FIELDS, "")
    out["HGVSg"] = hgvs_g(change, genome)
    if not row["Feature"] or row["DISTANCE"]:
        return out
    t = case.transcript(row["Feature"])
    out["HGVSc"] = hgvs_c(t, change, genome) or ""
    if t.coding:
        out["HGVSp"] = hgvs_p(t, change, genome) or ""
    return out


@dataclass
class Agreement:
    """Counts per field; differences per field and class."""

    rows: int = 0
    equal: Counter[str] = field(default_factory=Counter)
    silent: Counter[str] = field(default_factory=Counter)  # neither says anything
    differ: dict[tuple[str, int], list[tuple[str, str, Row]]] = field(
        default_factory=lambda: defaultdict(list)
    )

    def merge(self, other: Agreement) -> None:
        """Add another's counts."""
        self.rows += other.rows
        self.equal += other.equal
        self.silent += other.silent
        for key, rows in other.differ.items():
            self.differ[key] += rows

    def different(self, name: str) -> int:
        """Rows whose field differs."""
        return sum(len(rows) for (field_name, _), rows in self.differ.items() if field_name == name)

    def unexplained(self, name: str) -> list[tuple[str, str, Row]]:
        """Differences without a class."""
        return self.differ.get((name, 0), [])

    def table(self) -> str:
        """Agreement as text, then the classes."""
        lines = []
        for name in FIELDS:
            bad, said = self.different(name), self.equal[name] + self.different(name)
            lines.append(
                f"{name}  rows {self.rows}, equal {_percent(bad, self.rows)}"
                f"; described {said}, equal {_percent(bad, said)}"
                f"; differ {bad}, unexplained {len(self.unexplained(name))}"
            )
        lines += [f"  {n} paragraph {k}: {len(v)}" for (n, k), v in sorted(self.differ.items())]
        return "\n".join(lines)


def _percent(bad: int, of: int) -> str:
    return f"{100 - 100 * bad / of:.3f} %" if of else "-"


def compare(case: Case, vcf: Path, tab: Path, every: int = 1) -> Agreement:
    """The specification beside VEP's table, on each ``every``-th row."""
    changes, result = read_changes(vcf), Agreement()
    for number, row in enumerate(vep_rows(tab)):
        key = row["Uploaded_variation"], row["ALLELE_NUM"]
        if number % every or key not in changes:
            continue
        contig, change, written = changes[key]
        mine, genome = ours(case, contig, change, row), case.genome[contig]
        t = case.transcript(row["Feature"]) if row["Feature"] else None
        result.rows += 1
        for name in FIELDS:
            theirs = row[name].rpartition(":")[2].replace("%3D", "=")
            if mine[name] != theirs:
                why = explain(name, mine[name], theirs, t, change, genome, written)
                result.differ[name, why].append((mine[name], theirs, row))
            else:
                (result.equal if theirs else result.silent)[name] += 1
    return result


def gene_cases() -> list[str]:
    """Names of the cases under ``genes``."""
    return sorted(p.name for p in (VEP / "genes").iterdir())


def compare_gene(name: str, kinds: tuple[str, ...] = KINDS, every: int = 1) -> dict[str, Agreement]:
    """One case of ``genes``: agreement per kind of variants."""
    folder = VEP / "genes" / name
    case = read_case(folder / "g.fa", folder / "g.gff.gz")
    return {
        kind: compare(case, folder / f"{kind}.vcf.gz", folder / f"{kind}.vep.tab.gz", every)
        for kind in kinds
    }


def compare_chromosome(contig: str, truth: str, every: int = 1) -> Agreement:
    """One file of ``real``: for example ``20`` and ``chr20_synthetic``."""
    real = VEP / "real"
    fasta = VEP.parents[1] / "genome" / f"GRCh37.chr{contig}.fa.gz"
    if not fasta.exists():
        fasta = next(fasta.parent.glob(f"GRCh37.chr{contig}*.fa.gz"))
    case = read_case(fasta, real / f"chr{contig}.mane.gff.gz")
    return compare(case, real / f"{truth}.vcf.gz", real / f"{truth}.mane.vep.tab.gz", every)


def main(words: list[str]) -> None:
    """Print agreement and unexplained differences."""
    total: dict[str, Agreement] = defaultdict(Agreement)
    kinds = tuple(k for k in KINDS if k in words) or KINDS
    every = max([int(n) for n in words if n.isdigit()], default=1)
    names = [n for n in words if n not in KINDS and not n.isdigit()] or gene_cases()
    for name in names:
        if name.startswith("chr"):
            total[name].merge(compare_chromosome(name[3:].partition("_")[0], name, every))
            continue
        for kind, part in compare_gene(name, kinds, every).items():
            total[kind].merge(part)
    for kind, result in total.items():
        sys.stdout.write(f"== {kind}\n{result.table()}\n")
        for name in FIELDS:
            for mine, theirs, row in result.unexplained(name)[:20]:
                about = ("Uploaded_variation", "UPLOADED_ALLELE", "Feature", "Consequence")
                more = ("CDS_position", "Amino_acids", "HGVSc", "STRAND")
                words = [row[column][:80] for column in (*about, *more)]
                sys.stdout.write("\t".join(["#", name, mine, theirs, *words]) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
