"""Buying Premium in a real Chromium: what the pages' security policy lets a browser do."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from gas.billing.grants import set_plan
from gas.plans import Plan
from tests.e2e.browsing import ARGUMENTS, CHROMIUM, LOOKS, Camera, visit
from tests.integration.billing.conftest import Counter, Person

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(300),
    pytest.mark.skipif(not CHROMIUM.exists(), reason="needs the chromium package"),
]


@pytest.fixture
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        yield browser
        browser.close()


def carry_over(person: Person, page: Page) -> None:
    """Let the browser go on with the person's session."""
    page.context.add_cookies(
        [
            {"name": cookie.name, "value": cookie.value or "", "url": person.shop.url}
            for cookie in person.browser.cookies.jar
        ]
    )


def test_upgrading_in_a_browser(counter: Counter, chromium: Browser) -> None:
    ada = counter.person()
    counter.shop.deaf = True
    with visit(chromium, LOOKS[0]) as (page, watched):
        page.set_default_timeout(60_000)
        camera = Camera(page, "billing-desktop")
        carry_over(ada, page)
        page.goto(f"{counter.shop.url}/billing")
        camera.shoot("free")
        page.click("#upgrade")
        page.wait_for_url(re.compile(re.escape(counter.stripe.url)))
        for field, value in (
            ("number", "4242 4242 4242 4242"),
            ("expiry", "12/34"),
            ("cvc", "123"),
            ("name", "Ada L."),
        ):
            page.fill(f"[name={field}]", value)
        page.click("#pay button")
        page.wait_for_url(re.compile("/billing/return"))
        expect(page.get_by_role("heading", level=1)).to_have_text("Payment received")
        camera.shoot("waiting")
        counter.shop.deaf = False
        # Without any click: the page asks until the callback has come.
        expect(page.get_by_role("heading", level=1)).to_have_text(
            "You have Premium", timeout=60_000
        )
        camera.shoot("premium")
        page.goto(f"{counter.shop.url}/billing")
        camera.shoot("plan")
        page.click("#manage")
        page.wait_for_url(re.compile("/p/session/"))
        assert watched.origins <= {counter.shop.url, counter.stripe.url}
        assert [line for line in watched.console if counter.shop.url in line] == []
        assert watched.crashed == []
    assert ada.standing.plan is Plan.PREMIUM


def test_the_plan_page_on_a_phone_in_the_dark(counter: Counter, chromium: Browser) -> None:
    ada = counter.person()
    with visit(chromium, LOOKS[3]) as (page, watched):
        carry_over(ada, page)
        page.goto(f"{counter.shop.url}/billing")
        camera = Camera(page, "billing-phone")
        camera.shoot("free")
        set_plan(counter.shop.billing, ada.user_id, Plan.PREMIUM)
        page.goto(f"{counter.shop.url}/billing")
        camera.shoot("granted")
        assert (watched.console, watched.crashed) == ([], [])
