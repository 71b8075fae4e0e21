"""What Stripe tells us: the only place, but for the operator's, from which a plan changes.

An event is a hint. What it says is not believed further than its customer: the subscription is
read again, so that the order of events does not matter, and the id of a handled event is kept, so
that its repetition does not either. No row is locked while Stripe is asked: the record carries a
revision, and whoever finds another one than they read starts again.
"""

from enum import StrEnum

from gas.billing import outbox, rules
from gas.billing.desk import DAY, Billing, Terminal
from gas.billing.ports import Committed, PaymentEvent
from gas.errors import InvalidSignature, ServiceUnavailable
from gas.logs import bound, get_logger

log = get_logger()

HANDLED = frozenset(
    {
        "checkout.session.completed",
        "checkout.session.async_payment_succeeded",
        "customer.deleted",
        "customer.subscription.created",
        "customer.subscription.updated",
        "customer.subscription.deleted",
        "customer.subscription.paused",
        "customer.subscription.resumed",
        "invoice.paid",
        "invoice.payment_failed",
    }
)
"""The kinds of events to have sent here; all others are acknowledged and left alone."""

_ATTEMPTS = 5


class Outcome(StrEnum):
    """What became of an event."""

    HANDLED = "handled"
    REPEATED = "repeated"
    IGNORED = "ignored"


def handle(billing: Billing, body: bytes, signature: str) -> Outcome:
    """Handle a callback by its raw body and its signature header.

    Raises:
        NoPaidPlan: nothing is sold here.
        InvalidSignature: it is not Stripe's own, too old, or of the other mode (test, live).
        ServiceUnavailable: not now; Stripe will repeat the event.
    """
    terminal = billing.require_terminal()
    event = terminal.payments.verify(body, signature)
    if event.live is not terminal.payments.live:
        raise InvalidSignature("an event of the other mode: test and live do not mix")
    with bound(event_id=event.event_id, event=event.kind):
        return _handle(billing, terminal, event)


def _handle(billing: Billing, terminal: Terminal, event: PaymentEvent) -> Outcome:
    if event.kind not in HANDLED or not event.customer_id:
        log.info("event_ignored")
        return Outcome.IGNORED
    user_id = billing.store.user_of(event.customer_id)
    if user_id is None:
        # The account was deleted, or the customer belongs to something else at our Stripe account.
        log.warning("event_of_nobody", customer_id=event.customer_id)
        return Outcome.IGNORED
    outcome = _look_again(billing, terminal, event, user_id)
    # A repetition too: the first time may have died before it published.
    outbox.publish(billing, user_id=user_id)
    return outcome


def _look_again(billing: Billing, terminal: Terminal, event: PaymentEvent, user_id: str) -> Outcome:
    if billing.store.was_handled(event.event_id):
        return Outcome.REPEATED
    for _ in range(_ATTEMPTS):
        standing = billing.store.standing(user_id)
        if standing is None:
            return Outcome.IGNORED
        found = terminal.payments.subscriptions_of(event.customer_id)
        now = billing.clock.now()
        record = rules.observe(
            standing.record,
            rules.decisive(found),
            told_at=event.created,
            now=now,
            grace_seconds=billing.grace_days * DAY,
        )
        change = rules.change_after(standing, record, now=now)
        committed = billing.store.commit(
            user_id, change, revision=standing.record.revision, at=now, event=event
        )
        if committed is Committed.REPEATED:
            return Outcome.REPEATED
        if committed is Committed.DONE:
            log.info("event_handled", user_id=user_id, status=record.status, plan=change.plan)
            return Outcome.HANDLED
    raise ServiceUnavailable("The subscription changes too fast to be recorded.")
