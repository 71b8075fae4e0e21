"""Subscriptions and their items."""

from __future__ import annotations

from typing import Any

from local.stripe.api.call import Call, Routes, filters, page
from local.stripe.api.prices_of import line_items, quantity, recurring_price, trial_end
from local.stripe.billing.ending import cancel_later, end, keep
from local.stripe.billing.payments import card_for, collect, refusal
from local.stripe.billing.subscribing import Order, start
from local.stripe.errors import ApiError, invalid, no_such
from local.stripe.params import Params
from local.stripe.shapes.catalog import plan
from local.stripe.store import Json, Record
from local.stripe.timetable import OVER

_STATUSES = (
    "active", "all", "canceled", "ended", "incomplete", "incomplete_expired", "past_due",
    "paused", "trialing", "unpaid",
)  # fmt: skip
_BEHAVIORS = (
    "allow_incomplete", "default_incomplete", "error_if_incomplete", "pending_if_incomplete",
)  # fmt: skip
_FEEDBACK = (
    "customer_service", "low_quality", "missing_features", "other", "switched_service",
    "too_complex", "too_expensive", "unused",
)  # fmt: skip


def create(call: Call) -> Json:
    params, work = call.params, call.work
    customer = work.need("customer", params.required("customer"), "customer")
    details: Json = {"metadata": params.metadata(), "description": params.text("description")}
    details["default_payment_method"] = _card(call, customer.id)
    params.choice("collection_method", ("charge_automatically",))
    behavior = params.choice("payment_behavior", _BEHAVIORS) or "allow_incomplete"
    params.flag("off_session")
    order = Order(line_items(call, "items"), trial_end(params, work.now(customer)), details)
    later = params.flag("cancel_at_period_end")
    subscription, invoice = start(work, customer, order)
    card = card_for(work, subscription)
    if behavior != "default_incomplete" or invoice.body["amount_due"] == 0:
        outcome = collect(work, invoice)
        if outcome.value != "paid" and behavior == "error_if_incomplete":
            fault = refusal(outcome, card)
            fault.keep = False
            raise fault
    if later:
        cancel_later(work, subscription)
        work.save(subscription, "customer.subscription.updated")
    return subscription.body


def retrieve(call: Call) -> Json:
    return call.work.need("subscription", call.id).body


def list_all(call: Call) -> Json:
    status = call.params.choice("status", _STATUSES)
    price = call.params.text("price")
    found = call.work.tx.find("subscription", filters(call, "customer", "test_clock"))
    return page(
        call,
        [
            subscription
            for subscription in found
            if _has_status(subscription.body["status"], status)
            and (price is None or _has_price(subscription, price))
        ],
    )


def update(call: Call) -> Json:
    params, work = call.params, call.work
    subscription = work.need("subscription", call.id)
    body = subscription.body
    if body["status"] in OVER and set(params.names()) - {"metadata", "cancellation_details"}:
        raise ApiError(
            400,
            "A canceled subscription can only update its cancellation_details and metadata.",
        )
    body["metadata"] = params.metadata(body["metadata"])
    if "description" in params:
        body["description"] = params.text("description", empty=True) or None
    body["default_payment_method"] = _card(call, body["customer"]) or body["default_payment_method"]
    _cancellation(call, subscription)
    _pause(params, body)
    _items(call, subscription)
    if "trial_end" in params:
        _end_trial(call, subscription)
    params.choice("payment_behavior", _BEHAVIORS)
    params.choice("proration_behavior", ("always_invoice", "create_prorations", "none"))
    params.flag("off_session")
    work.save(subscription, "customer.subscription.updated")
    return body


def cancel(call: Call) -> Json:
    """Cancel at once."""
    subscription = call.work.need("subscription", call.id)
    if subscription.body["status"] in OVER:
        # Stripe knows a subscription that has ended no longer when it is canceled again.
        raise no_such("subscription", call.id)
    _comment(call.params.child("cancellation_details"), subscription.body)
    call.params.flag("invoice_now")
    call.params.flag("prorate")
    end(call.work, subscription, "cancellation_requested")
    return subscription.body


