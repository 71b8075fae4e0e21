"""The page of one job: where it stands, why it failed, what was skipped, and running it again."""

import html
import json
import re
from dataclasses import replace
from typing import Any

import pytest
from flask.testing import FlaskClient

import anntools
from gas.jobs import Failure, Job, JobOptions, JobStatus
from gas.plans import MIB, Plan
from gas.reruns import MOST_BYTES
from gas.slots import Line
from gas.throughput import Pace
from gas.vitals import Beat
from tests.unit.web.conftest import ADA, BEN, JSON, World, complete, fail, make_job, run
from tests.unit.web.test_uploads import post_json
from web.annotations.repairs import repairs_of
from web.annotations.words import REASONS
from web.context import EXTENSION
from web.ports import PackAtHand, PackContig

UNKNOWN = Failure(
    code="unknown_contig",
    message="The reference pack does not know the contig 'Chrom_20'.",
    remedy="Rename it.",
    line=7,
    column=1,
    found="Chrom_20",
    expected="20, MT",
    rule="VCF 4.3, 1.6.1",
    text="Chrom_20\t4680251\trs1799990\tA\tG\t<50>",
)


def page_of(client: FlaskClient, job: Job) -> str:
    answer = client.get(f"/annotations/{job.job_id}")
    assert answer.status_code == 200
    return html.unescape(answer.text)


def document_of(client: FlaskClient, job: Job) -> Any:
    return client.get(f"/annotations/{job.job_id}?log=no", headers=JSON).json


def staff(world: World, *, slots: int = 1, busy: int = 0, jobs: int = 5) -> None:
    """An annotator that lives, and `jobs` measured jobs of a minute each."""
    now = world.clock.now()
    vitals = world.services.vitals
    beat = Beat("annotator", "a:1", "1", now, now, {"slots": slots, "busy": busy})
    vitals.beat(beat, expires_at=now)
    pace = Pace()
    for _ in range(jobs):
        pace = pace.with_job(size=12_345, seconds=60, records=100, waited=0, at=now)
    assert vitals.write_pace("demo/plain", pace)


def test_a_waiting_job_says_what_is_before_it_and_when_it_will_be_done(
    world: World, ada: FlaskClient
) -> None:
    staff(world)
    now = world.clock.now()
    make_job(world, BEN, waiting_in=Plan.FREE, submit_time=now - 5)
    make_job(world, waiting_in=Plan.FREE, submit_time=now - 4)
    assert world.services.lines.write(ADA, Line(running={"w": now + 99}), expires_at=now)
    job = make_job(world, waiting_in=Plan.FREE)
    page = page_of(ada, job)
    assert "2 of your own jobs are before it; Free runs one at a time." in page
    assert "1 job of somebody else is before it." in page
    assert "Starts in about 3 minutes, done in about 4 minutes." in page
    assert "No worker" not in page
    document = document_of(ada, job)
    assert document["queue"] == {
        "place": 4,
        "own_jobs_before": 2,
        "own_jobs_at_once": 1,
        "other_jobs_before": 1,
        "all_counted": True,
    }
    assert (document["seconds_to_start"], document["seconds_to_end"]) == (180, 240)
    assert document["words"]["estimate"] in page


def test_without_measurements_there_is_no_number(world: World, ada: FlaskClient) -> None:
    staff(world, jobs=2)
    job = make_job(world, waiting_in=Plan.FREE)
    assert "No estimate yet" in page_of(ada, job)
    assert document_of(ada, job)["seconds_to_end"] is None


@pytest.mark.parametrize("seen", [None, 51])
def test_without_a_worker_the_page_says_that_nothing_is_lost(
    world: World, ada: FlaskClient, seen: int | None
) -> None:
    if seen is not None:
        staff(world)
        world.clock.advance(seen)
    job = make_job(world, waiting_in=Plan.FREE)
    page = page_of(ada, job)
    assert "No worker is running at the moment." in page
    assert "is not lost" in page
    assert "Starts" not in page
    assert document_of(ada, job)["worker_alive"] is False


