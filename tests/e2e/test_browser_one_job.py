"""One job's page through its life, in a real browser: waiting behind others while the annotator is
held up, live until it is done; cancelled; failed, repaired with a click, and completed.
"""

import re
import signal
from collections.abc import Iterator

import psutil
import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.e2e.browsing import ARGUMENTS, CHROMIUM, Camera, Look, Watched, visit
from tests.e2e.person import Person
from tests.support.installation import Installation
from tests.support.waiting import wait_until

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(300),
    pytest.mark.skipif(not CHROMIUM.exists(), reason="needs the chromium package"),
]

LOOK = Look("one-job", 1280, 800, "light")
JOB_PAGE = re.compile(r"/annotations/[0-9a-f-]{36}$")
OTHER_NAMES = (
    b"##fileformat=VCFv4.2\n"
    b"#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
    b"Chrom_20\t4680251\trs1799990\tA\tG\t.\tPASS\t.\n"
)


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """Of our own: its annotator is held up."""
    installation = Installation(tmp_path_factory.mktemp("one-job") / "data")
    installation.start()
    yield installation
    installation.stop()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        yield chromium
        chromium.close()


def annotators(installation: Installation) -> list[psutil.Process]:
    return [p for p in installation.processes() if "annotator.ini" in " ".join(p.cmdline())]


def tell(installation: Installation, what: signal.Signals) -> None:
    for process in annotators(installation):
        process.send_signal(what)


def come_in(page: Page, person: Person) -> None:
    """The browser takes over the person's session."""
    page.context.add_cookies(
        [
            {"name": cookie.name, "value": cookie.value or "", "url": person.web}
            for cookie in person.client.cookies.jar
        ]
    )


def state(page: Page, status: str, seconds: float = 60) -> None:
    expect(page.locator(f'#job[data-status="{status}"]')).to_be_visible(timeout=1000 * seconds)


def test_one_job_through_its_life(installation: Installation, browser: Browser) -> None:
    with Person(installation.web) as person, visit(browser, LOOK) as (page, watched):
        camera = Camera(page, LOOK.name)
        come_in(page, person)
        for number in range(4):  # what estimates are made of: three, and one not noted yet
            person.finished(person.annotate(f"measured-{number}.vcf"))
        _waits_and_completes(installation, person, page, camera)
        _is_cancelled_and_run_after_all(installation, person, page, camera)
        _fails_and_is_repaired(person, page, camera)
        _quiet(watched)


def place(person: Person, job_id: str) -> int:
    queue = person.job(job_id)["queue"]
    return int(queue["place"]) if queue else 0


def _waits_and_completes(
    installation: Installation, person: Person, page: Page, camera: Camera
) -> None:
    tell(installation, signal.SIGSTOP)
    try:
        jobs = [person.annotate(f"waiting-{number}.vcf") for number in range(3)]
        # Those of the same second are in the order of their ids, which is one of chance; and the
        # annotator may not have come to give back the slot of the job before.
        in_line = ([1, 2, 3], [2, 3, 4])
        wait_until(lambda: sorted(place(person, job) for job in jobs) in in_line, seconds=15)
        last = max(jobs, key=lambda job: place(person, job))
        page.goto(f"{person.web}/annotations/{last}")
        expect(page).to_have_title(re.compile("^Waiting · "))
        expect(page.locator("#queue")).to_have_text(
            re.compile("^[23] of your own jobs are before it; Free runs one at a time.$")
        )
        expect(page.locator("#estimate")).to_contain_text("Starts ")
        camera.shoot("waiting")
    finally:
        tell(installation, signal.SIGCONT)
    state(page, "COMPLETED", 90)
    expect(page.locator("#announce")).to_have_text("The job is now completed.")
    expect(page.get_by_role("link", name="Explore the results")).to_be_visible()
    camera.shoot("completed")
    assert all(person.finished(job)["queue"] is None for job in jobs)


def _is_cancelled_and_run_after_all(
    installation: Installation, person: Person, page: Page, camera: Camera
) -> None:
    tell(installation, signal.SIGSTOP)
    try:
        job_id = person.annotate("cancelled.vcf")
        page.goto(f"{person.web}/annotations/{job_id}")
        page.get_by_role("button", name="Cancel the job").click()
        state(page, "CANCELLED")
    finally:
        tell(installation, signal.SIGCONT)
    camera.shoot("cancelled")
    page.get_by_role("button", name="Run it after all").click()
    page.wait_for_url(JOB_PAGE)
    expect(page.get_by_role("link", name="an earlier job")).to_be_visible()
    state(page, "COMPLETED")
    assert person.job(job_id)["job_status"] == "CANCELLED"


def _fails_and_is_repaired(person: Person, page: Page, camera: Camera) -> None:
    job_id = person.annotate("other-names.vcf", OTHER_NAMES)
    page.goto(f"{person.web}/annotations/{job_id}")
    state(page, "FAILED")
    expect(page.locator(".offending")).to_contain_text("rs1799990")
    camera.shoot("failed")
    page.get_by_role("button", name="Try again, reading Chrom_20 as 20").click()
    page.wait_for_url(lambda url: JOB_PAGE.search(url) is not None and job_id not in url)
    repaired = page.url.rsplit("/", 1)[-1]
    assert person.finished(repaired)["receipt"]["records_annotated"] == 1
    state(page, "COMPLETED")
    expect(page.get_by_text("Chrom_20 as 20")).to_be_visible()
    camera.shoot("repaired")
    page.go_back()
    page.reload()
    # Clicked once more, the same job is the answer.
    page.get_by_role("button", name="Try again, reading Chrom_20 as 20").click()
    page.wait_for_url(re.compile(repaired))
    page.goto(f"{person.web}/annotations/{repaired}/log")
    page.get_by_role("searchbox").fill("missense")
    expect(page.locator("#log-count")).to_have_text(re.compile(r"^1 of \d+ lines$"))


def _quiet(watched: Watched) -> None:
    assert watched.crashed == []
    assert watched.console == []
