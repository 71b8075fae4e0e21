"""Before every operation: who asks, whether they may, and how often they ask."""

from flask import Blueprint, current_app, request

from web.auth import bearer, metering
from web.auth.session import require_account


def install(blueprint: Blueprint) -> None:
    """Guard the blueprint's operations. A view without a scope is for everybody."""

    @blueprint.before_request
    def check() -> None:
        if request.method == "OPTIONS":  # a browser asks what may be asked; it shows no token
            return
        scope = getattr(current_app.view_functions[str(request.endpoint)], "scope", None)
        if scope is None:
            return
        if bearer.presented():
            bearer.require(scope)
        metering.count(require_account())
