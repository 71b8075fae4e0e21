"""From the upload page to a job, and what the redirect handler refuses."""

import base64
import re
from typing import Any

import pytest
from flask.testing import FlaskClient

from gas.jobs import Job, new_job_id
from gas.messages import JobRequested, Submission
from gas.plans import MIB, Plan
from tests.unit.web.conftest import ADA, BEN, JSON, PROBLEM, PUBLIC_URL, World, asked
from tests.unit.web.test_access import _token


def post_json(client: FlaskClient, path: str, body: Any, **headers: str) -> Any:
    return client.post(
        path,
        json=body,
        headers={"X-CSRFToken": _token(client), "Referer": PUBLIC_URL + "/", **PROBLEM, **headers},
    )


def sign(client: FlaskClient, **body: Any) -> Any:
    return post_json(client, "/annotate/uploads", {"file_name": "trio.vcf", "size": 10, **body})


def arrive(world: World, signed: dict[str, Any], content: bytes = b"##fileformat=VCF") -> None:
    """What S3 does with the signed post."""
    metadata = {
        name.removeprefix("x-amz-meta-"): value
        for name, value in signed["fields"].items()
        if name.startswith("x-amz-meta-")
    }
    world.inputs.put(signed["key"], content, metadata)


def put_input(world: World, user_id: str, *, size: int = 10) -> str:
    """An input object as the signed policy would have let it in."""
    submission = Submission(user_email="a@example.org", file_name="trio.vcf")
    key = f"lab/{user_id}/{new_job_id()}~trio.vcf"
    encoded = base64.urlsafe_b64encode(submission.to_json().encode()).decode()
    world.inputs.put(key, b"x" * size, {"submission": encoded})
    return key


def jobs_of(world: World, user_id: str = ADA) -> list[Job]:
    return list(world.jobs.list_for_user(user_id, limit=100).jobs)


def test_an_upload_becomes_a_job_once(world: World, ada: FlaskClient) -> None:
    signed = sign(ada, file_name="Müller's trio (1).vcf.gz", size=16, strict=True).json
    assert signed["key"] == f"lab/{ADA}/{signed['job_id']}~Muller_s_trio_1.vcf.gz"
    assert signed["fields"]["success_action_status"] == "201"
    arrive(world, signed)
    for _ in range(2):
        answer = ada.get(signed["done"])
        assert (answer.status_code, answer.location) == (303, f"/annotations/{signed['job_id']}")
    (job,) = jobs_of(world)
    assert (job.job_id, job.input_file_name) == (signed["job_id"], "Müller's trio (1).vcf.gz")
    assert job.options.strict
    (message,) = world.topic.published
    assert JobRequested.from_json(message).job_id == job.job_id


def test_the_plain_form_comes_back_by_redirect(ada: FlaskClient) -> None:
    page = ada.get("/annotate").text
    assert f'name="success_action_redirect" value="{PUBLIC_URL}/annotate/done"' in page


@pytest.mark.parametrize(
    ("size", "plan", "status", "code"),
    [
        (10 * MIB, Plan.FREE, 201, None),
        (10 * MIB + 1, Plan.FREE, 413, "upload_too_large"),
        (10 * MIB + 1, Plan.PREMIUM, 201, None),
        (0, Plan.FREE, 400, "invalid_upload"),
        (-1, Plan.FREE, 400, "invalid_request"),
        ("many", Plan.FREE, 400, "invalid_request"),
        (10**400, Plan.FREE, 400, "invalid_request"),
    ],
)
def test_the_plan_limits_the_size(
    world: World, ada: FlaskClient, size: Any, plan: Plan, status: int, code: str | None
) -> None:
    world.accounts.set_plan(ADA, plan)
    answer = sign(ada, size=size)
    assert answer.status_code == status
    assert answer.json.get("code") == code


def test_what_was_chosen_goes_with_the_job(world: World, ada: FlaskClient) -> None:
    wanted = {"pack": "demo", "format": "ann", "transcripts": "picked"}
    signed = sign(ada, contig_names={"chrom20": "20"}, **wanted).json
    arrive(world, signed)
    ada.get(signed["done"])
    (job,) = jobs_of(world)
    assert job.options.contig_names == {"chrom20": "20"}
    assert (job.options.format, job.options.transcripts) == ("ann", "picked")


