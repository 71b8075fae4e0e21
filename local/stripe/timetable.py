"""When something must happen to an object of its own accord."""

from __future__ import annotations

from local.stripe.billing.periods import HOUR
from local.stripe.store import Record

RUNNING = ("trialing", "active", "past_due")
"""Subscriptions that are billed."""
OVER = ("canceled", "incomplete_expired")
FIRST_PAYMENT_SECONDS = 23 * HOUR
"""An incomplete subscription expires then."""


def due_of(record: Record) -> int | None:
    """The moment, in the time of the object's customer; None if nothing is to come."""
    body = record.body
    if record.kind == "subscription":
        return _due_of_subscription(record)
    if record.kind == "invoice" and body["auto_advance"]:
        moment = {
            "draft": body["automatically_finalizes_at"],
            "open": body["next_payment_attempt"],
        }.get(body["status"])
        return int(moment) if moment is not None else None
    if record.kind == "checkout.session" and body["status"] == "open":
        return int(body["expires_at"])
    return None


def period_end(subscription: Record) -> int:
    """The end of the current period; it is told by the items."""
    return min(int(item["current_period_end"]) for item in subscription.body["items"]["data"])


def _due_of_subscription(record: Record) -> int | None:
    status = record.body["status"]
    if status == "incomplete":
        return int(record.body["created"]) + FIRST_PAYMENT_SECONDS
    if status not in RUNNING:
        return None
    cancel_at = record.body["cancel_at"]
    return min(period_end(record), cancel_at) if cancel_at else period_end(record)
