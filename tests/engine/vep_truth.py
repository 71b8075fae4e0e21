"""Consequences of the specification, or of its compiled twin, beside VEP 115's.

``python -m tests.engine.vep_truth [--compiled] [--kinds dense_indel,multi] [CASE…]`` prints the
agreement and what differs, by pair of terms. It needs no pack: it reads the truth's own sequence
and gene model.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from anntools.pack import genes
from anntools.spec.consequence import Effect, Numbers, consequence
from anntools.spec.consequence import given as as_given
from anntools.spec.transcript import Pair, Transcript, reverse_complement
from tests.engine.compiled_rule import CompiledRule
from tests.engine.hgvs_truth import KINDS, VEP, Case, Row, read_case, text_lines, vep_rows

FIELDS = (
    *("Consequence", "cDNA_position", "CDS_position", "Protein_position", "Amino_acids"),
    *("Codons", "EXON", "INTRON", "DISTANCE"),
)
_OUTSIDE = {"upstream_gene_variant", "downstream_gene_variant"}
Rule = Callable[[Transcript, int, str, str], Effect]


@dataclass(frozen=True)
class Variant:
    """One ALT of a record, as written and as Ensembl takes it."""

    contig: str
    written: str  # position, REF and ALTs of the record
    first: int
    ref: str
    alt: str
    alone: bool


@dataclass(frozen=True)
class Difference:
    """A row in which a field differs."""

    variant: Variant
    model: genes.Transcript
    transcript: Transcript
    genome: str
    ours: Row
    theirs: Row

    @property
    def lost(self) -> set[str]:
        """Terms that only VEP gives."""
        return set(self.theirs["Consequence"].split(",")) - self.our_terms

    @property
    def our_terms(self) -> set[str]:
        """Our terms."""
        return set(self.ours["Consequence"].split(","))


@dataclass
class Agreement:
    """Equal and different values per field; differences by paragraph (0: none explains it)."""

    rows: int = 0
    elsewhere: int = 0  # rows that VEP gives a transcript that it then calls intergenic
    equal: Counter[str] = field(default_factory=Counter)
    different: Counter[tuple[str, int]] = field(default_factory=Counter)
    pairs: dict[tuple[str, ...], list[str]] = field(default_factory=lambda: defaultdict(list))

    def rate(self, name: str) -> float:
        """Share of equal values, before any explanation."""
        return self.equal[name] / self.rows if self.rows else 1.0

    def unexplained(self, name: str) -> int:
        """Differences that no paragraph explains."""
        return self.different[name, 0]

    def add(self, other: Agreement) -> None:
        """Add another agreement to this one."""
        self.rows += other.rows
        self.elsewhere += other.elsewhere
        self.equal += other.equal
        self.different += other.different
        for pair, examples in other.pairs.items():
            self.pairs[pair] += examples

    def table(self, most: int = 25) -> str:
        """Agreement per field, then differences by pair."""
        lines = [f"{self.rows} rows, {self.elsewhere} more that VEP calls intergenic"]
        for name in FIELDS:
            causes = {n: c for (f, n), c in sorted(self.different.items()) if f == name}
            lines.append(f"{name:18} {100 * self.rate(name):9.4f} %  differences {causes}")
        for pair, examples in sorted(self.pairs.items(), key=lambda p: -len(p[1]))[:most]:
            lines.append(f"{len(examples):6} {' | '.join(pair)}\n         {examples[0]}")
        return "\n".join(lines)


def read_variants(vcf: Path) -> dict[tuple[str, str], Variant]:
    """(variant id, number of the ALT) -> variant."""
    out = {}
    for line in text_lines(vcf):
        if line.startswith("#"):
            continue
        contig, position, name, ref, column = line.split("\t")[:5]
        ref, alts = ref.upper(), column.upper().split(",")
        first, shorter, new = as_given(int(position), ref, alts)
        for number, alt in enumerate(new, 1):
            if set(alt) <= set("ACGTN"):
                written = f"{position} {ref}>{column}"
                alone = len(alts) == 1
                out[name, str(number)] = Variant(contig, written, first, shorter, alt, alone)
    return out


def compiled() -> Rule:
    """The compiled rule, with the memory of each transcript made once."""
    rules: dict[int, tuple[Transcript, CompiledRule]] = {}

    def call(t: Transcript, first: int, ref: str, alt: str) -> Effect:
        if id(t) not in rules:
            rules[id(t)] = t, CompiledRule([t])
        return rules[id(t)][1].effect(0, first, ref, alt)

    return call


def compare(case: Case, vcf: Path, tab: Path, rule: Rule = consequence) -> Agreement:
    """All rows of one file of VEP that have a transcript."""
    result = Agreement()
    variants = read_variants(vcf)
    for theirs in vep_rows(tab):
        variant = variants.get((theirs["Uploaded_variation"], theirs["ALLELE_NUM"]))
        if variant is None or not theirs["Feature"]:
            continue
        if theirs["Consequence"] == "intergenic_variant" and not theirs["cDNA_position"]:
            result.elsewhere += 1
            continue
        transcript = case.transcript(theirs["Feature"])
        ours = shown(rule(transcript, variant.first, variant.ref, variant.alt))
        result.rows += 1
        model = case.models[theirs["Feature"]]
        genome = case.genome[model.contig]
        _count(result, Difference(variant, model, transcript, genome, ours, theirs))
    return result


def _count(result: Agreement, d: Difference) -> None:
    for name in FIELDS:
        ours, theirs = d.ours[name], d.theirs[name]
        if name == "Consequence":
            theirs = ",".join(sorted(theirs.split(",")))
        if ours == theirs:
            result.equal[name] += 1
            continue
        number = explain(d, name)
        result.different[name, number] += 1
        pair = (name, str(number), theirs, ours) if name == "Consequence" else (name, str(number))
        what = f"{d.variant.contig}:{d.variant.written[:60]} {d.theirs['Feature']}"
        result.pairs[pair].append(f"{what}: VEP {theirs!r}, ours {ours!r}")


def shown(effect: Effect) -> Row:
    """An effect as VEP's columns show it."""
    return {
        "Consequence": ",".join(sorted(effect.terms)),
        "cDNA_position": _pair(effect.spliced),
        "CDS_position": _pair(effect.coding),
        "Protein_position": _pair(effect.protein),
        "Amino_acids": effect.amino_acids,
        "Codons": effect.codons,
        "EXON": _numbers(effect.exons),
        "INTRON": _numbers(effect.introns),
        "DISTANCE": str(effect.distance) if effect.terms & _OUTSIDE else "",
    }


