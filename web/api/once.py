"""`Idempotency-Key`: a request that is sent again, because its answer was lost, is made once."""

import hashlib
import json
from collections.abc import Callable

from flask import Response, request

from gas.accounts.idempotency import Standing
from gas.errors import GasError, InvalidRequest
from web.auth.session import require_account
from web.context import services

HEADER = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"
_KEPT_HEADERS = ("Content-Type", "Location", "ETag")
_LONGEST = 255
_SERVER_FAULT = 500
MOST_KEPT = 16 * 1024
"""A longer answer is not kept; those of what changes something are short."""


class KeyReused(GasError):
    """The key was used for another request."""

    code = "idempotency_key_reused"


class RequestUnderWay(GasError):
    """The same request is being worked on just now."""

    code = "request_under_way"
    retryable = True


def once(work: Callable[[], Response]) -> Response:
    """Answer a POST. With a key, the answer is kept for a day and given again to the same request.

    An error of ours, or of who asks too often, is not kept: the next try may succeed.

    Raises:
        InvalidRequest: the key is empty or too long.
        KeyReused, RequestUnderWay: see there.
    """
    key = request.headers.get(HEADER)
    if key is None:
        return work()
    if not 1 <= len(key) <= _LONGEST or not key.isprintable():
        raise InvalidRequest(
            f"{HEADER}: 1 to {_LONGEST} printable characters.", remedy="Use a UUID."
        )
    store, user_id = services().idempotency, require_account().user_id
    bound = f"{user_id} {key}"
    found = store.begin(user_id, key, fingerprint=_fingerprint(), now=services().clock.now())
    if found.standing is Standing.OTHER:
        raise KeyReused(
            f"This {HEADER} was used for another request.",
            remedy="Use a new key for a new request.",
        )
    if found.standing is Standing.UNDER_WAY:
        raise RequestUnderWay(
            "The same request is being worked on just now.", remedy="Wait a moment, then try again."
        )
    if found.standing is Standing.ANSWERED:
        kept = services().answer_sealer.open(found.answer, bound_to=bound)
        if kept is not None:
            return _again(kept)
    return _work(work, user_id, key, bound)


def _work(work: Callable[[], Response], user_id: str, key: str, bound: str) -> Response:
    store, done = services().idempotency, False
    try:
        response = work()
        short = not response.is_streamed and len(response.get_data()) <= MOST_KEPT
        if response.status_code < _SERVER_FAULT and short:
            sealed = services().answer_sealer.seal(_text(response), bound_to=bound)
            store.finish(user_id, key, sealed)
            done = True
        return response
    finally:
        if not done:  # also when it raised: an error may pass, or be mended by the client
            store.forget(user_id, key)


def _fingerprint() -> str:
    digest = hashlib.sha256(f"{request.method} {request.full_path}\n".encode())
    digest.update(request.get_data(cache=True))
    return digest.hexdigest()


def _text(response: Response) -> str:
    headers = {name: response.headers[name] for name in _KEPT_HEADERS if name in response.headers}
    return json.dumps([response.status_code, headers, response.get_data(as_text=True)])


def _again(kept: str) -> Response:
    status, headers, body = json.loads(kept)
    return Response(body, status=status, headers={**headers, REPLAYED: "true"})
