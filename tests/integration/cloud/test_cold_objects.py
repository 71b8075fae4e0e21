"""Objects in the Glacier classes: closed, asked for, open for a while, over every ``kill -9``."""

from __future__ import annotations

import io
import json
import os
import time
from typing import Any

import httpx
import pytest
from botocore.exceptions import ClientError

from tests.integration.cloud.cold import make_cold_storage, practise, restore
from tests.integration.cloud.embedded import EmbeddedCloud
from tests.integration.cloud.waiting import receive, until

MIB = 1024 * 1024


def put(s3: Any, key: str, content: bytes, storage_class: str = "GLACIER") -> None:
    s3.put_object(Bucket="archives", Key=key, Body=content, StorageClass=storage_class)


def state(s3: Any, key: str) -> str:
    return str(s3.head_object(Bucket="archives", Key=key).get("Restore", ""))


def error_of(call: Any, **parameters: Any) -> str:
    with pytest.raises(ClientError) as fault:
        call(**parameters)
    return str(fault.value.response["Error"]["Code"])


def announced(cloud: EmbeddedCloud, count: int = 1) -> list[dict[str, Any]]:
    sqs = cloud.client("sqs")
    queue = sqs.get_queue_url(QueueName="retrieved")["QueueUrl"]
    bodies = [json.loads(message["Body"]) for message in receive(sqs, queue, count)]
    return [record for body in bodies for record in body.get("Records", [])]


@pytest.mark.parametrize("size", [100, 20 * MIB])
def test_an_archived_object_opens_only_after_its_restore(
    cold_cloud: EmbeddedCloud, size: int
) -> None:
    s3 = cold_cloud.client("s3")
    practise(cold_cloud, seconds={"expedited": 1.0})
    content = os.urandom(size)
    s3.upload_fileobj(io.BytesIO(content), "archives", "key", {"StorageClass": "GLACIER"})
    assert state(s3, "key") == ""
    assert error_of(s3.get_object, Bucket="archives", Key="key") == "InvalidObjectState"
    assert restore(s3, "key") == 202
    assert state(s3, "key") == 'ongoing-request="true"'
    assert error_of(s3.get_object, Bucket="archives", Key="key") == "InvalidObjectState"
    again = {"Days": 1, "GlacierJobParameters": {"Tier": "Standard"}}
    code = error_of(s3.restore_object, Bucket="archives", Key="key", RestoreRequest=again)
    assert code == "RestoreAlreadyInProgress"
    until(lambda: "false" in state(s3, "key"))
    assert s3.get_object(Bucket="archives", Key="key")["Body"].read() == content
    part = s3.get_object(Bucket="archives", Key="key", Range="bytes=10-19")["Body"].read()
    assert part == content[10:20]
    assert restore(s3, "key", days=3) == 200
    (record,) = announced(cold_cloud)
    assert record["eventName"] == "ObjectRestore:Completed"
    assert (record["s3"]["object"]["size"], record["s3"]["object"]["key"]) == (size, "key")
    assert record["glacierEventData"]["restoreEventData"]["lifecycleRestoreStorageClass"] == (
        "GLACIER"
    )


def test_it_closes_again_when_its_time_is_over(cold_cloud: EmbeddedCloud) -> None:
    s3 = cold_cloud.client("s3")
    practise(cold_cloud, seconds={"expedited": 0, "kept": 0.5})
    put(s3, "key", b"archived")
    restore(s3, "key")
    assert s3.get_object(Bucket="archives", Key="key")["Body"].read() == b"archived"
    until(lambda: not state(s3, "key"))
    assert error_of(s3.get_object, Bucket="archives", Key="key") == "InvalidObjectState"
    names = [record["eventName"] for record in announced(cold_cloud, 2)]
    assert names == ["ObjectRestore:Completed", "ObjectRestore:Delete"]
    assert restore(s3, "key") == 202


def test_another_object_under_the_key_is_closed(cold_cloud: EmbeddedCloud) -> None:
    s3 = cold_cloud.client("s3")
    practise(cold_cloud, seconds={"expedited": 0})
    put(s3, "key", b"first")
    restore(s3, "key")
    put(s3, "key", b"second")
    assert state(s3, "key") == ""
    assert error_of(s3.get_object, Bucket="archives", Key="key") == "InvalidObjectState"


