"""The rules of the sign-in: OAuth 2.0 authorization code with PKCE, and OpenID Connect.

No HTTP in here: the functions take what a request said and return what to answer.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from local.globus.identities import Identity, IdentityRefused
from local.globus.signing import Signer, at_hash
from local.globus.store import ACCESS_SECONDS, Grant, Store, Token

RESOURCE_SERVER = "auth.globus.org"
ID_TOKEN_SECONDS = ACCESS_SECONDS
_AUTH_SCOPE = "urn:globus:auth:scope:auth.globus.org:"
SCOPES = (
    "openid",
    "profile",
    "email",
    "offline_access",
    _AUTH_SCOPE + "view_identities",
    _AUTH_SCOPE + "view_identity_set",
)
_IDENTITY_SCOPES = frozenset(SCOPES[-2:])
"""Each of them tells the linked identities."""
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")


class NotOurClient(Exception):
    """The request names an unknown client or address: never redirect, tell the person."""


class Refused(Exception):
    """An OAuth error. ``code`` is the word of the standard, the text explains."""

    def __init__(self, code: str, text: str, status: int = 400) -> None:
        super().__init__(text)
        self.code = code
        self.status = status


@dataclass(frozen=True)
class Client:
    """The one application that is registered: the web app of this installation."""

    client_id: str
    secret: str
    redirect_uris: tuple[str, ...]

    def is_me(self, client_id: str, secret: str) -> bool:
        same_id = hmac.compare_digest(client_id.encode(), self.client_id.encode())
        same_secret = hmac.compare_digest(secret.encode(), self.secret.encode())
        return same_id and same_secret


@dataclass(frozen=True)
class AuthorizeRequest:
    """A checked request to sign somebody in."""

    redirect_uri: str
    scope: str
    state: str
    nonce: str
    challenge: str
    offline: bool
    domains: tuple[str, ...] = ()
    """The person must authenticate with an identity of one of these."""
    second_factor: bool = False
    message: str = ""
    """What the web app has to say about that."""

    def back(self, **answer: str) -> str:
        """The registered address with an answer added."""
        parts = urlsplit(self.redirect_uri)
        query = parse_qsl(parts.query, keep_blank_values=True) + list(answer.items())
        if self.state:
            query.append(("state", self.state))
        return urlunsplit(parts._replace(query=urlencode(query)))


class Provider:
    """An OpenID provider with one client."""

    def __init__(
        self,
        issuer: str,
        client: Client,
        store: Store,
        signer: Signer,
        now: Callable[[], float] = time.time,
    ) -> None:
        self.issuer = issuer
        self.client = client
        self.store = store
        self.signer = signer
        self._now = now

    def configuration(self) -> dict[str, Any]:
        """The discovery document."""
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/v2/oauth2/authorize",
            "token_endpoint": f"{self.issuer}/v2/oauth2/token",
            "userinfo_endpoint": f"{self.issuer}/v2/oauth2/userinfo",
            "revocation_endpoint": f"{self.issuer}/v2/oauth2/token/revoke",
            "introspection_endpoint": f"{self.issuer}/v2/oauth2/token/introspect",
            "jwks_uri": f"{self.issuer}/jwk.json",
            "scopes_supported": ["openid", "profile", "email"],
            "response_types_supported": ["code"],
            "response_modes_supported": ["query"],
            "grant_types_supported": ["authorization_code", "refresh_token"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
            "code_challenge_methods_supported": ["S256"],
            "claims_supported": ["sub", "name", "preferred_username", "email", "organization"],
        }

    def check_address(self, query: Mapping[str, str]) -> AuthorizeRequest:
        """The first half of the checks: is it our client, and a registered address?

        Raises:
            NotOurClient: no; nothing may be sent to that address.
        """
        if query.get("client_id") != self.client.client_id:
            raise NotOurClient("The client_id is not that of this installation's web app.")
        redirect_uri = query.get("redirect_uri", "")
        if redirect_uri not in self.client.redirect_uris:
            raise NotOurClient("The redirect_uri is not one that is registered.")
        return AuthorizeRequest(
            redirect_uri=redirect_uri,
            scope=query.get("scope", ""),
            state=query.get("state", ""),
            nonce=query.get("nonce", ""),
            challenge=query.get("code_challenge", ""),
            offline=query.get("access_type") == "offline",
            domains=tuple(
                filter(None, query.get("session_required_single_domain", "").lower().split(","))
            ),
            second_factor=query.get("session_required_mfa", "").lower() == "true",
            message=query.get("session_message", ""),
        )

    def check_request(self, request: AuthorizeRequest, query: Mapping[str, str]) -> None:
        """The second half: what is wrong here is told to the client.

        Raises:
            Refused: with the standard's word for it.
        """
        if query.get("response_type") != "code":
            raise Refused("unsupported_response_type", "response_type must be code")
        unknown = set(request.scope.split()) - set(SCOPES)
        if unknown or not request.scope.split():
            raise Refused("invalid_scope", f"unknown scope: {' '.join(sorted(unknown)) or 'none'}")
        if request.challenge:
            if query.get("code_challenge_method") != "S256":
                raise Refused("invalid_request", "code_challenge_method must be S256")
            if not _CHALLENGE.fullmatch(request.challenge):
                raise Refused("invalid_request", "code_challenge is not a SHA-256 in base64url")

    def authenticating(self, request: AuthorizeRequest, identity: Identity) -> Identity:
        """Which of the person's identities meets the demand for a domain; the chosen one if none
        is made.

        Raises:
            IdentityRefused: none of them does.
        """
        own = self.store.own_identity(identity)
        mine = [identity, *self.store.identity_set(own.subject)]
        for each in mine:
            if not request.domains or each.domain in request.domains:
                return each
        raise IdentityRefused(
            f"{own.name} has no identity of {' or '.join(request.domains)}. "
            "Choose somebody else, or type such an address."
        )

    def sign_in(
        self, request: AuthorizeRequest, identity: Identity, *, second_factor: bool = False
    ) -> str:
        """The person has authenticated; the address to send them back to, with a code.

        The code stands for the person's own identity, whichever of theirs was used.
        """
        self.store.remember(identity)
        own = self.store.own_identity(identity)
        grant_id = secrets.token_hex(16)
        self.store.note_authentication(
            grant_id,
            {
                identity.subject: {
                    "idp": identity.provider_id,
                    "auth_time": int(self._now()),
                    "acr": None,
                    "amr": ["pwd", "mfa"] if second_factor else ["pwd"],
                    "custom_claims": {},
                }
            },
        )
        grant = Grant(
            grant_id=grant_id,
            subject=own.subject,
            redirect_uri=request.redirect_uri,
            scope=request.scope,
            nonce=request.nonce,
            challenge=request.challenge,
            offline=request.offline or "offline_access" in request.scope.split(),
        )
        return request.back(code=self.store.make_code(grant))

    def exchange(self, form: Mapping[str, str]) -> dict[str, Any]:
        """The token endpoint, for a client that has proved who it is.

        Raises:
            Refused: the grant is not good.
        """
        kind = form.get("grant_type")
        if kind == "authorization_code":
            return self._for_code(form)
        if kind == "refresh_token":
            return self._for_refresh(form)
        raise Refused("unsupported_grant_type", "authorization_code or refresh_token")

    def userinfo(self, access_token: str) -> dict[str, Any]:
        """What the token's scopes tell about its person.

        Raises:
            Refused: the token is not valid or does not cover OpenID.
        """
        token = self.store.token(access_token)
        identity = self.store.identity(token.subject) if token else None
        if token is None or identity is None or token.kind != "access":
            raise Refused("invalid_token", "the access token is not valid", status=401)
        if "openid" not in token.scope.split():
            raise Refused("insufficient_scope", "the scope openid is needed", status=403)
        told: dict[str, Any] = {**_told(identity, token.scope)}
        if _IDENTITY_SCOPES & set(token.scope.split()):
            told["identity_set"] = [
                each.as_linked() for each in self.store.identity_set(identity.subject)
            ]
        return told

    def introspect(self, value: str, include: Collection[str] = ()) -> dict[str, Any]:
        """Whether a token is valid, and what it stands for (RFC 7662); `include` asks for more."""
        token = self.store.token(value)
        identity = self.store.identity(token.subject) if token else None
        if token is None or identity is None:
            return {"active": False}
        identities = self.store.identity_set(identity.subject)
        more: dict[str, Any] = {
            "identity_set": [each.subject for each in identities],
            "identity_set_detail": [each.as_linked() for each in identities],
            "session_info": {
                "session_id": token.grant_id,
                "authentications": self.store.authentications(token.grant_id),
            },
        }
        return {
            **{name: more[name] for name in include if name in more},
            "active": True,
            "scope": token.scope,
            "client_id": self.client.client_id,
            "sub": identity.subject,
            "username": identity.email,
            "name": identity.name,
            "email": identity.email,
            "aud": [RESOURCE_SERVER, self.client.client_id],
            "iss": self.issuer,
            "token_type": "Bearer",
            "iat": int(token.issued),
            "nbf": int(token.issued),
            "exp": int(token.expires),
        }

    def _for_code(self, form: Mapping[str, str]) -> dict[str, Any]:
        grant = self.store.take_code(form.get("code", ""))
        if grant is None:
            raise Refused("invalid_grant", "the code is unknown, spent or too old")
        if form.get("redirect_uri") != grant.redirect_uri:
            raise Refused("invalid_grant", "redirect_uri is not that of the request")
        verifier = form.get("code_verifier", "")
        if grant.challenge:
            if not hmac.compare_digest(challenge_of(verifier), grant.challenge):
                raise Refused("invalid_grant", "code_verifier does not fit code_challenge")
        elif verifier:
            raise Refused("invalid_grant", "there was no code_challenge")
        identity = self.store.identity(grant.subject)
        if identity is None:
            raise Refused("invalid_grant", "this person is no longer known")
        answer = self._tokens(grant.grant_id, grant.subject, grant.scope)
        if grant.offline:
            answer["refresh_token"] = self.store.make_token(
                "refresh", grant.grant_id, grant.subject, grant.scope
            )
        if "openid" in grant.scope.split():
            answer["id_token"] = self._id_token(identity, grant, answer["access_token"])
        return answer

    def _for_refresh(self, form: Mapping[str, str]) -> dict[str, Any]:
        value = form.get("refresh_token", "")
        token: Token | None = self.store.token(value)
        if token is None or token.kind != "refresh":
            raise Refused("invalid_grant", "the refresh token is not valid")
        return {
            **self._tokens(token.grant_id, token.subject, token.scope),
            "refresh_token": value,
        }

    def _tokens(self, grant_id: str, subject: str, scope: str) -> dict[str, Any]:
        return {
            "access_token": self.store.make_token("access", grant_id, subject, scope),
            "token_type": "Bearer",
            "expires_in": ACCESS_SECONDS,
            "resource_server": RESOURCE_SERVER,
            "scope": scope,
            "other_tokens": [],
        }

    def _id_token(self, identity: Identity, grant: Grant, access_token: str) -> str:
        now = int(self._now())
        claims: dict[str, Any] = {
            **_told(identity, grant.scope),
            "iss": self.issuer,
            "aud": self.client.client_id,
            "iat": now,
            "exp": now + ID_TOKEN_SECONDS,
            "auth_time": now,
            "at_hash": at_hash(access_token),
        }
        if grant.nonce:
            claims["nonce"] = grant.nonce
        return self.signer.sign(claims)


def challenge_of(verifier: str) -> str:
    """The S256 challenge of a PKCE verifier (RFC 7636)."""
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def _told(identity: Identity, scope: str) -> dict[str, str]:
    claims = identity.claims()
    scopes = scope.split()
    if "profile" not in scopes:
        for name in ("name", "organization", "preferred_username"):
            claims.pop(name)
    if "email" not in scopes:
        claims.pop("email")
    return claims
