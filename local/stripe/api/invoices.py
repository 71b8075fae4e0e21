"""Invoices."""

from __future__ import annotations

from local.stripe.api.call import Call, Routes, filters, page
from local.stripe.billing.invoicing import finalize, void
from local.stripe.billing.payments import (
    Outcome,
    card_for,
    collect,
    mark_paid,
    refusal,
    subscription_of,
)
from local.stripe.errors import ApiError
from local.stripe.payment_methods import from_id
from local.stripe.store import Json, Record


def retrieve(call: Call) -> Json:
    return call.work.need("invoice", call.id).body


def list_all(call: Call) -> Json:
    equal = filters(call, "customer", "status")
    subscription = call.params.text("subscription")
    if subscription is not None:
        equal["parent.subscription_details.subscription"] = subscription
    return page(call, call.work.tx.find("invoice", equal))


def pay(call: Call) -> Json:
    work, params = call.work, call.params
    invoice = work.need("invoice", call.id)
    chosen = params.text("payment_method")
    params.flag("off_session")
    elsewhere = params.flag("paid_out_of_band")
    _require(invoice, "draft", "open", "uncollectible")
    if invoice.body["status"] == "draft":
        finalize(work, invoice)
    if elsewhere:
        mark_paid(work, invoice, tried=False)
        return invoice.body
    card = from_id(work, chosen, "payment_method") if chosen else None
    used = card or card_for(work, subscription_of(work, invoice))
    outcome = collect(work, invoice, used)
    if outcome is not Outcome.PAID:
        raise refusal(outcome, used)
    return invoice.body


def finalize_now(call: Call) -> Json:
    invoice = call.work.need("invoice", call.id)
    call.params.flag("auto_advance")
    _require(invoice, "draft")
    finalize(call.work, invoice)
    return invoice.body


def void_now(call: Call) -> Json:
    invoice = call.work.need("invoice", call.id)
    _require(invoice, "open", "uncollectible")
    void(call.work, invoice)
    return invoice.body


def _require(invoice: Record, *statuses: str) -> None:
    status = invoice.body["status"]
    if status == "paid":
        raise ApiError(400, "Invoice is already paid")
    if status not in statuses:
        raise ApiError(
            400,
            f"This action cannot be done on an invoice with a status of {status}.",
            code="invoice_not_editable",
        )


ROUTES: Routes = [
    ("GET", "/v1/invoices", list_all),
    ("GET", "/v1/invoices/{id}", retrieve),
    ("POST", "/v1/invoices/{id}/pay", pay),
    ("POST", "/v1/invoices/{id}/finalize", finalize_now),
    ("POST", "/v1/invoices/{id}/void", void_now),
]
