import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from gas.errors import ServiceUnavailable
from gas.gauges import QueueGauge
from gas.telemetry import metrics
from gas.telemetry.metrics import Exposition, queue_gauges, worker_gauges
from gas.telemetry.requests import install

ROOT = Path(__file__).parents[3]
TOKEN = {"Authorization": "Bearer for-prometheus"}


def app(token: str = "for-prometheus", *gauges: metrics.Read) -> FlaskClient:
    made = Flask("test")
    install(made, Exposition("web", *gauges), token=token)

    @made.get("/jobs/<job_id>")
    def job(job_id: str) -> tuple[str, int]:
        return job_id, 503 if job_id == "away" else 200

    return made.test_client()


@pytest.mark.parametrize(
    ("token", "headers", "status"),
    [
        ("for-prometheus", TOKEN, 200),
        ("for-prometheus", {}, 404),
        ("for-prometheus", {"Authorization": "Bearer other"}, 404),
        ("for-prometheus", {"Authorization": "Bearer é"}, 404),
        ("", {}, 404),
        ("", {"Authorization": "Bearer "}, 404),
    ],
)
def test_only_who_has_the_token_sees_numbers(
    token: str, headers: dict[str, str], status: int
) -> None:
    assert app(token).get("/metrics", headers=headers).status_code == status


def test_requests_are_counted_by_route_never_by_path() -> None:
    client = app()
    for path in ("/jobs/1", "/jobs/2", "/jobs/away", "/wp-admin.php?x=1"):
        client.get(path)
    client.open("/jobs/1", method="BREW")
    told = client.get("/metrics", headers=TOKEN).text
    assert re.search(r'_count\{method="GET",route="/jobs/<job_id>",status="200"\} 2\.0', told)
    assert 'route="/jobs/<job_id>",status="503"' in told
    assert 'method="GET",route="(none)",status="404"' in told
    assert 'method="OTHER"' in told
    assert "wp-admin" not in told


def test_gauges_are_read_when_asked() -> None:
    def queues() -> list[QueueGauge]:
        return [QueueGauge("jobs", 3, 1, 40), QueueGauge("jobs-dead", 2, 0)]

    client = app("for-prometheus", queue_gauges(queues), worker_gauges(4, lambda: 3))
    told = client.get("/metrics", headers=TOKEN).text
    assert 'gas_queue_messages{queue="jobs",state="waiting"} 3.0' in told
    assert 'gas_queue_messages{queue="jobs-dead",state="waiting"} 2.0' in told
    assert 'gas_queue_oldest_seconds{queue="jobs"} 40.0' in told
    assert 'oldest_seconds{queue="jobs-dead"}' not in told
    assert "gas_slots 4.0" in told
    assert "gas_slots_busy 3.0" in told
    assert 'gas_build_info{service="web",version="' in told


def test_queues_that_are_away_leave_the_other_numbers() -> None:
    def queues() -> list[QueueGauge]:
        raise ServiceUnavailable("away")

    told = app("for-prometheus", queue_gauges(queues)).get("/metrics", headers=TOKEN)
    assert told.status_code == 200
    assert "gas_build_info" in told.text


def test_every_number_is_described() -> None:
    described = (ROOT / "docs" / "observability.md").read_text(encoding="utf-8")
    assert set(re.findall(r"`(gas_[a-z_]+)(?:\{[^`]*)?`", described)) == set(metrics.NAMES)


def test_every_name_is_in_use() -> None:
    samples = {f"{metric.name}" for metric in metrics.REGISTRY.collect()}
    assert samples == {name.removesuffix("_total") for name in metrics.NAMES[:6]}


def test_processes_of_a_service_are_summed(tmp_path: Path) -> None:
    program = (
        "from gas.telemetry.metrics import Exposition, count_event\n"
        "count_event('job_claimed', 'info')\n"
        "print(Exposition('web').text().decode())"
    )
    environment = {**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(tmp_path / "numbers")}
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, "-c", program],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
    assert 'gas_events_total{event="job_claimed",level="info"} 2.0' in done.stdout
