"""The course of a Checkout session: a card is entered, perhaps authenticated, and it is paid."""

from __future__ import annotations

from enum import Enum

from local.stripe.api.checkout_sessions import customer_details
from local.stripe.billing.payments import Outcome, collect, judge
from local.stripe.billing.periods import DAY
from local.stripe.billing.subscribing import Order, start
from local.stripe.cards import EnteredCard, named
from local.stripe.payment_methods import attach, entered
from local.stripe.shapes import people
from local.stripe.store import Record
from local.stripe.work import Work

NOT_AUTHENTICATED = (
    "We are unable to authenticate your payment method. Please choose a different payment method "
    "and try again."
)


class Step(Enum):
    """What comes next."""

    DONE = "done"
    AUTHENTICATE = "authenticate"
    REFUSED = "refused"


def email_of(work: Work, session: Record) -> str | None:
    """The address that is known already; None if the page must ask for it."""
    if session.body["customer"] is not None:
        known = work.need("customer", session.body["customer"]).body.get("email")
        return str(known) if known else None
    given = session.body["customer_email"]
    return str(given) if given else None


def submit(work: Work, session: Record, card: EnteredCard, email: str | None) -> tuple[Step, str]:
    """Somebody has entered a card; the next step, and words to say with it.

    Nothing is kept of a card that is refused.
    """
    customer = _known_customer(work, session)
    if customer is not None and customer.hidden.pop("fail_next", False):
        work.save(customer)
        return Step.REFUSED, "Your card was declined. (The practice control asked for it.)"
    method = entered(work, card, email)
    outcome = judge(method, first=True)
    if outcome is Outcome.DECLINED:
        work.tx.remove(method.id)
        return Step.REFUSED, named(method.hidden["card"]).message
    if outcome is Outcome.ASKS:
        session.hidden["pending"] = method.id
        work.save(session)
        return Step.AUTHENTICATE, ""
    complete(work, session, method)
    return Step.DONE, ""


def authenticate(work: Work, session: Record, accepted: bool) -> tuple[Step, str]:
    """The holder has answered the bank's question."""
    method = work.tx.get(session.hidden.pop("pending", ""), "payment_method")
    if method is None or not accepted:
        if method is not None:
            work.tx.remove(method.id)
        work.save(session)
        return Step.REFUSED, NOT_AUTHENTICATED
    method.hidden["set_up"] = True
    work.save(method)
    complete(work, session, method, authenticated=True)
    return Step.DONE, ""


def complete(work: Work, session: Record, method: Record, *, authenticated: bool = False) -> None:
    """Everything that a paid session leads to."""
    billing = method.body["billing_details"]
    customer = _known_customer(work, session)
    if customer is None:
        customer = Record("customer", people.customer(work.now()))
        customer.body.update(email=billing["email"], name=billing["name"])
        work.add(customer, "customer.created")
    attach(work, method, customer)
    subscription, invoice = start(work, customer, _order(work, session, customer, method))
    collect(work, invoice, method, first=True, authenticated=authenticated)
    session.body.update(
        customer=customer.id,
        customer_details=customer_details(customer.body["email"], billing["name"]),
        invoice=invoice.id,
        payment_status="paid" if invoice.body["total"] else "no_payment_required",
        status="complete",
        subscription=subscription.id,
        url=None,
    )
    work.save(session, "checkout.session.completed")


def success_url(session: Record) -> str:
    """Where the browser goes when it is paid."""
    return str(session.body["success_url"]).replace("{CHECKOUT_SESSION_ID}", session.id)


def _order(work: Work, session: Record, customer: Record, method: Record) -> Order:
    hidden = session.hidden
    days = hidden["trial_days"]
    return Order(
        items=[(line["price"], line["quantity"]) for line in hidden["line_items"]],
        trial_end=work.now(customer) + days * DAY if days else hidden["trial_end"],
        details={
            "default_payment_method": method.id,
            "description": hidden["description"],
            "metadata": hidden["subscription_metadata"],
        },
    )


def _known_customer(work: Work, session: Record) -> Record | None:
    customer = session.body["customer"]
    return work.need("customer", customer) if customer else None
