"""What every store of webhooks does, whatever is behind it."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import boto3
import pytest

from gas.aws.clients import AwsClients
from gas.aws.webhooks import DynamoWebhooks, SqsDeliveryQueue
from gas.errors import InvalidRequest
from gas.messages import WebhookDue
from gas.testing.webhooks import MemoryWebhooks
from gas.webhooks.models import (
    CHOOSABLE,
    Attempt,
    Delivery,
    DeliveryState,
    Disabled,
    Endpoint,
    EventType,
)
from tests.support.aws import make_webhooks

NOW = 1_800_000_000
ADA, BEN = "ada", "ben"
Store = MemoryWebhooks | DynamoWebhooks


@pytest.fixture(params=["memory", "moto", "embedded"])
def store(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    if request.param == "memory":
        yield MemoryWebhooks()
        return
    session: boto3.Session = request.getfixturevalue(f"{request.param}_session")
    if request.param == "moto":
        monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    yield make_webhooks(AwsClients(session), f"t{uuid4().hex[:12]}")


def endpoint(**changes: Any) -> Endpoint:
    values = {
        "user_id": ADA,
        "endpoint_id": str(uuid4()),
        "url": "https://hooks.example.org/ä?b=c",
        "events": CHOOSABLE,
        "email": "ada@example.org",
        "secret": "whsec_AAAA",
        "created_at": NOW,
    }
    return Endpoint.model_validate(values | changes)


def delivery(of: Endpoint, number: int = 1, **changes: Any) -> Delivery:
    values = {
        "user_id": of.user_id,
        "endpoint_id": of.endpoint_id,
        "delivery_id": f"msg_{number:034x}",
        "event": EventType.JOB_COMPLETED,
        "created_at": NOW,
        "body": '{"type":"job.completed"}',
        "next_at": NOW,
        "expires_at": NOW + 900,
    }
    return Delivery.model_validate(values | changes)


def test_endpoints_come_back_as_they_were_to_their_owner_only(store: Store) -> None:
    one, two = endpoint(), endpoint(created_at=NOW + 5, description="lab", enabled=False)
    for each in (two, one):
        store.create_endpoint(each)
    store.create_endpoint(endpoint(user_id=BEN))
    assert list(store.endpoints(ADA)) == [one, two]
    assert store.endpoint(ADA, two.endpoint_id) == two
    assert store.endpoint(BEN, two.endpoint_id) is None
    assert store.endpoint(ADA, str(uuid4())) is None


def test_a_change_touches_the_named_fields_and_only_what_is_as_expected(store: Store) -> None:
    one = endpoint()
    store.create_endpoint(one)
    changed = store.change_endpoint(one, {"failing_since": NOW}, expect={"failing_since": 0})
    assert changed == one.model_copy(update={"failing_since": NOW})
    assert store.change_endpoint(one, {"failing_since": 9}, expect={"failing_since": 0}) is None
    off = {"enabled": False, "disabled_because": Disabled.GONE, "mail_due": True}
    assert store.change_endpoint(one, off, expect={"enabled": True}) is not None
    assert store.change_endpoint(one, off, expect={"enabled": True}) is None
    on = {"enabled": True, "disabled_because": None, "events": (EventType.JOB_FAILED,)}
    store.change_endpoint(one, on)
    found = store.endpoint(ADA, one.endpoint_id)
    assert found is not None
    assert (found.enabled, found.disabled_because, found.events, found.failing_since) == (
        True,
        None,
        (EventType.JOB_FAILED,),
        NOW,
    )
    assert store.change_endpoint(endpoint(), {"enabled": False}) is None
    assert len(store.endpoints(ADA)) == 1


def test_a_delivery_is_added_once_and_replaced_by_who_has_seen_it(store: Store) -> None:
    one = endpoint()
    first = delivery(one)
    assert store.add_delivery(first)
    assert not store.add_delivery(first.model_copy(update={"body": "other"}))
    attempt = Attempt(
        at=NOW, url=one.url, milliseconds=12, headers={"a": "b"}, status=200, answer="\x00é"
    )
    tried = first.model_copy(update={"attempts": (attempt,), "state": DeliveryState.DELIVERED})
    written = store.replace_delivery(tried)
    assert written is not None
    assert store.replace_delivery(tried) is None
    assert store.delivery(ADA, one.endpoint_id, first.delivery_id) == written
    assert written.attempts == (attempt,)
    assert store.replace_delivery(written) is not None
    assert store.replace_delivery(delivery(one, 2)) is None


def test_the_log_is_read_in_pages_newest_first(store: Store) -> None:
    one, other = endpoint(), endpoint()
    for number in range(1, 6):
        store.add_delivery(delivery(one, number))
    store.add_delivery(delivery(other, 9))
    page = store.deliveries(ADA, one.endpoint_id, limit=3)
    assert [int(each.delivery_id[4:], 16) for each in page.deliveries] == [5, 4, 3]
    last = store.deliveries(ADA, one.endpoint_id, limit=2, cursor=page.next_cursor)
    assert [int(each.delivery_id[4:], 16) for each in last.deliveries] == [2, 1]
    assert last.next_cursor is None
    assert store.deliveries(BEN, one.endpoint_id, limit=3).deliveries == []
    for wrong in ("", "msg_", "msg_" + "g" * 34, "endpoint#x"):
        with pytest.raises(InvalidRequest):
            store.deliveries(ADA, one.endpoint_id, limit=3, cursor=wrong)


def test_a_deleted_endpoint_takes_its_log_along(store: Store) -> None:
    one, other = endpoint(), endpoint()
    for each in (one, other):
        store.create_endpoint(each)
        store.add_delivery(delivery(each))
    assert not store.delete_endpoint(BEN, one.endpoint_id)
    assert store.delete_endpoint(ADA, one.endpoint_id)
    assert not store.delete_endpoint(ADA, one.endpoint_id)
    assert list(store.endpoints(ADA)) == [other]
    assert store.deliveries(ADA, one.endpoint_id, limit=5).deliveries == []
    assert len(store.deliveries(ADA, other.endpoint_id, limit=5).deliveries) == 1


def test_erasing_leaves_what_came_later_and_what_is_others(store: Store) -> None:
    old, new, bens = endpoint(), endpoint(created_at=NOW + 9), endpoint(user_id=BEN)
    for each in (old, new, bens):
        store.create_endpoint(each)
    store.add_delivery(delivery(old))
    store.add_delivery(delivery(new, created_at=NOW + 10))
    for _ in range(2):
        store.erase(ADA, up_to=NOW + 5)
    assert list(store.endpoints(ADA)) == [new]
    assert list(store.endpoints(BEN)) == [bens]
    assert store.deliveries(ADA, old.endpoint_id, limit=5).deliveries == []
    assert len(store.deliveries(ADA, new.endpoint_id, limit=5).deliveries) == 1


@pytest.mark.parametrize("world", ["moto", "embedded"])
def test_a_try_waits_in_the_queue(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, world: str
) -> None:
    session: boto3.Session = request.getfixturevalue(f"{world}_session")
    if world == "moto":
        monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    sqs = AwsClients(session).sqs()
    url = sqs.create_queue(QueueName=f"q{uuid4().hex[:12]}")["QueueUrl"]
    due = WebhookDue(user_id=ADA, endpoint_id=str(uuid4()), delivery_id="msg_1", round=1, attempt=2)
    queue = SqsDeliveryQueue(sqs, url)
    queue.send(due, delay=900)
    queue.send(due, delay=0)
    found = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=1)
    assert [WebhookDue.from_json(each["Body"]) for each in found["Messages"]] == [due]
