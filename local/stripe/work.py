"""One piece of work: what it reads, changes and announces, all in one transaction."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import stripe

from local.stripe.errors import no_such
from local.stripe.ids import new_id
from local.stripe.store import Json, Record, Transaction
from local.stripe.timetable import due_of

API_VERSION = stripe.api_version
"""The one version of the API that is spoken: that of the installed SDK."""


@dataclass(frozen=True)
class Cause:
    """The request that led to an event; empty when time did."""

    request_id: str | None = None
    idempotency_key: str | None = None


class Work:
    """Reads and changes objects, and writes an event for each change.

    Parameters
    ----------
    base_url
        Where the stand-in's own pages are.
    """

    def __init__(
        self,
        tx: Transaction,
        base_url: str,
        cause: Cause = Cause(),
        real_now: Callable[[], float] = time.time,
    ) -> None:
        self.tx = tx
        self.base_url = base_url
        self._cause = cause
        self._real_now = real_now
        self._at: int | None = None

    # ---------------------------------------------------------------- objects

    def need(self, kind: str, object_id: str, param: str | None = None) -> Record:
        """The object with an id.

        Parameters
        ----------
        param
            The parameter that named it, for the error.

        Raises:
            ApiError: there is none of this kind, or it is deleted and was named by a parameter.
        """
        found = self.tx.get(object_id, kind)
        if found is None or (param and found.body.get("deleted")):
            raise no_such(kind, object_id, param)
        return found

    def add(self, record: Record, *events: str) -> Record:
        """Keep a new object and announce it."""
        self.tx.put(record, due_of(record))
        for event in events:
            self.announce(event, record)
        return record

    def save(self, record: Record, *events: str) -> None:
        """Keep an object; announce what changed, if something did."""
        known = self.tx.stored_body(record.id)
        previous = differences(known, record.body) if known is not None else {}
        self.tx.put(record, due_of(record))
        for event in events:
            if previous or not event.endswith(".updated"):
                self.announce(event, record, previous if event.endswith(".updated") else None)

    def announce(self, event: str, record: Record, previous: Json | None = None) -> Record:
        """Write an event about an object as it is now, to be delivered once this is durable."""
        data: Json = {"object": record.body}
        if previous:
            data["previous_attributes"] = previous
        made = Record(
            "event",
            {
                "id": new_id("evt_1"),
                "object": "event",
                "api_version": API_VERSION,
                "created": self.now(record),
                "data": json.loads(json.dumps(data)),
                "livemode": False,
                "pending_webhooks": 0,
                "request": {
                    "id": self._cause.request_id,
                    "idempotency_key": self._cause.idempotency_key,
                },
                "type": event,
            },
        )
        self.send(made)
        return made

    def send(self, event: Record) -> None:
        """Put an event into the outbox, once for each endpoint that wants it."""
        wanting = [
            endpoint.id
            for endpoint in self.tx.find("webhook_endpoint", {"status": "enabled"})
            if {"*", event.body["type"]} & set(endpoint.body["enabled_events"])
        ]
        event.body["pending_webhooks"] += len(wanting)
        self.tx.put(event)
        for endpoint in wanting:
            self.tx.connection.execute(
                "insert into deliveries (event, endpoint, due, since, state) "
                "values (?, ?, ?, ?, 'waiting')",
                (event.id, endpoint, self._real_now(), self._real_now()),
            )

    # ---------------------------------------------------------------- time

    def now(self, about: Record | None = None) -> int:
        """Seconds since 1970, in the time that an object lives in.

        A customer with a test clock lives in its time; so does what belongs to that customer.
        """
        if self._at is not None:
            return self._at
        clock = self.clock_of(about)
        if clock is not None:
            return int(clock.body["frozen_time"])
        return int(self._real_now()) + self.seconds_ahead(about)

    def at(self, moment: int | None) -> None:
        """Do what follows as if it were this moment; None for the time of each object again."""
        self._at = moment

    def real_now(self) -> float:
        return self._real_now()

    def clock_of(self, about: Record | None) -> Record | None:
        """The test clock of an object's customer."""
        customer = self.customer_of(about)
        clock_id = customer.body.get("test_clock") if customer else None
        return self.tx.get(clock_id, "test_helpers.test_clock") if clock_id else None

    def seconds_ahead(self, about: Record | None) -> int:
        """How far the practice controls have moved a customer into the future."""
        customer = self.customer_of(about)
        return int(customer.hidden.get("ahead", 0)) if customer else 0

    def customer_of(self, about: Record | None) -> Record | None:
        if about is None or about.kind == "checkout.session":
            return None  # a Checkout page is open for real hours, whoever it is for
        if about.kind == "customer":
            return about
        customer = about.body.get("customer")
        return self.tx.get(customer, "customer") if isinstance(customer, str) else None


def differences(before: Json, after: Json) -> Json:
    """The former values of what is different, as ``previous_attributes`` tells them."""
    changed: Json = {}
    for name in before.keys() | after.keys():
        old: Any = before.get(name)
        new: Any = after.get(name)
        if old == new:
            continue
        if isinstance(old, dict) and isinstance(new, dict):
            changed[name] = differences(old, new)
        else:
            changed[name] = old
    return changed
