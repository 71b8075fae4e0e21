"""``--like vep`` by the specification beside VEP 115's own answers.

``python -m tests.engine.like_truth [--every N] [CASE…]`` prints agreement and examples.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from anntools.spec.consequence import consequence
from anntools.spec.transcript import Transcript
from anntools.spec.vep import Written, as_vep, written
from anntools.spec.vep_hgvs_c import hgvs_c
from anntools.spec.vep_hgvs_g import hgvs_g
from anntools.spec.vep_hgvs_p import hgvs_p
from tests.engine.hgvs_truth import (
    KINDS,
    VEP,
    Case,
    Row,
    gene_cases,
    read_case,
    text_lines,
    vep_rows,
)

FIELDS = ("Consequence", "HGVSg", "HGVSc", "HGVSp")
_SHOWN = 8  # differences printed of each field


@dataclass
class Agreement:
    """Rows in which either side says something, equal ones, and those that differ."""

    rows: Counter[str] = field(default_factory=Counter)
    equal: Counter[str] = field(default_factory=Counter)
    differ: list[tuple[str, str]] = field(default_factory=list)

    def rate(self, name: str) -> float:
        """Share of equal rows."""
        return self.equal[name] / self.rows[name] if self.rows[name] else 1.0

    def add(self, other: Agreement) -> None:
        """Add another's counts."""
        self.rows += other.rows
        self.equal += other.equal
        self.differ += other.differ

    def table(self) -> str:
        """As text, with some of what differs."""
        lines = []
        for name in FIELDS:
            lines.append(f"{name:12} {self.rows[name]:8} {100 * self.rate(name):9.4f} %")
            lines += [f"    {text}" for n, text in self.differ if n == name][:_SHOWN]
        return "\n".join(lines)


def records(vcf: Path) -> dict[str, tuple[str, int, str, list[str]]]:
    """Name -> contig, position, REF, ALTs."""
    out = {}
    for line in text_lines(vcf):
        if not line.startswith("#"):
            contig, position, name, ref, alts = line.split("\t")[:5]
            out[name] = contig, int(position), ref, alts.split(",")
    return out


def answers(t: Transcript, w: Written, genome: str, *, inside: bool) -> Row:
    """What we say of one ALT and one transcript."""
    terms = consequence(t, w.first, w.ref, w.alt).terms
    out = {"Consequence": ",".join(sorted(terms)), "HGVSg": hgvs_g(w, genome) or ""}
    out["HGVSc"] = (hgvs_c(t, w, genome) or "") if inside else ""
    out["HGVSp"] = (hgvs_p(t, w, genome, terms) or "") if inside else ""
    return out


def compare(case: Case, vcf: Path, tab: Path, every: int = 1) -> Agreement:
    """All rows of one file of VEP that have a transcript, or each ``every``-th."""
    result, known, read = Agreement(), records(vcf), dict[str, Transcript]()
    for number, row in enumerate(vep_rows(tab)):
        name = row["Feature"]
        contig, position, ref, alts = known[row["Uploaded_variation"]]
        index = int(row["ALLELE_NUM"]) - 1
        silent = not name or row["Consequence"] == "intergenic_variant"
        if number % every or silent or not alts[index].isalpha():
            continue
        genome = case.genome[contig]
        if name not in read:
            read[name] = as_vep(case.transcript(name), genome)
        w = written(position, ref, alts, index)
        mine = answers(read[name], w, genome, inside=not row["DISTANCE"])
        where = f"{contig}:{position} {ref[:30]}>{alts[index][:30]} {name}"
        for field_name in FIELDS:
            theirs = _theirs(row, field_name)
            if not mine[field_name] and not theirs:
                continue
            result.rows[field_name] += 1
            if mine[field_name] == theirs:
                result.equal[field_name] += 1
            else:
                said = f"{where}: VEP {theirs!r}, ours {mine[field_name]!r}"
                result.differ.append((field_name, said))
    return result


def _theirs(row: Row, name: str) -> str:
    if name == "Consequence":
        return ",".join(sorted(row[name].split(",")))
    return row[name].rpartition(":")[2].replace("%3D", "=")


def gene(name: str, kinds: tuple[str, ...] = KINDS, every: int = 1) -> Iterator[Agreement]:
    """A gene of the truth: agreement for each kind of variants."""
    folder = VEP / "genes" / name
    case = read_case(folder / "g.fa", folder / "g.gff.gz")
    for kind in kinds:
        yield compare(case, folder / f"{kind}.vcf.gz", folder / f"{kind}.vep.tab.gz", every)


def main() -> None:
    """Print agreement for all genes or those named."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("cases", nargs="*")
    options = parser.parse_args()
    for kind in KINDS:
        total = Agreement()
        for name in options.cases or gene_cases():
            for part in gene(name, (kind,), options.every):
                total.add(part)
        sys.stdout.write(f"{kind}\n{total.table()}\n")


if __name__ == "__main__":
    main()
