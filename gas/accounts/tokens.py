"""Personal access tokens: how a person's scripts come in.

The person sees a token once; the database keeps its SHA-256. A token looks like
`gaspat_` + 32 random letters and digits + 6 that check them (CRC-32), so that scanners find a
leaked one by its form, and a mistyped one is told from a revoked one without the database.
"""

import secrets
import string
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta

from sqlalchemy import (
    ColumnElement,
    DateTime,
    Engine,
    ForeignKey,
    Index,
    String,
    delete,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from gas.accounts.faults import accounts_database
from gas.accounts.models import Account, Base
from gas.accounts.sessions import at, digest_of
from gas.errors import InvalidRequest
from gas.scopes import Scope, parse_scopes

PREFIX = "gaspat_"
MOST_TOKENS = 50
"""Live tokens of one person."""
LONGEST_DAYS = 366
SEEN_STEP = timedelta(minutes=5)
"""`last_used_at` is this coarse: a request seldom writes."""
KEPT = timedelta(days=30)
"""Tokens that ended this long ago are forgotten."""

_ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase
_RANDOM, _CHECK = 32, 6


class AccessToken(Base):
    """One token."""

    __tablename__ = "access_tokens"
    __table_args__ = (Index("ix_access_tokens_user_id", "user_id"),)

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    """SHA-256 of the token, hexadecimal."""
    token_id: Mapped[str] = mapped_column(String(16), unique=True)
    """Names the token on pages and in the API. It opens nothing."""
    user_id: Mapped[str] = mapped_column(
        String(36), ForeignKey("accounts.user_id", ondelete="CASCADE")
    )
    name: Mapped[str] = mapped_column(String(80))
    scope_names: Mapped[str] = mapped_column(String(200))
    """Separated by spaces."""
    ending: Mapped[str] = mapped_column(String(4))
    """The last four characters, by which a person knows it again."""
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    expires_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    revoked_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    last_used_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))

    @property
    def scopes(self) -> frozenset[Scope]:
        return parse_scopes(self.scope_names.split())

    def is_live(self, moment: datetime) -> bool:
        """Whether it opens anything at `moment`."""
        return self.revoked_at is None and (self.expires_at is None or self.expires_at > moment)


def new_token(prefix: str = PREFIX) -> str:
    """A fresh random token; other secrets of this form have another prefix."""
    body = "".join(secrets.choice(_ALPHABET) for _ in range(_RANDOM))
    return prefix + body + _check_of(body)


def is_token(text: str, prefix: str = PREFIX) -> bool:
    """Whether the text has the form of a token and its check is right."""
    body = text.removeprefix(prefix)
    return (
        text.startswith(prefix)
        and len(body) == _RANDOM + _CHECK
        and all(c in _ALPHABET for c in body)
        and _check_of(body[:_RANDOM]) == body[_RANDOM:]
    )


def _check_of(body: str) -> str:
    number, letters = zlib.crc32(body.encode()), ""
    for _ in range(_CHECK):
        number, digit = divmod(number, len(_ALPHABET))
        letters = _ALPHABET[digit] + letters
    return letters


class TokenStore:
    """Reads and writes tokens. Times are whole seconds since 1970. Safe to share.

    Every method raises ServiceUnavailable when the database cannot be reached.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def issue(
        self, user_id: str, *, name: str, scopes: frozenset[Scope], days: int | None, now: int
    ) -> tuple[AccessToken, str]:
        """Make a token for the person; the record, and the token itself, which nobody keeps.

        Raises:
            InvalidRequest: name, scopes or days are none, or there are too many tokens already.
        """
        check_wishes(name, scopes, days)
        token, moment = new_token(), at(now)
        record = AccessToken(
            digest=digest_of(token),
            token_id=secrets.token_hex(8),
            user_id=user_id,
            name=name.strip(),
            scope_names=" ".join(sorted(scopes)),
            ending=token[-4:],
            created_at=moment,
            expires_at=moment + timedelta(days=days) if days else None,
        )
        with self._work() as work:
            # One at a time for each person, so that the limit holds.
            work.execute(select(Account).where(Account.user_id == user_id).with_for_update())
            work.execute(delete(AccessToken).where(_ended_before(moment - KEPT)))
            live = select(func.count()).where(AccessToken.user_id == user_id, _alive(moment))
            if (work.scalar(live) or 0) >= MOST_TOKENS:
                raise InvalidRequest(
                    f"You have {MOST_TOKENS} tokens already.", remedy="Revoke one that is not used."
                )
            work.add(record)
        return record, token

    def find(self, digest: str, *, now: int) -> tuple[AccessToken, Account] | None:
        """The token with this digest, live or not, and whose it is; notes that it was used."""
        moment = at(now)
        question = (
            select(AccessToken, Account)
            .join(Account, Account.user_id == AccessToken.user_id)
            .where(AccessToken.digest == digest)
        )
        with self._work() as work:
            row = work.execute(question).one_or_none()
            if row is None:
                return None
            token, account = row
            used = token.last_used_at
            if token.is_live(moment) and (used is None or moment - used >= SEEN_STEP):
                token.last_used_at = moment
            return token, account

    def of_user(self, user_id: str, *, now: int) -> Sequence[AccessToken]:
        """The person's live tokens, the newest first."""
        question = (
            select(AccessToken)
            .where(AccessToken.user_id == user_id, _alive(at(now)))
            .order_by(AccessToken.created_at.desc(), AccessToken.token_id)
        )
        with self._work() as work:
            return work.scalars(question).all()

    def revoke(self, user_id: str, token_id: str, *, now: int) -> bool:
        """End a token of the person's for good. False: there is no such live one."""
        change = (
            update(AccessToken)
            .where(
                AccessToken.user_id == user_id,
                AccessToken.token_id == token_id,
                AccessToken.revoked_at.is_(None),
            )
            .values(revoked_at=at(now))
            .returning(AccessToken.token_id)
        )
        with self._work() as work:
            return work.scalar(change) is not None

    def revoke_all(self, user_id: str, *, now: int) -> int:
        """End all live tokens of the person's for good; how many there were."""
        change = (
            update(AccessToken)
            .where(AccessToken.user_id == user_id, _alive(at(now)))
            .values(revoked_at=at(now))
            .returning(AccessToken.token_id)
        )
        with self._work() as work:
            return len(work.scalars(change).all())

    @contextmanager
    def _work(self) -> Iterator[Session]:
        with (
            accounts_database(),
            Session(self._engine, expire_on_commit=False) as session,
            session.begin(),
        ):
            yield session


def check_wishes(name: str, scopes: frozenset[Scope], days: int | None) -> None:
    """Refuse what no token can have.

    Raises:
        InvalidRequest: says what.
    """
    if not name.strip() or len(name.strip()) > 80 or not name.isprintable():
        raise InvalidRequest("name: 1 to 80 printable characters.", remedy="Choose another name.")
    if not scopes:
        raise InvalidRequest("scopes: at least one.", remedy="Choose what the token may do.")
    if days is not None and not 1 <= days <= LONGEST_DAYS:
        raise InvalidRequest(
            f"expires_in_days: from 1 to {LONGEST_DAYS}.", remedy="Choose another day."
        )


def _ended_before(moment: datetime) -> ColumnElement[bool]:
    return or_(AccessToken.expires_at <= moment, AccessToken.revoked_at <= moment)


def _alive(moment: datetime) -> ColumnElement[bool]:
    return AccessToken.revoked_at.is_(None) & or_(
        AccessToken.expires_at.is_(None), AccessToken.expires_at > moment
    )
