"""Programs in the pages of other origins: answered to those that the operator names, with a token
only. Credentials of the browser (cookies) are never allowed, so a page can do no more than its
token can (`GAS_API_ORIGINS`, off by default)."""

from flask import Blueprint, Response, request

from web.context import services

ANY = "*"
_METHODS = "GET, POST, PUT, DELETE"
_HEADERS = "Authorization, Content-Type, Idempotency-Key, If-None-Match"
_SHOWN = (
    "ETag, Location, Retry-After, RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset, "
    "Idempotency-Replayed, X-GAS-Rows, Content-Disposition"
)
_KEPT_SECONDS = "600"


def install(blueprint: Blueprint) -> None:
    """Say in every answer of the blueprint who else may read it."""

    @blueprint.after_request
    def allow(response: Response) -> Response:
        allowed = services().settings.api_origins.split()
        if not allowed:
            return response
        response.vary.add("Origin")
        origin = request.headers.get("Origin", "")
        if ANY not in allowed and origin not in allowed:
            return response
        response.headers["Access-Control-Allow-Origin"] = ANY if ANY in allowed else origin
        if request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers:
            response.headers["Access-Control-Allow-Methods"] = _METHODS
            response.headers["Access-Control-Allow-Headers"] = _HEADERS
            response.headers["Access-Control-Max-Age"] = _KEPT_SECONDS
        else:
            response.headers["Access-Control-Expose-Headers"] = _SHOWN
        return response
