"""Why a row differs from VEP's: the paragraph of docs/engine/divergences.md that decides.

A rule looks at the model, the variant and VEP's row, never only at the difference itself: it says
"here the paragraph applies". What no rule claims is unexplained, and counts against us.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from anntools.pack.genes import Transcript
from anntools.spec.consequence import given as as_given
from tests.conformance.engine import Record
from tests.engine import hgvs_truth, vep_truth
from tests.engine.hgvs_differences import Written

DISTANCE = 5000  # bases up- and downstream that get rows
_OUTSIDE = {"upstream_gene_variant", "downstream_gene_variant", "intergenic_variant"}


@dataclass(frozen=True)
class Difference:
    """A row of ours and of theirs for the same ALT and transcript."""

    case: str
    record: Record
    number: int  # of the ALT, from 1
    model: Transcript | None
    ours: dict[str, str]
    theirs: dict[str, str]
    fasta: Path
    genes: Path

    @property
    def alt(self) -> str:
        """The ALT."""
        return self.record.alts[self.number - 1]

    @property
    def terms(self) -> set[str]:
        """Their consequence terms."""
        return set(self.theirs["Consequence"].split(","))

    @property
    def our_terms(self) -> set[str]:
        """Our consequence terms."""
        return set(self.ours["Consequence"].replace("&", ",").split(","))

    def text(self, name: str) -> str:
        """The difference of a field in one line."""
        r = self.record
        return (
            f"{self.case} {r.name} {r.contig}:{r.position} {r.ref[:40]}>{self.alt[:40]} "
            f"{self.theirs['Feature']}: ours {self.ours[name]!r}, theirs {self.theirs[name]!r}"
        )


def explain(difference: Difference, name: str) -> int | None:
    """The paragraph that explains the difference of a field, or None."""
    if name.startswith("HGVS"):
        return _of_hgvs(difference, name)
    if name == "IMPACT":  # follows from the terms
        name = "Consequence"
    if name in _OF_CONSEQUENCE:
        return _of_consequence(difference, name)
    if name != "PICK":
        return None
    if difference.terms != difference.our_terms:  # they decide the pick
        return _of_consequence(difference, "Consequence")
    return 8 if _beside_rather_than_in(difference) else None


def _of_hgvs(d: Difference, name: str) -> int | None:
    """HGVS has rules of its own, which reckon VEP's text from ours."""
    r = d.record
    written = Written(r.position, r.ref.upper(), tuple(a.upper() for a in r.alts), d.number - 1)
    case = hgvs_truth.known_case(d.fasta, d.genes)
    values, feature = (d.ours[name], d.theirs[name]), d.theirs["Feature"]
    return hgvs_truth.paragraph(case, name, values, feature, r.contig, written) or None


def _of_consequence(d: Difference, name: str) -> int | None:
    """Terms, positions, codons: rules of their own, which reckon VEP's answer where they can."""
    if d.model is None:
        return None
    case = hgvs_truth.known_case(d.fasta, d.genes)
    alts = [a.upper() for a in d.record.alts]
    first, ref, new = as_given(d.record.position, d.record.ref.upper(), alts)
    variant = vep_truth.Variant(
        *(d.record.contig, "", first, ref, new[d.number - 1], len(alts) == 1)
    )
    ours = d.ours | {"Consequence": ",".join(sorted(d.our_terms))}
    genome = case.genome[d.model.contig]
    transcript = case.transcript(d.theirs["Feature"])
    known = vep_truth.Difference(variant, d.model, transcript, genome, ours, d.theirs)
    return vep_truth.explain(known, name) or None


def explain_missing(
    theirs: dict[str, str], record: Record, model: Transcript | None, ours: set[str]
) -> int | None:
    """The paragraph that explains why a row of VEP is not there. ``ours``: our transcripts."""
    if not theirs["Feature"]:
        return 11 if ours - {""} else None
    if model is None or theirs["Consequence"] not in _OUTSIDE:
        return None
    low, high = record.position, record.position + len(record.ref)
    return 2 if high <= model.start - DISTANCE or low > model.end + DISTANCE else None


def _beside_rather_than_in(d: Difference) -> bool:
    return bool(d.theirs["DISTANCE"])


_OF_CONSEQUENCE = (
    *("Consequence", "cDNA_position", "CDS_position", "Protein_position", "Codons"),
    *("Amino_acids", "EXON", "INTRON", "DISTANCE"),
)
