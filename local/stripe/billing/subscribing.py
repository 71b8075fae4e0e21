"""Starting a subscription, and moving it on from one period to the next."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from local.stripe.billing.ending import end, stop_collecting
from local.stripe.billing.invoicing import draft, finalize, void
from local.stripe.billing.periods import next_end
from local.stripe.shapes import subscriptions
from local.stripe.store import Json, Record
from local.stripe.timetable import period_end
from local.stripe.work import Work


@dataclass(frozen=True)
class Order:
    """What is subscribed to."""

    items: list[tuple[Json, int]]
    """Prices and quantities."""
    trial_end: int | None = None
    details: dict[str, Any] = field(default_factory=dict)
    """Further fields of the subscription: metadata, description, default_payment_method."""


def start(work: Work, customer: Record, order: Order) -> tuple[Record, Record]:
    """A new subscription, incomplete until its first invoice, which is open, is paid."""
    now = work.now(customer)
    body = subscriptions.subscription(customer.id, order.items[0][0]["currency"], now)
    body.update(order.details)
    body["test_clock"] = customer.body["test_clock"]
    if order.trial_end is not None:
        body.update(trial_start=now, trial_end=order.trial_end)
        body["billing_cycle_anchor"] = order.trial_end
    for price, quantity in order.items:
        until = order.trial_end or _end_after(now, price, now)
        item = subscriptions.item(body["id"], price, quantity, now, until)
        body["items"]["data"].append(item)
    subscription = Record("subscription", body)
    work.add(subscription)  # found by the invoice; announced once it has one
    invoice = draft(work, subscription, "subscription_create")
    work.add(subscription, "customer.subscription.created")
    finalize(work, invoice)
    if customer.body["currency"] is None:
        customer.body["currency"] = body["currency"]
        work.save(customer, "customer.updated")
    return subscription, invoice


def move_on(work: Work, subscription: Record) -> None:
    """A subscription's moment has come: it expires, ends, or begins its next period."""
    body = subscription.body
    now = work.now(subscription)
    if body["status"] == "incomplete":
        _expire(work, subscription)
    elif body["cancel_at"] is not None and body["cancel_at"] <= now:
        end(work, subscription)
    else:
        _next_period(work, subscription)


def _expire(work: Work, subscription: Record) -> None:
    stop_collecting(work, subscription)
    invoice = work.need("invoice", subscription.body["latest_invoice"])
    if invoice.body["status"] == "open":
        void(work, invoice)
    now = work.now(subscription)
    subscription.body.update(status="incomplete_expired", ended_at=now, canceled_at=now)
    work.save(subscription, "customer.subscription.updated")


def _next_period(work: Work, subscription: Record) -> None:
    body = subscription.body
    begin = period_end(subscription)
    for item in body["items"]["data"]:
        item["current_period_start"] = begin
        item["current_period_end"] = _end_after(body["billing_cycle_anchor"], item["price"], begin)
    if body["status"] == "trialing":
        body["status"] = "active"
    draft(work, subscription, "subscription_cycle")
    work.save(subscription, "customer.subscription.updated")


def _end_after(anchor: int, price: Json, after: int) -> int:
    recurring = price["recurring"]
    return next_end(anchor, recurring["interval"], recurring["interval_count"], after)
