"""The web app on a port, its accounts in PostgreSQL, a Stripe stand-in that calls it back."""

import json
import re
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4
from wsgiref.types import StartResponse, WSGIEnvironment

import httpx
import pytest
from sqlalchemy import Engine
from werkzeug.serving import make_server

from gas.accounts.sessions import SessionStore
from gas.accounts.store import AccountStore, connect
from gas.billing.desk import Billing, Terminal
from gas.billing.ports import Standing, TopicName
from gas.billing.store import PostgresBillingStore
from gas.billing.stripe_payments import StripePayments
from gas.plans import Plan
from gas.testing import FakeClock, MemoryTopic
from local.addresses import HOST, free_addresses
from tests.support.postgres import accounts_database
from tests.support.stripe_standin import PRICE, SECRET_KEY, WEBHOOK_SECRET, StandIn
from tests.support.waiting import wait_until
from tests.unit.web.conftest import World, make_world, settings
from web.app import create_app

__all__ = ["make_world"]

WEBHOOK = "/stripe/webhook"


class Shop:
    """The web app in this process, and what it told the other services."""

    def __init__(self, world: World, engine: Engine, port: int, stripe_url: str) -> None:
        self.url = f"http://{HOST}:{port}"
        self.clock = FakeClock(int(time.time()))
        self.topics = {name: MemoryTopic() for name in TopicName}
        self.provider = world.provider
        self.deaf = False
        """While true, every callback is answered with 503."""
        self.callbacks: list[tuple[str, int]] = []
        """Event id and status of every callback."""
        self.payments = StripePayments(
            secret_key=SECRET_KEY, webhook_secret=WEBHOOK_SECRET, api_base=stripe_url
        )
        self.billing = Billing(
            store=PostgresBillingStore(engine),
            topics=self.topics,
            clock=self.clock,
            terminal=Terminal(self.payments, PRICE),
        )
        self.services = replace(
            world.services,
            settings=settings(public_url=self.url, stripe_pages=stripe_url),
            accounts=AccountStore(engine),
            sessions=SessionStore(engine),
            billing=self.billing,
            clock=self.clock,
        )
        self.app = create_app(self.services)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if environ["PATH_INFO"] != WEBHOOK:
            return self.app(environ, start_response)
        if self.deaf:
            start_response("503 Service Unavailable", [])
            return []
        body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
        environ["wsgi.input"] = _Body(body)

        def noting(status: str, *rest: Any) -> Any:
            self.callbacks.append((json.loads(body)["id"], int(status.split()[0])))
            return start_response(status, *rest)

        return self.app(environ, noting)

    def told(self) -> list[str]:
        """What was published, by type; mails by kind."""
        bodies = [json.loads(body) for topic in self.topics.values() for body in topic.published]
        return sorted(body.get("kind") or body["type"] for body in bodies)

    def wait_told(self, *messages: str) -> None:
        """Wait until exactly these were published."""
        wait_until(lambda: self.told() == sorted(messages), seconds=20, every=0.05)

    def settle(self) -> None:
        """Wait until no callback has come for a while: several tell of one thing."""
        seen = [-1]

        def is_quiet() -> bool:
            seen.append(len(self.callbacks))
            return seen[-1] == seen[-2]

        wait_until(is_quiet, seconds=20, every=0.5)


class _Body:
    """A request body that was read already."""

    def __init__(self, body: bytes) -> None:
        self._rest = body

    def read(self, size: int = -1) -> bytes:
        size = len(self._rest) if size is None or size < 0 else size
        taken, self._rest = self._rest[:size], self._rest[size:]
        return taken


