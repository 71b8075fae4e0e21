"""When an event is tried again, and when it is given up."""

import json
from pathlib import Path

import httpx
import pytest

from local.stripe.courier import GIVE_UP_AFTER, Courier, pause_after
from tests.support.waiting import wait_until
from tests.unit.local.stripe.world import START, World


class Endpoint:
    """Answers what it is told to; a status of 0 is a connection that fails."""

    def __init__(self) -> None:
        self.status = 500
        self.seen: list[str] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.seen.append(json.loads(request.content)["id"])
        if self.status == 0:
            raise httpx.ConnectError("refused")
        return httpx.Response(self.status)


def test_pauses_grow() -> None:
    pauses = [pause_after(attempts) for attempts in range(1, 40)]
    assert pauses[:4] == [0.5, 1.0, 2.0, 4.0]
    assert pauses == sorted(pauses)
    assert pauses[-1] == 3600


def deliveries(world: World) -> list[tuple[str, int]]:
    with world.store.reading() as tx:
        return [
            (str(row[0]), int(row[1]))
            for row in tx.connection.execute("select state, attempts from deliveries order by id")
        ]


@pytest.mark.parametrize("status", [0, 301, 400, 500])
def test_an_event_is_tried_for_three_days(tmp_path: Path, status: int) -> None:
    world, endpoint = World(tmp_path), Endpoint()
    endpoint.status = status
    with httpx.Client(transport=httpx.MockTransport(endpoint)) as client:
        courier = Courier(world.store, client, now=lambda: world.now)
        world.post("/v1/customers", email="a@example.org")
        world.now += 0.1
        _send(courier, world, attempts=1)
        courier.send_due()  # not yet
        assert len(endpoint.seen) == 1
        world.now += 0.6
        _send(courier, world, attempts=2)
        assert deliveries(world) == [("waiting", 2)]
        world.now = START + GIVE_UP_AFTER + 10
        _send(courier, world, attempts=3)
        assert deliveries(world) == [("failed", 3)]
    assert len(set(endpoint.seen)) == 1


def test_an_event_that_is_taken_is_not_sent_again(tmp_path: Path) -> None:
    world, endpoint = World(tmp_path), Endpoint()
    endpoint.status = 204
    with httpx.Client(transport=httpx.MockTransport(endpoint)) as client:
        courier = Courier(world.store, client, now=lambda: world.now)
        world.post("/v1/customers", email="a@example.org")
        _send(courier, world, attempts=1)
        world.now += 3600
        courier.send_due()
    assert deliveries(world) == [("delivered", 1)]
    assert world.events()[0]["pending_webhooks"] == 0


def _send(courier: Courier, world: World, *, attempts: int) -> None:
    def sent() -> bool:
        courier.send_due()
        return deliveries(world)[0][1] == attempts

    wait_until(sent, seconds=10, every=0.01)
