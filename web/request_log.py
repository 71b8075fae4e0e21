"""One structured line for each request, and the request id that ties lines and pages together.

Only the path is logged: query strings carry login codes and signatures.
"""

import time
from uuid import uuid4

import structlog
from flask import Flask, Response, g, request

from gas.logs import get_logger

log = get_logger()

HEADER = "X-Request-ID"


def install(app: Flask) -> None:
    """Log every request of `app`."""

    @app.before_request
    def begin() -> None:
        g.request_id = uuid4().hex[:16]
        g.request_began = time.perf_counter()
        structlog.contextvars.bind_contextvars(request_id=g.request_id)

    @app.after_request
    def end(response: Response) -> Response:
        response.headers[HEADER] = request_id()
        if request.endpoint not in {"health.healthz", "health.readyz", "static"}:
            log.info(
                "request",
                method=request.method,
                path=request.path,
                status=response.status_code,
                ms=round((time.perf_counter() - g.request_began) * 1000, 1),
                user_id=g.get("user_id"),
            )
        return response

    @app.teardown_request
    def forget(_error: BaseException | None) -> None:
        structlog.contextvars.unbind_contextvars("request_id")


def request_id() -> str:
    """The id of the request being handled."""
    return str(g.get("request_id", ""))
