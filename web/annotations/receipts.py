"""The receipt of a run as its page shows it: every record accounted for, and what was used."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, ValidationError

from gas.errors import NotFound, ServiceUnavailable
from gas.jobs import Job, Results, ResultsState
from gas.logs import get_logger
from web.annotations.words import REASONS, Reason
from web.ports import Engine, PackSource
from web.services import Services

log = get_logger()

RECEIPT_BYTES = 2 * 1024 * 1024
"""Larger than any receipt: it lists a hundred problems at the most."""

_LINES = 5


class _Fields(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Problem(_Fields):
    """A record that was at fault."""

    code: str
    message: str
    line: int | None = None
    column: int | None = None


class ReceiptFile(_Fields):
    """The engine's `NAME.receipt.json`, as far as the page shows it."""

    pack_id: str
    assembly: str = ""
    versions: Mapping[str, str] = {}
    skipped: Mapping[str, int] = {}
    problems: Sequence[Problem] = ()
    warnings: Sequence[str] = ()


@dataclass(frozen=True)
class Skipped:
    """Records that were passed through unchanged for one reason."""

    reason: Reason
    count: int
    first: Sequence[Problem]
    """The first of them, where they were at fault: what is valid is not listed."""


@dataclass(frozen=True)
class Shown:
    """What the page shows of a receipt."""

    skipped: Sequence[Skipped]
    file: ReceiptFile | None
    """None: the file cannot be read just now."""
    sources: Sequence[PackSource]
    """What the reference pack was made of; empty if it is not at hand in the same state."""


def receipt_of(services: Services, job: Job) -> Shown | None:
    """The receipt; None without results."""
    if job.results is None:
        return None
    file = _read(services, job, job.results)
    sources = _sources(services.engine, job.options.pack, file.pack_id) if file else ()
    return Shown(_skipped(job.results, file), file, sources)


def _read(services: Services, job: Job, results: Results) -> ReceiptFile | None:
    if job.results_state is ResultsState.DELETED:
        return None
    try:
        text = services.results.read(results.receipt.key, start=0, length=RECEIPT_BYTES)
        return ReceiptFile.model_validate_json(text)
    except (NotFound, ServiceUnavailable, ValidationError) as error:
        # The page is worth showing without it.
        log.warning("receipt_unreadable", job_id=job.job_id, reason=str(error))
        return None


def _skipped(results: Results, file: ReceiptFile | None) -> Sequence[Skipped]:
    if file is None or sum(file.skipped.values()) != sum(results.skipped.values()):
        # What the job itself records: the reasons in words.
        return [Skipped(Reason(words, ""), n, ()) for words, n in results.skipped.items()]
    return [
        Skipped(
            REASONS.get(code, Reason(code.replace("_", " "), "")),
            count,
            [problem for problem in file.problems if problem.code == code][:_LINES],
        )
        for code, count in file.skipped.items()
        if count
    ]


def _sources(engine: Engine, name: str, pack_id: str) -> Sequence[PackSource]:
    try:
        pack = engine.pack(name)
    except (NotFound, ServiceUnavailable):
        return ()
    return pack.sources if pack.pack_id == pack_id else ()
