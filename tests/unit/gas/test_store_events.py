"""The door for the events of a file store other than AWS, as Ceph 16.2 posts them."""

import json
from typing import Any

import pytest

from gas.errors import InvalidMessage, NotAllowed, ServiceUnavailable
from gas.messages import S3ObjectCreated
from gas.store_events import StoreEvents

TOKEN = "abc123"
KEY = "lab 1+2/u/1~mine%20.vcf"


def record(**changed: Any) -> dict[str, Any]:
    return {
        "eventVersion": "2.2",
        "eventSource": "ceph:s3",
        "eventName": "ObjectCreated:Post",
        "s3": {
            "s3SchemaVersion": "1.0",
            "configurationId": "gas-uploads",
            "bucket": {"name": "inputs", "arn": "arn:aws:s3:::inputs"},
            "object": {"key": KEY, "size": 10, "sequencer": "4722026B4DDF5212"},
        },
        "opaqueData": TOKEN,
        **changed,
    }


def body(*records: dict[str, Any]) -> bytes:
    return json.dumps({"Records": records}).encode()


@pytest.fixture
def queued() -> list[str]:
    return []


@pytest.fixture
def door(queued: list[str]) -> StoreEvents:
    return StoreEvents(queued.append, bucket="inputs", token=TOKEN)


@pytest.mark.parametrize("name", ["ObjectCreated:Post", "s3:ObjectCreated:CompleteMultipartUpload"])
def test_the_reader_of_the_queue_finds_the_key_as_it_is(
    door: StoreEvents, queued: list[str], name: str
) -> None:
    assert door.take(body(record(eventName=name))) == 1
    (message,) = queued
    assert S3ObjectCreated.all_from_json(message) == [S3ObjectCreated(bucket="inputs", key=KEY)]


def test_what_is_repeated_is_queued_once(door: StoreEvents, queued: list[str]) -> None:
    assert [door.take(body(record())) for _ in range(3)] == [1, 0, 0]
    assert len(queued) == 1


def test_what_could_not_be_queued_is_taken_when_it_comes_again(queued: list[str]) -> None:
    down = [True]

    def enqueue(message: str) -> None:
        if down:
            raise ServiceUnavailable("The queue is away.")
        queued.append(message)

    door = StoreEvents(enqueue, bucket="inputs", token=TOKEN)
    with pytest.raises(ServiceUnavailable):
        door.take(body(record()))
    down.clear()
    assert door.take(body(record())) == 1
    assert len(queued) == 1


@pytest.mark.parametrize("shown", ["", "abc124", "äbc", None, 7])
def test_without_the_secret_nothing_is_queued(
    door: StoreEvents, queued: list[str], shown: object
) -> None:
    with pytest.raises(NotAllowed):
        door.take(body(record(), record(opaqueData=shown)))
    assert queued == []


@pytest.mark.parametrize(
    "other", [{"eventName": "ObjectRemoved:Delete"}, {"s3": {"bucket": {"name": "results"}}}]
)
def test_other_events_and_buckets_are_nobodys_job(
    door: StoreEvents, queued: list[str], other: dict[str, Any]
) -> None:
    whole = record()
    s3 = {**whole["s3"], **other.get("s3", {})}
    assert door.take(body({**whole, **other, "s3": s3})) == 0
    assert queued == []


@pytest.mark.parametrize("text", [b"", b"[]", b"{}", b'{"Records": 1}', b'{"Records": ["x"]}'])
def test_what_is_no_notification_is_refused(door: StoreEvents, text: bytes) -> None:
    with pytest.raises(InvalidMessage):
        door.take(text)
