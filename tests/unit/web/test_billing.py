"""The plan page, the way to Stripe and back, and Stripe's callback."""

import json
from collections.abc import Callable
from dataclasses import asdict, replace
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from gas.billing.grants import set_plan
from gas.billing.ports import Invoice, PaymentEvent, Price, Subscription
from gas.plans import MIB, Plan
from gas.testing.billing import GOOD_SIGNATURE
from tests.unit.web.conftest import ADA, JSON, PAYMENT_PAGES, PROBLEM, PUBLIC_URL, World
from tests.unit.web.test_access import _token
from web.billing.words import money, price_text

DAY = 24 * 3600


def post(client: FlaskClient, path: str, **headers: str) -> TestResponse:
    """Press the button of a form."""
    return client.post(
        path, data={"csrf_token": _token(client)}, headers={"Referer": PUBLIC_URL + "/", **headers}
    )


def pay(world: World, status: str = "active", **changes: Any) -> Subscription:
    """What happens on Stripe's page; the callback is yet to come."""
    record = world.billing.require_standing(ADA).record
    assert record.customer_id is not None
    assert record.checkout_id is not None
    now = world.clock.now()
    base = Subscription(
        "sub_1", status, now, current_period_start=now, current_period_end=now + 30 * DAY
    )
    subscription = replace(base, **changes)
    world.payments.pay(record.customer_id, record.checkout_id, subscription)
    return subscription


def call_back(world: World, event_id: str = "evt_1", **changes: Any) -> TestResponse:
    """Stripe's callback."""
    customer_id = world.billing.require_standing(ADA).record.customer_id or ""
    event = PaymentEvent(
        event_id, "customer.subscription.updated", world.clock.now(), False, customer_id
    )
    return world.client().post(
        "/stripe/webhook",
        data=json.dumps(asdict(replace(event, **changes))),
        headers={"Stripe-Signature": GOOD_SIGNATURE},
        content_type="application/json; charset=utf-8",
    )


@pytest.fixture
def premium(world: World, ada: FlaskClient) -> FlaskClient:
    """Ada has bought Premium."""
    post(ada, "/billing/checkout")
    pay(world)
    assert call_back(world).status_code == 200
    return ada


def test_upgrading_leads_to_the_payment_page_and_nothing_more(
    world: World, ada: FlaskClient
) -> None:
    answer = post(ada, "/billing/checkout")
    assert answer.status_code == 303
    assert answer.location.startswith(PAYMENT_PAGES + "/c/")
    assert answer.location == post(ada, "/billing/checkout").location
    assert "Get Premium" in ada.get("/billing").text
    assert world.accounts.get(ADA).plan is Plan.FREE  # type: ignore[union-attr]


def test_coming_back_gives_nothing(world: World, ada: FlaskClient) -> None:
    assert "not heard of your payment" in ada.get("/billing/return").text
    post(ada, "/billing/checkout")
    pay(world)
    for _ in range(2):
        page = ada.get("/billing/return?session_id=cs_1").text
        assert "Payment received" in page
        assert "being confirmed" in page
        assert 'http-equiv="refresh"' in page
        assert "data-live" in page
        assert world.accounts.get(ADA).plan is Plan.FREE  # type: ignore[union-attr]
    call_back(world)
    page = ada.get("/billing/return").text
    assert "You have Premium" in page
    assert "data-live" not in page
    assert 'http-equiv="refresh"' not in page


def test_the_page_that_waits_bears_stripes_absence(world: World, ada: FlaskClient) -> None:
    post(ada, "/billing/checkout")
    world.payments.down = True
    assert "not heard of your payment" in ada.get("/billing/return").text


def test_who_has_paid_and_clicks_again_waits_for_the_confirmation(
    world: World, ada: FlaskClient
) -> None:
    post(ada, "/billing/checkout")
    pay(world)
    answer = post(ada, "/billing/checkout")
    assert (answer.status_code, answer.location) == (303, "/billing/return")
    machine = post(ada, "/billing/checkout", **JSON)
    assert (machine.status_code, machine.json["error"]) == (409, "payment_pending")


def test_premium_is_managed_instead_of_bought_again(world: World, premium: FlaskClient) -> None:
    page = premium.get("/billing").text
    assert "Get Premium" not in page
    assert "Card, cancellation, invoices" in page
    for path in ("/billing/checkout", "/billing/portal"):
        answer = post(premium, path)
        assert (answer.status_code, answer.location[:30]) == (303, PAYMENT_PAGES + "/p")