def test_a_running_job_says_how_fast_it_is_and_how_long_it_takes(
    world: World, ada: FlaskClient
) -> None:
    staff(world)
    job = make_job(world, waiting_in=Plan.FREE)
    run(world, job, records=30_000, percent=25.0)
    world.clock.advance(30)
    page = page_of(ada, job)
    assert "<title>25 % · trio.vcf" in page
    assert "1,000 records a second" in page
    assert "Done in about 2 minutes." in page
    document = document_of(ada, job)
    assert (document["queue"], document["records_per_second"]) == (None, 1000)
    assert document["seconds_to_end"] == 90


def test_a_job_that_has_ended_stands_nowhere(world: World, ada: FlaskClient) -> None:
    document = document_of(ada, complete(world, make_job(world)))
    for name in ("queue", "seconds_to_start", "seconds_to_end", "worker_alive"):
        assert document[name] is None


def test_a_failure_shows_its_place_its_cause_and_its_repair(world: World, ada: FlaskClient) -> None:
    job = fail(world, make_job(world), UNKNOWN)
    answer = ada.get(f"/annotations/{job.job_id}").text
    assert "&lt;50&gt;" in answer
    assert "<50>" not in answer
    page = html.unescape(answer)
    for words in (UNKNOWN.message, "column 1", "VCF 4.3, 1.6.1", "rs1799990", "Rename it."):
        assert words in page
    assert "Try again, reading Chrom_20 as 20" in page
    made = retry_with_first_button(world, ada, answer)
    assert made.options.contig_names == {"Chrom_20": "20", "Chrom_MT": "MT"}


def retry_with_first_button(world: World, client: FlaskClient, page: str) -> Job:
    """Click the first of the buttons that run the job again."""
    form = re.search(r'<form method="post" action="([^"]+/retry)">(.*?)</form>', page, re.DOTALL)
    assert form
    fields = dict(re.findall(r'name="([a-z_]+)" value="([^"]*)"', form[2]))
    fields = {name: html.unescape(value) for name, value in fields.items()}
    old = form[1].split("/")[2]
    job = world.jobs.get(old)
    assert job is not None
    world.inputs.put(job.s3_key_input_file, b"variants")
    for _ in range(2):  # a double click
        answer = client.post(form[1], data=fields, headers={"Referer": "https://gas.example.org/"})
        assert answer.status_code == 303, answer.text
    made = world.jobs.get(answer.location.rsplit("/", 1)[-1])
    assert made is not None
    assert (made.retry_of, made.user_id) == (old, ADA)
    assert sum(each.retry_of == old for each in world.jobs.table) == 1
    return made


GRCH38 = PackAtHand("grch38", "grch38-1", "GRCh38", (PackContig("chr1", 248_956_422, ("1",)),))


@pytest.mark.parametrize(
    ("code", "found", "options", "labels"),
    [
        ("unknown_contig", "Chrom_20", {}, ["Try again, reading Chrom_20 as 20"]),
        ("unknown_contig", "1", {}, ["Try again with grch38 (GRCh38)"]),
        ("unknown_contig", "scaffold_9", {}, []),
        ("unknown_contig", "Chrom_20", {"contig_names": {"Chrom_20": "20"}}, []),
        ("reference_mismatch", "A", {}, ["Try again with grch38 (GRCh38)"]),
        (
            "position_outside_contig",
            "9",
            {"strict": True},
            ["Try again with grch38 (GRCh38)", "Try again without strict"],
        ),
        ("bad_reference_allele", "Q", {"strict": True}, ["Try again without strict"]),
        ("bad_reference_allele", "Q", {}, []),
        ("worker_died", "", {}, ["Try again"]),
        ("input_missing", "", {}, []),
    ],
)
def test_the_repairs_follow_from_the_cause(
    world: World, code: str, found: str, options: dict[str, Any], labels: list[str]
) -> None:
    class TwoPacks(type(world.services.engine)):  # type: ignore[misc]
        def packs(self) -> Any:
            return (*super().packs(), GRCH38)

    failure = Failure(
        code=code, message="m", found=found, line=None if code == "worker_died" else 3
    )
    job = fail(world, make_job(world, options=JobOptions(**options)), failure)
    found_repairs = repairs_of(job, TwoPacks())
    assert [repair.label for repair in found_repairs] == labels
    for repair in found_repairs:
        assert repair.options != job.options or code == "worker_died"


