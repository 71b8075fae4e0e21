"""Preparations: few at once, in turn, and only few of one person."""

import threading
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from gas.errors import GasError

AT_ONCE: Final = 2
"""Preparations of this process that are under way; each has a thread."""
MOST_OF_ONE: Final = 2
"""Preparations of one person, under way or waiting."""


@dataclass
class Preparation:
    """A copy in the making, or one that waits for its turn."""

    size: int
    """Of the table, in bytes."""
    fetched: int = 0
    unpacking: bool = False
    given_up: bool = False
    """Nobody may have it any more."""
    failure: GasError | None = None
    done: threading.Event = field(default_factory=threading.Event)

    @property
    def percent(self) -> int:
        """How far it is: fetching is the first half."""
        if self.unpacking:
            return 60
        return min(50, 50 * self.fetched // max(1, self.size))


class Turns:
    """Runs tasks, first come, first served. Safe to share between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: deque[tuple[str, Callable[[], None], threading.Event]] = deque()
        self._of: Counter[str] = Counter()
        self._threads = 0

    def take(self, user_id: str, task: Callable[[], None], done: threading.Event) -> bool:
        """Have a task run as soon as it is its turn, and `done` set when it is over and the
        person may have another; False: this person has too many already."""
        with self._lock:
            if self._of[user_id] >= MOST_OF_ONE:
                return False
            self._of[user_id] += 1
            self._waiting.append((user_id, task, done))
            if self._threads < AT_ONCE:
                self._threads += 1
                threading.Thread(target=self._work, name="prepare", daemon=True).start()
        return True

    def _work(self) -> None:
        while (found := self._next()) is not None:
            user_id, task, done = found
            try:
                task()
            except BaseException:
                with self._lock:
                    self._threads -= 1
                raise
            finally:
                with self._lock:
                    self._of[user_id] -= 1
                    if not self._of[user_id]:
                        del self._of[user_id]
                done.set()

    def _next(self) -> tuple[str, Callable[[], None], threading.Event] | None:
        """What is to be done; None: nothing, and the thread that asked is counted no more."""
        with self._lock:
            if self._waiting:
                return self._waiting.popleft()
            self._threads -= 1
            return None
