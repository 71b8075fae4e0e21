"""Ending a subscription, at once or at the end of its period."""

from __future__ import annotations

from local.stripe.store import Record
from local.stripe.timetable import period_end
from local.stripe.work import Work


def end(work: Work, subscription: Record, reason: str | None = None) -> None:
    """Cancel a subscription now. What is not paid of it is no longer collected."""
    now = work.now(subscription)
    body = subscription.body
    if reason is not None:
        body["cancellation_details"]["reason"] = reason
    body.update(
        status="canceled",
        ended_at=now,
        canceled_at=body["canceled_at"] or now,
        pause_collection=None,
    )
    stop_collecting(work, subscription)
    work.save(subscription, "customer.subscription.deleted")


def stop_collecting(work: Work, subscription: Record) -> None:
    """Leave the unpaid invoices of a subscription alone from now on."""
    owned = {"parent.subscription_details.subscription": subscription.id, "auto_advance": True}
    for invoice in work.tx.find("invoice", owned):
        invoice.body.update(auto_advance=False, next_payment_attempt=None)
        invoice.body["automatically_finalizes_at"] = None
        work.save(invoice, "invoice.updated")


def cancel_later(work: Work, subscription: Record, moment: int | None = None) -> None:
    """Cancel at a moment; without one, at the end of the period. The caller saves."""
    body = subscription.body
    body["cancel_at_period_end"] = moment is None
    body["cancel_at"] = period_end(subscription) if moment is None else moment
    body["canceled_at"] = work.now(subscription)
    body["cancellation_details"]["reason"] = "cancellation_requested"


def keep(subscription: Record) -> None:
    """Take a planned cancellation back. The caller saves."""
    subscription.body.update(cancel_at=None, cancel_at_period_end=False, canceled_at=None)
    subscription.body["cancellation_details"] = dict.fromkeys(
        subscription.body["cancellation_details"]
    )
