"""The Checkout page of the Stripe stand-in in a real browser: by keyboard, on a phone's screen."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from tests.e2e.browsing import ARGUMENTS, CHROMIUM
from tests.support.stripe_standin import StandIn, run

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(300),
    pytest.mark.skipif(not CHROMIUM.exists(), reason="needs the chromium package"),
]


@pytest.fixture(scope="module")
def standin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandIn]:
    running, end = run(tmp_path_factory.mktemp("stripe"))
    yield running
    end()


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        expect.set_options(timeout=30_000)
        yield chromium.new_page(viewport={"width": 360, "height": 740})
        expect.set_options(timeout=5_000)
        chromium.close()


def test_paying_by_keyboard_alone(standin: StandIn, page: Page) -> None:
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    customer = standin.sdk.v1.customers.create({"email": "ada@example.org"})
    # Another origin, as the web app is one: the page's policy must let the browser go there.
    session = standin.checkout(
        customer.id,
        success_url=f"http://localhost:{standin.port}/health?done={{CHECKOUT_SESSION_ID}}",
    )
    page.goto(str(session.url))
    expect(page).to_have_title("PRACTICE PAYMENTS, not Stripe: subscribe")
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Go back without paying")).to_be_focused()
    for text in ("4000002500003155", "12/34", "123", "Ada L."):
        page.keyboard.press("Tab")
        page.keyboard.type(text)
    page.mouse.wheel(0, 5_000)
    expect(page.get_by_text("this is not Stripe, no money moves")).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Practice bank: is it you?")).to_be_visible()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"http://localhost:{standin.port}/health?done={session.id}")
    assert standin.sdk.v1.checkout.sessions.retrieve(session.id).payment_status == "paid"
    assert complaints == []


def test_the_portal_fits_a_phone(standin: StandIn, page: Page) -> None:
    subscription = standin.subscribe()
    page.goto(standin.portal(str(subscription.customer)))
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    page.get_by_role("button", name="Let a month pass").click()
    expect(page.get_by_role("link", name="-0002")).to_be_visible()
    page.get_by_role("link", name="-0002").click()
    expect(page.get_by_role("heading", name="Practice invoice")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == 360
