"""kill -9 of every process in the middle of the work: nothing is lost."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import smoke

from tests.e2e.test_main_job import REAL
from tests.support.installation import Installation
from tests.support.waiting import wait_until

HEADER = "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
RECORDS = 60_000
# rCRS positions where the reference carries A; two of them, in turn.
LARGE = HEADER + "".join(
    f"MT\t{(8860, 15326)[number % 2]}\tr{number}\tA\tG\t.\tPASS\t.\n" for number in range(RECORDS)
)


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    made = Installation(tmp_path / "data", environment={"GAS_LEASE_SECONDS": "10"})
    made.start()
    yield made
    made.stop()


def client() -> httpx.Client:
    return httpx.Client(follow_redirects=True, timeout=60)


def submit(web: httpx.Client, base: str, name: str, content: bytes) -> str:
    page = smoke.log_in(web, base)
    return smoke.upload(web, base, page, name, content)


def large_file() -> tuple[str, bytes]:
    """The 1000 Genomes cohort where it lies beside the repository, else a file of our own."""
    return (REAL.name, REAL.read_bytes()) if REAL.exists() else ("large.vcf", LARGE.encode())


def status(web: httpx.Client, base: str, job_id: str) -> dict[str, object]:
    answer = web.get(f"{base}/annotations/{job_id}", headers=smoke.ACCEPT_JSON)
    answer.raise_for_status()
    job: dict[str, object] = answer.json()
    return job


def test_a_job_killed_half_way_completes_after_the_restart(installation: Installation) -> None:
    with client() as web:
        base = installation.web
        name, content = large_file()
        before = submit(web, base, "before.vcf", smoke.BUILT_IN.encode())
        smoke.wait(web, base, before, 60)
        job_id = submit(web, base, name, content)
        wait_until(
            lambda: status(web, base, job_id)["job_status"] == "RUNNING", seconds=30, every=0.02
        )
        installation.kill_everything()
        installation.start()
        # The same session cookie still counts: keys and accounts were kept.
        job = smoke.wait(web, base, job_id, 120)
        received = smoke.download(web, job["results_url"])
        smoke.check_results(content, received, job)
        assert status(web, base, before)["job_status"] == "COMPLETED"
        listed = web.get(f"{base}/annotations", headers=smoke.ACCEPT_JSON).json()["jobs"]
        assert {entry["job_id"] for entry in listed} == {before, job_id}
    smoke.find_mail(installation.mailbox, smoke.EMAIL, job_id, 60)
    smoke.find_mail(installation.mailbox, smoke.EMAIL, before, 10)


def test_an_upload_whose_browser_died_becomes_a_job(installation: Installation) -> None:
    """Nobody visits the page that S3 leads to; everything is killed right after the upload."""
    with client() as web:
        base = installation.web
        page = smoke.log_in(web, base)
        content = smoke.BUILT_IN.encode()
        signed = web.post(
            f"{base}/annotate/uploads",
            json={"file_name": "orphan.vcf", "size": len(content)},
            headers={"X-CSRFToken": page.meta["csrf-token"], "Referer": page.url},
        ).json()
        with httpx.Client() as plain:
            posted = plain.post(signed["url"], data=signed["fields"], files={"file": content})
        assert posted.status_code == httpx.codes.CREATED
        installation.kill_everything()
        installation.start()
        address = f"{base}/annotations/{signed['job_id']}"
        wait_until(
            lambda: web.get(address, headers=smoke.ACCEPT_JSON).is_success, seconds=60, every=0.5
        )
        smoke.wait(web, base, signed["job_id"], 60)
