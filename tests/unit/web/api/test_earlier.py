"""What was annotated before is told before it is sent, to programs and to the page."""

from typing import Any

import pytest
from flask.testing import FlaskClient

from gas.earlier import note_completed
from gas.jobs import Job
from tests.unit.web.api.conftest import Call, caller, issue
from tests.unit.web.conftest import BEN, World, complete, make_job
from tests.unit.web.fake_engine import PACK, FakeEngine
from tests.unit.web.test_uploads import post_json

BLAKE3 = "ab" * 32


@pytest.fixture
def job(world: World) -> Job:
    done = complete(world, make_job(world))
    assert done.results is not None
    told = {"input_blake3": BLAKE3, "pack_id": PACK.pack_id, "engine": FakeEngine.version}
    results = done.results.model_copy(update=told)
    known = world.jobs.table.change(done.job_id, lambda _: True, lambda _: {"results": results})
    assert known is not None
    note_completed(world.services.earlier, known)
    return known


def asked(job: Job, **changes: Any) -> dict[str, Any]:
    return {"blake3": BLAKE3, "size": job.input_size, **changes}


def test_a_program_is_told_of_the_job_that_did_the_same(call: Call, job: Job) -> None:
    found = call("POST", "/jobs/earlier", json=asked(job))
    assert (found.status_code, found.json["job"]["job_id"]) == (200, job.job_id)
    for other in ({"size": 1}, {"blake3": "cd" * 32}, {"options": {"strict": True}}):
        assert call("POST", "/jobs/earlier", json=asked(job, **other)).json == {"job": None}


def test_nobody_else_is(world: World, job: Job) -> None:
    ben = caller(world, issue(world, BEN))
    assert ben("POST", "/jobs/earlier", json=asked(job)).json == {"job": None}


def test_what_cannot_be_downloaded_any_more_is_not_offered(
    world: World, call: Call, job: Job
) -> None:
    assert job.archive_at is not None
    world.clock.advance(job.archive_at - world.clock.now())
    assert call("POST", "/jobs/earlier", json=asked(job)).json == {"job": None}


@pytest.mark.parametrize("blake3", ["", "ab", "AB" * 32, "zz" * 32, BLAKE3 + "\n"])
def test_a_digest_that_is_none_is_refused(call: Call, job: Job, blake3: str) -> None:
    assert call("POST", "/jobs/earlier", json=asked(job, blake3=blake3)).status_code == 400


def test_the_page_is_told_where_the_job_is(ada: FlaskClient, job: Job) -> None:
    found = post_json(ada, "/annotate/earlier", asked(job)).json["job"]
    assert (found["url"], found["file_name"]) == (f"/annotations/{job.job_id}", "trio.vcf")
    assert post_json(ada, "/annotate/earlier", asked(job, format="ann")).json == {"job": None}
