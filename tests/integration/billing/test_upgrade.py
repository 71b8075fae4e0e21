"""From the plan page to Stripe's pages and back, as a browser does it."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import Engine

from gas.billing.checkout import close_customer
from gas.plans import Plan
from tests.integration.billing.conftest import Counter, World, open_counter
from tests.support.waiting import wait_until

BEGAN = ["premium_started", "thaw_requested"]


def test_a_card_makes_premium(counter: Counter) -> None:
    ada = counter.person()
    assert ada.document()["premium_price"] == "19.00 USD per month"
    ada.upgrade()
    ada.wait_for(Plan.PREMIUM, status="active")
    assert "You have Premium" in ada.browser.get("/billing/return").text
    counter.shop.wait_told(*BEGAN)
    document = ada.document()
    assert (document["plan"], document["payment_state"]) == ("premium", "active")
    assert document["renews_at"]
    (invoice,) = document["invoices"]
    assert (invoice["amount"], invoice["invoice_status"]) == ("19.00 USD", "paid")
    assert invoice["number"] in ada.browser.get("/billing").text
    assert counter.stripe.browser.get(invoice["url"]).status_code == 200
    customer = counter.stripe.sdk.v1.customers.retrieve(ada.customer)
    assert customer.metadata is not None
    assert customer.metadata["user_id"] == ada.user_id


def test_a_declined_card_makes_nothing_and_another_one_helps(counter: Counter) -> None:
    ada = counter.person()
    page = ada.press("upgrade").headers["location"]
    refused = counter.stripe.enter_card(page, "4000 0000 0000 0002")
    assert "declined" in refused.text
    assert ada.document()["payment_state"] == "free"
    assert ada.press("upgrade").headers["location"] == page
    assert counter.stripe.enter_card(page, "4242 4242 4242 4242").status_code == 303
    ada.wait_for(Plan.PREMIUM)
    counter.shop.wait_told(*BEGAN)


def test_a_bank_that_asks(counter: Counter) -> None:
    ada = counter.person()
    page = ada.press("upgrade").headers["location"]
    counter.stripe.enter_card(page, "4000 0025 0000 3155")
    assert ada.document()["plan"] == "free"
    done = counter.stripe.send(f"{page}/authenticate", answer="accept")
    assert done.headers["location"].startswith(counter.shop.url)
    ada.wait_for(Plan.PREMIUM)


def test_the_browser_is_back_before_the_callback(counter: Counter) -> None:
    counter.shop.deaf = True
    ada = counter.person()
    page = ada.upgrade()
    for _ in range(3):
        assert "Payment received" in page.text
        assert ada.standing.plan is Plan.FREE
        page = ada.browser.get("/billing/return")
    again = ada.press("upgrade")
    assert again.headers["location"] == "/billing/return", "nobody pays twice"
    counter.shop.deaf = False
    ada.wait_for(Plan.PREMIUM)
    assert "You have Premium" in ada.browser.get("/billing/return").text


def test_the_callback_is_there_before_the_browser(counter: Counter) -> None:
    ada = counter.person()
    page = ada.press("upgrade").headers["location"]
    back = counter.stripe.enter_card(page, "4242 4242 4242 4242").headers["location"]
    ada.wait_for(Plan.PREMIUM)
    assert "You have Premium" in ada.browser.get(back).text


def test_many_clicks_at_once_make_one_customer_and_one_page(counter: Counter) -> None:
    ada = counter.person()
    form = ada.form("upgrade")
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: ada.submit(*form), range(6)))
    assert [answer.status_code for answer in answers] == [303] * 6
    assert len({answer.headers["location"] for answer in answers}) == 1
    mine = [
        customer
        for customer in counter.stripe.sdk.v1.customers.list().data
        if customer.metadata and customer.metadata["user_id"] == ada.user_id
    ]
    assert len(mine) == 1


def test_events_in_any_order_and_twice(
    make_world: Callable[..., World], engine: Engine, tmp_path: Path
) -> None:
    with open_counter(make_world(), engine, tmp_path / "stripe", "--shuffle") as counter:
        people = [counter.person() for _ in range(3)]
        for person in people:
            person.upgrade()
        for person in people:
            person.wait_for(Plan.PREMIUM, status="active")

        def all_delivered() -> bool:
            events = counter.stripe.sdk.v1.events.list({"limit": 100}).data
            return all(event.pending_webhooks == 0 for event in events)

        wait_until(all_delivered, seconds=20)
        counter.shop.wait_told(*BEGAN * 3)
        assert {status for _, status in counter.shop.callbacks} == {200}
        ids = [event_id for event_id, _ in counter.shop.callbacks]
        assert len(ids) > len(set(ids)), "some came twice"


def test_an_account_that_is_deleted_pays_no_more(counter: Counter) -> None:
    ada = counter.person()
    ada.upgrade()
    ada.wait_for(Plan.PREMIUM)
    customer, subscription = ada.customer, ada.standing.record.subscription_id
    assert subscription is not None
    for _ in range(2):
        close_customer(counter.shop.billing, ada.user_id)
    assert counter.stripe.subscription(subscription).status == "canceled"
    ada.wait_for(Plan.FREE)
    # A new customer is made for whoever comes back.
    ada.upgrade()
    ada.wait_for(Plan.PREMIUM)
    assert ada.customer != customer


def test_without_stripe_nothing_breaks(counter: Counter) -> None:
    ada = counter.person()
    counter.stripe.kill()
    assert ada.browser.get("/billing").status_code == 200
    answer = ada.press("upgrade")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "10")
    assert "payment service cannot be reached" in answer.text
    counter.stripe.start()
    ada.upgrade()
    ada.wait_for(Plan.PREMIUM)


@pytest.mark.parametrize("signature", ["", "t=1,v1=0000", "nonsense"])
def test_only_stripe_is_believed(counter: Counter, signature: str) -> None:
    ada = counter.person()
    answer = ada.browser.post(
        "/stripe/webhook", content=b'{"id": "evt_1"}', headers={"Stripe-Signature": signature}
    )
    assert answer.status_code == 400
