"""Words for plans and payments, as a person reads them."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from gas.billing import rules
from gas.billing.ports import Price, Standing
from gas.plans import Plan

# Stripe: "Supported currencies", zero-decimal and three-decimal ones.
_NO_CENTS = frozenset(
    {
        *("bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga"),
        *("pyg", "rwf", "ugx", "vnd", "vuv", "xaf", "xof", "xpf"),
    }
)
_MILLS = frozenset(["bhd", "jod", "kwd", "omr", "tnd"])

INVOICE_WORDS: Mapping[str, str] = {
    "paid": "Paid",
    "open": "Not paid",
    "void": "Cancelled",
    "uncollectible": "Given up",
}


class PaymentState(StrEnum):
    """How an account stands with its payments."""

    FREE = "free"
    """No subscription."""
    GRANTED = "granted"
    """Premium from the operator, without a subscription."""
    ACTIVE = "active"
    """Paid, and renews itself."""
    ENDING = "ending"
    """Cancelled; paid until it ends."""
    PAST_DUE = "past_due"
    """A payment failed; Premium goes on for the grace period."""
    UNPAID = "unpaid"
    """The grace period is over, or Stripe gave up; not Premium, the subscription still exists."""


@dataclass(frozen=True)
class Situation:
    """What the pages and the JSON say of an account's plan."""

    plan: Plan
    state: PaymentState
    text: str
    renews_at: int | None = None
    ends_at: int | None = None
    pay_until: int | None = None
    is_customer: bool = False
    """Whether there is anything at Stripe to manage."""


def situation_of(standing: Standing) -> Situation:
    """The situation of an account, in one sentence and the times that belong to it."""
    record = standing.record
    state = _state(standing)
    running = state in {PaymentState.ACTIVE, PaymentState.PAST_DUE}
    return Situation(
        plan=standing.plan,
        state=state,
        text=_TEXTS[state],
        renews_at=record.current_period_end if running and record.ends_at is None else None,
        ends_at=record.ends_at if state is not PaymentState.FREE else None,
        pay_until=record.grace_until if state is PaymentState.PAST_DUE else None,
        is_customer=record.subscription_id is not None,
    )


def _state(standing: Standing) -> PaymentState:
    record = standing.record
    if not rules.is_running(record):
        return PaymentState.GRANTED if standing.plan is Plan.PREMIUM else PaymentState.FREE
    if standing.plan is Plan.FREE:
        return PaymentState.UNPAID
    if record.status == rules.PAST_DUE:
        return PaymentState.PAST_DUE
    return PaymentState.ENDING if record.ends_at is not None else PaymentState.ACTIVE


_TEXTS: Mapping[PaymentState, str] = {
    PaymentState.FREE: "You are on the Free plan. There is nothing to pay.",
    PaymentState.GRANTED: "You have Premium from whoever runs this service. "
    "There is nothing to pay.",
    PaymentState.ACTIVE: "Your subscription is paid and renews itself.",
    PaymentState.ENDING: "Your subscription is cancelled. Premium stays until it ends; after that, "
    "results are archived again.",
    PaymentState.PAST_DUE: "Your last payment failed. Premium goes on for a while so that you can "
    "put it right: change the card, and the payment is tried again.",
    PaymentState.UNPAID: "Your subscription is not paid, so you are on the Free plan. Pay the open "
    "invoice or change the card to get Premium back.",
}


def money(amount: int, currency: str) -> str:
    """`15.00 USD`, `1,500 JPY`: an amount in the currency's smallest unit."""
    decimals = 0 if currency in _NO_CENTS else 3 if currency in _MILLS else 2
    return f"{amount / 10**decimals:,.{decimals}f} {currency.upper()}"


def price_text(price: Price) -> str:
    """`15.00 USD per month`."""
    text = money(price.amount, price.currency)
    return f"{text} per {price.interval}" if price.interval else text
