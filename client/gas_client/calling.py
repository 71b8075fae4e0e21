"""Calls of the API: what is sent, which answers are errors, when it is tried again."""

from __future__ import annotations

import json
import platform
import random
import time
from collections.abc import Callable, Mapping
from importlib.metadata import PackageNotFoundError, version
from typing import Any, TypeVar
from urllib.parse import urlencode
from uuid import uuid4

from gas_client.errors import ApiError, GasError, NotLoggedIn, Unavailable, Unreachable
from gas_client.steps import Answer, Body, Plan, Request, Send, Sink, Sleep

T = TypeVar("T")

PREFIX = "/api/v1"
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 20.0
"""Seconds: the bounds that the random pauses grow between."""
BUSY_PATIENCE = 900.0
"""Seconds to wait in all while the answer is "too many requests"."""
_PASSING = frozenset({429, 502, 503, 504})


def user_agent() -> str:
    """How this client names itself."""
    try:
        own = version("gas-client")
    except PackageNotFoundError:  # run from a source tree
        own = "0"
    return f"gas-client/{own} python/{platform.python_version()}"


class Caller:
    """Makes plans of calls to one server, as one user.

    `patience` is how many seconds of pauses are spent on a request that fails for reasons that
    pass (no connection, 502, 503, 504). Safe to share between threads.
    """

    def __init__(
        self,
        url: str,
        token: str | None,
        *,
        patience: float = 120,
        clock: Callable[[], float] = time.monotonic,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self.url = url.rstrip("/")
        self.patience = patience
        self.clock = clock
        self._token = token
        self._chance = chance
        self._not_before = 0.0

    def call(
        self,
        method: str,
        path: str,
        read: Callable[[Answer], T],
        *,
        query: Mapping[str, Any] | None = None,
        body: Any = None,
        read_timeout: float | None = None,
    ) -> Plan[T]:
        """Call an operation; a POST keeps its Idempotency-Key through all tries."""
        headers = {
            "Accept": "application/problem+json, application/json;q=0.9, text/plain;q=0.8",
            "User-Agent": user_agent(),
        }
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        if method == "POST":
            headers["Idempotency-Key"] = str(uuid4())
        content = None
        if body is not None:
            data = json.dumps(body).encode()
            content = Body(len(data), lambda: iter((data,)), "application/json")
        asked = {k: v for k, v in (query or {}).items() if v is not None}
        url = self.url + PREFIX + path + (f"?{urlencode(asked)}" if asked else "")
        request = Request(method, url, headers, content, read_timeout)
        return read((yield from self.persist(request, self._held, api_error)))

    def send(self, request: Request, sink: Sink | None = None) -> Plan[Answer]:
        """Send a request to the file store, without the token."""
        return (yield from self.persist(request, lambda: 0.0, store_error, sink))

    def persist(
        self,
        request: Request,
        held: Callable[[], float],
        judge: Callable[[Answer], ApiError | None],
        sink: Sink | None = None,
    ) -> Plan[Answer]:
        """Send until there is an answer that `judge` finds nothing wrong with.

        Raises:
            ApiError: an answer that will not change, or patience is at its end.
            Unreachable: there was no answer at all.
        """
        tries, waited, busy = 0, 0.0, 0.0
        while True:
            if (pause := held()) > 0:
                yield Sleep(pause)
            error: GasError | None
            try:
                answer: Answer = yield Send(request, sink)
                error = judge(answer)
                if error is None:
                    return answer
            except Unreachable as unreachable:
                error = unreachable
            pause = self.pause(tries, error)
            tries += 1
            if _asked_too_often(error):
                busy += pause
                self._not_before = max(self._not_before, self.clock() + pause)
            else:
                waited += pause
            if not passes(error) or waited > self.patience or busy > BUSY_PATIENCE:
                raise error
            yield Sleep(pause)

    def pause(self, tries: int, error: GasError | None = None) -> float:
        """Seconds before the next try: random, longer from try to try, as the server asks."""
        longest = min(LONGEST_PAUSE, FIRST_PAUSE * 2**tries)
        asked = getattr(error, "retry_after", None) or 0.0
        return float(asked + longest * (0.5 + self._chance() / 2))

    def _held(self) -> float:
        """Seconds until the server wants to hear of us again."""
        left = self._not_before - self.clock()
        return left + self._chance() if left > 0 else 0.0


def passes(error: GasError) -> bool:
    """Whether trying again is all that is needed."""
    if isinstance(error, ApiError):
        return error.status in _PASSING or error.code == "request_under_way"
    return error.retryable


def api_error(answer: Answer) -> ApiError | None:
    """The error that an answer of the API stands for; None: it is a good one."""
    if answer.status < 400 and answer.status // 100 != 3:
        return None
    problem = _problem(answer)
    kind = ApiError
    if answer.status == 401:
        kind = NotLoggedIn
    elif answer.status == 429 or answer.status >= 500:
        kind = Unavailable
    code = str(problem.get("code") or f"http_{answer.status}")
    return kind(
        str(problem.get("detail") or f"The server answered {answer.status}."),
        status=answer.status,
        code=code,
        remedy=str(problem.get("remedy") or _remedy(answer.status)),
        retryable=bool(problem.get("retryable", answer.status in _PASSING)),
        request_id=str(problem.get("request_id") or ""),
        upgrade=problem.get("upgrade") or None,
        retry_after=_seconds(answer),
    )


def store_error(answer: Answer) -> ApiError | None:
    """The error that an answer of the file store stands for; None: it is a good one."""
    if 200 <= answer.status < 300:
        return None
    passing = answer.status >= 500 or answer.status in (408, 429)
    kind = Unavailable if passing else ApiError
    return kind(
        f"The file store answered {answer.status}.",
        status=503 if passing else answer.status,
        code="file_store",
        remedy="Try again.",
        retryable=passing,
        retry_after=_seconds(answer),
    )


def _problem(answer: Answer) -> dict[str, Any]:
    try:
        found = json.loads(answer.content)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _remedy(status: int) -> str:
    if status == 401:
        return "Log in: gas login"
    return "Check the address of the service." if status < 500 else "Try again in a while."


def _seconds(answer: Answer) -> float | None:
    text = answer.headers.get("retry-after", "")
    return float(text) if text.isdigit() else None


def _asked_too_often(error: GasError) -> bool:
    return isinstance(error, ApiError) and error.status == 429
