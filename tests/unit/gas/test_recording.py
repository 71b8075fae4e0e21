from collections.abc import Iterator
from io import BytesIO

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.exceptions import ClientError
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from gas.aws import observing
from gas.aws.observing import observe
from gas.telemetry.recording import Redacting, provider


class Body(BytesIO):
    """As urllib3 gives it to botocore."""

    def stream(self) -> Iterator[bytes]:
        yield self.read()


@pytest.fixture
def kept() -> InMemorySpanExporter:
    return InMemorySpanExporter()


@pytest.fixture
def tracer(kept: InMemorySpanExporter) -> Iterator[trace.Tracer]:
    made = TracerProvider()
    made.add_span_processor(SimpleSpanProcessor(Redacting(kept)))
    yield made.get_tracer("test")
    made.shutdown()


def test_spans_are_redacted_wherever_a_secret_stands(
    tracer: trace.Tracer, kept: InMemorySpanExporter
) -> None:
    with tracer.start_as_current_span("before") as before:
        pass
    link = trace.Link(before.get_span_context(), {"by": "ada@example.org"})
    with tracer.start_as_current_span("GET /x?code=ada@example.org", links=[link]) as span:
        span.set_attribute("http.url", "https://b/k?X-Amz-Signature=0123456789")
        span.set_attribute("user_email", "ada@example.org")
        span.set_attribute("parts", ["gaspat_0123456789", "b"])
        span.record_exception(ValueError("gaspat_0123456789 of ada@example.org"))
        span.set_status(trace.StatusCode.ERROR, "gaspat_0123456789")
    told = kept.get_finished_spans()[-1].to_json()
    assert "ada@" not in told
    assert "0123456789" not in told
    assert "ValueError" in told
    assert kept.get_finished_spans()[-1].parent is None


@pytest.mark.parametrize(
    ("environ", "recording"),
    [
        ({}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": ""}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9"}, True),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://127.0.0.1:9/v1/traces"}, True),
        (
            {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9", "OTEL_TRACES_EXPORTER": "none"},
            False,
        ),
    ],
)
def test_spans_are_recorded_where_a_collector_is_named(
    environ: dict[str, str], recording: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    made = provider("web", environ)
    span = made.get_tracer("test").start_span("x")
    assert span.is_recording() is recording
    assert span.get_span_context().is_valid
    # Not ended: there is nobody to take it.
    made.shutdown()


def test_requests_to_aws_are_told_of_inside_a_span_only(
    tracer: trace.Tracer, kept: InMemorySpanExporter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(observing.trace, "get_tracer", lambda _name: tracer)
    session = boto3.Session("x" * 16, "y" * 16, region_name="us-east-1")
    observe(session.events)
    sqs = session.client("sqs")
    answers = [(200, b"{}"), (200, b"{}"), (403, b'{"__type": "AccessDenied"}')]

    def answer(request: object, **_: object) -> AWSResponse:
        status, body = answers.pop(0)
        return AWSResponse("https://sqs", status, HTTPHeaders(), Body(body))

    sqs.meta.events.register("before-send", answer)
    sqs.list_queues()
    with tracer.start_as_current_span("work"):
        sqs.list_queues()
        with pytest.raises(ClientError):
            sqs.list_queues()
    first, second, work = kept.get_finished_spans()
    assert [first.name, second.name, work.name] == ["SQS.ListQueues", "SQS.ListQueues", "work"]
    assert first.parent == work.context
    assert (second.attributes or {})["error.type"] == "AccessDenied"
