"""Globus Auth behind a port: authorization code flow with PKCE (RFC 7636).

The SDK reads the address from `GLOBUS_SDK_SERVICE_URL_AUTH`. It checks an ID token's signature,
audience and expiry, but neither issuer nor nonce: `web.auth.login` does.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol, cast
from urllib.parse import urlencode

import globus_sdk
import jwt
from globus_sdk.transport import RequestsTransport, RetryConfig

from gas.errors import ServiceUnavailable
from web.auth.errors import LoginFailed

_AUTH_SCOPE = "urn:globus:auth:scope:auth.globus.org:"
SCOPES = ("openid", "profile", "email", _AUTH_SCOPE + "view_identity_set")

_TIMEOUT_SECONDS = 10
_SIDE_TIMEOUT_SECONDS = 4
"""For what a page or a logout can do without."""
EVIDENCE = "session_info,identity_set_detail"
"""What introspection is asked for besides the token itself."""


@dataclass(frozen=True)
class Exchange:
    """What a code was exchanged for."""

    claims: Mapping[str, Any]
    """Of the ID token; signature, audience and expiry are checked."""
    tokens: Mapping[str, str]
    """`access_token`, and `refresh_token` if one was asked for: to be revoked at the logout."""


class IdentityProvider(Protocol):
    """An OpenID provider, as far as logging in and out needs one."""

    @property
    def issuer(self) -> str:
        """The `iss` its tokens must carry: its address, without a trailing slash."""

    @property
    def client_id(self) -> str:
        """The `aud` its tokens must carry."""

    def authorize_url(
        self,
        *,
        state: str,
        nonce: str,
        code_challenge: str,
        redirect_uri: str,
        demands: Mapping[str, str],
    ) -> str:
        """Where to send the browser to log in (S256 challenge); `demands` are further parameters,
        which the browser's owner may change."""

    def exchange(self, code: str, *, code_verifier: str, redirect_uri: str) -> Exchange:
        """What `code` stands for.

        Raises:
            LoginFailed: the provider does not accept the code, or the token is not good.
            ServiceUnavailable: the provider cannot be reached.
        """

    def introspect(self, access_token: str) -> Mapping[str, Any]:
        """What the provider says of the token: whose it is and how they authenticated.

        Raises:
            ServiceUnavailable: the provider cannot be reached, or does not answer as it should.
        """

    def userinfo(self, access_token: str) -> Mapping[str, Any]:
        """The person behind the token, with their linked identities.

        Raises:
            ServiceUnavailable: as above, also when the token has lapsed.
        """

    def revoke(self, token: str) -> None:
        """Make the token worthless; no error when it is so already.

        Raises:
            ServiceUnavailable: as above.
        """

    def logout_url(self, *, return_to: str) -> str:
        """Where to send the browser to end the session at the provider too."""


class GlobusProvider:
    """`IdentityProvider` on Globus Auth. Safe to share: each call makes its own client."""

    def __init__(self, client_id: str, client_secret: str) -> None:
        self._client_id = client_id
        self._client_secret = client_secret
        with self._client() as client:
            self._base_url = str(client.base_url).rstrip("/")

    @property
    def issuer(self) -> str:
        return self._base_url

    @property
    def client_id(self) -> str:
        return self._client_id

    def authorize_url(
        self,
        *,
        state: str,
        nonce: str,
        code_challenge: str,
        redirect_uri: str,
        demands: Mapping[str, str],
    ) -> str:
        with self._client() as client:
            flow = client.oauth2_start_flow(redirect_uri, SCOPES, state=state)
            return str(
                flow.get_authorize_url(
                    query_params={
                        "nonce": nonce,
                        "code_challenge": code_challenge,
                        "code_challenge_method": "S256",
                        **demands,
                    }
                )
            )

    def exchange(self, code: str, *, code_verifier: str, redirect_uri: str) -> Exchange:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "code_verifier": code_verifier,
        }
        with self._client() as client:
            try:
                tokens = client.oauth2_token(
                    form, response_class=globus_sdk.OAuthAuthorizationCodeResponse
                )
                return Exchange(
                    claims=tokens.decode_id_token(jwt_params={"leeway": 10}),
                    tokens={
                        kind: str(tokens[kind])
                        for kind in ("access_token", "refresh_token")
                        if tokens.get(kind)
                    },
                )
            except globus_sdk.NetworkError as error:
                raise _unreachable() from error
            except globus_sdk.GlobusAPIError as error:
                if error.http_status >= 500:
                    raise _unreachable() from error
                raise LoginFailed(
                    "Globus did not accept this login.", remedy="Log in once more."
                ) from error
            except (jwt.PyJWTError, LookupError) as error:
                raise LoginFailed(
                    "What Globus sent back could not be verified.", remedy="Log in once more."
                ) from error

    def introspect(self, access_token: str) -> Mapping[str, Any]:
        with self._client() as client, _side_question():
            answer = client.oauth2_token_introspect(access_token, include=EVIDENCE)
            return cast(Mapping[str, Any], answer.data)

    def userinfo(self, access_token: str) -> Mapping[str, Any]:
        with (
            globus_sdk.AuthClient(
                authorizer=globus_sdk.AccessTokenAuthorizer(access_token), **_brief()
            ) as client,
            _side_question(),
        ):
            return cast(Mapping[str, Any], client.userinfo().data)

    def revoke(self, token: str) -> None:
        with (
            globus_sdk.ConfidentialAppAuthClient(
                self._client_id, self._client_secret, **_brief()
            ) as client,
            _side_question(),
        ):
            client.oauth2_revoke_token(token)

    def logout_url(self, *, return_to: str) -> str:
        query = urlencode(
            {"client_id": self._client_id, "redirect_uri": return_to, "redirect_name": "GAS"}
        )
        return f"{self._base_url}/v2/web/logout?{query}"

    def _client(self) -> globus_sdk.ConfidentialAppAuthClient:
        # Somebody waits in front of the browser: better to say soon that Globus is away.
        return globus_sdk.ConfidentialAppAuthClient(
            self._client_id,
            self._client_secret,
            transport=RequestsTransport(http_timeout=_TIMEOUT_SECONDS),
            retry_config=RetryConfig(max_retries=1),
        )


def _brief() -> dict[str, Any]:
    """How to ask what somebody waits for who can do without."""
    return {
        "transport": RequestsTransport(http_timeout=_SIDE_TIMEOUT_SECONDS),
        "retry_config": RetryConfig(max_retries=0),
    }


@contextmanager
def _side_question() -> Iterator[None]:
    try:
        yield
    except globus_sdk.GlobusError as error:
        raise _unreachable() from error


def _unreachable() -> ServiceUnavailable:
    return ServiceUnavailable(
        "Globus, which logs people in, cannot be reached just now.",
        remedy="Try again in a minute.",
    )
