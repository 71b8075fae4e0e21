"""The session: who is logged in, and until when.

The signed cookie carries a random token, nothing of the person; the session it belongs to and
the account, and with it the plan, are read from the database in every request, in one question.
"""

import json
import secrets
from collections.abc import Callable, Iterable, Mapping
from itertools import islice
from typing import Any, TypeVar

from flask import Blueprint, current_app, g, request, session

from gas.accounts.models import Account
from gas.accounts.sessions import LoginSession, NewSession, digest_of
from gas.errors import ServiceUnavailable
from gas.logs import get_logger
from gas.scopes import Scope
from gas.submissions import Uploader
from web.auth import bearer, metering
from web.auth.devices import describe
from web.auth.errors import InvalidToken, LoginRequired
from web.auth.login import LoggedIn, LoginAttempt
from web.auth.policy import LoginRefused, last_authentication
from web.context import services

log = get_logger()

_TOKEN, _ATTEMPTS = "token", "logins"
_MAX_ATTEMPTS = 4
"""Logins under way in several tabs of one browser."""
_MOST_REVOKED = 20
_MOST_FAILURES = 2
View = TypeVar("View", bound=Callable[..., Any])

_READING = frozenset({"GET", "HEAD"})
RECENT_SECONDS = 15 * 60
"""What cannot be undone is done only this soon after a login."""


def begin(login: LoggedIn) -> None:
    """Log the person in. Whatever the session held before is gone (no session fixation)."""
    parts = services()
    end()
    token = secrets.token_urlsafe(32)
    digest = digest_of(token)
    parts.sessions.begin(
        NewSession(
            token_digest=digest,
            user_id=login.identity.user_id,
            device=describe(request.user_agent.string),
            hours=parts.settings.session_hours,
            globus_tokens=parts.sealer.seal(json.dumps(dict(login.tokens)), bound_to=digest),
        ),
        now=parts.clock.now(),
    )
    session.permanent = True
    session[_TOKEN] = token
    _settle(login.identity.user_id)


def end() -> None:
    """Log this browser out: its session is worthless from now on, and its tokens are revoked."""
    current = current_session()
    if current is not None:
        end_others(current.user_id, session_id=current.session_id)
    forget()


def end_others(user_id: str, *, session_id: str | None = None) -> int:
    """End one session of the user's, or all, wherever their cookies are; how many there were."""
    parts = services()
    ended = parts.sessions.end(user_id, now=parts.clock.now(), session_id=session_id)
    revoke_tokens(ended)
    return len(ended)


def forget() -> None:
    """Make the browser forget; what the database knows of the session stays."""
    session.clear()
    g.pop("login", None)


def revoke_tokens(ended: Iterable[LoginSession]) -> None:
    """Tell Globus that the tokens of ended sessions are of no more use.

    An outage keeps nobody logged in: the tokens stay in the row, sealed, for the next login to
    try again, and lapse by themselves after two days. Somebody waits for the answer, so not many
    are seen to at once, and Globus is not asked again and again when it is away.
    """
    parts = services()
    failures = 0
    for each in islice(ended, _MOST_REVOKED):
        if failures == _MOST_FAILURES:
            return
        try:
            for token in globus_tokens(each).values():
                parts.identity_provider.revoke(token)
            parts.sessions.forget_tokens(each.token_digest)
        except ServiceUnavailable as error:
            failures += 1
            log.warning("revocation_postponed", session=each.session_id, reason=error.message)


def globus_tokens(of: LoginSession) -> Mapping[str, str]:
    """The tokens that Globus gave at the login; none once they are revoked."""
    if of.globus_tokens is None:
        return {}
    opened = services().sealer.open(of.globus_tokens, bound_to=of.token_digest)
    return dict(json.loads(opened)) if opened else {}


def current_account() -> Account | None:
    """The account of whoever is logged in, or whose token the request presents; read once.

    Raises:
        InvalidToken: the token that is presented opens nothing.
        ServiceUnavailable: the accounts database cannot be reached.
    """
    if bearer.presented():
        return bearer.current().account
    found = _current()
    return found[1] if found else None


def current_session() -> LoginSession | None:
    """The session of this browser, if it is alive; a request with a token has none.

    Raises:
        ServiceUnavailable: the accounts database cannot be reached.
    """
    if bearer.presented():
        return None
    found = _current()
    return found[0] if found else None


