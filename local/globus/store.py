"""What the stand-in remembers, in one SQLite file: identities, codes and tokens.

Codes and tokens are kept as SHA-256 digests: the file alone opens no door.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import secrets
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.globus.identities import KNOWN_FROM_THE_START, LINKED_FROM_THE_START, Identity

CODE_SECONDS = 60
ACCESS_SECONDS = 172_800  # as Globus Auth: 48 hours
REFRESH_SECONDS = 180 * 86_400

_SCHEMA = """
create table if not exists identities (
    subject text primary key, name text not null, email text not null,
    organization text not null, last_used real not null
);
create table if not exists codes (
    digest text primary key, grant_id text not null, subject text not null,
    redirect_uri text not null, scope text not null, nonce text not null,
    challenge text not null, offline integer not null, expires real not null,
    used integer not null default 0
);
create table if not exists tokens (
    digest text primary key, kind text not null, grant_id text not null,
    subject text not null, scope text not null, issued real not null,
    expires real not null, revoked integer not null default 0
);
create index if not exists tokens_of_grant on tokens (grant_id);
create table if not exists links (
    subject text primary key, own_subject text not null
);
create table if not exists authentications (
    grant_id text primary key, how text not null, happened real not null
);
"""


@dataclass(frozen=True)
class Grant:
    """What a person allowed: the content of an authorization code."""

    grant_id: str
    subject: str
    redirect_uri: str
    scope: str
    nonce: str
    challenge: str
    """PKCE S256 challenge; empty if none was sent."""
    offline: bool


@dataclass(frozen=True)
class Token:
    """An access or refresh token that is valid now."""

    kind: str
    grant_id: str
    subject: str
    scope: str
    issued: float
    expires: float


class Store:
    """The stand-in's memory. Safe to use from several threads."""

    def __init__(self, path: Path, now: Callable[[], float] = time.time) -> None:
        self._path = path
        self._now = now
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        with self._connect() as connection:
            for statement in _SCHEMA.split(";"):
                connection.execute(statement)
            connection.executemany(
                "insert or ignore into identities values (?, ?, ?, ?, 0)",
                [(i.subject, i.name, i.email, i.organization) for i in KNOWN_FROM_THE_START],
            )
            linked = [(each, own) for own, others in LINKED_FROM_THE_START for each in others]
            connection.executemany(
                "insert or ignore into identities values (?, ?, ?, ?, 0)",
                [(i.subject, i.name, i.email, i.organization) for i, _ in linked],
            )
            connection.executemany(
                "insert or ignore into links values (?, ?)",
                [(each.subject, own.subject) for each, own in linked],
            )
            connection.execute(
                "delete from authentications where happened < ?", (now() - REFRESH_SECONDS,)
            )
            connection.execute("delete from codes where expires < ?", (now() - 86_400,))
            connection.execute("delete from tokens where expires < ?", (now(),))

    # ---------------------------------------------------------------- identities

    def remember(self, identity: Identity) -> None:
        """Add a person, or note their newest details."""
        with self._connect() as connection:
            connection.execute(
                "insert into identities values (?, ?, ?, ?, ?) on conflict (subject) do update "
                "set name = excluded.name, email = excluded.email, "
                "organization = excluded.organization, last_used = excluded.last_used",
                (
                    identity.subject,
                    identity.name,
                    identity.email,
                    identity.organization,
                    self._now(),
                ),
            )

    def known(self) -> list[Identity]:
        """Everybody who ever signed in, the last one first; linked identities stand behind them."""
        return self._identities(
            "where subject not in (select subject from links) order by last_used desc, name"
        )

    def identity_set(self, subject: str) -> list[Identity]:
        """The person's own identity and those linked to it."""
        linked = self._identities(
            "where subject in (select subject from links where own_subject = ?) order by email",
            (subject,),
        )
        own = self.identity(subject)
        return [own, *linked] if own else []

    def own_identity(self, identity: Identity) -> Identity:
        """The identity that this one is linked to; itself if it is not."""
        found = self._identities(
            "where subject = (select own_subject from links where subject = ?)", (identity.subject,)
        )
        return found[0] if found else identity

    # ---------------------------------------------------------------- how somebody signed in

    def note_authentication(self, grant_id: str, how: Mapping[str, Any]) -> None:
        """Keep how the person of a grant has authenticated (`session_info`'s form)."""
        with self._connect() as connection:
            connection.execute(
                "insert into authentications values (?, ?, ?)",
                (grant_id, json.dumps(how), self._now()),
            )

    def authentications(self, grant_id: str) -> dict[str, Any]:
        """What was noted for the grant."""
        with self._connect() as connection:
            row = connection.execute(
                "select how from authentications where grant_id = ?", (grant_id,)
            ).fetchone()
        return dict(json.loads(row[0])) if row else {}

    def identity(self, subject: str) -> Identity | None:
        found = self._identities("where subject = ?", (subject,))
        return found[0] if found else None

    def by_username(self, username: str) -> Identity | None:
        found = self._identities("where lower(email) = lower(?)", (username,))
        return found[0] if found else None

    # ---------------------------------------------------------------- codes and tokens

    def make_code(self, grant: Grant) -> str:
        """A code for a grant: short-lived, good for one exchange."""
        code = secrets.token_urlsafe(32)
        with self._connect() as connection:
            connection.execute(
                "insert into codes values (?, ?, ?, ?, ?, ?, ?, ?, ?, 0)",
                (
                    _digest(code),
                    grant.grant_id,
                    grant.subject,
                    grant.redirect_uri,
                    grant.scope,
                    grant.nonce,
                    grant.challenge,
                    int(grant.offline),
                    self._now() + CODE_SECONDS,
                ),
            )
        return code

    def take_code(self, code: str) -> Grant | None:
        """The grant of a code, which is spent by this call; None if it is not (or no longer) good.

        A second use means that somebody else has seen the code: what the first use gave is
        revoked (RFC 6749, 4.1.2).
        """
        with self._connect() as connection:
            row = connection.execute(
                "select grant_id, subject, redirect_uri, scope, nonce, challenge, offline, "
                "expires, used from codes where digest = ?",
                (_digest(code),),
            ).fetchone()
            if row is None:
                return None
            grant_id, subject, redirect_uri, scope, nonce, challenge, offline, expires, used = row
            if used:
                connection.execute("update tokens set revoked = 1 where grant_id = ?", (grant_id,))
                return None
            connection.execute("update codes set used = 1 where digest = ?", (_digest(code),))
            if self._now() >= expires:
                return None
        return Grant(grant_id, subject, redirect_uri, scope, nonce, challenge, bool(offline))

    def make_token(self, kind: str, grant_id: str, subject: str, scope: str) -> str:
        """A new token; `kind` is `access` or `refresh`."""
        token = secrets.token_urlsafe(48)
        now = self._now()
        lifetime = ACCESS_SECONDS if kind == "access" else REFRESH_SECONDS
        with self._connect() as connection:
            connection.execute(
                "insert into tokens values (?, ?, ?, ?, ?, ?, ?, 0)",
                (_digest(token), kind, grant_id, subject, scope, now, now + lifetime),
            )
        return token

    def token(self, token: str) -> Token | None:
        """What a token stands for, if it is valid now."""
        with self._connect() as connection:
            row = connection.execute(
                "select kind, grant_id, subject, scope, issued, expires from tokens "
                "where digest = ? and revoked = 0 and expires > ?",
                (_digest(token), self._now()),
            ).fetchone()
        return Token(*row) if row else None

    def revoke(self, token: str) -> None:
        """Make a token worthless; a refresh token takes its access tokens with it."""
        with self._connect() as connection:
            row = connection.execute(
                "select kind, grant_id from tokens where digest = ?", (_digest(token),)
            ).fetchone()
            if row is None:
                return
            column, value = ("grant_id", row[1]) if row[0] == "refresh" else ("digest", None)
            connection.execute(
                f"update tokens set revoked = 1 where {column} = ?",  # noqa: S608 - our own names
                (value or _digest(token),),
            )

    def _identities(self, rest: str, values: Iterable[str] = ()) -> list[Identity]:
        query = f"select subject, name, email, organization from identities {rest}"  # noqa: S608
        with self._connect() as connection:
            return [Identity(*row) for row in connection.execute(query, tuple(values))]

    @contextlib.contextmanager
    def _connect(self) -> Iterator[sqlite3.Connection]:
        connection = sqlite3.connect(self._path, timeout=10)
        try:
            with connection:
                connection.execute("begin immediate")
                yield connection
        finally:
            connection.close()


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
