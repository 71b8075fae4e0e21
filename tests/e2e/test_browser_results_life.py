"""The life of results in a real browser: the free window closes, a card brings everything back.

Job page → countdown → archived, with what was found still there → plan page → payment → the page
follows the restore → the identical file → cancelled in the portal → archived again.
"""

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.e2e.browsing import ARGUMENTS, CHROMIUM, LOOKS, Camera, Look, visit
from tests.e2e.person import GOOD_CARD
from tests.support.installation import Installation
from tests.support.waiting import wait_until

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(300),
    pytest.mark.skipif(not CHROMIUM.exists(), reason="needs the chromium package"),
]

JOB_PAGE = re.compile(r"/annotations/[0-9a-f-]{36}$")
PATIENCE = 90_000
SAMPLE = "famous_variants.annot.vcf.gz"


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    made = Installation(
        tmp_path_factory.mktemp("browser-life") / "data",
        environment={
            "GAS_FREE_WINDOW_SECONDS": "15",
            "GAS_COLD_EXPEDITED_SECONDS": "5",
            "GAS_THAW_LOOK_SECONDS": "1",
        },
    )
    made.start()
    yield made
    made.stop()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        yield chromium
        chromium.close()


def log_in(page: Page) -> None:
    page.get_by_label("Name").fill("Ada Lovelace")
    page.get_by_label("E-mail address").fill(f"ada-{uuid4().hex[:8]}@example.org")
    page.get_by_label("Organisation").fill("Analytical Engines")
    page.get_by_role("button", name="Sign in").click()


def download(page: Page, folder: Path) -> str:
    """Click the results' link; the SHA-256 of what comes."""
    with page.expect_download() as started:
        page.get_by_role("link", name="Download the VCF").click()
    assert started.value.suggested_filename == SAMPLE
    path = folder / uuid4().hex
    started.value.save_as(path)
    return hashlib.sha256(path.read_bytes()).hexdigest()


def pay(page: Page) -> None:
    """From the plan page through the practice page."""
    page.locator("#upgrade").click()
    expect(page.get_by_text("this is not Stripe")).to_be_visible()
    page.get_by_label("Test card number").fill(GOOD_CARD)
    page.get_by_label("Expiry").fill("12/34")
    page.get_by_label("Security code").fill("123")
    page.get_by_label("Name on the card").fill("Ada Lovelace")
    page.get_by_role("button", name=re.compile("^Pay")).click()


def shows(page: Page, url: str, words: str) -> bool:
    """Whether the page, opened now, says so."""
    page.goto(url)
    return page.get_by_text(words).count() > 0


@pytest.mark.parametrize("look", [LOOKS[0], LOOKS[3]], ids=lambda look: look.name)
def test_archived_paid_for_and_back(
    installation: Installation, browser: Browser, look: Look, tmp_path: Path
) -> None:
    with visit(browser, look) as (page, watched):
        camera = Camera(page, f"life-{look.name}")
        page.goto(f"{installation.web}/annotate")
        log_in(page)
        page.get_by_role("button", name="Use the sample").click()
        page.wait_for_url(JOB_PAGE)
        job = page.url
        expect(page.get_by_text("Available for")).to_be_visible(timeout=PATIENCE)
        camera.shoot("available")
        before = download(page, tmp_path)

        # No click from here on: the page follows.
        expect(page.get_by_text("These results are in the archive")).to_be_visible(timeout=PATIENCE)
        expect(page.get_by_role("link", name="Download the VCF")).to_have_count(0)
        expect(page.get_by_role("heading", name="What was found")).to_be_visible()
        camera.shoot("archived")

        page.get_by_role("link", name="Get Premium").click()
        camera.shoot("plan")
        pay(page)
        expect(page.get_by_role("heading", name="You have Premium")).to_be_visible(timeout=PATIENCE)
        camera.shoot("premium")
        page.goto(job)
        camera.shoot("coming-back")
        expect(page.get_by_role("link", name="Download the VCF")).to_be_visible(timeout=PATIENCE)
        camera.shoot("back")
        assert download(page, tmp_path) == before

        page.goto(f"{installation.web}/billing")
        camera.shoot("plan-premium")
        page.locator("#manage").click()
        page.get_by_role("button", name="Cancel now").click()
        expect(page.get_by_role("button", name="Cancel now")).to_have_count(0)
        wait_until(
            lambda: shows(page, job, "These results are in the archive"), seconds=60, every=0.5
        )
        camera.shoot("archived-again")

    addresses = installation.addresses
    ours = {addresses.url(part) for part in ("web", "cloud", "globus", "stripe")}
    assert watched.origins <= ours
    assert watched.crashed == []
    assert watched.console == []
