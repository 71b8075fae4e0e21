"""Fakes of what only the web app needs: accounts and the identity provider."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from gas.accounts.models import Account
from gas.accounts.store import Identity
from gas.errors import ServiceUnavailable
from gas.plans import Plan
from web.auth.errors import LoginFailed

ISSUER = "https://auth.example.org"
CLIENT_ID = "client-1"


class MemoryAccounts:
    """`web.services.Accounts` in a dict; `down` makes it unreachable."""

    def __init__(self) -> None:
        self._accounts: dict[str, Account] = {}
        self.down = False

    def record_login(self, identity: Identity) -> Account:
        self.ping()
        known = self._accounts.get(identity.user_id)
        account = Account(
            user_id=identity.user_id,
            name=identity.name,
            email=identity.email,
            organization=identity.organization,
            plan=known.plan if known else Plan.FREE,
        )
        self._accounts[identity.user_id] = account
        return account

    def get(self, user_id: str) -> Account | None:
        self.ping()
        return self._accounts.get(user_id)

    def ping(self) -> None:
        if self.down:
            raise ServiceUnavailable("The accounts database is down.")

    def set_plan(self, user_id: str, plan: Plan) -> None:
        self._accounts[user_id].plan = plan


class FakeProvider:
    """`web.auth.oidc.IdentityProvider` whose claims the test writes; a code is good once."""

    def __init__(self) -> None:
        self.issuer = ISSUER
        self.client_id = CLIENT_ID
        self.claims: dict[str, Any] = {}
        self.codes: set[str] = {"good-code"}
        self.exchanged: list[Mapping[str, str]] = []

    def authorize_url(
        self, *, state: str, nonce: str, code_challenge: str, redirect_uri: str
    ) -> str:
        query = {
            "state": state,
            "nonce": nonce,
            "code_challenge": code_challenge,
            "redirect_uri": redirect_uri,
        }
        return f"{ISSUER}/v2/oauth2/authorize?{urlencode(query)}"

    def exchange(self, code: str, *, code_verifier: str, redirect_uri: str) -> Mapping[str, Any]:
        if code not in self.codes:
            raise LoginFailed("The code is not known.")
        self.codes.remove(code)
        self.exchanged.append(
            {"code": code, "code_verifier": code_verifier, "redirect_uri": redirect_uri}
        )
        return self.claims

    def logout_url(self, *, return_to: str) -> str:
        return f"{ISSUER}/v2/web/logout?{urlencode({'redirect_uri': return_to})}"
