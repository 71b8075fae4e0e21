"""The one receive–work–acknowledge loop.

A worker has a number of slots, each a thread that takes one message at a time. It drains the
queue when it starts and whenever it is woken by a push. In between it sleeps, looking in when a
message that it postponed is due, and every `idle_seconds` in case a push was lost. While a
message is worked on it is kept hidden from others; it is deleted only after its handler says that
the work is durable.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from opentelemetry.trace import SpanKind

from gas import tracing
from gas.errors import InvalidMessage, ServiceUnavailable
from gas.logs import get_logger
from gas.ports import Queue, QueueMessage
from gas.telemetry.metrics import MESSAGE_SECONDS

log = get_logger()

_POLL_AFTER_PUSH = 3
"""The push may overtake the message on its way to the queue by this many seconds."""
_VISIBILITY_SLACK = 0.5
"""Queues count in whole seconds: look for a postponed message this much after it is due."""
_LONGEST_PAUSE = 60
_LONGEST_DELAY = 900


@dataclass(frozen=True)
class Done:
    """The work is durable, or there is nothing to do: forget the message."""


@dataclass(frozen=True)
class Later:
    """Deliver the message again after `seconds`."""

    seconds: int


@dataclass(frozen=True)
class Postpone:
    """It is not this message's turn: deliver a fresh copy after `seconds`, without counting."""

    seconds: int


@dataclass(frozen=True)
class Bury:
    """No delivery will ever succeed: move the message to the dead-letter queue."""

    reason: str


Outcome = Done | Later | Postpone | Bury


@dataclass(frozen=True)
class Delivery:
    """What a handler gets."""

    body: str
    receive_count: int
    stopping: threading.Event
    """Set when the process wants to end: put the work down where another can take it up."""


Handler = Callable[[Delivery], Outcome]


def backoff(receive_count: int) -> int:
    """Seconds to wait after the n-th failed delivery: 30, 60, 120, … up to 15 minutes."""
    return int(min(_LONGEST_DELAY, 30 * 2 ** (max(receive_count, 1) - 1)))


class Worker:
    """Runs `handler` on the messages of `queue`, which traces and metrics call `name`."""

    def __init__(
        self,
        queue: Queue,
        handler: Handler,
        *,
        slots: int,
        visibility_seconds: int,
        idle_seconds: int,
        name: str = "messages",
    ) -> None:
        self.slots = slots
        self._name = name
        self._queue = queue
        self._handler = handler
        self._visibility = visibility_seconds
        self._idle = idle_seconds
        self._stopping = threading.Event()
        self._pushed = threading.Condition()
        self._pushes = 1
        self._in_flight: dict[str, str] = {}
        self._due: list[float] = []
        """When postponed messages become visible again (monotonic seconds)."""
        self._threads = [
            threading.Thread(target=self._run_slot, name=f"slot-{number}", daemon=True)
            for number in range(slots)
        ]
        self._threads.append(threading.Thread(target=self._keep_hidden, name="keep", daemon=True))

    def start(self) -> None:
        """Start the slots; they begin with what is waiting."""
        for thread in self._threads:
            thread.start()

    def wake(self) -> None:
        """There is something in the queue."""
        with self._pushed:
            self._pushes += 1
            self._pushed.notify_all()

    def stop(self, timeout: float) -> bool:
        """Ask the handlers to put their work down. True when all have done so within `timeout`.

        A slot that waits for a message has nothing in hand and is not waited for.
        """
        self._stopping.set()
        self.wake()
        with self._pushed:
            return self._pushed.wait_for(lambda: not self._in_flight, timeout)

    @property
    def alive(self) -> bool:
        """Whether every thread runs."""
        return all(thread.is_alive() for thread in self._threads)

    @property
    def busy(self) -> int:
        """Messages being worked on."""
        return len(self._in_flight)

    def _run_slot(self) -> None:
        seen, faults = 0, 0
        while not self._stopping.is_set():
            woken, seen = self._pushes != seen, self._pushes
            try:
                messages = self._queue.receive(
                    limit=1, wait_seconds=_POLL_AFTER_PUSH if woken else 0
                )
            except ServiceUnavailable as error:
                faults += 1
                pause = min(_LONGEST_PAUSE, 2**faults)
                log.warning("queue_unreachable", error=error.message, pause=pause)
                self._stopping.wait(pause)
                seen -= 1
                continue
            faults = 0
            if not messages:
                self._sleep(seen)
                continue
            if self._stopping.is_set():
                self._settle_safely(messages[0], Later(0))
                return
            self.work(messages[0])
            # There may be more where this came from.
            seen -= 1

    def _sleep(self, seen: int) -> None:
        """Until a push, or a message that was postponed here is due, or the idle time is over."""
        with self._pushed:
            now = time.monotonic()
            waiting = [due for due in self._due if due > now]
            anything_due = len(waiting) < len(self._due)
            self._due = waiting
            if self._pushes == seen and not anything_due:
                self._pushed.wait(min([self._idle, *(due - now for due in self._due)]))

    def work(self, message: QueueMessage) -> Outcome:
        """Handle one received message and settle it with the queue."""
        self._in_flight[message.receipt] = message.body
        try:
            with tracing.span(
                f"process {self._name}",
                kind=SpanKind.CONSUMER,
                parent=message.traceparent,
                attributes={"messaging.delivery": message.receive_count},
            ) as span:
                began = time.perf_counter()
                outcome = self._handle(message)
                came_of_it = type(outcome).__name__.lower()
                span.set_attribute("gas.outcome", came_of_it)
                took = time.perf_counter() - began
                MESSAGE_SECONDS.labels(self._name, came_of_it).observe(took)
                self._settle_safely(message, outcome)
            return outcome
        finally:
            with self._pushed:
                self._in_flight.pop(message.receipt, None)
                self._pushed.notify_all()

    def _settle_safely(self, message: QueueMessage, outcome: Outcome) -> None:
        try:
            self._settle(message, outcome)
        except ServiceUnavailable as error:
            # It will be delivered again; its handler will find the work done.
            log.warning("settling_failed", outcome=repr(outcome), error=error.message)

    def _handle(self, message: QueueMessage) -> Outcome:
        delivery = Delivery(message.body, message.receive_count, self._stopping)
        try:
            return self._handler(delivery)
        except InvalidMessage as error:
            return Bury(error.message)
        except ServiceUnavailable as error:
            log.warning("delivery_postponed", error=error.message, cause=repr(error.__cause__))
        except Exception:
            log.exception("delivery_failed")
        return Later(backoff(message.receive_count))

    def _settle(self, message: QueueMessage, outcome: Outcome) -> None:
        match outcome:
            case Done():
                self._queue.delete(message.receipt)
            case Later(seconds):
                self._queue.extend(message.receipt, seconds=seconds)
                self._expect_in(seconds)
            case Postpone(seconds):
                self._queue.postpone(message, seconds=min(seconds, _LONGEST_DELAY))
                self._expect_in(seconds)
            case Bury(reason):
                log.error("message_buried", reason=reason, body=message.body[:1000])
                self._queue.bury(message)

    def _expect_in(self, seconds: int) -> None:
        """Something will be in the queue by then."""
        with self._pushed:
            self._due.append(time.monotonic() + seconds + _VISIBILITY_SLACK)
            self._pushed.notify_all()

    def _keep_hidden(self) -> None:
        while not self._stopping.wait(self._visibility / 3):
            for receipt in list(self._in_flight):
                try:
                    if not self._queue.extend(receipt, seconds=self._visibility):
                        log.warning("receipt_lapsed")
                except ServiceUnavailable as error:
                    log.warning("extension_failed", error=error.message)
