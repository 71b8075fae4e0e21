"""The check of the contract finds what is wrong; without that it would prove nothing.

The objects themselves are checked where they are made: in test_rules.py, and in the integration
tests, which hold every answer and every event against the SDK's types.
"""

import copy
from typing import Any

import pytest

from local.stripe.cards import by_name
from local.stripe.shapes import catalog, hosted, invoices, people, subscriptions, workings
from tests.support.stripe_types import faults

NOW = 1_795_000_000
_MONTHLY = catalog.recurring("month", 1)
_PRICE = catalog.price("price_1", "prod_1", "usd", 1900, _MONTHLY, NOW)
_CUSTOMER = people.customer(NOW)


def _subscription() -> dict[str, Any]:
    made = subscriptions.subscription("cus_1", "usd", NOW)
    made["items"]["data"] = [subscriptions.item(made["id"], _PRICE, 1, NOW, NOW + 1)]
    return made


def _invoice() -> dict[str, Any]:
    subscription = _subscription()
    line = invoices.line(subscription["items"]["data"][0], NOW, NOW + 1, "Premium", 1900)
    return invoices.invoice(subscription, _CUSTOMER, "subscription_create", [line], NOW)


def _card() -> dict[str, Any]:
    card = by_name("pm_card_visa")
    assert card is not None
    return people.payment_method(card, 12, 2034, {}, NOW)


SHAPES: dict[str, dict[str, Any]] = {
    "product": catalog.product("prod_1", "Premium", NOW),
    "price": _PRICE,
    "plan": catalog.plan(_PRICE),
    "customer": _CUSTOMER,
    "payment_method": _card(),
    "subscription": _subscription(),
    "invoice": _invoice(),
    "checkout.session": hosted.checkout_session("usd", 1900, "http://127.0.0.1:1", NOW),
    "item": hosted.line_item(_PRICE, {"name": "Premium"}, 1),
    "billing_portal.session": hosted.portal_session("cus_1", None, "http://127.0.0.1:1", NOW),
    "test_helpers.test_clock": workings.test_clock(None, NOW, NOW),
    "webhook_endpoint": workings.webhook_endpoint("we_1", "http://127.0.0.1:1", ["*"], "v", NOW),
}


@pytest.mark.parametrize("name", SHAPES)
def test_new_objects_keep_the_contract(name: str) -> None:
    assert SHAPES[name]["object"] == name
    assert faults(SHAPES[name]) == []


@pytest.mark.parametrize("name", SHAPES)
def test_a_field_of_a_wrong_type_is_found(name: str) -> None:
    for field in SHAPES[name]:
        if field != "object":
            assert faults({**SHAPES[name], field: object()}), field


@pytest.mark.parametrize(
    ("name", "path", "value"),
    [
        ("subscription", "current_period_end", NOW),  # left the subscription in 2025
        ("subscription", "status", "cancelled"),
        ("subscription", "cancel_at_period_end", None),
        ("subscription", "cancel_at_period_end", 1),
        ("subscription", "items", []),
        ("subscription", "items.data.0.current_period_end", "soon"),
        ("subscription", "items.data.0.price", "price_1"),
        ("subscription", "items.data.0.plan", _PRICE),
        ("subscription", "metadata.a", 1),
        ("subscription", "cancellation_details.reason", "why not"),
        ("subscription", "automatic_tax.enabled", "yes"),
        ("subscription", "customer", {"object": "product"}),
        ("invoice", "lines.data.0.period.start", None),
        ("invoice", "billing_reason", "because"),
        ("invoice", "status_transitions.paid", NOW),
        ("price", "unit_amount_decimal", 1900),
        ("price", "recurring.interval", "fortnight"),
        ("checkout.session", "ui_mode", "hosted"),  # its name until 2025
        ("customer", "created", 1.5),
    ],
)
def test_what_is_wrong_deep_inside_is_found(name: str, path: str, value: object) -> None:
    changed = copy.deepcopy(SHAPES[name])
    place: Any = changed
    *steps, last = path.split(".")
    for step in steps:
        place = place[int(step) if step.isdigit() else step]
    place[last] = value
    assert faults(changed)


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("subscription", "items.data.0.current_period_end"),
        ("subscription", "automatic_tax.enabled"),
        ("subscription", "customer"),
        ("subscription", "items.url"),
        ("invoice", "status_transitions"),
        ("invoice", "total"),
        ("checkout.session", "payment_status"),
        ("payment_method", "card.last4"),
    ],
)
def test_what_is_missing_is_found(name: str, path: str) -> None:
    changed = copy.deepcopy(SHAPES[name])
    place: Any = changed
    *steps, last = path.split(".")
    for step in steps:
        place = place[int(step) if step.isdigit() else step]
    del place[last]
    assert faults(changed)


def test_what_is_no_object_is_found() -> None:
    assert faults([])
    assert faults({"id": "x"})
    assert faults({"object": "nothing_of_stripes"})
    assert faults({"object": "list", "data": [], "has_more": "no", "url": "/"})
    assert faults({"object": "customer", "id": "cus_1", "deleted": True}) == []
    assert faults({"object": "customer", "id": "cus_1", "deleted": True, "email": None})


def test_events_are_checked_with_what_they_tell() -> None:
    event = {
        "id": "evt_1",
        "object": "event",
        "api_version": "v",
        "created": NOW,
        "data": {"object": copy.deepcopy(_CUSTOMER)},
        "livemode": False,
        "pending_webhooks": 0,
        "request": {"id": None, "idempotency_key": None},
        "type": "customer.created",
    }
    assert faults(event) == []
    assert faults({**event, "type": "customer.made"})
    del event["data"]["object"]["created"]  # type: ignore[index]
    assert faults(event)
