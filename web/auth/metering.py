"""How often somebody's programs may ask: counted once for every request with a token, and for all
of the REST API."""

import time

from flask import Flask, Response, g

from gas.accounts.models import Account
from gas.accounts.rates import PERIOD, Allowance
from gas.plans import Plan
from web.auth.errors import TooManyRequests
from web.context import services


def count(account: Account) -> None:
    """Count this request, once.

    Raises:
        TooManyRequests: the person's programs ask more often than the plan allows.
    """
    if "allowance" in g:
        return
    settings = services().settings
    premium = account.plan is Plan.PREMIUM
    limit = settings.premium_requests_per_minute if premium else settings.free_requests_per_minute
    g.allowance = services().rates.take(account.user_id, limit=limit, now=time.time())
    if not g.allowance.allowed:
        raise TooManyRequests(
            f"More than {limit} requests a minute.",
            remedy=f"Wait {g.allowance.retry_after} s (Retry-After), then go on.",
        )


def install(app: Flask) -> None:
    """Tell with every answer that was counted how many requests are left.

    The fields of the IETF's draft "RateLimit header fields for HTTP", as they are widely read.
    """

    @app.after_request
    def tell(response: Response) -> Response:
        allowance: Allowance | None = g.get("allowance")
        if allowance is not None:
            response.headers["RateLimit-Policy"] = f"{allowance.limit};w={PERIOD}"
            response.headers["RateLimit-Limit"] = str(allowance.limit)
            response.headers["RateLimit-Remaining"] = str(allowance.remaining)
            response.headers["RateLimit-Reset"] = str(allowance.reset)
            if not allowance.allowed:
                response.headers["Retry-After"] = str(allowance.retry_after)
        return response
