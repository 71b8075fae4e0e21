"""The Stripe stand-in, driven by the real SDK and by forms, from the first card to the end."""

import time
from collections.abc import Iterator

import pytest
import stripe

from tests.support.stripe_standin import (
    CANCEL,
    PRICE,
    SECRET_KEY,
    SUCCESS,
    WEBHOOK_SECRET,
    StandIn,
    period_end,
    run,
)
from tests.support.stripe_types import faults
from tests.support.waiting import wait_until

DAY = 86_400
HOUR = 3_600


@pytest.fixture(scope="module")
def standin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandIn]:
    running, end = run(tmp_path_factory.mktemp("stripe"))
    yield running
    settled = [event for event in running.receiver.events() if faults(event)]
    end()
    assert settled == []


def test_the_price_is_there(standin: StandIn) -> None:
    price = standin.sdk.v1.prices.retrieve(PRICE, {"expand": ["product"]})
    assert (price.unit_amount, price.currency, price.lookup_key) == (
        1900,
        "usd",
        "gas_premium_monthly",
    )
    assert price.recurring is not None
    assert price.recurring.interval == "month"
    assert isinstance(price.product, stripe.Product)
    assert price.product.name == "GAS Premium"
    found = standin.sdk.v1.prices.list({"lookup_keys": ["gas_premium_monthly"]})
    assert [one.id for one in found.data] == [PRICE]


def test_subscribing_with_a_card(standin: StandIn) -> None:
    customer = standin.sdk.v1.customers.create(
        {"email": "ada@example.org", "name": "Ada L.", "metadata": {"user_id": "u1"}}
    )
    session = standin.checkout(
        customer.id,
        client_reference_id="u1",
        subscription_data={"metadata": {"user_id": "u1"}},
        expand=["line_items"],
    )
    assert (session.status, session.payment_status, session.subscription) == (
        "open",
        "unpaid",
        None,
    )
    assert session.line_items is not None
    assert session.line_items.data[0].amount_total == 1900
    assert session.url is not None

    answer = standin.enter_card(session.url, "4242 4242 4242 4242")
    assert answer.status_code == 303
    assert answer.headers["location"] == SUCCESS.replace("{CHECKOUT_SESSION_ID}", session.id)

    done = standin.sdk.v1.checkout.sessions.retrieve(
        session.id, {"expand": ["subscription.latest_invoice", "customer"]}
    )
    assert (done.status, done.payment_status, done.url) == ("complete", "paid", None)
    assert done.client_reference_id == "u1"
    subscription = done.subscription
    assert isinstance(subscription, stripe.Subscription)
    assert subscription.status == "active"
    assert subscription.metadata["user_id"] == "u1"
    assert not hasattr(subscription, "current_period_end")
    assert 28 * DAY <= period_end(subscription) - time.time() <= 31 * DAY
    invoice = subscription.latest_invoice
    assert isinstance(invoice, stripe.Invoice)
    assert (invoice.status, invoice.amount_paid, invoice.billing_reason) == (
        "paid",
        1900,
        "subscription_create",
    )
    standin.receiver.wait_for(
        "customer.created",
        "customer.subscription.created",
        "customer.subscription.updated",
        "invoice.created",
        "invoice.finalized",
        "invoice.paid",
        "invoice.payment_succeeded",
        "checkout.session.completed",
        customer=customer.id,
    )


def test_a_customer_is_made_from_the_page_when_none_was_given(standin: StandIn) -> None:
    session = standin.checkout()
    assert session.url is not None
    assert standin.enter_card(session.url, "4242424242424242").status_code == 402
    standin.enter_card(session.url, "4242424242424242", email="new@example.org")
    done = standin.sdk.v1.checkout.sessions.retrieve(session.id, {"expand": ["customer"]})
    assert isinstance(done.customer, stripe.Customer)
    assert (done.customer.email, done.customer.name) == ("new@example.org", "Ada L.")


def test_events_are_signed_so_that_the_sdk_takes_them(standin: StandIn) -> None:
    subscription = standin.subscribe()
    standin.receiver.wait_for("invoice.paid", customer=str(subscription.customer))
    body, signature = standin.receiver.requests[-1]
    event = standin.sdk.construct_event(body, signature, WEBHOOK_SECRET)
    assert standin.sdk.v1.events.retrieve(event.id).type == event.type
    assert event.api_version == stripe.api_version
    with pytest.raises(stripe.SignatureVerificationError):
        standin.sdk.construct_event(body, signature, WEBHOOK_SECRET + "x")
    with pytest.raises(stripe.SignatureVerificationError):
        standin.sdk.construct_event(body + b" ", signature, WEBHOOK_SECRET)


