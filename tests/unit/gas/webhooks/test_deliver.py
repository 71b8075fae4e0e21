"""Deliveries: signed as the standard says, each event once, whatever dies or fails."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import pytest
from standardwebhooks import Webhook
from standardwebhooks import webhooks as receiver

from gas.jobs import Failure
from gas.messages import AccountNotice
from gas.webhooks.deliver import LOGGED_CHARS
from gas.webhooks.models import FAILING_SECONDS, PAUSES, DeliveryState, Disabled, EventType
from gas.webhooks.ports import Reply
from tests.support.jobs import OTHER_USER, USER, job
from tests.unit.gas.webhooks.world import BAD, URL, Fuse, World

DAY = 86_400


def verified(
    monkeypatch: pytest.MonkeyPatch, world: World, secret: str, number: int = -1
) -> Mapping[str, Any]:
    """What a receiver makes of a message, with the library of Standard Webhooks."""

    class Now(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return datetime.fromtimestamp(world.clock.now(), UTC)

    monkeypatch.setattr(receiver, "datetime", Now)
    _, headers, body = world.sender.posted[number]
    found: Mapping[str, Any] = Webhook(secret).verify(body, dict(headers))
    return found


def test_a_finished_job_is_told_in_a_way_that_the_receivers_library_accepts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = World()
    endpoint = world.endpoint()
    done = world.finish(input_file_name="Proband «α».vcf")
    world.work()
    found = verified(monkeypatch, world, endpoint.secret)
    assert found["type"] == "job.completed"
    assert found["timestamp"].endswith("Z")
    data = found["data"]
    assert (data["job_id"], data["status"]) == (done.job_id, "COMPLETED")
    assert data["file_name"] == "Proband «α».vcf"
    assert data["url"] == f"{URL}/annotations/{done.job_id}"
    (delivery,) = world.log(endpoint)
    assert delivery.state is DeliveryState.DELIVERED
    assert delivery.attempts[0].answer == "ok"
    url, headers, _ = world.sender.posted[0]
    assert (url, headers["webhook-id"]) == (endpoint.url, delivery.delivery_id)
    with pytest.raises(receiver.WebhookVerificationError):
        verified(monkeypatch, world, world.endpoint().secret)


def test_a_failed_job_and_restored_results_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    endpoint = world.endpoint()
    world.finish(failure=Failure(code="no_variants", message="m" * 9000, remedy="Send some."))
    world.work()
    failed = verified(monkeypatch, world, endpoint.secret)
    assert failed["type"] == "job.failed"
    assert failed["data"]["failure"]["code"] == "no_variants"
    assert len(world.sender.posted[0][2]) < 2000
    world.restore(3)
    world.work()
    assert verified(monkeypatch, world, endpoint.secret)["data"]["jobs"] == 3


def test_only_who_wants_an_event_is_told_of_it() -> None:
    world = World()
    failures = world.endpoint(events=[EventType.JOB_FAILED])
    off = world.endpoint(enabled=False)
    world.finish()
    world.work()
    assert world.sender.posted == []
    assert world.log(failures) == world.log(off) == []


@pytest.mark.parametrize("gone", ["deleted", "erasing", "another's"])
def test_nothing_is_told_of_a_job_that_is_not_the_users_any_more(gone: str) -> None:
    world = World()
    world.endpoint()
    changes: Mapping[str, dict[str, Any]] = {
        "deleted": {},
        "another's": {"user_id": OTHER_USER},
        "erasing": {"erasing_at": 1},
    }
    done = world.finish(**changes[gone])
    if gone == "deleted":
        world.jobs.table.delete(done.job_id)
    world.work()
    assert world.sender.posted == []


def test_slack_gets_a_sentence_in_which_nothing_can_be_slipped() -> None:
    world = World()
    world.endpoint(format="slack")
    done = world.finish(input_file_name="<!channel>&.vcf")
    world.work()
    (_, _, body) = world.sender.posted[0]
    text = json.loads(body)["text"]
    assert text == (
        f"&lt;!channel&gt;&amp;.vcf has been annotated. <{URL}/annotations/{done.job_id}|Open it>"
    )


def test_what_is_refused_is_tried_again_under_the_same_id_with_a_fresh_signature(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = World(BAD, Reply(error="The connection was refused."))
    endpoint = world.endpoint()
    world.finish()
    world.work_until_quiet()
    ids = {headers["webhook-id"] for _, headers, _ in world.sender.posted}
    times = [int(headers["webhook-timestamp"]) for _, headers, _ in world.sender.posted]
    assert len(ids) == 1
    assert [later - earlier for earlier, later in pairwise(times)] == [10, 30]
    assert verified(monkeypatch, world, endpoint.secret)["type"] == "job.completed"
    (delivery,) = world.log(endpoint)
    assert [attempt.status for attempt in delivery.attempts] == [500, 0, 200]
    assert delivery.attempts[0].answer == "out of order"
    assert delivery.attempts[1].error == "The connection was refused."
    assert world.fresh(endpoint).failing_since == 0


@pytest.mark.parametrize("status", [301, 307, 400, 404, 429, 503])
def test_whatever_is_not_2xx_is_a_failure(status: int) -> None:
    world = World(Reply(status=status))
    endpoint = world.endpoint()
    world.finish()
    world.work()
    assert world.log(endpoint)[0].state is DeliveryState.PENDING
    assert world.fresh(endpoint).failing_since > 0


def test_after_a_day_of_failures_the_endpoint_is_switched_off_with_one_mail() -> None:
    world = World(*[BAD] * 1000)
    endpoint, good = world.endpoint(), world.endpoint(events=[EventType.RESULTS_RESTORED])
    world.finish()
    world.finish()
    began = world.clock.now()
    world.work_until_quiet(step=60)
    found = world.fresh(endpoint)
    assert (found.enabled, found.disabled_because) == (False, Disabled.FAILING)
    assert world.fresh(good).enabled
    (notice,) = [AccountNotice.from_json(body) for body in world.notices.published]
    assert (notice.kind, notice.email) == ("webhook_disabled", "ada@example.org")
    assert FAILING_SECONDS <= world.clock.now() - began < FAILING_SECONDS + 4 * 3600
    assert len(world.sender.posted) <= 2 * (len(PAUSES) + 1)
    assert all(d.state is not DeliveryState.PENDING for d in world.log(endpoint))
    tried = len(world.sender.posted)
    world.finish()
    world.work_until_quiet()
    assert len(world.sender.posted) == tried


def test_the_schedule_ends_a_little_more_than_a_day_after_the_first_try() -> None:
    assert DAY < sum(PAUSES) < DAY + 3600
    assert list(PAUSES) == sorted(PAUSES)


def test_a_success_in_between_keeps_the_endpoint() -> None:
    world = World(*[BAD] * 11)
    endpoint = world.endpoint()
    world.finish()
    world.work_until_quiet(step=60)
    found = world.fresh(endpoint)
    assert (found.enabled, found.failing_since) == (True, 0)
    assert world.notices.published == []


def test_who_says_gone_is_switched_off_at_once_and_on_again_by_the_person() -> None:
    world = World(Reply(status=410))
    endpoint = world.endpoint()
    world.finish()
    world.work_until_quiet()
    found = world.fresh(endpoint)
    assert (found.enabled, found.disabled_because) == (False, Disabled.GONE)
    assert len(world.notices.published) == len(world.sender.posted) == 1
    assert world.log(endpoint)[0].state is DeliveryState.DROPPED


def test_an_answer_is_logged_in_bounds() -> None:
    headers = {"server": "x" * 999, "set-cookie": "secret", "content-type": "a/b"}
    world = World(Reply(status=200, headers=headers, body="é" * 70_000))
    endpoint = world.endpoint()
    world.finish()
    world.work()
    (attempt,) = world.log(endpoint)[0].attempts
    assert len(attempt.answer) == LOGGED_CHARS
    assert set(attempt.answer_headers) == {"server", "content-type"}
    assert len(attempt.answer_headers["server"]) < 999


STEPS = 30
"""More calls than that are not made; a fuse that never blows makes a test of the undisturbed."""


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("at", range(1, STEPS))
def test_who_dies_at_any_step_loses_nothing(at: int, after: bool) -> None:
    fuse = Fuse(at, after=after)
    world = World(BAD, BAD, fuse=fuse)
    one, two = world.endpoint(), world.endpoint()
    done = world.finish()
    world.work_until_quiet()
    for endpoint in (one, two):
        (delivery,) = world.log(endpoint)
        assert delivery.state is DeliveryState.DELIVERED
        assert world.fresh(endpoint).failing_since == 0
        assert done.job_id in delivery.body
    ids = {headers["webhook-id"] for _, headers, _ in world.sender.posted}
    assert len(ids) == 2
    # Of a try that died before it was recorded, the receiver may see two, under one id.
    assert len(world.sender.posted) <= 4 + fuse.blown


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("at", range(1, 16))
def test_who_dies_while_switching_off_still_tells_the_owner(at: int, after: bool) -> None:
    fuse = Fuse(at, after=after)
    world = World(*[Reply(status=410)] * 9, fuse=fuse)
    endpoint = world.endpoint()
    world.finish()
    world.work_until_quiet()
    assert not world.fresh(endpoint).enabled
    assert world.log(endpoint)[0].state is DeliveryState.DROPPED
    assert 1 <= len(world.notices.published) <= 1 + fuse.blown


def test_a_message_that_comes_twice_is_tried_once() -> None:
    world = World()
    endpoint = world.endpoint()
    done = world.finish()
    world.announce(done)
    world.work_until_quiet()
    world.announce(done)
    world.work_until_quiet()
    assert len(world.sender.posted) == len(world.log(endpoint)) == 1


def test_a_deleted_endpoint_gets_nothing_more() -> None:
    world = World(BAD)
    endpoint = world.endpoint()
    world.finish()
    world.work()
    world.desk.delete(USER, endpoint.endpoint_id)
    world.work_until_quiet()
    assert len(world.sender.posted) == 1
    assert world.store.deliveries(USER, endpoint.endpoint_id, limit=5).deliveries == []


@pytest.mark.parametrize(
    ("asked", "pause"),
    [
        ("", PAUSES[0]),
        ("5", PAUSES[0]),
        ("120", 120),
        ("9" * 40, 3600),
        ("-1", PAUSES[0]),
        ("soon", PAUSES[0]),
        ("Fri, 15 Jan 2027 08:02:00 GMT", 120),
        ("Fri, 15 Jan 1999 08:02:00 GMT", PAUSES[0]),
    ],
)
def test_the_receivers_wish_for_a_pause_is_obeyed_up_to_an_hour(asked: str, pause: int) -> None:
    headers = {"retry-after": asked} if asked else {}
    world = World(Reply(status=503, headers=headers, body=""))
    endpoint = world.endpoint()
    world.finish()
    world.work()
    (delivery,) = world.log(endpoint)
    assert delivery.next_at == world.clock.now() + pause


def test_a_cancelled_job_is_told_once() -> None:
    world = World()
    endpoint = world.endpoint()
    cancelled = job(job_status="CANCELLED", complete_time=world.clock.now())
    world.jobs.create(cancelled)
    for _ in range(2):
        world.desk.tell_cancelled(cancelled)
    world.work()
    (delivery,) = world.log(endpoint)
    assert delivery.event is EventType.JOB_CANCELLED
    assert json.loads(delivery.body)["data"]["status"] == "CANCELLED"


def test_only_who_wants_it_is_told_of_cancelling() -> None:
    world = World()
    world.endpoint(events=[EventType.JOB_FAILED])
    world.desk.tell_cancelled(job(job_status="CANCELLED", complete_time=world.clock.now()))
    world.work()
    assert world.sender.posted == []
