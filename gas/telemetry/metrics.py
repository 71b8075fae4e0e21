"""The numbers that services tell Prometheus: the one place where their names stand.

What alarms and dashboards refer to is defined here and described in docs/observability.md, which a
test compares. Counters and histograms are summed over the processes of a service if
`PROMETHEUS_MULTIPROC_DIR` names a folder for them to share (deploy/uwsgi/web.ini); gauges are
read when somebody asks.
"""

import os
from collections.abc import Callable, Iterable, Sequence
from importlib.metadata import version
from pathlib import Path

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest, values
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector

from gas.errors import ServiceUnavailable
from gas.gauges import QueueGauge
from gas.logs import get_logger

log = get_logger()

_SHARED = "PROMETHEUS_MULTIPROC_DIR"
_MIB = 1024 * 1024


def _by_worker() -> str | int:
    """Names a process's file by uWSGI's number of it, so that restarts leave no files behind."""
    try:
        import uwsgi  # type: ignore[import-untyped,unused-ignore]
    except ImportError:
        return os.getpid()
    return int(uwsgi.worker_id())


if os.environ.get(_SHARED):
    Path(os.environ[_SHARED]).mkdir(mode=0o700, parents=True, exist_ok=True)
    values.ValueClass = values.MultiProcessValue(_by_worker)  # type: ignore[no-untyped-call]

REGISTRY = CollectorRegistry()

HTTP_SECONDS = Histogram(
    "gas_http_request_seconds",
    "Requests by route and status, and how long their answers took",
    ["method", "route", "status"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
    registry=REGISTRY,
)
MESSAGE_SECONDS = Histogram(
    "gas_message_seconds",
    "Messages worked on, by queue and outcome (done, later, postpone, bury), and how long it took",
    ["queue", "outcome"],
    buckets=(0.01, 0.05, 0.25, 1, 5, 15, 60, 300, 900, 3600),
    registry=REGISTRY,
)
STAGE_SECONDS = Histogram(
    "gas_job_stage_seconds",
    "How long the stages of a job took: wait, download, engine, store",
    ["stage"],
    buckets=(0.1, 0.5, 1, 2.5, 5, 15, 60, 300, 900, 3600, 14_400),
    registry=REGISTRY,
)
ENGINE_RECORDS = Counter(
    "gas_engine_records", "Records that the engine has read", registry=REGISTRY
)
ENGINE_MEMORY = Histogram(
    "gas_engine_memory_bytes",
    "The most memory that an engine process had resident",
    buckets=[_MIB * size for size in (128, 256, 512, 1024, 2048, 4096, 8192)],
    registry=REGISTRY,
)
EVENTS = Counter(
    "gas_events",
    "Lines written to the log, by what happened (job_claimed, job_completed, message_buried, …)",
    ["event", "level"],
    registry=REGISTRY,
)

BUILD_INFO = "gas_build_info"
SLOTS = "gas_slots"
SLOTS_BUSY = "gas_slots_busy"
QUEUE_MESSAGES = "gas_queue_messages"
QUEUE_OLDEST = "gas_queue_oldest_seconds"

NAMES = (
    "gas_http_request_seconds",
    "gas_message_seconds",
    "gas_job_stage_seconds",
    "gas_engine_records_total",
    "gas_engine_memory_bytes",
    "gas_events_total",
    BUILD_INFO,
    SLOTS,
    SLOTS_BUSY,
    QUEUE_MESSAGES,
    QUEUE_OLDEST,
)
"""All of them, as Prometheus knows them."""

Read = Callable[[], Iterable[Metric]]


def count_event(event: str, level: str) -> None:
    """A line was written to the log (`gas.logs.configure`)."""
    EVENTS.labels(event, level).inc()


class Exposition:
    """What a service answers Prometheus: all counters, and its gauges as they are now."""

    def __init__(self, service: str, *gauges: Read) -> None:
        self._gauges = CollectorRegistry()
        for read in (lambda: _build_info(service), *gauges):
            self._gauges.register(_Reader(read))

    def text(self) -> bytes:
        """The numbers in Prometheus's text format."""
        shared = os.environ.get(_SHARED)
        counters = REGISTRY
        if shared:
            counters = CollectorRegistry()
            MultiProcessCollector(counters, path=shared)  # type: ignore[no-untyped-call]
        return bytes(generate_latest(counters)) + bytes(generate_latest(self._gauges))


class _Reader:
    """A collector of the client library; one that describes nothing is not read at its start."""

    def __init__(self, read: Read) -> None:
        self._read = read

    def describe(self) -> Iterable[Metric]:
        return []

    def collect(self) -> Iterable[Metric]:
        return self._read()


def _build_info(service: str) -> Iterable[Metric]:
    info = GaugeMetricFamily(BUILD_INFO, "Which version runs", labels=["service", "version"])
    info.add_metric([service, version("gas")], 1)
    yield info


def worker_gauges(slots: int, busy: Callable[[], int]) -> Read:
    """How many messages are worked on at once, of how many there may be."""

    def read() -> Iterable[Metric]:
        yield GaugeMetricFamily(SLOTS, "Messages that may be worked on at once", value=slots)
        yield GaugeMetricFamily(SLOTS_BUSY, "Messages that are worked on", value=busy())

    return read


def queue_gauges(read_queues: Callable[[], Sequence[QueueGauge]]) -> Read:
    """How much waits in the queues. Queues that cannot be asked are left out."""

    def read() -> Iterable[Metric]:
        messages = GaugeMetricFamily(
            QUEUE_MESSAGES,
            "Messages in the queues, those with `-dead` being the dead letters",
            labels=["queue", "state"],
        )
        oldest = GaugeMetricFamily(
            QUEUE_OLDEST, "Age of the message that has waited longest", labels=["queue"]
        )
        try:
            queues = read_queues()
        except ServiceUnavailable as error:
            log.warning("queues_not_read", reason=error.message)
            queues = []
        for queue in queues:
            messages.add_metric([queue.name, "waiting"], queue.waiting)
            messages.add_metric([queue.name, "in_hand"], queue.in_hand)
            if queue.oldest_seconds is not None:
                oldest.add_metric([queue.name], queue.oldest_seconds)
        yield from (messages, oldest)

    return read
