"""Remembers a few answers, and forgets the one that was not asked for longest."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Any, TypeVar

_Value = TypeVar("_Value")


class Recent:
    """At most `most` answers. Safe to share between threads; two may make the same one at once."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: OrderedDict[Hashable, Any] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Hashable, make: Callable[[], _Value]) -> _Value:
        """What is kept under `key`; made if there is nothing."""
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                found: _Value = self._kept[key]
                return found
        made = make()
        with self._lock:
            self._kept[key] = made
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)
        return made
