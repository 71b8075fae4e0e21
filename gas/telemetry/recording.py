"""Records spans with the SDK of OpenTelemetry and sends them to a collector, if one is named.

`OTEL_EXPORTER_OTLP_ENDPOINT` (or `…_TRACES_ENDPOINT`) names it; the SDK's other variables work as
its documentation says. Without one, spans are not recorded: traces have ids, which go from service
to service and into the logs, and that is all.
"""

import atexit
import os
import socket
from collections.abc import Mapping, Sequence
from importlib.metadata import version

from opentelemetry import trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Event, ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF
from opentelemetry.trace import Link, Status
from opentelemetry.util.types import Attributes

from gas.redaction import redact, redacted

_EXPORT_SECONDS = 2
"""A collector that is away must not hold up the end of a service."""


def start(service: str, environ: Mapping[str, str] | None = None) -> None:
    """Set tracing up for this process; call it once, after the fork. What is left is sent when the
    process ends."""
    if isinstance(trace.get_tracer_provider(), TracerProvider):
        return  # a second app in the same process, as in tests
    trace.set_tracer_provider(provider(service, os.environ if environ is None else environ))


def provider(service: str, environ: Mapping[str, str]) -> TracerProvider:
    """What records the spans of `service`."""
    if not _wanted(environ):
        return TracerProvider(sampler=ALWAYS_OFF, shutdown_on_exit=False)
    # Imported here: it takes time and memory that an installation without collector saves.
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

    made = TracerProvider(resource=resource(service), shutdown_on_exit=False)
    # The SDK's own way to end waits for its thread, however long that takes.
    atexit.register(made.force_flush)
    made.add_span_processor(
        BatchSpanProcessor(Redacting(OTLPSpanExporter(timeout=_EXPORT_SECONDS)))
    )
    return made


def resource(service: str) -> Resource:
    """Who tells: service, version, process."""
    return Resource.create(
        {
            "service.name": service,
            "service.namespace": "gas",
            "service.version": version("gas"),
            "service.instance.id": f"{socket.gethostname()}:{os.getpid()}",
        }
    )


def _wanted(environ: Mapping[str, str]) -> bool:
    named = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
    return any(environ.get(name) for name in named) and (
        environ.get("OTEL_TRACES_EXPORTER", "otlp") != "none"
    )


class Redacting(SpanExporter):
    """Hands spans on without what must not be told, whichever library put it there.

    It works where the spans are sent, in the SDK's own thread, so that no request waits for it.
    """

    def __init__(self, exporter: SpanExporter) -> None:
        self._exporter = exporter

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        return self._exporter.export([_clean(span) for span in spans])

    def shutdown(self) -> None:
        self._exporter.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        return self._exporter.force_flush(timeout_millis)


def _clean(span: ReadableSpan) -> ReadableSpan:
    status = span.status
    return ReadableSpan(
        name=redact(span.name),
        context=span.context,
        parent=span.parent,
        resource=span.resource,
        attributes=_attributes(span.attributes),
        events=[
            Event(redact(event.name), _attributes(event.attributes), event.timestamp)
            for event in span.events
        ],
        links=[Link(link.context, _attributes(link.attributes)) for link in span.links],
        kind=span.kind,
        status=Status(status.status_code, status.description and redact(status.description)),
        start_time=span.start_time,
        end_time=span.end_time,
        instrumentation_scope=span.instrumentation_scope,
    )


def _attributes(found: Attributes) -> Attributes:
    return {name: redacted(name, value) for name, value in (found or {}).items()}
