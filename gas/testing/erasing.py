"""What erasing needs, on the jobs of a `MemoryJobStore`."""

from gas.jobs import Job, ResultsState
from gas.ledger import SWEEP_DELETED
from gas.ports import JobPage
from gas.testing.jobs import MemoryJobStore, swept


class MemoryErasableJobs:
    """`gas.erasure.ErasableJobs` and `DeletableJobs` without a database."""

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
            lambda job: _gone(job, at) | {"sweep_shard": None, "sweep_at": None},
        )

    def begin_deleting(self, job_id: str, *, user_id: str, at: int) -> Job | None:
        def deletable(job: Job) -> bool:
            return job.user_id == user_id and job.erasing_at is None

        found = self._jobs.get(job_id)
        if found is None or not deletable(found):
            return None
        self._jobs.cancel(job_id, at=at)
        return self._jobs.table.change(
            job_id, deletable, lambda job: _gone(job, at) | swept(job_id, at + SWEEP_DELETED)
        )

    def remove(self, job_id: str) -> None:
        self._jobs.table.delete(job_id)

    def forget_user(self, user_id: str) -> None:
        """There are no sums here: they are counted when asked for."""


def _gone(job: Job, at: int) -> dict[str, object]:
    return {
        "results_state": ResultsState.DELETED,
        "erasing_at": job.erasing_at or at,
        "archive_user_id": None,
        "archived_at": None,
        "archive_owner": None,
    }
