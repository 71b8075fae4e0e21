"""Keeps the machine while a job runs on it: an auto-scaling group takes away idle machines only."""

import threading
from collections.abc import Callable
from typing import Protocol

from gas.errors import ServiceUnavailable
from gas.logs import get_logger

log = get_logger()

LOOK_SECONDS = 5
QUIET_SECONDS = 60
"""So long after its last job a machine may go: jobs that follow each other cost no calls."""


class Protection(Protocol):
    """What decides which machine goes when there are too many."""

    def protect(self, wanted: bool) -> None:
        """Keep this machine, or let it go.

        Raises:
            ServiceUnavailable: it cannot be told now.
        """


class Protector:
    """The thread that tells it, when that changes. `start` it once; it ends with the process.

    A job that begins between two looks may be caught by the end of its machine: then it is handed
    back like any other (`gas.worker`).
    """

    def __init__(
        self,
        protection: Protection,
        busy: Callable[[], int],
        *,
        every: float = LOOK_SECONDS,
        quiet_looks: int = QUIET_SECONDS // LOOK_SECONDS,
    ) -> None:
        self._protection = protection
        self._busy = busy
        self._every = every
        self._quiet_looks = quiet_looks
        self._quiet = quiet_looks
        self._told: bool | None = None
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="protector", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """The process ends; whether the machine does is for others to say."""
        self._stopping.set()

    def look(self) -> None:
        """Look once whether a job runs, and tell if that is news."""
        self._quiet = 0 if self._busy() else self._quiet + 1
        wanted = self._quiet < self._quiet_looks
        if wanted == self._told:
            return
        try:
            self._protection.protect(wanted)
        except ServiceUnavailable as error:
            log.warning("protection_failed", wanted=wanted, reason=error.message)
            return
        self._told = wanted
        log.info("protection", wanted=wanted)

    def _run(self) -> None:
        while not self._stopping.wait(self._every):
            self.look()
