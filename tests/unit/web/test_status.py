"""The status page tells what is away, what is late, and what that means; to everybody."""

from collections.abc import Sequence
from threading import Event

import pytest

from gas.gauges import QueueGauge
from gas.testing.gauges import MemoryGauges
from gas.testing.vitals import MemoryVitals
from gas.throughput import Throughput
from gas.vitals import ALIVE_SECONDS, Beat
from tests.support.jobs import job
from tests.support.waiting import wait_until
from tests.unit.web.conftest import ADA, JSON, World
from web.status.watch import FRESH_SECONDS, OLD_SECONDS
from web.status.words import DEAD, QUEUES, SERVICES


def live(world: World, *services: str, ago: int = 0) -> None:
    now = world.services.clock.now()
    for number, service in enumerate(services):
        detail = {"slots": 2, "busy": 1} if service == "annotator" else {}
        beat = Beat(service, f"host:{number}", "1.2.3", now - 500, now - ago, detail)
        world.services.vitals.beat(beat, expires_at=now + 900)


def watch(world: World, *gauges: QueueGauge) -> None:
    assert isinstance(world.services.gauges, MemoryGauges)
    world.services.gauges.gauges = gauges


def test_all_is_well(world: World) -> None:
    live(world, *SERVICES, "annotator")
    watch(world, QueueGauge("jobs", 3, 2, 60), QueueGauge("jobs-dead", 0, 0))
    stranger = world.app.test_client().get("/status", headers=JSON).get_json()
    assert not any("versions" in part for part in stranger["services"])
    told = world.log_in(ADA).get("/status", headers=JSON).get_json()
    assert (told["status"], told["sentence"]) == ("good", "Everything works.")
    annotator = next(part for part in told["services"] if part["name"] == "annotator")
    assert (annotator["instances"], annotator["versions"]) == (2, ["1.2.3"])
    assert annotator["detail"] == {"slots": 4, "busy": 2}
    [jobs] = told["queues"]
    assert (jobs["waiting"], jobs["in_hand"], jobs["oldest_seconds"]) == (3, 2, 60)
    assert told["last_completed_job"] is None


def test_nobody_needs_to_log_in_to_see_that_the_worker_is_away(world: World) -> None:
    live(world, "web", "archiver", "thaw")
    live(world, "annotator", ago=ALIVE_SECONDS + 1)
    page = world.app.test_client().get("/status")
    assert page.status_code == 200
    assert "A part of the service is away." in page.text
    assert SERVICES["annotator"].when_down in page.text


@pytest.mark.parametrize(
    ("gauges", "level", "sentence"),
    [
        ([QueueGauge("mails", 1, 0, QUEUES["mails"].longest)], "good", ""),
        (
            [QueueGauge("mails", 1, 0, QUEUES["mails"].longest + 1)],
            "slow",
            QUEUES["mails"].when_late,
        ),
        ([QueueGauge("mails", 9, 0, None)], "good", ""),
        (
            [QueueGauge("mails", 0, 0), QueueGauge("mails" + DEAD, 1, 0)],
            "slow",
            "One was put aside after several tries and kept for the operator.",
        ),
    ],
)
def test_a_queue_is_late_by_its_own_measure(
    world: World, gauges: list[QueueGauge], level: str, sentence: str
) -> None:
    live(world, *SERVICES)
    watch(world, *gauges)
    told = world.app.test_client().get("/status", headers=JSON).get_json()
    assert told["status"] == level
    assert [(queue["status"], queue["sentence"]) for queue in told["queues"]] == [(level, sentence)]


def test_what_cannot_be_asked_is_said_to_be_unknown(world: World) -> None:
    live(world, *SERVICES)
    assert isinstance(world.services.gauges, MemoryGauges)
    world.services.gauges.gauges = None
    page = world.app.test_client().get("/status")
    assert page.status_code == 200
    assert "The queues cannot be asked just now" in page.text
    assert 'data-level="unknown"' in page.text


def test_many_who_look_cost_one_look(world: World) -> None:
    live(world, *SERVICES)
    client = world.app.test_client()
    watch(world, QueueGauge("jobs", 1, 0))
    assert client.get("/status", headers=JSON).get_json()["queues"][0]["waiting"] == 1
    watch(world, QueueGauge("jobs", 2, 0))
    assert client.get("/status", headers=JSON).get_json()["queues"][0]["waiting"] == 1
    world.clock.advance(FRESH_SECONDS)
    assert client.get("/status", headers=JSON).get_json()["queues"][0]["waiting"] == 2


def test_the_last_completed_job_is_told(world: World) -> None:
    assert isinstance(world.services.vitals, MemoryVitals)
    Throughput(world.services.vitals, world.clock).note(job(), seconds=1, records=5)
    told = world.app.test_client().get("/status", headers=JSON).get_json()
    assert told["last_completed_job"] == "2027-01-15T08:00:00Z"


def test_nobody_waits_for_stores_that_do_not_answer(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    live(world, *SERVICES)
    watch(world)
    client, answer = world.app.test_client(), Event()
    monkeypatch.setattr("web.status.watch.PATIENCE", 0.05)
    good = world.services.vitals.beats

    def slow() -> Sequence[Beat]:
        answer.wait(10)
        return good()

    monkeypatch.setattr(world.services.vitals, "beats", slow)
    assert client.get("/status", headers=JSON).get_json()["status"] == "unknown"
    answer.set()
    wait_until(
        lambda: client.get("/status", headers=JSON).get_json()["status"] == "good", seconds=5
    )
    answer.clear()
    world.clock.advance(FRESH_SECONDS)
    assert client.get("/status", headers=JSON).get_json()["status"] == "good"
    world.clock.advance(OLD_SECONDS)
    old = client.get("/status", headers=JSON).get_json()
    assert (old["status"], old["sentence"]) == (
        "unknown",
        "The service could not be looked at for a while.",
    )
    answer.set()
