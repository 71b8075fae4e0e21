"""Uploads in parts, by JSON: whose they are, and what becomes of them."""

from typing import Any

import pytest
from flask.testing import FlaskClient

from gas.plans import MIB, Plan
from gas.testing.parts import MemoryPartStore
from tests.unit.web.conftest import ADA, BEN, World
from tests.unit.web.test_uploads import jobs_of, post_json

PARTS = "/annotate/uploads/parts"
SIZE = 40 * MIB


def begin(world: World, client: FlaskClient, size: int = SIZE) -> Any:
    world.accounts.set_plan(ADA, Plan.PREMIUM)
    answer = post_json(client, PARTS, {"file_name": "genome.vcf.gz", "size": size})
    assert answer.status_code == 201
    return answer.json


def send(world: World, client: FlaskClient, begun: Any, numbers: list[int]) -> None:
    """What a browser does with signed addresses."""
    store = world.services.input_parts
    assert isinstance(store, MemoryPartStore)
    signed = post_json(client, f"{PARTS}/sign", {"upload": begun["upload"], "numbers": numbers})
    for number, url in signed.json["urls"].items():
        query = dict(pair.split("=") for pair in url.split("?")[1].split("&"))
        store.put(query["uploadId"], int(number), bytes(int(query["size"])))


def test_a_large_file_comes_in_parts_and_becomes_one_job(world: World, ada: FlaskClient) -> None:
    begun = begin(world, ada)
    assert (begun["part_size"], begun["parts"]) == (16 * MIB, 3)
    send(world, ada, begun, [1, 3])
    upload = {"upload": begun["upload"]}
    early = post_json(ada, f"{PARTS}/complete", upload)
    assert (early.status_code, early.json["code"]) == (409, "upload_incomplete")
    assert post_json(ada, f"{PARTS}/list", upload).json == {"numbers": [1, 3]}
    send(world, ada, begun, [2])
    for _ in range(2):
        done = post_json(ada, f"{PARTS}/complete", upload)
        assert (done.status_code, done.json) == (200, {"done": begun["done"]})
    answer = ada.get(begun["done"])
    assert (answer.status_code, answer.location) == (303, f"/annotations/{begun['job_id']}")
    (job,) = jobs_of(world)
    assert (job.input_size, job.plan) == (SIZE, Plan.PREMIUM)


@pytest.mark.parametrize("what", ["sign", "list", "complete", "abort"])
def test_only_its_owner_can_go_on_with_an_upload(world: World, ada: FlaskClient, what: str) -> None:
    begun = begin(world, ada)
    body = {"upload": begun["upload"], "numbers": [1]}
    ben = world.log_in(BEN)
    assert post_json(ben, f"{PARTS}/{what}", body).status_code == 400
    forged = {**body, "upload": begun["upload"][:-3] + "abc"}
    assert post_json(ada, f"{PARTS}/{what}", forged).status_code == 400
    assert post_json(world.client(), f"{PARTS}/{what}", body).status_code in {400, 401}
    assert post_json(ada, f"{PARTS}/list", body).json == {"numbers": []}


def test_a_free_user_begins_nothing_large(ada: FlaskClient) -> None:
    answer = post_json(ada, PARTS, {"file_name": "genome.vcf.gz", "size": SIZE})
    assert (answer.status_code, answer.json["code"]) == (413, "upload_too_large")


def test_an_upload_given_up_or_lost_has_to_begin_again(world: World, ada: FlaskClient) -> None:
    begun = begin(world, ada)
    upload = {"upload": begun["upload"]}
    for _ in range(2):
        assert post_json(ada, f"{PARTS}/abort", upload).status_code == 204
    gone = post_json(ada, f"{PARTS}/list", upload)
    assert (gone.status_code, gone.json["code"]) == (410, "upload_gone")
    assert post_json(ada, f"{PARTS}/complete", upload).status_code == 410


def test_too_many_parts_at_once_are_not_signed(world: World, ada: FlaskClient) -> None:
    begun = begin(world, ada)
    for numbers in ([], [4], list(range(1, 52)), ["x"]):
        body = {"upload": begun["upload"], "numbers": numbers}
        assert post_json(ada, f"{PARTS}/sign", body).status_code == 400
