"""Turns at what keeps a processor busy: few at a time, and one for each person.

A question to the explorer or the engine takes a moment and memory. Two at once keep this machine
busy; more would only make each other slow, and whoever asks a hundred must not be served a hundred
times before somebody else is.
"""

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Condition

from gas.errors import ServiceUnavailable

PLACES = 2
"""Questions that are answered at once by this process."""
MOST_WAITING = 3
"""Of one person: a page asks for rows, facets and summary at once. Each waits in a thread."""
LONGEST_WAIT = 8.0
"""Seconds."""


class Gate:
    """Lets people ask in turn. Safe to share between threads."""

    def __init__(self, places: int = PLACES, longest_wait: float = LONGEST_WAIT) -> None:
        self._places = places
        self._longest = longest_wait
        self._inside: set[str] = set()
        self._waiting: Counter[str] = Counter()
        self._changed = Condition()

    @contextmanager
    def turn(self, user_id: str) -> Iterator[None]:
        """One question of a person.

        Raises:
            ServiceUnavailable: they ask too many at once, or it is not their turn in time.
        """
        with self._changed:
            if self._waiting[user_id] >= MOST_WAITING:
                raise _busy("You are asking for several things at once already.")
            self._waiting[user_id] += 1
            try:
                self._wait(user_id)
            finally:
                self._waiting[user_id] -= 1
                if not self._waiting[user_id]:
                    del self._waiting[user_id]
            self._inside.add(user_id)
        try:
            yield
        finally:
            with self._changed:
                self._inside.discard(user_id)
                self._changed.notify_all()

    def _wait(self, user_id: str) -> None:
        until = time.monotonic() + self._longest
        while user_id in self._inside or len(self._inside) >= self._places:
            left = until - time.monotonic()
            if left <= 0:
                raise _busy("Many people are asking at once just now.")
            self._changed.wait(left)


def _busy(why: str) -> ServiceUnavailable:
    return ServiceUnavailable(why, remedy="Try again in a few seconds.")
