"""Finds jobs that fell through, and sends the ordinary message again.

Nobody relies on being swept: it is why nothing is lost when a message, a process or a machine
was. What the message leads to is up to its reader, who looks at the job itself.
"""

from collections import Counter
from collections.abc import Mapping

from gas.jobs import Job
from gas.ledger import SWEEP_SHARDS, ResultsLedger
from gas.logs import bound, get_logger
from gas.messages import (
    ArchiveRequested,
    JobErasureRequested,
    PremiumSweepRequested,
    ThawRequested,
)
from gas.ports import Clock, JobStore, Topic
from gas.submissions import request_run
from lambdas.sweep.findings import Finding, judge

log = get_logger()

_PAGE = 100
_PAGES = 4
"""Pages of each shard in one run; the rest waits for the next one."""


class SweepJobs:
    """Looks at every job whose `sweep_at` has passed."""

    def __init__(
        self,
        *,
        jobs: JobStore,
        ledger: ResultsLedger,
        job_requests: Topic,
        archive_requests: Topic,
        thaw_requests: Topic,
        erasures: Topic,
        clock: Clock,
    ) -> None:
        self._jobs = jobs
        self._ledger = ledger
        self._job_requests = job_requests
        self._archive_requests = archive_requests
        self._thaw_requests = thaw_requests
        self._erasures = erasures
        self._clock = clock

    def __call__(self) -> Mapping[Finding, int]:
        """One run; how often each thing was found.

        Raises:
            ServiceUnavailable: a neighbour is away; what was not looked at waits for the next run.
        """
        counts: Counter[Finding] = Counter()
        looked_at = 0
        for shard in SWEEP_SHARDS:
            for _ in range(_PAGES):
                page = self._ledger.due_for_sweep(shard, now=self._clock.now(), limit=_PAGE)
                for listed in page:
                    with bound(job_id=listed.job_id, user_id=listed.user_id):
                        found = self._look_at(listed.job_id)
                    looked_at += 1
                    if found is not None:
                        counts[found] += 1
                if len(page) < _PAGE:
                    break
        log.info("jobs_swept", looked_at=looked_at, **{str(k): n for k, n in counts.items()})
        return counts

    def _look_at(self, job_id: str) -> Finding | None:
        """See to one job, unless it moved on since the index was written."""
        now = self._clock.now()
        job = self._jobs.get(job_id)
        if job is None or job.sweep_at is None or job.sweep_at > now:
            return None
        verdict = judge(job, now)
        # First: of two sweepers that find the same, one tells it.
        if not self._ledger.sweep_again(job_id, seen=job.sweep_at, at=verdict.look_at):
            return None
        if verdict.finding is not None:
            self._tell(job, verdict.finding)
            log.warning("swept", finding=verdict.finding, look_at=verdict.look_at)
        return verdict.finding

    def _tell(self, job: Job, finding: Finding) -> None:
        message: ArchiveRequested | ThawRequested | JobErasureRequested
        match finding:
            case Finding.NOT_CLAIMED | Finding.ANNOTATOR_LOST | Finding.NOT_ANNOUNCED:
                request_run(job, self._job_requests)
                return
            case Finding.DUE | Finding.SPENT_ARCHIVES | Finding.ARCHIVER_LOST:
                topic = self._archive_requests
                message = ArchiveRequested(job_id=job.job_id, user_id=job.user_id)
            case Finding.RETRIEVAL_OVERDUE:
                topic = self._thaw_requests
                message = ThawRequested(job_id=job.job_id, user_id=job.user_id)
            case Finding.NOT_ERASED:
                topic = self._erasures
                message = JobErasureRequested(job_id=job.job_id, user_id=job.user_id)
        topic.publish(message.to_json(), attributes={"type": message.type, "job_id": job.job_id})


def sweep_premium(thaw_requests: Topic) -> None:
    """Have the thaw service look for Premium users with anything cold: only it knows plans."""
    message = PremiumSweepRequested()
    thaw_requests.publish(message.to_json(), attributes={"type": message.type})
    log.info("premium_sweep_requested")
