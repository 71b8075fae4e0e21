"""Records the spans of a function and sends them to a collector before the invocation ends.

The functions do without the SDK of OpenTelemetry: with its exporter it is 1.1 MB in each zip and
170 ms of each cold start, and its threads stand still between invocations. This is what they need
of it, on the same API: spans, and one request in OTLP's JSON to `OTEL_EXPORTER_OTLP_ENDPOINT`.
"""

import http.client
import json
import os
import random
import threading
import time
import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any
from urllib.parse import unquote, urlsplit

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import Link, Span, SpanContext, SpanKind, Status, StatusCode, TraceFlags
from opentelemetry.util import types

from gas.logs import get_logger
from gas.redaction import redact, redacted

log = get_logger()

_ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"
_HEADERS = "OTEL_EXPORTER_OTLP_HEADERS"
_PATH = "/v1/traces"
_SECONDS = 2
"""A collector that is away must not hold up the function."""
_MOST = 2000
"""Spans of one invocation; those beyond are left out."""


class FunctionSpan(Span):
    """A span, kept until its invocation ends."""

    def __init__(self, recorder: "Recorder", name: str, context: SpanContext) -> None:
        self._recorder = recorder
        self._context = context
        self.name = name
        self.parent: SpanContext | None = None
        self.kind = SpanKind.INTERNAL
        self.began = self.ended = 0
        self.attributes: dict[str, types.AttributeValue] = {}
        self.links: list[SpanContext] = []
        self.status = Status()
        self.exceptions: list[tuple[int, dict[str, str]]] = []

    def get_span_context(self) -> SpanContext:
        return self._context

    def is_recording(self) -> bool:
        return self._context.trace_flags.sampled and not self.ended

    def set_attribute(self, key: str, value: types.AttributeValue) -> None:
        self.attributes[key] = value

    def set_attributes(self, attributes: Mapping[str, types.AttributeValue]) -> None:
        self.attributes.update(attributes)

    def add_event(
        self, name: str, attributes: types.Attributes = None, timestamp: int | None = None
    ) -> None:
        """Left out: our functions write these into the log."""

    def add_link(self, context: SpanContext, attributes: types.Attributes = None) -> None:
        self.links.append(context)

    def update_name(self, name: str) -> None:
        self.name = name

    def set_status(self, status: Status | StatusCode, description: str | None = None) -> None:
        self.status = status if isinstance(status, Status) else Status(status, description)

    def record_exception(
        self,
        exception: BaseException,
        attributes: types.Attributes = None,
        timestamp: int | None = None,
        escaped: bool = False,
    ) -> None:
        about = {
            "exception.type": type(exception).__qualname__,
            "exception.message": str(exception),
            "exception.stacktrace": "".join(traceback.format_exception(exception)),
        }
        self.exceptions.append((timestamp or time.time_ns(), about))

    def end(self, end_time: int | None = None) -> None:
        if not self.ended:
            sampled = self.is_recording()
            self.ended = end_time or time.time_ns()
            if sampled:
                self._recorder.keep(self)


