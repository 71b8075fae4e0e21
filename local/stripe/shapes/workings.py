"""Test clocks and webhook endpoints."""

from __future__ import annotations

from local.stripe.ids import new_id
from local.stripe.store import Json

CLOCK_LIFETIME = 30 * 86_400


def test_clock(name: str | None, frozen_time: int, now: int) -> Json:
    return {
        "id": new_id("clock_1"),
        "object": "test_helpers.test_clock",
        "created": now,
        "deletes_after": now + CLOCK_LIFETIME,
        "frozen_time": frozen_time,
        "livemode": False,
        "name": name,
        "status": "ready",
        "status_details": {},
    }


def webhook_endpoint(endpoint_id: str, url: str, events: list[str], version: str, now: int) -> Json:
    return {
        "id": endpoint_id,
        "object": "webhook_endpoint",
        "api_version": version,
        "application": None,
        "created": now,
        "description": None,
        "enabled_events": events,
        "livemode": False,
        "metadata": {},
        "status": "enabled",
        "url": url,
    }
