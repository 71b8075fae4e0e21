from collections.abc import Iterator

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from gas import tracing

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
