"""Globus access tokens that were issued for this service, as its API takes them.

Globus is asked (introspection, RFC 7662) whose token it is and for whom it was issued; what it
says is believed for a short while, so that a program with many requests costs one question.
"""

from collections.abc import Callable, Mapping
from threading import Lock
from typing import Any

from gas.accounts.models import Account
from gas.accounts.sessions import digest_of
from gas.scopes import USUAL, Scope
from web.auth.errors import InvalidToken
from web.auth.oidc import IdentityProvider
from web.auth.policy import LoginPolicy

BELIEVED_SECONDS = 30
_MOST = 1_000
"""Tokens remembered by one process."""

Evidence = Mapping[str, Any]


class GlobusAccess:
    """Verifies Globus tokens. Thread-safe. `scope`: the one they need; empty: none is taken."""

    def __init__(
        self,
        provider: IdentityProvider,
        find_account: Callable[[str], Account | None],
        *,
        scope: str,
        policy: LoginPolicy,
    ) -> None:
        self._provider = provider
        self._find_account = find_account
        self._scope = scope
        self._policy = policy
        self._believed: dict[str, tuple[Evidence, int]] = {}
        self._lock = Lock()

    def verify(self, token: str, *, now: int) -> tuple[Account, frozenset[Scope]]:
        """The account behind the token, and what it may do.

        Raises:
            InvalidToken: it opens nothing here.
            LoginRefused: the installation demands more than the token's login showed.
            ServiceUnavailable: Globus, or the accounts database, cannot be reached.
        """
        if not self._scope:
            raise InvalidToken(
                "This is no token of this service.", remedy="Make one on your profile page."
            )
        evidence = self._evidence(token, now)
        ours = self._provider.client_id in _words(evidence.get("aud"))
        expires = evidence.get("exp")
        if (
            evidence.get("active") is not True
            or not ours
            or self._scope not in _words(evidence.get("scope"))
            or not isinstance(expires, int)
            or expires <= now
        ):
            raise InvalidToken(
                "Globus does not confirm that this token is good and was issued for this service.",
                remedy=f"Ask Globus Auth for a token with the scope {self._scope}.",
            )
        user_id = str(evidence.get("sub"))
        self._policy.check(evidence, user_id=user_id, client_id=str(evidence.get("client_id")))
        account = self._find_account(user_id)
        if account is None:
            raise InvalidToken(
                "Nobody has an account here under this identity.",
                remedy="Log in once in the browser.",
            )
        return account, USUAL

    def _evidence(self, token: str, now: int) -> Evidence:
        digest = digest_of(token)
        with self._lock:
            known = self._believed.get(digest)
        if known is not None and now < known[1]:
            return known[0]
        evidence = self._provider.introspect(token)
        with self._lock:
            if len(self._believed) >= _MOST:
                self._believed.clear()
            self._believed[digest] = (evidence, now + BELIEVED_SECONDS)
        return evidence


def _words(value: object) -> frozenset[str]:
    """A claim that is a text of words, or a list of them."""
    if isinstance(value, str):
        return frozenset(value.split())
    return frozenset(map(str, value)) if isinstance(value, list) else frozenset()
