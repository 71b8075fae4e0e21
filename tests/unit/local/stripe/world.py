"""The Stripe stand-in without sockets and with a clock of the test's own."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from local.stripe.api.dispatch import Api, ApiRequest
from local.stripe.api.idempotency import Answer
from local.stripe.seed import Seed, plant
from local.stripe.store import Store
from local.stripe.timekeeper import Timekeeper
from local.stripe.work import Work
from tests.support.stripe_types import faults

KEY = "practice-secret-key"
PRICE = Seed.price_id
BASE = "http://127.0.0.1:1"
START = 1_795_000_000


class World:
    """One account; `now` moves when the test says so."""

    def __init__(self, folder: Path) -> None:
        self.now = float(START)
        self.store = Store(folder / "stripe.sqlite")
        plant(self.store, Seed("http://127.0.0.1:2/hook", "practice-webhook-secret"), BASE)
        self.api = Api(self.store, KEY, BASE, lambda: self.now)
        self._timekeeper = Timekeeper(self.store, BASE, lambda: self.now)

    def ask(self, method: str, path: str, key: str | None = None, **fields: str) -> Answer:
        """A request; names of fields with brackets are written with double underscores."""
        form = urlencode({_bracketed(name): value for name, value in fields.items()})
        request = ApiRequest(method, path, form, f"Bearer {KEY}", None, key)
        answer = self.api.answer(request)
        if answer.status == 200:
            assert faults(answer.body) == []
        return answer

    def get(self, path: str, **fields: str) -> dict[str, Any]:
        return self._good(self.ask("GET", path, **fields))

    def post(self, path: str, **fields: str) -> dict[str, Any]:
        return self._good(self.ask("POST", path, **fields))

    def pass_to(self, now: float) -> None:
        """Time passes, and what is due happens."""
        self.now = now
        self._timekeeper.run_due()

    def subscribe(self, card: str = "pm_card_visa") -> dict[str, Any]:
        """A subscription that was just made by the API."""
        customer = self.post("/v1/customers", email="a@example.org", payment_method=card)
        cards = self.get("/v1/payment_methods", customer=customer["id"])["data"]
        return self.post(
            "/v1/subscriptions",
            customer=customer["id"],
            items__0__price=PRICE,
            default_payment_method=cards[0]["id"],
        )

    def events(self) -> list[dict[str, Any]]:
        """All events, the oldest first, each held against the contract."""
        with self.store.reading() as tx:
            found = [event.body for event in tx.find("event")][::-1]
        for event in found:
            assert faults(event) == []
        return found

    def types(self) -> list[str]:
        return [event["type"] for event in self.events()]

    def work(self, tx: Any) -> Work:
        return Work(tx, BASE, real_now=lambda: self.now)

    def everything(self) -> list[dict[str, Any]]:
        """Every object that is stored."""
        with self.store.reading() as tx:
            rows = tx.connection.execute("select body from objects").fetchall()
        return [json.loads(row[0]) for row in rows]

    def _good(self, answer: Answer) -> dict[str, Any]:
        assert answer.status == 200, answer.body
        return answer.body


def _bracketed(name: str) -> str:
    first, *rest = name.split("__")
    return first + "".join(f"[{part}]" for part in rest)