def test_a_cancelled_job_can_be_run_after_all(world: World, ada: FlaskClient) -> None:
    job = make_job(world)
    world.jobs.cancel(job.job_id, at=world.clock.now())
    page = ada.get(f"/annotations/{job.job_id}").text
    assert "Run it after all" in page
    made = retry_with_first_button(world, ada, page)
    assert made.job_status is JobStatus.PENDING
    assert f"/annotations/{made.job_id}" in page_of(ada, job)
    assert f"/annotations/{job.job_id}" in page_of(ada, made)


def test_a_file_too_large_to_be_copied_is_to_be_uploaded_again(
    world: World, ada: FlaskClient
) -> None:
    def shown(size: int) -> str:
        job = fail(world, make_job(world), UNKNOWN.model_copy(update={"code": "worker_died"}))
        world.jobs.table.change(job.job_id, lambda _: True, lambda _: {"input_size": size})
        return page_of(ada, job)

    small, large = shown(MOST_BYTES), shown(MOST_BYTES + 1)
    assert "/retry" in small
    assert "Upload it again" not in small
    assert "/retry" not in large
    assert "Upload it again" in large


def test_running_again_as_json(world: World, ada: FlaskClient) -> None:
    job = complete(world, make_job(world))
    world.inputs.put(job.s3_key_input_file, b"variants")
    path = f"/annotations/{job.job_id}/retry"
    answers = [post_json(ada, path, {"strict": True}, **JSON) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    first, second = (answer.json["job_id"] for answer in answers)
    assert first == second
    made = world.jobs.get(first)
    assert made is not None
    assert made.options == JobOptions(strict=True)
    assert document_of(ada, made)["retry_of"] == job.job_id
    assert document_of(ada, job)["retried_by"] == first


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"pack": "nonesuch"}, 400, "invalid_upload"),
        ({"contig_names": {"a": "nonesuch"}}, 400, "invalid_upload"),
        ({"pack": ""}, 400, "invalid_request"),
        ({}, 410, "input_gone"),
    ],
)
def test_what_cannot_be_run_again_is_refused(
    world: World, ada: FlaskClient, body: dict[str, Any], status: int, code: str
) -> None:
    job = fail(world, make_job(world), UNKNOWN)
    answer = post_json(ada, f"/annotations/{job.job_id}/retry", body)
    assert (answer.status_code, answer.json["code"]) == (status, code)
    assert sum(1 for _ in world.jobs.table) == 1


def test_only_ones_own_job_that_has_ended_can_be_run_again(world: World, ada: FlaskClient) -> None:
    theirs = fail(world, make_job(world, BEN), UNKNOWN)
    assert post_json(ada, f"/annotations/{theirs.job_id}/retry", {}).status_code == 404
    waiting = make_job(world)
    refused = post_json(ada, f"/annotations/{waiting.job_id}/retry", {})
    assert (refused.status_code, refused.json["code"]) == (409, "job_not_ended")
    large = fail(world, make_job(world), UNKNOWN)
    world.jobs.table.change(large.job_id, lambda j: True, lambda j: {"input_size": 11 * MIB})
    refused = post_json(ada, f"/annotations/{large.job_id}/retry", {})
    assert (refused.status_code, refused.json["code"]) == (413, "upload_too_large")


@pytest.mark.parametrize("names", ["[1]", '{"a": 1}', "{", '"x"'])
def test_a_form_that_is_no_form_of_ours_is_refused(
    world: World, ada: FlaskClient, names: str
) -> None:
    job = fail(world, make_job(world), UNKNOWN)
    token = re.search(r'name="csrf_token" value="([^"]+)"', ada.get("/annotations").text)
    assert token
    fields = {"csrf_token": token[1], "pack": "demo", "contig_names": names}
    answer = ada.post(
        f"/annotations/{job.job_id}/retry",
        data=fields,
        headers={"Referer": "https://gas.example.org/"},
    )
    assert answer.status_code == 400


def test_contigs_are_named_by_hand_where_nobody_can_guess(world: World, ada: FlaskClient) -> None:
    odd = UNKNOWN.model_copy(update={"found": "scaffold_A"})
    job = fail(world, make_job(world), odd)
    world.inputs.put(job.s3_key_input_file, b"x")
    page = ada.get(f"/annotations/{job.job_id}").text
    assert "Name contigs by hand" in page
    assert 'value="scaffold_A"' in page
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert token
    fields = {
        "csrf_token": token[1],
        "pack": "demo",
        "contig_names": '{"b": "MT"}',
        "contig_from": ["scaffold_A", " odd one ", "left", ""],
        "contig_to": ["20", "MT", "", "20"],
    }
    answer = ada.post(
        f"/annotations/{job.job_id}/retry",
        data=fields,
        headers={"Referer": "https://gas.example.org/"},
    )
    assert answer.status_code == 303, answer.text
    made = world.jobs.get(answer.location.rsplit("/", 1)[-1])
    assert made is not None
    assert made.options.contig_names == {"b": "MT", "scaffold_A": "20", "odd one": "MT"}


