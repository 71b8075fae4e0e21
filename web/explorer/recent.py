"""Remembers answers up to a number of bytes, and forgets those that were not asked for longest."""

import sys
from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Any, Final, TypeVar

_Value = TypeVar("_Value")

_OVERHEAD: Final = 20_000
"""Counted for every answer, as facets and the like are not measured."""


class Recent:
    """At most `most_bytes`. Safe to share between threads; two may make the same one at once."""

    def __init__(self, most_bytes: int) -> None:
        self._most = most_bytes
        self._bytes = 0
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
            if key not in self._kept:
                self._kept[key] = made
                self._bytes += _size(made)
            while self._bytes > self._most and self._kept:
                _, forgotten = self._kept.popitem(last=False)
                self._bytes -= _size(forgotten)
        return made


def _size(value: object) -> int:
    return _OVERHEAD + int(getattr(value, "nbytes", sys.getsizeof(value)))
