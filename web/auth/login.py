"""The rules of logging in: what is asked of the provider, and what its answer must show."""

import base64
import hashlib
import hmac
import re
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

from gas.accounts.store import Identity
from gas.errors import ServiceUnavailable
from gas.logs import get_logger
from web.auth.errors import LoginFailed
from web.auth.oidc import Exchange, IdentityProvider
from web.auth.policy import LoginPolicy

log = get_logger()

MAX_ATTEMPT_SECONDS = 900
"""A login must come back within this time."""

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z")
_MAX_NEXT = 1024


@dataclass(frozen=True)
class LoginAttempt:
    """One login under way: secrets of this one request, kept until it comes back, used once."""

    state: str
    nonce: str
    code_verifier: str
    next_path: str
    started_at: int

    @classmethod
    def start(cls, next_path: str, *, now: int) -> Self:
        """A new attempt with fresh secrets."""
        return cls(
            state=secrets.token_urlsafe(24),
            nonce=secrets.token_urlsafe(24),
            code_verifier=secrets.token_urlsafe(48),
            next_path=safe_next(next_path),
            started_at=now,
        )

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        return cls(**values)

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @property
    def code_challenge(self) -> str:
        """The S256 challenge of the verifier (RFC 7636, 4.2)."""
        digest = hashlib.sha256(self.code_verifier.encode("ascii")).digest()
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")


@dataclass(frozen=True)
class LoggedIn:
    """A login that came to a good end."""

    identity: Identity
    tokens: Mapping[str, str]
    """What Globus gave (`web.auth.oidc.Exchange`), to be revoked at the logout."""


def finish(
    provider: IdentityProvider,
    attempt: LoginAttempt,
    policy: LoginPolicy,
    *,
    code: str,
    redirect_uri: str,
    now: int,
) -> LoggedIn:
    """Who logged in. If that is refused, the tokens are revoked.

    Raises:
        LoginFailed: the attempt is too old, the answer does not belong to it, or the login is not
            of the kind that `policy` demands.
        ServiceUnavailable: the provider cannot be reached.
    """
    if now - attempt.started_at > MAX_ATTEMPT_SECONDS:
        raise LoginFailed("The login took too long.", remedy="Log in once more.")
    gained = provider.exchange(code, code_verifier=attempt.code_verifier, redirect_uri=redirect_uri)
    try:
        identity = _accepted(provider, attempt, policy, gained, now=now)
    except (LoginFailed, ServiceUnavailable):
        _give_back(provider, gained)
        raise
    return LoggedIn(identity, gained.tokens)


def _accepted(
    provider: IdentityProvider,
    attempt: LoginAttempt,
    policy: LoginPolicy,
    gained: Exchange,
    *,
    now: int,
) -> Identity:
    check_claims(
        gained.claims,
        issuer=provider.issuer,
        client_id=provider.client_id,
        nonce=attempt.nonce,
        now=now,
    )
    identity = _identity(gained.claims)
    if policy.demands_anything:
        evidence = provider.introspect(gained.tokens["access_token"])
        policy.check(evidence, user_id=identity.user_id, client_id=provider.client_id)
    return identity


def _give_back(provider: IdentityProvider, gained: Exchange) -> None:
    """Nobody will use these tokens; if Globus cannot be told, they lapse by themselves."""
    try:
        for token in gained.tokens.values():
            provider.revoke(token)
    except ServiceUnavailable:
        log.warning("revocation_failed")


def check_claims(
    claims: Mapping[str, Any], *, issuer: str, client_id: str, nonce: str, now: int
) -> None:
    """Check what an ID token must show (OpenID Connect Core, 3.1.3.7).

    Raises:
        LoginFailed: issuer, audience, nonce or time is not what it must be.
    """
    audience = claims.get("aud")
    audiences = audience if isinstance(audience, list) else [audience]
    expires = claims.get("exp")
    checks = {
        "issuer": str(claims.get("iss", "")).rstrip("/") == issuer,
        "audience": client_id in audiences,
        "authorised party": claims.get("azp", client_id) == client_id,
        "nonce": hmac.compare_digest(str(claims.get("nonce", "")), nonce),
        "time": isinstance(expires, int | float) and expires > now - 10,
    }
    wrong = [name for name, good in checks.items() if not good]
    if wrong:
        raise LoginFailed(
            f"What Globus sent back does not belong to this login ({', '.join(wrong)}).",
            remedy="Log in once more.",
        )


def safe_next(path: str) -> str:
    """`path` if it leads to a page of this app, else the upload page (no open redirect)."""
    relative = path.startswith("/") and not path.startswith(("//", "/\\"))
    plain = path.isascii() and path.isprintable() and "\\" not in path and " " not in path
    return path if relative and plain and len(path) <= _MAX_NEXT else "/annotate"


def _identity(claims: Mapping[str, Any]) -> Identity:
    user_id = str(claims.get("sub", ""))
    email = str(claims.get("email") or "")
    if not _UUID.match(user_id):
        raise LoginFailed("What Globus sent back names no identity.", remedy="Log in once more.")
    if "@" not in email:
        raise LoginFailed(
            "Your Globus identity has no mail address, and we tell you by mail when a job is done.",
            remedy="Add a mail address to the identity, or log in with another one.",
        )
    name = str(claims.get("name") or claims.get("preferred_username") or email)
    return Identity(
        user_id=user_id,
        name=name[:256],
        email=email[:320],
        organization=str(claims.get("organization") or "")[:256],
    )
