import http.server
import json
import threading
from collections.abc import Iterator
from contextlib import suppress

import pytest
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import Link, SpanKind

from lambdas import telemetry
from lambdas.telemetry import Recorder
from local.traces.spans import from_json


class Collector(http.server.BaseHTTPRequestHandler):
    bodies: list[tuple[str, str, bytes]]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.bodies.append((self.path, self.headers.get("x-key", ""), body))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture
def collector() -> Iterator[tuple[str, list[tuple[str, str, bytes]]]]:
    kind = type("OneCollector", (Collector,), {"bodies": []})
    with http.server.HTTPServer(("127.0.0.1", 0), kind) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/", kind.bodies  # type: ignore[attr-defined]
        server.shutdown()
        thread.join()


def test_spans_of_an_invocation_are_sent_at_its_end(
    collector: tuple[str, list[tuple[str, str, bytes]]],
) -> None:
    endpoint, bodies = collector
    recorder = Recorder("notify", endpoint=endpoint, headers={"x-key": "k"})
    with recorder.start_as_current_span("before") as before:
        pass
    link = Link(before.get_span_context())
    with (
        recorder.start_as_current_span("process", kind=SpanKind.CONSUMER, links=[link]) as outer,
        suppress(ValueError),
        recorder.start_as_current_span("send") as inner,
    ):
        inner.set_attributes({"gas.job_id": "j", "n": 1, "ok": True, "part": 0.5})
        inner.set_attribute("to", "ada@example.org")
        raise ValueError("ada@example.org refused")
    assert bodies == []
    recorder.flush()
    recorder.flush()

    ((path, key, body),) = bodies
    assert (path, key) == ("/v1/traces", "k")
    assert b"ada@" not in body
    found = {span.name: span for span in from_json(body)}
    assert found["send"].service == "notify"
    assert found["send"].parent_id == found["process"].span_id
    assert found["send"].trace_id == f"{outer.get_span_context().trace_id:032x}"
    assert (found["send"].job_id, found["send"].failed) == ("j", True)
    assert found["send"].fault == "ValueError: [mail] refused"
    assert found["send"].attributes["n"] == 1
    assert found["process"].kind == "consumer"
    assert found["process"].links == (found["before"].trace_id,)


def test_whoever_began_the_trace_decides_whether_it_is_recorded() -> None:
    recorder = Recorder("notify", endpoint="http://127.0.0.1:9", headers={})
    parents = {
        flags: trace.set_span_in_context(
            trace.NonRecordingSpan(
                trace.SpanContext(1, 2, is_remote=True, trace_flags=trace.TraceFlags(flags))
            ),
            Context(),
        )
        for flags in (0, 1)
    }
    assert [recorder.start_span("x", parents[flags]).is_recording() for flags in (0, 1)] == [
        False,
        True,
    ]


@pytest.mark.parametrize("endpoint", ["", "http://127.0.0.1:9"])
def test_without_a_collector_the_function_goes_on(endpoint: str) -> None:
    recorder = Recorder("notify", endpoint=endpoint, headers={})
    with recorder.start_as_current_span("x") as span:
        assert span.get_span_context().is_valid
        assert span.is_recording() is bool(endpoint)
    recorder.flush()


def test_an_invocation_that_fails_is_told_of_too(monkeypatch: pytest.MonkeyPatch) -> None:
    flushed: list[str] = []

    class Noting(Recorder):
        def flush(self) -> None:
            flushed.append("flushed")

    recorder = Noting("notify", endpoint="", headers={})
    monkeypatch.setattr(telemetry, "_recorders", [recorder])
    with pytest.raises(ValueError, match="no"), telemetry.invocation():
        raise ValueError("no")
    assert flushed == ["flushed"]


def test_what_is_sent_is_json_of_otlp(
    collector: tuple[str, list[tuple[str, str, bytes]]],
) -> None:
    endpoint, bodies = collector
    recorder = Recorder("sweep", endpoint=endpoint, headers={})
    recorder.start_span("x", start_time=5).end(7)
    recorder.flush()
    (group,) = json.loads(bodies[0][2])["resourceSpans"]
    (span,) = group["scopeSpans"][0]["spans"]
    assert (span["startTimeUnixNano"], span["endTimeUnixNano"], span["kind"]) == ("5", "7", 1)
