"""Customers."""

from __future__ import annotations

from local.stripe.api.call import Call, Routes, filters, page
from local.stripe.billing.ending import end
from local.stripe.errors import invalid, no_such
from local.stripe.payment_methods import attach, from_id
from local.stripe.shapes import people
from local.stripe.store import Json, Record
from local.stripe.timetable import OVER
from local.stripe.work import Work

_TEXTS = ("description", "email", "name", "phone")


def create(call: Call) -> Json:
    work, params = call.work, call.params
    clock = params.text("test_clock")
    if clock is not None:
        frozen = work.need("test_helpers.test_clock", clock, "test_clock")
        work.at(frozen.body["frozen_time"])
    customer = Record("customer", people.customer(work.now()))
    customer.body["test_clock"] = clock
    _describe(call, customer)
    card = params.text("payment_method")
    work.add(customer, "customer.created")
    if card is not None:
        attach(work, from_id(work, card, "payment_method"), customer)
    _choose_card(call, customer)
    return customer.body


def retrieve(call: Call) -> Json:
    return call.work.need("customer", call.id).body


def update(call: Call) -> Json:
    customer = _living(call)
    _describe(call, customer)
    _choose_card(call, customer)
    call.work.save(customer, "customer.updated")
    return customer.body


def delete(call: Call) -> Json:
    """Cancel what the customer subscribes to, then forget the customer."""
    customer = _living(call)
    erase(call.work, customer)
    return {"id": customer.id, "object": "customer", "deleted": True}


def erase(work: Work, customer: Record) -> None:
    for subscription in work.tx.find("subscription", {"customer": customer.id}):
        if subscription.body["status"] not in OVER:
            end(work, subscription)
    for card in work.tx.find("payment_method", {"customer": customer.id}):
        card.body["customer"] = None
        work.save(card, "payment_method.detached")
    work.announce("customer.deleted", customer)
    customer.body = {"id": customer.id, "object": "customer", "deleted": True}
    work.save(customer)


def list_all(call: Call) -> Json:
    found = call.work.tx.find("customer", filters(call, "email", "test_clock"))
    return page(call, [customer for customer in found if not customer.body.get("deleted")])


def _living(call: Call) -> Record:
    customer = call.work.need("customer", call.id)
    if customer.body.get("deleted"):
        raise no_such("customer", call.id)
    return customer


def _describe(call: Call, customer: Record) -> None:
    params, body = call.params, customer.body
    for name in _TEXTS:
        if name in params:
            body[name] = params.text(name, empty=True) or None
    if body["email"] is not None and "@" not in body["email"]:
        raise invalid("email", f"Invalid email address: {body['email']}", "email_invalid")
    if "address" in params:
        sent = params.child("address")
        known = body["address"] or dict.fromkeys(people.ADDRESS_FIELDS)
        body["address"] = {
            name: (sent.text(name, empty=True) or None) if name in sent else known[name]
            for name in people.ADDRESS_FIELDS
        }
    body["preferred_locales"] = params.texts("preferred_locales") or body["preferred_locales"]
    body["metadata"] = params.metadata(body["metadata"])


def _choose_card(call: Call, customer: Record) -> None:
    settings = call.params.child("invoice_settings")
    if "default_payment_method" not in settings:
        return
    chosen = settings.text("default_payment_method", empty=True)
    name = settings.name_of("default_payment_method")
    if chosen:
        card = call.work.need("payment_method", chosen, name)
        if card.body["customer"] != customer.id:
            raise invalid(
                name,
                f"The customer does not have a payment method with the ID {chosen}. The payment "
                "method must be attached to the customer.",
                "resource_missing",
            )
    customer.body["invoice_settings"]["default_payment_method"] = chosen or None
    call.work.save(customer, "customer.updated")


ROUTES: Routes = [
    ("POST", "/v1/customers", create),
    ("GET", "/v1/customers", list_all),
    ("GET", "/v1/customers/{id}", retrieve),
    ("POST", "/v1/customers/{id}", update),
    ("DELETE", "/v1/customers/{id}", delete),
]
