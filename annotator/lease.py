"""Holding a job: the lease is renewed in the background, with the progress on it."""

import threading
from types import TracebackType
from typing import Self

from gas.errors import LeaseLost, ServiceUnavailable
from gas.jobs import Job, Progress
from gas.logs import get_logger
from gas.ports import Clock, JobStore

log = get_logger()


class Lease:
    """Keeps a claimed job ours for as long as the block runs.

    A renewal that fails because the database is away is tried again; one that finds the job in
    other hands, or cancelled, sets `lost`.
    """

    def __init__(
        self, jobs: JobStore, clock: Clock, job: Job, *, owner: str, lease_seconds: int
    ) -> None:
        self._jobs = jobs
        self._clock = clock
        self._job_id = job.job_id
        self.owner = owner
        self._lease_seconds = lease_seconds
        self._progress = Progress()
        self._ended = threading.Event()
        self._lost = threading.Event()
        self._thread = threading.Thread(target=self._renew, name="lease", daemon=True)

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

    def report(self, progress: Progress) -> None:
        """What the next renewal says of the progress."""
        self._progress = progress

    @property
    def lost(self) -> bool:
        """Whether the job is no longer ours."""
        return self._lost.is_set()

    def check(self) -> None:
        """Raises LeaseLost when the job is no longer ours."""
        if self.lost:
            raise LeaseLost("the job was taken over or cancelled")

    def _renew(self) -> None:
        # Five renewals within a lease: four may fail before it lapses.
        while not self._ended.wait(self._lease_seconds / 5):
            try:
                held = self._jobs.renew(
                    self._job_id,
                    owner=self.owner,
                    until=self._clock.now() + self._lease_seconds,
                    progress=self._progress,
                )
            except ServiceUnavailable as error:
                log.warning("lease_renewal_failed", error=error.message)
                continue
            if not held:
                self._lost.set()
                return
