"""Answers as the page shows them: who is hit, how badly, what is known."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from web.ports import PackAtHand, SiteProblem
from web.variants.asking import Answered

MOST_WITH_TRANSCRIPTS = 50
"""Of more variants than this the page shows the picked transcripts only."""

_SHORTEST = 60


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
            each.answer.problem,
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


def _label(column: str) -> str:
    """`CLINVAR_DISEASE` → `Clinvar disease`; `cytoBand` as it is."""
    return column.replace("_", " ").capitalize() if column.isupper() else column
