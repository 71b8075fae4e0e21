"""The adapter on Stripe's SDK: what is sent, what is read, and what errors become."""

import json
from collections.abc import Callable
from typing import Any

import pytest
import stripe

from gas.billing.errors import CustomerGone, PaymentRefused
from gas.billing.ports import Checkout, Invoice, Price, Subscription
from gas.billing.stripe_payments import StripePayments
from gas.errors import InvalidSignature, ServiceUnavailable

SECRET = "only for this test"


class Wire:
    """Stripe's end of the connection: answers what the test says, and keeps what was asked."""

    def __init__(self) -> None:
        self.status = 200
        self.body: Any = {}
        self.fault: Exception | None = None
        self.asked: list[tuple[str, str, str, str]] = []

    def request(self, method: str, url: str, headers: Any, post_data: Any = None) -> Any:
        self.asked.append((method, url, post_data or "", headers.get("Idempotency-Key", "")))
        if self.fault:
            raise self.fault
        # The last attempt is all that matters here: no pauses in between.
        return json.dumps(self.body).encode(), self.status, {"stripe-should-retry": "false"}

    def refuse(self, status: int, **error: str) -> None:
        self.status, self.body = status, {"error": {"message": "No.", **error}}


@pytest.fixture
def wire(monkeypatch: pytest.MonkeyPatch) -> Wire:
    wire = Wire()
    monkeypatch.setattr(
        stripe.RequestsClient, "request", lambda _self, *args, **kw: wire.request(*args, **kw)
    )
    return wire


@pytest.fixture
def payments(wire: Wire) -> StripePayments:
    return StripePayments(secret_key="rk_test_x", webhook_secret=SECRET)


@pytest.mark.parametrize(
    ("key", "live"),
    [("sk_live_x", True), ("rk_live_x", True), ("sk_test_live_x", False), ("rk_test_x", False)],
)
def test_the_key_says_whether_money_is_real(wire: Wire, key: str, live: bool) -> None:
    assert StripePayments(secret_key=key, webhook_secret=SECRET).live is live


def test_another_stripe_can_be_asked(wire: Wire) -> None:
    wire.body = {"object": "price", "currency": "usd", "unit_amount": 1}
    for base, host in (
        ("", "https://api.stripe.com"),
        ("http://127.0.0.1:1/", "http://127.0.0.1:1"),
    ):
        wire.body["recurring"] = {"interval": "month"}
        StripePayments(secret_key="k", webhook_secret=SECRET, api_base=base).price("price_1")
        assert wire.asked[-1][1] == f"{host}/v1/prices/price_1"


def test_a_customer_carries_the_account_and_the_key(wire: Wire, payments: StripePayments) -> None:
    wire.body = {"id": "cus_1", "object": "customer"}
    made = payments.create_customer(user_id="u", name="Ada", email="a@example.org", key="k1")
    assert made == "cus_1"
    ((method, _, sent, key),) = wire.asked
    assert (method, key) == ("post", "k1")
    assert "metadata[user_id]=u" in sent


def test_a_checkout_is_a_subscription_of_one_unit(wire: Wire, payments: StripePayments) -> None:
    wire.body = {
        "id": "cs_1",
        "object": "checkout.session",
        "status": "open",
        "url": "https://checkout.stripe.com/c/1",
        "subscription": None,
    }
    made = payments.create_checkout(
        "cus_1",
        price="price_1",
        user_id="u",
        success_url="https://x/back?session_id={CHECKOUT_SESSION_ID}",
        cancel_url="https://x/no",
        key="k2",
    )
    assert made == Checkout("cs_1", "open", "https://checkout.stripe.com/c/1")
    ((_, url, sent, key),) = wire.asked
    assert (url, key) == ("https://api.stripe.com/v1/checkout/sessions", "k2")
    for part in (
        "mode=subscription",
        "customer=cus_1",
        "line_items[0][price]=price_1",
        "allowed_payment_method_types[0]=card",
    ):
        assert part in sent
    assert "allowed_payment_method_types[1]" not in sent


ITEM = {
    "id": "si_1",
    "object": "subscription_item",
    "price": {"id": "price_1", "object": "price"},
    "current_period_start": 10,
    "current_period_end": 20,
}


@pytest.mark.parametrize(
    ("changes", "ends_at"),
    [
        ({}, None),
        ({"cancel_at_period_end": True}, 20),
        ({"cancel_at": 15}, 15),
        ({"cancel_at": 15, "cancel_at_period_end": True}, 15),
    ],
)
def test_a_subscription_with_its_period_and_its_end(
    wire: Wire, payments: StripePayments, changes: dict[str, Any], ends_at: int | None
) -> None:
    subscription = {
        "id": "sub_1",
        "object": "subscription",
        "status": "active",
        "created": 5,
        "cancel_at": None,
        "cancel_at_period_end": False,
        "items": {"object": "list", "data": [ITEM]},
        **changes,
    }
    wire.body = {"object": "list", "data": [subscription], "has_more": False}
    assert payments.subscriptions_of("cus_1") == [
        Subscription("sub_1", "active", 5, "price_1", 10, 20, ends_at)
    ]
    assert "status=all" in wire.asked[0][1]


