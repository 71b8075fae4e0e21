"""Whose turn it is: a job runs while it holds one of its user's slots."""

from gas.errors import ServiceUnavailable
from gas.jobs import Job, JobStatus
from gas.ledger import SWEEP_WAITING, ResultsLedger
from gas.logs import get_logger
from gas.plans import terms_of
from gas.ports import Clock, JobStore, Topic
from gas.slots import UserSlots
from gas.submissions import request_run

log = get_logger()

_FIRST_WAIT = 30
_WAIT_PER_PLACE = 10
_LONGEST_WAIT = 900


class Turns:
    """Gives slots to jobs, and when one is given back, calls the user's next job."""

    def __init__(
        self,
        slots: UserSlots,
        *,
        jobs: JobStore,
        ledger: ResultsLedger,
        requests: Topic,
        clock: Clock,
    ) -> None:
        self.slots = slots
        self._jobs = jobs
        self._ledger = ledger
        self._requests = requests
        self._clock = clock

    def take(self, job: Job, *, owner: str) -> int:
        """Take a slot for the job. 0: it is ours; otherwise the job's place among the waiting.

        Raises:
            ServiceUnavailable: the slots cannot be reached.
        """
        place = self.slots.take(job, owner=owner, limit=terms_of(job.plan).max_running_jobs)
        if place:
            self._keep_from_sweeper(job)
        return place

    def end(self, job: Job, *, owner: str) -> None:
        """Give the slot back and ask for the user's next job to be run.

        If that fails, the slot lapses by itself, and the next job's own message comes back.
        """
        try:
            self.slots.free(job.user_id, owner=owner)
            while (job_id := self.slots.next_in_line(job.user_id)) is not None:
                following = self._jobs.get(job_id)
                if following is not None and following.job_status is JobStatus.PENDING:
                    request_run(following, self._requests)
                    log.info("next_job_called", next_job_id=job_id)
                    return
        except ServiceUnavailable as error:
            log.warning("turn_not_passed_on", error=error.message)

    def _keep_from_sweeper(self, job: Job) -> None:
        """A job that waits is not lost; the sweeper would have it requested again and again."""
        at = self._clock.now() + SWEEP_WAITING
        if job.sweep_at is not None and job.sweep_at <= at - _LONGEST_WAIT:
            self._ledger.sweep_again(job.job_id, seen=job.sweep_at, at=at)


def wait_for_turn(place: int) -> int:
    """Seconds after which a waiting job's message looks again, should nobody have called it.

    Only the first few need to look often: those behind them are called one after the other.
    """
    return min(_LONGEST_WAIT, _FIRST_WAIT + _WAIT_PER_PLACE * (place - 1))
