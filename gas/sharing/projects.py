"""Projects: some jobs that several people see.

A project has one owner and members; it holds jobs of these people only, and each job stays its
owner's. Whoever leaves takes their jobs along. Reads are told only to who is in the project; for
everybody else there is no such project.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import uuid4

from sqlalchemy import case, delete, func, or_, select
from sqlalchemy.sql.elements import ColumnElement

from gas.access import Role
from gas.accounts.models import Account
from gas.errors import InvalidRequest, NotAllowed, NotFound
from gas.sharing.contents import ADDERS
from gas.sharing.names import checked_name
from gas.sharing.tables import Invitation, Member, Project, ProjectJob, role_of
from gas.sharing.work import Store, entered, no_project, owned, owners_only

MOST_PROJECTS = 200
"""Of one owner."""


@dataclass(frozen=True)
class Seen:
    """A project, as somebody who is in it sees it."""

    project_id: str
    name: str
    created_at: int
    owner_id: str
    role: Role
    """Of who sees it."""
    members: int
    """The owner among them."""
    jobs: int

    @property
    def may_add(self) -> bool:
        """Whether they may put jobs of theirs into it."""
        return self.role in ADDERS


@dataclass(frozen=True)
class Person:
    """Somebody in a project."""

    user_id: str
    name: str
    email: str
    role: Role
    joined_at: int


class ProjectStore(Store):
    """Reads and writes projects, and who is in them."""

    # ---- projects

    def create(self, owner_id: str, name: str, *, now: int) -> Seen:
        """A new project of the person's.

        Raises:
            InvalidRequest: the name is none, or there are too many already.
        """
        record = Project(
            project_id=str(uuid4()), owner_id=owner_id, name=checked_name(name), created_at=now
        )
        with self._work() as work:
            # One at a time for each person, so that the limit holds.
            work.execute(select(Account).where(Account.user_id == owner_id).with_for_update())
            owned = select(func.count()).where(Project.owner_id == owner_id)
            if (work.scalar(owned) or 0) >= MOST_PROJECTS:
                raise InvalidRequest(
                    f"You have {MOST_PROJECTS} projects already.",
                    remedy="Delete one that is not needed.",
                )
            work.add(record)
        return Seen(record.project_id, record.name, now, owner_id, Role.OWNER, 1, 0)

    def of_user(self, user_id: str) -> Sequence[Seen]:
        """The projects somebody is in, by name."""
        mine = select(Member.project_id).where(Member.user_id == user_id)
        chosen = or_(Project.owner_id == user_id, Project.project_id.in_(mine))
        return self._seen(user_id, chosen)

    def see(self, user_id: str, project_id: str) -> Seen:
        """The project.

        Raises:
            NotFound: there is none, or they are not in it.
        """
        found = self._seen(user_id, Project.project_id == project_id)
        if not found:
            raise no_project()
        return found[0]

    def rename(self, user_id: str, project_id: str, name: str) -> None:
        """Raises NotFound, NotAllowed (owners only), InvalidRequest."""
        name = checked_name(name)
        with self._work() as work:
            owned(work, user_id, project_id).name = name

    def delete(self, user_id: str, project_id: str) -> None:
        """Delete it; its jobs stay with their owners. Raises NotFound, NotAllowed."""
        with self._work() as work:
            project = owned(work, user_id, project_id)
            for table in (ProjectJob, Member, Invitation):
                work.execute(delete(table).where(table.project_id == project_id))
            work.delete(project)

    # ---- people

    def people(self, user_id: str, project_id: str) -> Sequence[Person]:
        """Who is in it, the owner first, then by name. Raises NotFound."""
        with self._work() as work:
            project = entered(work, user_id, project_id)[0]
            rows = work.execute(
                select(Account.user_id, Account.name, Account.email, Member.role, Member.joined_at)
                .join(Member, Member.user_id == Account.user_id)
                .where(Member.project_id == project_id)
                .order_by(Account.name, Account.user_id)
            )
            members = [Person(u, n, e, role_of(r), j) for u, n, e, r, j in rows]
            owner = work.get(Account, project.owner_id)
        if owner is None:
            return members
        first = Person(owner.user_id, owner.name, owner.email, Role.OWNER, project.created_at)
        return [first, *members]

    def set_role(self, user_id: str, project_id: str, member_id: str, role: Role) -> None:
        """Make a member viewer or editor; OWNER hands the project over, and who gives it away
        stays as an editor.

        Raises:
            NotFound: no such project or member.
            NotAllowed: only the owner may.
        """
        with self._work() as work:
            project = owned(work, user_id, project_id)
            member = work.get(Member, (project_id, member_id))
            if member is None:
                raise _no_member()
            if role is not Role.OWNER:
                member.role = role.value
                return
            joined = project.created_at
            work.delete(member)
            project.owner_id = member_id
            work.add(
                Member(
                    project_id=project_id,
                    user_id=user_id,
                    role=Role.EDITOR.value,
                    joined_at=joined,
                )
            )

    def remove(self, user_id: str, project_id: str, member_id: str) -> None:
        """Take somebody out of the project, or leave it; their jobs go with them.

        Raises:
            NotFound: no such project or member.
            NotAllowed: others may be taken out by the owner only, and the owner by nobody.
        """
        with self._work() as work:
            project, role = entered(work, user_id, project_id, lock=True)
            if member_id != user_id and role is not Role.OWNER:
                raise owners_only()
            if member_id == project.owner_id:
                raise NotAllowed(
                    "The owner cannot leave the project.",
                    remedy="Hand it over to a member first, or delete it.",
                )
            member = work.get(Member, (project_id, member_id))
            if member is None:
                raise _no_member()
            work.delete(member)
            work.execute(
                delete(ProjectJob).where(
                    ProjectJob.project_id == project_id, ProjectJob.user_id == member_id
                )
            )

    # ---- inside

    def _seen(self, user_id: str, condition: ColumnElement[bool]) -> Sequence[Seen]:
        my_role = (
            select(Member.role)
            .where(Member.project_id == Project.project_id, Member.user_id == user_id)
            .scalar_subquery()
        )
        members = (
            select(func.count()).where(Member.project_id == Project.project_id).scalar_subquery()
        )
        jobs = (
            select(func.count())
            .where(ProjectJob.project_id == Project.project_id)
            .scalar_subquery()
        )
        role = case((Project.owner_id == user_id, Role.OWNER.value), else_=my_role)
        question = (
            select(Project, role, members + 1, jobs)
            .where(condition)
            .order_by(Project.name, Project.project_id)
        )
        with self._work() as work:
            return [
                Seen(p.project_id, p.name, p.created_at, p.owner_id, role_of(r), m, j)
                for p, r, m, j in work.execute(question)
                if r is not None
            ]


def _no_member() -> NotFound:
    return NotFound("Nobody like that is in the project.")
