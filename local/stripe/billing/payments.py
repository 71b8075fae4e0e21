"""Collecting an invoice: what a test card answers, and what follows from it."""

from __future__ import annotations

from enum import Enum

from local.stripe.billing.ending import end
from local.stripe.billing.periods import DAY
from local.stripe.cards import Behaviour, named
from local.stripe.errors import ApiError, card_error
from local.stripe.store import Record
from local.stripe.work import Work

RETRY_DAYS = (3, 5, 7)
"""Days after the first failure on which a renewal is tried again; then it is canceled."""


class Outcome(Enum):
    """What came of a payment."""

    PAID = "paid"
    DECLINED = "declined"
    ASKS = "asks"
    """The holder must authenticate it."""
    NO_CARD = "no_card"


def judge(card: Record, *, first: bool = False, authenticated: bool = False) -> Outcome:
    """What the bank would say.

    Parameters
    ----------
    first
        The payment is made on the Checkout page, by the holder.
    authenticated
        The holder has just authenticated it.
    """
    behaviour = named(card.hidden["card"]).behaviour
    if behaviour is Behaviour.DECLINED:
        return Outcome.DECLINED
    if behaviour is Behaviour.FAILS_LATER:
        return Outcome.PAID if first else Outcome.DECLINED
    if behaviour is Behaviour.ASKS_ALWAYS and not authenticated:
        return Outcome.ASKS
    if behaviour is Behaviour.ASKS_ONCE and not (authenticated or card.hidden.get("set_up")):
        return Outcome.ASKS
    return Outcome.PAID


def card_for(work: Work, subscription: Record) -> Record | None:
    """The card that a subscription is paid with: its own, or the customer's default."""
    customer = work.need("customer", subscription.body["customer"])
    settings = customer.body.get("invoice_settings") or {}
    chosen = subscription.body["default_payment_method"] or settings.get("default_payment_method")
    return work.tx.get(chosen, "payment_method") if chosen else None


def subscription_of(work: Work, invoice: Record) -> Record:
    return work.need("subscription", invoice.body["parent"]["subscription_details"]["subscription"])


def collect(
    work: Work,
    invoice: Record,
    card: Record | None = None,
    *,
    first: bool = False,
    authenticated: bool = False,
) -> Outcome:
    """Try to pay an open invoice, and do what follows.

    Parameters
    ----------
    card
        Used for this attempt; by default the card of the subscription.
    """
    if invoice.body["amount_due"] == 0:
        mark_paid(work, invoice, tried=False)
        return Outcome.PAID
    subscription = subscription_of(work, invoice)
    card = card or card_for(work, subscription)
    outcome = judge(card, first=first, authenticated=authenticated) if card else Outcome.NO_CARD
    customer = work.need("customer", invoice.body["customer"])
    if outcome is Outcome.PAID and customer.hidden.pop("fail_next", False):
        work.save(customer)
        outcome = Outcome.DECLINED
    if outcome is Outcome.PAID:
        mark_paid(work, invoice)
    else:
        _mark_failed(work, invoice, subscription, outcome)
    return outcome


def refusal(outcome: Outcome, card: Record | None) -> ApiError:
    """An outcome as the API tells it."""
    if outcome is Outcome.ASKS:
        return card_error(
            "Your card was declined. This transaction requires authentication.",
            "authentication_required",
            "authentication_required",
            None,
        )
    if outcome is Outcome.NO_CARD or card is None:
        return ApiError(
            400,
            "There is no `default_payment_method` set on this Customer or Invoice. Please set one.",
            keep=True,
        )
    return named(card.hidden["card"]).refusal()


def mark_paid(work: Work, invoice: Record, *, tried: bool = True) -> None:
    """The invoice is paid, and its subscription is in good order again."""
    now = work.now(invoice)
    invoice.body.update(
        amount_paid=invoice.body["amount_due"],
        amount_remaining=0,
        attempt_count=invoice.body["attempt_count"] + int(tried),
        attempted=True,
        auto_advance=False,
        next_payment_attempt=None,
        status="paid",
    )
    invoice.body["status_transitions"]["paid_at"] = now
    work.save(invoice, "invoice.updated", "invoice.paid", "invoice.payment_succeeded")
    subscription = subscription_of(work, invoice)
    if subscription.body["latest_invoice"] == invoice.id:
        _in_good_order(work, subscription)


def _in_good_order(work: Work, subscription: Record) -> None:
    status = subscription.body["status"]
    if status in ("incomplete", "past_due", "unpaid"):
        trial_end = subscription.body["trial_end"]
        on_trial = trial_end is not None and trial_end > work.now(subscription)
        subscription.body["status"] = "trialing" if on_trial else "active"
        work.save(subscription, "customer.subscription.updated")
    _set_delinquent(work, subscription.body["customer"], False)


def _mark_failed(work: Work, invoice: Record, subscription: Record, outcome: Outcome) -> None:
    now = work.now(invoice)
    body = invoice.body
    first_failure = invoice.hidden.setdefault("first_failure", now)
    body["attempt_count"] += 1
    body["attempted"] = True
    later = [first_failure + days * DAY for days in RETRY_DAYS]
    first_invoice = body["billing_reason"] == "subscription_create"
    over = subscription.body["status"] not in ("active", "trialing", "past_due")
    retry = next((moment for moment in later if moment > now), None)
    body["next_payment_attempt"] = None if first_invoice or over else retry
    work.save(invoice, "invoice.updated", "invoice.payment_failed")
    if outcome is Outcome.ASKS:
        work.announce("invoice.payment_action_required", invoice)
    if first_invoice or over:
        return
    _set_delinquent(work, body["customer"], True)
    if retry is None:
        end(work, subscription, "payment_failed")
    elif subscription.body["status"] != "past_due":
        subscription.body["status"] = "past_due"
        work.save(subscription, "customer.subscription.updated")


def _set_delinquent(work: Work, customer_id: str, delinquent: bool) -> None:
    customer = work.need("customer", customer_id)
    if not customer.body.get("deleted") and customer.body["delinquent"] is not delinquent:
        customer.body["delinquent"] = delinquent
        work.save(customer, "customer.updated")
