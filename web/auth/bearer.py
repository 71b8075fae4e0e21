"""Access tokens in the `Authorization` header (RFC 6750): how programs come in.

Either a personal access token of this service, or a Globus access token that was issued for it.
A request that presents one is judged by it alone: its cookies count for nothing, so it needs no
token against cross-site requests either, since no page of another site can send that header.
"""

from dataclasses import dataclass

from flask import Flask, Response, g, request

from gas.accounts.models import Account
from gas.accounts.sessions import at, digest_of
from gas.accounts.tokens import PREFIX, is_token
from gas.errors import GasError
from gas.scopes import Scope
from web.auth.errors import InsufficientScope, InvalidToken
from web.context import services


@dataclass(frozen=True)
class Bearer:
    """Who a token speaks for, and what it may do."""

    account: Account
    scopes: frozenset[Scope]
    token_id: str
    """Names the token in logs; `globus` for one of Globus."""


def presented() -> bool:
    """Whether the request carries a bearer token, good or bad."""
    return request.headers.get("Authorization", "")[:7].lower() == "bearer "


def current() -> Bearer:
    """Whose token the request carries; looked up once in a request.

    Raises:
        InvalidToken: it opens nothing.
        ServiceUnavailable: that cannot be found out just now.
    """
    if "bearer" not in g:
        g.bearer = _look_up(request.headers["Authorization"][7:].strip())
        g.user_id, g.token_id = g.bearer.account.user_id, g.bearer.token_id
    bearer: Bearer = g.bearer
    return bearer


def require(scope: Scope | None) -> Bearer:
    """The request's token, if it has the scope. None: no token has a scope for this.

    Raises:
        InvalidToken, ServiceUnavailable: as `current`.
        InsufficientScope: it lacks the scope.
    """
    bearer = current()
    if scope is None:
        raise InsufficientScope(
            "No token may do this; it is for a person who is logged in.",
            remedy="Do it in the browser.",
        )
    if scope not in bearer.scopes:
        raise InsufficientScope(
            f"The token lacks the scope {scope.value}.",
            remedy="Make a token with this scope on your profile page.",
            scope=scope,
        )
    return bearer


def require_besides(scope: Scope) -> None:
    """Of a token, this scope as well as that of the route; who is logged in needs none.

    Raises: as `require`.
    """
    if presented():
        require(scope)


def _look_up(token: str) -> Bearer:
    parts = services()
    now = parts.clock.now()
    if not token.startswith(PREFIX):
        return Bearer(*parts.globus_access.verify(token, now=now), "globus")
    if not is_token(token):
        raise InvalidToken(
            "This is not a whole token.", remedy="Copy it once more, or make a new one."
        )
    found = parts.tokens.find(digest_of(token), now=now)
    if found is None or not found[0].is_live(at(now)):
        why = "has expired" if found and not found[0].revoked_at else "was revoked or never issued"
        raise InvalidToken(f"This token {why}.", remedy="Make a new one on your profile page.")
    record, account = found
    return Bearer(account, record.scopes, record.token_id)


def install(app: Flask) -> None:
    """Answer who comes without a good token as RFC 6750, section 3, asks."""

    @app.after_request
    def challenge(response: Response) -> Response:
        if response.status_code in (401, 403) and (presented() or response.is_json):
            error = g.get("bearer_error")
            if response.status_code == 401 or error:
                response.headers["WWW-Authenticate"] = _challenge(error)
        return response


def note(error: GasError) -> None:
    """Remember what was wrong with the token, for the challenge."""
    g.bearer_error = error


def _challenge(error: GasError | None) -> str:
    parts = ['Bearer realm="gas"']
    if error is not None:
        parts.append(f'error="{error.code}"')
    if isinstance(error, InsufficientScope) and error.scope is not None:
        parts.append(f'scope="{error.scope.value}"')
    return ", ".join(parts)
