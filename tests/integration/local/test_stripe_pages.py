"""The pages of the Stripe stand-in: what they say, what they refuse, what they never keep."""

import re
from collections.abc import Iterator

import httpx
import pytest

from local.stripe.cards import CARDS
from tests.support.stripe_standin import CANCEL, StandIn, period_end, run

REAL = "4111 1111 1111 1111"
DAY = 86_400


@pytest.fixture(scope="module")
def standin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandIn]:
    running, end = run(tmp_path_factory.mktemp("stripe"))
    yield running
    end()


def all_pages(standin: StandIn) -> dict[str, httpx.Response]:
    subscription = standin.subscribe()
    customer = str(subscription.customer)
    session = standin.checkout(customer)
    invoice = standin.sdk.v1.invoices.list({"customer": customer}).data[0]
    event = standin.sdk.v1.events.list({"limit": 1}).data[0]
    portal = standin.portal(customer)
    pages = {
        "events": standin.url,
        "event": f"{standin.url}/events/{event.id}",
        "checkout": str(session.url),
        "portal": portal,
        "card": f"{portal}/card",
        "invoice": str(invoice.hosted_invoice_url),
        "invoice pdf": str(invoice.invoice_pdf),
        "nothing": f"{standin.url}/c/pay/cs_test_none",
        "no portal": f"{standin.url}/p/session/none",
        "no page": f"{standin.url}/none",
    }
    return {name: standin.browser.get(url) for name, url in pages.items()}


def test_no_page_can_be_taken_for_a_real_one(standin: StandIn) -> None:
    for name, page in all_pages(standin).items():
        title = re.search(r"<title>(.*?)</title>", page.text)
        assert title is not None, name
        assert title[1].startswith("PRACTICE PAYMENTS, not Stripe"), name
        assert "this is not Stripe, no money moves" in page.text, name
        assert "Enter no real card" in page.text, name
        assert page.headers["x-robots-tag"] == "noindex, nofollow"
        assert page.status_code == (404 if name.startswith("no") else 200), name


def test_pages_load_nothing_from_elsewhere_and_run_no_script(standin: StandIn) -> None:
    for name, page in all_pages(standin).items():
        policy = page.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; style-src 'self'; form-action 'self'"), name
        assert "frame-ancestors 'none'" in policy
        assert "<script" not in page.text
        assert "style=" not in page.text
        assert re.findall(r'(?:src|href)="(?:https?:)?//(?!127\.0\.0\.1)', page.text) == []
        assert page.headers["referrer-policy"] == "no-referrer"
        assert page.headers["cache-control"] == "no-store"
    style = standin.browser.get(f"{standin.url}/style.css").text
    assert "url(" not in style
    assert "@import" not in style


def test_a_number_that_is_no_test_number_goes_nowhere(standin: StandIn) -> None:
    session = standin.checkout(standin.sdk.v1.customers.create({"email": "a@example.org"}).id)
    answer = standin.enter_card(str(session.url), REAL, cvc="987")
    assert answer.status_code == 402
    assert "Never enter a real card" in answer.text
    assert REAL not in answer.text
    assert "987" not in answer.text
    assert 'value="12/34"' in answer.text  # what is harmless need not be typed again
    kept = b"".join(path.read_bytes() for path in standin.data.parent.rglob("*") if path.is_file())
    for number in (REAL, REAL.replace(" ", "")):
        assert number.encode() not in kept


def test_no_number_is_kept_of_a_test_card_either(standin: StandIn) -> None:
    for card in CARDS:
        session = standin.checkout(standin.sdk.v1.customers.create({"email": "a@example.org"}).id)
        cvc = "1234" if card.brand == "amex" else "123"
        standin.enter_card(str(session.url), card.number, cvc=cvc)
    stored = [path.read_bytes() for path in standin.data.rglob("*") if path.is_file()]
    assert stored
    for card in CARDS:
        assert not any(card.number.encode() in content for content in stored)


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("number", "4242 4242 4242 4241", "Only the published test card numbers"),
        ("expiry", "13/34", "month and year"),
        ("expiry", "soon", "month and year"),
        ("expiry", "01/20", "in the past"),
        ("cvc", "12", "3 digits"),
        ("cvc", "abcd", "3 digits"),
        ("name", " ", "Write a name"),
    ],
)
def test_fields_are_checked(standin: StandIn, field: str, value: str, words: str) -> None:
    session = standin.checkout(standin.sdk.v1.customers.create({"email": "a@example.org"}).id)
    answer = standin.enter_card(str(session.url), **{"number": "4242424242424242", field: value})
    assert answer.status_code == 402
    assert words in answer.text
    assert f'aria-describedby="{field}-fault"' in answer.text
    assert standin.sdk.v1.checkout.sessions.retrieve(session.id).status == "open"


def test_a_form_from_elsewhere_does_nothing(standin: StandIn) -> None:
    subscription = standin.subscribe()
    portal = standin.portal(str(subscription.customer))
    standin.browser.get(portal)
    for fields in ({"action": "cancel_now"}, {"action": "cancel_now", "csrf": "guessed"}):
        assert standin.browser.post(portal, data=fields).status_code == 403
    other = httpx.post(portal, data={"action": "cancel_now", "csrf": ""}, trust_env=False)
    assert other.status_code == 403
    assert standin.subscription(subscription.id).status == "active"


