"""Webhooks by the API: the secret once, everything else for its owner only."""

from typing import Any

import pytest

from gas.scopes import Scope
from gas.webhooks.models import MOST_ENDPOINTS
from tests.unit.web.api.conftest import Call, caller, issue
from tests.unit.web.conftest import ADA, BEN, World

HOOK = {"url": "https://hooks.example.org/gas", "events": ["job.failed", "job.completed"]}


def made(call: Call, **changes: Any) -> dict[str, Any]:
    answer = call("POST", "/webhooks", json={**HOOK, **changes})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json
    return found


def test_an_endpoint_is_made_changed_and_deleted_and_its_secret_shown_once(call: Call) -> None:
    first = call("POST", "/webhooks", json=HOOK)
    path = "/webhooks/" + first.json["endpoint_id"]
    assert first.headers["Location"] == f"/api/v1{path}"
    assert first.json["secret"].startswith("whsec_")
    shown = call("GET", path).json
    assert shown == {k: v for k, v in first.json.items() if k != "secret"}
    assert (shown["enabled"], shown["failing_since"], shown["format"]) == (True, None, "standard")
    assert call("GET", "/webhooks").json == {"endpoints": [shown]}
    changed = call("PUT", path, json={**HOOK, "enabled": False, "format": "slack"}).json
    assert (changed["enabled"], changed["format"]) == (False, "slack")
    rotated = call("POST", f"{path}/rotate-secret").json
    assert rotated["secret"] != first.json["secret"]
    assert rotated["old_secret_until"] is not None
    assert call("DELETE", path).status_code == 204
    assert call("GET", path).status_code == 404


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"url": "https://192.168.0.1/"}, "address_refused"),
        ({"url": "http://hooks.example.org/"}, "address_refused"),
        ({"events": []}, "invalid_request"),
        ({"events": ["job.started"]}, "invalid_request"),
        ({"events": ["ping"]}, "invalid_request"),
        ({"colour": "red"}, "invalid_request"),
    ],
)
def test_wishes_that_cannot_be_are_named(call: Call, changes: dict[str, Any], code: str) -> None:
    answer = call("POST", "/webhooks", json={**HOOK, **changes})
    assert (answer.status_code, answer.json["code"]) == (400, code)
    assert answer.json["remedy"]
    assert call("GET", "/webhooks").json == {"endpoints": []}


def test_the_limit_is_told(call: Call) -> None:
    for _ in range(MOST_ENDPOINTS):
        made(call)
    refused = call("POST", "/webhooks", json=HOOK)
    assert (refused.status_code, refused.json["code"]) == (400, "invalid_request")


def test_a_ping_is_queued_and_in_the_log(call: Call, world: World) -> None:
    path = f"/webhooks/{made(call)['endpoint_id']}"
    sent = call("POST", f"{path}/ping")
    assert (sent.status_code, sent.json["state"]) == (202, "pending")
    [(due, delay)] = world.webhook_queue.sent
    assert (due.delivery_id, delay) == (sent.json["delivery_id"], 0)
    log = call("GET", f"{path}/deliveries?limit=1").json
    assert log == {"deliveries": [sent.json], "next_cursor": None}
    busy = call("POST", f"{path}/deliveries/{due.delivery_id}/replay")
    assert (busy.status_code, busy.json["code"]) == (409, "webhook_delivery_under_way")
    assert call("GET", f"{path}/deliveries?cursor=x").status_code == 400


@pytest.mark.parametrize(
    ("method", "below"),
    [
        ("GET", ""),
        ("PUT", ""),
        ("DELETE", ""),
        ("POST", "/rotate-secret"),
        ("POST", "/ping"),
        ("GET", "/deliveries"),
        ("POST", "/deliveries/{delivery}/replay"),
    ],
)
def test_a_stranger_finds_nothing(call: Call, world: World, method: str, below: str) -> None:
    mine = made(call)
    path = f"/webhooks/{mine['endpoint_id']}"
    delivery = call("POST", f"{path}/ping").json["delivery_id"]
    before = world.webhooks.endpoints(ADA)
    stranger = caller(world, issue(world, BEN))
    body = {"json": HOOK} if method == "PUT" else {}
    answer = stranger(method, path + below.format(delivery=delivery), **body)
    assert (answer.status_code, answer.json["code"]) == (404, "not_found")
    assert world.webhooks.endpoints(ADA) == before
    assert len(world.webhook_queue.sent) == 1


def test_reading_needs_the_scope_too_for_addresses_may_be_secrets(world: World) -> None:
    others = caller(world, issue(world, scopes=frozenset(Scope) - {Scope.WEBHOOKS_WRITE}))
    assert others("GET", "/webhooks").status_code == 403
