"""Somebody has deleted a single job: remove its files, its archives and its record."""

from gas.erasure import ErasableJobs
from gas.logs import bound, get_logger
from gas.messages import JobErasureRequested
from lambdas.erase_account.places import ErasureUnfinished, JobEraser

log = get_logger()


class EraseJob:
    """The use case behind the message. Repeating it does no harm."""

    def __init__(self, *, jobs: ErasableJobs, eraser: JobEraser) -> None:
        self._jobs = jobs
        self._eraser = eraser

    def __call__(self, body: str) -> None:
        """Erase what the JobErasureRequested message `body` names.

        Raises:
            ErasureUnfinished: a worker may still be writing.
        """
        request = JobErasureRequested.from_json(body)
        with bound(job_id=request.job_id, user_id=request.user_id):
            job = self._jobs.get(request.job_id)
            if job is None:
                return
            if job.erasing_at is None or job.user_id != request.user_id:
                # Only who owns a job can have marked it; a message alone deletes nothing.
                log.error("erasure_of_a_job_that_is_not_deleted")
                return
            if not self._eraser.remove(job, self._eraser.find(job)):
                raise ErasureUnfinished("The job may still be written to.")
