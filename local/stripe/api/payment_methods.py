"""Payment methods: cards, made from a test token or a published test number."""

from __future__ import annotations

import re
import time

from local.stripe.api.call import Call, Routes, page
from local.stripe.cards import by_name, by_number
from local.stripe.errors import ApiError, card_error, invalid, missing
from local.stripe.params import Params
from local.stripe.payment_methods import attach, detach, from_id, make
from local.stripe.store import Json


def create(call: Call) -> Json:
    params = call.params
    if params.choice("type", ("card",)) is None:
        raise missing("type")
    billing = params.child("billing_details")
    details = {name: billing.text(name) for name in ("email", "name", "phone")}
    sent = params.child("card")
    token = sent.text("token")
    if token is not None:
        card = by_name(token)
        if card is None:
            raise invalid("card[token]", f"No such token: '{token}'", "resource_missing")
        month, year = 12, 2034
    else:
        number = sent.required("number")
        card = by_number(number)
        if card is None:
            raise card_error(
                "Only the published test card numbers work here. Never send a real card.",
                "card_declined",
                "test_mode_live_card",
                "number",
            )
        month, year = _expiry(sent)
    method = make(call.work, card, month, year, details)
    method.body["metadata"] = params.metadata()
    call.work.save(method)
    return method.body


def retrieve(call: Call) -> Json:
    method = call.work.tx.get(call.id, "payment_method")
    if method is None:
        raise ApiError(
            404,
            f"No such PaymentMethod: '{call.id}'",
            code="resource_missing",
            param="payment_method",
        )
    return method.body


def attach_to(call: Call) -> Json:
    customer = call.work.need("customer", call.params.required("customer"), "customer")
    method = from_id(call.work, call.id)
    attach(call.work, method, customer)
    return method.body


def detach_from(call: Call) -> Json:
    method = call.work.need("payment_method", call.id)
    detach(call.work, method)
    return method.body


def list_all(call: Call) -> Json:
    customer = call.params.text("customer")
    call.params.choice("type", ("card",))
    if customer is None:
        return page(call, [])
    return page(call, call.work.tx.find("payment_method", {"customer": customer}))


def list_of_customer(call: Call) -> Json:
    call.work.need("customer", call.id)
    call.params.choice("type", ("card",))
    return page(call, call.work.tx.find("payment_method", {"customer": call.id}))


def _expiry(card: Params) -> tuple[int, int]:
    month = card.integer("exp_month", least=1, most=12)
    year = card.integer("exp_year", least=0, most=2100)
    if month is None or year is None:
        raise missing(card.name_of("exp_month" if month is None else "exp_year"))
    year += 2000 if year < 100 else 0
    today = time.gmtime()
    if (year, month) < (today.tm_year, today.tm_mon):
        raise card_error(
            "Your card's expiration year is invalid.", "invalid_expiry_year", None, "exp_year"
        )
    cvc = card.text("cvc")
    if cvc is not None and not re.fullmatch(r"[0-9]{3,4}", cvc):
        raise card_error("Your card's security code is invalid.", "invalid_cvc", None, "cvc")
    return month, year


ROUTES: Routes = [
    ("POST", "/v1/payment_methods", create),
    ("GET", "/v1/payment_methods", list_all),
    ("GET", "/v1/payment_methods/{id}", retrieve),
    ("POST", "/v1/payment_methods/{id}/attach", attach_to),
    ("POST", "/v1/payment_methods/{id}/detach", detach_from),
    ("GET", "/v1/customers/{id}/payment_methods", list_of_customer),
]
