"""Holding a job: the lease is renewed in the background for as long as somebody works on it."""

import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

from gas.errors import LeaseLost, ServiceUnavailable
from gas.logs import get_logger
from gas.ports import Clock

log = get_logger()

Renew = Callable[[int], bool]
"""Extends a lease until the time given; False when it is somebody else's by now."""


class Lease:
    """Keeps what was claimed ours for as long as the block runs.

    A renewal that fails because the database is away is tried again; one that finds the job in
    other hands, or cancelled, sets `lost`.
    """

    def __init__(self, renew: Renew, clock: Clock, *, seconds: int) -> None:
        self._renew = renew
        self._clock = clock
        self._seconds = seconds
        self._ended = threading.Event()
        self._lost = threading.Event()
        self._thread = threading.Thread(target=self._keep, name="lease", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ended.set()
        self._thread.join()

    @property
    def lost(self) -> bool:
        """Whether the job is no longer ours."""
        return self._lost.is_set()

    def check(self) -> None:
        """Raises LeaseLost when the job is known to be no longer ours."""
        if self.lost:
            raise LeaseLost("the job was taken over or cancelled")

    def renew_now(self) -> None:
        """Renew at once: when this returns, the job was ours all the time until now.

        Raises:
            LeaseLost: it is no longer ours.
            ServiceUnavailable: the database is away.
        """
        if not self._renew(self._clock.now() + self._seconds):
            self._lost.set()
        self.check()

    def _keep(self) -> None:
        # Five renewals within a lease: four may fail before it lapses.
        while not self._ended.wait(self._seconds / 5):
            try:
                self.renew_now()
            except ServiceUnavailable as error:
                log.warning("lease_renewal_failed", error=error.message)
            except LeaseLost:
                return