def test_a_pack_chosen_by_its_id_is_recorded_by_its_name(world: World, ada: FlaskClient) -> None:
    signed = sign(ada, pack="demo-000000000000", size=16).json
    arrive(world, signed)
    ada.get(signed["done"])
    assert jobs_of(world)[0].options.pack == "demo"


@pytest.mark.parametrize(
    "choice",
    [
        {"pack": "mars"},
        {"contig_names": {"chrom20": "21"}},
        {"contig_names": {f"scaffold_{n}": "20" for n in range(65)}},
        {"contig_names": {"x" * 1000: "20"}},
        {"format": "bcsq", "transcripts": "picked"},
    ],
    ids=["unknown-pack", "unknown-contig", "too-many", "too-long", "bcsq-picked"],
)
@pytest.mark.parametrize("path", ["/annotate/uploads", "/annotate/uploads/parts"])
def test_a_choice_that_cannot_be_met_is_refused(
    ada: FlaskClient, path: str, choice: dict[str, Any]
) -> None:
    answer = post_json(ada, path, {"file_name": "trio.vcf", "size": 10, **choice})
    assert (answer.status_code, answer.json["code"]) == (400, "invalid_upload")
    assert answer.json["remedy"]


@pytest.mark.parametrize(("query", "strict"), [("", False), ("?strict=1&pack=demo", True)])
def test_without_scripts_the_address_holds_the_options(
    world: World, ada: FlaskClient, query: str, strict: bool
) -> None:
    assert _submission_of(ada.get("/annotate" + query).text).options.strict is strict


def test_without_scripts_the_address_says_how_the_file_is_written(ada: FlaskClient) -> None:
    page = ada.get("/annotate?format=ann&transcripts=picked").text
    options = _submission_of(page).options
    assert (options.format, options.transcripts) == ("ann", "picked")
    usual = _submission_of(ada.get("/annotate?format=nonesuch&transcripts=").text).options
    assert (usual.format, usual.transcripts) == ("csq", "all")


def test_without_scripts_an_unknown_pack_is_refused(ada: FlaskClient) -> None:
    assert ada.get("/annotate?pack=mars").status_code == 400


@pytest.mark.parametrize(
    ("size", "status", "words"), [(0, 400, "empty"), (10 * MIB + 1, 413, "10 MiB")]
)
def test_without_scripts_a_wrong_size_is_refused_in_words(
    world: World, ada: FlaskClient, size: int, status: int, words: str
) -> None:
    """S3 takes it, and sends the browser to us; its own answer would be a page of XML."""
    key = put_input(world, ADA, size=size)
    answer = ada.get("/annotate/done", query_string={"bucket": "inputs", "key": key})
    assert answer.status_code == status
    assert words in answer.text
    assert jobs_of(world) == []


def _submission_of(page: str) -> Submission:
    (found,) = re.findall(r'name="x-amz-meta-submission" value="([^"]+)"', page)
    return Submission.from_json(base64.urlsafe_b64decode(found))


@pytest.mark.parametrize("body", [None, [], {}, {"file_name": ""}, {"file_name": "a.vcf"}])
def test_a_wrong_body_is_refused_in_words(ada: FlaskClient, body: Any) -> None:
    answer = post_json(ada, "/annotate/uploads", body)
    assert (answer.status_code, answer.json["code"]) == (400, "invalid_request")
    assert answer.content_type == "application/problem+json"
    assert answer.json["remedy"]


def test_the_redirect_trusts_nothing(world: World, ada: FlaskClient) -> None:
    job_id = new_job_id()
    mine, foreign = put_input(world, ADA), put_input(world, BEN)
    bare = f"lab/{ADA}/{job_id}~bare.vcf"
    world.inputs.put(bare, b"x", {})
    hostile: list[tuple[dict[str, str], int]] = [
        ({}, 400),
        ({"bucket": "inputs"}, 400),
        ({"key": mine}, 400),
        ({"bucket": "", "key": mine}, 400),
        ({"bucket": "another-bucket", "key": mine}, 400),
        ({"bucket": "results", "key": mine}, 400),
        ({"bucket": "inputs", "key": foreign}, 404),
        ({"bucket": "inputs", "key": f"lab/{ADA}/{job_id}~gone.vcf"}, 409),
        ({"bucket": "inputs", "key": bare}, 400),
        ({"bucket": "inputs", "key": mine.removeprefix("lab/")}, 400),
        ({"bucket": "inputs", "key": f"lab/{ADA}/../{BEN}/{job_id}~a.vcf"}, 400),
        ({"bucket": "inputs", "key": f"../lab/{ADA}/{job_id}~a.vcf"}, 400),
        ({"bucket": "inputs", "key": f"lab/{ADA}/{job_id}~../../etc/passwd"}, 400),
        ({"bucket": "inputs", "key": f"lab/{ADA}/{job_id}~a.vcf\x00"}, 400),
        ({"bucket": "inputs", "key": f"lab/{ADA}/{job_id}~a.vcf\n"}, 400),
        ({"bucket": "inputs", "key": f"lab/{ADA}/not-a-uuid~a.vcf"}, 400),
        ({"bucket": "inputs", "key": f"lab/{ADA.upper()}/{job_id}~a.vcf"}, 400),
        ({"bucket": "inputs", "key": "x" * 5000}, 400),
    ]
    for query, status in hostile:
        answer = ada.get("/annotate/done", query_string=query)
        assert answer.status_code == status, query
    assert jobs_of(world) == jobs_of(world, BEN) == []
    assert world.topic.published == []


