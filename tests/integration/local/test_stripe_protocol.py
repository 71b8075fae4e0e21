"""How the Stripe stand-in speaks: errors, lists, expansion, idempotency, as Stripe's API does."""

import base64
import time
from collections.abc import Iterator

import httpx
import pytest
import stripe

from tests.support.stripe_standin import PRICE, SECRET_KEY, StandIn, run


@pytest.fixture(scope="module")
def standin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandIn]:
    running, end = run(tmp_path_factory.mktemp("stripe"))
    yield running
    end()


def post(standin: StandIn, path: str, body: str = "", **headers: str) -> httpx.Response:
    return standin.browser.post(
        f"{standin.url}{path}",
        content=body,
        headers={"Authorization": f"Bearer {SECRET_KEY}", **headers},
    )


@pytest.mark.parametrize(
    ("authorization", "status"),
    [
        ("", 401),
        ("Bearer wrong-key", 401),
        ("Basic " + base64.b64encode(b"wrong-key:").decode(), 401),
        ("Basic ???", 401),
        (f"Bearer {SECRET_KEY}", 200),
        ("Basic " + base64.b64encode(f"{SECRET_KEY}:".encode()).decode(), 200),
    ],
)
def test_who_may_ask(standin: StandIn, authorization: str, status: int) -> None:
    answer = standin.browser.get(
        f"{standin.url}/v1/customers", headers={"Authorization": authorization}
    )
    assert answer.status_code == status
    assert SECRET_KEY not in answer.text


def test_the_sdk_says_that_a_key_is_wrong(standin: StandIn) -> None:
    with pytest.raises(stripe.AuthenticationError):
        standin.client("wrong-key").v1.customers.list()


def test_headers_of_an_answer(standin: StandIn) -> None:
    answer = post(standin, "/v1/customers", "email=a@example.org", **{"Idempotency-Key": "h-1"})
    assert answer.headers["request-id"].startswith("req_")
    assert answer.headers["stripe-version"] == stripe.api_version
    assert answer.headers["idempotency-key"] == "h-1"
    assert "idempotent-replayed" not in answer.headers
    made = standin.sdk.v1.customers.create({"email": "b@example.org"})
    assert made.last_response.request_id.startswith("req_")


def test_another_version_is_refused(standin: StandIn) -> None:
    answer = post(standin, "/v1/customers", **{"Stripe-Version": "2020-08-27"})
    assert answer.status_code == 400
    assert "2020-08-27" in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    ("path", "body", "status", "code", "param"),
    [
        ("/v1/customers", "emial=a@example.org", 400, "parameter_unknown", "emial"),
        ("/v1/customers", "email=a@example.org&email[x]=1", 400, None, "email[x]"),
        ("/v1/customers", "metadata[a][b]=1", 400, None, "metadata"),
        ("/v1/customers", "a[=1", 400, None, "a["),
        ("/v1/customers", "email=%ff", 400, None, None),
        ("/v1/customers", "email=nowhere", 400, "email_invalid", "email"),
        ("/v1/customers?x=1", "", 200, None, None),
        ("/v1/customers/cus_none", "", 404, "resource_missing", "id"),
        ("/v1/checkout/sessions", "", 400, "parameter_missing", "mode"),
        ("/v1/checkout/sessions", "mode=subscription", 400, "parameter_missing", "line_items"),
        (
            "/v1/checkout/sessions",
            "mode=subscription&line_items[0][price]=price_none&success_url=http://a/",
            400,
            "resource_missing",
            "line_items[0][price]",
        ),
        (
            "/v1/checkout/sessions",
            f"mode=subscription&line_items[0][price]={PRICE}",
            400,
            "parameter_missing",
            "success_url",
        ),
        (
            "/v1/checkout/sessions",
            f"mode=subscription&line_items[0][price]={PRICE}&success_url=javascript:x",
            400,
            "url_invalid",
            "success_url",
        ),
        (
            "/v1/checkout/sessions",
            f"mode=subscription&line_items[0][price]={PRICE}&success_url=http://a/&expires_at=5",
            400,
            None,
            "expires_at",
        ),
        (
            "/v1/checkout/sessions",
            f"mode=subscription&line_items[0][price]={PRICE}&line_items[0][quantity]=x",
            400,
            "parameter_invalid_integer",
            "line_items[0][quantity]",
        ),
        ("/v1/billing_portal/sessions", "customer=cus_none", 400, "resource_missing", "customer"),
        ("/v1/billing_portal/sessions", "customer=", 400, "parameter_invalid_empty", "customer"),
        ("/v1/subscriptions", "customer=cus_none", 400, "resource_missing", "customer"),
        ("/v1/charges", "amount=1", 404, None, None),
        ("/v1/webhook_endpoints", "url=https://example.org/", 400, "url_invalid", "url"),
        ("/v1/payment_methods", "type=card&card[number]=4111111111111111", 402, "card_declined",
         "number"),
        ("/v1/products", "id=prod_gas_premium&name=x", 400, "resource_already_exists", "id"),
        (
            "/v1/prices",
            "product=prod_gas_premium&currency=usd&unit_amount=1&lookup_key=gas_premium_monthly",
            400,
            "resource_already_exists",
            "lookup_key",
        ),
        ("/v1/test_helpers/test_clocks", "frozen_time=soon", 400, "parameter_invalid_integer",
         "frozen_time"),
    ],
)  # fmt: skip
def test_refusals(
    standin: StandIn, path: str, body: str, status: int, code: str | None, param: str | None
) -> None:
    answer = post(standin, path, body)
    assert answer.status_code == status, answer.text
    if status != 200:
        error = answer.json()["error"]
        assert error["message"]
        assert (error.get("code"), error.get("param")) == (code, param)
        assert error["type"] == ("card_error" if status == 402 else "invalid_request_error")


