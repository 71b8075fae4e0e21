"""Topic, queue, mailer and clock in memory."""

from collections.abc import Mapping, Sequence
from itertools import count
from threading import Condition

from gas import tracing
from gas.errors import MailRefused
from gas.ports import Clock, Mail, QueueMessage


class FakeClock:
    """A clock that moves when told."""

    def __init__(self, now: int = 1_800_000_000) -> None:
        self._now = now

    def now(self) -> int:
        return self._now

    def advance(self, seconds: int) -> None:
        self._now += seconds


class MemoryQueue:
    """`gas.ports.Queue` with visibility and a dead-letter list, driven by a `Clock`."""

    def __init__(self, clock: Clock, *, visibility: int = 30, max_receives: int = 5) -> None:
        self._clock = clock
        self._visibility = visibility
        self._max_receives = max_receives
        self._ids = count(1)
        self._bodies: dict[int, str] = {}
        self._traces: dict[int, str] = {}
        self._visible_at: dict[int, int] = {}
        self._receives: dict[int, int] = {}
        self._receipts: dict[str, int] = {}
        self._changed = Condition()
        self.dead: list[str] = []

    def send(self, body: str, *, delay: int = 0, traceparent: str = "") -> None:
        with self._changed:
            message = next(self._ids)
            self._bodies[message] = body
            self._traces[message] = traceparent
            self._visible_at[message] = self._clock.now() + delay
            self._receives[message] = 0
            self._changed.notify_all()

    def receive(self, *, limit: int, wait_seconds: int) -> Sequence[QueueMessage]:
        with self._changed:
            found = self._take(limit)
            if not found and wait_seconds:
                self._changed.wait(timeout=wait_seconds)
                found = self._take(limit)
            return found

    def extend(self, receipt: str, *, seconds: int) -> bool:
        with self._changed:
            message = self._receipts.get(receipt)
            if message is None or message not in self._bodies:
                return False
            self._visible_at[message] = self._clock.now() + seconds
            self._changed.notify_all()
            return True

    def postpone(self, message: QueueMessage, *, seconds: int) -> None:
        self.send(message.body, delay=seconds, traceparent=message.traceparent)
        self.delete(message.receipt)

    def delete(self, receipt: str) -> None:
        with self._changed:
            message = self._receipts.pop(receipt, None)
            if message is not None:
                self._bodies.pop(message, None)

    def bury(self, message: QueueMessage) -> None:
        self.dead.append(message.body)
        self.delete(message.receipt)

    def __len__(self) -> int:
        return len(self._bodies)

    def _take(self, limit: int) -> list[QueueMessage]:
        now = self._clock.now()
        taken: list[QueueMessage] = []
        for message in [m for m in self._bodies if self._visible_at[m] <= now]:
            if self._receives[message] >= self._max_receives:
                self.dead.append(self._bodies.pop(message))
                continue
            if len(taken) == limit:
                break
            self._receives[message] += 1
            self._visible_at[message] = now + self._visibility
            receipt = f"{message}:{self._receives[message]}"
            self._receipts[receipt] = message
            taken.append(
                QueueMessage(
                    self._bodies[message],
                    receipt,
                    self._receives[message],
                    traceparent=self._traces[message],
                )
            )
        return taken


class MemoryTopic:
    """`gas.ports.Topic` that remembers what was published and feeds its queues."""

    def __init__(self, *queues: MemoryQueue) -> None:
        self._queues = queues
        self.published: list[str] = []
        self.attributes: list[Mapping[str, str]] = []
        """Those of each published message."""

    def publish(self, body: str, *, attributes: Mapping[str, str], group: str = "") -> None:
        self.published.append(body)
        self.attributes.append(attributes)
        for queue in self._queues:
            queue.send(body, traceparent=tracing.here())


class MemoryTimer:
    """`gas.ports.Timer` that remembers what was started."""

    def __init__(self) -> None:
        self.started: dict[str, tuple[int, Mapping[str, object]]] = {}
        """Time and payload by name."""

    def start(self, name: str, *, at: int, payload: Mapping[str, object]) -> None:
        self.started.setdefault(name, (at, payload))


class MemoryMailer:
    """`gas.ports.Mailer` that keeps the mails; addresses in `refuses` bounce."""

    def __init__(self, *, refuses: frozenset[str] = frozenset()) -> None:
        self._refuses = refuses
        self.sent: list[Mail] = []

    def send(self, mail: Mail) -> str:
        if mail.to in self._refuses:
            raise MailRefused(f"{mail.to} is not accepted.")
        self.sent.append(mail)
        return f"mail-{len(self.sent)}"
