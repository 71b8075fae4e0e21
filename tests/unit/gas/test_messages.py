import json

import pytest

from gas.errors import InvalidMessage
from gas.messages import JobFinished, JobRequested, S3ObjectCreated, Submission

JOB = "33333333-3333-4333-8333-333333333333"


@pytest.mark.parametrize(
    "message",
    [
        JobRequested(job_id=JOB, user_id="u"),
        JobFinished(job_id=JOB, user_id="u", job_status="COMPLETED"),
        Submission(user_email="a@b.org", file_name="α.vcf"),
    ],
)
def test_messages_survive_the_wire(message: JobRequested | JobFinished | Submission) -> None:
    assert type(message).from_json(message.to_json()) == message


def test_a_newer_sender_may_add_fields() -> None:
    wire = json.loads(JobRequested(job_id=JOB, user_id="u").to_json()) | {"priority": 3}
    assert JobRequested.from_json(json.dumps(wire)).job_id == JOB


@pytest.mark.parametrize(
    "wire",
    [
        "",
        "not json",
        "[]",
        "{}",
        json.dumps({"type": "job_requested", "version": 2, "job_id": JOB, "user_id": "u"}),
        json.dumps({"type": "job_finished", "version": 1, "job_id": JOB, "user_id": "u"}),
        json.dumps({"type": "job_requested", "version": 1, "job_id": "../x", "user_id": "u"}),
    ],
)
def test_what_breaks_the_contract_is_refused(wire: str) -> None:
    with pytest.raises(InvalidMessage):
        JobRequested.from_json(wire)


def s3_event(key: str, name: str = "ObjectCreated:Post") -> str:
    record = {"eventName": name, "s3": {"bucket": {"name": "inputs"}, "object": {"key": key}}}
    return json.dumps({"Records": [record]})


def test_s3_events_name_their_objects_decoded() -> None:
    (created,) = S3ObjectCreated.all_from_json(s3_event("u/j%7Ea+b.vcf"))
    assert (created.bucket, created.key) == ("inputs", "u/j~a b.vcf")


def test_s3_test_events_and_removals_name_nothing() -> None:
    assert S3ObjectCreated.all_from_json(json.dumps({"Event": "s3:TestEvent"})) == []
    assert S3ObjectCreated.all_from_json(s3_event("k", "ObjectRemoved:Delete")) == []


@pytest.mark.parametrize("wire", ["", "[]", "{}", '{"Records": [{}]}', '{"Records": 3}'])
def test_what_is_no_s3_event_is_refused(wire: str) -> None:
    with pytest.raises(InvalidMessage):
        S3ObjectCreated.all_from_json(wire)