class Person:
    """Somebody with a browser, logged in."""

    def __init__(self, shop: Shop, stripe: StandIn) -> None:
        self.shop = shop
        self.stripe = stripe
        self.user_id = str(uuid4())
        self.browser = httpx.Client(base_url=shop.url, trust_env=False, timeout=20)
        self.log_in()

    def log_in(self) -> None:
        asked = parse_qs(urlsplit(self.browser.get("/login").headers["location"]).query)
        self.shop.provider.codes.add("good-code")
        self.shop.provider.claims = {
            "iss": self.shop.provider.issuer,
            "aud": self.shop.provider.client_id,
            "exp": self.shop.clock.now() + 600,
            "sub": self.user_id,
            "name": "Ada",
            "email": f"{self.user_id[:8]}@example.org",
            "nonce": asked["nonce"][0],
        }
        back = {"code": "good-code", "state": asked["state"][0]}
        assert self.browser.get("/authcallback", params=back).status_code == 302

    def press(self, button: str) -> httpx.Response:
        """Press a button of the plan page."""
        return self.submit(*self.form(button))

    def submit(self, action: str, token: str) -> httpx.Response:
        return self.browser.post(action, data={"csrf_token": token})

    def form(self, button: str) -> tuple[str, str]:
        """Address and CSRF token of a button of the plan page."""
        page = self.browser.get("/billing").text
        action = {"upgrade": "/billing/checkout", "manage": "/billing/portal"}[button]
        assert f'id="{button}"' in page, page
        token = re.search(r'name="csrf_token" value="([^"]+)"', page)
        assert token
        return action, token[1]

    def upgrade(self, card: str = "4242 4242 4242 4242") -> httpx.Response:
        """Buy Premium; the page of this service that Stripe leads back to."""
        page = self.press("upgrade")
        assert page.status_code == 303, page.text
        done = self.stripe.enter_card(page.headers["location"], card)
        assert done.headers["location"].startswith(self.shop.url + "/billing/return?"), done.text
        return self.browser.get(done.headers["location"])

    def portal(self) -> str:
        """The address of the portal, opened from the plan page."""
        answer = self.press("manage")
        assert answer.status_code == 303, answer.text
        return answer.headers["location"]

    def document(self) -> dict[str, Any]:
        answer = self.browser.get("/billing", headers={"Accept": "application/json"})
        found: dict[str, Any] = answer.json()
        return found

    @property
    def standing(self) -> Standing:
        return self.shop.billing.require_standing(self.user_id)

    @property
    def customer(self) -> str:
        assert self.standing.record.customer_id is not None
        return self.standing.record.customer_id

    def wait_for(self, plan: Plan, **record: object) -> None:
        """Wait until the callbacks have made this of the account."""

        def reached() -> bool:
            found = self.standing
            same = all(getattr(found.record, name) == value for name, value in record.items())
            return found.plan is plan and same

        wait_until(reached, seconds=20, every=0.05)

    def close(self) -> None:
        self.browser.close()


class Counter:
    """Shop and Stripe, and time that passes for both."""

    def __init__(self, shop: Shop, stripe: StandIn) -> None:
        self.shop = shop
        self.stripe = stripe
        self._people: list[Person] = []

    def person(self) -> Person:
        self._people.append(Person(self.shop, self.stripe))
        return self._people[-1]

    def person_on_a_clock(self) -> tuple[Person, str]:
        """Somebody whose customer lives in the time of a test clock, and that clock."""
        person = self.person()
        clock, customer = self.stripe.on_a_clock(self.shop.clock.now())
        self.shop.billing.store.keep_customer(person.user_id, customer, instead_of=None)
        return person, clock

    def pass_time(self, clock: str, seconds: int) -> None:
        self.shop.clock.advance(seconds)
        self.stripe.advance(clock, self.shop.clock.now())

    def close(self) -> None:
        for person in self._people:
            person.close()


@pytest.fixture(scope="package")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    with accounts_database(tmp_path_factory.mktemp("accounts")) as url:
        engine = connect(url)
        yield engine
        engine.dispose()


@contextmanager
def open_counter(world: World, engine: Engine, data: Path, *options: str) -> Iterator[Counter]:
    """A running shop and a running Stripe."""
    addresses = free_addresses()
    stripe = StandIn(data, _Endpoint(f"http://{HOST}:{addresses.web}{WEBHOOK}"), *options)  # type: ignore[arg-type]
    shop = Shop(world, engine, addresses.web, stripe.url)
    server = make_server(HOST, addresses.web, shop, threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    counter = Counter(shop, stripe)
    try:
        stripe.start()
        yield counter
    finally:
        counter.close()
        stripe.close()
        server.shutdown()
        thread.join(10)
        server.server_close()


class _Endpoint:
    """Where the stand-in sends its events."""

    def __init__(self, url: str) -> None:
        self.url = url


@pytest.fixture
def counter(make_world: Callable[..., World], engine: Engine, tmp_path: Path) -> Iterator[Counter]:
    with open_counter(make_world(), engine, tmp_path / "stripe") as opened:
        yield opened
