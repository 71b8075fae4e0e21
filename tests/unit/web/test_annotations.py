"""The dashboard, a job's page, its files and log, and the JSON contract."""

import pytest
from flask.testing import FlaskClient

from gas.jobs import Failure
from tests.unit.web.conftest import (
    ADA,
    BEN,
    JSON,
    PROBLEM,
    PUBLIC_URL,
    World,
    complete,
    fail,
    make_job,
    run,
)
from tests.unit.web.test_uploads import jobs_of, post_json, put_input
from web.annotations.jobs import LOG_BYTES, ResultFile
from web.annotations.overview import PAGE_SIZE


def test_submitting_an_input_makes_one_job(world: World, ada: FlaskClient) -> None:
    key = put_input(world, ADA)
    for _ in range(2):
        answer = post_json(ada, "/annotations", {"input_file": key}, **JSON)
        assert answer.status_code == 201
        (job,) = jobs_of(world)
        assert answer.json == {
            "code": 201,
            "status": "success",
            "job_id": job.job_id,
            "input_file": key,
        }
        assert answer.headers["Location"] == f"/annotations/{job.job_id}"


def test_a_refused_submission_says_error(world: World, ada: FlaskClient) -> None:
    key = put_input(world, BEN)
    classic = post_json(ada, "/annotations", {"input_file": key}, **JSON)
    assert (classic.status_code, classic.content_type) == (404, "application/json")
    assert (classic.json["code"], classic.json["status"]) == (404, "error")
    problem = post_json(ada, "/annotations", {"input_file": key})
    assert problem.content_type == "application/problem+json"
    assert (problem.json["status"], problem.json["code"]) == (404, "not_found")
    assert problem.json["request_id"] == problem.headers["X-Request-ID"]


def test_the_list_as_json(world: World, ada: FlaskClient) -> None:
    job = make_job(world)
    answer = ada.get("/annotations", headers=JSON).json
    assert (answer["code"], answer["status"], answer["next"]) == (200, "success", None)
    (entry,) = answer["jobs"]
    assert entry["job_id"] == job.job_id
    assert entry["job_details"] == f"{PUBLIC_URL}/annotations/{job.job_id}"


def test_pages_hold_every_job_once_newest_first(world: World, ada: FlaskClient) -> None:
    total = 2 * PAGE_SIZE + 3
    made = [make_job(world, submit_time=1000 + n).job_id for n in range(total)]
    seen: list[str] = []
    where: str | None = "/annotations"
    sizes = []
    while where:
        answer = ada.get(where, headers=JSON).json
        sizes.append(len(answer["jobs"]))
        seen += [entry["job_id"] for entry in answer["jobs"]]
        where = answer["next"].removeprefix(PUBLIC_URL) if answer["next"] else None
    assert seen == made[::-1]
    assert sizes == [PAGE_SIZE, PAGE_SIZE, 3]
    assert 'rel="next"' in ada.get("/annotations").text


def test_a_made_up_cursor_is_refused(ada: FlaskClient) -> None:
    assert ada.get("/annotations?cursor=nonsense").status_code == 400


def test_the_empty_dashboard_teaches(ada: FlaskClient) -> None:
    page = ada.get("/annotations").text
    assert "No jobs yet" in page
    assert "data-live" not in page


def test_a_pending_job(world: World, ada: FlaskClient) -> None:
    job = make_job(world)
    page = ada.get(f"/annotations/{job.job_id}").text
    assert "Pending" in page
    assert "data-live" in page
    assert '<noscript><meta http-equiv="refresh"' in page
    document = ada.get(f"/annotations/{job.job_id}", headers=JSON).json
    assert document["job_status"] == "PENDING"
    assert document["input_file"] == job.s3_key_input_file
    for name in ("log", "log_url", "results_url", "complete_time", "failure", "receipt"):
        assert document[name] is None
    assert document["files"] == {}


