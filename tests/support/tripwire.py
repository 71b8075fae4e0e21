"""Kills a process before or after any call that it makes to its ports, and lets things happen."""

from collections.abc import Callable
from typing import Any


class Killed(BaseException):
    """kill -9: no handler catches it and nothing after it runs."""


class Tripwire:
    """Passes calls on to ports, numbered in the order in which they come."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.kill_before: int | None = None
        self.kill_after: int | None = None
        self.happenings: dict[int, Callable[[], None]] = {}
        """What happens elsewhere just before the call of this number."""

    def guard(self, port: Any) -> Any:
        """`port`, watched."""
        return _Guarded(self, port)

    def watch(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """`function`, watched."""

        def call(*args: Any, **kwargs: Any) -> Any:
            number = len(self.calls)
            self.calls.append(name)
            if number in self.happenings:
                self.happenings.pop(number)()
            if number == self.kill_before:
                raise Killed
            answer = function(*args, **kwargs)
            if number == self.kill_after:
                raise Killed
            return answer

        return call


class _Guarded:
    def __init__(self, wire: Tripwire, port: Any) -> None:
        self._wire = wire
        self._port = port

    def __getattr__(self, name: str) -> Any:
        target = getattr(self._port, name)
        # Leases are renewed by a thread of their own, at times that no test can count.
        if not callable(target) or name == "renew":
            return target
        return self._wire.watch(name, target)
