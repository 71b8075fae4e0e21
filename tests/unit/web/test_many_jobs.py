"""The list of jobs: what the address asks for, and what is done to several at once."""

from typing import Any

import pytest
from flask.testing import FlaskClient

from gas.errors import ServiceUnavailable
from gas.jobs import Failure, JobStatus
from gas.messages import JobErasureRequested
from gas.plans import Plan
from tests.unit.web.conftest import ADA, BEN, JSON, PUBLIC_URL, World, complete, fail, make_job, run
from web.annotations.bulk import AT_ONCE, RERUN_SECONDS
from web.annotations.filters import Filters

FAILURE = Failure(code="not_vcf", message="This is no VCF file.", remedy="Send a VCF file.")


def names(ada: FlaskClient, query: str = "") -> list[str]:
    answer = ada.get(f"/annotations{query}", headers=JSON).json
    return [entry["input_file_name"] for entry in answer["jobs"]]


def token(client: FlaskClient) -> str:
    page = client.get("/annotations").text
    return page.split('name="csrf-token" content="')[1].split('"')[0]


def post(client: FlaskClient, path: str, **form: Any) -> Any:
    return client.post(
        path, data={"csrf_token": token(client), **form}, headers={"Referer": PUBLIC_URL}
    )


def bulk(client: FlaskClient, action: str, jobs: list[str], **form: Any) -> Any:
    return post(client, "/annotations/bulk", action=action, job=jobs, **form)


# ---------------------------------------------------------------- finding


def test_the_address_says_what_is_shown(world: World, ada: FlaskClient) -> None:
    make_job(world, input_file_name="Trio.vcf", submit_time=1_700_000_000)
    fail(world, make_job(world, input_file_name="broken.vcf"), FAILURE)
    make_job(world, BEN, input_file_name="trio of somebody else.vcf")
    assert names(ada) == ["broken.vcf", "Trio.vcf"]
    assert names(ada, "?sort=oldest") == ["Trio.vcf", "broken.vcf"]
    assert names(ada, "?q=TRIO") == names(ada, "?q=tri&match=begins") == ["Trio.vcf"]
    assert names(ada, "?state=failed") == ["broken.vcf"]
    assert names(ada, "?state=failed&q=trio") == []
    assert names(ada, "?from=2023-11-14&to=2023-11-14") == ["Trio.vcf"]
    assert names(ada, "?to=2023-11-13") == []


@pytest.mark.parametrize(
    "query", ["state=lost", "from=yesterday", "to=1900-01-01", "from=2026-02-30"]
)
def test_what_means_nothing_is_refused_in_words(ada: FlaskClient, query: str) -> None:
    answer = ada.get(f"/annotations?{query}")
    assert answer.status_code == 400
    assert "There is no state" in answer.text or "day" in answer.text


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"state": "failed", "q": "a b", "sort": "oldest"},
        {"q": "x", "match": "begins", "from": "2026-01-01", "to": "2026-02-01"},
    ],
)
def test_filters_are_written_as_they_are_read(given: dict[str, str]) -> None:
    assert Filters.read(given).args == given


def test_filters_go_along_to_every_page_and_state(world: World, ada: FlaskClient) -> None:
    for number in range(25):
        make_job(world, input_file_name=f"a{number}.vcf", submit_time=1000 + number)
    page = ada.get("/annotations?q=a&sort=oldest").text
    (onward,) = [part for part in page.split("<a ") if 'rel="next"' in part]
    assert "q=a" in onward
    assert "sort=oldest" in onward
    assert "state=failed&amp;q=a&amp;sort=oldest" in page
    following = ada.get("/annotations?q=a&sort=oldest", headers=JSON).json["next"]
    back = ada.get(following.removeprefix(PUBLIC_URL), headers=JSON).json["previous"]
    assert len(ada.get(back.removeprefix(PUBLIC_URL), headers=JSON).json["jobs"]) == 20


def test_counts_and_bytes_are_told(world: World, ada: FlaskClient) -> None:
    complete(world, make_job(world))
    make_job(world)
    answer = ada.get("/annotations", headers=JSON).json
    assert answer["counts"] == {
        "PENDING": 1,
        "RUNNING": 0,
        "COMPLETED": 1,
        "FAILED": 0,
        "CANCELLED": 0,
    }
    assert answer["usage"]["input_bytes"] == 2 * 12_345
    page = ada.get("/annotations").text
    assert 'All <span class="state-count">2</span>' in page
    assert "24.1 KiB" in page
    assert "24.1 KiB" in ada.get("/profile").text