def test_the_number_of_a_real_card_is_not_repeated(standin: StandIn) -> None:
    real = "4111111111111111"
    answer = post(standin, "/v1/payment_methods", f"type=card&card[number]={real}")
    assert real not in answer.text


def test_a_request_that_is_too_long(standin: StandIn) -> None:
    assert post(standin, "/v1/customers", "description=" + "x" * 300_000).status_code == 413
    assert post(standin, "/v1/customers", "description=" + "x" * 5_001).status_code == 400


def test_lists_come_in_pages(standin: StandIn) -> None:
    email = f"page-{time.time()}@example.org"
    made = [standin.sdk.v1.customers.create({"email": email}).id for _ in range(5)][::-1]
    first = standin.sdk.v1.customers.list({"email": email, "limit": 2})
    assert ([c.id for c in first.data], first.has_more) == (made[:2], True)
    assert first.url == "/v1/customers"
    last = standin.sdk.v1.customers.list(
        {"email": email, "limit": 3, "starting_after": first.data[-1].id}
    )
    assert ([c.id for c in last.data], last.has_more) == (made[2:], False)
    before = standin.sdk.v1.customers.list({"email": email, "limit": 2, "ending_before": made[3]})
    assert ([c.id for c in before.data], before.has_more) == (made[1:3], True)
    walked = standin.sdk.v1.customers.list({"email": email, "limit": 2}).auto_paging_iter()
    assert [c.id for c in walked] == made
    nothing = standin.sdk.v1.customers.list(
        {"email": email, "created": {"gt": int(time.time()) + 60}}
    )
    assert nothing.data == []
    with pytest.raises(stripe.InvalidRequestError, match="No such"):
        standin.sdk.v1.customers.list({"starting_after": "cus_none"})
    with pytest.raises(stripe.InvalidRequestError, match="between 1 and 100"):
        standin.sdk.v1.customers.list({"limit": 101})
    with pytest.raises(stripe.InvalidRequestError) as unknown:
        standin.sdk.v1.subscriptions.list({"customer": "cus_none"})
    assert unknown.value.code == "resource_missing"


def test_metadata_is_merged_and_unset(standin: StandIn) -> None:
    customer = standin.sdk.v1.customers.create({"metadata": {"a": "1", "b": "2"}})
    customer = standin.sdk.v1.customers.update(customer.id, {"metadata": {"b": "", "c": "ü & ="}})
    assert customer.metadata is not None
    assert customer.metadata.to_dict() == {"a": "1", "c": "ü & ="}
    customer = standin.sdk.v1.customers.update(customer.id, {"metadata": ""})
    assert customer.metadata is not None
    assert customer.metadata.to_dict() == {}
    with pytest.raises(stripe.InvalidRequestError, match="limited"):
        standin.sdk.v1.customers.update(customer.id, {"metadata": {"k" * 41: "1"}})


def test_expansion(standin: StandIn) -> None:
    subscription = standin.subscribe()
    customer = standin.sdk.v1.customers.retrieve(
        str(subscription.customer), {"expand": ["subscriptions"]}
    )
    assert customer.subscriptions is not None
    assert [s.id for s in customer.subscriptions.data] == [subscription.id]
    listed = standin.sdk.v1.subscriptions.list(
        {
            "customer": customer.id,
            "expand": ["data.customer", "data.items.data.price.product"],
        }
    )
    assert isinstance(listed.data[0].customer, stripe.Customer)
    product = listed.data[0].items.data[0].price.product
    assert isinstance(product, stripe.Product)
    for wrong in ("nothing", "status", "customer.nothing", "a.b.c.d.e"):
        with pytest.raises(stripe.InvalidRequestError, match="expand"):
            standin.sdk.v1.subscriptions.retrieve(subscription.id, {"expand": [wrong]})


