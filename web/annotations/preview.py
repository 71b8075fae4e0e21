"""The warm preview of results: figures and plots from the summary that always stays.

It shows what a result holds before anybody decides to get it back from the archive.
"""

from pydantic import ValidationError

from gas.errors import NotFound, ServiceUnavailable
from gas.jobs import Job, ResultsState
from gas.logs import get_logger
from web.plots.model import Overview
from web.plots.summary import Counts, Link, no_link, overview
from web.services import Services

log = get_logger()

SUMMARY_BYTES = 1024 * 1024
"""Larger than any summary."""


def read_counts(services: Services, job: Job) -> Counts | None:
    """The engine's counts of a job; None without results, or when they cannot be read just now."""
    if job.results is None or job.results_state is ResultsState.DELETED:
        return None
    key = job.results.summary.key
    try:
        return Counts.model_validate_json(services.results.read(key, start=0, length=SUMMARY_BYTES))
    except (NotFound, ServiceUnavailable, ValidationError) as error:
        # The page is worth showing without it.
        log.warning("summary_unreadable", job_id=job.job_id, reason=str(error))
        return None


def read_preview(services: Services, job: Job, link: Link = no_link) -> Overview | None:
    """What a job's page shows of the results; `link` says where a click on a mark leads."""
    counts = read_counts(services, job)
    return overview(counts, link) if counts else None
