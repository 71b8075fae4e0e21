"""Answers requests to the API: who asks, is it a repetition, do it, tell it."""

from __future__ import annotations

import base64
import binascii
import hmac
import time
from collections.abc import Callable
from dataclasses import dataclass

from local.stripe.api.call import Call
from local.stripe.api.expansion import expanded
from local.stripe.api.idempotency import (
    Answer,
    InFlight,
    earlier_answer,
    fingerprint,
    keep_answer,
)
from local.stripe.api.routes import handler_for
from local.stripe.errors import ApiError
from local.stripe.ids import new_id
from local.stripe.params import Params, parse_form
from local.stripe.store import Json, Store
from local.stripe.work import API_VERSION, Cause, Work

_LONGEST_KEY = 255


@dataclass(frozen=True)
class ApiRequest:
    """What came over the wire."""

    method: str
    path: str
    form: str
    """Query of a GET or DELETE, body of a POST."""
    authorization: str = ""
    version: str | None = None
    idempotency_key: str | None = None


class Api:
    """The API of one account. Safe to use from several threads."""

    def __init__(
        self,
        store: Store,
        secret_key: str,
        base_url: str,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._store = store
        self._secret_key = secret_key
        self._base_url = base_url
        self._now = now
        self._in_flight = InFlight()

    def answer(self, request: ApiRequest) -> Answer:
        """The answer to a request. An error is an answer too."""
        request_id = new_id("req_", 14)
        try:
            self._check(request)
            key = request.idempotency_key if request.method == "POST" else None
            with self._in_flight.holding(key):
                return self._answer_once(request, key, request_id)
        except ApiError as fault:
            return Answer(fault.status, fault.body(), request_id)

    def _check(self, request: ApiRequest) -> None:
        key = _key_of(request.authorization)
        if not key:
            raise ApiError(
                401,
                "You did not provide an API key. You need to provide your API key in the "
                "Authorization header, using Bearer auth (e.g. 'Authorization: Bearer "
                "YOUR_SECRET_KEY').",
            )
        if not hmac.compare_digest(key.encode(), self._secret_key.encode()):
            shown = key[:8] + "*" * 8 + key[-4:] if len(key) > 16 else "*" * len(key)
            raise ApiError(401, f"Invalid API Key provided: {shown}")
        if request.version not in (None, API_VERSION):
            raise ApiError(
                400,
                f"Invalid Stripe API version: {request.version}. This stand-in speaks "
                f"{API_VERSION} only, the version of the installed SDK.",
            )
        if request.idempotency_key is not None and not (
            1 <= len(request.idempotency_key) <= _LONGEST_KEY
        ):
            raise ApiError(
                400,
                f"Idempotency keys may only be up to {_LONGEST_KEY} characters.",
                kind="idempotency_error",
            )

    def _answer_once(self, request: ApiRequest, key: str | None, request_id: str) -> Answer:
        values = parse_form(request.form)
        print_ = fingerprint(request.method, request.path, values)
        reading = request.method == "GET"
        with self._store.reading() if reading else self._store.transaction() as tx:
            if key is not None:
                earlier = earlier_answer(tx, key, print_, self._now())
                if earlier is not None:
                    return earlier
            work = Work(tx, self._base_url, Cause(request_id, key), self._now)
            try:
                answer = Answer(200, self._do(request, Params(values), work), request_id)
            except ApiError as fault:
                if not fault.keep:
                    raise
                answer = Answer(fault.status, fault.body(), request_id)
            if key is not None:
                keep_answer(tx, key, print_, answer, self._now())
            return answer

    def _do(self, request: ApiRequest, params: Params, work: Work) -> Json:
        handler, ids = handler_for(request.method, request.path)
        expand = params.texts("expand")
        body = handler(Call(work, params, ids, request.path))
        params.finish()
        return expanded(work, body, expand)


def _key_of(authorization: str) -> str:
    """The secret key of a Bearer or Basic header; empty if there is none."""
    scheme, _, value = authorization.partition(" ")
    if scheme.lower() == "bearer":
        return value.strip()
    if scheme.lower() == "basic":
        try:
            return base64.b64decode(value, validate=True).decode().partition(":")[0]
        except (binascii.Error, UnicodeDecodeError):
            return ""
    return ""