def test_what_cannot_be_restored_is_said_so(cold_cloud: EmbeddedCloud) -> None:
    s3 = cold_cloud.client("s3", attempts=1)
    put(s3, "key", b"archived")
    put(s3, "warm", b"warm", "STANDARD")
    practise(cold_cloud, expedited_capacity=False)
    wanted = {"Days": 1, "GlacierJobParameters": {"Tier": "Expedited"}}
    asked = {"Bucket": "archives", "RestoreRequest": wanted}
    lacking = error_of(s3.restore_object, Key="key", **asked)
    assert lacking == "GlacierExpeditedRetrievalNotAvailable"
    assert error_of(s3.restore_object, Key="none", **asked) == "NoSuchKey"
    assert error_of(s3.restore_object, Key="warm", **asked) == "ObjectAlreadyInActiveTierError"
    assert restore(s3, "key", tier="Standard") == 202


def test_an_outage_closes_what_is_cold_and_nothing_else(own_cloud: EmbeddedCloud) -> None:
    make_cold_storage(own_cloud)
    s3 = own_cloud.client("s3", attempts=1)
    put(s3, "key", b"archived")
    put(s3, "warm", b"warm", "STANDARD")
    practise(own_cloud, outage=True)
    own_cloud.kill()
    own_cloud.start()
    for call in (s3.delete_object, s3.get_object):
        assert error_of(call, Bucket="archives", Key="key") == "ServiceUnavailable"
    again = {"Bucket": "archives", "Key": "more", "Body": b"x", "StorageClass": "GLACIER"}
    assert error_of(s3.put_object, **again) == "ServiceUnavailable"
    glacier = own_cloud.client("glacier", attempts=1)
    assert error_of(glacier.list_vaults) == "ServiceUnavailableException"
    assert s3.get_object(Bucket="archives", Key="warm")["Body"].read() == b"warm"
    practise(own_cloud, outage=False)
    s3.delete_object(Bucket="archives", Key="key")


def test_restores_go_on_after_everything_was_killed(own_cloud: EmbeddedCloud) -> None:
    make_cold_storage(own_cloud)
    s3 = own_cloud.client("s3")
    practise(own_cloud, seconds={"expedited": 0, "standard": 3.0})
    contents = {"small": b"small", "large": os.urandom(20 * MIB), "open": b"open"}
    for key, content in contents.items():
        put(s3, key, content)
    restore(s3, "open")
    (record,) = announced(own_cloud)
    assert record["s3"]["object"]["key"] == "open"
    begun = time.monotonic()
    for key in ("small", "large"):
        restore(s3, key, tier="Standard")
    own_cloud.kill()
    own_cloud.start()
    assert s3.get_object(Bucket="archives", Key="open")["Body"].read() == b"open"
    if time.monotonic() - begun < 2.5:
        assert state(s3, "large") == 'ongoing-request="true"'
    told: set[str] = set()
    while not {"small", "large"} <= told:  # "open" may be told again: whoever dies may repeat
        told |= {record["s3"]["object"]["key"] for record in announced(own_cloud)}
    for key, content in contents.items():
        assert s3.get_object(Bucket="archives", Key=key)["Body"].read() == content


def test_an_announcement_that_was_being_made_is_made_again(own_cloud: EmbeddedCloud) -> None:
    make_cold_storage(own_cloud)
    s3 = own_cloud.client("s3")
    practise(own_cloud, seconds={"expedited": 0.3})
    keys = {f"key-{number}" for number in range(20)}
    for key in keys:
        put(s3, key, b"archived")
    for key in keys:
        restore(s3, key)
    own_cloud.ministack.kill()
    time.sleep(0.5)
    own_cloud.kill()
    own_cloud.start()
    told: set[str] = set()
    while not keys <= told:
        told |= {record["s3"]["object"]["key"] for record in announced(own_cloud)}


def test_practice_is_for_the_holder_of_the_token(cold_cloud: EmbeddedCloud) -> None:
    page = f"{cold_cloud.url}/_gas/practice/cold"
    assert httpx.get(page).status_code == 401
    assert practise(cold_cloud, "wrong", outage=True).status_code == 401
    for wrong in ({"outages": True}, {"outage": 1}, {"seconds": {"bulk": 1}}):
        assert practise(cold_cloud, **wrong).status_code == 400
    for seconds in ({"standard": -1}, {"standard": None}, {"kept": "long"}):
        assert practise(cold_cloud, seconds=seconds).status_code == 400
    changed = practise(cold_cloud, seconds={"kept": 7}).json()
    assert changed["seconds"]["kept"] == 7
    assert not changed["outage"]
