"""Traces: what was done for a job, by which service, when, and how it ended.

Everything here works on OpenTelemetry's API, so it costs next to nothing until a service sets up
what records spans (`gas.telemetry`, in the functions `lambdas.telemetry`). Between processes a
trace goes on by its `traceparent` (W3C Trace Context), which travels in the attributes of messages,
in the record of a job, and in the input of state machines; never in the typed messages.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import Link, Span, SpanKind
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

TRACEPARENT = "traceparent"
"""Name of the message attribute."""

JOB_ID = "gas.job_id"
"""Attribute of every span that belongs to a job; what its whole trace is found by."""

_W3C = TraceContextTextMapPropagator()
_tracer = trace.get_tracer("gas")

Value = str | int | float | bool


@contextmanager
def span(
    name: str,
    *,
    kind: SpanKind = SpanKind.INTERNAL,
    parent: str = "",
    job_id: str = "",
    attributes: Mapping[str, Value] | None = None,
) -> Iterator[Span]:
    """A span around the block, under the current one; an exception marks it as failed.

    With `parent`, a traceparent, it goes on with that trace, unless the current span is of that
    trace anyway; a current span of another trace is linked.
    """
    values: dict[str, Value] = {**({JOB_ID: job_id} if job_id else {}), **(attributes or {})}
    context, links = _under(parent)
    with _tracer.start_as_current_span(
        name, context=context, kind=kind, attributes=values, links=links
    ) as found:
        yield found


@contextmanager
def new_trace(
    name: str,
    *,
    after: str = "",
    kind: SpanKind = SpanKind.INTERNAL,
    job_id: str = "",
    attributes: Mapping[str, Value] | None = None,
) -> Iterator[Span]:
    """The first span of a new trace, linked to `after`, a traceparent: for what comes hours later.

    Tracing systems expect a trace to be over within minutes; a link leads back to the job's.
    """
    values: dict[str, Value] = {**({JOB_ID: job_id} if job_id else {}), **(attributes or {})}
    before = _span_context(after)
    with _tracer.start_as_current_span(
        name,
        context=Context(),
        kind=kind,
        attributes=values,
        links=[Link(before)] if before.is_valid else [],
    ) as found:
        yield found


def record(
    name: str, *, began: int, ended: int, attributes: Mapping[str, Value] | None = None
) -> None:
    """A span under the current one that somebody else has timed (nanoseconds since 1970)."""
    _tracer.start_span(name, start_time=began, attributes=dict(attributes or {})).end(ended)


def about_job(job_id: str) -> None:
    """The current span belongs to this job."""
    trace.get_current_span().set_attribute(JOB_ID, job_id)


def link_to(traceparent: str) -> None:
    """Note on the current span that it has to do with this one, of another trace."""
    found = _span_context(traceparent)
    current = trace.get_current_span()
    if found.is_valid and found.trace_id != current.get_span_context().trace_id:
        current.add_link(found)


def here() -> str:
    """The traceparent of the current span; empty if there is none."""
    carrier: dict[str, str] = {}
    _W3C.inject(carrier)
    return carrier.get(TRACEPARENT, "")


def ids() -> Mapping[str, str]:
    """Ids of the current trace and span, for a log line; empty if there are none."""
    context = trace.get_current_span().get_span_context()
    if not context.is_valid:
        return {}
    return {
        "trace_id": trace.format_trace_id(context.trace_id),
        "span_id": trace.format_span_id(context.span_id),
    }


def _under(parent: str) -> tuple[Context | None, list[Link]]:
    if not parent:
        return None, []
    remote = _span_context(parent)
    current = trace.get_current_span().get_span_context()
    if not remote.is_valid or current.trace_id == remote.trace_id:
        return None, []
    links = [Link(current)] if current.is_valid else []
    return trace.set_span_in_context(trace.NonRecordingSpan(remote)), links


def _span_context(traceparent: str) -> trace.SpanContext:
    context = _W3C.extract({TRACEPARENT: traceparent}, context=Context())
    return trace.get_current_span(context).get_span_context()