def test_a_machine_gets_the_address(world: World, ada: FlaskClient) -> None:
    answer = post(ada, "/billing/checkout", **JSON)
    assert answer.status_code == 201
    assert answer.json["url"].startswith(PAYMENT_PAGES)


def test_the_portal_is_for_customers(ada: FlaskClient) -> None:
    answer = post(ada, "/billing/portal", **JSON)
    assert (answer.status_code, answer.json["error"]) == (409, "not_a_customer")


def test_nobody_is_sent_to_an_address_that_is_not_stripes(world: World, ada: FlaskClient) -> None:
    world.payments.page_origin = "https://evil.example.org"
    answer = post(ada, "/billing/checkout", **JSON)
    assert (answer.status_code, answer.json["error"]) == (502, "payment_refused")
    assert "evil" not in answer.text


@pytest.mark.parametrize("path", ["/billing/checkout", "/billing/portal"])
def test_paying_needs_the_csrf_token(ada: FlaskClient, path: str) -> None:
    answer = ada.post(path, headers={"Referer": PUBLIC_URL + "/", **JSON})
    assert (answer.status_code, answer.json["error"]) == (400, "csrf_failed")


def test_the_page_says_how_things_stand(world: World, premium: FlaskClient) -> None:
    customer = world.billing.require_standing(ADA).record.customer_id
    assert customer is not None
    world.payments.invoices[customer] = [
        Invoice("GAS-2", world.clock.now(), "open", "usd", 1500, f"{PAYMENT_PAGES}/i/2"),
        Invoice("GAS-1", 0, "paid", "usd", 1500, f"{PAYMENT_PAGES}/i/1", f"{PAYMENT_PAGES}/i/1.p"),
    ]
    page = premium.get("/billing").text
    for text in ("Renews", "GAS-1", "GAS-2", "15.00 USD", "Not paid", f"{PAYMENT_PAGES}/i/1.p"):
        assert text in page
    document = premium.get("/billing", headers=JSON).json
    assert document["plan"] == "premium"
    assert document["payment_state"] == "active"
    assert document["renews_at"] == "2027-02-14T08:00:00Z"
    assert document["premium_price"] == "15.00 USD per month"
    assert [invoice["number"] for invoice in document["invoices"]] == ["GAS-2", "GAS-1"]
    assert document["invoices"][0]["pdf"] is None


@pytest.mark.parametrize(
    ("changes", "plan", "state", "text", "times"),
    [
        ({}, "premium", "active", "renews itself", {"renews_at"}),
        ({"ends_at": 1_802_000_000}, "premium", "ending", "is cancelled", {"ends_at"}),
        (
            {"status": "past_due"},
            "premium",
            "past_due",
            "Your last payment failed",
            {"renews_at", "pay_until"},
        ),
        ({"status": "unpaid"}, "free", "unpaid", "is not paid", set()),
        ({"status": "canceled"}, "free", "free", "on the Free plan", set()),
    ],
)
def test_every_situation_in_words(
    world: World,
    premium: FlaskClient,
    changes: dict[str, Any],
    plan: str,
    state: str,
    text: str,
    times: set[str],
) -> None:
    pay(world, **{"status": "active", **changes, "created": world.clock.now() + 1})
    customer = world.billing.require_standing(ADA).record.customer_id
    assert customer is not None
    world.payments.subscriptions[customer] = world.payments.subscriptions[customer][-1:]
    call_back(world, "evt_2")
    assert text in premium.get("/billing").text
    document = premium.get("/billing", headers=JSON).json
    assert (document["plan"], document["payment_state"]) == (plan, state)
    assert {name for name in ("renews_at", "ends_at", "pay_until") if document[name]} == times


def test_without_stripe_at_hand_the_page_is_still_there(world: World, premium: FlaskClient) -> None:
    world.payments.down = True
    page = premium.get("/billing")
    assert page.status_code == 200
    assert "The invoices cannot be shown just now" in page.text
    document = premium.get("/billing", headers=JSON).json
    assert (document["plan"], document["invoices"], document["premium_price"]) == (
        "premium",
        None,
        None,
    )


