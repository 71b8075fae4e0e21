"""Time passes: what is due happens, one thing after the other, each at its own moment."""

from __future__ import annotations

from local.stripe.billing.invoicing import finalize_and_collect
from local.stripe.billing.payments import collect, subscription_of
from local.stripe.billing.subscribing import move_on
from local.stripe.store import Record
from local.stripe.work import Work


def happen(work: Work, record: Record, moment: int) -> None:
    """Do what is due for an object, as if it were the moment at which it was due."""
    work.at(moment)
    if record.kind == "subscription":
        move_on(work, record)
    elif record.kind == "invoice" and record.body["status"] == "draft":
        finalize_and_collect(work, record, subscription_of(work, record))
    elif record.kind == "invoice":
        collect(work, record)
    else:
        expire_session(work, record)
    work.at(None)


def expire_session(work: Work, session: Record) -> None:
    """A Checkout session that nobody finished."""
    session.body.update(status="expired", url=None)
    work.save(session, "checkout.session.expired")


def begin_to_advance(work: Work, clock: Record, target: int) -> None:
    """Move a test clock on: it is ``advancing`` until all that was due has happened."""
    clock.body["status"] = "advancing"
    clock.body["status_details"] = {"advancing": {"target_frozen_time": target}}
    work.save(clock, "test_helpers.test_clock.advancing")


def let_pass(work: Work, customer: Record, seconds: int) -> None:
    """Move one customer into the future (a practice control), and do what is due by then."""
    customer.hidden["ahead"] = customer.hidden.get("ahead", 0) + seconds
    work.save(customer)
    while due := work.tx.first_due(work.real_now(), customer.id):
        happen(work, *due)
