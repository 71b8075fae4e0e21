"""What happens to subscriptions and invoices by themselves, and what a repetition does."""

import threading
from pathlib import Path
from typing import Any

import pytest

from local.stripe import portal
from local.stripe.api import catalog
from local.stripe.billing.periods import DAY, HOUR, add
from local.stripe.work import differences
from tests.support.stripe_types import faults
from tests.unit.local.stripe.world import PRICE, START, World


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def status(world: World, subscription: dict[str, Any]) -> str:
    return str(world.get(f"/v1/subscriptions/{subscription['id']}")["status"])


def test_a_laptop_that_slept_for_three_months_catches_up_in_order(world: World) -> None:
    subscription = world.subscribe()
    world.pass_to(add(START, "month", 3) + 2 * HOUR)
    invoices = world.get("/v1/invoices", customer=subscription["customer"])["data"][::-1]
    assert [i["status"] for i in invoices] == ["paid"] * 4
    assert [i["created"] for i in invoices] == [add(START, "month", n) for n in range(4)]
    paid = [i["status_transitions"]["paid_at"] for i in invoices[1:]]
    assert paid == [add(START, "month", n) + HOUR for n in (1, 2, 3)]
    times = [event["created"] for event in world.events()]
    assert times == sorted(times)
    assert all(faults(thing) == [] for thing in world.everything())


def test_a_failing_card_ends_it_after_three_retries(world: World) -> None:
    subscription = world.subscribe("pm_card_visa")
    failing = world.post("/v1/payment_methods/pm_card_chargeCustomerFail/attach",
                         customer=subscription["customer"])  # fmt: skip
    world.post(f"/v1/subscriptions/{subscription['id']}", default_payment_method=failing["id"])
    due = add(START, "month", 1) + HOUR
    seen = []
    for moment in (due - 1, due, due + 3 * DAY, due + 5 * DAY, due + 7 * DAY - 1, due + 7 * DAY):
        world.pass_to(moment)
        invoice = world.get("/v1/invoices", customer=subscription["customer"])["data"][0]
        seen.append((status(world, subscription), invoice["attempt_count"], invoice["status"]))
    assert seen == [
        ("active", 0, "draft"),
        ("past_due", 1, "open"),
        ("past_due", 2, "open"),
        ("past_due", 3, "open"),
        ("past_due", 3, "open"),
        ("canceled", 4, "open"),
    ]
    world.pass_to(due + 90 * DAY)
    assert world.types().count("invoice.payment_failed") == 4
    assert world.types().count("customer.subscription.deleted") == 1


def test_an_invoice_that_is_paid_late_brings_nothing_back(world: World) -> None:
    """A canceled subscription stays canceled, whatever is paid afterwards."""
    subscription = world.subscribe()
    customer = subscription["customer"]
    failing = world.post("/v1/payment_methods/pm_card_chargeCustomerFail/attach",
                         customer=customer)  # fmt: skip
    world.post(f"/v1/subscriptions/{subscription['id']}", default_payment_method=failing["id"])
    world.pass_to(add(START, "month", 1) + HOUR + 8 * DAY)
    assert status(world, subscription) == "canceled"
    invoice = world.get("/v1/invoices", customer=customer)["data"][0]
    world.post(f"/v1/invoices/{invoice['id']}/pay", payment_method="pm_card_visa")
    assert status(world, subscription) == "canceled"


def test_a_subscription_that_is_never_paid_expires(world: World) -> None:
    customer = world.post("/v1/customers", email="a@example.org")
    made = world.post("/v1/subscriptions", customer=customer["id"], items__0__price=PRICE)
    world.pass_to(START + 23 * HOUR - 1)
    assert status(world, made) == "incomplete"
    world.pass_to(START + 23 * HOUR)
    assert status(world, made) == "incomplete_expired"
    assert world.get(f"/v1/invoices/{made['latest_invoice']}")["status"] == "void"
    refused = world.ask("POST", f"/v1/subscriptions/{made['id']}", cancel_at_period_end="true")
    assert refused.status == 400


def test_a_session_expires_when_its_time_is_over(world: World) -> None:
    fields = {
        "mode": "subscription",
        "line_items__0__price": PRICE,
        "success_url": "http://127.0.0.1/",
        "expires_at": str(START + HOUR),
    }
    session = world.post("/v1/checkout/sessions", **fields)
    world.pass_to(START + HOUR - 1)
    assert world.get(f"/v1/checkout/sessions/{session['id']}")["status"] == "open"
    world.pass_to(START + HOUR)
    expired = world.get(f"/v1/checkout/sessions/{session['id']}")
    assert (expired["status"], expired["url"]) == ("expired", None)
    assert world.types() == ["checkout.session.expired"]


@pytest.mark.parametrize(
    ("behavior", "invoice"),
    [("void", "void"), ("mark_uncollectible", "uncollectible"), ("keep_as_draft", "draft")],
)
def test_paused_collection(world: World, behavior: str, invoice: str) -> None:
    subscription = world.subscribe()
    world.post(f"/v1/subscriptions/{subscription['id']}", pause_collection__behavior=behavior)
    world.pass_to(add(START, "month", 1) + 2 * HOUR)
    newest = world.get("/v1/invoices", customer=subscription["customer"])["data"][0]
    assert (newest["status"], status(world, subscription)) == (invoice, "active")


