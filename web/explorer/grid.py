"""The table of the explorer: heads with their order, cells in the field's notation."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from web.explorer.cutting import length
from web.explorer.dictionary import Column, Dictionary
from web.explorer.filters import View
from web.plots import terms

LONGEST_ALLELE = 16
"""Bases of an allele that are shown; the rest on demand."""
LONGEST_TEXT = 60

_SLUGS = frozenset({"reason", "status", "biotype"})
"""Columns whose values are words joined by `_`."""
_VARIANT = ("chrom", "pos", "ref", "alt")
"""Shown together, in the first cell."""

_HEADS: Mapping[str, str] = {
    "record": "Line",
    "chrom": "Contig",
    "pos": "Position",
    "id": "ID",
    "ref": "REF",
    "alt": "ALT",
    "alt_index": "ALT no.",
    "qual": "QUAL",
    "filter": "FILTER",
    "status": "Annotated",
    "reason": "Why not",
    "position_class": "Lies in",
    "hgvsg": "HGVS genome",
    "consequence": "Consequence",
    "impact": "Impact",
    "symbol": "Gene",
    "gene": "Gene id",
    "feature": "Transcript",
    "hgvsc": "HGVS transcript",
    "hgvsp": "HGVS protein",
    "amino_acids": "Amino acids",
    "mane_select": "MANE Select",
    "ac": "AC",
    "an": "AN",
    "CLINVAR_SIG": "ClinVar",
    "CLINVAR_ID": "ClinVar id",
    "CLINVAR_REVIEW": "ClinVar review",
    "CLINVAR_DISEASE": "ClinVar disease",
    "CLINVAR_RS": "ClinVar rs",
    "cytoBand": "Band",
    "cpgIsland": "CpG island",
}


@dataclass(frozen=True)
class Head:
    """A column's head. `query` is the view in the order that a click asks for."""

    name: str
    title: str
    help: str
    query: str
    order: str
    """As `aria-sort` has it: `ascending`, `descending` or `none`."""
    number: bool


@dataclass(frozen=True)
class Cell:
    """A value as it is shown. `full` is the whole value where `text` is shortened."""

    text: str
    full: str = ""
    kind: str = "text"
    """How it is drawn: `text`, `number`, `code`, `consequence`, `impact`, `clinvar`, `ids`."""
    tone: str = ""


@dataclass(frozen=True)
class Choice:
    """A column that may be shown."""

    name: str
    title: str
    help: str
    shown: bool


def title(name: str) -> str:
    """The head of a column."""
    plain = name.replace("_", " ")
    return _HEADS.get(name, plain[:1].upper() + plain[1:])


def heads(view: View, dictionary: Dictionary, names: Sequence[str]) -> Sequence[Head]:
    """The heads of the columns besides the first."""
    return [_head(view, dictionary.by_name[name]) for name in beside(view, names)]


def place_head(view: View) -> Head:
    """The head of the first column: place and alleles."""
    return _head(view, Column("pos", "int32", meaning="Place on the genome, REF and ALT."))


def beside(view: View, names: Sequence[str]) -> Sequence[str]:
    """The columns besides the first; by default impact shows as the colour of the consequence."""
    hidden = {*_VARIANT, "impact"} if not view.columns else set(_VARIANT)
    return [name for name in names if name not in hidden]


def _head(view: View, column: Column) -> Head:
    mine = view.sort == column.name
    order = "none" if not mine else "descending" if view.descending else "ascending"
    # First click: rising; second: falling; third: the order of the file.
    sort = "" if order == "descending" else column.name
    query = view.query(sort=sort, descending=order == "ascending")
    return Head(column.name, title(column.name), column.meaning, query, order, column.is_number)


def choices(view: View, dictionary: Dictionary, names: Sequence[str]) -> Sequence[Choice]:
    """All columns but those of the first cell, for the chooser; those that are shown come first,
    in their order, which is the order that a choice keeps."""
    shown = beside(view, names)
    rest = [name for name in dictionary.names if name not in (*shown, *_VARIANT)]
    return [
        Choice(name, title(name), dictionary.by_name[name].meaning, name in shown)
        for name in (*shown, *rest)
    ]


def cell(name: str, value: Any) -> Cell:
    """A value of a row."""
    if value is None or value == "":
        return Cell("", kind="none")
    if name in ("ref", "alt", "allele"):
        return allele(value)
    if name == "consequence":
        text = str(value)
        return Cell(terms.words(text), text, "consequence", terms.impact_of(text).lower())
    if name == "impact":
        return Cell(str(value), kind="impact")
    if name.upper().endswith(("CLINVAR_SIG", "CLNSIG")):
        return Cell(str(value), kind="clinvar")
    if name in ("hgvsc", "hgvsp", "hgvsg"):
        return _hgvs(str(value))
    if isinstance(value, bool):
        return Cell("yes" if value else "no")
    if isinstance(value, float):
        return Cell(f"{value:.4g}", repr(value), "number")
    if isinstance(value, int):
        return Cell(f"{value:,}", kind="number")
    if name == "position_class":
        return Cell(terms.position_class(str(value)))
    return _text(str(value), spaced=name in _SLUGS or name.upper().startswith("CLINVAR_"))


def allele(bases: str) -> Cell:
    """`A`, `ACGT`; `ACGTACGT… 53 bases`, in full on demand."""
    if len(bases) <= LONGEST_ALLELE:
        return Cell(bases, kind="code")
    return Cell(f"{bases[:8]}… {length(bases):,} bases", bases, "code")


def _hgvs(name: str) -> Cell:
    """`ENST0001.4:c.76A>T` → `c.76A>T`, in full on demand."""
    short = name.rpartition(":")[2]
    if len(short) > LONGEST_TEXT:
        short = f"{short[: LONGEST_TEXT - 1]}…"
    return Cell(short, name if short != name else "", "code")


def _text(text: str, *, spaced: bool) -> Cell:
    plain = text.replace("_", " ") if spaced else text
    if len(plain) <= LONGEST_TEXT:
        return Cell(plain)
    return Cell(f"{plain[: LONGEST_TEXT - 1]}…", plain)
