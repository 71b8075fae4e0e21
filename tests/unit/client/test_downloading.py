"""Files on their way back: on from where they broke off, and never in place unless right."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from gas_client import Damaged, Gas, JobFailed, Mistake, TimedOut, Unreachable
from gas_client.downloading import safe_name
from tests.unit.client.conftest import client
from tests.unit.client.service import Service

CONTENT = bytes(range(256)) * 2000
RESULT = b"annotated " + CONTENT


class Breaks(httpx.SyncByteStream):
    """The beginning of a file; then the connection is lost."""

    def __iter__(self) -> Iterator[bytes]:
        yield RESULT[:300_000]
        raise httpx.ReadError("reset")


@pytest.fixture
def job(service: Service) -> str:
    return service.add("a.vcf.gz", CONTENT, "COMPLETED")


def test_a_file_arrives_under_its_name(gas: Gas, job: str, tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    path = gas.download(job, folder=tmp_path / "new", watch=lambda *at: seen.append(at))
    assert path == tmp_path / "new" / "a.annot.vcf.gz"
    assert path.read_bytes() == RESULT
    assert seen[-1] == (len(RESULT), len(RESULT))
    assert [each.name for each in path.parent.iterdir()] == [path.name]


def test_it_goes_on_where_it_broke_off(
    gas: Gas, service: Service, job: str, tmp_path: Path
) -> None:
    service.fail("/get/", httpx.Response(200, stream=Breaks()))
    assert gas.download(job, folder=tmp_path).read_bytes() == RESULT
    ranges = [r.headers.get("range") for r in service.asked("GET", "/get/")]
    assert ranges == [None, "bytes=300000-"]


def test_it_goes_on_in_another_process(service: Service, job: str, tmp_path: Path) -> None:
    service.fail("/get/", httpx.Response(200, stream=Breaks()))
    with client(service, tmp_path, patience=0) as first, pytest.raises(Unreachable):
        first.download(job, folder=tmp_path / "out")
    assert [each.name for each in (tmp_path / "out").iterdir()] == ["a.annot.vcf.gz.part"]
    with client(service, tmp_path) as second:
        assert second.download(job, folder=tmp_path / "out").read_bytes() == RESULT
    assert service.asked("GET", "/get/")[-1].headers["range"] == "bytes=300000-"


def test_a_link_that_lapses_is_asked_for_again(
    gas: Gas, service: Service, job: str, tmp_path: Path
) -> None:
    service.fail("/get/", httpx.Response(403), times=2)
    assert gas.download(job, folder=tmp_path).read_bytes() == RESULT
    assert len(service.asked("GET", "/files/annotated")) == 3


def test_a_wrong_beginning_is_found_out_and_fetched_anew(
    gas: Gas, job: str, tmp_path: Path
) -> None:
    (tmp_path / "a.annot.vcf.gz.part").write_bytes(b"something else")
    assert gas.download(job, folder=tmp_path).read_bytes() == RESULT


def test_a_part_that_is_too_long_is_no_beginning(gas: Gas, job: str, tmp_path: Path) -> None:
    (tmp_path / "a.annot.vcf.gz.part").write_bytes(RESULT * 2)
    assert gas.download(job, folder=tmp_path).read_bytes() == RESULT


def test_one_damaged_download_is_mended(
    gas: Gas, service: Service, job: str, tmp_path: Path
) -> None:
    service.damage = 1
    assert gas.download(job, folder=tmp_path).read_bytes() == RESULT


def test_what_stays_damaged_is_never_put_in_place(
    gas: Gas, service: Service, job: str, tmp_path: Path
) -> None:
    (tmp_path / "a.annot.vcf.gz").write_bytes(b"of last year")
    service.damage = 9
    with pytest.raises(Damaged, match=r"a\.annot\.vcf\.gz"):
        gas.download(job, folder=tmp_path)
    assert (tmp_path / "a.annot.vcf.gz").read_bytes() == b"of last year"
    assert not list(tmp_path.glob("*.part"))


def test_what_is_there_is_not_fetched_again(
    gas: Gas, service: Service, job: str, tmp_path: Path
) -> None:
    for _ in range(2):
        gas.download(job, folder=tmp_path)
    assert len(service.asked("GET", "/get/")) == 1


def test_a_folder_that_is_none_is_a_mistake(gas: Gas, job: str, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(Mistake):
        gas.download(job, folder=tmp_path / "file")


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("..", "results"),
        ("a\x1b[31m.vcf", "a_[31m.vcf"),
        ("C:\\x\\b.vcf", "b.vcf"),
        (".bashrc", "bashrc"),
        ("", "results"),
    ],
)
def test_a_name_leads_nowhere_else(told: str, kept: str) -> None:
    assert safe_name(told) == kept


def test_waiting_ends_with_the_job(gas: Gas, service: Service) -> None:
    service.looks_to_end = 3
    seen: list[str] = []
    job = gas.wait(service.add(), seen=lambda each: seen.append(each.status))
    assert job.is_completed
    assert seen == ["PENDING", "PENDING", "COMPLETED"]


def test_waiting_ends_with_its_time(gas: Gas, service: Service) -> None:
    service.looks_to_end = 10**9
    with pytest.raises(TimedOut, match="PENDING"):
        gas.wait(service.add(), timeout=0)


def test_a_failed_job_has_no_results(gas: Gas, service: Service, tmp_path: Path) -> None:
    job = gas.job(service.add(status="FAILED"))
    with pytest.raises(JobFailed, match="no VCF") as caught:
        gas.results(job, tmp_path)
    assert (caught.value.code, caught.value.remedy) == ("not_a_vcf", "Send a VCF.")


def test_many_jobs_are_looked_at_with_few_requests(gas: Gas, service: Service) -> None:
    jobs = [service.add(f"{n}.vcf") for n in range(150)]
    assert set(gas.look(jobs)) == set(jobs)
    assert len(service.requests) == 2
