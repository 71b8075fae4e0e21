"""The session: who is logged in, and until when.

The signed cookie holds the user's id and name and the end of the session, nothing else; the
account, and with it the plan, is read from the database in every request.
"""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, g, session

from gas.accounts.models import Account
from gas.errors import ServiceUnavailable
from gas.submissions import Uploader
from web.auth.errors import LoginRequired
from web.auth.login import LoginAttempt
from web.context import services

_USER, _NAME, _ENDS, _ATTEMPTS = "user_id", "name", "ends_at", "logins"
_MAX_ATTEMPTS = 4
"""Logins under way in several tabs of one browser."""


def begin(account: Account) -> None:
    """Log `account` in. Whatever the session held before is gone (no session fixation)."""
    session.clear()
    session.permanent = True
    session[_USER] = account.user_id
    session[_NAME] = account.name
    session[_ENDS] = services().clock.now() + services().settings.session_hours * 3600


def end() -> None:
    """Log out."""
    session.clear()
    g.pop("account", None)


def current_account() -> Account | None:
    """The account of whoever is logged in, read once in a request.

    Raises:
        ServiceUnavailable: the accounts database cannot be reached.
    """
    if "account" not in g:
        user_id = session.get(_USER)
        if user_id is not None and session.get(_ENDS, 0) <= services().clock.now():
            session.clear()
            user_id = None
        g.account = services().accounts.get(user_id) if user_id else None
        g.user_id = g.account.user_id if g.account else None
    account: Account | None = g.account
    return account


def visitor() -> Account | None:
    """Who is logged in, for the frame of a page: nobody when that cannot be found out."""
    try:
        return current_account()
    except ServiceUnavailable:
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


def protect(blueprint: Blueprint) -> Blueprint:
    """Let only people who are logged in reach the blueprint's routes."""

    @blueprint.before_request
    def check() -> None:
        require_account()

    return blueprint


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
