"""How often a person's programs may ask, counted in one place for all web instances.

The generic cell rate algorithm (a leaky bucket as one number): of each person only the moment is
kept at which the bucket would be empty again. One statement decides and counts, so that
requests at the same time on several machines cannot slip through together.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Double, Engine, ForeignKey, String, func, literal, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from gas.accounts.faults import accounts_database
from gas.accounts.models import Base

PERIOD = 60
"""Seconds in which the bucket empties."""


class RateRow(Base):
    """A person's bucket."""

    __tablename__ = "request_rates"

    user_id: Mapped[str] = mapped_column(
        String(36), ForeignKey("accounts.user_id", ondelete="CASCADE"), primary_key=True
    )
    empty_at: Mapped[float] = mapped_column(Double)
    """Seconds since 1970."""


@dataclass(frozen=True)
class Allowance:
    """What is left after a request."""

    allowed: bool
    limit: int
    """Requests in a period."""
    remaining: int
    """As many may follow at once."""
    reset: int
    """Seconds until all of them may."""
    retry_after: int = 0
    """Seconds until the next may, if this one was not allowed."""


class RateStore:
    """Counts requests. Safe to share.

    Raises ServiceUnavailable when the database cannot be reached.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def take(self, user_id: str, *, limit: int, now: float) -> Allowance:
        """Count one request of the person's, of whose kind `limit` are allowed in `PERIOD`."""
        return take(self._engine, RateRow, RateRow.user_id, user_id, limit=limit, now=now)


def take(
    engine: Engine,
    table: Any,
    key: Any,
    value: str,
    *,
    limit: int,
    now: float,
    period: int = PERIOD,
) -> Allowance:
    """Count one request in the bucket whose column `key` of `table` is `value`, and which empties
    in `period` seconds."""
    step = period / limit
    begun = insert(table).values({key.key: value, "empty_at": now + step})
    fuller = func.greatest(table.empty_at, literal(now)) + step
    counted = begun.on_conflict_do_update(
        index_elements=[key], set_={"empty_at": fuller}, where=fuller <= now + period
    ).returning(table.empty_at)
    with accounts_database(), Session(engine) as work, work.begin():
        empty_at = work.scalar(counted)
        allowed = empty_at is not None
        if empty_at is None:
            empty_at = work.scalar(select(table.empty_at).where(key == value)) or now
    level = max(0.0, empty_at - now)
    return Allowance(
        allowed=allowed,
        limit=limit,
        remaining=max(0, int((period - level) / step + 1e-6)),
        reset=_up(level),
        retry_after=0 if allowed else max(1, _up(level + step - period)),
    )


def _up(seconds: float) -> int:
    return -int(-seconds // 1)
