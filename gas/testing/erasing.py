"""What erasing needs, on the jobs of a `MemoryJobStore`."""

from gas.jobs import Job, ResultsState
from gas.ports import JobPage
from gas.testing.jobs import MemoryJobStore


class MemoryErasableJobs:
    """`gas.erasure.ErasableJobs` without a database."""

    def __init__(self, jobs: MemoryJobStore) -> None:
        self._jobs = jobs

    def get(self, job_id: str) -> Job | None:
        return self._jobs.get(job_id)

    def list_for_user(self, user_id: str, *, limit: int, cursor: str | None = None) -> JobPage:
        return self._jobs.list_for_user(user_id, limit=limit, cursor=cursor)

    def begin_erasing(self, job_id: str, *, at: int) -> Job | None:
        self._jobs.cancel(job_id, at=at)
        return self._jobs.table.change(
            job_id,
            lambda job: True,
            lambda job: {
                "results_state": ResultsState.DELETED,
                "erasing_at": job.erasing_at or at,
                "archive_user_id": None,
                "archived_at": None,
                "archive_owner": None,
                "sweep_shard": None,
                "sweep_at": None,
            },
        )

    def remove(self, job_id: str) -> None:
        self._jobs.table.delete(job_id)
