"""The login sessions, in the accounts database, so that all web instances agree who is logged in.

The browser holds a random token, the database its SHA-256: whoever reads the table can log in as
nobody, and a session that was ended is worthless, whoever kept a copy of the cookie.
"""

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import (
    ColumnElement,
    DateTime,
    Engine,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    and_,
    delete,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from gas.accounts.faults import accounts_database
from gas.accounts.models import Account, Base

ID_LENGTH = 16
SEEN_STEP = timedelta(minutes=5)
"""`last_seen_at` is this coarse: a page view seldom writes."""
TOKEN_LIFE = timedelta(hours=48)
"""Globus's access tokens end by themselves after this time; there is nothing left to revoke."""
KEPT = timedelta(days=30)
"""Sessions that ended this long ago are forgotten."""


class LoginSession(Base):
    """One browser that logged in."""

    __tablename__ = "sessions"
    __table_args__ = (
        Index("ix_sessions_user_id", "user_id"),
        Index("ix_sessions_expires_at", "expires_at"),
    )

    token_digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    """SHA-256 of the token in the cookie, hexadecimal."""
    user_id: Mapped[str] = mapped_column(
        String(36), ForeignKey("accounts.user_id", ondelete="CASCADE")
    )
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    """When the person logged in with Globus."""
    expires_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    revoked_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    last_seen_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    device: Mapped[str] = mapped_column(String(80))
    """Browser and system in a few words, such as `Firefox on Linux`."""
    globus_tokens: Mapped[bytes | None] = mapped_column(LargeBinary)
    """Sealed; absent once they have been revoked."""

    @property
    def session_id(self) -> str:
        """Names the session on pages. It opens nothing: it is a piece of the digest."""
        return self.token_digest[:ID_LENGTH]


@dataclass(frozen=True)
class NewSession:
    """What a login leaves."""

    token_digest: str
    user_id: str
    device: str
    hours: int
    globus_tokens: bytes | None


def digest_of(token: str) -> str:
    """What the database keeps of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


class SessionStore:
    """Reads and writes sessions. Times are whole seconds since 1970. Safe to share.

    Every method raises ServiceUnavailable when the database cannot be reached.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def begin(self, new: NewSession, *, now: int) -> None:
        """Record a login."""
        moment = at(now)
        with self._work() as work:
            work.add(
                LoginSession(
                    token_digest=new.token_digest,
                    user_id=new.user_id,
                    created_at=moment,
                    expires_at=moment + timedelta(hours=new.hours),
                    last_seen_at=moment,
                    device=new.device,
                    globus_tokens=new.globus_tokens,
                )
            )

    def find(self, token_digest: str, *, now: int) -> tuple[LoginSession, Account] | None:
        """The live session with this digest and whose it is: one look-up by primary key."""
        moment = at(now)
        question = (
            select(LoginSession, Account)
            .join(Account, Account.user_id == LoginSession.user_id)
            .where(LoginSession.token_digest == token_digest, _alive(moment))
        )
        with self._work() as work:
            row = work.execute(question).one_or_none()
            if row is None:
                return None
            session, account = row
            if moment - session.last_seen_at >= SEEN_STEP:
                session.last_seen_at = moment
            return session, account

    def active(self, user_id: str, *, now: int) -> Sequence[LoginSession]:
        """The user's live sessions, the last used first."""
        question = (
            select(LoginSession)
            .where(LoginSession.user_id == user_id, _alive(at(now)))
            .order_by(LoginSession.last_seen_at.desc(), LoginSession.token_digest)
        )
        with self._work() as work:
            return work.scalars(question).all()

    def end(
        self, user_id: str, *, now: int, session_id: str | None = None
    ) -> Sequence[LoginSession]:
        """End one session of the user's, or all; those that this ended."""
        change = (
            update(LoginSession)
            .where(LoginSession.user_id == user_id, _alive(at(now)))
            .values(revoked_at=at(now))
            .returning(LoginSession)
        )
        if session_id is not None:
            change = change.where(func.left(LoginSession.token_digest, ID_LENGTH) == session_id)
        with self._work() as work:
            return work.scalars(change).all()

    def with_leftover_tokens(self, user_id: str, *, now: int) -> Sequence[LoginSession]:
        """The user's sessions that have ended, but whose tokens Globus still has to be told of."""
        question = select(LoginSession).where(
            LoginSession.user_id == user_id,
            LoginSession.globus_tokens.is_not(None),
            or_(LoginSession.revoked_at.is_not(None), LoginSession.expires_at <= at(now)),
        )
        with self._work() as work:
            return work.scalars(question).all()

    def forget_tokens(self, token_digest: str) -> None:
        """The session's tokens are revoked: keep them no longer."""
        with self._work() as work:
            work.execute(
                update(LoginSession)
                .where(LoginSession.token_digest == token_digest)
                .values(globus_tokens=None)
            )

    def tidy(self, *, now: int) -> None:
        """Drop tokens that have lapsed and sessions that ended long ago, whoever they belong to."""
        with self._work() as work:
            work.execute(
                update(LoginSession)
                .where(
                    LoginSession.globus_tokens.is_not(None),
                    LoginSession.expires_at <= at(now),
                    LoginSession.created_at <= at(now) - TOKEN_LIFE,
                )
                .values(globus_tokens=None)
            )
            work.execute(delete(LoginSession).where(LoginSession.expires_at <= at(now) - KEPT))

    @contextmanager
    def _work(self) -> Iterator[Session]:
        with (
            accounts_database(),
            Session(self._engine, expire_on_commit=False) as session,
            session.begin(),
        ):
            yield session


def at(seconds: int) -> datetime:
    """The moment `seconds` after 1970."""
    return datetime.fromtimestamp(seconds, UTC)


def _alive(moment: datetime) -> ColumnElement[bool]:
    return and_(LoginSession.revoked_at.is_(None), LoginSession.expires_at > moment)