def test_who_looks_again_and_again_does_not_use_up_what_stripe_allows(
    world: World, ada: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.payments.down = True
    assert ada.get("/billing", headers=JSON).json["premium_price"] is None
    world.payments.down = False
    asked: list[str] = []
    price = world.payments.price
    monkeypatch.setattr(world.payments, "price", lambda which: asked.append(which) or price(which))
    for _ in range(3):
        assert "15.00 USD per month" in ada.get("/billing").text
    assert asked == ["price_premium"]


def test_a_grace_period_that_is_over_ends_when_its_owner_looks(
    world: World, premium: FlaskClient
) -> None:
    customer = world.billing.require_standing(ADA).record.customer_id
    assert customer is not None
    (subscription,) = world.payments.subscriptions[customer]
    world.payments.subscriptions[customer] = [replace(subscription, status="past_due")]
    call_back(world, "evt_2")
    world.clock.advance(8 * DAY)
    world.log_in(ADA, premium)
    assert "is not paid, so you are on the Free plan" in premium.get("/billing").text


def test_where_nothing_is_sold_the_page_says_so(make_world: Callable[..., World]) -> None:
    world = make_world(stripe_secret_key="")
    ada = world.log_in(ADA)
    answer = ada.get("/billing")
    assert "This installation has no paid plan" in answer.text
    assert "Get Premium" not in answer.text
    assert PAYMENT_PAGES not in answer.headers["Content-Security-Policy"]
    for path in ("/billing/checkout", "/billing/portal"):
        refused = post(ada, path, **JSON)
        assert (refused.status_code, refused.json["error"]) == (404, "no_paid_plan")
    assert call_back(world).status_code == 404
    set_plan(world.billing, ADA, Plan.PREMIUM)
    page = ada.get("/billing").text
    assert "You have Premium from whoever runs this service" in page
    assert ada.get("/billing", headers=JSON).json["payment_state"] == "granted"


@pytest.mark.parametrize("headers", [JSON, PROBLEM])
@pytest.mark.parametrize(("size", "offered"), [(11 * MIB, True), (0, False)])
def test_a_refusal_that_the_plan_causes_says_where_to_upgrade(
    ada: FlaskClient, headers: dict[str, str], size: int, offered: bool
) -> None:
    answer = ada.post(
        "/annotate/uploads",
        json={"file_name": "trio.vcf", "size": size},
        headers={"X-CSRFToken": _token(ada), "Referer": PUBLIC_URL + "/", **headers},
    )
    assert answer.status_code in (400, 413)
    assert answer.json.get("upgrade") == (f"{PUBLIC_URL}/billing" if offered else None)


def test_the_address_that_other_tools_know(ada: FlaskClient) -> None:
    answer = ada.get("/subscribe")
    assert (answer.status_code, answer.location) == (302, "/billing")


def test_every_page_leads_to_the_plan(ada: FlaskClient) -> None:
    assert 'aria-label="Your plan: Free"' in ada.get("/annotations").text


def test_the_callback_makes_premium(world: World, ada: FlaskClient) -> None:
    post(ada, "/billing/checkout")
    pay(world)
    answer = call_back(world)
    assert (answer.status_code, answer.json) == (200, {"outcome": "handled"})
    assert "Set-Cookie" not in answer.headers
    assert 'aria-label="Your plan: Premium"' in ada.get("/annotations").text
    assert call_back(world).json == {"outcome": "repeated"}


def test_a_forged_callback_is_refused(world: World, ada: FlaskClient) -> None:
    post(ada, "/billing/checkout")
    pay(world)
    for headers in ({}, {"Stripe-Signature": "t=1,v1=00"}):
        answer = world.client().post("/stripe/webhook", data=b"{}", headers=headers)
        assert answer.status_code == 400
    assert call_back(world, live=True).status_code == 400
    assert world.accounts.get(ADA).plan is Plan.FREE  # type: ignore[union-attr]


def test_a_callback_that_cannot_be_handled_now_is_asked_for_again(
    world: World, ada: FlaskClient
) -> None:
    post(ada, "/billing/checkout")
    pay(world)
    world.payments.down = True
    assert call_back(world).status_code == 503
    world.payments.down = False
    assert call_back(world).status_code == 200


def test_callbacks_may_be_larger_than_forms_but_not_endless(world: World) -> None:
    client = world.client()
    for size, status in ((200 * 1024, 400), (1024 * 1024 + 1, 413)):
        answer = client.post("/stripe/webhook", data=b"x" * size)
        assert answer.status_code == status, size


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [
        (1500, "usd", "15.00 USD"),
        (123456, "eur", "1,234.56 EUR"),
        (1500, "jpy", "1,500 JPY"),
        (1500, "kwd", "1.500 KWD"),
        (0, "chf", "0.00 CHF"),
        (-500, "usd", "-5.00 USD"),
    ],
)
def test_amounts_in_words(amount: int, currency: str, text: str) -> None:
    assert money(amount, currency) == text


def test_prices_in_words() -> None:
    assert price_text(Price(1500, "usd", "month")) == "15.00 USD per month"
    assert price_text(Price(1500, "usd", "")) == "15.00 USD"
