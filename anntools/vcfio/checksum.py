"""The BLAKE3 checksum of what is read, taken beside the work: hashing lets other threads run."""

from __future__ import annotations

from queue import SimpleQueue
from threading import BoundedSemaphore, Thread
from typing import Final

from blake3 import blake3

_INLINE: Final = 1 << 20  # a thread for less does not pay
_WAITING: Final = 16  # blocks that may wait: what bounds memory


class Checksum:
    """Feed it with ``update``; ``hexdigest`` ends it."""

    def __init__(self) -> None:
        self._hash = blake3()
        self._size = 0
        self._thread: Thread | None = None
        self._queue: SimpleQueue[bytes] = SimpleQueue()
        self._room = BoundedSemaphore(_WAITING)

    def update(self, data: bytes) -> None:
        """Take in the next bytes; empty ones count for nothing."""
        if not data:
            return
        self._size += len(data)
        if self._size <= _INLINE:
            self._hash.update(data)
            return
        if self._thread is None:
            self._thread = Thread(target=self._work, name="checksum", daemon=True)
            self._thread.start()
        self._room.acquire()
        self._queue.put(data)

    def hexdigest(self) -> str:
        """The checksum of everything so far."""
        if self._thread:
            self._queue.put(b"")
            self._thread.join()
            self._thread = None
        return self._hash.hexdigest()

    def _work(self) -> None:
        while data := self._queue.get():
            self._hash.update(data)
            self._room.release()
