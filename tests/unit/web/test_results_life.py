"""What a user sees and gets of results: in the free window, in the archive, on the way back."""

import json

import pytest
from flask.testing import FlaskClient

from gas.jobs import ArchivedFile, ColdKind, Job, ResultsState, StartedRetrieval
from gas.plans import Plan
from tests.unit.web.conftest import ADA, JSON, PROBLEM, World, complete, make_job

WARM = ("log", "summary", "receipt", "index")
COLD = ("annotated", "table")
HOUR = 3600


def completed(world: World) -> Job:
    """A job that has just completed, with a summary; its free window is 305 s."""
    job = complete(world, make_job(world))
    assert job.results is not None
    summary = {
        "alleles": 1_016,
        "with_rsid": 17,
        "genes_hit": 502,
        "transitions": 571,
        "transversions": 296,
        "ts_tv": 1.9291,
        "impact": {"HIGH": 3, "MODERATE": 0, "LOW": 8, "MODIFIER": 1_005},
        "consequence_most_severe": {f"made_up_{n}": 100 - n for n in range(20)},
        "contigs": {"20": 700, "X": 300},
        "top_genes": [{"gene": "PRNP<", "alleles": 4}],
    }
    world.results.put(job.results.summary.key, json.dumps(summary).encode())
    return job


def archive(world: World, job: Job) -> Job:
    """Into cold storage, as the archiver does it."""
    now, ledger = world.clock.now(), world.services.ledger
    assert ledger.begin_archiving(job.job_id, owner="a", now=now, lease_seconds=60)
    cold = {
        name: ArchivedFile(
            archive_id=f"archive-{name}",
            kind=ColdKind.GLACIER_CLASS,
            size=file.size,
            sha256=file.sha256,
        )
        for name, file in job.archivable.items()
    }
    assert ledger.record_archives(job.job_id, owner="a", archives=cold)
    archived = ledger.finish_archiving(job.job_id, owner="a", now=now)
    assert archived is not None
    return archived


def thaw(world: World, job: Job, *, tier: str = "Expedited", seconds: int = 300) -> None:
    """Ask for the retrievals, as the thaw service does."""
    now = world.clock.now()
    asked = StartedRetrieval(retrieval_id="r", tier=tier, started_at=now, expected_at=now + seconds)
    assert world.services.ledger.begin_restoring(
        job.job_id, now=now, retrievals=dict.fromkeys(job.archives, asked)
    )


def bring_back(world: World, job: Job, file: str) -> None:
    """As the restore function does it."""
    assert world.services.ledger.mark_file_back(
        job.job_id, file=file, archive_id=f"archive-{file}", now=world.clock.now()
    )


def page_of(client: FlaskClient, job: Job) -> str:
    return client.get(f"/annotations/{job.job_id}").text


def document_of(client: FlaskClient, job: Job) -> dict[str, object]:
    answer = client.get(f"/annotations/{job.job_id}?log=no", headers=JSON).json
    assert isinstance(answer, dict)
    return answer


def download(client: FlaskClient, job: Job, file: str) -> tuple[int, str]:
    """Status, and the error's code or the link."""
    answer = client.get(f"/annotations/{job.job_id}/results/{file}", headers=PROBLEM)
    return answer.status_code, answer.json["code"] if answer.json else answer.location


def test_a_link_never_outlives_the_free_window(world: World, ada: FlaskClient) -> None:
    job = completed(world)
    assert job.archive_at is not None
    world.clock.advance(job.archive_at - world.clock.now() - 41)
    for file in COLD:
        assert "expires=41&" in download(ada, job, file)[1]
    for file in WARM:
        assert "expires=300&" in download(ada, job, file)[1]
    world.clock.advance(41)
    for file in COLD:
        assert download(ada, job, file) == (403, "free_window_over")
    for file in WARM:
        assert download(ada, job, file)[0] == 303


def test_the_page_counts_the_free_window_down(world: World, ada: FlaskClient) -> None:
    job = completed(world)
    assert job.archive_at is not None
    world.clock.advance(job.archive_at - world.clock.now() - 185)
    page = page_of(ada, job)
    assert ">3 min 5 s</span> more" in page
    assert "data-live" in page
    document = document_of(ada, job)
    assert document["archive_at"] == document["download_until"] is not None
    assert (document["plan"], document["expected_at"]) == ("free", None)
    world.clock.advance(185)
    page = page_of(ada, job)
    assert "The time to download these results is over" in page
    assert 'id="get-annotated"' not in page
    assert "data-live" in page
    document = document_of(ada, job)
    assert document["download_until"] is document["results_url"] is None
    assert set(document["files"]) == set(WARM)
    assert document["results_state"] == "AVAILABLE"


def test_premium_results_stay(world: World, ada: FlaskClient) -> None:
    world.accounts.set_plan(ADA, Plan.PREMIUM)
    job = completed(world)
    world.clock.advance(10 * HOUR)
    assert download(ada, job, "annotated")[0] == 303
    document = document_of(ada, job)
    assert document["archive_at"] is document["download_until"] is None
    page = page_of(ada, job)
    assert "Premium keeps your results" in page
    assert "data-live" not in page
    assert "Kept" in ada.get("/annotations").text