def test_a_running_job_shows_how_far_it_is(world: World, ada: FlaskClient) -> None:
    job = make_job(world)
    run(world, job, records=24_990, percent=41.6)
    page = ada.get(f"/annotations/{job.job_id}").text
    assert "24,990" in page
    assert '<span id="percent">42</span>' in page
    assert '<span id="attempts">1</span> of 3' in page
    document = ada.get(f"/annotations/{job.job_id}?log=no", headers=JSON).json
    assert document["progress"] == {"records_done": 24_990, "percent": 41.6}
    assert (document["attempts"], document["max_attempts"]) == (1, 3)


def test_a_completed_job(world: World, ada: FlaskClient) -> None:
    job = complete(world, make_job(world))
    page = ada.get(f"/annotations/{job.job_id}").text
    assert "Completed" in page
    assert "unknown contig" in page
    assert "example.invalid" not in page.replace("https://inputs.example.invalid", "")
    document = ada.get(f"/annotations/{job.job_id}", headers=JSON).json
    assert (document["job_status"], document["log"]) == ("COMPLETED", "Total: 3\n")
    assert document["receipt"] == {
        "records_in": 3,
        "records_annotated": 2,
        "skipped": {"unknown_contig": 1},
        "signed_by": "SHA256:12ab",
    }
    base = f"{PUBLIC_URL}/annotations/{job.job_id}"
    assert document["results_url"] == f"{base}/results/annotated"
    assert document["log_url"] == f"{base}/log"
    assert document["files"]["table"] == {
        "name": "trio.parquet",
        "size": 400,
        "url": f"{base}/results/table",
    }
    assert set(document["files"]) == set(ResultFile)
    assert document["complete_time"].endswith("Z")


def test_every_file_is_offered_with_what_it_is_good_for(world: World, ada: FlaskClient) -> None:
    job = complete(world, make_job(world))
    page = ada.get(f"/annotations/{job.job_id}").text
    for which in ResultFile:
        assert f'href="/annotations/{job.job_id}/results/{which}"' in page
    assert "pandas" in page
    assert "<code>SHA256:12ab</code>" in page


def test_a_job_from_before_there_were_tables(world: World, ada: FlaskClient) -> None:
    job = complete(world, make_job(world), before_tables=True)
    page = ada.get(f"/annotations/{job.job_id}").text
    assert "results/receipt" in page
    for absent in ("results/table", "results/index", "Signed by"):
        assert absent not in page
    assert ada.get(f"/annotations/{job.job_id}/results/table").status_code == 409
    document = ada.get(f"/annotations/{job.job_id}", headers=JSON).json
    assert set(document["files"]) == {"annotated", "log", "summary", "receipt"}
    assert document["receipt"]["signed_by"] is None


def test_polling_does_not_read_the_log(world: World, ada: FlaskClient) -> None:
    job = complete(world, make_job(world))
    document = ada.get(f"/annotations/{job.job_id}?log=no", headers=JSON).json
    assert document["log"] is None


def test_a_failed_job_says_why_and_what_to_do(world: World, ada: FlaskClient) -> None:
    failure = Failure(
        code="not_vcf", message="The file is not a VCF.", remedy="Send a VCF.", line=1_234
    )
    job = fail(world, make_job(world), failure)
    page = ada.get(f"/annotations/{job.job_id}").text
    for words in ("The file is not a VCF.", "Send a VCF.", "1,234", "Read the log"):
        assert words in page
    assert "it failed" in ada.get(f"/annotations/{job.job_id}/log").text
    document = ada.get(f"/annotations/{job.job_id}", headers=JSON).json
    assert document["failure"]["line"] == 1_234
    assert document["log"] == "it failed\n"
    assert ada.get(f"/annotations/{job.job_id}/results/annotated").status_code == 409


