"""Queues in order of preference, seen as one: the next message is from the first that has any."""

from collections.abc import Sequence
from dataclasses import replace

from gas.ports import Queue, QueueMessage

_WAIT_SECONDS = 1
"""Waiting at the last queue, the others are looked at this often."""


class PriorityQueue:
    """`gas.ports.Queue` over several."""

    def __init__(self, *queues: Queue) -> None:
        self._queues = queues

    def receive(self, *, limit: int, wait_seconds: int) -> Sequence[QueueMessage]:
        """As a queue does; all messages of one answer are from the same queue."""
        waited = 0
        while True:
            wait = min(_WAIT_SECONDS, wait_seconds - waited)
            for number, queue in enumerate(self._queues):
                last = number == len(self._queues) - 1
                messages = queue.receive(limit=limit, wait_seconds=wait if last else 0)
                if messages:
                    return [replace(m, receipt=f"{number} {m.receipt}") for m in messages]
            waited += _WAIT_SECONDS
            if waited >= wait_seconds:
                return []

    def extend(self, receipt: str, *, seconds: int) -> bool:
        queue, own = self._behind(receipt)
        return queue.extend(own, seconds=seconds)

    def postpone(self, message: QueueMessage, *, seconds: int) -> None:
        queue, own = self._behind(message.receipt)
        queue.postpone(replace(message, receipt=own), seconds=seconds)

    def delete(self, receipt: str) -> None:
        queue, own = self._behind(receipt)
        queue.delete(own)

    def bury(self, message: QueueMessage) -> None:
        queue, own = self._behind(message.receipt)
        queue.bury(replace(message, receipt=own))

    def _behind(self, receipt: str) -> tuple[Queue, str]:
        number, own = receipt.split(" ", 1)
        return self._queues[int(number)], own
