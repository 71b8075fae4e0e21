"""The way of a job through the API."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest

from gas.jobs import JobStatus
from tests.unit.web.api.conftest import Call
from tests.unit.web.conftest import ADA, BEN, World, complete, make_job


def upload(world: World, call: Call, **options: Any) -> str:
    """A file that has been sent; its key."""
    body = {"file_name": "a b.vcf", "size": 10, "options": options}
    signed = call("POST", "/uploads", json=body)
    assert signed.status_code == 201, signed.text
    fields = signed.json["fields"]
    metadata = {k.removeprefix("x-amz-meta-"): v for k, v in fields.items()}
    world.inputs.put(signed.json["key"], b"x" * 10, metadata=metadata)
    return str(signed.json["key"])


def test_from_upload_to_job(world: World, call: Call) -> None:
    key = upload(world, call, strict=True)
    made = call("POST", "/jobs", json={"key": key})
    assert made.status_code == 201
    job = made.json
    assert made.headers["Location"] == f"/api/v1/jobs/{job['job_id']}"
    assert (job["status"], job["file_name"], job["options"]["strict"]) == (
        "PENDING",
        "a b.vcf",
        True,
    )
    assert call("POST", "/jobs", json={"key": key}).json["job_id"] == job["job_id"]
    assert call("GET", f"/jobs/{job['job_id']}").json["job_id"] == job["job_id"]
    assert [each["job_id"] for each in call("GET", "/jobs").json["jobs"]] == [job["job_id"]]


def test_options_that_cannot_be_met_are_refused_before_anything_is_sent(call: Call) -> None:
    body = {"file_name": "a.vcf", "size": 10, "options": {"pack": "mars"}}
    answer = call("POST", "/uploads", json=body)
    assert (answer.status_code, answer.json["code"]) == (400, "invalid_upload")
    assert "mars" in answer.json["detail"]


def test_what_the_plan_does_not_allow_offers_premium(call: Call) -> None:
    answer = call("POST", "/uploads", json={"file_name": "a.vcf", "size": 2**40})
    assert (answer.status_code, answer.json["code"]) == (413, "upload_too_large")
    assert answer.json["upgrade"].endswith("/billing")


def test_a_list_is_read_page_by_page_and_holds_only_ones_own(world: World, call: Call) -> None:
    mine = [make_job(world) for _ in range(5)]
    make_job(world, BEN)
    seen, cursor = [], ""
    while True:
        page = call("GET", f"/jobs?limit=2{cursor}").json
        seen += [job["job_id"] for job in page["jobs"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert sorted(seen) == sorted(job.job_id for job in mine)
    refused = call("GET", "/jobs?cursor=nonsense")
    assert (refused.status_code, refused.json["code"]) == (400, "invalid_request")


def test_a_finished_job_tells_results_receipt_and_files(world: World, call: Call) -> None:
    job = complete(world, make_job(world))
    told = call("GET", f"/jobs/{job.job_id}").json
    counts = told["receipt"]
    assert counts["records_in"] == counts["records_annotated"] + sum(counts["skipped"].values())
    assert told["results"]["situation"] == "open"
    files = {file["kind"]: file for file in call("GET", f"/jobs/{job.job_id}/files").json["files"]}
    link = call("GET", f"/jobs/{job.job_id}/files/annotated").json
    assert link["sha256"] == files["annotated"]["sha256"]
    assert 0 < link["expires_in"] <= world.services.settings.link_expires_in
    assert link["url"].startswith("http")
    other = call("GET", f"/jobs/{job.job_id}/files/secrets")
    assert (other.status_code, other.json["code"]) == (404, "not_found")


def test_when_the_free_time_is_over_the_table_stays_closed_and_the_log_open(
    world: World, call: Call
) -> None:
    job = complete(world, make_job(world))
    assert job.archive_at is not None
    world.clock.advance(job.archive_at - world.clock.now())
    refused = call("GET", f"/jobs/{job.job_id}/files/annotated")
    assert (refused.status_code, refused.json["code"]) == (403, "free_window_over")
    kinds = {file["kind"] for file in call("GET", f"/jobs/{job.job_id}/files").json["files"]}
    assert "log" in kinds
    assert "annotated" not in kinds


def test_cancel_run_again_and_delete(world: World, call: Call) -> None:
    key = upload(world, call)
    job_id = call("POST", "/jobs", json={"key": key}).json["job_id"]
    early = call("POST", f"/jobs/{job_id}/rerun", json={})
    assert (early.status_code, early.json["code"]) == (409, "job_not_ended")
    assert call("POST", f"/jobs/{job_id}/cancel").json["status"] == "CANCELLED"
    assert call("POST", f"/jobs/{job_id}/cancel").json["status"] == "CANCELLED"
    again = call("POST", f"/jobs/{job_id}/rerun", json={"options": {"strict": True}})
    assert again.status_code == 201
    assert (again.json["retry_of"], again.json["options"]["strict"]) == (job_id, True)
    assert UUID(again.json["job_id"]) != UUID(job_id)
    gone = call("DELETE", f"/jobs/{job_id}")
    assert (gone.status_code, gone.data) == (204, b"")
    assert call("GET", f"/jobs/{job_id}").status_code == 404


def test_waiting_ends_with_the_job(
    world: World, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = make_job(world)
    looks: list[float] = []

    def sleep(seconds: float) -> None:
        looks.append(seconds)
        if len(looks) == 2:
            world.jobs.cancel(job.job_id, at=world.clock.now())

    monkeypatch.setattr("web.api.jobs.time.sleep", sleep)
    answer = call("GET", f"/jobs/{job.job_id}/wait?seconds=20")
    assert (answer.json["status"], len(looks)) == (JobStatus.CANCELLED.value, 2)
    assert "Retry-After" not in answer.headers


def test_more_than_a_few_who_wait_are_asked_to_come_back(
    world: World, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = make_job(world)
    for others in ({ADA}, {"a", "b", "c"}):
        monkeypatch.setattr("web.api.jobs._waiting", set(others))
        answer = call("GET", f"/jobs/{job.job_id}/wait")
        assert (answer.json["status"], answer.headers["Retry-After"]) == ("PENDING", "2")


def test_plan_usage_tokens_and_logging_out(world: World, call: Call) -> None:
    make_job(world)
    account = call("GET", "/account").json
    assert (account["plan"], account["max_running_jobs"]) == ("free", 1)
    [token] = call("GET", "/tokens").json["tokens"]
    assert token["name"] == "t"
    assert "digest" not in token
    assert call("DELETE", "/tokens/current").status_code == 204
    assert call("GET", "/account").status_code == 401


def test_packs_are_told_with_their_contigs(call: Call) -> None:
    [pack] = call("GET", "/packs").json["packs"]
    whole = call("GET", f"/packs/{pack['name']}").json
    assert whole["pack_id"] == pack["pack_id"]
    assert len(whole["contig_list"]) == pack["contigs"]
    assert call("GET", "/packs/mars").status_code == 404


@pytest.mark.parametrize("make_body", [lambda key: {"key": key + "x"}, lambda _: {"key": "a/b"}])
def test_a_key_that_is_not_ones_own_makes_no_job(
    world: World, call: Call, make_body: Callable[[str], dict[str, str]]
) -> None:
    key = upload(world, call)
    answer = call("POST", "/jobs", json=make_body(key))
    assert answer.status_code in (400, 409)
    assert call("GET", "/jobs").json["jobs"] == []


def test_the_key_of_a_job_that_is_being_deleted_makes_no_job(world: World, call: Call) -> None:
    key = upload(world, call)
    job = call("POST", "/jobs", json={"key": key}).json
    world.services.deletions.begin_deleting(job["job_id"], user_id=ADA, at=world.clock.now())
    answer = call("POST", "/jobs", json={"key": key})
    assert (answer.status_code, answer.json["code"]) == (404, "not_found")
