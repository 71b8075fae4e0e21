"""Writing beside the work: a page of a file costs as much as annotating what stands on it."""

from __future__ import annotations

from queue import SimpleQueue
from threading import Semaphore, Thread
from typing import BinaryIO, Final

from blake3 import blake3

from anntools.uncached import Appender

_INLINE: Final = 1 << 20  # a thread for less does not pay
_STEP: Final = 1 << 18  # stays in the processor's cache between checksum and file


class WriteBehind:
    """Appends to a file and takes the checksum, one piece at a time, while the caller goes on.

    What ``write`` was given must stay as it is until the next call returns. An error shows at the
    next call, at the latest in ``finish``.
    """

    def __init__(self, handle: BinaryIO) -> None:
        self._file = Appender(handle)
        self._hash = blake3()
        self._waiting: SimpleQueue[bytes | memoryview | None] = SimpleQueue()
        self._idle = Semaphore(1)
        self._thread: Thread | None = None
        self._error: OSError | None = None
        self.bytes = 0

    def write(self, data: bytes | memoryview) -> None:
        """Append. Raises OSError, also for an earlier piece."""
        self.bytes += len(data)
        if self._thread is None and self.bytes <= _INLINE:
            self._append(data)
            return
        if self._thread is None:
            self._thread = Thread(target=self._work, name="write", daemon=True)
            self._thread.start()
        self._idle.acquire()
        if self._error:
            self._idle.release()
            raise self._error
        self._waiting.put(data)

    def finish(self) -> str:
        """Wait until all is written; returns the checksum. Raises OSError."""
        self.stop()
        if self._error:
            raise self._error
        self._file.finish()
        return self._hash.hexdigest()

    def stop(self) -> None:
        """Wait for the thread, whatever became of it."""
        if self._thread:
            self._waiting.put(None)
            self._thread.join()
            self._thread = None

    def _append(self, data: bytes | memoryview) -> None:
        view = memoryview(data)
        for at in range(0, len(view), _STEP):
            step = view[at : at + _STEP]
            self._hash.update(step)
            self._file.write(step)

    def _work(self) -> None:
        while (data := self._waiting.get()) is not None:
            try:
                if not self._error:
                    self._append(data)
            except OSError as error:
                self._error = error
            finally:
                self._idle.release()
