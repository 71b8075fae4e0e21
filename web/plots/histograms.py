"""Plots of what only the table of a result knows: frequencies, qualities, density, samples."""

from collections.abc import Sequence

from web.plots.drawing import compact, nice_step
from web.plots.model import Form, Mark, Missing, Plot
from web.plots.summary import Link, percent

FREQUENCY_EDGES: Sequence[float] = (0.0, 0.001, 0.01, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.75, 1.0)
"""Between two of them lies a bin; its upper edge belongs to it."""

_MOST_SAMPLES = 64
"""Samples that have a bar each."""
_MOST_NAMED = 16


def frequencies(bins: Sequence[int], unknown: int, absent: int, *, told: bool) -> Plot | Missing:
    """`bins`: between FREQUENCY_EDGES; `absent`: frequency 0; `unknown`: not told.

    `told`: whether the table tells frequencies at all.
    """
    title = "Allele frequency"
    if not told or not sum(bins) + absent:
        return Missing(title, "neither the reference pack nor the file’s genotypes tell it.")
    marks = [Mark("0", absent, "quiet", "0: no called genotype has it")] if absent else []
    for low, high, count in zip(FREQUENCY_EDGES, FREQUENCY_EDGES[1:], bins, strict=False):
        full = f"above {low:g}, up to {high:g}"
        marks.append(Mark(f"{high:g}".replace("0.", "."), count, full=full))
    if unknown:
        marks.append(Mark("?", unknown, "quiet", "not known"))
    rare = percent(sum(bins[:2]), sum(bins) + absent)
    sentence = f"{rare.capitalize()} of those with a known frequency are rare, at most 1\u00a0%."
    axis = "frequency of the allele, up to"
    return Plot("frequency", title, sentence, Form.COLUMNS, "Frequency", "Variants", marks, axis)


def qualities(edges: Sequence[float], bins: Sequence[int], missing: int) -> Plot | Missing:
    """`bins`: between `edges`, the lower one belonging to it; `missing`: lines without QUAL."""
    title = "Quality (QUAL)"
    if not sum(bins):
        return Missing(title, "the file gives none.")
    if sum(1 for count in bins if count) < 2:
        return Missing(title, f"all have about the same, {edges[0]:g}.")
    marks = [
        Mark(compact(int(low)) if number % 4 == 0 else "", count, full=f"{low:g} to {high:g}")
        for number, (low, high, count) in enumerate(zip(edges, edges[1:], bins, strict=False))
    ]
    without = f" {missing:,} variants have none." if missing else ""
    sentence = f"From {edges[0]:,.4g} to {edges[-1]:,.4g}.{without}"
    return Plot("quality", title, sentence, Form.COLUMNS, "QUAL", "Variants", marks, "QUAL")


def density(contig: str, size: int, bins: Sequence[int], first: int, link: Link) -> Plot | Missing:
    """Variants along one contig; `bins` are `size` bases wide, the first begins at `first`."""
    marks = []
    named = nice_step(len(bins)) * size
    for number, count in enumerate(bins):
        start = first + number * size
        # A bar is named if a round number of bases lies in it.
        label = f"{-(-start // named) * named / 1e6:g}" if -start % named < size else ""
        region = f"{contig}:{start}-{start + size - 1}"
        full = f"{contig}:{start:,}-{start + size - 1:,}"
        marks.append(Mark(label, count, full=full, href=link("region", region)))
    sentence = f"Each bar is {words_of(size)} of {contig}."
    title = f"Density along {contig}"
    axis = "millions of bases"
    return Plot("density", title, sentence, Form.COLUMNS, "Region", "Variants", marks, axis)


def words_of(bases: int) -> str:
    """`1 Mb`, `50 kb`, `200 bases`."""
    for size, unit in ((1_000_000, "Mb"), (1_000, "kb")):
        if bases >= size:
            return f"{bases / size:g}\u00a0{unit}"
    return f"{bases} bases"


def samples(names: Sequence[str], carried: Sequence[int], link: Link) -> Plot | Missing:
    """How many variants each sample carries; of many samples, how many carry how many."""
    title = "Variants per sample"
    if not names:
        return Missing(title, "the file has no genotypes, or its table does not keep them.")
    low, high = min(carried), max(carried)
    sentence = (
        f"{names[0]} carries {high:,}."
        if len(names) == 1
        else f"Between {low:,} and {high:,}; one far from the others deserves a look."
    )
    if len(names) > _MOST_SAMPLES:
        return _spread(title, sentence, carried)
    few = len(names) <= _MOST_NAMED
    marks = [
        Mark(name if few else "", count, full=name, href=link("sample", name))
        for name, count in zip(names, carried, strict=True)
    ]
    form = Form.BARS if few else Form.COLUMNS
    axis = "" if few else f"the {len(names):,} samples, in the file’s order"
    return Plot("samples", title, sentence, form, "Sample", "Variants", marks, axis)


def _spread(title: str, sentence: str, carried: Sequence[int]) -> Plot:
    low, high = min(carried), max(carried)
    size = nice_step(max(1, (high - low) // 6))
    first = low // size * size
    bins = [0] * ((high - first) // size + 1)
    for number in carried:
        bins[(number - first) // size] += 1
    marks = []
    for place, count in enumerate(bins):
        start = first + place * size
        marks.append(Mark(compact(start), count, full=f"{start:,} to {start + size - 1:,}"))
    axis = f"variants that a sample carries ({len(carried):,} samples)"
    return Plot("samples", title, sentence, Form.COLUMNS, "Variants", "Samples", marks, axis)
