"""Why a row differs from VEP's: the paragraph of docs/engine/divergences.md that decides.

A rule looks at the model, the variant and VEP's row, never only at the difference itself: it says
"here the paragraph applies". What no rule claims is unexplained, and counts against us.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from anntools.pack.genes import Transcript
from tests.conformance.engine import Record
from tests.engine import hgvs_truth
from tests.engine.hgvs_differences import Written

_SPLICE_TERMS = {
    *("splice_acceptor_variant", "splice_donor_variant", "splice_donor_5th_base_variant"),
    *("splice_donor_region_variant", "splice_region_variant", "intron_variant"),
    "splice_polypyrimidine_tract_variant",
}
SHORT_INTRON = 13  # bases; Ensembl takes shorter ones for repairs of the model


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
    for number, fields, applies in _RULES:
        if name in fields and applies(difference):
            return number
    return None


def _of_hgvs(d: Difference, name: str) -> int | None:
    """HGVS has rules of its own, which reckon VEP's text from ours."""
    r = d.record
    written = Written(r.position, r.ref.upper(), tuple(a.upper() for a in r.alts), d.number - 1)
    case = hgvs_truth.known_case(d.fasta, d.genes)
    values, feature = (d.ours[name], d.theirs[name]), d.theirs["Feature"]
    return hgvs_truth.paragraph(case, name, values, feature, r.contig, written) or None


def _introns(model: Transcript) -> list[tuple[int, int]]:
    return [(a[1], b[0]) for a, b in zip(model.exons, model.exons[1:], strict=False)]


def _short_intron(d: Difference) -> bool:
    short = d.model is not None and any(b - a <= SHORT_INTRON for a, b in _introns(d.model))
    return short and (d.terms ^ d.our_terms) <= _SPLICE_TERMS


def _in_short_intron(d: Difference) -> bool:
    if d.model is None:
        return False
    first, last = d.record.position - 1, d.record.position + len(d.record.ref)
    return any(b - a <= SHORT_INTRON and a <= last and first <= b for a, b in _introns(d.model))


def _stop_inserted(d: Difference) -> bool:
    longer = len(d.alt) > len(d.record.ref)
    return longer and "stop_retained_variant" in d.terms and "stop_gained" in d.our_terms


def _retained_at_lost_start(d: Difference) -> bool:
    return "start_lost" in d.terms and d.terms - d.our_terms == {"stop_retained_variant"}


def _block(d: Difference) -> bool:
    ref, alt = d.record.ref, d.alt
    return len(ref) == len(alt) > 1 and (ref[0] == alt[0] or ref[-1] == alt[-1])


def _beside_rather_than_in(d: Difference) -> bool:
    return bool(d.theirs["DISTANCE"])


_POSITIONS = ("cDNA_position", "CDS_position", "Protein_position", "Codons", "Amino_acids")
Rule = tuple[int, tuple[str, ...], Callable[[Difference], bool]]
_RULES: tuple[Rule, ...] = (
    (1, ("Consequence",), _short_intron),
    (1, ("EXON", "INTRON"), _in_short_intron),
    (5, ("Consequence",), _stop_inserted),
    (6, ("Consequence",), _retained_at_lost_start),
    (7, (*_POSITIONS, "Consequence", "EXON"), _block),
    (8, ("PICK",), _beside_rather_than_in),
)
