"""A request that is sent again is made once."""

import pytest

from tests.unit.web.api.conftest import Call, caller, issue
from tests.unit.web.conftest import BEN, World

BODY = {"file_name": "a.vcf", "size": 10}


def test_the_same_key_gives_the_same_answer(world: World, call: Call) -> None:
    headers = {"Idempotency-Key": "k1"}
    first = call("POST", "/uploads", json=BODY, headers=headers)
    again = call("POST", "/uploads", json=BODY, headers=headers)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json == again.json
    assert "Idempotency-Replayed" not in first.headers
    assert again.headers["Idempotency-Replayed"] == "true"
    other = call("POST", "/uploads", json=BODY, headers={"Idempotency-Key": "k2"})
    assert other.json["job_id"] != first.json["job_id"]
    without = call("POST", "/uploads", json=BODY)
    assert without.json["job_id"] != first.json["job_id"]


def test_a_key_is_good_for_one_request_of_one_person(world: World, call: Call) -> None:
    headers = {"Idempotency-Key": "k1"}
    mine = call("POST", "/uploads", json=BODY, headers=headers)
    changed = call("POST", "/uploads", json=BODY | {"size": 11}, headers=headers)
    assert (changed.status_code, changed.json["code"]) == (422, "idempotency_key_reused")
    elsewhere = call("POST", "/uploads/parts", json=BODY, headers=headers)
    assert elsewhere.status_code == 422
    theirs = caller(world, issue(world, BEN))("POST", "/uploads", json=BODY, headers=headers)
    assert theirs.status_code == 201
    assert theirs.json["job_id"] != mine.json["job_id"]


def test_an_error_is_not_kept(world: World, call: Call) -> None:
    headers = {"Idempotency-Key": "k1"}
    signed = call("POST", "/uploads", json=BODY).json
    early = call("POST", "/jobs", json={"key": signed["key"]}, headers=headers)
    assert (early.status_code, early.json["code"]) == (409, "upload_missing")
    metadata = {k.removeprefix("x-amz-meta-"): v for k, v in signed["fields"].items()}
    world.inputs.put(signed["key"], b"x" * 10, metadata=metadata)
    assert call("POST", "/jobs", json={"key": signed["key"]}, headers=headers).status_code == 201


@pytest.mark.parametrize("key", ["", "k" * 256, "tab\there"])
def test_a_key_that_is_none_is_refused(call: Call, key: str) -> None:
    answer = call("POST", "/uploads", json=BODY, headers={"Idempotency-Key": key})
    assert (answer.status_code, answer.json["code"]) == (400, "invalid_request")
