import gzip
import json
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import Link, SpanKind

from local.traces.app import create_app
from local.traces.spans import Span, from_protobuf
from local.traces.store import SpanStore
from local.traces.waterfall import WIDTH, waterfall

NOW = time.time_ns()
SECOND = 10**9
JOB = "2f0f3a52-9f36-4f45-9e9d-0d6d7a0b6f11"


def span(name: str, began: float, took: float = 1.0, **more: object) -> Span:
    values = {"trace_id": "a" * 32, "span_id": name, "parent_id": "", "service": "web"}
    start = NOW + int(began * SECOND)
    times = {"began": start, "ended": start + int(took * SECOND)}
    rest = {"name": name, "kind": "", "failed": False}
    return Span(**{**values, **times, **rest, **more})  # type: ignore[arg-type]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SpanStore]:
    made = SpanStore(tmp_path / "spans.sqlite", most_spans=100)
    yield made
    made.close()


class Client:
    """Asks the collector, without a socket."""

    def __init__(self, store: SpanStore) -> None:
        self._app = create_app(store)

    async def _ask(self, method: str, path: str, **options: object) -> httpx.Response:
        transport = httpx.ASGITransport(self._app)
        async with httpx.AsyncClient(transport=transport, base_url="http://traces") as client:
            return await client.request(method, path, **options)  # type: ignore[arg-type]

    def get(self, path: str) -> httpx.Response:
        import asyncio

        return asyncio.run(self._ask("GET", path))

    def post(self, body: bytes, kind: str, **headers: str) -> httpx.Response:
        import asyncio

        sent = {"Content-Type": kind, **headers}
        return asyncio.run(self._ask("POST", "/v1/traces", content=body, headers=sent))


@pytest.fixture
def client(store: SpanStore) -> Client:
    return Client(store)


def exported() -> bytes:
    """What the SDK sends."""
    kept = InMemorySpanExporter()
    provider = TracerProvider(resource=Resource({"service.name": "annotator"}))
    provider.add_span_processor(SimpleSpanProcessor(kept))
    tracer = provider.get_tracer("test")
    before = tracer.start_span("before")
    before.end()
    with tracer.start_as_current_span(
        "run job", kind=SpanKind.CONSUMER, links=[Link(before.get_span_context())]
    ) as run:
        run.set_attribute("gas.job_id", JOB)
        run.set_attribute("sizes", [1, 2])
        failed = tracer.start_span("<b>engine</b>")
        failed.record_exception(ValueError("too large"))
        failed.set_status(trace_error())
        failed.end()
    provider.shutdown()
    return bytes(encode_spans(kept.get_finished_spans()).SerializeToString())


def trace_error() -> object:
    from opentelemetry.trace import Status, StatusCode

    return Status(StatusCode.ERROR)


def test_what_the_sdk_sends_is_read() -> None:
    before, engine, run = from_protobuf(exported())
    assert (run.service, run.name, run.kind) == ("annotator", "run job", "consumer")
    assert run.job_id == JOB
    assert run.links == (before.trace_id,)
    assert run.attributes["sizes"] == [1, 2]
    assert (engine.parent_id, engine.trace_id) == (run.span_id, run.trace_id)
    assert (engine.failed, engine.fault) == (True, "ValueError: too large")
    assert len(run.trace_id) == 32


def test_a_job_is_found_and_shown(client: Client) -> None:
    body = gzip.compress(exported())
    assert (
        client.post(body, "application/x-protobuf", **{"Content-Encoding": "gzip"}).status_code
        == 200
    )
    page = client.get(f"/jobs/{JOB}")
    assert page.status_code == 200
    assert "&lt;b&gt;engine" in page.text
    assert "too large" in page.text
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert "style=" not in page.text
    assert JOB in client.get("/").text
    assert client.get(f"/?job={JOB}").headers["Location"] == f"/jobs/{JOB}"
    assert JOB in client.get("/?job=2f0f3").text
    assert "No job whose id" in client.get("/?job=nothing").text
    assert "run job" in client.get("/?failed=1").text
    spans = client.get(f"/api/jobs/{JOB}").json()["spans"]
    assert {each["name"] for each in spans} == {"run job", "<b>engine</b>"}
    assert client.get(f"/traces/{spans[0]['trace_id']}").status_code == 200


@pytest.mark.parametrize("path", ["/jobs/none", "/traces/none", "/nowhere"])
def test_what_is_not_there(client: Client, path: str) -> None:
    assert client.get(path).status_code == 404


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"{}", "application/json", 200),
        (b"no json", "application/json", 400),
        (b"[1]", "application/json", 400),
        (json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": [{}]}]}]}).encode(),
         "application/json", 400),
        (b"\xff\xff", "application/x-protobuf", 400),
        (b"x=1", "application/x-www-form-urlencoded", 415),
        (b"{}", "text/plain", 415),
    ],
)  # fmt: skip
def test_bodies_that_are_none_of_ours(client: Client, body: bytes, kind: str, status: int) -> None:
    assert client.post(body, kind).status_code == status


def test_a_bomb_is_not_unpacked(client: Client) -> None:
    bomb = gzip.compress(b"\0" * 64 * 1024 * 1024)
    answer = client.post(bomb, "application/x-protobuf", **{"Content-Encoding": "gzip"})
    assert answer.status_code == 400


def test_the_store_forgets_what_is_old_and_what_is_too_much(store: SpanStore) -> None:
    store.add([span("old", -8 * 86_400)])
    store.add([span(f"s{n}", n, trace_id=f"{n:032x}", job_id=JOB) for n in range(150)])
    assert store.trace("a" * 32) == []
    assert store.trace(f"{0:032x}") == []
    assert [each.name for each in store.trace(f"{149:032x}")] == ["s149"]
    assert len(store.traces(limit=500)) <= 100


def test_a_span_that_comes_twice_is_kept_once(store: SpanStore) -> None:
    store.add([span("x", 0)])
    store.add([span("x", 0, took=2)])
    (kept,) = store.trace("a" * 32)
    assert kept.seconds == 2


def test_lines_stand_below_their_parents_in_time() -> None:
    drawn = waterfall(
        [
            span("late", 5, parent_id="root"),
            span("root", 0, took=10),
            span("early", 1, parent_id="root"),
            span("inner", 1.2, took=0.1, parent_id="early"),
            span("lost", 2, parent_id="nobody"),
            span("a", 3, parent_id="b"),
            span("b", 4, parent_id="a"),
        ]
    )
    assert [(line.span.name, line.depth) for line in drawn.lines] == [
        ("root", 0),
        ("early", 1),
        ("inner", 2),
        ("late", 1),
        ("lost", 0),
        ("a", 0),
        ("b", 0),
    ]
    root, early = drawn.lines[:2]
    assert (root.x, root.width) == (0, WIDTH)
    assert (early.x, early.width, early.after) == (100, 100, 1.0)


def test_long_pauses_are_drawn_short() -> None:
    drawn = waterfall([span("sign", 0, took=0.1), span("run", 600, took=9.9)])
    (pause,) = drawn.pauses
    assert round(pause.seconds) == 600
    sign, run = drawn.lines
    assert sign.x == 0
    assert 40 < run.x < 80
    assert run.x + run.width == WIDTH
    assert sign.x + sign.width <= pause.x <= run.x


def test_nothing_is_drawn_outside() -> None:
    drawn = waterfall([span("a", 0, took=0), span("b", 0, took=0), span("c", 1e-9, took=0)])
    assert all(line.x >= 0 and line.x + line.width <= WIDTH for line in drawn.lines)
