"""The filter panel and the chips of the filters in force, in words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from web.explorer.facets import Facet
from web.explorer.filters import Genotype, Transcripts, View
from web.plots import terms
from web.plots.summary import clinvar_tone

AT_ONCE = 12
"""Values of a facet that are shown without asking for more; far enough to reach `missense`."""

_TITLES = {
    "impact": "Impact",
    "consequence": "Consequence",
    "clinvar": "ClinVar",
    "kind": "Kind of variant",
    "filter": "FILTER of the file",
    "status": "Annotated or not",
}
_HELP = {
    "impact": "How strongly the most severe consequence is likely to act.",
    "consequence": "What the change does to the transcript; a variant may have several.",
    "clinvar": "What ClinVar says of exactly this allele.",
    "kind": "How the allele differs from the reference.",
    "filter": "What the program that called the variants thinks of them.",
    "status": "Lines that could not be annotated are kept, with the reason.",
}
OPEN = frozenset({"impact", "consequence", "clinvar"})
"""Groups that are open at first."""

_LISTS = ("gene", "region", "impact", "consequence", "clinvar", "kind", "filter", "status")

GENOTYPES = {
    Genotype.ANY: "carries it",
    Genotype.HET: "heterozygous",
    Genotype.HOM: "homozygous",
    Genotype.NONE: "does not carry it",
}


@dataclass(frozen=True)
class Option:
    """A value that can be ticked."""

    value: str
    label: str
    count: int | None
    """How many variants there are if it is (also) ticked; None: not counted."""
    ticked: bool
    tone: str = ""


@dataclass(frozen=True)
class Group:
    """A facet with its values."""

    name: str
    title: str
    help: str
    options: Sequence[Option]
    open: bool
    more: int
    """Values that are not listed, because they are too many."""

    @property
    def first(self) -> Sequence[Option]:
        """What is shown at once: the first ones and whatever is ticked."""
        return [o for n, o in enumerate(self.options) if n < AT_ONCE or o.ticked]

    @property
    def further(self) -> Sequence[Option]:
        """What is shown when asked for."""
        return [o for n, o in enumerate(self.options) if n >= AT_ONCE and not o.ticked]


@dataclass(frozen=True)
class Chip:
    """A filter in force; `query` is the view without it."""

    label: str
    query: str
    filter: str
    """The parameter."""


def groups(view: View, facets: Mapping[str, Facet]) -> Sequence[Group]:
    """The facets that there is a choice in, or a choice made."""
    found = []
    for name, title in _TITLES.items():
        facet = facets.get(name)
        chosen = bool(getattr(view.filters, name))
        if facet is None or (len(facet.values) < 2 and not chosen):
            continue
        options = [
            Option(v.value, label(name, v.value), v.count, v.chosen, tone(name, v.value))
            for v in facet.values
        ]
        shown = name in OPEN or chosen
        found.append(Group(name, title, _HELP[name], options, shown, facet.more))
    return found


def label(name: str, value: str) -> str:
    """A value of a filter in words."""
    if name == "impact":
        return value.capitalize()
    if name == "consequence":
        return terms.words(value)
    if name == "kind":
        return terms.kind(value)
    if value == ".":
        return "not listed there" if name == "clinvar" else "not given"
    if name == "filter":
        return value
    return value.replace("_", " ").replace("/", " / ")


def tone(name: str, value: str) -> str:
    """The colour of a value, where it has one."""
    if name == "impact":
        return value.lower()
    if name == "consequence":
        return terms.impact_of(value).lower()
    return clinvar_tone(value) if name == "clinvar" else ""


def chips(view: View) -> Sequence[Chip]:
    """One chip for each value that narrows the view down."""
    filters = view.filters
    found = [
        Chip(_chip(name, value), _without(view, name, value), name)
        for name in _LISTS
        for value in getattr(filters, name)
    ]
    for name, words in (("af_min", "at least"), ("af_max", "at most")):
        if (value := getattr(filters, name)) is not None:
            found.append(Chip(f"Frequency {words} {value:g}", view.query(**{name: None}), name))
    if filters.qual_min is not None:
        found.append(
            Chip(f"QUAL at least {filters.qual_min:g}", view.query(qual_min=None), "qual_min")
        )
    if filters.q:
        found.append(Chip(f"Text “{filters.q}”", view.query(q=""), "q"))
    found += _sample_chips(view)
    if filters.transcripts is Transcripts.ANY:
        query = view.query(transcripts=Transcripts.PICKED)
        found.append(Chip("In any transcript", query, "transcripts"))
    return found


def _sample_chips(view: View) -> Sequence[Chip]:
    samples, how = view.filters.sample, GENOTYPES[view.filters.genotype]
    found = []
    for sample in samples:
        rest = tuple(one for one in samples if one != sample)
        genotype = view.filters.genotype if rest else Genotype.ANY
        found.append(Chip(f"{sample} {how}", view.query(sample=rest, genotype=genotype), "sample"))
    return found


def _chip(name: str, value: object) -> str:
    text = label(name, str(value))
    if name == "impact":
        return f"{text} impact"
    return {"gene": f"Gene {text}", "filter": f"FILTER {text}"}.get(name, text)


def _without(view: View, name: str, value: object) -> str:
    rest = tuple(one for one in getattr(view.filters, name) if one != value)
    return view.query(**{name: rest})
