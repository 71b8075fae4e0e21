import base64
from collections.abc import Iterator

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from gas import submissions, tracing
from gas.jobs import JobOptions
from gas.messages import ArchiveRequested
from gas.plans import Plan
from gas.testing import FakeClock, MemoryBlobStore, MemoryJobStore, MemoryQueue, MemoryTopic
from gas.worker import Done, Worker
from lambdas.archive_due.handler import ArchiveDue
from lambdas.batch import each_record
from tests.support.jobs import USER

REMOTE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> Iterator[InMemorySpanExporter]:
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(tracing, "_tracer", provider.get_tracer("test"))
    yield exporter
    provider.shutdown()


def ended(spans: InMemorySpanExporter) -> dict[str, ReadableSpan]:
    return {span.name: span for span in spans.get_finished_spans()}


def test_a_trace_goes_on_by_its_traceparent(spans: InMemorySpanExporter) -> None:
    with tracing.span("request"), tracing.span("register", parent=REMOTE, job_id="j"):
        assert tracing.here().startswith("00-0af7651916cd43dd8448eb211c80319c-")
    found = ended(spans)
    assert found["register"].parent is not None
    assert trace.format_span_id(found["register"].parent.span_id) == "b7ad6b7169203331"
    assert found["register"].attributes == {tracing.JOB_ID: "j"}
    assert [link.context for link in found["register"].links] == [found["request"].context]


@pytest.mark.parametrize("parent", ["", "nonsense", "00-" + "0" * 32 + "-b7ad6b7169203331-01"])
def test_what_is_no_traceparent_is_left_out(spans: InMemorySpanExporter, parent: str) -> None:
    with tracing.span("outer"), tracing.span("inner", parent=parent):
        pass
    found = ended(spans)
    assert found["inner"].parent == found["outer"].context


def test_later_work_has_a_trace_of_its_own_and_a_link(spans: InMemorySpanExporter) -> None:
    with tracing.span("now"), tracing.new_trace("later", after=REMOTE):
        pass
    later = ended(spans)["later"]
    assert later.parent is None
    assert [trace.format_trace_id(link.context.trace_id) for link in later.links] == [REMOTE[3:35]]


def test_an_exception_marks_the_span(spans: InMemorySpanExporter) -> None:
    with pytest.raises(ValueError, match="no"), tracing.span("work"):
        raise ValueError("no")
    assert not ended(spans)["work"].status.is_ok


def test_spans_that_others_timed(spans: InMemorySpanExporter) -> None:
    with tracing.span("outer"):
        tracing.record("inner", began=1_000, ended=3_000, attributes={"n": 1})
        tracing.about_job("j")
        tracing.link_to(REMOTE)
        tracing.link_to("")
    found = ended(spans)
    assert (found["inner"].start_time, found["inner"].end_time) == (1_000, 3_000)
    assert found["outer"].attributes == {tracing.JOB_ID: "j"}
    assert len(found["outer"].links) == 1


def test_without_spans_there_is_nothing_to_tell() -> None:
    assert (tracing.here(), tracing.ids()) == ("", {})


def test_a_job_goes_on_with_the_trace_of_its_upload(spans: InMemorySpanExporter) -> None:
    inputs, jobs = MemoryBlobStore("inputs"), MemoryJobStore()
    queue = MemoryQueue(FakeClock())
    with tracing.span("sign"):
        place = submissions.allot(
            submissions.Uploader(USER, "ada@example.org", Plan.FREE),
            key_prefix="",
            file_name="a.vcf",
            options=JobOptions(),
        )
        signed = tracing.here()
    inputs.put(place.key, b"##fileformat", dict(place.metadata))
    with tracing.span("event of S3"):
        job = submissions.register(
            place.key,
            inputs=inputs,
            key_prefix="",
            jobs=jobs,
            requests=MemoryTopic(queue),
            clock=FakeClock(),
        )
    assert job.traceparent is not None
    worker = Worker(queue, lambda _: Done(), slots=1, visibility_seconds=30, idle_seconds=60)
    (message,) = queue.receive(limit=1, wait_seconds=0)
    worker.work(message)

    found = ended(spans)
    traces = {name: trace.format_trace_id(span.context.trace_id) for name, span in found.items()}
    assert {
        traces[name] for name in ("sign", "register job", "request run", "process messages")
    } == {signed[3:35]}
    assert [link.context for link in found["register job"].links] == [found["event of S3"].context]
    assert (found["register job"].attributes or {})[tracing.JOB_ID] == job.job_id
    assert (found["process messages"].attributes or {})["gas.outcome"] == "done"


def test_the_trace_is_left_out_where_it_does_not_fit(spans: InMemorySpanExporter) -> None:
    uploader = submissions.Uploader(USER, "ada@example.org", Plan.FREE)
    names = {f"contig_{number:02}_x": "chr1" for number in range(56)}
    with tracing.span("sign"):
        place = submissions.allot(
            uploader,
            key_prefix="",
            file_name="a" * 85,
            options=JobOptions(contig_names=names),
        )
    (written,) = place.metadata.values()
    assert len(written) <= 2000
    assert '"traceparent":""' in base64.urlsafe_b64decode(written).decode()


def test_the_lambdas_go_on_with_the_trace_of_a_record(spans: InMemorySpanExporter) -> None:
    record = {
        "messageId": "1",
        "body": "x",
        "eventSourceARN": "arn:aws:sqs:us-east-1:0:gas-job-results",
        "messageAttributes": {"traceparent": {"stringValue": REMOTE, "dataType": "String"}},
    }
    each_record({"Records": [record]}, lambda _: None)
    (span,) = spans.get_finished_spans()
    assert span.name == "process gas-job-results"
    assert span.context is not None
    assert trace.format_trace_id(span.context.trace_id) == REMOTE[3:35]


def test_what_is_due_begins_a_trace_that_leads_back(spans: InMemorySpanExporter) -> None:
    topic = MemoryTopic()
    job_id = "2f0f3a52-9f36-4f45-9e9d-0d6d7a0b6f11"
    request = ArchiveRequested(job_id=job_id, user_id="u").model_dump()
    ArchiveDue(requests=topic)({**request, "traceparent": REMOTE})
    (span,) = spans.get_finished_spans()
    assert span.parent is None
    assert [trace.format_trace_id(link.context.trace_id) for link in span.links] == [REMOTE[3:35]]
