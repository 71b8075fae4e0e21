"""Answers that are the same for everybody and change slowly, kept a few seconds."""

import threading
import time
from collections.abc import Callable
from typing import Any

FRESH_SECONDS = 4.0

_MOST_KEPT = 200


class Recent:
    """Answers, kept for `seconds`. Safe to share between threads."""

    def __init__(
        self, seconds: float = FRESH_SECONDS, time_of: Callable[[], float] = time.monotonic
    ) -> None:
        self._seconds = seconds
        self._time_of = time_of
        self._kept: dict[object, tuple[float, Any]] = {}
        self._lock = threading.Lock()

    def get(self, question: object, ask: Callable[[], Any]) -> Any:
        """The answer to `question`: the recent one, or what `ask` says now."""
        now = self._time_of()
        with self._lock:
            if question in self._kept and now - self._kept[question][0] < self._seconds:
                return self._kept[question][1]
        answer = ask()
        with self._lock:
            if len(self._kept) >= _MOST_KEPT:
                self._kept.clear()
            self._kept[question] = (now, answer)
        return answer
