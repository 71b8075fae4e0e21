"""Checkout sessions: subscriptions that are paid for on a page."""

from __future__ import annotations

from local.stripe.api.call import Call, Routes, filters, page
from local.stripe.api.prices_of import line_items, trial_end
from local.stripe.billing.passing_time import expire_session
from local.stripe.billing.periods import DAY
from local.stripe.errors import ApiError, invalid, missing
from local.stripe.params import Params, web_address
from local.stripe.shapes import hosted
from local.stripe.store import Json, Record

_SHORTEST, _LONGEST = 30 * 60, DAY
_ECHOED = ("client_reference_id", "locale")


def create(call: Call) -> Json:
    params, work = call.params, call.work
    if "mode" not in params:
        raise missing("mode")
    if params.choice("mode", ("payment", "setup", "subscription")) != "subscription":
        raise invalid("mode", "This stand-in knows Checkout for subscriptions only.")
    params.choice("ui_mode", ("hosted_page",))
    bought = line_items(call)
    lines = [
        hosted.line_item(price, work.need("product", price["product"]).body, quantity)
        for price, quantity in bought
    ]
    order = _order(params.child("subscription_data"), call)
    total = 0 if order["trial_end"] else sum(line["amount_total"] for line in lines)
    body = hosted.checkout_session(bought[0][0]["currency"], total, work.base_url, int(work.now()))
    body["success_url"] = _address(params, "success_url")
    if body["success_url"] is None:
        raise missing("success_url")
    body["cancel_url"] = _address(params, "cancel_url")
    for name in _ECHOED:
        body[name] = params.text(name)
    _who_pays(call, body)
    _options(params, body)
    expires = params.integer("expires_at")
    if expires is not None:
        _check_expiry(expires, body["created"])
        body["expires_at"] = expires
    body["metadata"] = params.metadata()
    session = Record("checkout.session", body, {"line_items": lines, **order})
    return work.add(session).body


def retrieve(call: Call) -> Json:
    return call.work.need("checkout.session", call.id).body


def update(call: Call) -> Json:
    session = call.work.need("checkout.session", call.id)
    session.body["metadata"] = call.params.metadata(session.body["metadata"])
    call.work.save(session)
    return session.body


def expire(call: Call) -> Json:
    session = call.work.need("checkout.session", call.id)
    if session.body["status"] != "open":
        raise ApiError(
            400,
            'Only Checkout Sessions with a status in ["open"] can be expired. This Checkout '
            f"Session has a status of {session.body['status']}.",
        )
    expire_session(call.work, session)
    return session.body


def list_all(call: Call) -> Json:
    equal = filters(call, "customer", "subscription", "status")
    return page(call, call.work.tx.find("checkout.session", equal))


def list_lines(call: Call) -> Json:
    session = call.work.need("checkout.session", call.id)
    return page(call, [Record("item", line) for line in session.hidden["line_items"]])


def _order(params: Params, call: Call) -> Json:
    return {
        "subscription_metadata": params.metadata(),
        "description": params.text("description"),
        "trial_end": trial_end(params, call.work.now()),
        "trial_days": params.integer("trial_period_days"),
    }


def _who_pays(call: Call, body: Json) -> None:
    params = call.params
    customer, email = params.text("customer"), params.text("customer_email")
    if customer is not None and email is not None:
        raise invalid(
            "customer_email",
            "You may only specify one of these parameters: customer, customer_email.",
        )
    if customer is not None:
        known = call.work.need("customer", customer, "customer")
        email = known.body["email"]
        body["customer"] = known.id
    if email is not None and "@" not in email:
        raise invalid("customer_email", f"Invalid email address: {email}", "email_invalid")
    body["customer_email"] = None if customer else email
    if email is not None:
        body["customer_details"] = customer_details(email, None)


def customer_details(email: str | None, name: str | None) -> Json:
    return {
        "address": None,
        "business_name": None,
        "email": email,
        "individual_name": None,
        "name": name,
        "phone": None,
        "tax_exempt": "none",
        "tax_ids": None,
    }


def _options(params: Params, body: Json) -> None:
    body["allow_promotion_codes"] = params.flag("allow_promotion_codes")
    body["billing_address_collection"] = params.choice(
        "billing_address_collection", ("auto", "required")
    )
    params.choice("payment_method_collection", ("always",))
    allowed = params.texts("allowed_payment_method_types")
    if any(kind != "card" for kind in allowed):
        raise invalid("allowed_payment_method_types", "This stand-in knows cards only.")
    if allowed:
        body["allowed_payment_method_types"] = allowed
    if params.child("automatic_tax").flag("enabled"):
        raise invalid("automatic_tax[enabled]", "This stand-in calculates no tax.")
    for name in ("address", "name"):
        params.child("customer_update").choice(name, ("auto", "never"))


def _address(params: Params, name: str) -> str | None:
    address = params.text(name)
    if address is None:
        return None
    return web_address(address, name)


def _check_expiry(expires: int, now: int) -> None:
    if not _SHORTEST <= expires - now <= _LONGEST:
        raise invalid(
            "expires_at",
            "The `expires_at` timestamp must be between 30 minutes and 24 hours after Checkout "
            "Session creation.",
        )


ROUTES: Routes = [
    ("POST", "/v1/checkout/sessions", create),
    ("GET", "/v1/checkout/sessions", list_all),
    ("GET", "/v1/checkout/sessions/{id}", retrieve),
    ("POST", "/v1/checkout/sessions/{id}", update),
    ("POST", "/v1/checkout/sessions/{id}/expire", expire),
    ("GET", "/v1/checkout/sessions/{id}/line_items", list_lines),
]
