"""A wire through all ports of a service: one of the calls is the last thing a process does, or
something happens elsewhere just before it."""

from collections.abc import Callable
from typing import Any


class Killed(BaseException):
    """kill -9: no handler catches it, and what `finally` blocks still try has no effect."""


class Tripwire:
    """Passes calls on to ports; kills the process before or after the n-th of all calls."""

    def __init__(self, *, unnoticed: frozenset[str] = frozenset({"renew"})) -> None:
        """`unnoticed` are calls made in the background, whose number is a matter of chance."""
        self.calls: list[str] = []
        self.kill_before: int | None = None
        self.kill_after: int | None = None
        self.happenings: dict[int, Callable[[], object]] = {}
        """What happens just before the call of this number; it may raise, as an outage does."""
        self.unnoticed = unnoticed
        self._died_of: tuple[int | None, int | None] | None = None

    def revive(self) -> None:
        """A new process, which nobody kills."""
        self.kill_before = self.kill_after = self._died_of = None

    def guard(self, port: Any) -> Any:
        """The port with the wire around it."""
        return _Guarded(self, port)

    def watch(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """A function with the wire around it."""

        def call(*args: Any, **kwargs: Any) -> Any:
            end = (self.kill_before, self.kill_after)
            if self._died_of == end != (None, None):
                raise Killed
            number = len(self.calls)
            self.calls.append(name)
            if number in self.happenings:
                self.happenings.pop(number)()
            if number == self.kill_before:
                self._died_of = end
                raise Killed
            answer = function(*args, **kwargs)
            if number == self.kill_after:
                self._died_of = end
                raise Killed
            return answer

        return call


class _Guarded:
    def __init__(self, wire: Tripwire, port: Any) -> None:
        self._wire = wire
        self._port = port

    def __getattr__(self, name: str) -> Any:
        target = getattr(self._port, name)
        if not callable(target) or name in self._wire.unnoticed:
            return target
        return self._wire.watch(name, target)
