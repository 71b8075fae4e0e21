"""Before every operation: who asks, whether they may, and how often they ask."""

import time

from flask import Blueprint, Response, current_app, g, request

from gas.accounts.models import Account
from gas.accounts.rates import PERIOD, Allowance
from gas.errors import GasError
from gas.plans import Plan
from web.auth import bearer
from web.auth.session import require_account
from web.context import services


class TooManyRequests(GasError):
    """The person's programs ask more often than the plan allows."""

    code = "too_many_requests"
    retryable = True
    upgrade_helps = True


def install(blueprint: Blueprint) -> None:
    """Guard the blueprint's operations. A view without a scope is for everybody."""

    @blueprint.before_request
    def check() -> None:
        scope = getattr(current_app.view_functions[str(request.endpoint)], "scope", None)
        if scope is None:
            return
        if bearer.presented():
            bearer.require(scope)
        _count(require_account())

    @blueprint.after_request
    def tell(response: Response) -> Response:
        allowance: Allowance | None = g.get("allowance")
        if allowance is not None:
            _headers(response, allowance)
        return response


def _count(account: Account) -> None:
    settings = services().settings
    premium = account.plan is Plan.PREMIUM
    limit = settings.premium_requests_per_minute if premium else settings.free_requests_per_minute
    g.allowance = services().rates.take(account.user_id, limit=limit, now=time.time())
    if not g.allowance.allowed:
        raise TooManyRequests(
            f"More than {limit} requests a minute.",
            remedy=f"Wait {g.allowance.retry_after} s (Retry-After), then go on.",
        )


def _headers(response: Response, allowance: Allowance) -> None:
    """The fields of the IETF's draft "RateLimit header fields for HTTP", as widely read."""
    response.headers["RateLimit-Policy"] = f"{allowance.limit};w={PERIOD}"
    response.headers["RateLimit-Limit"] = str(allowance.limit)
    response.headers["RateLimit-Remaining"] = str(allowance.remaining)
    response.headers["RateLimit-Reset"] = str(allowance.reset)
    if not allowance.allowed:
        response.headers["Retry-After"] = str(allowance.retry_after)
