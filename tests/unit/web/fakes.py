"""Fakes of what only the web app needs: accounts and the identity provider."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import delete
from sqlalchemy.orm import Session

from gas.accounts.models import Account
from gas.accounts.sessions import SEEN_STEP, LoginSession, NewSession, at
from gas.accounts.store import Identity
from gas.errors import ServiceUnavailable
from gas.plans import Plan
from gas.testing.sharing import memory_database
from web.auth.errors import LoginFailed
from web.auth.oidc import Exchange

ISSUER = "https://auth.example.org"
CLIENT_ID = "client-1"


class MemoryAccounts:
    """`web.services.Accounts` in a dict; `down` makes it unreachable."""

    def __init__(self) -> None:
        self._accounts: dict[str, Account] = {}
        self.down = False
        self.opening = at(1_700_000_000)
        """When the next new account is opened."""
        self.mirror = memory_database()
        """The same accounts as rows, for what joins them."""

    def record_login(self, identity: Identity) -> Account:
        self.ping()
        known = self._accounts.get(identity.user_id)
        account = Account(
            user_id=identity.user_id,
            name=identity.name,
            email=identity.email,
            organization=identity.organization,
            plan=known.plan if known else Plan.FREE,
            created_at=known.created_at if known else self.opening,
        )
        self._accounts[identity.user_id] = account
        with Session(self.mirror) as work, work.begin():
            fields = ("user_id", "name", "email", "organization", "plan", "created_at")
            row = {name: getattr(account, name) for name in fields}
            work.merge(Account(**row, last_login_at=account.created_at))
        return account

    def get(self, user_id: str) -> Account | None:
        self.ping()
        return self._accounts.get(user_id)

    def delete(self, user_id: str) -> None:
        self.ping()
        self._accounts.pop(user_id, None)
        with Session(self.mirror) as work, work.begin():
            work.execute(delete(Account).where(Account.user_id == user_id))

    def ping(self) -> None:
        if self.down:
            raise ServiceUnavailable("The accounts database is down.")

    def set_plan(self, user_id: str, plan: Plan) -> None:
        self._accounts[user_id].plan = plan


class MemorySessions:
    """`web.services.Sessions` in a dict, beside the accounts they belong to."""

    def __init__(self, accounts: MemoryAccounts) -> None:
        self._accounts = accounts
        self.rows: dict[str, LoginSession] = {}

    def begin(self, new: NewSession, *, now: int) -> None:
        self._accounts.ping()
        self.rows[new.token_digest] = LoginSession(
            token_digest=new.token_digest,
            user_id=new.user_id,
            created_at=at(now),
            expires_at=at(now) + timedelta(hours=new.hours),
            revoked_at=None,
            last_seen_at=at(now),
            device=new.device,
            globus_tokens=new.globus_tokens,
        )

    def find(self, token_digest: str, *, now: int) -> tuple[LoginSession, Account] | None:
        self._accounts.ping()
        row = self.rows.get(token_digest)
        account = self._accounts.get(row.user_id) if row else None
        if row is None or account is None or not _alive(row, now):
            return None
        if at(now) - row.last_seen_at >= SEEN_STEP:
            row.last_seen_at = at(now)
        return row, account

    def active(self, user_id: str, *, now: int) -> Sequence[LoginSession]:
        self._accounts.ping()
        return [row for row in self.rows.values() if row.user_id == user_id and _alive(row, now)]

    def end(
        self, user_id: str, *, now: int, session_id: str | None = None
    ) -> Sequence[LoginSession]:
        ended = [
            row for row in self.active(user_id, now=now) if session_id in (None, row.session_id)
        ]
        for row in ended:
            row.revoked_at = at(now)
        return ended

    def with_leftover_tokens(self, user_id: str, *, now: int) -> Sequence[LoginSession]:
        self._accounts.ping()
        mine = (row for row in self.rows.values() if row.user_id == user_id and row.globus_tokens)
        return [row for row in mine if not _alive(row, now)]

    def forget_tokens(self, token_digest: str) -> None:
        self._accounts.ping()
        self.rows[token_digest].globus_tokens = None

    def tidy(self, *, now: int) -> None:
        self._accounts.ping()


def _alive(row: LoginSession, now: int) -> bool:
    return row.revoked_at is None and row.expires_at > at(now)


class MemoryThaws:
    """`web.services.Thaws` whose sizes the test writes."""

    def __init__(self) -> None:
        self.sizes: dict[str, int] = {}

    def size(self, user_id: str) -> int | None:
        return self.sizes.get(user_id)


class FakeProvider:
    """`web.auth.oidc.IdentityProvider` whose claims the test writes; a code is good once."""

    def __init__(self) -> None:
        self.issuer = ISSUER
        self.client_id = CLIENT_ID
        self.claims: dict[str, Any] = {}
        self.codes: set[str] = {"good-code"}
        self._issued = 0
        self.exchanged: list[Mapping[str, str]] = []

        self.evidence: dict[str, Any] = {"active": True}
        self.about: dict[str, Any] = {}
        self.introspected: list[str] = []
        self.revoked: list[str] = []
        self.away = False

    def authorize_url(
        self,
        *,
        state: str,
        nonce: str,
        code_challenge: str,
        redirect_uri: str,
        demands: Mapping[str, str],
    ) -> str:
        query = {
            **demands,
            "state": state,
            "nonce": nonce,
            "code_challenge": code_challenge,
            "redirect_uri": redirect_uri,
        }
        return f"{ISSUER}/v2/oauth2/authorize?{urlencode(query)}"

    def exchange(self, code: str, *, code_verifier: str, redirect_uri: str) -> Exchange:
        if code not in self.codes:
            raise LoginFailed("The code is not known.")
        self.codes.remove(code)
        self.exchanged.append(
            {"code": code, "code_verifier": code_verifier, "redirect_uri": redirect_uri}
        )
        self._issued += 1
        return Exchange(self.claims, {"access_token": f"access-{self._issued}"})

    def introspect(self, access_token: str) -> Mapping[str, Any]:
        self._reach()
        self.introspected.append(access_token)
        return self.evidence

    def userinfo(self, access_token: str) -> Mapping[str, Any]:
        self._reach()
        if access_token in self.revoked:
            raise ServiceUnavailable("The token is revoked.")
        return self.about

    def revoke(self, token: str) -> None:
        self._reach()
        self.revoked.append(token)

    def _reach(self) -> None:
        if self.away:
            raise ServiceUnavailable("Globus is away.")

    def logout_url(self, *, return_to: str) -> str:
        return f"{ISSUER}/v2/web/logout?{urlencode({'redirect_uri': return_to})}"
