"""A span for every request to AWS that is made on behalf of something traced.

The instrumentation that OpenTelemetry offers for botocore would begin a trace with every look into
a queue and every sign of life, and write into the attributes of our messages by itself; this one
only tells of what happens inside a span, by three hooks of botocore's own.
"""

from collections.abc import Callable
from typing import Any, Protocol

from opentelemetry import trace
from opentelemetry.trace import Span, SpanKind, StatusCode

_SPAN = "gas_span"
"""Where the span is kept in botocore's context of the request."""


class Hooks(Protocol):
    """botocore's event emitter."""

    def register(self, event_name: str, handler: Callable[..., Any]) -> None:
        """Have `handler` called with what the event tells."""


def observe(hooks: Hooks) -> None:
    """Tell of the requests of all clients that are made with these hooks."""
    tracer = trace.get_tracer("gas.aws")

    def begin(model: Any, context: dict[str, Any], **_: Any) -> None:
        if not trace.get_current_span().is_recording():
            return
        service = model.service_model.service_id
        context[_SPAN] = tracer.start_span(
            f"{service}.{model.name}",
            kind=SpanKind.CLIENT,
            attributes={"rpc.system": "aws-api", "rpc.service": service, "rpc.method": model.name},
        )

    def end(parsed: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
        span: Span | None = context.pop(_SPAN, None)
        if span is None:
            return
        about = parsed.get("ResponseMetadata", {})
        span.set_attribute("http.response.status_code", about.get("HTTPStatusCode", 0))
        if about.get("RetryAttempts"):
            span.set_attribute("aws.retries", about["RetryAttempts"])
        if code := parsed.get("Error", {}).get("Code"):
            # Often an answer like any other: a condition that does not hold, an object not there.
            span.set_attribute("error.type", code)
        span.end()

    def fail(exception: Exception, context: dict[str, Any], **_: Any) -> None:
        span: Span | None = context.pop(_SPAN, None)
        if span is not None:
            span.set_status(StatusCode.ERROR, type(exception).__name__)
            span.end()

    hooks.register("before-call", begin)
    hooks.register("after-call", end)
    hooks.register("after-call-error", fail)
