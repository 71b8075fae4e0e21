"""The one SNS endpoint: checks the signature, shakes hands, wakes the worker.

SNS counts every status up to 499 as delivered, so a fault of ours that may pass is answered
with 503, and a call that is not SNS's with 403.
"""

import json
from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, request

from gas.errors import InvalidSignature, ServiceUnavailable
from gas.logs import get_logger
from gas.sns import SnsVerifier

log = get_logger()

_MAX_BODY = 512 * 1024
"""An SNS message has 256 KiB at the most; its envelope escapes it."""

Confirm = Callable[[str, str], None]
"""Confirms a subscription by topic ARN and token."""


def sns_blueprint(
    path: str, *, verifier: SnsVerifier, confirm: Confirm, wake: Callable[[], None]
) -> Blueprint:
    """A blueprint with `POST path` for SNS."""
    blueprint = Blueprint("sns", __name__)

    @blueprint.post(path)
    def receive() -> Response:
        message = _parse(request.get_data(cache=False) if _acceptable() else b"")
        verifier.verify(message)
        match message["Type"]:
            case "SubscriptionConfirmation":
                confirm(message["TopicArn"], message["Token"])
                log.info("subscription_confirmed", topic=message["TopicArn"])
            case "Notification":
                wake()
            case _:
                log.warning("unsubscribed", topic=message["TopicArn"])
        return Response(status=200)

    @blueprint.errorhandler(InvalidSignature)
    def refuse(error: InvalidSignature) -> Response:
        log.warning("push_refused", reason=error.message)
        return _problem(403, "The call was refused.", error.code)

    @blueprint.errorhandler(ServiceUnavailable)
    def postpone(error: ServiceUnavailable) -> Response:
        log.warning("push_postponed", reason=error.message)
        return _problem(503, "Try again later.", error.code)

    return blueprint


def _acceptable() -> bool:
    return request.content_length is not None and request.content_length <= _MAX_BODY


def _parse(body: bytes) -> dict[str, Any]:
    try:
        message = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise InvalidSignature("the body is not JSON") from error
    if not isinstance(message, dict):
        raise InvalidSignature("the body is not a JSON object")
    return message


def _problem(status: int, title: str, code: str) -> Response:
    body = json.dumps({"type": "about:blank", "title": title, "status": status, "code": code})
    return Response(body, status=status, content_type="application/problem+json")
