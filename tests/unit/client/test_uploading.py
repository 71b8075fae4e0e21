"""Files on their way to the service: whole, in parts, and on after a break."""

import os
from pathlib import Path

import httpx
import pytest

from gas_client import ApiError, AsyncGas, Damaged, Gas, Mistake, Options, Unreachable
from tests.unit.client.conftest import client, finish
from tests.unit.client.service import TOKEN, URL, Service, problem

SMALL, LARGE = b"##fileformat=VCFv4.2\n", bytes(range(256)) * 40


@pytest.fixture
def small(tmp_path: Path) -> Path:
    return _file(tmp_path, "small.vcf", SMALL)


@pytest.fixture
def large(tmp_path: Path) -> Path:
    return _file(tmp_path, "large.vcf.gz", LARGE)


def _file(folder: Path, name: str, content: bytes) -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def arrived(service: Service) -> list[bytes]:
    return [job.content for job in service.jobs.values()]


def notes(folder: Path) -> list[Path]:
    return list((folder / "state").rglob("*.json"))


def test_a_small_file_goes_whole(gas: Gas, service: Service, small: Path) -> None:
    seen: list[tuple[int, int]] = []
    options = Options(strict=True, contig_names={"chrM": "MT"})
    job = gas.annotate(small, options, wait=True, watch=lambda *at: seen.append(at))
    assert arrived(service) == [SMALL]
    assert job.is_completed
    assert (job.file_name, job.options.strict) == ("small.vcf", True)
    assert job.options.contig_names == {"chrM": "MT"}
    assert seen[-1] == (len(SMALL), len(SMALL))


def test_a_large_file_goes_in_parts_and_leaves_no_note(
    gas: Gas, service: Service, large: Path, tmp_path: Path
) -> None:
    seen: list[int] = []
    gas.annotate(large, watch=lambda done, _total: seen.append(done))
    assert arrived(service) == [LARGE]
    assert len(service.asked("PUT", "/part/")) == 11
    assert max(seen) == len(LARGE)
    assert notes(tmp_path) == []


def test_asynchronously_it_is_the_same(service: Service, large: Path, tmp_path: Path) -> None:
    async def work() -> None:
        http = httpx.AsyncClient(transport=service.transport())
        async with AsyncGas(URL, TOKEN, http=http, state=tmp_path, parts_from=2500) as gas:
            service.fail("/part/", httpx.ReadError("reset"), times=2)
            job = await gas.annotate(large, wait=True)
            paths = await gas.results(job, tmp_path / "out")
            assert paths[0].read_bytes() == b"annotated " + LARGE
            assert [found.job_id async for found in gas.jobs()] == [job.job_id]

    finish(work())
    assert arrived(service) == [LARGE]


def test_an_upload_goes_on_in_another_process(
    service: Service, large: Path, tmp_path: Path
) -> None:
    service.faults.append(
        lambda r: httpx.ConnectError("gone") if r.url.path.endswith("/7") else None
    )
    with client(service, tmp_path, patience=0) as first, pytest.raises(Unreachable):
        first.annotate(large)
    assert len(notes(tmp_path)) == 1
    assert os.stat(notes(tmp_path)[0]).st_mode & 0o777 == 0o600
    before = len(service.asked("PUT", "/part/"))
    with client(service, tmp_path) as second:
        second.annotate(large)
    assert arrived(service) == [LARGE]
    assert len(service.asked("POST", "/uploads/parts$")) == 1, "it was not begun again"
    assert len(service.asked("PUT", "/part/")) < before + 11
    assert notes(tmp_path) == []


def test_an_upload_that_was_complete_becomes_its_job(
    service: Service, large: Path, tmp_path: Path
) -> None:
    service.fail("/jobs$", httpx.ConnectError("gone"))
    with client(service, tmp_path, patience=0) as first, pytest.raises(Unreachable):
        first.annotate(large)
    sent = len(service.asked("PUT", "/part/"))
    with client(service, tmp_path) as second:
        second.annotate(large)
    assert arrived(service) == [LARGE]
    assert len(service.asked("PUT", "/part/")) == sent, "no byte was sent twice"


def test_an_upload_that_is_gone_begins_again(service: Service, large: Path, tmp_path: Path) -> None:
    service.fail("/part/", httpx.ConnectError("gone"), times=1)
    with client(service, tmp_path, patience=0) as first, pytest.raises(Unreachable):
        first.annotate(large)
    service.uploads.clear()
    with client(service, tmp_path) as second:
        second.annotate(large)
    assert arrived(service) == [LARGE]


def test_another_file_under_the_same_name_is_another_upload(
    service: Service, large: Path, tmp_path: Path
) -> None:
    service.fail("/part/", httpx.ConnectError("gone"), times=1)
    with client(service, tmp_path, patience=0) as first, pytest.raises(Unreachable):
        first.annotate(large)
    other = bytes(reversed(LARGE))
    found = large.stat()
    large.write_bytes(other)
    os.utime(large, ns=(found.st_atime_ns, found.st_mtime_ns))
    with client(service, tmp_path) as second:
        second.annotate(large)
    assert arrived(service) == [other]


def test_an_address_that_has_lapsed_is_asked_for_again(
    gas: Gas, service: Service, large: Path
) -> None:
    service.fail("/part/.*/3$", httpx.Response(403, text="<Code>AccessDenied</Code>"))
    gas.annotate(large)
    assert arrived(service) == [LARGE]


def test_a_part_that_arrives_damaged_is_sent_again(gas: Gas, service: Service, large: Path) -> None:
    service.fail("/part/.*/2$", httpx.Response(200, headers={"ETag": f'"{"0" * 32}"'}))
    gas.annotate(large)
    assert arrived(service) == [LARGE]


def test_a_file_that_always_arrives_damaged_is_told(
    gas: Gas, service: Service, small: Path
) -> None:
    service.fail("/post/", httpx.Response(204, headers={"ETag": f'"{"0" * 32}"'}), times=9)
    with pytest.raises(Damaged):
        gas.annotate(small)
    assert service.jobs == {}


def test_what_is_under_a_kms_key_is_not_judged_by_its_etag(
    gas: Gas, service: Service, small: Path
) -> None:
    def answer(request: httpx.Request) -> httpx.Response | None:
        if "/post/" not in request.url.path:
            return None
        service.uploads[request.url.path.split("/")[-1]]["content"] = SMALL
        kms = {"ETag": f'"{"0" * 32}"', "x-amz-server-side-encryption": "aws:kms"}
        return httpx.Response(204, headers=kms)

    service.faults.append(answer)
    gas.annotate(small)
    assert arrived(service) == [SMALL]


def test_a_file_that_is_not_there_is_a_mistake(gas: Gas, service: Service) -> None:
    with pytest.raises(Mistake, match=r"no\.vcf"):
        gas.annotate("no.vcf")
    assert service.requests == []


def test_a_refusal_of_a_part_ends_the_others(gas: Gas, service: Service, large: Path) -> None:
    service.faults.append(lambda r: httpx.Response(400) if r.url.path.endswith("/1") else None)
    with pytest.raises(ApiError, match="400"):
        gas.annotate(large)
    assert service.jobs == {}


def test_the_job_is_made_once_though_the_answer_was_lost(
    gas: Gas, service: Service, small: Path
) -> None:
    service.fail("/jobs$", problem(503, "service_unavailable"), times=2)
    gas.annotate(small)
    assert len(service.jobs) == 1
    assert len({r.headers["idempotency-key"] for r in service.asked("POST", "/jobs$")}) == 1
