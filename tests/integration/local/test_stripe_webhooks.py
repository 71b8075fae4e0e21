"""Events of the Stripe stand-in reach their endpoint, whatever happens in between."""

import json
import threading
import time
from collections import Counter
from pathlib import Path

import pytest
import stripe

from local.addresses import HOST, free_addresses
from tests.support.stripe_standin import WEBHOOK_SECRET, Receiver, StandIn, run
from tests.support.waiting import wait_until


def test_an_event_is_repeated_until_it_is_taken(tmp_path: Path) -> None:
    standin, end = run(tmp_path / "stripe", receiver_answers=[500, 302, 404])
    try:
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
        wait_until(
            lambda: standin.sdk.v1.events.retrieve(event.id).pending_webhooks == 0, seconds=5
        )
        page = standin.browser.get(f"{standin.url}/events/{event.id}").text
        assert all(f": {status}" in page for status in (500, 302, 404, 200))
    finally:
        end()


def test_events_survive_kill_9_and_a_receiver_that_is_away(tmp_path: Path) -> None:
    """Everything that was acknowledged is there after kill -9, and every event arrives."""
    standin, end = run(tmp_path / "stripe")
    try:
        standin.receiver.answers.extend([503] * 10_000)  # nobody takes anything
        acknowledged: list[str] = []
        stop = threading.Event()
        thread = threading.Thread(target=_keep_busy, args=(standin, acknowledged, stop))
        thread.start()
        for _ in range(3):
            enough = len(acknowledged) + 10
            wait_until(lambda: len(acknowledged) >= enough, seconds=30)
            standin.kill()
            standin.start()
        stop.set()
        thread.join(30)
        standin.receiver.answers.clear()
        kept = {c.id for c in standin.sdk.v1.customers.list({"limit": 100}).auto_paging_iter()}
        assert kept >= set(acknowledged)
        assert len(acknowledged) >= 30
        events = {e.id for e in standin.sdk.v1.events.list({"limit": 100}).auto_paging_iter()}
        assert len(events) == len(kept)  # one for each, made in the same transaction
        wait_until(lambda: {e["id"] for e in standin.receiver.events()} >= events, seconds=60)
    finally:
        end()


def _keep_busy(standin: StandIn, acknowledged: list[str], stop: threading.Event) -> None:
    """Create customers with keys, repeating a request whose answer was lost."""
    number = 0
    while not stop.is_set():
        try:
            made = standin.sdk.v1.customers.create(
                {"email": f"c{number}@example.org"}, {"idempotency_key": f"busy-{number}"}
            )
        except stripe.APIConnectionError:
            time.sleep(0.05)
            continue
        acknowledged.append(made.id)
        number += 1


def test_a_request_whose_answer_was_lost_has_one_effect(tmp_path: Path) -> None:
    standin, end = run(tmp_path / "stripe")
    try:
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
    finally:
        end()


def test_a_clock_moves_on_after_kill_9(tmp_path: Path) -> None:
    standin, end = run(tmp_path / "stripe")
    try:
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
    finally:
        end()


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


def test_an_event_is_sent_again_on_demand(tmp_path: Path) -> None:
    standin, end = run(tmp_path / "stripe")
    try:
        standin.sdk.v1.customers.create({"email": "a@example.org"})
        standin.receiver.wait_for("customer.created")
        listed = standin.browser.get(standin.url)
        assert "customer.created" in listed.text
        event = standin.receiver.events()[0]["id"]
        assert standin.send(f"{standin.url}/events/{event}").status_code == 303
        wait_until(lambda: len(standin.receiver.requests) == 2, seconds=10)
        assert {json.loads(body)["id"] for body, _ in standin.receiver.requests} == {event}
    finally:
        end()


def test_further_endpoints(tmp_path: Path) -> None:
    standin, end = run(tmp_path / "stripe")
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
        end()
        other.close()


def test_pages_move_with_the_port(tmp_path: Path) -> None:
    standin, end = run(tmp_path / "stripe")
    try:
        subscription = standin.subscribe()
        standin.kill()
        standin.port = free_addresses().mailbox
        standin.url = f"http://{HOST}:{standin.port}"
        standin.sdk = standin.client()
        standin.start()
        invoice = standin.sdk.v1.invoices.retrieve(str(subscription.latest_invoice))
        assert str(invoice.hosted_invoice_url).startswith(f"{standin.url}/i/")
        assert standin.browser.get(str(invoice.hosted_invoice_url)).status_code == 200
    finally:
        end()


@pytest.mark.parametrize("missing", ["GAS_STRIPE_SECRET_KEY", "GAS_STRIPE_WEBHOOK_SECRET"])
def test_a_missing_secret_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
                                  capsys: pytest.CaptureFixture[str], missing: str) -> None:  # fmt: skip
    from local.stripe.__main__ import main

    monkeypatch.setenv("GAS_STRIPE_SECRET_KEY", "key")
    monkeypatch.setenv("GAS_STRIPE_WEBHOOK_SECRET", "secret")
    monkeypatch.delenv(missing)
    monkeypatch.setattr(
        "sys.argv",
        ["stripe", "--data", str(tmp_path), "--webhook-url", "http://127.0.0.1:1/hook"],
    )
    assert main() == 2
    assert missing in capsys.readouterr().err
