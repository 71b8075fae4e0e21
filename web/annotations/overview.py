"""The list of a user's jobs: one page of it, with what is told beside it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gas.access import ResultsAccess, access_to
from gas.accounts.models import Account
from gas.jobs import Job, JobStatus
from gas.listing import FoundJobs
from gas.sharing.projects import Seen
from gas.standing import Standing
from gas.usage import Usage
from web.annotations import documents
from web.annotations.filters import Filters
from web.annotations.standing import standing
from web.projects import placing
from web.services import Services

PAGE_SIZE = 20

_ASKED_FOR = 5
"""Of as many waiting jobs on a page their place in the queue is found out."""


@dataclass(frozen=True)
class Row:
    """A job in the list."""

    job: Job
    access: ResultsAccess
    standing: Standing | None
    """Where it stands, if it has not ended and that is known."""
    owner: str = ""
    """Whose it is, if it is not the reader's."""


@dataclass(frozen=True)
class Chip:
    """A state to filter by."""

    state: JobStatus | None
    """None: all."""
    count: int | None
    """None: not known yet."""
    chosen: bool


@dataclass(frozen=True)
class Overview:
    """What the page shows."""

    filters: Filters
    found: FoundJobs
    rows: Sequence[Row]
    usage: Usage
    chips: Sequence[Chip]
    now: int
    projects: Sequence[Seen] = ()
    """Those the reader is in."""
    project: Seen | None = None
    """The one whose jobs are shown."""

    @property
    def live(self) -> bool:
        """Whether something on the page will change by itself."""
        return any(not row.job.is_final or row.access.may_change for row in self.rows)

    @property
    def count(self) -> int | None:
        """How many jobs there are of what is shown; None: that is not known."""
        filters = self.filters
        if filters.text or filters.since or filters.until or filters.project:
            return None
        return next(chip.count for chip in self.chips if chip.chosen)


def overview(
    services: Services, account: Account, filters: Filters, cursor: str | None
) -> Overview:
    """A page of the account's jobs, or of those of a project.

    Raises:
        InvalidRequest: the cursor is not of an earlier page.
        NotFound: there is no such project.
    """
    projects = services.sharing.projects.of_user(account.user_id)
    project = next((each for each in projects if each.project_id == filters.project), None)
    if filters.project:
        found = placing.find(
            services,
            filters.query(account.user_id),
            filters.project,
            limit=PAGE_SIZE,
            cursor=cursor,
        )
    else:
        found = services.finder.find(filters.query(account.user_id), limit=PAGE_SIZE, cursor=cursor)
    owners = _owners(services, account, found.jobs)
    usage = services.finder.usage(account.user_id)
    now = services.clock.now()
    waiting = [job.job_id for job in found.jobs if not job.is_final][-_ASKED_FOR:]
    rows = [
        Row(
            job,
            access_to(job, owners[job.user_id].plan, now),
            standing(services, job) if job.job_id in waiting else None,
            owner="" if job.user_id == account.user_id else owners[job.user_id].name,
        )
        for job in found.jobs
        if job.user_id in owners
    ]
    counted = None if filters.project else usage
    chips = _chips(counted, filters.state)
    return Overview(filters, found, rows, usage, chips, now, projects, project)


def _owners(services: Services, account: Account, jobs: Sequence[Job]) -> Mapping[str, Account]:
    """Whose jobs these are; with an account, its jobs are gone too."""
    found = {account.user_id: account}
    for user_id in {job.user_id for job in jobs} - {account.user_id}:
        owner = services.accounts.get(user_id)
        if owner is not None:
            found[user_id] = owner
    return found


def document(shown: Overview) -> dict[str, Any]:
    """The page as JSON. `counts` is null while not all jobs are counted."""
    found, filters = shown.found, shown.filters

    def address(cursor: str | None) -> str | None:
        if cursor is None:
            return None
        return documents.absolute("annotations.dashboard", **filters.args, cursor=cursor)

    usage = shown.usage
    return {
        "code": 200,
        "status": "success",
        "jobs": [documents.list_entry(job) for job in found.jobs],
        "next": address(found.next_cursor),
        "previous": address(found.previous_cursor),
        "searched_to": documents.time_or_null(found.searched_to),
        "counts": _counts(usage) if usage.complete else None,
        "usage": {
            "input_bytes": usage.input_bytes,
            "result_bytes": usage.result_bytes,
            "archive_bytes": usage.archive_bytes,
            "archived_jobs": usage.archived,
            "complete": usage.complete,
        },
    }


def _counts(usage: Usage) -> Mapping[str, int]:
    return {status.value: usage.jobs.get(status, 0) for status in JobStatus}


def _chips(usage: Usage | None, chosen: JobStatus | None) -> Sequence[Chip]:
    def count(state: JobStatus | None) -> int | None:
        if usage is None or not usage.complete:
            return None
        return usage.n_jobs if state is None else usage.jobs.get(state, 0)

    return [Chip(state, count(state), state is chosen) for state in (None, *JobStatus)]
