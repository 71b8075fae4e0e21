"""What a person does with endpoints: limits, secrets, tests, replays."""

import base64
from datetime import UTC, datetime
from typing import Any

import pytest
from standardwebhooks import Webhook

from gas.errors import GasError, NotFound
from gas.webhooks.desk import EndpointOff, Owner, Wishes
from gas.webhooks.models import CHOOSABLE, MOST_ENDPOINTS, DeliveryState, Disabled, EventType
from gas.webhooks.ports import Reply
from tests.support.jobs import OTHER_USER, USER
from tests.unit.gas.webhooks.world import BAD, HOOK, World


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"url": "http://hooks.example.org"}, "address_refused"),
        ({"url": "https://10.0.0.1/"}, "address_refused"),
        ({"events": []}, "invalid_request"),
        ({"events": [EventType.PING]}, "invalid_request"),
        ({"description": "x" * 101}, "invalid_request"),
        ({"description": "a\nb"}, "invalid_request"),
    ],
)
def test_wishes_that_cannot_be_are_refused(changes: dict[str, Any], code: str) -> None:
    world = World()
    kept = world.endpoint()
    with pytest.raises(GasError) as refused:
        world.endpoint(**changes)
    assert refused.value.code == code
    wishes = {"url": HOOK, "events": CHOOSABLE, **changes}
    with pytest.raises(GasError):
        world.desk.change(world.owner, kept.endpoint_id, Wishes(**wishes))
    assert world.desk.list(USER) == [kept]


def test_ten_endpoints_are_enough() -> None:
    world = World()
    for _ in range(MOST_ENDPOINTS):
        world.endpoint()
    with pytest.raises(GasError, match="10 endpoints"):
        world.endpoint()
    assert len(world.desk.list(USER)) == MOST_ENDPOINTS


def test_a_secret_is_random_and_long_enough_and_two_sign_after_a_rotation() -> None:
    world = World()
    endpoint = world.endpoint()
    assert len(base64.b64decode(endpoint.secret.removeprefix("whsec_"))) == 32
    assert world.endpoint().secret != endpoint.secret
    rotated = world.desk.rotate_secret(USER, endpoint.endpoint_id)
    assert rotated.secret != endpoint.secret
    world.desk.ping(USER, endpoint.endpoint_id)
    world.work()
    _, headers, body = world.sender.posted[0]
    signatures = headers["webhook-signature"].split(" ")
    assert len(signatures) == 2
    for secret, signature in zip((rotated.secret, endpoint.secret), signatures, strict=True):
        expected = Webhook(secret).sign(headers["webhook-id"], _at(world), body.decode())
        assert signature == expected
    world.clock.advance(86_400)
    world.desk.ping(USER, endpoint.endpoint_id)
    world.work()
    assert " " not in world.sender.posted[1][1]["webhook-signature"]


def test_a_ping_is_one_try_that_harms_nobody_and_reaches_what_is_off() -> None:
    world = World(BAD, Reply(status=410))
    endpoint = world.endpoint(enabled=False)
    for _ in range(2):
        world.desk.ping(USER, endpoint.endpoint_id)
    world.work_until_quiet()
    assert len(world.sender.posted) == 2
    states = {each.state for each in world.log(endpoint)}
    assert states == {DeliveryState.FAILED}
    assert world.fresh(endpoint).failing_since == 0
    assert world.notices.published == []


def test_a_replay_begins_anew_under_the_same_id() -> None:
    world = World()
    endpoint = world.endpoint()
    world.finish()
    world.work()
    (delivery,) = world.log(endpoint)
    world.sender.replies = [BAD]
    world.clock.advance(3600)
    world.desk.replay(USER, endpoint.endpoint_id, delivery.delivery_id)
    with pytest.raises(GasError) as under_way:
        world.desk.replay(USER, endpoint.endpoint_id, delivery.delivery_id)
    assert under_way.value.code == "webhook_delivery_under_way"
    world.work_until_quiet()
    (again,) = world.log(endpoint)
    assert again.state is DeliveryState.DELIVERED
    assert [attempt.status for attempt in again.attempts] == [200, 500, 200]
    assert len({headers["webhook-id"] for _, headers, _ in world.sender.posted}) == 1
    assert len({body for _, _, body in world.sender.posted}) == 1
    assert again.expires_at > delivery.expires_at


def test_a_try_whose_message_was_lost_can_be_replayed() -> None:
    world = World(BAD)
    endpoint = world.endpoint()
    world.finish()
    world.work()
    world.messages.receive(limit=1, wait_seconds=0)
    world.clock.advance(2 * 3600)
    (delivery,) = world.log(endpoint)
    world.desk.replay(USER, endpoint.endpoint_id, delivery.delivery_id)
    world.work_until_quiet()
    assert world.log(endpoint)[0].state is DeliveryState.DELIVERED
    assert len(world.sender.posted) == 2


def test_what_is_switched_off_is_not_replayed_until_it_is_on_again() -> None:
    world = World(Reply(status=410))
    endpoint = world.endpoint()
    world.finish()
    world.work_until_quiet()
    (delivery,) = world.log(endpoint)
    with pytest.raises(EndpointOff):
        world.desk.replay(USER, endpoint.endpoint_id, delivery.delivery_id)
    assert world.fresh(endpoint).disabled_because is Disabled.GONE
    on = world.desk.change(world.owner, endpoint.endpoint_id, Wishes(HOOK, CHOOSABLE))
    assert (on.enabled, on.disabled_because, on.failing_since) == (True, None, 0)
    world.desk.replay(USER, endpoint.endpoint_id, delivery.delivery_id)
    world.work_until_quiet()
    assert world.log(endpoint)[0].state is DeliveryState.DELIVERED


def test_nobody_reaches_anothers_endpoint() -> None:
    world = World()
    endpoint = world.endpoint()
    delivery = world.desk.ping(USER, endpoint.endpoint_id)
    desk, endpoint_id = world.desk, endpoint.endpoint_id
    stranger = Owner(OTHER_USER, "ben@example.org")
    for use in (
        lambda: desk.get(OTHER_USER, endpoint_id),
        lambda: desk.change(stranger, endpoint_id, Wishes(HOOK, CHOOSABLE)),
        lambda: desk.rotate_secret(OTHER_USER, endpoint_id),
        lambda: desk.delete(OTHER_USER, endpoint_id),
        lambda: desk.ping(OTHER_USER, endpoint_id),
        lambda: desk.deliveries(OTHER_USER, endpoint_id, limit=5, cursor=None),
        lambda: desk.replay(OTHER_USER, endpoint_id, delivery.delivery_id),
    ):
        with pytest.raises(NotFound):
            use()
    assert world.desk.list(OTHER_USER) == []
    assert world.fresh(endpoint) == endpoint


def _at(world: World) -> datetime:
    return datetime.fromtimestamp(world.clock.now(), UTC)