def test_an_object_above_the_plan_is_no_job(world: World, ada: FlaskClient) -> None:
    key = put_input(world, ADA, size=10 * MIB + 1)
    query = {"bucket": "inputs", "key": key}
    answer = ada.get("/annotate/done", query_string=query)
    assert answer.status_code == 413
    assert "upgrade to Premium" in answer.text
    assert jobs_of(world) == []
    assert world.inputs.head(key) is None
    assert ada.get("/annotate/done", query_string=query).status_code == 409


def test_what_was_signed_under_premium_is_taken_after_the_downgrade(
    world: World, ada: FlaskClient
) -> None:
    world.accounts.set_plan(ADA, Plan.PREMIUM)
    signed = sign(ada, size=11 * MIB).json
    world.accounts.set_plan(ADA, Plan.FREE)
    arrive(world, signed, b"x" * (11 * MIB))
    assert ada.get(signed["done"]).status_code == 303
    (job,) = jobs_of(world)
    assert job.plan is Plan.PREMIUM


def test_a_job_id_of_another_upload_is_refused(world: World, ada: FlaskClient) -> None:
    key = put_input(world, ADA)
    assert (
        ada.get("/annotate/done", query_string={"bucket": "inputs", "key": key}).status_code == 303
    )
    twin = key.replace("~trio.vcf", "~other.vcf")
    world.inputs.put(twin, b"x", {})
    answer = ada.get("/annotate/done", query_string={"bucket": "inputs", "key": twin})
    assert answer.status_code == 400


def test_after_a_lost_session_the_upload_still_becomes_a_job(world: World) -> None:
    key = put_input(world, ADA)
    client = world.client()
    wanted = client.get("/annotate/done", query_string={"bucket": "inputs", "key": key})
    assert wanted.status_code == 302
    sent = client.get(wanted.location)
    query = asked(sent)
    world.provider.claims = world.claims(ADA, nonce=query["nonce"])
    back = client.get("/authcallback", query_string={"code": "good-code", "state": query["state"]})
    assert client.get(back.location).status_code == 303
    assert len(jobs_of(world)) == 1


def test_the_sample_is_served(world: World, ada: FlaskClient) -> None:
    assert 'data-name="famous_variants.vcf"' in ada.get("/annotate").text
    with ada.get("/annotate/sample") as answer:
        assert answer.data == world.services.sample.read_bytes()
    world.services.sample.unlink()
    assert ada.get("/annotate/sample").status_code == 404
    assert "Use the sample" not in ada.get("/annotate").text


def test_inputs_are_listed(world: World, ada: FlaskClient) -> None:
    key = put_input(world, ADA, size=12)
    answer = ada.get("/annotate/files", headers=JSON).json
    assert (answer["code"], answer["status"], answer["complete"]) == (200, "success", True)
    (file,) = answer["files"]
    assert (file["key"], file["file_name"], file["size"]) == (key, "trio.vcf", 12)


def test_the_page_tells_people_who_share_a_browser_apart(world: World) -> None:
    def tag(user_id: str) -> str:
        page = world.log_in(user_id).get("/annotate").text
        assert user_id not in page.split('id="upload"')[1].split(">")[0]
        return page.split('data-user="')[1].split('"')[0]

    assert len({tag(ADA), tag(BEN)}) == 2
    assert len(tag(ADA)) == 16
