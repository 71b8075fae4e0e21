"""A desk on fakes, and a customer."""

import json
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import pytest

from gas.accounts.models import Account
from gas.billing.checkout import ReturnUrls, start_checkout
from gas.billing.desk import Billing, Terminal
from gas.billing.events import Outcome, handle
from gas.billing.ports import PaymentEvent, Standing, Subscription, TopicName
from gas.plans import Plan
from gas.testing import FakeClock, MemoryTopic
from gas.testing.billing import GOOD_SIGNATURE, MemoryBillingStore, MemoryPayments

ADA = "ada11111-1111-4111-8111-111111111111"
DAY = 24 * 3600
URLS = ReturnUrls(success="https://gas.example.org/back", cancel="https://gas.example.org/no")


@dataclass
class Counter:
    """The desk and everything behind it."""

    payments: MemoryPayments
    store: MemoryBillingStore
    topics: dict[TopicName, MemoryTopic]
    clock: FakeClock
    desk: Billing
    events: int = 0
    steps: list[str] = field(default_factory=list)

    @property
    def ada(self) -> Standing:
        found = self.store.standing(ADA)
        assert found is not None
        return found

    @property
    def customer(self) -> str:
        assert self.ada.record.customer_id is not None
        return self.ada.record.customer_id

    def subscribe(self, status: str = "active", **changes: Any) -> Subscription:
        """Ada pays on Stripe's page; nobody has told us yet."""
        start_checkout(self.desk, ADA, URLS)
        now = self.clock.now()
        subscription = replace(
            Subscription(
                f"sub_{now}",
                status,
                created=now,
                price="price_premium",
                current_period_start=now,
                current_period_end=now + 30 * DAY,
            ),
            **changes,
        )
        assert self.ada.record.checkout_id is not None
        self.payments.pay(self.customer, self.ada.record.checkout_id, subscription)
        return subscription

    def turn(self, **changes: Any) -> None:
        """Ada's newest subscription changes at Stripe."""
        subscriptions = self.payments.subscriptions[self.customer]
        subscriptions[-1] = replace(subscriptions[-1], **changes)

    def event(self, kind: str = "customer.subscription.updated", **changes: Any) -> PaymentEvent:
        self.events += 1
        return replace(
            PaymentEvent(
                event_id=f"evt_{self.events}",
                kind=kind,
                created=self.clock.now(),
                live=False,
                customer_id=self.customer,
            ),
            **changes,
        )

    def tell(self, event: PaymentEvent | None = None) -> Outcome:
        """Stripe calls back."""
        body = json.dumps(asdict(event or self.event())).encode()
        return handle(self.desk, body, GOOD_SIGNATURE)

    def told(self) -> list[str]:
        """What was published, by type; mails by kind."""
        bodies = [json.loads(body) for topic in self.topics.values() for body in topic.published]
        return sorted(body.get("kind") or body["type"] for body in bodies)


@pytest.fixture
def counter() -> Counter:
    account = Account(user_id=ADA, name="Ada", email="ada@example.org", plan=Plan.FREE)
    payments, store = MemoryPayments(), MemoryBillingStore({ADA: account})
    topics, clock = {name: MemoryTopic() for name in TopicName}, FakeClock()
    desk = Billing(
        store=store,
        topics=topics,
        clock=clock,
        terminal=Terminal(payments, price="price_premium"),
    )
    return Counter(payments, store, topics, clock, desk)
