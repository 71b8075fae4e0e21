"""Stripe's callback: no session, no CSRF token; its signature over the raw body is what counts.

Stripe repeats an event for three days until it is answered with 2xx. 400: not Stripe's own.
503: not now.
"""

from flask import Blueprint, Response, jsonify, request

from gas.billing import events
from web.context import services

MAX_EVENT = 1024 * 1024
"""Largest body: an invoice with many lines is larger than anything that browsers send here."""

blueprint = Blueprint("stripe_webhook", __name__)


@blueprint.post("/stripe/webhook")
def receive() -> Response:
    """200 {outcome} once what follows from the event is committed and published."""
    request.max_content_length = MAX_EVENT
    outcome = events.handle(
        services().billing,
        request.get_data(cache=False),
        request.headers.get("Stripe-Signature", ""),
    )
    return jsonify(outcome=outcome.value)
