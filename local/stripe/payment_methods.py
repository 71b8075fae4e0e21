"""Cards: made from what somebody typed or from a test card's name, and attached to a customer."""

from __future__ import annotations

from typing import Any

from local.stripe.cards import Behaviour, EnteredCard, TestCard, by_name, named
from local.stripe.errors import ApiError, no_such
from local.stripe.shapes import people
from local.stripe.store import Record
from local.stripe.work import Work

_TEST_EXPIRY = (12, 2034)


def make(
    work: Work, card: TestCard, month: int, year: int, billing: dict[str, Any] | None = None
) -> Record:
    """A payment method that belongs to nobody yet."""
    body = people.payment_method(card, month, year, billing or {}, work.now())
    return work.add(Record("payment_method", body, {"card": card.name}))


def entered(work: Work, card: EnteredCard, email: str | None) -> Record:
    """A payment method from a card form."""
    return make(work, card.card, card.month, card.year, {"name": card.holder, "email": email})


def from_id(work: Work, object_id: str, param: str | None = None) -> Record:
    """The payment method with an id, or a new one for a test id such as ``pm_card_visa``.

    Raises:
        ApiError: there is none.
    """
    card = by_name(object_id)
    if card is not None:
        return make(work, card, *_TEST_EXPIRY)
    found = work.tx.get(object_id, "payment_method")
    if found is None:
        raise no_such("PaymentMethod", object_id, param)
    return found


def attach(work: Work, method: Record, customer: Record) -> None:
    """Give a card to a customer. The bank is asked, as at Stripe.

    Raises:
        ApiError: the card is declined, or is somebody else's.
    """
    owner = method.body["customer"]
    if owner == customer.id:
        return
    if owner is not None:
        raise ApiError(
            400,
            "The payment method you provided has already been attached to a customer.",
        )
    card = named(method.hidden["card"])
    if card.behaviour is Behaviour.DECLINED:
        raise card.refusal()
    method.body["customer"] = customer.id
    work.save(method, "payment_method.attached")


def detach(work: Work, method: Record) -> None:
    """Take a card from its customer, and from everything that would be paid with it."""
    owner = method.body["customer"]
    if owner is None:
        raise ApiError(
            400,
            "The payment method you provided is not attached to a customer so detachment is "
            "impossible.",
        )
    customer = work.need("customer", owner)
    if customer.body["invoice_settings"]["default_payment_method"] == method.id:
        customer.body["invoice_settings"]["default_payment_method"] = None
        work.save(customer, "customer.updated")
    paid_with_it = {"customer": owner, "default_payment_method": method.id}
    for subscription in work.tx.find("subscription", paid_with_it):
        subscription.body["default_payment_method"] = None
        work.save(subscription, "customer.subscription.updated")
    method.body["customer"] = None
    work.save(method, "payment_method.detached")


def use_from_now_on(work: Work, method: Record, customer: Record) -> None:
    """Attach a card, and pay everything of the customer's with it."""
    attach(work, method, customer)
    customer.body["invoice_settings"]["default_payment_method"] = method.id
    work.save(customer, "customer.updated")
    for subscription in work.tx.find("subscription", {"customer": customer.id}):
        if subscription.body["default_payment_method"] not in (None, method.id):
            subscription.body["default_payment_method"] = method.id
            work.save(subscription, "customer.subscription.updated")
