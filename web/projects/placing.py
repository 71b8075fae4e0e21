"""Putting jobs into projects, and reading them there."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from gas.access import Role
from gas.errors import InvalidRequest
from gas.jobs import Job
from gas.listing import FoundJobs, JobQuery
from gas.scopes import Scope
from gas.sharing.projects import Seen
from web.annotations.bulk import chosen
from web.annotations.jobs import own_job
from web.auth import bearer
from web.services import Services

MOST_LOOKED_AT = 500
"""As many jobs of a project as one page of a search looks at."""
_PART = 50


def open_to(services: Services, user_id: str) -> Sequence[Seen]:
    """The projects into which somebody may put jobs."""
    return [each for each in services.sharing.projects.of_user(user_id) if each.may_add]


def put(services: Services, user_id: str, project_id: str, job_ids: Sequence[str]) -> int:
    """Put somebody's own jobs into a project; how many were not there yet.

    Raises:
        NotFound, NotAllowed: of the project; viewers may not.
        InvalidRequest: none of the jobs is theirs, or there are too many.
        InsufficientScope: the request's token may do much with jobs, but not show them to others.
    """
    bearer.require_besides(Scope.SHARING_WRITE)
    mine = chosen(services, user_id, job_ids)
    if not mine:
        raise InvalidRequest(
            "None of these jobs is yours.", remedy="Into a project go jobs of your own."
        )
    ids = [job.job_id for job in mine]
    now = services.clock.now()
    return services.sharing.contents.add(user_id, project_id, ids, now=now)


def put_own(services: Services, user_id: str, project_id: str, job_id: str) -> None:
    """Put one job of somebody's into a project.

    Raises:
        NotFound, NotAllowed: of the job or the project.
        InvalidRequest: the project holds too many.
    """
    job = own_job(services, user_id, job_id)
    now = services.clock.now()
    services.sharing.contents.add(user_id, project_id, [job.job_id], now=now)


def expect(services: Services, user_id: str, project: UUID | None, job_id: str) -> None:
    """Put a job into a project before it is there: its file is about to be uploaded.

    Whoever reads the project passes over a job that never came. Raises NotFound, NotAllowed,
    InsufficientScope.
    """
    if project is not None:
        bearer.require_besides(Scope.SHARING_WRITE)
        now = services.clock.now()
        services.sharing.contents.add(user_id, str(project), [job_id], now=now)


def follow(services: Services, user_id: str, job: Job, made: Job) -> None:
    """Put what somebody made of a job of others into the projects in which they saw that."""
    if job.user_id == user_id:
        return
    contents, now = services.sharing.contents, services.clock.now()
    mine = open_to(services, user_id)
    holding = contents.holding([each.project_id for each in mine], job.job_id)
    for project_id in sorted(holding):
        contents.add(user_id, project_id, [made.job_id], now=now)


@dataclass(frozen=True)
class _Place:
    added_at: int
    job_id: str

    @classmethod
    def read(cls, cursor: str) -> "_Place":
        added_at, _, job_id = cursor.partition("-")
        if not added_at.isdecimal() or len(added_at) > 12 or len(job_id) > 36:
            raise InvalidRequest(
                "This page address is not valid.", remedy="Start again from the first page."
            )
        return cls(int(added_at), job_id)


def find(
    services: Services, query: JobQuery, project_id: str, *, limit: int, cursor: str | None
) -> FoundJobs:
    """A page of a project's jobs, by when they came into it. `query.user_id` is who asks.

    Raises:
        NotFound: no such project.
        InvalidRequest: `cursor` is not of an earlier page.
    """
    place = _Place.read(cursor) if cursor else None
    after = (place.added_at, place.job_id) if place else None
    jobs: list[Job] = []
    looked_at, last = 0, after
    while looked_at < MOST_LOOKED_AT:
        page = services.sharing.contents.list(
            query.user_id, project_id, limit=_PART, after=last, oldest_first=not query.newest_first
        )
        for listed in page:
            looked_at += 1
            if len(jobs) == limit:
                return FoundJobs(jobs, next_cursor=_cursor(last))
            last = (listed.added_at, listed.job_id)
            job = services.jobs.get(listed.job_id)
            if job is not None and job.user_id == listed.user_id and _wanted(query, job):
                jobs.append(job)
        if len(page) < _PART:
            return FoundJobs(jobs)
    return FoundJobs(jobs, next_cursor=_cursor(last), searched_to=last[0] if last else None)


def _wanted(query: JobQuery, job: Job) -> bool:
    mine = JobQuery(job.user_id, query.state, query.since, query.until)
    return mine.wants(job) and query.names(job.job_id, job.input_file_name)


def _cursor(place: tuple[int, str] | None) -> str | None:
    return f"{place[0]}-{place[1]}" if place else None


ROLES = {
    Role.VIEWER: "sees, explores and downloads",
    Role.EDITOR: "sees and downloads, adds own jobs, runs jobs again",
    Role.OWNER: "decides who is in, and may do everything",
}
"""What each role may do, in words."""
