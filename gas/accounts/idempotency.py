"""Requests that are made once however often they are sent: the answers to `Idempotency-Key`.

The header follows the IETF's draft "The Idempotency-Key HTTP Header Field". A key belongs to one
person and one request (its fingerprint); its answer is kept for a day, sealed by the caller.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import (
    DateTime,
    Delete,
    Engine,
    ForeignKey,
    LargeBinary,
    String,
    delete,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from gas.accounts.faults import accounts_database
from gas.accounts.models import Base
from gas.accounts.sessions import at

KEPT = timedelta(hours=24)
MOST_KEYS = 2_000
"""Of one person; with more, the oldest are forgotten before their day is over."""
PATIENCE = timedelta(seconds=60)
"""A request that has not been answered for so long died, and may be made again."""


class KeyRow(Base):
    """A key and, once there is one, its answer."""

    __tablename__ = "idempotency_keys"

    user_id: Mapped[str] = mapped_column(
        String(36), ForeignKey("accounts.user_id", ondelete="CASCADE"), primary_key=True
    )
    key: Mapped[str] = mapped_column(String(255), primary_key=True)
    fingerprint: Mapped[str] = mapped_column(String(64))
    """SHA-256 of method, path and body."""
    begun_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    answer: Mapped[bytes | None] = mapped_column(LargeBinary)
    """Absent while the request is being worked on."""


class Standing(StrEnum):
    """What is to be done with a request."""

    NEW = "new"
    """Work on it, then `finish` or `forget` it."""
    ANSWERED = "answered"
    UNDER_WAY = "under_way"
    OTHER = "other"
    """The key was used for another request."""


@dataclass(frozen=True)
class Found:
    """What is known of a key."""

    standing: Standing
    answer: bytes = b""


class IdempotencyStore:
    """Reads and writes keys. Safe to share.

    Every method raises ServiceUnavailable when the database cannot be reached.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def begin(self, user_id: str, key: str, *, fingerprint: str, now: int) -> Found:
        """Take the key for this request, unless it was used."""
        moment = at(now)
        row = {"user_id": user_id, "key": key, "fingerprint": fingerprint, "begun_at": moment}
        taken = (
            insert(KeyRow)
            .values(**row)
            .on_conflict_do_update(
                index_elements=[KeyRow.user_id, KeyRow.key],
                set_={"begun_at": moment},
                where=(KeyRow.fingerprint == fingerprint)
                & KeyRow.answer.is_(None)
                & (KeyRow.begun_at <= moment - PATIENCE),
            )
            .returning(KeyRow.key)
        )
        with accounts_database(), Session(self._engine) as work, work.begin():
            work.execute(
                delete(KeyRow).where(KeyRow.user_id == user_id, KeyRow.begun_at <= moment - KEPT)
            )
            if work.scalar(taken) is not None:
                work.execute(_beyond(user_id))
                return Found(Standing.NEW)
            found = work.scalars(
                select(KeyRow).where(KeyRow.user_id == user_id, KeyRow.key == key)
            ).one_or_none()
            if found is None:  # forgotten just now: whoever held it failed
                return Found(Standing.UNDER_WAY)
            if found.fingerprint != fingerprint:
                return Found(Standing.OTHER)
            if found.answer is None:
                return Found(Standing.UNDER_WAY)
            return Found(Standing.ANSWERED, found.answer)

    def tidy(self, *, now: int) -> None:
        """Forget all keys whose day is over, whoever's they are."""
        with accounts_database(), Session(self._engine) as work, work.begin():
            work.execute(delete(KeyRow).where(KeyRow.begun_at <= at(now) - KEPT))

    def finish(self, user_id: str, key: str, answer: bytes) -> None:
        """Keep the answer for whoever sends the request again."""
        change = (
            update(KeyRow).where(KeyRow.user_id == user_id, KeyRow.key == key).values(answer=answer)
        )
        with accounts_database(), Session(self._engine) as work, work.begin():
            work.execute(change)

    def forget(self, user_id: str, key: str) -> None:
        """The request failed in a way that may pass: it may be made again under this key."""
        gone = delete(KeyRow).where(
            KeyRow.user_id == user_id, KeyRow.key == key, KeyRow.answer.is_(None)
        )
        with accounts_database(), Session(self._engine) as work, work.begin():
            work.execute(gone)


def _beyond(user_id: str) -> Delete:
    """Deletes the person's oldest keys beyond `MOST_KEYS`."""
    latest = (
        select(KeyRow.key)
        .where(KeyRow.user_id == user_id)
        .order_by(KeyRow.begun_at.desc(), KeyRow.key)
        .offset(MOST_KEYS)
    )
    return delete(KeyRow).where(KeyRow.user_id == user_id, KeyRow.key.in_(latest))
