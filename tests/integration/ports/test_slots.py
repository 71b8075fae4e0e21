"""What every table of lines does, whatever is behind it, and the rules of slots on top of it."""

import threading
from collections.abc import Iterator
from uuid import uuid4

import boto3
import pytest

from gas.aws.clients import AwsClients
from gas.clock import SystemClock
from gas.slots import Line, LineTable, UserSlots
from gas.testing.slots import MemoryLineTable
from tests.support.aws import make_line_table
from tests.support.jobs import USER, job

FAR = 4_000_000_000


@pytest.fixture(params=["memory", "moto", "embedded"])
def lines(request: pytest.FixtureRequest) -> Iterator[LineTable]:
    if request.param == "memory":
        yield MemoryLineTable()
        return
    session: boto3.Session = request.getfixturevalue(f"{request.param}_session")
    yield make_line_table(AwsClients(session), f"t{uuid4().hex[:12]}")


def test_who_has_no_line_has_an_empty_one(lines: LineTable) -> None:
    assert lines.read(USER) == Line()


def test_a_line_comes_back_as_it_was_written_with_a_new_version(lines: LineTable) -> None:
    assert lines.write(USER, Line(running={"w1": 5}, waiting={"j1": 7}), expires_at=FAR)
    first = lines.read(USER)
    assert (first.running, first.waiting) == ({"w1": 5}, {"j1": 7})
    assert lines.write(USER, Line(version=first.version), expires_at=FAR)
    second = lines.read(USER)
    assert (second.running, second.waiting) == ({}, {})
    assert second.version > first.version
    assert lines.read("somebody else") == Line()


def test_only_the_line_that_was_read_is_replaced(lines: LineTable) -> None:
    assert lines.write(USER, Line(running={"w1": 5}), expires_at=FAR)
    assert not lines.write(USER, Line(running={"w2": 5}), expires_at=FAR)
    seen = lines.read(USER)
    assert lines.write(USER, seen, expires_at=FAR)
    assert not lines.write(USER, seen, expires_at=FAR)
    assert lines.read(USER).running == {"w1": 5}


@pytest.fixture(params=["memory", "embedded"])
def contended(request: pytest.FixtureRequest) -> LineTable:
    """moto checks a condition and writes without a lock in between."""
    if request.param == "memory":
        return MemoryLineTable()
    clients = AwsClients(request.getfixturevalue("embedded_session"))
    return make_line_table(clients, f"t{uuid4().hex[:12]}")


def test_many_at_once_never_get_more_than_the_limit(contended: LineTable) -> None:
    slots = UserSlots(contended, SystemClock(), lease_seconds=60)
    places: list[int] = []

    def take(owner: str) -> None:
        places.append(slots.take(job(), owner=owner, limit=2))

    threads = [threading.Thread(target=take, args=(f"w{n}",)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(places)[:3] == [0, 0, 1]
    line = contended.read(USER)
    assert (len(line.running), len(line.waiting)) == (2, 6)
