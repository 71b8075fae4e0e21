"""Signs of life: which processes of the service run, and since when.

Every process of web, annotator, archiver and thaw writes a line of its own into one small table,
every `BEAT_SECONDS`; who has not been seen for `ALIVE_SECONDS` counts as gone. The job's page asks
whether anybody is there to run a job, the status page asks about all.
"""

import os
import socket
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Protocol

from gas.errors import ServiceUnavailable
from gas.logs import get_logger
from gas.ports import Clock

log = get_logger()

BEAT_SECONDS = 15
ALIVE_SECONDS = 50
"""Three beats, and some time for one that is late."""

_LAST_WORDS = 1.0
_KEPT_SECONDS = 86_400
"""A line that nobody writes any more is removed after this time."""

Detail = Mapping[str, int]
"""Numbers that a service tells of itself; the annotator: `slots`, and how many are `busy`."""


@dataclass(frozen=True)
class Beat:
    """The latest sign of life of one process."""

    service: str
    """`web`, `annotator`, `archiver` or `thaw`."""
    instance: str
    """Which of them: host name and process id."""
    version: str
    started: int
    seen_at: int
    detail: Detail = field(default_factory=dict)

    def is_alive(self, now: int) -> bool:
        """Whether the process has been heard of lately."""
        return now - self.seen_at <= ALIVE_SECONDS


class VitalsTable(Protocol):
    """Where the beats are kept, one of each process.

    Every method raises ServiceUnavailable when the table cannot be reached.
    """

    def beat(self, beat: Beat, *, expires_at: int) -> None:
        """Write the process's line; it may be removed after `expires_at`."""

    def forget(self, beat: Beat) -> None:
        """The process has ended by itself."""

    def beats(self) -> Sequence[Beat]:
        """The latest beat of every process, by service and instance; a dead one's for a day."""


class Heart:
    """The thread that beats. `start` it once; it ends with the process."""

    def __init__(
        self,
        table: VitalsTable,
        clock: Clock,
        *,
        service: str,
        detail: Callable[[], Detail] = dict,
        every: float = BEAT_SECONDS,
    ) -> None:
        self._table = table
        self._clock = clock
        self._service = service
        self._detail = detail
        self._every = every
        self._started = clock.now()
        self._instance = f"{socket.gethostname()}:{os.getpid()}"
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="heart", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Say that the process ends; should that fail, the last beat grows old by itself."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(_LAST_WORDS)  # a beat under way would come after the farewell
        try:
            self._table.forget(self._now())
        except ServiceUnavailable as error:
            log.warning("last_beat_stays", reason=error.message)

    def beat(self) -> None:
        """Beat once. A table that cannot be reached is no reason to die."""
        now = self._now()
        try:
            self._table.beat(now, expires_at=now.seen_at + _KEPT_SECONDS)
        except ServiceUnavailable as error:
            log.warning("beat_failed", reason=error.message)

    def _now(self) -> Beat:
        return Beat(
            service=self._service,
            instance=self._instance,
            version=version("gas"),
            started=self._started,
            seen_at=self._clock.now(),
            detail=dict(self._detail()),
        )

    def _run(self) -> None:
        while True:
            self.beat()
            if self._stopping.wait(self._every):
                return


def alive(beats: Sequence[Beat], service: str, now: int) -> Sequence[Beat]:
    """The processes of `service` that have been heard of lately."""
    return [beat for beat in beats if beat.service == service and beat.is_alive(now)]
