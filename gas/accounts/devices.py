"""Logging in on a device without a browser: the device grant of RFC 8628.

The device shows a short code; its person, who is logged in elsewhere, types it in and sees what is
asked for; the device, which asks again and again meanwhile, then gets a token, once. Of both codes
the database keeps the SHA-256, and of the token what it keeps of every token.
"""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import DateTime, Engine, ForeignKey, Index, String, delete, func, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from gas.accounts.faults import accounts_database
from gas.accounts.models import Base
from gas.accounts.sessions import at, digest_of
from gas.accounts.tokens import new_token
from gas.errors import ServiceUnavailable
from gas.scopes import Scope, parse_scopes

PREFIX = "gasdevice_"
LIFE_SECONDS = 600
"""A code that was not used by then is good for nothing."""
INTERVAL = 5
"""Seconds that a device lets pass between two questions."""
MOST_LIVE, MOST_OF_ORIGIN = 10_000, 500
"""Codes that may wait at the same time: of all, and of one network."""
TOKEN_DAYS = 90

ALPHABET = "BCDFGHJKLMNPQRSTVWXZ"
"""No vowels, so no words; RFC 8628, 6.1."""
_LETTERS = 8
LONGEST_NAME = 60


class Decision(StrEnum):
    """What the person said."""

    ALLOWED = "allowed"
    DENIED = "denied"


class Standing(StrEnum):
    """What a device is told; the values are the error codes of RFC 8628, 3.5."""

    PENDING = "authorization_pending"
    TOO_SOON = "slow_down"
    DENIED = "access_denied"
    EXPIRED = "expired_token"
    ALLOWED = "allowed"


class DeviceLogin(Base):
    """A device that waits."""

    __tablename__ = "device_logins"
    __table_args__ = (Index("ix_device_logins_expires_at", "expires_at"),)

    device_digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    """SHA-256 of the code that the device asks with, hexadecimal."""
    user_digest: Mapped[str] = mapped_column(String(64), unique=True)
    """SHA-256 of the code that it shows."""
    origin: Mapped[str] = mapped_column(String(64))
    """SHA-256 of the network it came from (`gas.sharing.networks`)."""
    name: Mapped[str] = mapped_column(String(80))
    scope_names: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    expires_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    asked_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    decision: Mapped[str | None] = mapped_column(String(8))
    user_id: Mapped[str | None] = mapped_column(
        String(36), ForeignKey("accounts.user_id", ondelete="CASCADE")
    )

    @property
    def scopes(self) -> frozenset[Scope]:
        return parse_scopes(self.scope_names.split())


def device_code() -> str:
    """A fresh code for a device to ask with. Our own logs know it by its prefix."""
    return new_token(PREFIX)


def shown_code() -> str:
    """A fresh code for people: `BCDF-GHJK`."""
    letters = "".join(secrets.choice(ALPHABET) for _ in range(_LETTERS))
    return f"{letters[:4]}-{letters[4:]}"


def typed_code(text: str) -> str | None:
    """The code that somebody typed, in its usual form; None: it is none."""
    letters = "".join(c for c in text.upper() if c not in " -\t")
    if len(letters) != _LETTERS or not set(letters) <= set(ALPHABET):
        return None
    return f"{letters[:4]}-{letters[4:]}"


class DeviceStore:
    """Devices that wait. Times are whole seconds since 1970. Safe to share.

    Every method raises ServiceUnavailable when the database cannot be reached.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def begin(
        self, *, name: str, scopes: frozenset[Scope], origin: str, now: int
    ) -> tuple[str, str]:
        """The device's code and the one it shows.

        Raises:
            ServiceUnavailable: too many wait already.
        """
        device, shown, moment = device_code(), shown_code(), at(now)
        origin = digest_of(origin)
        with self._work() as work:
            work.execute(delete(DeviceLogin).where(DeviceLogin.expires_at <= moment))
            waiting = select(func.count()).select_from(DeviceLogin)
            of_origin = work.scalar(waiting.where(DeviceLogin.origin == origin)) or 0
            if of_origin >= MOST_OF_ORIGIN or (work.scalar(waiting) or 0) >= MOST_LIVE:
                raise ServiceUnavailable(
                    "Too many devices wait to be logged in.", remedy="Try again in ten minutes."
                )
            work.add(
                DeviceLogin(
                    device_digest=digest_of(device),
                    user_digest=digest_of(shown),
                    origin=origin,
                    name=name,
                    scope_names=" ".join(sorted(scopes)),
                    created_at=moment,
                    expires_at=moment + timedelta(seconds=LIFE_SECONDS),
                )
            )
        return device, shown

    def waiting(self, shown: str, *, now: int) -> DeviceLogin | None:
        """The device that shows this code and waits for a decision."""
        with self._work() as work:
            return work.scalar(
                select(DeviceLogin).where(
                    DeviceLogin.user_digest == digest_of(shown),
                    DeviceLogin.expires_at > at(now),
                    DeviceLogin.decision.is_(None),
                )
            )

    def decide(self, shown: str, user_id: str, decision: Decision, *, now: int) -> bool:
        """Note what the person said, once. False: no such device waits any more."""
        change = (
            update(DeviceLogin)
            .where(
                DeviceLogin.user_digest == digest_of(shown),
                DeviceLogin.expires_at > at(now),
                DeviceLogin.decision.is_(None),
            )
            .values(decision=decision.value, user_id=user_id)
            .returning(DeviceLogin.device_digest)
        )
        with self._work() as work:
            return work.scalar(change) is not None

    def ask(self, device: str, *, now: int) -> tuple[Standing, DeviceLogin | None]:
        """How it stands. A device that was decided about is told so once, and forgotten."""
        digest, moment = digest_of(device), at(now)
        with self._work() as work:
            found = work.scalar(
                select(DeviceLogin).where(DeviceLogin.device_digest == digest).with_for_update()
            )
            if found is None or found.expires_at <= moment:
                return Standing.EXPIRED, None
            if found.decision is not None:
                work.delete(found)
                if found.decision == Decision.DENIED:
                    return Standing.DENIED, None
                return Standing.ALLOWED, found
            last, found.asked_at = found.asked_at, moment
            too_soon = last is not None and moment - last < timedelta(seconds=INTERVAL - 1)
            return (Standing.TOO_SOON if too_soon else Standing.PENDING), None

    @contextmanager
    def _work(self) -> Iterator[Session]:
        with (
            accounts_database(),
            Session(self._engine, expire_on_commit=False) as session,
            session.begin(),
        ):
            yield session
