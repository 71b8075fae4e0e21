"""A Stripe stand-in of a test's own, a receiver of its events, and a browser for its pages."""

import json
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import stripe

from local.addresses import HOST, free_addresses
from tests.support.stripe_types import faults
from tests.support.waiting import wait_until

SECRET_KEY = "practice-secret-key"
WEBHOOK_SECRET = "practice-webhook-secret"
PRICE = "price_gas_premium_monthly"
SUCCESS = "http://127.0.0.1:9/paid?session={CHECKOUT_SESSION_ID}"
CANCEL = "http://127.0.0.1:9/not-paid"


class Receiver:
    """A webhook endpoint: keeps what arrives and answers what it is told to."""

    def __init__(self) -> None:
        self.requests: list[tuple[bytes, str]] = []
        """Body and `Stripe-Signature` of every request."""
        self.answers: list[int] = []
        """Statuses of the next answers; 200 when there are none left."""
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.requests.append((body, self.headers["Stripe-Signature"]))
                self.send_response(receiver.answers.pop(0) if receiver.answers else 200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer((HOST, 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self._server.server_address[1]}/stripe/webhook"

    def events(self) -> list[dict[str, Any]]:
        """What arrived, each event once, in the order of arrival."""
        found = [json.loads(body) for body, _ in list(self.requests)]
        return list({event["id"]: event for event in found}.values())

    def types(self, customer: str | None = None) -> list[str]:
        """The types of what arrived (about one customer)."""
        return [e["type"] for e in self.events() if customer in (None, _customer_of(e))]

    def wait_for(self, *types: str, customer: str | None = None, seconds: float = 15) -> None:
        """Wait until events of all these types have arrived (about one customer)."""
        wait_until(lambda: set(types) <= set(self.types(customer)), seconds=seconds, every=0.02)

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join(10)
        self._server.server_close()


class Checking(stripe.HTTPClient):
    """The SDK's own HTTP client; every object that it brings is held against the SDK's types."""

    name = "checking"

    def __init__(self) -> None:
        super().__init__()
        self._inner = stripe.RequestsClient(timeout=20)
        self.checked = 0

    def request(self, *arguments: Any, **more: Any) -> Any:
        answer = self._inner.request(*arguments, **more)
        body = json.loads(answer[0])
        if "error" not in body:
            assert faults(body) == []
            self.checked += 1
        return answer

    def close(self) -> None:
        self._inner.close()


class StandIn:
    """`python -m local.stripe` with its data in `data`."""

    def __init__(self, data: Path, receiver: Receiver, *more: str) -> None:
        self.data = data
        self.receiver = receiver
        self.port = free_addresses().globus
        self.url = f"http://{HOST}:{self.port}"
        self.http = Checking()
        self.sdk = self.client()
        self.browser = httpx.Client(trust_env=False, timeout=20)
        self._more = more
        self._process: subprocess.Popen[bytes] | None = None

    def client(self, key: str = SECRET_KEY, retries: int = 0) -> stripe.StripeClient:
        """The real SDK, pointed here."""
        return stripe.StripeClient(
            key,
            base_addresses={"api": self.url},
            http_client=self.http,
            max_network_retries=retries,
        )

    def start(self) -> None:
        command = [sys.executable, "-m", "local.stripe", "--data", str(self.data)]
        command += ["--port", str(self.port), "--webhook-url", self.receiver.url, *self._more]
        environment = {
            **os.environ,
            "GAS_STRIPE_SECRET_KEY": SECRET_KEY,
            "GAS_STRIPE_WEBHOOK_SECRET": WEBHOOK_SECRET,
        }
        with (self.data.parent / f"{self.data.name}.log").open("ab") as log:
            self._process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        wait_until(self._answers, seconds=30, every=0.05)

    def kill(self) -> None:
        """kill -9."""
        assert self._process is not None
        self._process.kill()
        self._process.wait(10)
        self._process = None

    def close(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(10)
        self.browser.close()
        self.http.close()

    # ---------------------------------------------------------------- what people and apps do

    def checkout(self, customer: str | None = None, **more: Any) -> stripe.checkout.Session:
        """A session for the Premium plan."""
        payer = {"customer": customer} if customer else {}
        return self.sdk.v1.checkout.sessions.create(
            {  # type: ignore[arg-type] # the SDK's dictionaries cannot be put together
                "mode": "subscription",
                "line_items": [{"price": PRICE, "quantity": 1}],
                "success_url": SUCCESS,
                "cancel_url": CANCEL,
                **payer,
                **more,
            }
        )

    def send(self, url: str, **fields: str) -> httpx.Response:
        """Open a page and send a form of it."""
        page = self.browser.get(url)
        csrf = re.search(r'name="csrf" value="([^"]+)"', page.text)
        assert csrf is not None, page.text
        return self.browser.post(url, data={"csrf": csrf[1], **fields})

    def enter_card(self, url: str, number: str, **more: str) -> httpx.Response:
        """Fill a card form."""
        fields = {"number": number, "expiry": "12/34", "cvc": "123", "name": "Ada L.", **more}
        return self.send(url, **fields)

    def subscribe(self, number: str = "4242 4242 4242 4242") -> stripe.Subscription:
        """A customer who has just subscribed with a card."""
        customer = self.sdk.v1.customers.create({"email": "ada@example.org", "name": "Ada L."})
        return self.subscribe_as(customer.id, number)

    def subscribe_as(self, customer: str, number: str) -> stripe.Subscription:
        session = self.checkout(customer)
        assert session.url is not None
        answer = self.enter_card(session.url, number)
        if answer.headers.get("location", "").endswith("/authenticate"):
            answer = self.send(f"{session.url}/authenticate", answer="accept")
        assert answer.headers["location"] == SUCCESS.replace("{CHECKOUT_SESSION_ID}", session.id)
        done = self.sdk.v1.checkout.sessions.retrieve(session.id, {"expand": ["subscription"]})
        assert isinstance(done.subscription, stripe.Subscription)
        return done.subscription

    def on_a_clock(self, now: int | None = None) -> tuple[str, str]:
        """A test clock and a customer who lives in its time."""
        clock = self.sdk.v1.test_helpers.test_clocks.create(
            {"frozen_time": now or int(time.time())}
        )
        customer = self.sdk.v1.customers.create(
            {"email": "clock@example.org", "test_clock": clock.id}
        )
        return clock.id, customer.id

    def advance(self, clock: str, to: int) -> None:
        """Move a clock on and wait until everything has happened."""
        self.sdk.v1.test_helpers.test_clocks.advance(clock, {"frozen_time": to})
        wait_until(
            lambda: self.sdk.v1.test_helpers.test_clocks.retrieve(clock).status == "ready",
            seconds=20,
            every=0.02,
        )

    def subscription(self, subscription: str) -> stripe.Subscription:
        return self.sdk.v1.subscriptions.retrieve(subscription)

    def portal(self, customer: str) -> str:
        """An address of the Billing Portal."""
        return self.sdk.v1.billing_portal.sessions.create(
            {"customer": customer, "return_url": "http://127.0.0.1:9/plan"}
        ).url

    def _answers(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, "the stand-in ended at its start"
        try:
            return httpx.get(f"{self.url}/health", trust_env=False).is_success
        except httpx.TransportError:
            return False


def run(
    data: Path, *more: str, receiver_answers: Iterable[int] = ()
) -> tuple[StandIn, Callable[[], None]]:
    """A running stand-in, and what ends it."""
    receiver = Receiver()
    receiver.answers.extend(receiver_answers)
    stand_in = StandIn(data, receiver, *more)
    stand_in.start()

    def end() -> None:
        stand_in.close()
        receiver.close()

    return stand_in, end


def period_end(subscription: stripe.Subscription) -> int:
    return min(item.current_period_end for item in subscription.items.data)


def _customer_of(event: dict[str, Any]) -> str | None:
    thing = event["data"]["object"]
    return thing["id"] if thing["object"] == "customer" else thing.get("customer")
