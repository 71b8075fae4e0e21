"""What the page of a variant shows: the context of its template."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from web.explorer import grid, story
from web.explorer.cutting import cut, length
from web.explorer.dictionary import Dictionary
from web.explorer.gene_drawing import draw_gene
from web.explorer.nearby import nearby
from web.explorer.outward import outward
from web.explorer.story import Row
from web.plots import terms
from web.ports import Transcript

MOST_SAMPLES = 60
"""Names of carriers that are listed."""

_FACTS = ("id", "hgvsg", "qual", "filter", "position_class")
_CLINVAR = ("CLINVAR_SIG", "CLINVAR_REVIEW", "CLINVAR_DISEASE")


@dataclass(frozen=True)
class Fact:
    """A name and its value."""

    title: str
    help: str
    cell: grid.Cell


@dataclass(frozen=True)
class Told:
    """What the variant does to one transcript."""

    row: Row
    consequence: grid.Cell
    where: str
    """`exon 2 of 2`, `intron 3 of 9`, `1,204 bases away`."""
    hgvsc: str
    hgvsp: str
    picked: bool


@dataclass(frozen=True)
class Carriers:
    """Who carries the allele."""

    het: Sequence[str]
    hom: Sequence[str]
    samples: int

    @property
    def names(self) -> Sequence[tuple[str, str]]:
        """The first of them, with what they carry."""
        both = [(name, "hom") for name in self.hom] + [(name, "het") for name in self.het]
        return both[:MOST_SAMPLES]

    @property
    def more(self) -> int:
        """Those that are not listed."""
        return max(0, len(self.het) + len(self.hom) - MOST_SAMPLES)


@dataclass(frozen=True)
class Surroundings:
    """What the reference pack has at the place, as far as it could be asked."""

    assembly: str = ""
    pack: str = ""
    """Its id, for the genome browser; empty: there is none at hand."""
    contig: str = ""
    """What the pack calls the contig."""
    bases: str = ""
    """Those of `nearby.window`."""
    transcripts: Sequence[Transcript] = ()


def context(row: Row, dictionary: Dictionary, around: Surroundings) -> Mapping[str, Any]:
    """The names that explore/variant.html needs, but for job and ways to other pages.

    `row`: all columns of the allele, with the lists `transcripts`, `het` and `hom` where it has
    them.
    """
    drawn = nearby(row, around.bases) if around.bases else None
    span = length(row.get("ref") or "")
    row = cut(row)
    transcripts = [_told(each) for each in row.get("transcripts") or () if each.get("feature")]
    transcripts.sort(key=lambda told: not told.picked)
    return {
        "row": row,
        "span": span,
        "name": story.name(row),
        "place": story.place(row),
        "sentence": story.sentence(row),
        "ref": grid.allele(row.get("ref") or "."),
        "alt": grid.allele(row.get("alt") or "."),
        "impact_help": terms.IMPACTS.get(row.get("impact") or "", ""),
        "term_help": {
            term: terms.TERMS[term].help
            for term in (row.get("consequence") or "").split("&")
            if term in terms.TERMS
        },
        "transcripts": transcripts,
        "why_picked": story.why_picked([told.row for told in transcripts]),
        "nearby": drawn,
        "gene": _gene(row, around),
        "facts": _facts(row, dictionary),
        "frequencies": _frequencies(row, dictionary),
        "clinvar": _named(row, dictionary, _CLINVAR),
        "further": _named(row, dictionary, _rest(dictionary)),
        "carriers": _carriers(row, dictionary),
        "outward": outward(row, dictionary, around.assembly),
        "around": around,
    }


def _told(row: Row) -> Told:
    return Told(
        row=row,
        consequence=grid.cell("consequence", row.get("consequence")),
        where=_where(row),
        hgvsc=story.short(row.get("hgvsc")),
        hgvsp=story.short(row.get("hgvsp")),
        picked=bool(row.get("pick")),
    )


def _where(row: Row) -> str:
    for part in ("exon", "intron"):
        if (first := row.get(f"{part}_first")) is not None:
            last = row.get(f"{part}_last") or first
            numbers = f"{first}" if last == first else f"{first} to {last}"
            return f"{part} {numbers} of {row.get(f'{part}_count')}"
    return f"{row['distance']:,} bases away" if row.get("distance") else ""


def _facts(row: Row, dictionary: Dictionary) -> Sequence[Fact]:
    line = Fact("Line", "Number of the record in your file.", grid.cell("record", row["record"]))
    return [*_named(row, dictionary, _FACTS), line]


def _named(row: Row, dictionary: Dictionary, names: Sequence[str]) -> Sequence[Fact]:
    """The columns of these names that have a value."""
    known = dictionary.by_name
    return [
        Fact(grid.title(name), known[name].meaning, grid.cell(name, row[name]))
        for name in names
        if name in known and row.get(name) not in (None, "")
    ]


def _rest(dictionary: Dictionary) -> Sequence[str]:
    """The columns of the pack's stores and of overlays that are shown nowhere else."""
    names = list(dictionary.names)
    after = names[names.index("distance") + 1 :] if "distance" in names else []
    elsewhere = {*_CLINVAR, *dictionary.frequencies, "ac", "an", "CLINVAR_ID"}
    return [name for name in after if name not in elsewhere]


def _frequencies(row: Row, dictionary: Dictionary) -> Sequence[tuple[str, float, str]]:
    """Title, frequency and its words, of each population that knows the allele."""
    found = [
        (grid.title(name), float(row[name]), one_in(float(row[name])))
        for name in dictionary.frequencies
        if row.get(name) is not None
    ]
    ac, an = row.get("ac"), row.get("an")
    if an:
        words = f"{ac or 0:,} of {an:,} alleles"
        found.append(("In this file", (ac or 0) / an, words))
    return found


def one_in(frequency: float) -> str:
    """`1 in 250`."""
    return f"1 in {1 / frequency:,.0f}" if 0 < frequency <= 0.5 else ""


def _carriers(row: Row, dictionary: Dictionary) -> Carriers | None:
    names = cut(dictionary.samples)
    if not names:
        return None
    het = [names[number - 1] for number in row.get("het") or ()]
    hom = [names[number - 1] for number in row.get("hom") or ()]
    return Carriers(het, hom, len(names))


def _gene(row: Row, around: Surroundings) -> Any:
    """The drawing of the picked transcript, if the pack at hand still has it."""
    feature = (row.get("feature") or "").split(".")[0]
    for transcript in around.transcripts:
        if feature and transcript.id.split(".")[0] == feature:
            return draw_gene(transcript, row["pos"] - 1)
    return None
