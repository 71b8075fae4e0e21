"""The list of jobs in a real browser: from the first visit to a tidy list.

Empty page → the sample in one click → more jobs → search, states, ticks with the shift key →
cancelling what has ended says why not → deleting, until the files are gone too.
"""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.e2e.browsing import ARGUMENTS, CHROMIUM, LOOKS, Camera, visit
from tests.e2e.conftest import Product
from tests.e2e.person import Person
from tests.support.waiting import wait_until

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(300),
    pytest.mark.skipif(not CHROMIUM.exists(), reason="needs the chromium package"),
]

JOB_PAGE = re.compile(r"/annotations/[0-9a-f-]{36}$")
PATIENCE = 90_000


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        yield chromium
        chromium.close()


def enter(page: Page, person: Person) -> None:
    """Go on in the browser as somebody who has logged in already."""
    page.context.add_cookies(
        [
            {"name": cookie.name, "value": cookie.value or "", "url": person.web}
            for cookie in person.client.cookies.jar
        ]
    )
    page.goto(f"{person.web}/annotations")


def inputs_of(person: Person) -> set[str]:
    """The jobs of which there is an uploaded file."""
    answer = person.client.get(f"{person.web}/annotate/files").json()
    return {file["job_id"] for file in answer["files"]}


def names(page: Page) -> list[str]:
    return page.locator(".job-name").all_inner_texts()


def test_from_the_first_job_to_a_tidy_list(product: Product, browser: Browser) -> None:
    desktop = next(look for look in LOOKS if look.name == "desktop-light")
    with Person(product.web) as person, visit(browser, desktop) as (page, watched):
        camera = Camera(page, "jobs")
        enter(page, person)
        expect(page.get_by_role("heading", name="No jobs yet")).to_be_visible()
        camera.shoot("empty")
        page.get_by_role("button", name="Try it with the sample").click()
        page.wait_for_url(JOB_PAGE, timeout=PATIENCE)

        # Jobs are listed by the second they were submitted in; within one, in no order.
        page.wait_for_timeout(1_100)
        made = [person.annotate(name) for name in ("trio.vcf", "tumour.vcf", "tumour again.vcf")]
        page.goto(f"{person.web}/annotations")
        expect(page.locator(".chip-completed", has_text="Completed")).to_have_count(
            5, timeout=PATIENCE
        )  # four jobs, patched where they stand, and the filter
        assert sorted(names(page)[:3]) == ["trio.vcf", "tumour again.vcf", "tumour.vcf"]

        page.keyboard.press("/")
        page.keyboard.type("TUMOUR")
        page.keyboard.press("Enter")
        page.wait_for_url(re.compile("q=TUMOUR"))
        assert sorted(names(page)) == ["tumour again.vcf", "tumour.vcf"]
        page.get_by_role("link", name=re.compile("^Failed")).click()
        expect(page.get_by_role("heading", name="No job matches")).to_be_visible()
        page.get_by_role("link", name="Show all jobs").click()

        boxes = page.locator('tbody input[type="checkbox"]')
        boxes.nth(0).click()
        boxes.nth(2).click(modifiers=["Shift"])
        expect(page.get_by_text("3 selected")).to_be_visible()
        camera.shoot("ticked")
        page.get_by_role("button", name="Cancel").click()
        page.get_by_role("button", name="Cancel 3 jobs").click()
        expect(page.get_by_role("heading", name="0 cancelled, 3 could not be")).to_be_visible()
        page.get_by_role("link", name="Back to your jobs").click()

        for number in range(3):
            boxes.nth(number).check()
        page.get_by_role("button", name="Delete").click()
        camera.shoot("asked")
        page.get_by_role("button", name="Delete 3 jobs").click()
        expect(page.get_by_role("heading", name="3 deleted")).to_be_visible()
        page.get_by_role("link", name="Back to your jobs").click()
        assert names(page) == ["famous_variants.vcf"]
        wait_until(lambda: not inputs_of(person) & set(made), seconds=90, every=1)
    assert watched.console == []
    assert watched.crashed == []