def test_canceling_at_a_moment(world: World) -> None:
    subscription = world.subscribe()
    moment = START + 3 * DAY
    world.post(f"/v1/subscriptions/{subscription['id']}", cancel_at=str(moment))
    world.pass_to(moment - 1)
    assert status(world, subscription) == "active"
    world.pass_to(moment)
    ended = world.get(f"/v1/subscriptions/{subscription['id']}")
    assert (ended["status"], ended["ended_at"]) == ("canceled", moment)


def test_a_trial_that_is_ended_early(world: World) -> None:
    customer = world.post("/v1/customers", email="a@example.org", payment_method="pm_card_visa")
    card = world.get("/v1/payment_methods", customer=customer["id"])["data"][0]["id"]
    trial = world.post(
        "/v1/subscriptions",
        customer=customer["id"],
        items__0__price=PRICE,
        default_payment_method=card,
        trial_period_days="14",
    )
    assert (trial["status"], trial["trial_end"]) == ("trialing", START + 14 * DAY)
    world.now += 3 * DAY
    world.post(f"/v1/subscriptions/{trial['id']}", trial_end="now")
    world.pass_to(world.now + 2 * HOUR)
    paid = world.get("/v1/invoices", customer=customer["id"])["data"][0]
    assert (paid["status"], paid["total"], paid["created"]) == ("paid", 1900, START + 3 * DAY)
    assert status(world, trial) == "active"


def test_an_event_says_what_led_to_it(world: World) -> None:
    answer = world.ask("POST", "/v1/customers", key="k-1", email="a@example.org")
    (event,) = world.events()
    assert event["request"] == {"id": answer.request_id, "idempotency_key": "k-1"}
    subscription = world.subscribe()
    known = len(world.events())
    world.pass_to(add(START, "month", 1) + 2 * HOUR)
    by_time = world.events()[known:]
    assert {e["request"]["id"] for e in by_time} == {None}
    moved = next(e for e in by_time if e["type"] == "customer.subscription.updated")
    assert moved["data"]["object"]["id"] == subscription["id"]
    assert set(moved["data"]["previous_attributes"]) == {"items", "latest_invoice"}


def test_differences_are_the_former_values() -> None:
    before = {"a": 1, "b": {"x": 1, "y": 2}, "c": [1], "d": None}
    after = {"a": 1, "b": {"x": 1, "y": 3}, "c": [1, 2], "d": {"e": 1}, "f": 1}
    assert differences(before, after) == {"b": {"y": 2}, "c": [1], "d": None, "f": None}


def test_a_change_that_changes_nothing_is_not_announced(world: World) -> None:
    customer = world.post("/v1/customers", email="a@example.org")
    world.post(f"/v1/customers/{customer['id']}", email="a@example.org")
    assert world.types() == ["customer.created"]


def test_a_key_is_kept_for_a_day(world: World) -> None:
    first = world.ask("POST", "/v1/customers", key="k", email="a@example.org")
    world.now += DAY - 1
    again = world.ask("POST", "/v1/customers", key="k", email="a@example.org")
    assert (again.body, again.replayed) == (first.body, True)
    world.now += 2
    third = world.ask("POST", "/v1/customers", key="k", email="a@example.org")
    assert (third.body["id"] != first.body["id"], third.replayed) == (True, False)


def test_a_key_that_is_in_use(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two requests at once with one key: one is answered, the other is told to wait."""
    inside, go_on = threading.Event(), threading.Event()
    product = catalog.catalog.product

    def slowly(*arguments: Any) -> dict[str, Any]:
        inside.set()
        assert go_on.wait(10)
        return product(*arguments)

    monkeypatch.setattr(catalog.catalog, "product", slowly)
    answers = []

    def ask() -> None:
        answers.append(world.ask("POST", "/v1/products", key="k", name="P"))

    thread = threading.Thread(target=ask)
    thread.start()
    assert inside.wait(10)
    refused = world.ask("POST", "/v1/products", key="k", name="P")
    go_on.set()
    thread.join(10)
    assert refused.status == 409
    assert refused.body["error"]["type"] == "idempotency_error"
    assert refused.body["error"]["code"] == "idempotency_key_in_use"
    assert answers[0].status == 200
    assert world.ask("POST", "/v1/products", key="k", name="P").replayed


def test_an_address_of_the_portal_is_good_for_an_hour(world: World) -> None:
    customer = world.post("/v1/customers", email="a@example.org")
    session = world.post("/v1/billing_portal/sessions", customer=customer["id"])
    token = session["url"].rpartition("/")[2]

    def is_open(token: str) -> bool:
        with world.store.reading() as tx:
            return portal.opened(world.work(tx), token) is not None

    world.now += HOUR
    assert is_open(token)
    assert not is_open(token[:-1])
    world.now += 1
    assert not is_open(token)


def test_what_is_refused_leaves_nothing_behind(world: World) -> None:
    customer = world.post("/v1/customers", email="a@example.org")
    before = world.everything()
    refused = world.ask(
        "POST", f"/v1/customers/{customer['id']}", email="b@example.org", nonsense="1"
    )
    assert refused.status == 400
    assert world.everything() == before
