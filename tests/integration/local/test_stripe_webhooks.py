"""Events of the Stripe stand-in reach their endpoint, whatever happens in between."""

import json
import threading
import time
from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
import stripe

from local.addresses import HOST, free_addresses
from local.stripe.__main__ import main
from tests.support.stripe_standin import WEBHOOK_SECRET, Receiver, StandIn, run
from tests.support.waiting import wait_until

BUSY = "busy@example.org"


@pytest.fixture(scope="module")
def standin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandIn]:
    running, end = run(tmp_path_factory.mktemp("stripe"))
    yield running
    end()


@pytest.fixture(autouse=True)
def _nothing_under_way(request: pytest.FixtureRequest) -> None:
    """Each test begins when the events of the one before have arrived."""
    if "standin" in request.fixturenames:
        running: StandIn = request.getfixturevalue("standin")
        wait_until(lambda: all_delivered(running), seconds=60)
        running.receiver.requests.clear()


def all_delivered(standin: StandIn) -> bool:
    events = standin.sdk.v1.events.list({"limit": 40}).data
    return all(event.pending_webhooks == 0 for event in events)


def test_an_event_is_repeated_until_it_is_taken(standin: StandIn) -> None:
    standin.receiver.answers.extend([500, 302, 404])
    began = time.monotonic()
    customer = standin.sdk.v1.customers.create({"email": "a@example.org"})
    wait_until(lambda: len(standin.receiver.requests) == 4, seconds=15)
    assert time.monotonic() - began > 0.5 + 1 + 2
    bodies = {body for body, _ in standin.receiver.requests}
    assert len({json.loads(body)["id"] for body in bodies}) == 1
    times = [header.split(",")[0] for _, header in standin.receiver.requests]
    assert len(set(times)) > 1  # each attempt is signed anew
    for body, header in standin.receiver.requests:
        assert standin.sdk.construct_event(body, header, WEBHOOK_SECRET)
    event = standin.sdk.v1.events.list({"type": "customer.created"}).data[0]
    assert event.data.object["id"] == customer.id
    wait_until(lambda: standin.sdk.v1.events.retrieve(event.id).pending_webhooks == 0, seconds=5)
    page = standin.browser.get(f"{standin.url}/events/{event.id}").text
    assert all(f": {status}" in page for status in (500, 302, 404, 200))


@pytest.mark.timeout(300)
def test_events_survive_kill_9_and_a_receiver_that_is_away(standin: StandIn) -> None:
    """Everything that was acknowledged is there after kill -9, and every event arrives."""
    standin.receiver.answers.extend([503] * 10_000)  # nobody takes anything
    acknowledged: list[str] = []
    stop = threading.Event()
    thread = threading.Thread(target=_keep_busy, args=(standin, acknowledged, stop))
    thread.start()
    for enough in (5, 10, 15):
        wait_until(partial(_has, acknowledged, enough), seconds=60)
        standin.kill()
        standin.start()
    stop.set()
    thread.join(30)
    standin.receiver.answers.clear()
    kept = standin.sdk.v1.customers.list({"email": BUSY, "limit": 100}).auto_paging_iter()
    assert [customer.id for customer in kept] == acknowledged[::-1]
    created = standin.sdk.v1.events.list({"type": "customer.created", "limit": 100})
    told = [event.data.object["id"] for event in created.auto_paging_iter()]
    assert [one for one in told if one in acknowledged] == acknowledged[::-1]
    wait_until(lambda: all_delivered(standin), seconds=60)
    arrived = {event["data"]["object"]["id"] for event in standin.receiver.events()}
    assert arrived >= set(acknowledged)


def _has(acknowledged: list[str], enough: int) -> bool:
    return len(acknowledged) >= enough


def _keep_busy(standin: StandIn, acknowledged: list[str], stop: threading.Event) -> None:
    """Create customers with keys, repeating a request whose answer was lost."""
    number = 0
    while not stop.is_set():
        try:
            made = standin.sdk.v1.customers.create(
                {"email": BUSY}, {"idempotency_key": f"busy-{number}"}
            )
        except stripe.APIConnectionError:
            time.sleep(0.05)
            continue
        acknowledged.append(made.id)
        number += 1


def test_a_request_whose_answer_was_lost_has_one_effect(standin: StandIn) -> None:
    subscription = standin.subscribe()
    session = standin.checkout(str(subscription.customer))
    options: stripe.RequestOptions = {"idempotency_key": "expire-it"}
    standin.sdk.v1.checkout.sessions.expire(session.id, {}, options)
    standin.kill()
    standin.start()
    again = standin.sdk.v1.checkout.sessions.expire(session.id, {}, options)
    assert again.status == "expired"
    assert again.last_response.headers["idempotent-replayed"] == "true"
    assert standin.subscription(subscription.id).status == "active"