@pytest.mark.parametrize(
    ("which", "name"),
    [
        ("annotated", "trio.annot.vcf.gz"),
        ("log", "trio.vcf.count.log"),
        ("summary", "trio.summary.json"),
        ("receipt", "trio.receipt.json"),
        ("table", "trio.parquet"),
        ("index", "trio.annot.vcf.gz.tbi"),
    ],
)
def test_downloads_are_links_that_lapse(
    world: World, ada: FlaskClient, which: str, name: str
) -> None:
    job = complete(world, make_job(world))
    answer = ada.get(f"/annotations/{job.job_id}/results/{which}")
    assert answer.status_code == 303
    assert answer.location.startswith(f"https://results.example.invalid/lab/{ADA}/{job.job_id}~")
    assert answer.location.endswith(f"?expires=300&as={name}")
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/results/annotated", 409),
        ("/results/log", 409),
        ("/results/nonsense", 404),
        ("/log", 409),
    ],
)
def test_an_unfinished_job_has_no_files(
    world: World, ada: FlaskClient, path: str, status: int
) -> None:
    job = make_job(world)
    answer = ada.get(f"/annotations/{job.job_id}{path}", headers=PROBLEM)
    assert answer.status_code == status
    assert answer.json["remedy"]


def test_long_logs_are_cut_with_a_note(world: World, ada: FlaskClient) -> None:
    log = b"x" * (LOG_BYTES - 1) + "é and more".encode()
    job = complete(world, make_job(world), log=log)
    page = ada.get(f"/annotations/{job.job_id}/log").text
    assert "This is the beginning." in page
    assert "and more" not in page
    document = ada.get(f"/annotations/{job.job_id}", headers=JSON).json
    assert document["log"] == "x" * (LOG_BYTES - 1)
    assert document["log_complete"] is False


HOSTILE = "<script>alert(1)</script>\"'>&.vcf"


def test_file_names_and_logs_are_escaped(world: World, ada: FlaskClient) -> None:
    job = complete(world, make_job(world, input_file_name=HOSTILE), log=HOSTILE.encode())
    for path in ("/annotations", f"/annotations/{job.job_id}", f"/annotations/{job.job_id}/log"):
        page = ada.get(path).text
        assert "<script>alert" not in page
        assert "&lt;script&gt;alert(1)" in page


@pytest.mark.parametrize("job_id", ["1", "..", "%2e%2e", f"{ADA}x", "not-a-uuid"])
def test_made_up_ids_are_not_found(ada: FlaskClient, job_id: str) -> None:
    assert ada.get(f"/annotations/{job_id}/log").status_code in {404, 405}


@pytest.mark.parametrize("running", [False, True])
def test_a_job_can_be_cancelled_once_or_twice(
    world: World, ada: FlaskClient, running: bool
) -> None:
    job = make_job(world)
    if running:
        run(world, job, records=10, percent=5.0)
    assert "Cancel the job" in ada.get(f"/annotations/{job.job_id}").text
    for _ in range(2):
        answer = post_json(ada, f"/annotations/{job.job_id}/cancel", {}, **JSON)
        assert (answer.status_code, answer.json["job_status"]) == (200, "CANCELLED")
    assert "Cancel the job" not in ada.get(f"/annotations/{job.job_id}").text


def test_what_has_ended_or_is_anothers_cannot_be_cancelled(world: World, ada: FlaskClient) -> None:
    job = make_job(world)
    ben = world.log_in(BEN)
    assert post_json(ben, f"/annotations/{job.job_id}/cancel", {}, **JSON).status_code == 404
    complete(world, job)
    answer = post_json(ada, f"/annotations/{job.job_id}/cancel", {})
    assert (answer.status_code, answer.json["code"]) == (409, "job_ended")


@pytest.mark.parametrize("path", ["/annotations/", "/annotate/"])
def test_a_trailing_slash_leads_to_the_same_page(ada: FlaskClient, path: str) -> None:
    assert ada.get(path).status_code == 200


def test_a_made_up_cursor_is_refused_with_a_remedy(ada: FlaskClient) -> None:
    answer = ada.get("/annotations?cursor=nonsense", headers=PROBLEM)
    assert (answer.status_code, answer.json["code"]) == (400, "invalid_request")
    assert answer.json["remedy"]