def test_a_job_in_the_list_says_how_it_is(world: World, ada: FlaskClient) -> None:
    run(world, make_job(world), records=10, percent=41.6)
    fail(world, make_job(world), FAILURE)
    complete(world, make_job(world))
    page = ada.get("/annotations").text
    assert "42 %" in page
    assert "This is no VCF file." in page
    assert "2 of 3 records annotated" in page
    assert 'data-countdown="' in page
    assert "data-live" in page


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("?q=zzz", "No file name contains “zzz”"),
        ("?q=zzz&match=begins", "Search within the names"),
        ("?state=failed", "None of your jobs is failed."),
        ("?from=2000-01-01&to=2000-01-02", "No job was submitted on these days."),
        ("?q=zzz&state=failed", "Search all jobs"),
    ],
)
def test_where_nothing_matches_there_is_a_way_on(
    world: World, ada: FlaskClient, query: str, words: str
) -> None:
    make_job(world)
    page = ada.get(f"/annotations{query}").text
    assert words in page
    assert "Show all jobs" in page


# ---------------------------------------------------------------- deleting


def test_a_deleted_job_is_gone_for_its_user_at_once(world: World, ada: FlaskClient) -> None:
    job = complete(world, make_job(world))
    question = ada.get(f"/annotations/{job.job_id}/delete").text
    assert "This is for good." in question
    answer = post(ada, f"/annotations/{job.job_id}/delete")
    assert (answer.status_code, answer.location) == (303, "/annotations?deleted=1")
    for path in ("", "/log", "/results/annotated", "/delete"):
        assert ada.get(f"/annotations/{job.job_id}{path}").status_code == 404
    assert names(ada) == []
    (body,) = world.erasures.published
    assert JobErasureRequested.from_json(body).job_id == job.job_id
    assert post(ada, f"/annotations/{job.job_id}/delete").status_code == 404


def test_deleting_a_running_job_stops_its_worker(world: World, ada: FlaskClient) -> None:
    job = make_job(world)
    run(world, job, records=1, percent=1)
    answer = ada.delete(
        f"/annotations/{job.job_id}",
        headers={**JSON, "X-CSRFToken": token(ada), "Referer": PUBLIC_URL},
    )
    assert (answer.status_code, answer.json["job_id"]) == (202, job.job_id)
    assert not world.jobs.release(job.job_id, owner="worker", now=1, count_attempt=True)


def test_a_lost_message_is_left_to_the_sweeper(
    world: World, ada: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*args: object, **kwargs: object) -> None:
        raise ServiceUnavailable("The topic is away.")

    job = make_job(world)
    monkeypatch.setattr(world.erasures, "publish", refuse)
    assert post(ada, f"/annotations/{job.job_id}/delete").status_code == 303
    marked = world.jobs.get(job.job_id)
    assert marked is not None
    assert marked.sweep_at is not None
    assert names(ada) == []


@pytest.mark.parametrize("path", ["delete", "bulk"])
def test_nobody_deletes_somebody_elses_job(world: World, ada: FlaskClient, path: str) -> None:
    foreign = make_job(world, BEN)
    if path == "delete":
        assert ada.get(f"/annotations/{foreign.job_id}/delete").status_code == 404
        assert post(ada, f"/annotations/{foreign.job_id}/delete").status_code == 404
    else:
        assert "0 deleted" in bulk(ada, "delete", [foreign.job_id], confirmed="yes").text
    assert world.jobs.get(foreign.job_id) == foreign
    assert world.erasures.published == []


# ---------------------------------------------------------------- several


def test_what_would_be_done_is_said_before(world: World, ada: FlaskClient) -> None:
    jobs = [make_job(world), complete(world, make_job(world))]
    page = bulk(ada, "delete", [job.job_id for job in jobs]).text
    assert "Delete 2 jobs?" in page
    assert "cancelled first" in page
    assert page.count('name="job"') == 2
    assert len(names(ada)) == 2


def test_each_job_has_its_own_outcome(world: World, ada: FlaskClient) -> None:
    waiting, done = make_job(world), complete(world, make_job(world, input_file_name="done.vcf"))
    page = bulk(ada, "cancel", [waiting.job_id, done.job_id], confirmed="yes").text
    assert "1 cancelled, 1 could not be" in page
    assert "done.vcf" in page
    assert "ended already" in page
    cancelled = world.jobs.get(waiting.job_id)
    assert cancelled is not None
    assert cancelled.job_status is JobStatus.CANCELLED


def test_failed_jobs_are_run_again(world: World, ada: FlaskClient) -> None:
    failed = fail(world, make_job(world), FAILURE)
    world.inputs.put(failed.s3_key_input_file, b"##fileformat=VCFv4.2\n")
    done = complete(world, make_job(world))
    page = bulk(ada, "retry", [failed.job_id, done.job_id], confirmed="yes").text
    assert "1 submitted again, 1 could not be" in page
    assert names(ada, "?state=pending") == [failed.input_file_name]