class Recorder(trace.TracerProvider, trace.Tracer):
    """Makes spans and keeps those that have ended. `endpoint` is empty where nobody wants them:
    then they have ids for the log, and that is all."""

    def __init__(self, service: str, *, endpoint: str, headers: Mapping[str, str]) -> None:
        self._service = service
        self._endpoint = endpoint
        self._headers = headers
        self._lock = threading.Lock()
        self._ended: list[FunctionSpan] = []
        self._random = random.SystemRandom()

    def get_tracer(self, *_: Any, **__: Any) -> trace.Tracer:
        return self

    def start_span(
        self,
        name: str,
        context: Context | None = None,
        kind: SpanKind = SpanKind.INTERNAL,
        attributes: types.Attributes = None,
        links: Sequence[Link] | None = None,
        start_time: int | None = None,
        record_exception: bool = True,
        set_status_on_exception: bool = True,
    ) -> FunctionSpan:
        parent = trace.get_current_span(context).get_span_context()
        sampled = parent.trace_flags.sampled if parent.is_valid else bool(self._endpoint)
        made = FunctionSpan(
            self,
            name,
            SpanContext(
                parent.trace_id if parent.is_valid else self._random.getrandbits(128) | 1,
                self._random.getrandbits(64) | 1,
                is_remote=False,
                trace_flags=TraceFlags(sampled and bool(self._endpoint)),
            ),
        )
        made.parent = parent if parent.is_valid else None
        made.kind, made.began = kind, start_time or time.time_ns()
        made.attributes.update(attributes or {})
        made.links.extend(link.context for link in links or ())
        return made

    @contextmanager
    def start_as_current_span(  # type: ignore[override]  # a plain context manager does
        self, name: str, *args: Any, end_on_exit: bool = True, **options: Any
    ) -> Iterator[Span]:
        span = self.start_span(name, *args, **options)
        with trace.use_span(span, end_on_exit=end_on_exit):
            yield span

    def keep(self, span: FunctionSpan) -> None:
        """The span has ended."""
        with self._lock:
            if len(self._ended) < _MOST:
                self._ended.append(span)

    def flush(self) -> None:
        """Send what has ended; what cannot be sent is lost, and the function goes on."""
        with self._lock:
            spans, self._ended = self._ended, []
        if not spans or not self._endpoint:
            return
        try:
            self._post(json.dumps(_request(self._service, spans)).encode())
        except (OSError, http.client.HTTPException) as error:
            log.warning("spans_not_sent", reason=repr(error), spans=len(spans))

    def _post(self, body: bytes) -> None:
        where = urlsplit(self._endpoint)
        secure = where.scheme == "https"
        kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
        connection = kind(where.hostname or "", where.port, timeout=_SECONDS)
        try:
            headers = {**self._headers, "Content-Type": "application/json"}
            connection.request("POST", where.path.rstrip("/") + _PATH, body, headers)
            connection.getresponse().read()
        finally:
            connection.close()


_recorders: list[Recorder] = []


def start(service: str, environ: Mapping[str, str] | None = None) -> None:
    """Set tracing up for this function; once, when it is first called."""
    found = os.environ if environ is None else environ
    if not _recorders:
        pairs = (pair.partition("=") for pair in found.get(_HEADERS, "").split(",") if "=" in pair)
        headers = {name.strip(): unquote(value.strip()) for name, _, value in pairs}
        recorder = Recorder(service, endpoint=found.get(_ENDPOINT, ""), headers=headers)
        _recorders.append(recorder)
        trace.set_tracer_provider(recorder)


@contextmanager
def invocation() -> Iterator[None]:
    """Around whatever an invocation does: sends its spans at the end."""
    try:
        yield
    finally:
        for recorder in _recorders:
            recorder.flush()


def _request(service: str, spans: Sequence[FunctionSpan]) -> dict[str, Any]:
    resource = {"service.name": service, "service.namespace": "gas"}
    return {
        "resourceSpans": [
            {
                "resource": {"attributes": _pairs(resource)},
                "scopeSpans": [
                    {"scope": {"name": "gas"}, "spans": [_span(each) for each in spans]}
                ],
            }
        ]
    }


def _span(span: FunctionSpan) -> dict[str, Any]:
    context = span.get_span_context()
    return {
        "traceId": trace.format_trace_id(context.trace_id),
        "spanId": trace.format_span_id(context.span_id),
        "parentSpanId": trace.format_span_id(span.parent.span_id) if span.parent else "",
        "name": redact(span.name),
        "kind": span.kind.value + 1,
        "startTimeUnixNano": str(span.began),
        "endTimeUnixNano": str(span.ended),
        "attributes": _pairs(span.attributes),
        "links": [
            {
                "traceId": trace.format_trace_id(link.trace_id),
                "spanId": trace.format_span_id(link.span_id),
            }
            for link in span.links
        ],
        "events": [
            {"name": "exception", "timeUnixNano": str(at), "attributes": _pairs(about)}
            for at, about in span.exceptions
        ],
        "status": {
            "code": span.status.status_code.value,
            "message": redact(span.status.description or ""),
        },
    }


def _pairs(attributes: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [
        {"key": name, "value": _value(redacted(name, value))} for name, value in attributes.items()
    ]


def _value(value: Any) -> dict[str, Any]:
    """A value with the tag of its type, as OTLP has it."""
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, int):
        return {"intValue": str(value)}
    if isinstance(value, float):
        return {"doubleValue": value}
    return {"stringValue": str(value)}
