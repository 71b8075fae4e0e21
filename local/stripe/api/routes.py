"""All routes of the API, and which one a request is for."""

from __future__ import annotations

import re

from local.stripe.api import (
    catalog,
    checkout_sessions,
    customers,
    events,
    invoices,
    payment_methods,
    portal_sessions,
    subscriptions,
    test_clocks,
)
from local.stripe.api.call import Handler
from local.stripe.errors import ApiError

_MODULES = (
    catalog,
    customers,
    checkout_sessions,
    portal_sessions,
    subscriptions,
    invoices,
    payment_methods,
    events,
    test_clocks,
)
_ROUTES = [
    (method, re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[A-Za-z0-9_-]+)", path)), handler)
    for module in _MODULES
    for method, path, handler in module.ROUTES
]


def handler_for(method: str, path: str) -> tuple[Handler, dict[str, str]]:
    """The handler of a request, and the ids in its path.

    Raises:
        ApiError: there is none.
    """
    for known_method, pattern, handler in _ROUTES:
        match = pattern.fullmatch(path)
        if match and known_method == method:
            return handler, match.groupdict()
    raise ApiError(
        404,
        f"Unrecognized request URL ({method}: {path}). The stand-in knows a part of Stripe's API; "
        "see docs/stripe-stand-in.md.",
    )
