"""What every web service tells of its requests: a span, a number, and the page for Prometheus."""

import hmac
import time
from contextlib import ExitStack

from flask import Flask, Response, abort, g, request
from opentelemetry.trace import SpanKind, StatusCode
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

from gas import tracing
from gas.telemetry.metrics import HTTP_SECONDS, Exposition

try:
    import uwsgi  # type: ignore[import-untyped,unused-ignore]
except ImportError:  # a development server, or a test
    uwsgi = None

METRICS_PATH = "/metrics"
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_QUIET = frozenset({"health.healthz", "health.readyz", "healthz", "static", "metrics"})
"""Endpoints that are asked again and again, and tell nothing of any job."""
_FAULT = 500


def install(app: Flask, exposition: Exposition, *, token: str) -> None:
    """Watch the requests of `app`, and serve its numbers to whoever has the token.

    Without a token the page is not there. Requests begin a trace of their own whatever their
    headers say: who calls is not asked to be believed.
    """

    @app.before_request
    def begin() -> None:
        g.telemetry_began = time.perf_counter()
        if uwsgi is not None:
            uwsgi.set_logvar("route", _route())
        if request.endpoint in _QUIET:
            return
        stack = g.telemetry_spans = ExitStack()
        g.telemetry_span = stack.enter_context(
            tracing.span(
                f"{_method()} {_route()}",
                kind=SpanKind.SERVER,
                attributes={"http.request.method": _method(), "http.route": _route()},
            )
        )

    @app.after_request
    def end(response: Response) -> Response:
        took = time.perf_counter() - g.get("telemetry_began", time.perf_counter())
        HTTP_SECONDS.labels(_method(), _route(), str(response.status_code)).observe(took)
        span = g.get("telemetry_span")
        if span is not None:
            span.set_attribute("http.response.status_code", response.status_code)
            if response.status_code >= _FAULT:
                span.set_status(StatusCode.ERROR)
        return response

    @app.teardown_request
    def close(_error: BaseException | None) -> None:
        stack = g.pop("telemetry_spans", None)
        if stack is not None:
            stack.close()

    @app.get(METRICS_PATH, endpoint="metrics")
    def metrics() -> Response:
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if not token or not hmac.compare_digest(given.encode(), token.encode()):
            abort(404)
        return Response(exposition.text(), content_type=CONTENT_TYPE_PLAIN_0_0_4)


def _method() -> str:
    return request.method if request.method in _METHODS else "OTHER"


def _route() -> str:
    """The route's pattern, never the path: paths hold ids, and links to share."""
    return request.url_rule.rule if request.url_rule else "(none)"
