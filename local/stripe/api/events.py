"""Events, and the webhook endpoints that they go to."""

from __future__ import annotations

from urllib.parse import urlsplit

from local.stripe.api.call import Call, Routes, filters, page
from local.stripe.errors import invalid, missing
from local.stripe.ids import new_id
from local.stripe.shapes import workings
from local.stripe.store import Json, Record
from local.stripe.work import API_VERSION

_LOOPBACK = ("127.0.0.1", "localhost", "::1")


def retrieve(call: Call) -> Json:
    return call.work.need("event", call.id).body


def list_all(call: Call) -> Json:
    wanted = call.params.texts("types")
    found = call.work.tx.find("event", filters(call, "type"))
    return page(call, [event for event in found if not wanted or event.body["type"] in wanted])


def create_endpoint(call: Call) -> Json:
    params = call.params
    url = checked_url(params.required("url"))
    events = params.texts("enabled_events")
    if not events:
        raise missing("enabled_events")
    body = workings.webhook_endpoint(new_id("we_1"), url, events, API_VERSION, call.work.now())
    body["description"] = params.text("description")
    body["metadata"] = params.metadata()
    secret = new_id("whsec_", 32)
    call.work.add(Record("webhook_endpoint", body, {"secret": secret}))
    return {**body, "secret": secret}  # told this once only


def retrieve_endpoint(call: Call) -> Json:
    return call.work.need("webhook_endpoint", call.id).body


def update_endpoint(call: Call) -> Json:
    params = call.params
    endpoint = call.work.need("webhook_endpoint", call.id)
    body = endpoint.body
    url = params.text("url")
    body["url"] = checked_url(url) if url else body["url"]
    body["enabled_events"] = params.texts("enabled_events") or body["enabled_events"]
    disabled = params.flag("disabled")
    if disabled is not None:
        body["status"] = "disabled" if disabled else "enabled"
    body["description"] = params.text("description") or body["description"]
    body["metadata"] = params.metadata(body["metadata"])
    call.work.save(endpoint)
    return body


def list_endpoints(call: Call) -> Json:
    return page(call, call.work.tx.find("webhook_endpoint"))


def delete_endpoint(call: Call) -> Json:
    endpoint = call.work.need("webhook_endpoint", call.id)
    call.work.tx.remove(endpoint.id)
    return {"id": endpoint.id, "object": "webhook_endpoint", "deleted": True}


def checked_url(url: str) -> str:
    """An address on this machine: practice events stay here.

    Raises:
        ApiError: it is none.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or parts.hostname not in _LOOPBACK:
        raise invalid(
            "url",
            "Invalid URL: this stand-in sends events to this machine only (http://127.0.0.1:…).",
            "url_invalid",
        )
    return url


ROUTES: Routes = [
    ("GET", "/v1/events", list_all),
    ("GET", "/v1/events/{id}", retrieve),
    ("POST", "/v1/webhook_endpoints", create_endpoint),
    ("GET", "/v1/webhook_endpoints", list_endpoints),
    ("GET", "/v1/webhook_endpoints/{id}", retrieve_endpoint),
    ("POST", "/v1/webhook_endpoints/{id}", update_endpoint),
    ("DELETE", "/v1/webhook_endpoints/{id}", delete_endpoint),
]
