"""What a customer does in the Billing Portal, and the practice controls beside it."""

from __future__ import annotations

from local.stripe.billing.ending import cancel_later, end, keep
from local.stripe.billing.passing_time import begin_to_advance, let_pass
from local.stripe.billing.payments import Outcome, card_for, judge
from local.stripe.billing.periods import DAY, HOUR, add
from local.stripe.cards import EnteredCard, named
from local.stripe.checkout import NOT_AUTHENTICATED, Step
from local.stripe.payment_methods import entered, use_from_now_on
from local.stripe.store import Record
from local.stripe.timetable import OVER, RUNNING, period_end
from local.stripe.work import Work

SESSION_SECONDS = 3_600
"""An address of the portal is good for an hour."""


def opened(work: Work, token: str) -> tuple[Record, Record] | None:
    """The session of an address and its customer; None if it is no longer (or never was) good."""
    url = f"{work.base_url}/p/session/{token}"
    session = next(iter(work.tx.find("billing_portal.session", {"url": url})), None)
    if session is None or work.real_now() > session.body["created"] + SESSION_SECONDS:
        return None
    customer = work.tx.get(session.body["customer"], "customer")
    if customer is None or customer.body.get("deleted"):
        return None
    return session, customer


def current(work: Work, customer: Record) -> Record | None:
    """The subscription that the page is about: the newest one that runs, or else the newest."""
    found = work.tx.find("subscription", {"customer": customer.id})
    running = [s for s in found if s.body["status"] not in OVER]
    return next(iter(running or found), None)


def cancel_at_period_end(work: Work, subscription: Record) -> None:
    """As the portal does it in the flexible billing mode, the default of new subscriptions:
    ``cancel_at`` is set and ``cancel_at_period_end`` stays false."""
    if subscription.body["status"] in RUNNING:
        cancel_later(work, subscription, period_end(subscription))
        work.save(subscription, "customer.subscription.updated")


def resume(work: Work, subscription: Record) -> None:
    if subscription.body["status"] in RUNNING and subscription.body["cancel_at"] is not None:
        keep(subscription)
        work.save(subscription, "customer.subscription.updated")


def cancel_now(work: Work, subscription: Record) -> None:
    if subscription.body["status"] not in OVER:
        end(work, subscription, "cancellation_requested")


def change_card(
    work: Work, session: Record, customer: Record, card: EnteredCard
) -> tuple[Step, str]:
    """Pay with another card from now on; the next step, and words to say with it."""
    method = entered(work, card, customer.body["email"])
    outcome = judge(method, first=True)
    if outcome is Outcome.DECLINED:
        work.tx.remove(method.id)
        return Step.REFUSED, named(method.hidden["card"]).message
    if outcome is Outcome.ASKS:
        session.hidden["pending"] = method.id
        work.save(session)
        return Step.AUTHENTICATE, ""
    use_from_now_on(work, method, customer)
    return Step.DONE, "The card was changed."


def authenticate(work: Work, session: Record, customer: Record, accepted: bool) -> tuple[Step, str]:
    """The holder of the new card has answered the bank's question."""
    method = work.tx.get(session.hidden.pop("pending", ""), "payment_method")
    work.save(session)
    if method is None or not accepted:
        if method is not None:
            work.tx.remove(method.id)
        return Step.REFUSED, NOT_AUTHENTICATED
    method.hidden["set_up"] = True
    use_from_now_on(work, method, customer)
    return Step.DONE, "The card was changed."


def fail_next(work: Work, customer: Record, wanted: bool) -> None:
    """Practice: the next payment is declined, whatever the card."""
    customer.hidden["fail_next"] = wanted
    work.save(customer)


def pass_time(work: Work, customer: Record, how_long: str) -> None:
    """Practice: let a day, three days or a month pass for this customer.

    A month is followed by an hour and a minute, in which a renewal's invoice is made final and
    paid. A customer of a test clock takes the clock along.
    """
    now = work.now(customer)
    seconds = {
        "day": DAY,
        "three_days": 3 * DAY,
        "month": add(now, "month", 1) - now + HOUR + 60,
    }.get(how_long, 0)
    clock = work.clock_of(customer)
    if clock is None:
        let_pass(work, customer, seconds)
    elif clock.body["status"] == "ready" and seconds:
        begin_to_advance(work, clock, now + seconds)


def card_on_file(work: Work, customer: Record, subscription: Record | None) -> Record | None:
    """The card that the page shows."""
    if subscription is not None:
        return card_for(work, subscription)
    chosen = customer.body["invoice_settings"]["default_payment_method"]
    return work.tx.get(chosen, "payment_method") if chosen else None
