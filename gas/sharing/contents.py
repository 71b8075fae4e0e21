"""The jobs of projects.

A project holds jobs of its owner and members only, and each job stays its owner's.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import and_, delete, func, literal, select, tuple_, union_all

from gas.access import Role
from gas.errors import InvalidRequest, NotAllowed, NotFound
from gas.sharing.tables import Member, Project, ProjectJob, role_of
from gas.sharing.work import Store, entered

MOST_JOBS = 10_000
"""In one project."""
ADDERS = frozenset({Role.EDITOR, Role.OWNER})
"""Who may put their jobs into a project."""


@dataclass(frozen=True)
class Listed:
    """A job in a project."""

    job_id: str
    user_id: str
    added_at: int


class ProjectJobStore(Store):
    """Reads and writes which jobs are in which projects."""

    def add(self, user_id: str, project_id: str, job_ids: Sequence[str], *, now: int) -> int:
        """Put the person's jobs into the project; how many were not there yet.

        That the jobs are theirs is for the caller to find out.

        Raises:
            NotFound: no such project.
            NotAllowed: viewers may not.
            InvalidRequest: it would hold too many.
        """
        with self._work() as work:
            _, role = entered(work, user_id, project_id, lock=True)
            if role not in ADDERS:
                raise NotAllowed(
                    "As a viewer of this project you cannot put jobs into it.",
                    remedy="Ask the project's owner to make you an editor.",
                )
            there = select(ProjectJob.job_id).where(
                ProjectJob.project_id == project_id, ProjectJob.job_id.in_([*job_ids])
            )
            known = set(work.scalars(there))
            fresh = [job_id for job_id in dict.fromkeys(job_ids) if job_id not in known]
            count = select(func.count()).where(ProjectJob.project_id == project_id)
            if (work.scalar(count) or 0) + len(fresh) > MOST_JOBS:
                raise InvalidRequest(
                    f"A project holds {MOST_JOBS:,} jobs at the most.",
                    remedy="Make another project.",
                )
            for job_id in fresh:
                row = ProjectJob(
                    project_id=project_id, job_id=job_id, user_id=user_id, added_at=now
                )
                work.add(row)
            return len(fresh)

    def remove(self, user_id: str, project_id: str, job_id: str) -> None:
        """Take a job out: one's own, or as the project's owner any. Raises NotFound, NotAllowed."""
        with self._work() as work:
            _, role = entered(work, user_id, project_id)
            row = work.get(ProjectJob, (project_id, job_id))
            if row is None:
                raise NotFound("This job is not in the project.")
            if row.user_id != user_id and role is not Role.OWNER:
                raise NotAllowed(
                    "Only whose job it is, or the project's owner, can take it out of the project."
                )
            work.delete(row)

    def list(
        self,
        user_id: str,
        project_id: str,
        *,
        limit: int,
        after: tuple[int, str] | None = None,
        oldest_first: bool = False,
    ) -> Sequence[Listed]:
        """The project's jobs behind the place `after` (when added, job), the last added first.

        Raises NotFound.
        """
        place = tuple_(ProjectJob.added_at, ProjectJob.job_id)
        order = (ProjectJob.added_at, ProjectJob.job_id)
        question = select(ProjectJob).where(ProjectJob.project_id == project_id).limit(limit)
        if after is not None:
            given = tuple_(literal(after[0]), literal(after[1]))
            question = question.where(place > given if oldest_first else place < given)
        ordered = order if oldest_first else tuple(each.desc() for each in order)
        with self._work() as work:
            entered(work, user_id, project_id)
            rows = work.scalars(question.order_by(*ordered))
            return [Listed(row.job_id, row.user_id, row.added_at) for row in rows]

    def holding(self, project_ids: Sequence[str], job_id: str) -> frozenset[str]:
        """Those of the projects that hold the job."""
        question = select(ProjectJob.project_id).where(
            ProjectJob.job_id == job_id, ProjectJob.project_id.in_([*project_ids])
        )
        with self._work() as work:
            return frozenset(work.scalars(question))

    def role_for_job(self, user_id: str, job_id: str, owner_id: str) -> Role | None:
        """The highest role of somebody in the projects that hold the job of `owner_id`; None: in
        none. What others put there under its id counts for nothing."""
        theirs = and_(ProjectJob.job_id == job_id, ProjectJob.user_id == owner_id)
        owned = (
            select(literal(Role.OWNER.value))
            .select_from(Project)
            .join(ProjectJob, ProjectJob.project_id == Project.project_id)
            .where(theirs, Project.owner_id == user_id)
        )
        joined = (
            select(Member.role)
            .join(ProjectJob, ProjectJob.project_id == Member.project_id)
            .where(theirs, Member.user_id == user_id)
        )
        with self._work() as work:
            roles = {role_of(text) for text in work.scalars(union_all(owned, joined))}
        return next((role for role in reversed(Role) if role in roles), None)

    def forget_job(self, job_id: str) -> None:
        """The job was deleted."""
        with self._work() as work:
            work.execute(delete(ProjectJob).where(ProjectJob.job_id == job_id))
