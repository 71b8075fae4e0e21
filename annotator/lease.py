"""Holding a job, and its user's slot, while it is annotated: each renewal carries the progress."""

from gas.jobs import Job, Progress
from gas.lease import Lease
from gas.ports import Clock, JobStore
from gas.slots import UserSlots


class JobLease(Lease):
    """Keeps a claimed job and the slot it runs in ours for as long as the block runs."""

    def __init__(
        self,
        jobs: JobStore,
        slots: UserSlots,
        clock: Clock,
        job: Job,
        *,
        owner: str,
        lease_seconds: int,
    ) -> None:
        def renew(until: int) -> bool:
            # The slot first: it must not lapse before the job's lease does.
            return slots.renew(job.user_id, owner=owner) and jobs.renew(
                job.job_id, owner=owner, until=until, progress=self._progress
            )

        super().__init__(renew, clock, seconds=lease_seconds)
        self.owner = owner
        self._progress = Progress()

    def report(self, progress: Progress) -> None:
        """What the next renewal says of the progress."""
        self._progress = progress
