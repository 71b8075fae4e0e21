"""Time passes at the Stripe stand-in: renewals, retries, trials, on test clocks."""

import time
from collections.abc import Iterator

import pytest
import stripe

from tests.support.stripe_standin import StandIn, period_end, run
from tests.support.stripe_types import faults

DAY = 86_400
HOUR = 3_600


@pytest.fixture(scope="module")
def standin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandIn]:
    running, end = run(tmp_path_factory.mktemp("stripe"))
    yield running
    settled = [event for event in running.receiver.events() if faults(event)]
    end()
    assert settled == []


def test_renewal_on_a_test_clock(standin: StandIn) -> None:
    # The 31st: the next periods end on the last days of shorter months, then on the 31st again.
    start = 1_801_396_800  # 31 January 2027, 12:00 UTC
    clock, customer = standin.on_a_clock(start)
    subscription = standin.subscribe_as(customer, "4242424242424242")
    ends = [period_end(subscription)]
    for _ in range(2):
        standin.advance(clock, ends[-1] + 2 * HOUR)
        ends.append(period_end(standin.subscription(subscription.id)))
    days = [time.gmtime(moment)[1:3] for moment in ends]
    assert days == [(2, 28), (3, 31), (4, 30)]
    invoices = standin.sdk.v1.invoices.list({"subscription": subscription.id}).data
    assert [i.billing_reason for i in invoices] == ["subscription_cycle"] * 2 + [
        "subscription_create"
    ]
    assert {i.status for i in invoices} == {"paid"}
    assert len({i.number for i in invoices}) == 3


def test_a_draft_waits_an_hour(standin: StandIn) -> None:
    clock, customer = standin.on_a_clock()
    subscription = standin.subscribe_as(customer, "4242424242424242")
    end = period_end(subscription)
    standin.advance(clock, end + 60)
    assert [i.status for i in standin.sdk.v1.invoices.list({"customer": customer}).data] == [
        "draft",
        "paid",
    ]
    standin.advance(clock, end + HOUR + 60)
    assert {i.status for i in standin.sdk.v1.invoices.list({"customer": customer}).data} == {"paid"}


def test_a_renewal_that_fails_until_the_end(standin: StandIn) -> None:
    clock, customer = standin.on_a_clock()
    subscription = standin.subscribe_as(customer, "4000 0000 0000 0341")
    assert subscription.status == "active"
    failed_at = period_end(subscription) + HOUR
    standin.advance(clock, failed_at + 60)
    late = standin.sdk.v1.subscriptions.retrieve(subscription.id, {"expand": ["latest_invoice"]})
    assert late.status == "past_due"
    assert isinstance(late.latest_invoice, stripe.Invoice)
    assert late.latest_invoice.next_payment_attempt == failed_at + 3 * DAY
    assert standin.sdk.v1.customers.retrieve(customer).delinquent is True
    for day, attempts in ((3, 2), (5, 3)):
        standin.advance(clock, failed_at + day * DAY + 60)
        assert standin.subscription(subscription.id).status == "past_due"
        invoice = standin.sdk.v1.invoices.retrieve(late.latest_invoice.id)
        assert invoice.attempt_count == attempts
    standin.advance(clock, failed_at + 7 * DAY + 60)
    ended = standin.subscription(subscription.id)
    assert (ended.status, ended.ended_at) == ("canceled", failed_at + 7 * DAY)
    assert ended.cancellation_details is not None
    assert ended.cancellation_details.reason == "payment_failed"
    standin.receiver.wait_for(
        "invoice.payment_failed",
        "customer.subscription.updated",
        "customer.subscription.deleted",
        customer=customer,
    )


def test_a_failed_renewal_recovers_with_another_card(standin: StandIn) -> None:
    clock, customer = standin.on_a_clock()
    subscription = standin.subscribe_as(customer, "4000 0000 0000 0341")
    standin.advance(clock, period_end(subscription) + 2 * HOUR)
    invoice = standin.sdk.v1.invoices.list({"customer": customer, "status": "open"}).data[0]
    with pytest.raises(stripe.CardError) as refused:
        standin.sdk.v1.invoices.pay(invoice.id)
    assert refused.value.code == "card_declined"
    assert standin.sdk.v1.invoices.retrieve(invoice.id).attempt_count == 2

    changed = standin.enter_card(f"{standin.portal(customer)}/card", "5555 5555 5555 4444")
    assert changed.status_code == 303
    assert standin.sdk.v1.invoices.pay(invoice.id).status == "paid"
    assert standin.subscription(subscription.id).status == "active"
    assert standin.sdk.v1.customers.retrieve(customer).delinquent is False
    with pytest.raises(stripe.InvalidRequestError, match="already paid"):
        standin.sdk.v1.invoices.pay(invoice.id)


def test_a_renewal_that_waits_for_the_holder(standin: StandIn) -> None:
    clock, customer = standin.on_a_clock()
    subscription = standin.subscribe_as(customer, "4000 0027 6000 3184")
    standin.advance(clock, period_end(subscription) + 2 * HOUR)
    assert standin.subscription(subscription.id).status == "past_due"
    standin.receiver.wait_for("invoice.payment_action_required", customer=customer)
    invoice = standin.sdk.v1.invoices.list({"customer": customer, "status": "open"}).data[0]
    page = str(invoice.hosted_invoice_url)
    asked = standin.send(page, **{"with": "card_on_file"})
    assert asked.headers["location"].endswith("/authenticate")
    standin.send(f"{page}/authenticate", answer="accept")
    assert standin.sdk.v1.invoices.retrieve(invoice.id).status == "paid"
    assert standin.subscription(subscription.id).status == "active"


def test_a_trial(standin: StandIn) -> None:
    clock, customer = standin.on_a_clock()
    session = standin.checkout(customer, subscription_data={"trial_period_days": 7})
    assert session.amount_total == 0
    assert session.url is not None
    standin.enter_card(session.url, "4242424242424242")
    done = standin.sdk.v1.checkout.sessions.retrieve(session.id, {"expand": ["subscription"]})
    assert done.payment_status == "no_payment_required"
    assert isinstance(done.subscription, stripe.Subscription)
    assert done.subscription.status == "trialing"
    end = period_end(done.subscription)
    assert done.subscription.trial_end == end
    standin.advance(clock, end + 2 * HOUR)
    assert standin.subscription(done.subscription.id).status == "active"
    totals = [i.total for i in standin.sdk.v1.invoices.list({"customer": customer}).data]
    assert totals == [1900, 0]


def test_paused_collection(standin: StandIn) -> None:
    clock, customer = standin.on_a_clock()
    subscription = standin.subscribe_as(customer, "4000 0000 0000 0341")
    standin.sdk.v1.subscriptions.update(subscription.id, {"pause_collection": {"behavior": "void"}})
    standin.advance(clock, period_end(subscription) + 2 * HOUR)
    assert standin.subscription(subscription.id).status == "active"
    newest = standin.sdk.v1.invoices.list({"customer": customer}).data[0]
    assert newest.status == "void"
    resumed = standin.sdk.v1.subscriptions.update(subscription.id, {"pause_collection": ""})
    assert resumed.pause_collection is None


def test_test_clocks_take_their_customers_along(standin: StandIn) -> None:
    clock, customer = standin.on_a_clock()
    standin.subscribe_as(customer, "4242424242424242")
    with pytest.raises(stripe.InvalidRequestError):
        standin.sdk.v1.test_helpers.test_clocks.advance(clock, {"frozen_time": 1})
    standin.sdk.v1.test_helpers.test_clocks.delete(clock)
    assert standin.sdk.v1.customers.retrieve(customer).deleted is True