def test_a_clock_moves_on_after_kill_9(standin: StandIn) -> None:
    clock, customer = standin.on_a_clock()
    subscription = standin.subscribe_as(customer, "4242424242424242")
    target = subscription.items.data[0].current_period_end + 300 * 86_400
    standin.sdk.v1.test_helpers.test_clocks.advance(clock, {"frozen_time": target})
    standin.kill()
    standin.start()
    wait_until(
        lambda: standin.sdk.v1.test_helpers.test_clocks.retrieve(clock).status == "ready",
        seconds=30,
    )
    invoices = standin.sdk.v1.invoices.list({"customer": customer, "limit": 100}).data
    assert len(invoices) == 11
    starts = sorted(i.lines.data[0].period.start for i in invoices)
    ends = sorted(i.lines.data[0].period.end for i in invoices)
    assert starts[1:] == ends[:-1]  # no period is left out or billed twice
    assert Counter(i.status for i in invoices) == {"paid": 11}


def test_shuffled_events_all_arrive_and_some_twice(tmp_path: Path) -> None:
    standin, end = run(tmp_path / "stripe", "--shuffle")
    try:
        for number in range(30):
            standin.sdk.v1.customers.create({"email": f"c{number}@example.org"})
        expected = [e.id for e in standin.sdk.v1.events.list({"limit": 100}).data][::-1]
        wait_until(
            lambda: {e["id"] for e in standin.receiver.events()} == set(expected), seconds=30
        )
        assert [e["id"] for e in standin.receiver.events()] != expected
        wait_until(lambda: len(standin.receiver.requests) > len(expected), seconds=10)
    finally:
        end()


def test_an_event_is_sent_again_on_demand(standin: StandIn) -> None:
    standin.sdk.v1.customers.create({"email": "a@example.org"})
    standin.receiver.wait_for("customer.created")
    listed = standin.browser.get(standin.url)
    assert "customer.created" in listed.text
    event = standin.receiver.events()[0]["id"]
    assert standin.send(f"{standin.url}/events/{event}").status_code == 303
    wait_until(lambda: len(standin.receiver.requests) == 2, seconds=10)
    assert {json.loads(body)["id"] for body, _ in standin.receiver.requests} == {event}


def test_further_endpoints(standin: StandIn) -> None:
    other = Receiver()
    try:
        made = standin.sdk.v1.webhook_endpoints.create(
            {"url": other.url, "enabled_events": ["customer.deleted"]}
        )
        customer = standin.sdk.v1.customers.create({"email": "a@example.org"})
        standin.sdk.v1.customers.delete(customer.id)
        other.wait_for("customer.deleted")
        assert other.types() == ["customer.deleted"]
        body, header = other.requests[0]
        assert made.secret is not None
        assert standin.sdk.construct_event(body, header, made.secret)
        assert not hasattr(standin.sdk.v1.webhook_endpoints.retrieve(made.id), "secret")
        standin.sdk.v1.webhook_endpoints.update(made.id, {"disabled": True})
        standin.sdk.v1.customers.delete(standin.sdk.v1.customers.create({}).id)
        standin.sdk.v1.webhook_endpoints.delete(made.id)
        listed = standin.sdk.v1.webhook_endpoints.list().data
        assert [endpoint.url for endpoint in listed] == [standin.receiver.url]
        wait_until(lambda: standin.receiver.types().count("customer.deleted") == 2, seconds=10)
        assert other.types() == ["customer.deleted"]
    finally:
        other.close()


def test_pages_move_with_the_port(standin: StandIn) -> None:
    subscription = standin.subscribe()
    standin.kill()
    standin.port = free_addresses().mailbox
    standin.url = f"http://{HOST}:{standin.port}"
    standin.sdk = standin.client()
    standin.start()
    invoice = standin.sdk.v1.invoices.retrieve(str(subscription.latest_invoice))
    assert str(invoice.hosted_invoice_url).startswith(f"{standin.url}/i/")
    assert standin.browser.get(str(invoice.hosted_invoice_url)).status_code == 200


@pytest.mark.parametrize("missing", ["GAS_STRIPE_SECRET_KEY", "GAS_STRIPE_WEBHOOK_SECRET"])
def test_a_missing_secret_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], missing: str
) -> None:
    monkeypatch.setenv("GAS_STRIPE_SECRET_KEY", "key")
    monkeypatch.setenv("GAS_STRIPE_WEBHOOK_SECRET", "secret")
    monkeypatch.delenv(missing)
    monkeypatch.setattr("sys.argv", ["stripe", "--webhook-url", "http://127.0.0.1:1/hook"])
    assert main() == 2
    assert missing in capsys.readouterr().err


def test_an_address_elsewhere_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GAS_STRIPE_SECRET_KEY", "key")
    monkeypatch.setenv("GAS_STRIPE_WEBHOOK_SECRET", "secret")
    monkeypatch.setattr("sys.argv", ["stripe", "--webhook-url", "https://example.org/hook"])
    assert main() == 2
    assert "this machine only" in capsys.readouterr().err