def test_all_that_match_are_done_by_hundreds(world: World, ada: FlaskClient) -> None:
    for number in range(AT_ONCE + 5):
        make_job(world, input_file_name="old.vcf", submit_time=1000 + number)
    make_job(world, input_file_name="keep.vcf")
    question = bulk(ada, "delete", [], all="yes", q="old").text
    assert "Delete all jobs that match?" in question
    first = bulk(ada, "delete", [], all="yes", q="old", confirmed="yes").text
    assert f"{AT_ONCE} deleted" in first
    cursor = first.split('name="cursor" value="')[1].split('"')[0]
    last = bulk(
        ada, "delete", [], all="yes", q="old", confirmed="yes", cursor=cursor, done_before=AT_ONCE
    ).text
    assert f"{AT_ONCE + 5} deleted" in last
    assert "Go on with the rest" not in last
    assert names(ada) == ["keep.vcf"]


def test_reruns_are_begun_as_long_as_there_is_time_and_go_on(
    world: World, ada: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs = [
        fail(world, make_job(world, input_file_name="old.vcf", submit_time=1000 + n), FAILURE)
        for n in range(5)
    ]
    for job in jobs:
        world.inputs.put(job.s3_key_input_file, b"##fileformat=VCFv4.2\n")
    copy, copying = world.inputs.copy, []

    def slowly(*args: Any, **kwargs: Any) -> None:
        copying.append(args)
        assert len(copying) == 1  # one after the other
        copy(*args, **kwargs)
        world.clock.advance(RERUN_SECONDS // 2)
        copying.clear()

    monkeypatch.setattr(world.inputs, "copy", slowly)
    of_all = {"all": "yes", "q": "old", "state": "failed", "confirmed": "yes"}
    first = bulk(ada, "retry", [], **of_all).text
    assert "2 submitted again" in first
    cursor = first.split('name="cursor" value="')[1].split('"')[0]
    second = bulk(ada, "retry", [], **of_all, cursor=cursor, done_before=2).text
    assert "4 submitted again" in second
    named = bulk(ada, "retry", [job.job_id for job in jobs[::-1]], confirmed="yes").text
    assert "5 submitted again" in named  # four of them were already
    assert len(names(ada, "?state=pending")) == 5


def test_named_jobs_for_which_there_is_no_time_are_told(
    world: World, ada: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs = [fail(world, make_job(world), FAILURE) for _ in range(3)]
    for job in jobs:
        world.inputs.put(job.s3_key_input_file, b"##fileformat=VCFv4.2\n")
    copy = world.inputs.copy

    def slowly(*args: Any, **kwargs: Any) -> None:
        copy(*args, **kwargs)
        world.clock.advance(RERUN_SECONDS)

    monkeypatch.setattr(world.inputs, "copy", slowly)
    page = bulk(ada, "retry", [job.job_id for job in jobs], confirmed="yes").text
    assert "1 submitted again, 2 could not be" in page
    assert "no time left" in page


def test_links_are_a_text_file(world: World, ada: FlaskClient) -> None:
    done = complete(world, make_job(world))
    make_job(world)
    for form in ({"all": "yes"}, {}):
        jobs = [] if form else [done.job_id]
        answer = bulk(ada, "links", jobs, **form)
        assert answer.mimetype == "text/plain"
        assert answer.text == f"{PUBLIC_URL}/annotations/{done.job_id}/results/annotated\n"


@pytest.mark.parametrize(
    ("action", "jobs", "words"),
    [
        ("delete", [], "No job was chosen."),
        ("burn", [], "That cannot be done to jobs."),
        ("delete", ["not an id", "../x"], "No job was chosen."),
    ],
)
def test_what_cannot_be_done_is_refused(
    ada: FlaskClient, action: str, jobs: list[str], words: str
) -> None:
    answer = bulk(ada, action, jobs, confirmed="yes")
    assert answer.status_code == 400
    assert words in answer.text


def test_a_form_without_its_token_does_nothing(world: World, ada: FlaskClient) -> None:
    job = make_job(world)
    answer = ada.post(
        "/annotations/bulk",
        data={"action": "delete", "job": job.job_id, "confirmed": "yes"},
        headers={"Referer": PUBLIC_URL},
    )
    assert answer.status_code == 400
    assert len(names(ada)) == 1


def test_scripts_get_the_outcomes_as_json(world: World, ada: FlaskClient) -> None:
    world.accounts.set_plan(ADA, Plan.PREMIUM)
    done = complete(world, make_job(world))
    answer = ada.post(
        "/annotations/bulk",
        data={"action": "cancel", "job": done.job_id},
        headers={**JSON, "X-CSRFToken": token(ada), "Referer": PUBLIC_URL},
    )
    assert answer.json["done"] == 0
    (refused,) = answer.json["refused"]
    assert refused["job_id"] == done.job_id
