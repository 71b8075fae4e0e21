"""A payment service and the store of billing, in memory."""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace

from gas.accounts.models import Account
from gas.billing.errors import CustomerGone
from gas.billing.ports import (
    Change,
    Checkout,
    Committed,
    Invoice,
    OutboxRow,
    PaymentEvent,
    Price,
    Standing,
    Subscription,
    SubscriptionRecord,
    TopicName,
)
from gas.errors import InvalidSignature, ServiceUnavailable
from gas.plans import Plan

GOOD_SIGNATURE = "signed"


@dataclass
class MemoryPayments:
    """`gas.billing.ports.Payments` that the test writes; `down` makes it unreachable."""

    live: bool = False
    down: bool = False
    page_origin: str = "https://checkout.example.org"
    customers: dict[str, dict[str, str]] = field(default_factory=dict)
    checkouts: dict[str, Checkout] = field(default_factory=dict)
    subscriptions: dict[str, list[Subscription]] = field(default_factory=dict)
    invoices: dict[str, list[Invoice]] = field(default_factory=dict)
    _made: dict[str, str] = field(default_factory=dict)

    def create_customer(self, *, user_id: str, name: str, email: str, key: str) -> str:
        self._answer()
        known = self._made.get(key)
        if known is not None:
            return known
        customer_id = f"cus_{len(self._made) + 1}"
        self.customers[customer_id] = {"user_id": user_id, "name": name, "email": email}
        self._made[key] = customer_id
        return customer_id

    def create_checkout(
        self,
        customer_id: str,
        *,
        price: str,
        user_id: str,
        success_url: str,
        cancel_url: str,
        key: str,
    ) -> Checkout:
        self._customer(customer_id)
        known = self._made.get(key)
        if known is None:
            known = f"cs_{len(self._made) + 1}"
            self._made[key] = known
            self.checkouts[known] = Checkout(known, "open", f"{self.page_origin}/c/{known}")
        return self.checkouts[known]

    def checkout(self, checkout_id: str) -> Checkout | None:
        self._answer()
        return self.checkouts.get(checkout_id)

    def portal_url(self, customer_id: str, *, return_url: str) -> str:
        self._customer(customer_id)
        return f"{self.page_origin}/p/{customer_id}"

    def subscriptions_of(self, customer_id: str) -> Sequence[Subscription]:
        self._answer()
        return list(self.subscriptions.get(customer_id, []))

    def invoices_of(self, customer_id: str, *, limit: int) -> Sequence[Invoice]:
        self._answer()
        return self.invoices.get(customer_id, [])[:limit]

    def price(self, price_id: str) -> Price:
        self._answer()
        return Price(amount=1500, currency="usd", interval="month")

    def delete_customer(self, customer_id: str) -> None:
        self._answer()
        self.customers.pop(customer_id, None)
        self.subscriptions.pop(customer_id, None)

    def verify(self, body: bytes, signature: str) -> PaymentEvent:
        if signature != GOOD_SIGNATURE:
            raise InvalidSignature("not signed")
        return PaymentEvent(**json.loads(body))

    def pay(self, customer_id: str, checkout_id: str, subscription: Subscription) -> None:
        """What happens on the page when the card is good."""
        self.subscriptions.setdefault(customer_id, []).append(subscription)
        self.checkouts[checkout_id] = Checkout(
            checkout_id, "complete", subscription_id=subscription.subscription_id
        )

    def _customer(self, customer_id: str) -> None:
        self._answer()
        if customer_id not in self.customers:
            raise CustomerGone(f"{customer_id} is not known.")

    def _answer(self) -> None:
        if self.down:
            raise ServiceUnavailable("The payment service is down.")