def test_the_way_back_without_paying(standin: StandIn) -> None:
    page = standin.browser.get(str(standin.checkout().url)).text
    assert f'<a href="{CANCEL}">Go back without paying</a>' in page


def test_canceling_and_keeping_in_the_portal(standin: StandIn) -> None:
    subscription = standin.subscribe()
    portal = standin.portal(str(subscription.customer))
    page = standin.browser.get(portal).text
    assert "GAS Premium" in page
    assert "ending in 4242" in page
    assert "USD 19.00" in page
    assert '<a href="http://127.0.0.1:9/plan">' in page

    standin.send(portal, action="cancel_at_period_end")
    going = standin.subscription(subscription.id)
    # As Stripe's portal does it in the flexible billing mode.
    assert (going.status, going.cancel_at_period_end) == ("active", False)
    assert going.cancel_at == period_end(going)
    assert "Ends" in standin.browser.get(portal).text

    standin.send(portal, action="resume")
    assert standin.subscription(subscription.id).cancel_at is None

    standin.send(portal, action="cancel_now")
    assert standin.subscription(subscription.id).status == "canceled"
    assert "Cancel now" not in standin.browser.get(portal).text
    standin.send(portal, action="cancel_at_period_end")  # an old page: too late
    assert standin.subscription(subscription.id).status == "canceled"


def test_time_passes_for_one_customer(standin: StandIn) -> None:
    subscription, other = standin.subscribe(), standin.subscribe()
    portal = standin.portal(str(subscription.customer))
    standin.send(portal, action="pass_month")
    renewed = standin.subscription(subscription.id)
    assert renewed.status == "active"
    assert period_end(renewed) > period_end(subscription)
    assert len(standin.sdk.v1.invoices.list({"customer": str(subscription.customer)}).data) == 2
    assert period_end(standin.subscription(other.id)) == period_end(other)


def test_the_next_payment_fails_on_demand_and_then_recovers(standin: StandIn) -> None:
    subscription = standin.subscribe()
    customer = str(subscription.customer)
    portal = standin.portal(customer)
    standin.send(portal, action="fail_next")
    assert "The next payment will fail." in standin.browser.get(portal).text
    standin.send(portal, action="pass_month")
    assert standin.subscription(subscription.id).status == "past_due"
    standin.send(portal, action="pass_three_days")  # the first retry succeeds
    assert standin.subscription(subscription.id).status == "active"
    standin.receiver.wait_for("invoice.payment_failed", "invoice.paid", customer=customer)


def test_canceling_in_the_portal_ends_at_the_end_of_the_period(standin: StandIn) -> None:
    subscription = standin.subscribe()
    portal = standin.portal(str(subscription.customer))
    standin.send(portal, action="cancel_at_period_end")
    standin.send(portal, action="pass_month")
    ended = standin.subscription(subscription.id)
    assert (ended.status, ended.ended_at) == ("canceled", period_end(subscription))
    assert ended.cancellation_details is not None
    assert ended.cancellation_details.reason == "cancellation_requested"


def test_changing_the_card_in_the_portal(standin: StandIn) -> None:
    subscription = standin.subscribe()
    portal = standin.portal(str(subscription.customer))
    declined = standin.enter_card(f"{portal}/card", "4000000000000002")
    assert (declined.status_code, "declined" in declined.text) == (402, True)
    assert standin.enter_card(f"{portal}/card", REAL).status_code == 402
    asked = standin.enter_card(f"{portal}/card", "4000002500003155")
    assert asked.headers["location"].endswith("/authenticate")
    assert standin.send(f"{portal}/authenticate", answer="fail").status_code == 402
    standin.enter_card(f"{portal}/card", "4000002500003155")
    assert standin.send(f"{portal}/authenticate", answer="accept").status_code == 303
    assert "ending in 3155" in standin.browser.get(portal).text
    standin.send(portal, action="pass_month")
    assert standin.subscription(subscription.id).status == "active"


def test_an_open_invoice_is_paid_on_its_page(standin: StandIn) -> None:
    subscription = standin.subscribe("4000 0000 0000 0341")
    customer = str(subscription.customer)
    standin.send(standin.portal(customer), action="pass_month")
    assert standin.subscription(subscription.id).status == "past_due"
    invoice = standin.sdk.v1.invoices.list({"customer": customer, "status": "open"}).data[0]
    page = str(invoice.hosted_invoice_url)
    assert standin.send(page, **{"with": "card_on_file"}).status_code == 402
    assert standin.enter_card(page, "4000000000000002").status_code == 402
    assert standin.enter_card(page, "4242424242424242").status_code == 303
    assert standin.sdk.v1.invoices.retrieve(invoice.id).status == "paid"
    assert standin.subscription(subscription.id).status == "active"
    shown = standin.browser.get(page).text
    assert "paid" in shown
    assert "Pay " not in shown


def test_the_portal_of_a_deleted_customer_is_closed(standin: StandIn) -> None:
    subscription = standin.subscribe()
    portal = standin.portal(str(subscription.customer))
    standin.sdk.v1.customers.delete(str(subscription.customer))
    gone = standin.browser.get(portal)
    assert (gone.status_code, "has expired" in gone.text) == (404, True)


def test_only_this_machine_is_answered(standin: StandIn) -> None:
    answer = standin.browser.get(f"{standin.url}/", headers={"Host": "evil.example"})
    assert answer.status_code == 400
