"""The export: everything we know of a person, and nothing of anybody else's."""

import hashlib
import io
import json
import tracemalloc
import zipfile
from collections.abc import Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient

from gas.errors import ServiceUnavailable
from gas.jobs import Failure, ResultsState
from tests.unit.web.conftest import ADA, BEN, PUBLIC_URL, World, complete, fail, make_job
from web.account import export
from web.account.zipstream import zipped

NOW = 1_800_000_000


def fetch(client: FlaskClient) -> zipfile.ZipFile:
    answer = client.get("/account/export", buffered=True)
    assert answer.status_code == 200
    assert answer.mimetype == "application/zip"
    assert "attachment" in answer.headers["Content-Disposition"]
    archive = zipfile.ZipFile(io.BytesIO(answer.data))
    assert archive.testzip() is None
    return archive


def read(archive: zipfile.ZipFile, name: str) -> Any:
    return json.loads(archive.read(name))


def test_everything_is_in_it(world: World, ada: FlaskClient) -> None:
    job = complete(world, make_job(world))
    pending = make_job(world)
    archive = fetch(ada)
    account = read(archive, "account.json")
    assert (account["user_id"], account["plan"]) == (ADA, "free")
    assert (account["name"], account["institution"]) == ("Ada Lovelace", "Example Institute")
    jobs = read(archive, "jobs.json")
    assert {each["job_id"] for each in jobs} == {job.job_id, pending.job_id}
    files = read(archive, "files.json")
    by_name = {each["file"]: each for each in files if each["job_id"] == job.job_id}
    assert set(by_name) == {"input", *(job.results.files if job.results else ())}
    annotated = by_name["annotated"]
    assert annotated["download"] == f"{PUBLIC_URL}/annotations/{job.job_id}/results/annotated"
    assert (annotated["size"], annotated["sha256"]) == (2000, "0" * 64)
    assert annotated["name"] == "trio.annot.vcf.gz"
    readme = archive.read("README.txt").decode()
    for name in archive.namelist():
        assert name in readme or name == "README.txt"


@pytest.mark.parametrize("inside", [[ADA], ["x", "y"]], ids=["one's own", "others"])
def test_slow_readers_leave_threads_to_the_pages(
    world: World, ada: FlaskClient, inside: list[str]
) -> None:
    for reader in inside:
        world.services.exports.enter(reader)
    assert ada.get("/account/export").status_code == 503
    assert ada.get("/profile").status_code == 200
    world.services.exports.leave(inside[0])
    fetch(ada)


def test_who_has_read_their_export_or_hung_up_may_have_it_again(ada: FlaskClient) -> None:
    fetch(ada)
    assert ada.head("/account/export", buffered=True).status_code == 200  # nothing of it is read
    fetch(ada)


def test_no_secret_is_in_it(world: World, ada: FlaskClient) -> None:
    with ada.session_transaction(base_url=PUBLIC_URL) as session:
        token = session["token"]
    archive = fetch(ada)
    text = "".join(archive.read(name).decode() for name in archive.namelist())
    (row,) = world.sessions.rows.values()
    for secret in (token, row.token_digest, "access-1"):
        assert secret not in text
    (session_entry,) = read(archive, "sessions.json")
    assert session_entry["device"] == "A browser"


def test_nobody_elses_things_are_in_it(world: World, ada: FlaskClient) -> None:
    foreign = complete(world, make_job(world, BEN))
    archive = fetch(ada)
    assert read(archive, "jobs.json") == read(archive, "files.json") == []
    assert ada.get(f"/account/inputs/{foreign.job_id}").status_code == 404


def test_the_input_can_be_downloaded(world: World, ada: FlaskClient) -> None:
    job = make_job(world)
    answer = ada.get(f"/account/inputs/{job.job_id}")
    assert answer.status_code == 303
    assert job.s3_key_input_file in answer.location


def test_what_is_in_the_archive_has_no_address_but_a_reason(world: World, ada: FlaskClient) -> None:
    job = complete(world, make_job(world))
    world.jobs.table.change(
        job.job_id, lambda _: True, lambda _: {"results_state": ResultsState.ARCHIVED}
    )
    files = {each["file"]: each for each in read(fetch(ada), "files.json")}
    assert (files["annotated"]["where"], files["annotated"]["download"]) == ("archived", None)
    assert files["log"]["download"] is not None


def test_a_failed_jobs_log_is_listed(world: World, ada: FlaskClient) -> None:
    fail(world, make_job(world), Failure(code="x", message="No."))
    files = {each["file"]: each for each in read(fetch(ada), "files.json")}
    assert files["log"]["size"] == 10
    assert files["log"]["download"] is not None


def test_all_pages_are_in_it(
    world: World, ada: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export, "PAGE", 3)
    wanted = {make_job(world, submit_time=n).job_id for n in range(10)}
    archive = fetch(ada)
    assert {each["job_id"] for each in read(archive, "jobs.json")} == wanted
    assert {each["job_id"] for each in read(archive, "files.json")} == wanted


def test_an_outage_is_told_before_anything_is_sent(
    world: World, ada: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object, **__: object) -> None:
        raise ServiceUnavailable("away")

    monkeypatch.setattr(world.jobs, "list_for_user", away)
    assert ada.get("/account/export").status_code == 503


def test_an_archive_that_was_cut_off_is_not_taken_for_complete() -> None:
    def pieces() -> Iterator[bytes]:
        yield b"some" * 100_000
        raise ServiceUnavailable("away")

    received = []
    with pytest.raises(ServiceUnavailable):
        received.extend(zipped([("whole.txt", [b"x"]), ("half.txt", pieces())], now=NOW))
    with pytest.raises(zipfile.BadZipFile):
        zipfile.ZipFile(io.BytesIO(b"".join(received)))


def test_a_large_archive_is_never_whole_in_memory() -> None:
    def pieces() -> Iterator[bytes]:
        block = hashlib.sha256(b"start").digest()
        for _ in range(200):
            block = hashlib.sha256(block).digest()
            yield b"".join(hashlib.sha256(block + bytes([n])).digest() for n in range(256)) * 16

    tracemalloc.start()
    size = sum(map(len, zipped([("large.bin", pieces())], now=NOW)))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert size > 1_000_000
    assert peak < 2_000_000