def test_the_same_key_gives_the_same_answer(standin: StandIn) -> None:
    options: stripe.RequestOptions = {"idempotency_key": "the-key"}
    first = standin.sdk.v1.customers.create({"email": "once@example.org"}, options)
    again = standin.sdk.v1.customers.create({"email": "once@example.org"}, options)
    assert again.id == first.id
    assert again.last_response.headers["idempotent-replayed"] == "true"
    assert again.last_response.request_id == first.last_response.request_id
    assert len(standin.sdk.v1.customers.list({"email": "once@example.org"}).data) == 1
    with pytest.raises(stripe.IdempotencyError) as other:
        standin.sdk.v1.customers.create({"email": "other@example.org"}, options)
    assert other.value.http_status == 400


def test_a_refused_request_may_be_corrected_under_the_same_key(standin: StandIn) -> None:
    options: stripe.RequestOptions = {"idempotency_key": "corrected"}
    with pytest.raises(stripe.InvalidRequestError):
        standin.sdk.v1.customers.create({"email": "nowhere"}, options)
    assert standin.sdk.v1.customers.create({"email": "a@example.org"}, options).id


def test_a_declined_payment_is_declined_again_under_the_same_key(standin: StandIn) -> None:
    clock, customer = standin.on_a_clock()
    subscription = standin.subscribe_as(customer, "4000 0000 0000 0341")
    standin.advance(clock, subscription.items.data[0].current_period_end + 7_200)
    invoice = standin.sdk.v1.invoices.list({"customer": customer, "status": "open"}).data[0]
    for _ in range(2):
        with pytest.raises(stripe.CardError):
            standin.sdk.v1.invoices.pay(invoice.id, {}, {"idempotency_key": "pay-1"})
    assert standin.sdk.v1.invoices.retrieve(invoice.id).attempt_count == 2


def test_catalogue(standin: StandIn) -> None:
    product = standin.sdk.v1.products.create({"name": "Practice", "metadata": {"a": "1"}})
    price = standin.sdk.v1.prices.create(
        {
            "product": product.id,
            "currency": "EUR",
            "unit_amount": 500,
            "recurring": {"interval": "year"},
        }
    )
    assert (price.currency, price.type, price.unit_amount_decimal) == ("eur", "recurring", 500)
    moved = standin.sdk.v1.prices.update(
        price.id, {"lookup_key": "gas_premium_monthly", "transfer_lookup_key": True}
    )
    assert moved.lookup_key == "gas_premium_monthly"
    standin.sdk.v1.prices.update(
        PRICE, {"lookup_key": "gas_premium_monthly", "transfer_lookup_key": True}
    )
    standin.sdk.v1.prices.update(price.id, {"active": False})
    with pytest.raises(stripe.InvalidRequestError, match="inactive"):
        standin.checkout(line_items=[{"price": price.id, "quantity": 1}])
    once = standin.sdk.v1.prices.create(
        {"product": product.id, "currency": "usd", "unit_amount": 1}
    )
    with pytest.raises(stripe.InvalidRequestError, match="one_time"):
        standin.checkout(line_items=[{"price": once.id, "quantity": 1}])
    found = standin.sdk.v1.prices.list({"product": product.id, "active": True}).data
    assert [one.id for one in found] == [once.id]
    renamed = standin.sdk.v1.products.update(product.id, {"name": "Other", "active": False})
    assert (renamed.name, renamed.active) == ("Other", False)
    assert product.id not in [p.id for p in standin.sdk.v1.products.list({"active": True}).data]


def test_cards_of_a_customer(standin: StandIn) -> None:
    customer = standin.sdk.v1.customers.create({"email": "a@example.org"})
    made = standin.sdk.v1.payment_methods.create({"type": "card", "card": {"token": "tok_visa"}})
    standin.sdk.v1.payment_methods.attach(made.id, {"customer": customer.id})
    updated = standin.sdk.v1.customers.update(
        customer.id, {"invoice_settings": {"default_payment_method": made.id}}
    )
    assert updated.invoice_settings is not None
    assert updated.invoice_settings.default_payment_method == made.id
    other = standin.sdk.v1.customers.create({})
    with pytest.raises(stripe.InvalidRequestError, match="already been attached"):
        standin.sdk.v1.payment_methods.attach(made.id, {"customer": other.id})
    standin.sdk.v1.payment_methods.detach(made.id)
    assert standin.sdk.v1.customers.payment_methods.list(customer.id).data == []
    updated = standin.sdk.v1.customers.retrieve(customer.id)
    assert updated.invoice_settings is not None
    assert updated.invoice_settings.default_payment_method is None