def test_an_archived_result_says_how_to_get_it_back(world: World, ada: FlaskClient) -> None:
    job = completed(world)
    world.clock.advance(HOUR)
    job = archive(world, job)
    for file in COLD:
        assert download(ada, job, file) == (403, "results_archived")
    page = page_of(ada, job)
    assert "These results are in the archive" in page
    assert "within 5 minutes" in page
    assert "data-live" not in page
    assert 'class="offer"' in page
    for file in WARM:
        assert f"/results/{file}" in page
    assert "Archived" in ada.get("/annotations").text
    refusal = ada.get(f"/annotations/{job.job_id}/results/annotated")
    assert refusal.status_code == 403
    assert "They are safe there" in refusal.text
    assert 'class="offer"' in refusal.text


def test_results_on_their_way_back_are_followed_file_by_file(
    world: World, ada: FlaskClient
) -> None:
    job = completed(world)
    world.clock.advance(HOUR)
    job = archive(world, job)
    world.accounts.set_plan(ADA, Plan.PREMIUM)
    assert "the retrieval is about to start" in page_of(ada, job)
    assert download(ada, job, "table") == (409, "results_restoring")

    thaw(world, job, tier="Standard", seconds=5 * HOUR)
    page = page_of(ada, job)
    assert "standard retrieval, expected" in page
    assert "0 of 2 files are back" in page
    assert "data-live" in page
    document = document_of(ada, job)
    assert document["results_state"] == "RESTORING"
    assert document["expected_at"] is not None

    bring_back(world, job, "table")
    page = page_of(ada, job)
    assert "1 of 2 files are back" in page
    assert download(ada, job, "table")[0] == 303
    assert download(ada, job, "annotated") == (409, "results_restoring")
    assert document_of(ada, job)["results_url"] is None

    bring_back(world, job, "annotated")
    assert world.services.ledger.finish_restoring(job.job_id, now=world.clock.now())
    page = page_of(ada, job)
    assert 'id="get-annotated"' in page
    assert "Premium keeps your results" in page
    document = document_of(ada, job)
    assert document["results_url"] is not None
    assert document["restoring"] is None


def test_what_a_page_shows_and_what_its_script_asks_for_agree(
    world: World, ada: FlaskClient
) -> None:
    world.accounts.set_plan(ADA, Plan.PREMIUM)
    job = archive(world, completed(world))
    thaw(world, job)
    bring_back(world, job, "table")
    document = document_of(ada, job)
    expected = json.dumps(["COMPLETED", 1, "RESTORING", False, document["expected_at"], None, 1])
    assert f"data-glimpse='{expected}'" in page_of(ada, job)


@pytest.mark.parametrize("cold", [False, True])
def test_the_preview_stays_whatever_becomes_of_the_results(
    world: World, ada: FlaskClient, cold: bool
) -> None:
    job = completed(world)
    if cold:
        world.clock.advance(HOUR)
        archive(world, job)
    page = page_of(ada, job)
    assert "1,016" in page
    assert "1.93" in page
    assert "PRNP&lt;" in page
    assert all(f'<th scope="row">made up {n}</th>' in page for n in range(20))
    assert "style=" not in page.split("<body")[1]  # the policy forbids it


@pytest.mark.parametrize("content", [None, b"", b"{}", b"\xff"])
def test_a_page_does_without_a_summary_that_cannot_be_read(
    world: World, ada: FlaskClient, content: bytes | None
) -> None:
    job = complete(world, make_job(world))
    assert job.results is not None
    if content is not None:
        world.results.put(job.results.summary.key, content)
    page = page_of(ada, job)
    assert "What was found" not in page
    assert 'id="get-annotated"' in page


def test_the_dashboard_tells_of_results_on_their_way_back(world: World, ada: FlaskClient) -> None:
    cold = [archive(world, completed(world)) for _ in range(3)]
    assert "coming back" not in ada.get("/annotations").text
    world.accounts.set_plan(ADA, Plan.PREMIUM)
    for job in cold:
        thaw(world, job)
    page = ada.get("/annotations").text
    assert "0 of 3 results are back" in page
    assert "data-live" in page
    world.services.thaws.sizes[ADA] = 5  # two were back before anybody looked at the page
    for file in COLD:
        bring_back(world, cold[0], file)
    assert world.services.ledger.finish_restoring(cold[0].job_id, now=world.clock.now())
    assert "3 of 5 results are back" in ada.get("/annotations").text
    for job in cold[1:]:
        for file in COLD:
            bring_back(world, job, file)
        assert world.services.ledger.finish_restoring(job.job_id, now=world.clock.now())
    assert "results are back" not in ada.get("/annotations").text


def test_a_job_half_into_the_archive_when_the_user_upgrades(world: World, ada: FlaskClient) -> None:
    job = completed(world)
    world.clock.advance(HOUR)
    assert world.services.ledger.begin_archiving(
        job.job_id, owner="a", now=world.clock.now(), lease_seconds=60
    )
    assert download(ada, job, "annotated") == (403, "free_window_over")
    assert "on their way to the archive" in page_of(ada, job)
    world.accounts.set_plan(ADA, Plan.PREMIUM)
    assert document_of(ada, job)["results_state"] == ResultsState.ARCHIVING
    assert download(ada, job, "annotated")[0] == 303
    assert "results are back" not in ada.get("/annotations").text