def _pair(pair: Pair) -> str:
    a, b = pair
    if a is None and b is None:
        return ""
    if a is not None and b is not None:
        a, b = min(a, b), max(a, b)
    return str(a) if a == b else f"{'?' if a is None else a}-{'?' if b is None else b}"


def _numbers(numbers: Numbers) -> str:
    if numbers is None:
        return ""
    a, b, of = numbers
    return f"{a}/{of}" if a == b else f"{a}-{b}/{of}"


# ---- paragraphs of docs/engine/divergences.md


def explain(d: Difference, name: str) -> int:
    """The paragraph that explains a difference, 0 if none does."""
    for number, fields, applies in _RULES:
        if name in fields and applies(d):
            return number
    return 0


def _start_of_incomplete(d: Difference) -> bool:
    return bool(d.model.phase) and bool(d.lost & {"start_lost", "start_retained_variant"})


def _utr_on_minus(d: Difference) -> bool:
    """Whether VEP's terms are ours with its UTRs: those at the mirror image of their place."""
    t = d.transcript
    if t.strand > 0 or not t.coding:
        return False
    ends = t.first + t.last
    mirrored = reverse_complement("".join(d.genome[ends - b - 1 : ends - a] for a, b in t.exons))
    begin, end = t.coding_span()
    sequence = mirrored[: begin - 1] + t.sequence[begin - 1 : end] + mirrored[end:]
    v = d.variant
    effect = consequence(replace(t, sequence=sequence), v.first, v.ref, v.alt)
    return effect.terms == set(d.theirs["Consequence"].split(","))


def _stop_inserted(d: Difference) -> bool:
    longer = len(d.variant.alt) > len(d.variant.ref)
    return longer and "stop_retained_variant" in d.lost and "stop_gained" in d.our_terms


def _whole_coding_part(d: Difference) -> bool:
    return d.lost == {"stop_retained_variant"} and "stop_lost" in d.our_terms


def _shorter_than_codon(d: Difference) -> bool:
    cds = d.model.cds
    return cds is not None and cds[1] - cds[0] <= 3 and d.theirs["Amino_acids"].endswith("/-")


def _later_of_several(d: Difference) -> bool:
    return not d.variant.alone and len(d.variant.ref) < len(d.variant.alt)


def _no_term(d: Difference) -> bool:
    return d.theirs["Consequence"] == "intergenic_variant"


def _record_is_longer(d: Difference) -> bool:
    distance = d.ours["DISTANCE"]
    return _no_term(d) or (bool(distance) and int(distance) > int(d.theirs["DISTANCE"]))


_POSITIONS = ("CDS_position", "Protein_position", "Amino_acids", "Codons")
_RULES: tuple[tuple[int, tuple[str, ...], Callable[[Difference], bool]], ...] = (
    (1, ("Consequence",), _start_of_incomplete),
    (2, ("Consequence", "cDNA_position"), _no_term),
    (2, ("DISTANCE",), _record_is_longer),
    (5, ("Consequence",), _stop_inserted),
    (4, ("Consequence",), _utr_on_minus),
    (6, ("Consequence",), _whole_coding_part),
    (7, (*_POSITIONS, "Consequence"), _later_of_several),
    (12, ("Amino_acids", "Codons"), _shorter_than_codon),
)


# ---- cases


def gene_case(
    name: str, kinds: tuple[str, ...] = KINDS, rule: Rule = consequence
) -> Iterator[tuple[str, Agreement]]:
    """Agreement of a gene of the truth, for each kind of variants."""
    folder = VEP / "genes" / name
    case = read_case(folder / "g.fa", folder / "g.gff.gz")
    for kind in kinds:
        vcf, tab = folder / f"{kind}.vcf.gz", folder / f"{kind}.vep.tab.gz"
        yield kind, compare(case, vcf, tab, rule)


def gene_names() -> list[str]:
    """All genes of the truth."""
    return sorted(f.name for f in (VEP / "genes").iterdir())


def main() -> None:
    """Print agreement for all genes or those named."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--compiled", action="store_true")
    parser.add_argument("--kinds", default=",".join(KINDS))
    parser.add_argument("cases", nargs="*")
    options = parser.parse_args()
    rule = compiled() if options.compiled else consequence
    totals: dict[str, Agreement] = defaultdict(Agreement)
    for name in options.cases or gene_names():
        for kind, part in gene_case(name, tuple(options.kinds.split(",")), rule):
            totals[kind].add(part)
    for kind, total in totals.items():
        sys.stdout.write(f"\n{kind}: {total.table()}\n")


if __name__ == "__main__":
    main()
