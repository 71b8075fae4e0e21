"""From the counts of a result to its plots, each with a sentence of what it says."""

from collections.abc import Callable, Mapping, Sequence

from pydantic import BaseModel, ConfigDict

from web.plots import terms
from web.plots.model import Figure, Form, Mark, Missing, Overview, Plot

ALLELES = "Alternate alleles: a line of the file that has two of them counts twice."
_FEW = 1000
"""Single-base changes below which their ratio says little."""
_MOST_BARS = 12
_MOST_CONTIGS = 26
_LONGEST_CONTIG = 5
"""Longer names do not fit below a column."""

Link = Callable[[str, str], str | None]
"""Filter parameter and value → where the filtered table is; None where there is no table."""


def no_link(parameter: str, value: str) -> str | None:
    """For pages without a table to filter."""
    return None


class Gene(BaseModel):
    """A gene and how many alleles lie in it."""

    gene: str
    alleles: int


class Counts(BaseModel):
    """The engine's `NAME.summary.json`, as far as it is drawn."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    alleles: int
    annotated: int = 0
    with_rsid: int = 0
    genes_hit: int = 0
    transitions: int = 0
    transversions: int = 0
    ts_tv: float | None = None
    impact: Mapping[str, int] = {}
    consequence_most_severe: Mapping[str, int] = {}
    position_class: Mapping[str, int] = {}
    variant_kinds: Mapping[str, int] = {}
    contigs: Mapping[str, int] = {}
    indel_lengths: Mapping[str, int] = {}
    exact: Mapping[str, int] = {}
    exact_classes: Mapping[str, Mapping[str, int]] = {}
    top_genes: Sequence[Gene] = ()


def overview(counts: Counts, link: Link, *, several: bool = False) -> Overview:
    """The figures and plots of a result.

    `several`: whether a variant counts once for each of its consequences, not by its most severe.
    """
    plots: list[Plot] = []
    missing: list[Missing] = []
    for part in (
        _consequences(counts, link, several=several),
        _impacts(counts, link),
        _places(counts),
        _kinds(counts, link),
        _transitions(counts),
        _contigs(counts, link),
        _indels(counts),
        _clinvar(counts, link),
        _genes(counts, link, several=several),
    ):
        if isinstance(part, Plot):
            plots.append(part)
        else:
            missing.append(part)
    return Overview(figures=_figures(counts), plots=plots, missing=missing)


def _figures(counts: Counts) -> Sequence[Figure]:
    figures = [
        Figure("Variants", f"{counts.alleles:,}", help=ALLELES),
        Figure("Genes hit", f"{counts.genes_hit:,}", help="Genes in which a variant lies."),
        Figure(
            "With an rs number",
            percent(counts.with_rsid, counts.alleles),
            f"{counts.with_rsid:,}",
            "Listed in dbSNP: in the file’s own ID column, or found by the annotation.",
        ),
    ]
    if counts.ts_tv is not None:
        numbers = f"{counts.transitions:,} to {counts.transversions:,}"
        figures.append(
            Figure("Ts/Tv", f"{counts.ts_tv:.2f}", numbers, "Transitions per transversion.")
        )
    if len(counts.contigs) == 1:
        figures.append(Figure("Contig", next(iter(counts.contigs))))
    return figures


def _consequences(counts: Counts, link: Link, *, several: bool) -> Plot | Missing:
    title = "Consequences"
    found = counts.consequence_most_severe
    marks = [
        Mark(
            terms.words(term),
            found[term],
            terms.impact_of(term).lower(),
            full=term.replace("_", " "),
            href=link("consequence", term),
        )
        for term in (*terms.TERMS, *(set(found) - set(terms.TERMS)))
        if found.get(term)
    ]
    if not marks:
        return Missing(title, "no variant was annotated.")
    first = max(marks, key=lambda mark: mark.count)
    how = (
        "A variant with several counts in each."
        if several
        else "Each variant counts once, by its most severe consequence."
    )
    share = percent(first.count, counts.alleles)
    sentence = f"The most frequent one is {first.label}, {share}. {how}"
    return Plot("consequences", title, sentence, Form.BARS, "Consequence", "Variants", marks)


def _impacts(counts: Counts, link: Link) -> Plot | Missing:
    marks = [
        Mark(name.lower(), counts.impact.get(name, 0), name.lower(), name, link("impact", name))
        for name in terms.IMPACTS
    ]
    high = counts.impact.get("HIGH", 0)
    sentence = (
        f"{high:,} variant{' is' if high == 1 else 's are'} likely to break a protein."
        if high
        else "None is likely to break a protein."
    )
    return Plot("impact", "Impact", sentence, Form.BARS, "Impact", "Variants", marks)


def _places(counts: Counts) -> Plot | Missing:
    marks = [
        Mark(terms.position_class(name), count, "coding" if name == "CDS" else "plain")
        for name, count in counts.position_class.items()
        if count
    ]
    coding = percent(counts.position_class.get("CDS", 0), counts.alleles)
    sentence = f"{coding.capitalize()} of the variants lie in coding sequence."
    if not marks:
        return Missing("Where they lie", "no variant was annotated.")
    return Plot("places", "Where they lie", sentence, Form.BARS, "Place", "Variants", marks)


def _kinds(counts: Counts, link: Link) -> Plot | Missing:
    marks = [
        Mark(terms.kind(name), count, href=link("kind", name))
        for name, count in counts.variant_kinds.items()
        if count
    ]
    if not marks:
        return Missing("Kinds of variants", "no variant was annotated.")
    single = percent(counts.variant_kinds.get("snv", 0), counts.alleles)
    sentence = f"{single.capitalize()} change a single base."
    return Plot("kinds", "Kinds of variants", sentence, Form.BARS, "Kind", "Variants", marks)


def _transitions(counts: Counts) -> Plot | Missing:
    title = "Transitions and transversions"
    if counts.ts_tv is None:
        return Missing(title, "there are too few single-base changes.")
    marks = (
        Mark("transitions", counts.transitions, "plain", "transitions (A↔G, C↔T)"),
        Mark("transversions", counts.transversions, "second", "transversions (all others)"),
    )
    usual = "whole human genomes have 2.0 to 2.1, exomes 2.8 to 3.3"
    if counts.transitions + counts.transversions < _FEW:
        usual = "for so few variants this says little"
    sentence = f"{counts.ts_tv:.2f} transitions for each transversion; {usual}."
    return Plot("ts-tv", title, sentence, Form.SHARES, "Change", "Variants", marks)


def _contigs(counts: Counts, link: Link) -> Plot | Missing:
    title = "Variants per contig"
    entries = list(counts.contigs.items())
    if len(entries) < 2:
        return Missing(title, "all lie on the same one." if entries else "none was annotated.")
    short = len(entries) > 4 and all(len(bare(name)) <= _LONGEST_CONTIG for name, _ in entries)
    most = max(entries, key=lambda entry: entry[1])
    sentence = f"Most lie on {most[0]}: {percent(most[1], sum(n for _, n in entries))}."
    marks = [
        Mark(bare(name) if short else name, count, full=name, href=link("region", name))
        for name, count in entries
    ]
    form = Form.COLUMNS if short and len(marks) <= _MOST_CONTIGS else Form.BARS
    if form is Form.BARS:
        marks = list(shorten(marks))
    return Plot("contigs", title, sentence, form, "Contig", "Variants", marks)


def _indels(counts: Counts) -> Plot | Missing:
    title = "Lengths of insertions and deletions"
    lengths = {int(length): count for length, count in counts.indel_lengths.items() if count}
    if not lengths:
        return Missing(title, "the file has none.")
    reach = max(4, min(30, max(abs(length) for length in lengths)))
    marks = []
    for length in range(-reach, reach + 1):
        beyond = abs(length) == reach and any(abs(one) > reach for one in lengths)
        count = sum(
            number
            for one, number in lengths.items()
            if one == length or (beyond and one * length > 0 and abs(one) > reach)
        )
        sign = "+" if length > 0 else "−"
        label = "0" if length == 0 else f"{sign}{abs(length)}{' and more' if beyond else ''}"
        tone = "second" if length < 0 else "plain"
        shown = label.split(" ")[0] if length % _indel_step(reach) == 0 else ""
        marks.append(Mark(shown, count, tone, full=f"{label} bases"))
    deleted = sum(count for length, count in lengths.items() if length < 0)
    inserted = sum(count for length, count in lengths.items() if length > 0)
    sentence = f"{deleted:,} deletions to the left, {inserted:,} insertions to the right."
    axis = "bases lost (−) or gained (+)"
    return Plot("indels", title, sentence, Form.COLUMNS, "Length", "Variants", marks, axis)


def _indel_step(reach: int) -> int:
    return 1 if reach <= 8 else 5 if reach <= 20 else 10


def _clinvar(counts: Counts, link: Link) -> Plot | Missing:
    title = "ClinVar"
    if "ClinVar" not in counts.exact:
        return Missing(title, "the reference pack of this job has no ClinVar.")
    classes = counts.exact_classes.get("ClinVar", {})
    if not classes:
        return Missing(title, "no variant of the file is listed there.")
    marks = [
        Mark(
            terms.clinvar(name),
            count,
            clinvar_tone(name),
            full=name.replace("_", " "),
            href=link("clinvar", name),
        )
        for name, count in ranked(classes)
    ]
    listed = sum(classes.values())
    sentence = (
        f"{listed:,} variant{' is' if listed == 1 else 's are'} listed in ClinVar with exactly "
        "this allele."
    )
    return Plot("clinvar", title, sentence, Form.BARS, "Class", "Variants", shorten(marks))


_CLINVAR_TONES = (
    ("conflicting", "conflicting"),
    ("likely_pathogenic", "likely-pathogenic"),
    ("pathogenic", "pathogenic"),
    ("uncertain", "uncertain"),
    ("likely_benign", "likely-benign"),
    ("benign", "benign"),
)


def clinvar_tone(name: str) -> str:
    """The colour of a ClinVar class; of several in one, that of the first named."""
    first = name.lower().replace(" ", "_").split("/")[0]
    return next((tone for word, tone in _CLINVAR_TONES if first.startswith(word)), "other-class")


def _genes(counts: Counts, link: Link, *, several: bool) -> Plot | Missing:
    marks = [
        Mark(gene.gene, gene.alleles, href=link("gene", gene.gene))
        for gene in counts.top_genes[:_MOST_BARS]
    ]
    if not marks:
        return Missing("Genes with the most variants", "no variant lies in a gene.")
    first = marks[0]
    # The engine's summary and the explorer count differently, so each says how.
    how = (
        "By the gene of the picked transcript, up- and downstream included"
        if several
        else "Every gene that a variant lies in"
    )
    sentence = f"{how}: {first.label} has {first.count:,}. Long genes have more without meaning it."
    title = "Genes with the most variants"
    return Plot("genes", title, sentence, Form.BARS, "Gene", "Variants", marks)


def ranked(numbers: Mapping[str, int]) -> Sequence[tuple[str, int]]:
    """Names and counts, the largest first, without zeros."""
    return sorted(((k, v) for k, v in numbers.items() if v), key=lambda entry: -entry[1])


def shorten(marks: Sequence[Mark], most: int = _MOST_BARS) -> Sequence[Mark]:
    """The first marks; those beyond `most` are summed up in one."""
    if len(marks) <= most:
        return marks
    rest = marks[most - 1 :]
    summed = Mark(f"{len(rest)} others", sum(mark.count for mark in rest), "quiet")
    return [*marks[: most - 1], summed]


def bare(contig: str) -> str:
    """`chr20` → `20`."""
    return contig.removeprefix("chr")


def percent(part: int, whole: int) -> str:
    """`12 %`, `0.4 %`, `under 0.1 %`, `none`, `all`; nothing breaks the line before the sign."""
    if not part or not whole:
        return "none"
    if part == whole:
        return "all"
    share = 100 * part / whole
    if share < 0.1:
        return "under 0.1\u00a0%"
    return f"{share:.1f}\u00a0%" if share < 10 else f"{min(share, 99):.0f}\u00a0%"
