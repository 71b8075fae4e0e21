"""What all stores of sharing do: a transaction, and a look at who is asking."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from gas.access import Role
from gas.accounts.faults import accounts_database
from gas.errors import NotAllowed, NotFound
from gas.sharing.tables import Member, Project, role_of


class Store:
    """Works on the accounts database. Safe to share between threads.

    Every method raises ServiceUnavailable when the database cannot be reached.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @contextmanager
    def _work(self) -> Iterator[Session]:
        with (
            accounts_database(),
            Session(self._engine, expire_on_commit=False) as session,
            session.begin(),
        ):
            yield session


def entered(
    work: Session, user_id: str, project_id: str, *, lock: bool = False
) -> tuple[Project, Role]:
    """The project and the person's role in it; `lock`: others wait until this work is done.

    Raises:
        NotFound: there is none, or they are not in it.
    """
    question = select(Project).where(Project.project_id == project_id)
    project = work.scalar(question.with_for_update() if lock else question)
    if project is None:
        raise no_project()
    if project.owner_id == user_id:
        return project, Role.OWNER
    member = work.get(Member, (project_id, user_id))
    if member is None:
        raise no_project()
    return project, role_of(member.role)


def owned(work: Session, user_id: str, project_id: str) -> Project:
    """The person's own project, locked.

    Raises:
        NotFound: there is none, or they are not in it.
        NotAllowed: it is another member's.
    """
    project, role = entered(work, user_id, project_id, lock=True)
    if role is not Role.OWNER:
        raise owners_only()
    return project


def no_project() -> NotFound:
    """For whoever is not in it, there is none."""
    return NotFound(
        "There is no such project, or you are not in it.",
        remedy="Look for it among your projects.",
    )


def owners_only() -> NotAllowed:
    """For members who ask for too much."""
    return NotAllowed(
        "Only the owner of the project may do that.", remedy="The project's page names the owner."
    )
