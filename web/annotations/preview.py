"""The warm preview of results: a few counts and bar charts, from the summary that always stays.

It shows what a result holds before anybody decides to get it back from the archive.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, ValidationError

from gas.errors import NotFound, ServiceUnavailable
from gas.jobs import Job, ResultsState
from gas.logs import get_logger
from web.services import Services

log = get_logger()

SUMMARY_BYTES = 1024 * 1024
"""Larger than any summary."""

_MOST_BARS = 12
_MOST_CONTIGS = 26


class Gene(BaseModel):
    """A gene and how many alleles lie in it."""

    gene: str
    alleles: int


class Summary(BaseModel):
    """The engine's `NAME.summary.json`, as far as the preview shows it."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    alleles: int
    with_rsid: int = 0
    genes_hit: int = 0
    transitions: int = 0
    transversions: int = 0
    ts_tv: float | None = None
    impact: Mapping[str, int] = {}
    consequence_most_severe: Mapping[str, int] = {}
    variant_kinds: Mapping[str, int] = {}
    contigs: Mapping[str, int] = {}
    top_genes: Sequence[Gene] = ()


@dataclass(frozen=True)
class Bar:
    """One line of a chart. `percent` is of the longest bar."""

    label: str
    count: int
    percent: float


@dataclass(frozen=True)
class Chart:
    """A bar chart, drawn as a table that has a bar in each row."""

    title: str
    column: str
    """What a label is: the head of its column."""
    counted: str
    """What is counted."""
    bars: Sequence[Bar]


@dataclass(frozen=True)
class Preview:
    """What the page shows."""

    summary: Summary
    charts: Sequence[Chart]


def read_preview(services: Services, job: Job) -> Preview | None:
    """The preview of a job's results; None without results, or when it cannot be read just now."""
    if job.results is None or job.results_state is ResultsState.DELETED:
        return None
    key = job.results.summary.key
    try:
        summary = Summary.model_validate_json(
            services.results.read(key, start=0, length=SUMMARY_BYTES)
        )
    except (NotFound, ServiceUnavailable, ValidationError) as error:
        # The page is worth showing without it.
        log.warning("summary_unreadable", job_id=job.job_id, reason=str(error))
        return None
    return Preview(summary, [chart for chart in _charts(summary) if chart.bars])


def _charts(summary: Summary) -> Sequence[Chart]:
    genes = {gene.gene: gene.alleles for gene in summary.top_genes[:_MOST_BARS]}
    severe = _words(summary.consequence_most_severe)
    return (
        Chart("Impact", "Impact", "Alleles", _bars(summary.impact)),
        Chart("Most severe consequence", "Consequence", "Alleles", _bars(severe, ranked=True)),
        Chart("Kind of variant", "Kind", "Alleles", _bars(summary.variant_kinds)),
        Chart("Variants per contig", "Contig", "Records", _bars(summary.contigs, _MOST_CONTIGS)),
        Chart("Genes with the most variants", "Gene", "Alleles", _bars(genes)),
    )


def _bars(
    counts: Mapping[str, int], most: int = _MOST_BARS, *, ranked: bool = False
) -> Sequence[Bar]:
    """Bars for the counts that are not zero; those beyond `most` are summed up in one."""
    entries = [(label, count) for label, count in counts.items() if count]
    if ranked:
        entries.sort(key=lambda entry: -entry[1])
    if len(entries) > most:
        rest = entries[most - 1 :]
        entries = entries[: most - 1]
        entries.append((f"{len(rest)} others", sum(count for _, count in rest)))
    longest = max((count for _, count in entries), default=1)
    return [Bar(label, count, round(100 * count / longest, 1)) for label, count in entries]


def _words(counts: Mapping[str, int]) -> Mapping[str, int]:
    """Terms of the ontology as words: `missense_variant` → `missense variant`."""
    return {term.replace("_", " "): count for term, count in counts.items()}
