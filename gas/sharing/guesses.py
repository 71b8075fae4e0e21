"""How often a network may try links, and a person codes or invitations: counted in one place for
all web instances."""

from sqlalchemy import Double, Engine, String, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from gas.accounts.faults import accounts_database
from gas.accounts.models import Base
from gas.accounts.rates import PERIOD, Allowance, take

_AT_ONCE = 100
"""Buckets that are cleared away with each visit."""


class VisitRate(Base):
    """The bucket of a network, of a link, or of a person who types codes or invites."""

    __tablename__ = "visit_rates"

    bucket: Mapped[str] = mapped_column(String(80), primary_key=True)
    empty_at: Mapped[float] = mapped_column(Double)
    """Seconds since 1970."""


class VisitRates:
    """Counts visits. Safe to share.

    Raises ServiceUnavailable when the database cannot be reached.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def take(self, bucket: str, *, limit: int, now: float, period: int = PERIOD) -> Allowance:
        """Count one visit, of whose kind `limit` are allowed in `period` seconds."""
        self._forget(now)
        return take(
            self._engine, VisitRate, VisitRate.bucket, bucket, limit=limit, now=now, period=period
        )

    def _forget(self, now: float) -> None:
        """Buckets that are empty are as good as none; so nothing stays of who has gone."""
        empty = (
            select(VisitRate.bucket)
            .where(VisitRate.empty_at <= now)
            .limit(_AT_ONCE)
            .with_for_update(skip_locked=True)
        )
        with accounts_database(), Session(self._engine) as work, work.begin():
            work.execute(delete(VisitRate).where(VisitRate.bucket.in_(empty)))
