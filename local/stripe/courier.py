"""Delivers events to webhook endpoints: signed, again and again until they are taken.

The outbox is in the store, in the same transaction as what an event tells about, so that nothing
is lost with the process. Order is not promised, as at Stripe.
"""

from __future__ import annotations

import json
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

import httpx
import stripe

from local.stripe.store import Store

FIRST_PAUSE = 0.5
LONGEST_PAUSE = 3_600.0
GIVE_UP_AFTER = 3 * 86_400
TIMEOUT = 15.0
_AT_ONCE = 4
_SHUFFLE_SECONDS = 2.0
_TWICE = 1 / 3


def pause_after(attempts: int) -> float:
    """Seconds until the next attempt: they double, up to an hour."""
    return min(FIRST_PAUSE * 2.0 ** min(attempts - 1, 30), LONGEST_PAUSE)


@dataclass(frozen=True)
class Delivery:
    """An event on its way to an endpoint."""

    id: int
    event: str
    url: str
    secret: str
    payload: str
    attempts: int
    since: float


class Courier:
    """Delivers what is due; runs in a thread of its own.

    Parameters
    ----------
    shuffle
        For tests of the receiver: every first delivery waits for a random part of two seconds,
        and every third event comes twice.
    """

    def __init__(
        self,
        store: Store,
        client: httpx.Client,
        *,
        shuffle: bool = False,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._store = store
        self._shuffle = shuffle
        self._now = now
        self._client = client
        self._lock = threading.Lock()
        self._under_way: set[int] = set()
        self._shuffled: set[int] = set()
        self.on_arrival: Callable[[], None] = lambda: None
        """Called when a delivery has ended, well or not: there is room for the next."""

    def send_due(self) -> None:
        """Set out with everything that is due; returns before it has arrived."""
        if self._shuffle:
            self._mix()
        for delivery in self._due():
            with self._lock:
                self._under_way.add(delivery.id)
            # Nobody waits for these at the end: what has not arrived is sent at the next start.
            threading.Thread(target=self._deliver, args=(delivery,), daemon=True).start()

    def _due(self) -> list[Delivery]:
        with self._lock:
            free = _AT_ONCE - len(self._under_way)
            busy = set(self._under_way)
        if free <= 0:
            return []
        with self._store.reading() as tx:
            rows = tx.connection.execute(
                "select id, event, endpoint, attempts, since from deliveries "
                "where state = 'waiting' and due <= ? order by due, id limit ?",
                (self._now(), _AT_ONCE * 2),
            ).fetchall()
            found = []
            for row in rows:
                event, endpoint = tx.get(row[1], "event"), tx.get(row[2], "webhook_endpoint")
                if row[0] in busy or event is None:
                    continue
                url = endpoint.body["url"] if endpoint else ""
                secret = endpoint.hidden["secret"] if endpoint else ""
                payload = json.dumps(event.body, indent=2)
                found.append(Delivery(row[0], row[1], url, secret, payload, row[3], row[4]))
        return found[:free]

    def _deliver(self, delivery: Delivery) -> None:
        try:
            status, note = self._post(delivery) if delivery.url else (None, "endpoint deleted")
            self._record(delivery, status, note)
        finally:
            with self._lock:
                self._under_way.discard(delivery.id)
            self.on_arrival()

    def _record(self, delivery: Delivery, status: int | None, note: str) -> None:
        now = self._now()
        attempts = delivery.attempts + 1
        taken = status is not None and 200 <= status < 300
        state = "waiting"
        if taken:
            state = "delivered"
        elif not delivery.url or now - delivery.since > GIVE_UP_AFTER:
            state = "failed"
        with self._store.transaction() as tx:
            tx.connection.execute(
                "insert into attempts values (?, ?, ?, ?)", (delivery.id, now, status, note)
            )
            tx.connection.execute(
                "update deliveries set attempts = ?, due = ?, state = ? where id = ?",
                (attempts, now + pause_after(attempts), state, delivery.id),
            )
            event = tx.get(delivery.event, "event")
            if taken and event is not None:
                event.body["pending_webhooks"] = max(0, event.body["pending_webhooks"] - 1)
                tx.put(event)

    def _post(self, delivery: Delivery) -> tuple[int | None, str]:
        signature = stripe.WebhookSignature.generate_signature_header(
            delivery.payload, delivery.secret
        )
        try:
            answer = self._client.post(
                delivery.url,
                content=delivery.payload.encode(),
                headers={
                    "Content-Type": "application/json; charset=utf-8",
                    "Stripe-Signature": signature,
                    "User-Agent": "Stripe/1.0 (stand-in)",
                },
            )
        except httpx.HTTPError as fault:
            return None, f"{type(fault).__name__}: {fault}"[:200]
        return answer.status_code, answer.text[:200]

    def _mix(self) -> None:
        with self._store.transaction() as tx:
            rows = tx.connection.execute(
                "select id, event, endpoint, since from deliveries "
                "where state = 'waiting' and attempts = 0"
            ).fetchall()
            for row in rows:
                if row[0] in self._shuffled:
                    continue
                self._shuffled.add(row[0])
                tx.connection.execute(
                    "update deliveries set due = ? where id = ?", (self._later(), row[0])
                )
                if random.random() < _TWICE:  # noqa: S311 - no secret
                    copy = tx.connection.execute(
                        "insert into deliveries (event, endpoint, due, since, state) "
                        "values (?, ?, ?, ?, 'waiting')",
                        (row[1], row[2], self._later(), row[3]),
                    )
                    self._shuffled.add(copy.lastrowid or 0)

    def _later(self) -> float:
        return self._now() + random.uniform(0, _SHUFFLE_SECONDS)  # noqa: S311 - no secret
