"""The main job through the front door, by HTTP: many at once, real data, and bad input."""

import gzip
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
import smoke
from markupsafe import escape

from tests.e2e.conftest import Product

REAL = Path(__file__).parents[3] / "shared/data/vcf_real/1000G_chr20_203samples.GRCh37.vcf.gz"
HEADER = "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
GOOD = "MT\t8860\tr1\tA\tG\t.\tPASS\t.\n"


@pytest.fixture
def web(product: Product) -> Iterator[httpx.Client]:
    with httpx.Client(follow_redirects=True, timeout=60) as client:
        yield client


def submit(
    web: httpx.Client, product: Product, name: str, content: bytes, *, strict: bool = False
) -> str:
    page = smoke.log_in(web, product.web)
    signed = web.post(
        f"{product.web}/annotate/uploads",
        json={"file_name": name, "size": len(content), "strict": strict},
        headers={"X-CSRFToken": page.meta["csrf-token"], "Referer": page.url},
    ).json()
    with httpx.Client() as plain:
        posted = plain.post(signed["url"], data=signed["fields"], files={"file": content})
    assert posted.status_code == httpx.codes.CREATED
    web.get(product.web + signed["done"]).raise_for_status()
    return str(signed["job_id"])


def failed(web: httpx.Client, product: Product, job_id: str) -> dict[str, object]:
    with pytest.raises(smoke.SmokeFailed, match="FAILED"):
        smoke.wait(web, product.web, job_id, 120)
    job: dict[str, object] = web.get(
        f"{product.web}/annotations/{job_id}", headers=smoke.ACCEPT_JSON
    ).json()
    return job


def test_the_smoke_script_passes(product: Product) -> None:
    done = subprocess.run(
        [sys.executable, "scripts/smoke.py", product.web, "--mailbox", product.mailbox],
        capture_output=True,
        text=True,
        timeout=110,
    )
    assert done.returncode == 0, done.stderr
    assert "find the mail" in done.stdout


def test_ten_jobs_of_one_name_at_once(web: httpx.Client, product: Product) -> None:
    contents = [
        (
            HEADER + "".join(f"MT\t{8860}\tjob{n}r{r}\tA\tG\t.\tPASS\t.\n" for r in range(50))
        ).encode()
        for n in range(10)
    ]
    page = smoke.log_in(web, product.web)
    with ThreadPoolExecutor(10) as pool:
        ids = list(
            pool.map(lambda c: smoke.upload(web, product.web, page, "same.vcf", c), contents)
        )
        jobs = list(pool.map(lambda job_id: smoke.wait(web, product.web, job_id, 110), ids))
    assert len(set(ids)) == 10
    for n, (content, job) in enumerate(zip(contents, jobs, strict=True)):
        received = smoke.download(web, job["results_url"])
        smoke.check_results(content, received, job)
        assert f"job{n}r0".encode() in gzip.decompress(received)


@pytest.mark.skipif(not REAL.exists(), reason="the 1000 Genomes file is not beside the repository")
def test_a_real_cohort_goes_from_upload_to_results(web: httpx.Client, product: Product) -> None:
    page = smoke.log_in(web, product.web)
    content = REAL.read_bytes()
    job_id = smoke.upload(web, product.web, page, REAL.name, content)
    job = smoke.wait(web, product.web, job_id, 110)
    found = smoke.check_results(content, smoke.download(web, job["results_url"]), job)
    assert found.startswith("24990 records")


def truncated() -> bytes:
    lines = "".join(f"MT\t8860\tr{n}\tA\tG\t.\tPASS\t.\n" for n in range(5000))
    return gzip.compress((HEADER + lines).encode())[:-20]


BAD = {
    "not a VCF": (b"Dear sir,\nplease find attached\n", False, 1),
    "binary": (bytes(range(256)) * 40, False, None),
    "truncated gzip": (truncated(), False, None),
    "unknown contig only": ((HEADER + "7\t100\t.\tA\tG\t.\t.\t.\n").encode(), False, 3),
    "wrong REF, strict": (
        (HEADER + GOOD + "MT\t8861\t.\tAAAAA\tG\t.\t.\t.\n").encode(),
        True,
        4,
    ),
    "too few columns, strict": ((HEADER + GOOD + "MT\t100\n").encode(), True, 4),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_ends_with_cause_and_remedy_on_page_log_and_mail(
    web: httpx.Client, product: Product, case: str
) -> None:
    content, strict, line = BAD[case]
    job_id = submit(web, product, "bad.vcf", content, strict=strict)
    job = failed(web, product, job_id)
    failure = job["failure"]
    assert isinstance(failure, dict)
    assert failure["message"]
    assert failure["remedy"]
    if line is not None:
        assert failure["line"] == line
    page = web.get(f"{product.web}/annotations/{job_id}").text
    log = web.get(f"{product.web}/annotations/{job_id}/log").text
    for text in (page, log):
        assert str(escape(failure["message"])) in text
    assert "Not annotated" in smoke.find_mail(product.mailbox, smoke.EMAIL, job_id, 60)


def test_an_empty_file_is_refused_before_it_is_uploaded(
    web: httpx.Client, product: Product
) -> None:
    page = smoke.log_in(web, product.web)
    answer = web.post(
        f"{product.web}/annotate/uploads",
        json={"file_name": "empty.vcf", "size": 0},
        headers={"X-CSRFToken": page.meta["csrf-token"], "Referer": page.url},
    )
    assert answer.status_code == httpx.codes.BAD_REQUEST
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["remedy"]


def test_good_records_are_annotated_and_bad_ones_counted_and_listed(
    web: httpx.Client, product: Product
) -> None:
    bad = (
        "MT\t100\n7\t5\t.\tA\tG\t.\t.\t.\nMT\t8861\t.\tAAAAA\tG\t.\t.\t.\nMT\tx\t.\tA\tG\t.\t.\t.\n"
    )
    content = (HEADER + GOOD + bad + GOOD).encode()
    job = smoke.wait(web, product.web, submit(web, product, "mixed.vcf", content), 110)
    log = str(job["log"])
    for line in (4, 5, 6, 7):
        assert f"line {line}" in log.lower()
    received = gzip.decompress(smoke.download(web, job["results_url"])).splitlines()
    records = [record for record in received if not record.startswith(b"#")]
    assert len(records) == 6
    assert sum(b"CSQ=" in record for record in records) == 2
