"""`/store/events`: no session, no CSRF token; the secret in the event is what counts.

There is nothing here unless `GAS_S3_EVENTS_TOKEN` is set (docs/on-premises.md).
"""

from flask import Blueprint, abort, request

from web.context import services

MAX_EVENTS = 256 * 1024

blueprint = Blueprint("store_events", __name__)


@blueprint.post("/store/events")
def receive() -> tuple[str, int]:
    """204 once it is queued. 400: no notification; 403: not the store; 503: not now."""
    door = services().store_events
    if door is None:
        abort(404)
    request.max_content_length = MAX_EVENTS
    door.take(request.get_data(cache=False))
    return "", 204