def test_invoices_without_drafts(wire: Wire, payments: StripePayments) -> None:
    def invoice(**changes: Any) -> dict[str, Any]:
        return {
            "id": "in_1",
            "object": "invoice",
            "number": "N-1",
            "created": 7,
            "status": "paid",
            "currency": "usd",
            "total": 1500,
            "hosted_invoice_url": "https://i",
            "invoice_pdf": None,
            **changes,
        }

    found = [invoice(status="draft", number=None), invoice()]
    wire.body = {"object": "list", "data": found, "has_more": False}
    assert payments.invoices_of("cus_1", limit=2) == [
        Invoice("N-1", 7, "paid", "usd", 1500, "https://i", "")
    ]


def test_a_price_that_repeats_and_one_that_does_not(wire: Wire, payments: StripePayments) -> None:
    wire.body = {"object": "price", "currency": "usd", "unit_amount": 1900, "recurring": None}
    assert payments.price("price_1") == Price(1900, "usd", "")
    wire.body["recurring"] = {"interval": "month"}
    assert payments.price("price_1") == Price(1900, "usd", "month")


CALLS: dict[str, Callable[[StripePayments], object]] = {
    "customer": lambda p: p.create_customer(user_id="u", name="n", email="e", key="k"),
    "checkout": lambda p: p.create_checkout(
        "cus_1", price="p", user_id="u", success_url="s", cancel_url="c", key="k"
    ),
    "page": lambda p: p.checkout("cs_1"),
    "portal": lambda p: p.portal_url("cus_1", return_url="r"),
    "subscriptions": lambda p: p.subscriptions_of("cus_1"),
    "invoices": lambda p: p.invoices_of("cus_1", limit=1),
    "price": lambda p: p.price("price_1"),
    "delete": lambda p: p.delete_customer("cus_1"),
}


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("status", [401, 403, 409, 429, 500, 503])
def test_what_may_pass_is_unavailable(
    wire: Wire, payments: StripePayments, call: str, status: int
) -> None:
    wire.refuse(status)
    with pytest.raises(ServiceUnavailable):
        CALLS[call](payments)


@pytest.mark.parametrize("call", CALLS)
def test_no_connection_is_unavailable(wire: Wire, payments: StripePayments, call: str) -> None:
    wire.fault = stripe.APIConnectionError("nobody there")
    with pytest.raises(ServiceUnavailable):
        CALLS[call](payments)


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, {"type": "invalid_request_error"}),
        (402, {"type": "card_error", "code": "card_declined"}),
        (400, {"type": "idempotency_error"}),
    ],
)
def test_what_will_not_pass_is_refused(
    wire: Wire, payments: StripePayments, call: str, status: int, error: dict[str, str]
) -> None:
    wire.refuse(status, **error)
    with pytest.raises(PaymentRefused) as caught:
        CALLS[call](payments)
    assert "No." not in caught.value.message, "Stripe's words are for the log"


def test_what_stripe_does_not_know(wire: Wire, payments: StripePayments) -> None:
    wire.refuse(404, type="invalid_request_error", code="resource_missing")
    assert payments.checkout("cs_1") is None
    assert payments.subscriptions_of("cus_1") == []
    assert payments.invoices_of("cus_1", limit=1) == []
    payments.delete_customer("cus_1")
    for call in ("checkout", "portal"):
        with pytest.raises(CustomerGone):
            CALLS[call](payments)
    for call in ("customer", "price"):
        with pytest.raises(PaymentRefused):
            CALLS[call](payments)


def event(**changes: Any) -> str:
    return json.dumps(
        {
            "id": "evt_1",
            "object": "event",
            "type": "invoice.paid",
            "created": 5,
            "livemode": False,
            "data": {"object": {"id": "in_1", "object": "invoice", "customer": "cus_1"}},
            **changes,
        }
    )


def signed(body: str, secret: str = SECRET, at: int | None = None) -> str:
    return stripe.WebhookSignature.generate_signature_header(body, secret, at)


@pytest.mark.parametrize(
    ("thing", "customer"),
    [
        ({"id": "in_1", "object": "invoice", "customer": "cus_1"}, "cus_1"),
        ({"id": "in_1", "object": "invoice", "customer": {"id": "cus_2"}}, "cus_2"),
        ({"id": "cs_1", "object": "checkout.session", "customer": None}, ""),
        ({"id": "cus_3", "object": "customer"}, "cus_3"),
        ({"id": "po_1", "object": "payout"}, ""),
    ],
)
def test_an_event_names_its_customer(
    payments: StripePayments, thing: dict[str, Any], customer: str
) -> None:
    body = event(data={"object": thing})
    found = payments.verify(body.encode(), signed(body))
    assert (found.event_id, found.kind, found.created, found.live) == (
        "evt_1",
        "invoice.paid",
        5,
        False,
    )
    assert found.customer_id == customer


def test_a_signature_must_be_ours_fresh_and_of_this_body(payments: StripePayments) -> None:
    body = event()
    good = signed(body)
    for raw, header in [
        (body, ""),
        (body, "nonsense"),
        (body, "t=1"),
        (body, signed(body, "of somebody else")),
        (body, signed(body, at=1_700_000_000)),
        (body + " ", good),
        (event(livemode=True), good),
    ]:
        with pytest.raises(InvalidSignature):
            payments.verify(raw.encode(), header)


@pytest.mark.parametrize("body", ["[]", "null", "3", "{}", "not json", '{"id": "evt_1"}'])
def test_what_is_signed_must_be_an_event_too(payments: StripePayments, body: str) -> None:
    with pytest.raises(InvalidSignature):
        payments.verify(body.encode(), signed(body))


def test_bytes_that_are_no_text(payments: StripePayments) -> None:
    with pytest.raises(InvalidSignature):
        payments.verify(b"\xff\xfe", "t=1,v1=0")