class MemoryBillingStore:
    """`gas.billing.ports.BillingStore` in dicts, beside `accounts`, the accounts by user id."""

    def __init__(self, accounts: dict[str, Account] | None = None) -> None:
        self.accounts: dict[str, Account] = {} if accounts is None else accounts
        self._records: dict[str, SubscriptionRecord] = {}
        self._written: dict[str, int] = {}
        self._events: dict[str, int] = {}
        self._outbox: dict[int, tuple[str, OutboxRow]] = {}
        self._held: dict[int, int] = {}
        self._published: dict[int, int] = {}

    def standing(self, user_id: str) -> Standing | None:
        account = self.accounts.get(user_id)
        if account is None:
            return None
        return Standing(
            user_id=user_id,
            name=account.name,
            email=account.email,
            plan=account.plan,
            created_at=int(account.created_at.timestamp()) if account.created_at else 0,
            record=self._record(user_id),
        )

    def user_of(self, customer_id: str) -> str | None:
        owners = (
            user_id
            for user_id, record in self._records.items()
            if record.customer_id == customer_id and user_id in self.accounts
        )
        return next(owners, None)

    def users_with_email(self, email: str) -> Sequence[str]:
        return sorted(
            user_id
            for user_id, account in self.accounts.items()
            if account.email.lower() == email.lower()
        )

    def was_handled(self, event_id: str) -> bool:
        return event_id in self._events

    def keep_customer(self, user_id: str, customer_id: str, *, instead_of: str | None) -> str:
        known = self._record(user_id)
        if known.customer_id != instead_of:
            return known.customer_id or customer_id
        self._records[user_id] = replace(known, customer_id=customer_id, checkout_id=None)
        return customer_id

    def keep_checkout(self, user_id: str, checkout_id: str) -> None:
        self._records[user_id] = replace(self._record(user_id), checkout_id=checkout_id)

    def commit(
        self,
        user_id: str,
        change: Change,
        *,
        revision: int,
        at: int,
        event: PaymentEvent | None = None,
    ) -> Committed:
        known = self._record(user_id)
        if user_id not in self.accounts or known.revision != revision:
            return Committed.STALE
        if event is not None and event.event_id in self._events:
            return Committed.REPEATED
        if event is not None:
            self._events[event.event_id] = at
        self.accounts[user_id].plan = change.plan
        self._written[user_id] = at
        self._records[user_id] = replace(
            change.record, customer_id=known.customer_id, checkout_id=known.checkout_id
        )
        for one in change.announcements:
            row_id = max(self._outbox, default=0) + 1
            self._outbox[row_id] = (user_id, OutboxRow(row_id, TopicName(one.topic), one.body))
        return Committed.DONE

    def lapsed(self, *, now: int, limit: int) -> Sequence[str]:
        over = [
            (record.grace_until, user_id)
            for user_id, record in self._records.items()
            if record.plan is Plan.PREMIUM
            and record.grace_until is not None
            and record.grace_until <= now
        ]
        return [user_id for _, user_id in sorted(over)][:limit]

    def silent(self, *, ended_before: int, seen_before: int, limit: int) -> Sequence[str]:
        found = []
        for user_id, record in self._records.items():
            ends = [end for end in (record.current_period_end, record.ends_at) if end is not None]
            written = self._written.get(user_id, seen_before)
            over = ends and min(ends) <= ended_before
            if record.plan is Plan.PREMIUM and over and written < seen_before:
                found.append((written, user_id))
        return [user_id for _, user_id in sorted(found)][:limit]

    def take_unpublished(
        self, *, user_id: str | None, now: int, hold_seconds: int, limit: int
    ) -> Sequence[OutboxRow]:
        waiting = [
            row
            for row_id, (owner, row) in self._outbox.items()
            if row_id not in self._published
            and user_id in (None, owner)
            and self._held.get(row_id, now) <= now
        ]
        self._held.update((row.row_id, now + hold_seconds) for row in waiting[:limit])
        return waiting[:limit]

    def put_back(self, row_ids: Collection[int]) -> None:
        for row_id in row_ids:
            self._held.pop(row_id, None)

    def mark_published(self, row_ids: Collection[int], *, at: int) -> None:
        for row_id in row_ids:
            self._published.setdefault(row_id, at)

    def forget_old(self, *, before: int) -> None:
        self._events = {event: at for event, at in self._events.items() if at >= before}
        for row_id in [row_id for row_id, at in self._published.items() if at < before]:
            del self._outbox[row_id], self._published[row_id]

    def _record(self, user_id: str) -> SubscriptionRecord:
        return self._records.get(user_id, SubscriptionRecord())