def test_events_tell_what_was_before(standin: StandIn) -> None:
    customer = standin.sdk.v1.customers.create({"email": "old@example.org"})
    standin.sdk.v1.customers.update(customer.id, {"email": "new@example.org"})
    standin.receiver.wait_for("customer.updated", customer=customer.id)
    updated = [
        e["data"]
        for e in standin.receiver.events()
        if e["type"] == "customer.updated" and e["data"]["object"]["id"] == customer.id
    ]
    assert updated[0]["previous_attributes"] == {"email": "old@example.org"}
    assert updated[0]["object"]["email"] == "new@example.org"


@pytest.mark.parametrize(
    ("number", "words"),
    [
        ("4000 0000 0000 0002", "Your card was declined."),
        ("4000 0000 0000 9995", "insufficient funds"),
        ("4000 0000 0000 0069", "expired"),
    ],
)
def test_a_declined_card_leaves_nothing_and_one_can_try_again(
    standin: StandIn, number: str, words: str
) -> None:
    customer = standin.sdk.v1.customers.create({"email": "ada@example.org"})
    session = standin.checkout(customer.id)
    assert session.url is not None
    refused = standin.enter_card(session.url, number)
    assert refused.status_code == 402
    assert words in refused.text
    assert standin.sdk.v1.subscriptions.list({"customer": customer.id}).data == []
    assert standin.sdk.v1.checkout.sessions.retrieve(session.id).status == "open"
    assert standin.enter_card(session.url, "4242 4242 4242 4242").status_code == 303


def test_a_card_that_asks_once(standin: StandIn) -> None:
    clock, customer = standin.on_a_clock()
    session = standin.checkout(customer)
    assert session.url is not None
    asked = standin.enter_card(session.url, "4000 0025 0000 3155")
    assert asked.headers["location"].endswith("/authenticate")
    failed = standin.send(f"{session.url}/authenticate", answer="fail")
    assert failed.status_code == 402
    assert "unable to authenticate" in failed.text
    assert standin.sdk.v1.checkout.sessions.retrieve(session.id).status == "open"

    subscription = standin.subscribe_as(customer, "4000 0025 0000 3155")
    standin.advance(clock, period_end(subscription) + 2 * HOUR)
    renewed = standin.subscription(subscription.id)
    assert renewed.status == "active"
    assert period_end(renewed) > period_end(subscription)


def test_a_finished_session_is_not_paid_twice(standin: StandIn) -> None:
    customer = standin.sdk.v1.customers.create({"email": "ada@example.org"})
    session = standin.checkout(customer.id)
    assert session.url is not None
    page = standin.browser.get(session.url)
    csrf = page.text.split('name="csrf" value="')[1].split('"')[0]
    card = {"number": "4242424242424242", "expiry": "12/34", "cvc": "123", "name": "Ada"}
    for _ in range(2):
        standin.browser.post(session.url, data={"csrf": csrf, **card})
    assert len(standin.sdk.v1.subscriptions.list({"customer": customer.id}).data) == 1
    assert "is done" in standin.browser.get(session.url).text


def test_a_session_that_expires(standin: StandIn) -> None:
    session = standin.checkout()
    assert session.url is not None
    url = session.url
    assert standin.sdk.v1.checkout.sessions.expire(session.id).status == "expired"
    with pytest.raises(stripe.InvalidRequestError, match="expired"):
        standin.sdk.v1.checkout.sessions.expire(session.id)
    page = standin.browser.get(url)
    assert "has expired" in page.text
    assert CANCEL in page.text
    standin.receiver.wait_for("checkout.session.expired")


