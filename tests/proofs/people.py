"""People who use the product while something is done to it; their requests are counted."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import httpx
import smoke

from tests.e2e.person import Person

AGAIN = frozenset({502, 503, 504})
"""What a balancer answers when the instance that had a request is gone."""
_MOST_TRIES = 20
_PAUSE = 0.25


@dataclass
class Tally:
    """What happened to the requests of all people; used from several threads."""

    counts: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, what: str) -> None:
        with self._lock:
            self.counts[what] += 1

    def fault(self, text: str) -> None:
        with self._lock:
            self.faults.append(text)

    def __getitem__(self, what: str) -> int:
        with self._lock:
            return self.counts[what]


class CountingTransport(httpx.BaseTransport):
    """Sends requests, counts them, and sends those again that met a dead instance."""

    def __init__(self, tally: Tally) -> None:
        self._inner = httpx.HTTPTransport()
        self._tally = tally

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.read()
        for attempt in range(_MOST_TRIES):
            if attempt:
                self._tally.add("sent again")
                time.sleep(_PAUSE)
            self._tally.add("requests")
            try:
                response = self._inner.handle_request(request)
                response.read()
            except httpx.TransportError as error:
                self._tally.add(f"{request.method}: {type(error).__name__}")
                continue
            if response.status_code not in AGAIN:
                return response
            self._tally.add(f"{request.method}: {response.status_code}")
        raise httpx.ConnectError("no instance answered", request=request)

    def close(self) -> None:
        self._inner.close()


def person(web: str, tally: Tally) -> Person:
    """Somebody whose requests are counted (those to the bucket are not: it is another server)."""
    made = Person(web)
    made.client.close()
    made.client = httpx.Client(
        follow_redirects=True, timeout=90, transport=CountingTransport(tally)
    )
    return made


@contextmanager
def busy(people: Sequence[Person], tally: Tally, jobs: list[tuple[Person, str]]) -> Iterator[None]:
    """While the block runs, each of `people` looks at pages and submits files, again and again.

    What they submitted is added to `jobs`. Any answer that a person would notice (a failed
    request, an end of the login) is a fault in `tally`.
    """
    stop = threading.Event()
    threads = [
        threading.Thread(target=_live, args=(one, tally, jobs, stop.is_set)) for one in people
    ]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def _live(
    one: Person, tally: Tally, jobs: list[tuple[Person, str]], done: Callable[[], bool]
) -> None:
    rounds = 0
    while not done():
        try:
            if rounds % 8 == 0:
                jobs.append((one, one.annotate(f"round-{rounds}.vcf")))
                tally.add("uploads")
            _look(one, "/annotations")
            _look(one, "/annotate")
            rounds += 1
        except (AssertionError, KeyError, smoke.SmokeFailed, httpx.HTTPError) as error:
            tally.fault(f"{type(error).__name__}: {error}")
        time.sleep(0.2)


def _look(one: Person, path: str) -> None:
    answer = one.client.get(f"{one.web}{path}")
    assert answer.status_code == httpx.codes.OK, f"{path}: {answer.status_code}"
    assert answer.url.path == path, f"{path} led to {answer.url.path}: no longer logged in"
    assert one.email in answer.text or "Log out" in answer.text, f"{path}: of nobody"
