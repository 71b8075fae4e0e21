"""The jobs table in a dict."""

from collections.abc import Sequence

from gas.errors import InvalidRequest
from gas.jobs import (
    Failure,
    Job,
    JobStatus,
    Progress,
    Results,
    ResultsState,
    StoredFile,
    WaitingJob,
    sources_of,
)
from gas.ledger import SWEEP_CLAIMED, SWEEP_DUE, SWEEP_ENDED, sweep_shard
from gas.plans import Plan
from gas.ports import JobPage
from gas.testing.table import MemoryTable


class MemoryJobStore:
    """`gas.ports.JobStore` without a database."""

    def __init__(self, table: MemoryTable | None = None) -> None:
        self.table = table or MemoryTable()

    def create(self, job: Job) -> bool:
        return self.table.insert(job)

    def get(self, job_id: str) -> Job | None:
        return self.table.get(job_id)

    def list_for_user(self, user_id: str, *, limit: int, cursor: str | None = None) -> JobPage:
        mine = sorted(
            (job for job in self.table if job.user_id == user_id),
            key=lambda job: (job.submit_time, job.job_id),
            reverse=True,
        )
        return page_of(mine, limit=limit, cursor=cursor)

    def list_waiting(self, plan: Plan, *, limit: int) -> Sequence[WaitingJob]:
        waiting = sorted(
            (job.submit_time, job.job_id, job.user_id)
            for job in self.table
            if job.waiting_in is plan
        )
        return [WaitingJob(job_id, user_id, at) for at, job_id, user_id in waiting[:limit]]

    def mark_retried(self, job_id: str, *, by: str) -> None:
        self.table.change(job_id, lambda job: True, lambda job: {"retried_by": by})

    def mark_queued(self, job_id: str, *, at: int) -> None:
        self._mark(job_id, "queued_at", at)

    def claim(self, job_id: str, *, owner: str, now: int, lease_seconds: int) -> Job | None:
        return self.table.change(
            job_id,
            lambda job: (
                job.job_status in sources_of(JobStatus.RUNNING)
                and (job.job_status is not JobStatus.RUNNING or job.lease_until < now)
            ),
            lambda job: {
                "job_status": JobStatus.RUNNING,
                "start_time": job.start_time or now,
                "attempts": job.attempts + 1,
                "attempt_times": (*job.attempt_times, now),
                "lease_owner": owner,
                "lease_until": now + lease_seconds,
                "progress": Progress(),
                "waiting_in": None,
                **swept(job_id, now + SWEEP_CLAIMED),
            },
        )

    def renew(self, job_id: str, *, owner: str, until: int, progress: Progress) -> bool:
        return self._held(job_id, owner, lease_until=until, progress=progress) is not None

    def release(self, job_id: str, *, owner: str, now: int, count_attempt: bool) -> bool:
        job = self.get(job_id)
        attempts = job.attempts - (not count_attempt) if job else 0
        return self._held(job_id, owner, lease_until=now - 1, attempts=attempts) is not None

    def complete(
        self, job_id: str, *, owner: str, at: int, results: Results, archive_at: int
    ) -> Job | None:
        return self._held(
            job_id,
            owner,
            job_status=JobStatus.COMPLETED,
            results_state=ResultsState.AVAILABLE,
            complete_time=at,
            results=results,
            archive_at=archive_at,
            lease_owner=None,
            **swept(job_id, min(at + SWEEP_ENDED, archive_at + SWEEP_DUE)),
        )

    def fail(
        self,
        job_id: str,
        *,
        owner: str,
        at: int,
        failure: Failure,
        log: StoredFile | None = None,
    ) -> Job | None:
        return self._held(
            job_id,
            owner,
            job_status=JobStatus.FAILED,
            complete_time=at,
            failure=failure,
            failure_log=log,
            lease_owner=None,
            **swept(job_id, at + SWEEP_ENDED),
        )

    def cancel(self, job_id: str, *, at: int) -> Job | None:
        return self.table.change(
            job_id,
            lambda job: job.job_status in sources_of(JobStatus.CANCELLED),
            lambda job: {
                "job_status": JobStatus.CANCELLED,
                "complete_time": at,
                "lease_owner": None,
                "waiting_in": None,
                **swept(job_id, at + SWEEP_ENDED),
            },
        )

    def mark_announced(self, job_id: str, *, at: int) -> None:
        self._mark(job_id, "announced_at", at)

    def mark_notified(self, job_id: str, *, at: int) -> None:
        self._mark(job_id, "notified_at", at)

    def _held(self, job_id: str, owner: str, **changes: object) -> Job | None:
        return self.table.change(
            job_id,
            lambda job: job.job_status is JobStatus.RUNNING and job.lease_owner == owner,
            lambda job: changes,
        )

    def _mark(self, job_id: str, field: str, at: int) -> None:
        self.table.change(job_id, lambda job: getattr(job, field) is None, lambda job: {field: at})


def swept(job_id: str, at: int) -> dict[str, object]:
    """The changes that have the sweeper look at the job at `at`."""
    return {"sweep_shard": sweep_shard(job_id), "sweep_at": at}


def page_of(jobs: list[Job], *, limit: int, cursor: str | None) -> JobPage:
    """The page behind `cursor`, which is the id of the last job of the page before."""
    start = 0
    if cursor is not None:
        ids = [job.job_id for job in jobs]
        if cursor not in ids:
            raise InvalidRequest(
                "This page address is not valid.", remedy="Start again from the first page."
            )
        start = ids.index(cursor) + 1
    page = jobs[start : start + limit]
    more = start + limit < len(jobs)
    return JobPage(jobs=page, next_cursor=page[-1].job_id if more else None)