def list_items(call: Call) -> Json:
    subscription = call.work.need(
        "subscription", call.params.required("subscription"), "subscription"
    )
    items = subscription.body["items"]["data"]
    return page(call, [Record("subscription_item", item) for item in items])


def retrieve_item(call: Call) -> Json:
    for subscription in call.work.tx.find("subscription"):
        for item in subscription.body["items"]["data"]:
            if item["id"] == call.id:
                return dict(item)
    raise no_such("subscription_item", call.id)


def _card(call: Call, customer_id: str) -> str | None:
    chosen = call.params.text("default_payment_method")
    if chosen is None:
        return None
    card = call.work.need("payment_method", chosen, "default_payment_method")
    if card.body["customer"] != customer_id:
        raise invalid(
            "default_payment_method",
            f"The customer does not have a payment method with the ID {chosen}. The payment "
            "method must be attached to the customer.",
            "resource_missing",
        )
    return card.id


def _cancellation(call: Call, subscription: Record) -> None:
    params, body = call.params, subscription.body
    later = params.flag("cancel_at_period_end")
    moment = None
    if "cancel_at" in params and params.text("cancel_at", empty=True):
        moment = params.integer("cancel_at", least=call.work.now(subscription))
    if later is not None and moment is not None:
        raise invalid(
            "cancel_at",
            "You may only specify one of these parameters: cancel_at, cancel_at_period_end.",
        )
    if later or moment is not None:
        cancel_later(call.work, subscription, moment)
    elif later is False or ("cancel_at" in params and moment is None):
        keep(subscription)
    _comment(params.child("cancellation_details"), body)


def _comment(params: Params, body: Json) -> None:
    details = body["cancellation_details"]
    if "comment" in params:
        details["comment"] = params.text("comment", empty=True) or None
    details["feedback"] = params.choice("feedback", _FEEDBACK) or details["feedback"]


def _pause(params: Params, body: Json) -> None:
    if "pause_collection" not in params:
        return
    if params.is_unset("pause_collection"):
        body["pause_collection"] = None
        return
    sent = params.child("pause_collection")
    behavior = sent.choice("behavior", ("keep_as_draft", "mark_uncollectible", "void"))
    if behavior is None:
        raise invalid(sent.name_of("behavior"), "Missing required param: behavior.")
    body["pause_collection"] = {"behavior": behavior, "resumes_at": sent.integer("resumes_at")}


def _items(call: Call, subscription: Record) -> None:
    known: dict[str, Any] = {item["id"]: item for item in subscription.body["items"]["data"]}
    for sent in call.params.children("items"):
        item = known.get(sent.required("id"))
        if item is None:
            raise invalid(
                sent.name_of("id"),
                f"No such subscription_item: '{sent.text('id')}'",
                "resource_missing",
            )
        if "price" in sent:
            item["price"] = recurring_price(call.work, sent)
            item["plan"] = plan(item["price"])
        item["quantity"] = quantity(sent) or item["quantity"]


def _end_trial(call: Call, subscription: Record) -> None:
    """Move the end of a trial; ``now`` lets the next period begin when time next passes."""
    now = call.work.now(subscription)
    moment = trial_end(call.params, now) or now
    if subscription.body["status"] != "trialing":
        raise invalid("trial_end", "This stand-in moves the end of a running trial only.")
    subscription.body.update(trial_end=moment, billing_cycle_anchor=moment)
    for item in subscription.body["items"]["data"]:
        item["current_period_end"] = moment


def _has_status(status: str, wanted: str | None) -> bool:
    if wanted is None:
        return status != "canceled"
    if wanted == "ended":
        return status in OVER
    return wanted in ("all", status)


def _has_price(subscription: Record, price: str) -> bool:
    return any(item["price"]["id"] == price for item in subscription.body["items"]["data"])


ROUTES: Routes = [
    ("POST", "/v1/subscriptions", create),
    ("GET", "/v1/subscriptions", list_all),
    ("GET", "/v1/subscriptions/{id}", retrieve),
    ("POST", "/v1/subscriptions/{id}", update),
    ("DELETE", "/v1/subscriptions/{id}", cancel),
    ("GET", "/v1/subscription_items", list_items),
    ("GET", "/v1/subscription_items/{id}", retrieve_item),
]
