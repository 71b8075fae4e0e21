"""The same calls against Stripe's own sandbox, when a key is given.

    GAS_TEST_STRIPE_KEY=… GAS_TEST_STRIPE_PRICE=price_… pytest -m stripe_sandbox

Callbacks cannot reach a test, so events are read from the API, and signed here.
"""

import json
import os
import time
from collections.abc import Iterator
from uuid import uuid4

import pytest
import stripe

from gas.accounts.models import Account
from gas.billing.checkout import ReturnUrls, has_paid, open_portal, start_checkout
from gas.billing.desk import Billing, Terminal
from gas.billing.events import HANDLED, handle
from gas.billing.ports import TopicName
from gas.billing.stripe_payments import StripePayments
from gas.plans import Plan
from gas.testing import FakeClock, MemoryTopic
from gas.testing.billing import MemoryBillingStore
from tests.support.waiting import wait_until

KEY = os.environ.get("GAS_TEST_STRIPE_KEY", "")
PRICE = os.environ.get("GAS_TEST_STRIPE_PRICE", "")
SECRET = "of this test"
DAY = 24 * 3600

pytestmark = [
    pytest.mark.stripe_sandbox,
    pytest.mark.skipif(
        not (KEY and PRICE),
        reason="set GAS_TEST_STRIPE_KEY and GAS_TEST_STRIPE_PRICE to a sandbox of Stripe",
    ),
    pytest.mark.timeout(600),
]


class Sandbox:
    """A customer on a test clock, and a desk that is told what happens to them."""

    def __init__(self) -> None:
        assert "_live_" not in KEY, "never with real money"
        self.sdk = stripe.StripeClient(KEY, max_network_retries=2)
        self.user_id = str(uuid4())
        self.clock = FakeClock(int(time.time()))
        self.store = MemoryBillingStore(
            {self.user_id: Account(user_id=self.user_id, name="Test", email="t@example.org")}
        )
        self.store.accounts[self.user_id].plan = Plan.FREE
        self.desk = Billing(
            store=self.store,
            topics={name: MemoryTopic() for name in TopicName},
            clock=self.clock,
            terminal=Terminal(StripePayments(secret_key=KEY, webhook_secret=SECRET), PRICE),
        )
        self.test_clock = self.sdk.v1.test_helpers.test_clocks.create(
            {"frozen_time": self.clock.now()}
        ).id
        self.customer = self.sdk.v1.customers.create(
            {"email": "t@example.org", "test_clock": self.test_clock}
        ).id
        self.store.keep_customer(self.user_id, self.customer, instead_of=None)

    def use_card(self, method: str) -> None:
        attached = self.sdk.v1.payment_methods.attach(method, {"customer": self.customer})
        self.sdk.v1.customers.update(
            self.customer, {"invoice_settings": {"default_payment_method": attached.id}}
        )

    def advance(self, seconds: int) -> None:
        self.clock.advance(seconds)
        self.sdk.v1.test_helpers.test_clocks.advance(
            self.test_clock, {"frozen_time": self.clock.now()}
        )
        clocks = self.sdk.v1.test_helpers.test_clocks
        wait_until(lambda: clocks.retrieve(self.test_clock).status == "ready", seconds=240, every=3)

    def tell(self) -> None:
        """Bring every event of this customer to the desk, newest first, each one signed."""
        for event in self.sdk.v1.events.list({"limit": 100}).data:
            thing = event.data.object
            if event.type in HANDLED and getattr(thing, "customer", None) == self.customer:
                body = json.dumps(event.to_dict())
                header = stripe.WebhookSignature.generate_signature_header(body, SECRET)
                handle(self.desk, body.encode(), header)

    def wait_for(self, plan: Plan, status: str) -> None:
        def reached() -> bool:
            self.tell()
            standing = self.desk.require_standing(self.user_id)
            return (standing.plan, standing.record.status) == (plan, status)

        wait_until(reached, seconds=60, every=3)


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    made = Sandbox()
    yield made
    made.sdk.v1.test_helpers.test_clocks.delete(made.test_clock)


URLS = ReturnUrls(success="https://gas.example.org/back", cancel="https://gas.example.org/plan")


def test_the_pages_are_stripes(sandbox: Sandbox) -> None:
    page = start_checkout(sandbox.desk, sandbox.user_id, URLS)
    assert page.startswith("https://checkout.stripe.com/")
    assert start_checkout(sandbox.desk, sandbox.user_id, URLS) == page
    assert not has_paid(sandbox.desk, sandbox.user_id)
    portal = open_portal(sandbox.desk, sandbox.user_id, return_url=URLS.cancel)
    assert portal.startswith("https://billing.stripe.com/")
    assert sandbox.desk.require_terminal().payments.price(PRICE).interval


def test_paid_failed_and_recovered(sandbox: Sandbox) -> None:
    sandbox.use_card("pm_card_visa")
    subscription = sandbox.sdk.v1.subscriptions.create(
        {"customer": sandbox.customer, "items": [{"price": PRICE}]}
    )
    sandbox.wait_for(Plan.PREMIUM, "active")
    sandbox.use_card("pm_card_chargeCustomerFail")
    end = min(item.current_period_end for item in subscription.items.data)
    sandbox.advance(end - sandbox.clock.now() + 2 * 3600)
    sandbox.wait_for(Plan.PREMIUM, "past_due")
    sandbox.use_card("pm_card_visa")
    unpaid = sandbox.sdk.v1.invoices.list({"customer": sandbox.customer, "status": "open"}).data
    for invoice in unpaid:
        sandbox.sdk.v1.invoices.pay(str(invoice.id))
    sandbox.wait_for(Plan.PREMIUM, "active")
    invoices = sandbox.desk.require_terminal().payments.invoices_of(sandbox.customer, limit=10)
    assert {invoice.status for invoice in invoices} == {"paid"}


def test_cancelled_and_ended(sandbox: Sandbox) -> None:
    sandbox.use_card("pm_card_visa")
    subscription = sandbox.sdk.v1.subscriptions.create(
        {"customer": sandbox.customer, "items": [{"price": PRICE}]}
    )
    sandbox.wait_for(Plan.PREMIUM, "active")
    sandbox.sdk.v1.subscriptions.update(subscription.id, {"cancel_at_period_end": True})
    end = min(item.current_period_end for item in subscription.items.data)
    sandbox.tell()
    assert sandbox.desk.require_standing(sandbox.user_id).record.ends_at == end
    sandbox.advance(end - sandbox.clock.now() + 3600)
    sandbox.wait_for(Plan.FREE, "canceled")
