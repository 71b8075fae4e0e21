"""The same done to many jobs: cancel, run again, delete. Each job has its own outcome."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum

from gas.errors import GasError, InvalidRequest, JobEnded, ServiceUnavailable
from gas.jobs import Job, JobStatus
from gas.listing import JobQuery
from gas.reruns import rerun
from gas.submissions import Uploader
from web.annotations import jobs as one
from web.annotations.deleting import delete
from web.services import Services

AT_ONCE = 100
"""As many jobs as one request changes."""

_SIDE_BY_SIDE = 8

RERUN_SECONDS = 20
"""As long as one request begins reruns: each copies a file, one after the other."""


class Action(StrEnum):
    """What can be done."""

    CANCEL = "cancel"
    RETRY = "retry"
    DELETE = "delete"


@dataclass(frozen=True)
class Outcome:
    """What became of one job."""

    job_id: str
    name: str
    refused: str = ""
    """Why it was not done."""


@dataclass(frozen=True)
class Outcomes:
    """What became of the jobs of one request."""

    outcomes: Sequence[Outcome]
    next_cursor: str | None = None
    """There are more jobs that match, behind this place."""

    @property
    def done(self) -> int:
        """Jobs with which it worked."""
        return sum(not each.refused for each in self.outcomes)

    @property
    def refused(self) -> Sequence[Outcome]:
        """Those with which it did not."""
        return [each for each in self.outcomes if each.refused]


def chosen(services: Services, user_id: str, job_ids: Sequence[str]) -> Sequence[Job]:
    """Those of the named jobs that are the user's.

    Raises:
        InvalidRequest: none are named, or too many.
    """
    if not job_ids:
        raise InvalidRequest("No job was chosen.", remedy="Tick the jobs first.")
    if len(job_ids) > AT_ONCE:
        raise InvalidRequest(f"At most {AT_ONCE} jobs can be named at once.")
    found = (services.jobs.get(job_id) for job_id in dict.fromkeys(job_ids))
    return [job for job in found if job is not None and JobQuery(user_id).wants(job)]


def do_to_chosen(
    services: Services, who: Uploader, action: Action, job_ids: Sequence[str]
) -> Outcomes:
    """Do it to the named jobs; those that are not (any more) the user's are left out."""
    return Outcomes(_do(services, who, action, chosen(services, who.user_id, job_ids)))


def do_to_all(
    services: Services, who: Uploader, action: Action, query: JobQuery, cursor: str | None
) -> Outcomes:
    """Do it to the next `AT_ONCE` jobs that match; of reruns to as many as there is time for."""
    if action is Action.RETRY:
        return _rerun_all(services, who, query, cursor)
    page = services.finder.find(query, limit=AT_ONCE, cursor=cursor)
    return Outcomes(_do(services, who, action, page.jobs), page.next_cursor)


def _rerun_all(services: Services, who: Uploader, query: JobQuery, cursor: str | None) -> Outcomes:
    """One after the other, so that the place is known where the next request goes on."""
    until = services.clock.now() + RERUN_SECONDS
    outcomes: list[Outcome] = []
    while True:
        page = services.finder.find(query, limit=1, cursor=cursor)
        outcomes += _do(services, who, Action.RETRY, page.jobs)
        cursor = page.next_cursor
        if cursor is None or len(outcomes) >= AT_ONCE or services.clock.now() >= until:
            return Outcomes(outcomes, cursor)


def _do(
    services: Services, who: Uploader, action: Action, jobs: Sequence[Job]
) -> Sequence[Outcome]:
    steps: Mapping[Action, Callable[[Job], object]] = {
        Action.CANCEL: lambda job: one.cancel(services, who.user_id, job.job_id),
        Action.RETRY: lambda job: _retry(services, who, job),
        Action.DELETE: lambda job: delete(services, who.user_id, job.job_id),
    }
    step = steps[action]
    until = services.clock.now() + RERUN_SECONDS if action is Action.RETRY else None

    def attempt(job: Job) -> Outcome:
        try:
            if until is not None and services.clock.now() >= until:
                raise ServiceUnavailable("There was no time left for it: run it again once more.")
            step(job)
        except GasError as error:
            return Outcome(job.job_id, job.input_file_name, error.message)
        return Outcome(job.job_id, job.input_file_name)

    with ThreadPoolExecutor(1 if action is Action.RETRY else _SIDE_BY_SIDE) as pool:
        return list(pool.map(attempt, jobs))


def _retry(services: Services, who: Uploader, job: Job) -> Job:
    if job.job_status is JobStatus.COMPLETED:
        raise JobEnded("It is completed; run it again with other options from its page.")
    return rerun(
        job,
        who,
        job.options,
        inputs=services.inputs,
        key_prefix=services.settings.key_prefix,
        jobs=services.jobs,
        requests=services.requests,
        clock=services.clock,
    )