def visitor() -> Account | None:
    """Who is logged in, for the frame of a page: nobody when that cannot be found out."""
    try:
        return current_account()
    except (ServiceUnavailable, InvalidToken, LoginRefused):
        return None


def require_account() -> Account:
    """The account of whoever is logged in.

    Raises:
        LoginRequired: nobody is.
    """
    account = current_account()
    if account is None:
        raise LoginRequired("Log in to see this.", remedy="Log in and try once more.")
    return account


def logged_in_recently() -> bool:
    """Whether the login here was a short while ago."""
    current = current_session()
    return current is not None and current.created_at.timestamp() >= _recently()


def authenticated_recently() -> bool:
    """Whether somebody showed a short while ago who they are.

    Where Globus knows the browser already, a login passes without a question, and the wish to be
    asked (`prompt`) travels through that browser. So what counts is what Globus tells, server to
    server, of when they authenticated; if it cannot, when they logged in here.

    Raises:
        ServiceUnavailable: the accounts database cannot be reached.
    """
    current = current_session()
    if current is None or not logged_in_recently():
        return False
    token = globus_tokens(current).get("access_token", "")
    try:
        evidence = services().identity_provider.introspect(token)
    except ServiceUnavailable as error:
        log.warning("authentication_unknown", reason=error.message)
        return True
    authenticated_at = last_authentication(evidence)
    return evidence.get("active") is True and (
        authenticated_at is None or authenticated_at >= _recently()
    )


def _recently() -> int:
    return services().clock.now() - RECENT_SECONDS


def protect(
    blueprint: Blueprint, *, read: Scope | None = None, write: Scope | None = None
) -> Blueprint:
    """Let only people who are logged in reach the blueprint's routes.

    Programs with a token reach them, counted, if it has the scope: that of the view (`opened_by`),
    or else `read` for GET and HEAD, `write` for the others. None: no token opens them.
    """

    @blueprint.before_request
    def check() -> None:
        if not bearer.presented():
            require_account()
            return
        view = current_app.view_functions[str(request.endpoint)]
        usual = read if request.method in _READING else write
        metering.count(bearer.require(getattr(view, "scope", usual)).account)

    return blueprint


def opened_by(scope: Scope) -> Callable[[View], View]:
    """Let a token with this scope reach the view, whatever holds for its blueprint."""

    def mark(view: View) -> View:
        view.scope = scope  # type: ignore[attr-defined]  # read by `protect`
        return view

    return mark


def uploader() -> Uploader:
    """Whoever is logged in, as the one who uploads."""
    account = require_account()
    return Uploader(user_id=account.user_id, email=account.email, plan=account.plan)


def remember(attempt: LoginAttempt) -> None:
    """Keep a login that is under way."""
    attempts: Mapping[str, Any] = session.get(_ATTEMPTS, {})
    kept = dict(list(attempts.items())[-(_MAX_ATTEMPTS - 1) :])
    session[_ATTEMPTS] = {**kept, attempt.state: attempt.to_dict()}


def take(state: str) -> LoginAttempt | None:
    """The login that `state` belongs to; it can be taken once."""
    attempts = dict(session.get(_ATTEMPTS, {}))
    values = attempts.pop(state, None)
    session[_ATTEMPTS] = attempts
    return LoginAttempt.from_dict(values) if values else None


def _current() -> tuple[LoginSession, Account] | None:
    if "login" not in g:
        token = session.get(_TOKEN)
        parts = services()
        found = parts.sessions.find(digest_of(token), now=parts.clock.now()) if token else None
        if token and found is None:
            session.pop(_TOKEN)
        g.login = found
        g.user_id = found[1].user_id if found else None
    login: tuple[LoginSession, Account] | None = g.login
    return login


def _settle(user_id: str) -> None:
    """What earlier sessions left to be done. A login does not fail for it."""
    parts = services()
    try:
        now = parts.clock.now()
        revoke_tokens(parts.sessions.with_leftover_tokens(user_id, now=now))
        parts.sessions.tidy(now=now)
        parts.idempotency.tidy(now=now)
    except ServiceUnavailable as error:
        log.warning("tidying_postponed", reason=error.message)