def test_canceling_at_the_end_of_the_period(standin: StandIn) -> None:
    clock, customer = standin.on_a_clock()
    subscription = standin.subscribe_as(customer, "4242424242424242")
    end = period_end(subscription)
    going = standin.sdk.v1.subscriptions.update(subscription.id, {"cancel_at_period_end": True})
    assert (going.cancel_at_period_end, going.cancel_at, going.status) == (True, end, "active")
    kept = standin.sdk.v1.subscriptions.update(subscription.id, {"cancel_at_period_end": False})
    assert (kept.cancel_at_period_end, kept.cancel_at, kept.canceled_at) == (False, None, None)

    standin.sdk.v1.subscriptions.update(subscription.id, {"cancel_at_period_end": True})
    standin.advance(clock, end + 60)
    ended = standin.subscription(subscription.id)
    assert (ended.status, ended.ended_at) == ("canceled", end)
    assert len(standin.sdk.v1.invoices.list({"customer": customer}).data) == 1
    listed = standin.sdk.v1.subscriptions.list({"customer": customer})
    assert listed.data == []
    listed = standin.sdk.v1.subscriptions.list({"customer": customer, "status": "all"})
    assert [one.id for one in listed.data] == [subscription.id]


def test_canceling_now(standin: StandIn) -> None:
    subscription = standin.subscribe()
    ended = standin.sdk.v1.subscriptions.cancel(
        subscription.id, {"cancellation_details": {"comment": "too slow"}}
    )
    assert ended.status == "canceled"
    assert ended.cancellation_details is not None
    assert ended.cancellation_details.comment == "too slow"
    with pytest.raises(stripe.InvalidRequestError) as again:
        standin.sdk.v1.subscriptions.cancel(subscription.id)
    assert again.value.code == "resource_missing"


def test_subscriptions_by_the_api_alone(standin: StandIn) -> None:
    customer = standin.sdk.v1.customers.create(
        {"email": "api@example.org", "payment_method": "pm_card_visa"}
    )
    card = standin.sdk.v1.customers.payment_methods.list(customer.id).data[0]
    order = {"customer": customer.id, "items": [{"price": PRICE}]}
    unpaid = standin.sdk.v1.subscriptions.create(order)  # type: ignore[arg-type]
    assert unpaid.status == "incomplete"
    paid = standin.sdk.v1.subscriptions.create(
        {**order, "default_payment_method": card.id}  # type: ignore[arg-type]
    )
    assert paid.status == "active"
    item = standin.sdk.v1.subscription_items.list({"subscription": paid.id}).data[0]
    assert item.current_period_end == period_end(paid)
    failing = standin.sdk.v1.payment_methods.attach(
        "pm_card_chargeCustomerFail", {"customer": customer.id}
    )
    with pytest.raises(stripe.CardError):
        standin.sdk.v1.subscriptions.create(
            {
                **order,  # type: ignore[arg-type]
                "default_payment_method": failing.id,
                "payment_behavior": "error_if_incomplete",
            }
        )
    assert len(standin.sdk.v1.subscriptions.list({"customer": customer.id}).data) == 2
    with pytest.raises(stripe.CardError):
        standin.sdk.v1.payment_methods.attach(
            "pm_card_visa_chargeDeclined", {"customer": customer.id}
        )


def test_deleting_a_customer_ends_what_they_pay_for(standin: StandIn) -> None:
    subscription = standin.subscribe()
    customer = str(subscription.customer)
    assert standin.sdk.v1.customers.delete(customer).deleted is True
    assert standin.sdk.v1.customers.retrieve(customer).deleted is True
    assert standin.subscription(subscription.id).status == "canceled"
    with pytest.raises(stripe.InvalidRequestError) as gone:
        standin.checkout(customer)
    assert gone.value.code == "resource_missing"
    with pytest.raises(stripe.InvalidRequestError) as again:
        standin.sdk.v1.customers.delete(customer)
    assert (again.value.http_status, again.value.code) == (404, "resource_missing")
    standin.receiver.wait_for(
        "customer.deleted", "customer.subscription.deleted", customer=customer
    )


def test_everything_is_delivered_in_the_end(standin: StandIn) -> None:
    subscription = standin.subscribe()
    standin.receiver.wait_for("checkout.session.completed", customer=str(subscription.customer))
    recent = standin.sdk.v1.events.list({"limit": 20}).data
    wait_until(
        lambda: {e["id"] for e in standin.receiver.events()} >= {e.id for e in recent}, seconds=15
    )
    wait_until(
        lambda: all(
            e.pending_webhooks == 0 for e in standin.sdk.v1.events.list({"limit": 20}).data
        ),
        seconds=15,
    )
    assert SECRET_KEY not in str(standin.receiver.requests)
