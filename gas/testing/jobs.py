"""The jobs table in a dict."""

from threading import Lock

from gas.errors import InvalidRequest
from gas.jobs import (
    Failure,
    Job,
    JobStatus,
    Progress,
    Results,
    ResultsState,
    StoredFile,
    sources_of,
)
from gas.ports import JobPage


class MemoryJobStore:
    """`gas.ports.JobStore` without a database."""

    def __init__(self) -> None:
        self._jobs: dict[str, Job] = {}
        self._lock = Lock()

    def create(self, job: Job) -> bool:
        with self._lock:
            if job.job_id in self._jobs:
                return False
            self._jobs[job.job_id] = job
            return True

    def get(self, job_id: str) -> Job | None:
        return self._jobs.get(job_id)

    def list_for_user(self, user_id: str, *, limit: int, cursor: str | None = None) -> JobPage:
        mine = sorted(
            (job for job in self._jobs.values() if job.user_id == user_id),
            key=lambda job: (job.submit_time, job.job_id),
            reverse=True,
        )
        start = 0
        if cursor is not None:
            ids = [job.job_id for job in mine]
            if cursor not in ids:
                raise InvalidRequest(
                    "This page address is not valid.", remedy="Start again from the first page."
                )
            start = ids.index(cursor) + 1
        page = mine[start : start + limit]
        more = start + limit < len(mine)
        return JobPage(jobs=page, next_cursor=page[-1].job_id if more else None)

    def mark_queued(self, job_id: str, *, at: int) -> None:
        self._mark(job_id, "queued_at", at)

    def claim(self, job_id: str, *, owner: str, now: int, lease_seconds: int) -> Job | None:
        with self._lock:
            job = self._jobs.get(job_id)
            if job is None or job.job_status not in sources_of(JobStatus.RUNNING):
                return None
            if job.job_status is JobStatus.RUNNING and job.lease_until >= now:
                return None
            return self._put(
                job,
                job_status=JobStatus.RUNNING,
                start_time=job.start_time or now,
                attempts=job.attempts + 1,
                lease_owner=owner,
                lease_until=now + lease_seconds,
                progress=Progress(),
            )

    def renew(self, job_id: str, *, owner: str, until: int, progress: Progress) -> bool:
        return self._held(job_id, owner, lease_until=until, progress=progress) is not None

    def release(self, job_id: str, *, owner: str, now: int, count_attempt: bool) -> bool:
        job = self.get(job_id)
        attempts = job.attempts - (not count_attempt) if job else 0
        return self._held(job_id, owner, lease_until=now - 1, attempts=attempts) is not None

    def complete(self, job_id: str, *, owner: str, at: int, results: Results) -> Job | None:
        return self._held(
            job_id,
            owner,
            job_status=JobStatus.COMPLETED,
            results_state=ResultsState.AVAILABLE,
            complete_time=at,
            results=results,
            lease_owner=None,
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
        )

    def cancel(self, job_id: str, *, at: int) -> Job | None:
        with self._lock:
            job = self._jobs.get(job_id)
            if job is None or job.job_status not in sources_of(JobStatus.CANCELLED):
                return None
            return self._put(
                job, job_status=JobStatus.CANCELLED, complete_time=at, lease_owner=None
            )

    def mark_announced(self, job_id: str, *, at: int) -> None:
        self._mark(job_id, "announced_at", at)

    def mark_notified(self, job_id: str, *, at: int) -> None:
        self._mark(job_id, "notified_at", at)

    def _held(self, job_id: str, owner: str, **changes: object) -> Job | None:
        with self._lock:
            job = self._jobs.get(job_id)
            if job is None or job.job_status is not JobStatus.RUNNING or job.lease_owner != owner:
                return None
            return self._put(job, **changes)

    def _mark(self, job_id: str, field: str, at: int) -> None:
        with self._lock:
            job = self._jobs.get(job_id)
            if job is not None and getattr(job, field) is None:
                self._put(job, **{field: at})

    def _put(self, job: Job, **changes: object) -> Job:
        changed = job.model_copy(update=changes)
        self._jobs[job.job_id] = changed
        return changed
