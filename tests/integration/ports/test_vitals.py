"""What every table of vitals does, whatever is behind it: signs of life, and measured speeds."""

from collections.abc import Iterator
from uuid import uuid4

import boto3
import pytest

from gas.aws.clients import AwsClients
from gas.aws.vitals import DynamoVitals
from gas.testing.vitals import MemoryVitals
from gas.throughput import Pace
from gas.vitals import Beat
from tests.support.aws import make_vitals

NOW = 1_800_000_000

Vitals = MemoryVitals | DynamoVitals


@pytest.fixture(params=["memory", "moto", "embedded"])
def vitals(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Vitals]:
    if request.param == "memory":
        yield MemoryVitals()
        return
    session: boto3.Session = request.getfixturevalue(f"{request.param}_session")
    if request.param == "moto":
        monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    yield make_vitals(AwsClients(session), f"t{uuid4().hex[:12]}")


def beat(service: str = "web", instance: str = "a:1", seen_at: int = NOW) -> Beat:
    return Beat(service, instance, "1.2.3", NOW - 50, seen_at, {"slots": 2, "busy": 0})


def test_each_process_has_one_beat_the_latest(vitals: Vitals) -> None:
    assert vitals.beats() == []
    for each in (beat(), beat("annotator", "b:2"), beat(seen_at=NOW + 15)):
        vitals.beat(each, expires_at=NOW + 900)
    assert vitals.beats() == [beat("annotator", "b:2"), beat(seen_at=NOW + 15)]


def test_a_process_that_ended_is_forgotten(vitals: Vitals) -> None:
    vitals.beat(beat(), expires_at=NOW + 900)
    vitals.forget(beat(seen_at=NOW + 3))
    vitals.forget(beat(instance="never seen"))
    assert vitals.beats() == []


def test_a_speed_comes_back_as_it_was_written_with_a_new_version(vitals: Vitals) -> None:
    assert vitals.read_pace("demo/plain") == Pace()
    first = Pace().with_job(size=12_345_678, seconds=0.123456789, records=7, waited=0, at=NOW)
    assert vitals.write_pace("demo/plain", first)
    seen = vitals.read_pace("demo/plain")
    assert seen.version > first.version
    assert (seen.x, seen.y, seen.xx, seen.records) == (first.x, first.y, first.xx, 7.0)
    assert vitals.read_pace("demo/compressed") == Pace()
    assert vitals.paces() == {"demo/plain": seen}
    assert vitals.beats() == []


def test_only_the_speed_that_was_read_is_replaced(vitals: Vitals) -> None:
    assert vitals.write_pace("demo/plain", Pace(jobs=1))
    assert not vitals.write_pace("demo/plain", Pace(jobs=9))
    seen = vitals.read_pace("demo/plain")
    assert vitals.write_pace("demo/plain", seen)
    assert not vitals.write_pace("demo/plain", seen)
