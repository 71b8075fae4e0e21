"""Answers as the page shows them: who is hit, how badly, what is known."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from web.ports import PackAtHand, SiteProblem
from web.variants.asking import Answered

MOST_WITH_TRANSCRIPTS = 50
"""Of more variants than this the page shows the picked transcripts only."""

_SHORTEST = 60
_WORDS = {
    "CLINVAR": "ClinVar",
    "ID": "ID",
    "RS": "rs number",
    "SIG": "class",
    "AF": "frequency",
    "cytoBand": "Band",
}
_REMEDIES = {
    "reference_mismatch": "It may be meant for another genome build, or REF and ALT are swapped.",
    "unknown_contig": "The contigs it has stand above, beside Reference.",
    "unknown_id": "It may well exist: only variants of these sources, on the contigs above, are "
    "found by their names. Write its place and alleles instead, such as 20:4680251:A:G.",
}
"""Where the engine's own words are about a whole file."""


@dataclass(frozen=True)
class ShownAllele:
    """One alternate allele."""

    title: str
    """`20:4680251 A>G`."""
    row: Mapping[str, Any]
    known: Sequence[tuple[str, str]]
    """What the pack's stores say: column and value."""
    clinvar: str
    transcripts: Sequence[Mapping[str, Any]]
    """The picked one first."""

    @property
    def terms(self) -> str:
        """`missense variant, splice region variant`."""
        return words(self.row["consequence"])


@dataclass(frozen=True)
class Shown:
    """One line of what was asked."""

    asked: str
    alleles: Sequence[ShownAllele]
    problem: SiteProblem | None


def show(answered: Sequence[Answered], pack: PackAtHand) -> Sequence[Shown]:
    """What the page shows."""
    whole = len(answered) <= MOST_WITH_TRANSCRIPTS
    return [
        Shown(
            short(each.asked),
            [_allele(row, pack, whole=whole) for row in each.answer.alleles],
            _told(each.answer.problem),
        )
        for each in answered
    ]


def _allele(row: Mapping[str, Any], pack: PackAtHand, *, whole: bool) -> ShownAllele:
    known = {name: str(row[name]) for name in pack.store_columns if row.get(name) is not None}
    clinvar = next((known.pop(name) for name in list(known) if name.endswith("CLINVAR_SIG")), "")
    transcripts = sorted(row["transcripts"], key=lambda t: not t["pick"]) if whole else ()
    return ShownAllele(
        title=f"{row['chrom']}:{row['pos']:,} {short(row['ref'])}>{short(row['alt'] or '.')}",
        row=row,
        known=[(_label(name), words(value)) for name, value in known.items()],
        clinvar=clinvar.split("|")[0],
        transcripts=transcripts,
    )


def words(text: str | None) -> str:
    """Terms as words: `missense_variant&splice_region_variant`, `Cystic_fibrosis|not_provided`."""
    return (text or "").replace("&", ", ").replace("|", ", ").replace("_", " ")


def short(text: str) -> str:
    """A long allele as its beginning and its length."""
    text = text.strip()
    return text if len(text) <= _SHORTEST else f"{text[: _SHORTEST - 20]}… ({len(text)} characters)"


def _told(problem: SiteProblem | None) -> SiteProblem | None:
    """The problem in words about a single variant."""
    if problem is None:
        return None
    return replace(problem, remedy=_REMEDIES.get(problem.code, problem.remedy))


def _label(column: str) -> str:
    """`CLINVAR_DISEASE` → `ClinVar disease`; `cytoBand` → `Band`."""
    if not column.isupper():
        return _WORDS.get(column, column)
    return " ".join(_WORDS.get(word, word.lower()) for word in column.split("_"))
