"""The jobs in a dict, with conditional changes."""

from collections.abc import Callable, Iterator, Mapping
from threading import Lock

from gas.jobs import Job


class MemoryTable:
    """What `MemoryJobStore` and `MemoryLedger` have in common: the table itself."""

    def __init__(self) -> None:
        self._jobs: dict[str, Job] = {}
        self._lock = Lock()

    def __iter__(self) -> Iterator[Job]:
        return iter(list(self._jobs.values()))

    def insert(self, job: Job) -> bool:
        """Store a new job. False when the id is there already."""
        with self._lock:
            if job.job_id in self._jobs:
                return False
            self._jobs[job.job_id] = job
            return True

    def get(self, job_id: str) -> Job | None:
        return self._jobs.get(job_id)

    def delete(self, job_id: str) -> None:
        """Forget the job; no error when it is gone already."""
        with self._lock:
            self._jobs.pop(job_id, None)

    def change(
        self,
        job_id: str,
        condition: Callable[[Job], bool],
        changes: Callable[[Job], Mapping[str, object]],
    ) -> Job | None:
        """Change the job at once if `condition` holds; the job afterwards, or None."""
        with self._lock:
            job = self._jobs.get(job_id)
            if job is None or not condition(job):
                return None
            self._jobs[job_id] = job.model_copy(update=changes(job))
            return self._jobs[job_id]
