"""Whose results are on their way back, so that the user is told once when all are there."""

from collections.abc import Callable, Collection, Sequence
from datetime import UTC, datetime

from sqlalchemy import DateTime, Engine, ForeignKey, Integer, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from gas.accounts.faults import accounts_database
from gas.accounts.models import Account, Base
from gas.plans import Plan


class ThawRow(Base):
    """A thaw that is under way; there is none once its user has been told."""

    __tablename__ = "thaws"

    user_id: Mapped[str] = mapped_column(
        ForeignKey("accounts.user_id", ondelete="CASCADE"), primary_key=True
    )
    started_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    looked_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    """When the thaw service last looked at what is still cold."""
    jobs: Mapped[int] = mapped_column(Integer)
    """The most jobs that any look found cold."""


class ThawStore:
    """Reads and writes thaws. Safe to share between threads.

    Every method raises ServiceUnavailable when the database cannot be reached.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def note_cold(self, user_id: str, *, jobs: int, now: int) -> None:
        """A look at `now` found this many jobs cold: the thaw is under way."""
        at = datetime.fromtimestamp(now, UTC)
        found = insert(ThawRow).values(user_id=user_id, started_at=at, looked_at=at, jobs=jobs)
        statement = found.on_conflict_do_update(
            index_elements=[ThawRow.user_id],
            set_={
                "looked_at": found.excluded.looked_at,
                "jobs": func.greatest(ThawRow.jobs, found.excluded.jobs),
            },
        )
        with accounts_database(), Session(self._engine) as session, session.begin():
            session.execute(statement)

    def size(self, user_id: str) -> int | None:
        """The most jobs that any look of the thaw under way found cold; None: none is."""
        query = select(ThawRow.jobs).where(ThawRow.user_id == user_id)
        with accounts_database(), Session(self._engine) as session:
            return session.scalar(query)

    def touch(self, user_id: str, *, jobs: int, now: int) -> None:
        """The same of a thaw that is under way already; without one, nothing begins."""
        seen = {
            ThawRow.looked_at: datetime.fromtimestamp(now, UTC),
            ThawRow.jobs: func.greatest(ThawRow.jobs, jobs),
        }
        statement = update(ThawRow).where(ThawRow.user_id == user_id).values(seen)
        with accounts_database(), Session(self._engine) as session, session.begin():
            session.execute(statement)

    def looked_after(self, user_id: str, *, since: int) -> bool:
        """Whether a message that looks at all of the user's results was at it since then."""
        query = select(ThawRow.looked_at).where(ThawRow.user_id == user_id)
        with accounts_database(), Session(self._engine) as session:
            looked_at = session.scalar(query)
        return looked_at is not None and looked_at >= datetime.fromtimestamp(since, UTC)

    def finish(self, user_id: str, announce: Callable[[int], None]) -> bool:
        """Nothing is cold any more: `announce` the number of jobs and end the thaw.

        Both are one transaction with the row locked: of several who come at once one announces.
        False when no thaw was under way.
        """
        query = select(ThawRow).where(ThawRow.user_id == user_id).with_for_update()
        with accounts_database(), Session(self._engine) as session, session.begin():
            thaw = session.scalar(query)
            if thaw is None:
                return False
            announce(thaw.jobs)
            session.delete(thaw)
        return True

    def drop(self, user_id: str) -> None:
        """End the thaw without a word."""
        with accounts_database(), Session(self._engine) as session, session.begin():
            session.execute(delete(ThawRow).where(ThawRow.user_id == user_id))

    def under_way(self, user_ids: Collection[str]) -> frozenset[str]:
        """Those of the users whose thaw has not ended."""
        query = select(ThawRow.user_id).where(ThawRow.user_id.in_(user_ids))
        with accounts_database(), Session(self._engine) as session:
            return frozenset(session.scalars(query))

    def premium_users(self, *, after: str, limit: int) -> Sequence[str]:
        """Ids of up to `limit` Premium users behind the id `after`, in their order."""
        query = (
            select(Account.user_id)
            .where(Account.plan == Plan.PREMIUM, Account.user_id > after)
            .order_by(Account.user_id)
            .limit(limit)
        )
        with accounts_database(), Session(self._engine) as session:
            return session.scalars(query).all()
