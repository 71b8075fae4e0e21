"""What cold storage says when a retrieval is complete, and what others may put into the queue."""

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gas.errors import InvalidMessage
from gas.jobs import ArchiveReference
from gas.messages import (
    ArchiveRequested,
    ArchiveRetrieved,
    PremiumSweepRequested,
    ThawRequested,
    one_of,
)

USER = "11111111-1111-4111-8111-111111111111"
JOB = "33333333-3333-4333-8333-333333333333"
BUCKET = "archives"
EXPECTED = ArchiveRetrieved(job_id=JOB, user_id=USER)


def restored(
    key: str = f"{USER}/{JOB}~annotated~0123456789abcdef",
    *,
    name: str = "ObjectRestore:Completed",
    bucket: str = BUCKET,
) -> dict[str, Any]:
    """One record as S3 sends it."""
    return {
        "eventVersion": "2.1",
        "eventName": name,
        "s3": {"bucket": {"name": bucket}, "object": {"key": key, "size": 9}},
        "glacierEventData": {"restoreEventData": {"lifecycleRestoreStorageClass": "GLACIER"}},
    }


def notice(**changes: Any) -> dict[str, Any]:
    """A job of a vault, as DescribeJob and the notice give it."""
    reference = ArchiveReference(
        user_id=USER, job_id=JOB, file="annotated", key=f"{USER}/{JOB}~tumour.annot.vcf.gz"
    )
    return {
        "Action": "ArchiveRetrieval",
        "ArchiveId": "a" * 138,
        "JobId": "j" * 92,
        "JobDescription": reference.model_dump_json(),
        "Completed": True,
        "StatusCode": "Succeeded",
        "Tier": "Expedited",
    } | changes


def read(text: str | bytes) -> list[ArchiveRetrieved]:
    return ArchiveRetrieved.all_from_json(text, archives_bucket=BUCKET)


@pytest.mark.parametrize(
    ("wire", "named"),
    [
        (json.loads(EXPECTED.to_json()), 1),
        ({"Records": [restored()]}, 1),
        ({"Records": [restored(), restored()]}, 2),
        ({"Records": [restored(f"lab1/{USER}/{JOB}%7Eannotated~0123")]}, 1),
        ({"Records": [restored(name="s3:ObjectRestore:Completed")]}, 1),
        ({"Records": [restored(name="ObjectRestore:Post")]}, 0),
        ({"Records": [restored(name="ObjectRestore:Delete")]}, 0),
        ({"Records": [restored(bucket="somebody-elses")]}, 0),
        ({"Records": []}, 0),
        ({"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": BUCKET}, 0),
        (notice(), 1),
        (notice(StatusCode="Failed", StatusMessage="ResourceNotFound"), 1),
    ],
)
def test_every_sender_is_understood(wire: dict[str, Any], named: int) -> None:
    assert read(json.dumps(wire)) == [EXPECTED] * named


def without(wire: dict[str, Any], *path: str) -> dict[str, Any]:
    found = wire
    for part in path[:-1]:
        found = found[part]
    del found[path[-1]]
    return wire


@pytest.mark.parametrize(
    "wire",
    [
        "",
        "no json",
        "[]",
        "null",
        "7",
        '"text"',
        "[" * 100_000,
        b"\xff\xfe",
        "{}",
        {"type": "archive_retrieved", "version": 2, "job_id": JOB, "user_id": USER},
        {"type": "archive_retrieved", "version": 1, "job_id": JOB},
        {"type": "archive_retrieved", "version": 1, "job_id": "../x", "user_id": USER},
        {"type": "thaw_requested", "version": 1, "job_id": JOB, "user_id": USER},
        {"Records": 3},
        {"Records": None},
        {"Records": [3]},
        {"Records": [{}]},
        {"Records": [without(restored(), "s3", "object")]},
        {"Records": [without(restored(), "eventName")]},
        {"Records": [restored(name=None)]},  # type: ignore[arg-type]
        {"Records": [restored("by-hand.txt")]},
        {"Records": [restored(f"{USER}/{JOB}")]},
        {"Records": [restored(f"../../{JOB}~x~y")]},
        {"Records": [restored(f"{USER}/../{JOB}~x~y".replace(JOB, "x"))]},
        {"Records": [restored(7)]},  # type: ignore[arg-type]
        notice(Action="InventoryRetrieval"),
        notice(JobDescription=None),
        notice(JobDescription="no json"),
        notice(JobDescription=json.dumps({"user_id": USER, "job_id": JOB})),
        notice(
            JobDescription=json.dumps({"user_id": USER, "job_id": "x", "file": "f", "key": "k"})
        ),
        without(notice(), "Action"),
        without(notice(), "JobDescription"),
    ],
)
def test_what_nobody_should_send_is_refused(wire: Any) -> None:
    with pytest.raises(InvalidMessage):
        read(wire if isinstance(wire, str | bytes) else json.dumps(wire))


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["type", "Event", "Records", "s3", "Action", "JobDescription"])
            | st.text(),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(st.one_of(st.binary(), st.text(), _json.map(json.dumps)))
def test_anything_at_all_is_read_or_refused(wire: str | bytes) -> None:
    with contextlib.suppress(InvalidMessage):
        assert all(isinstance(found, ArchiveRetrieved) for found in read(wire))


@given(st.text())
def test_no_key_leads_out_of_our_names(key: str) -> None:
    try:
        (found,) = read(json.dumps({"Records": [restored(f"{USER}/{JOB}~{key}")]}))
    except InvalidMessage:
        return
    assert found == EXPECTED


def test_a_queue_of_several_contracts_is_read_by_type() -> None:
    thaw = ThawRequested(user_id=USER)
    sweep = PremiumSweepRequested(after_user_id="x")
    for message in (thaw, sweep):
        assert one_of(message.to_json(), ThawRequested, PremiumSweepRequested) == message
    for wire in (
        ArchiveRequested(job_id=JOB, user_id=USER).to_json(),
        "[]",
        "{}",
        "",
        '{"type":1}',
    ):
        with pytest.raises(InvalidMessage):
            one_of(wire, ThawRequested, PremiumSweepRequested)
