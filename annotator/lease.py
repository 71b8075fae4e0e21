"""Holding a job while it is annotated: each renewal of the lease carries the progress."""

from gas.jobs import Job, Progress
from gas.lease import Lease
from gas.ports import Clock, JobStore


class JobLease(Lease):
    """Keeps a claimed job ours for as long as the block runs."""

    def __init__(
        self, jobs: JobStore, clock: Clock, job: Job, *, owner: str, lease_seconds: int
    ) -> None:
        super().__init__(
            lambda until: jobs.renew(job.job_id, owner=owner, until=until, progress=self._progress),
            clock,
            seconds=lease_seconds,
        )
        self.owner = owner
        self._progress = Progress()

    def report(self, progress: Progress) -> None:
        """What the next renewal says of the progress."""
        self._progress = progress
