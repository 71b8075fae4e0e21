"""Test clocks: customers whose time stands still until it is moved on."""

from __future__ import annotations

from local.stripe.api.call import Call, Routes, page
from local.stripe.api.customers import erase
from local.stripe.billing.passing_time import begin_to_advance
from local.stripe.errors import ApiError, invalid, missing
from local.stripe.shapes import workings
from local.stripe.store import Json, Record

_KIND = "test_helpers.test_clock"


def create(call: Call) -> Json:
    frozen = call.params.integer("frozen_time", least=0)
    if frozen is None:
        raise missing("frozen_time")
    body = workings.test_clock(call.params.text("name"), frozen, call.work.now())
    return call.work.add(Record(_KIND, body), "test_helpers.test_clock.created").body


def retrieve(call: Call) -> Json:
    return call.work.need(_KIND, call.id).body


def list_all(call: Call) -> Json:
    return page(call, call.work.tx.find(_KIND))


def advance(call: Call) -> Json:
    """Begin to move a clock on; it is ``advancing`` until all that was due has happened."""
    clock = call.work.need(_KIND, call.id)
    target = call.params.integer("frozen_time")
    if target is None:
        raise missing("frozen_time")
    if clock.body["status"] != "ready":
        raise ApiError(429, "Test clock is already advancing.", code="test_clock_advancing")
    if target <= clock.body["frozen_time"]:
        raise invalid("frozen_time", "The frozen time must be later than the current one.")
    begin_to_advance(call.work, clock, target)
    return clock.body


def delete(call: Call) -> Json:
    """Delete a clock and the customers that live in its time."""
    clock = call.work.need(_KIND, call.id)
    for customer in call.work.tx.find("customer", {"test_clock": clock.id}):
        erase(call.work, customer)
    call.work.announce("test_helpers.test_clock.deleted", clock)
    call.work.tx.remove(clock.id)
    return {"id": clock.id, "object": _KIND, "deleted": True}


ROUTES: Routes = [
    ("POST", "/v1/test_helpers/test_clocks", create),
    ("GET", "/v1/test_helpers/test_clocks", list_all),
    ("GET", "/v1/test_helpers/test_clocks/{id}", retrieve),
    ("POST", "/v1/test_helpers/test_clocks/{id}/advance", advance),
    ("DELETE", "/v1/test_helpers/test_clocks/{id}", delete),
]
