"""The pages of the collector, and the address that services send their spans to."""

from __future__ import annotations

import gzip
import zlib
from datetime import UTC, datetime
from pathlib import Path

import jinja2
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from local.traces.spans import NotOtlp, from_json, from_protobuf
from local.traces.store import SpanStore
from local.traces.waterfall import waterfall

SHOWN = 30
_MOST_BYTES = 16 * 1024 * 1024
_PROTOBUF = "application/x-protobuf"
_JSON = "application/json"
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}

_pages = jinja2.Environment(
    loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def create_app(store: SpanStore) -> Starlette:
    """The collector as an ASGI application."""
    traces = Traces(store)
    return Starlette(
        routes=[
            Route("/v1/traces", traces.receive, methods=["POST"]),
            Route("/", traces.index),
            Route("/jobs/{job_id}", traces.job),
            Route("/traces/{trace_id}", traces.trace),
            Route("/api/jobs/{job_id}", traces.api_job),
            Route("/style.css", _style),
            Route("/healthz", _health),
        ],
        exception_handlers={404: _not_found},
    )


class Traces:
    """The endpoints."""

    def __init__(self, store: SpanStore) -> None:
        self._store = store

    async def receive(self, request: Request) -> Response:
        """`POST /v1/traces`, OTLP/HTTP.

        Both content types are such that no page of another site can send them unasked.
        """
        kind = request.headers.get("content-type", "").partition(";")[0].strip()
        if kind not in (_PROTOBUF, _JSON):
            return Response("protobuf or JSON, please", 415)
        try:
            body = _unpacked(await _body(request), request.headers.get("content-encoding", ""))
            spans = from_protobuf(body) if kind == _PROTOBUF else from_json(body)
        except NotOtlp as fault:
            return JSONResponse({"message": str(fault)[:300]}, 400)
        await run_in_threadpool(self._store.add, spans)
        # An empty answer says that all was accepted, in both forms.
        return Response(b"" if kind == _PROTOBUF else b"{}", media_type=kind)

    def index(self, request: Request) -> Response:
        wanted = request.query_params.get("job", "").strip()
        failed = request.query_params.get("failed") == "1"
        if wanted and self._store.traces_of(wanted):
            return RedirectResponse(f"/jobs/{wanted}", 303)
        return _page(
            "index.html",
            wanted=wanted,
            failed=failed,
            jobs=self._store.jobs(limit=SHOWN, like=wanted),
            traces=[] if wanted else self._store.traces(limit=SHOWN, failed=failed),
        )

    def job(self, request: Request) -> Response:
        job_id = request.path_params["job_id"]
        found = [waterfall(self._store.trace(each)) for each in self._store.traces_of(job_id)]
        if not found:
            return _page("missing.html", 404)
        return _page("job.html", job_id=job_id, found=found, began=found[0].began)

    def trace(self, request: Request) -> Response:
        spans = self._store.trace(request.path_params["trace_id"])
        if not spans:
            return _page("missing.html", 404)
        return _page("trace.html", drawn=waterfall(spans))

    def api_job(self, request: Request) -> Response:
        """The spans of a job as JSON, for tests and scripts."""
        traces = self._store.traces_of(request.path_params["job_id"])
        spans = [span for trace_id in traces for span in self._store.trace(trace_id)]
        return JSONResponse({"spans": [vars(span) for span in spans]}, headers=_HEADERS)


async def _body(request: Request) -> bytes:
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > _MOST_BYTES:
            raise NotOtlp("too large")
    return body


def _unpacked(body: bytes, encoding: str) -> bytes:
    if encoding in ("", "identity"):
        return body
    if encoding != "gzip":
        raise NotOtlp(f"unknown encoding {encoding!r}")
    try:
        unpacked = zlib.decompressobj(wbits=31).decompress(body, _MOST_BYTES)
    except (zlib.error, gzip.BadGzipFile) as fault:
        raise NotOtlp(str(fault)) from fault
    return unpacked


def _duration(seconds: float) -> str:
    if seconds < 0.001:
        return f"{seconds * 1e6:.0f} µs"
    if seconds < 1:
        return f"{seconds * 1000:.3g} ms"
    if seconds < 120:
        return f"{seconds:.3g} s"
    if seconds < 7200:
        return f"{seconds / 60:.3g} min"
    return f"{seconds / 3600:.3g} h"


def _moment(nanoseconds: int) -> str:
    return datetime.fromtimestamp(nanoseconds / 1e9, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


_pages.filters["duration"] = _duration
_pages.filters["moment"] = _moment


def _page(template: str, status: int = 200, **values: object) -> HTMLResponse:
    return HTMLResponse(_pages.get_template(template).render(**values), status, _HEADERS)


async def _style(request: Request) -> Response:
    css = (Path(__file__).parent / "style.css").read_text(encoding="utf-8")
    return Response(css, media_type="text/css", headers={"X-Content-Type-Options": "nosniff"})


async def _health(request: Request) -> Response:
    return JSONResponse({"status": "ok"})


async def _not_found(request: Request, fault: Exception) -> Response:
    return _page("missing.html", 404)