def with_receipt(world: World, job: Job, **receipt: Any) -> None:
    assert job.results is not None
    content = {"pack_id": "demo-000000000000", "assembly": "GRCh37", **receipt}
    world.results.put(job.results.receipt.key, json.dumps(content).encode())


def test_the_receipt_says_why_records_were_skipped_and_where(
    world: World, ada: FlaskClient
) -> None:
    job = complete(world, make_job(world))
    problems = [{"code": "unknown_contig", "message": "No contig 'x'.", "line": 1234}]
    with_receipt(
        world,
        job,
        skipped={"unknown_contig": 1, "breakend": 0},
        problems=problems,
        versions={"anntools": "9.8.7"},
        warnings=["line 3: <odd>"],
    )
    page = page_of(ada, job)
    for words in (
        "Unknown contig",
        REASONS["unknown_contig"].help,
        "Line 1,234: No contig 'x'.",
        "AnnTools 9.8.7",
        "demo-000000000000",
        "GRCh37",
        "MANE",  # of the pack, which is at hand
        "line 3: <odd>",
        "anntools verify trio.receipt.json",
    ):
        assert words in page
    assert "Breakend" not in page


def test_a_receipt_of_another_state_of_the_pack_names_no_sources(
    world: World, ada: FlaskClient
) -> None:
    job = complete(world, make_job(world))
    with_receipt(world, job, pack_id="demo-older", skipped={"unknown_contig": 1})
    page = page_of(ada, job)
    assert "demo-older" in page
    assert "MANE" not in page


def test_every_reason_of_the_engine_has_its_words() -> None:
    assert set(REASONS) == set(anntools.REASON_WORDS)
    assert all(reason.help.endswith(".") for reason in REASONS.values())


def test_the_timeline_tells_what_happened(world: World, ada: FlaskClient) -> None:
    job = make_job(world)
    world.clock.advance(65)
    run(world, job, records=1, percent=1)
    world.clock.advance(61)
    again = world.jobs.claim(job.job_id, owner="other", now=world.clock.now(), lease_seconds=60)
    assert again is not None
    page = page_of(ada, job)
    for words in ("Submitted", "Start 1", "after 1 min 5 s in the queue", "Start 2"):
        assert words in page


def test_the_log_has_numbers_and_can_be_searched(world: World, ada: FlaskClient) -> None:
    job = complete(world, make_job(world), log=b"first\nSecond one\nthird\n")
    path = f"/annotations/{job.job_id}/log"
    assert '<li value="2" id="L2">Second one</li>' in ada.get(path).text
    found = ada.get(f"{path}?q=second").text
    assert 'id="L2"' in found
    assert 'id="L1"' not in found
    assert "1 line<" in found
    nothing = ada.get(f"{path}?q=<b>").text
    assert '<p class="muted" id="log-none" >' in nothing
    assert 'value="&lt;b&gt;"' in nothing


def test_a_long_log_is_shown_whole_when_asked_for(world: World, ada: FlaskClient) -> None:
    job = complete(world, make_job(world), log=b"x" * 300_000 + b"\nthe end\n")
    path = f"/annotations/{job.job_id}/log"
    beginning = ada.get(path).text
    assert "the end" not in beginning
    assert f'href="{path}?all="' in beginning
    assert "the end" in ada.get(f"{path}?all=").text


def test_the_owner_is_led_to_the_trace_where_there_is_a_page_for_it(
    world: World, ada: FlaskClient
) -> None:
    job = make_job(world)
    assert 'id="trace"' not in page_of(ada, job)
    settings = world.services.settings.model_copy(
        update={"trace_page": "https://traces.example.org/jobs/{job_id}"}
    )
    world.app.extensions[EXTENSION] = replace(world.services, settings=settings)
    assert f'id="trace" href="https://traces.example.org/jobs/{job.job_id}"' in page_of(ada, job)
