"""What a user may ask about their jobs. Every question goes through `web.annotations.reading`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from gas import keys
from gas.access import ResultsAccess, Right
from gas.errors import JobEnded, ResultsNotReady
from gas.jobs import Job, JobStatus, StoredFile
from web.annotations.reading import permitted
from web.services import Services

LOG_BYTES = 256 * 1024
"""As much of a log as is shown or sent at once."""

WHOLE_LOG_BYTES = 4 * 1024 * 1024
"""As much of it as a page shows when all of it is asked for."""


class ResultFile(StrEnum):
    """The files of a job that can be downloaded."""

    ANNOTATED = "annotated"
    LOG = "log"
    TABLE = "table"
    INDEX = "index"
    SUMMARY = "summary"
    RECEIPT = "receipt"


CONTENT_TYPES: Mapping[ResultFile, str] = {
    ResultFile.ANNOTATED: "application/gzip",
    ResultFile.LOG: "text/plain; charset=utf-8",
    ResultFile.TABLE: "application/vnd.apache.parquet",
    ResultFile.INDEX: "application/octet-stream",
    ResultFile.SUMMARY: "application/json",
    ResultFile.RECEIPT: "application/json",
}


@dataclass(frozen=True)
class LogText:
    """The beginning of a log; `complete` is false when there is more."""

    text: str
    size: int
    complete: bool


def own_job(services: Services, user_id: str, job_id: str) -> Job:
    """The user's own job, to do with it what only its owner may.

    Raises:
        NotFound: there is none, it was deleted, or it is somebody else's: the answer is the same.
        NotAllowed: it is somebody else's who shares it with them.
    """
    return permitted(services, user_id, job_id, Right.MANAGE)


def cancel(services: Services, user_id: str, job_id: str) -> Job:
    """Cancel the user's job; cancelling it twice is the same as once.

    Raises:
        NotFound: there is none, or it is somebody else's.
        JobEnded: it has completed or failed already.
    """
    job = own_job(services, user_id, job_id)
    cancelled = services.jobs.cancel(job.job_id, at=services.clock.now())
    job = cancelled or own_job(services, user_id, job_id)
    if job.job_status is not JobStatus.CANCELLED:
        raise JobEnded(
            "The job has ended already, so there is nothing to cancel.",
            remedy="The job's page shows what came out.",
        )
    services.webhooks.tell_cancelled(job)
    return job


def file_of(job: Job, which: ResultFile) -> StoredFile:
    """The stored file of a job, wherever it is kept.

    Raises:
        ResultsNotReady: the job has no such file (yet).
    """
    stored = _stored(job, which)
    if stored is None:
        raise ResultsNotReady(
            "This job has no such file."
            if job.is_final
            else "The job is not finished, so this file does not exist yet.",
            remedy="The job's page says how far it is.",
        )
    return stored


def files_at_hand(job: Job, access: ResultsAccess) -> Mapping[ResultFile, StoredFile]:
    """What can be downloaded of a job now, under the names that downloads get."""
    found = ((which, _stored(job, which)) for which in ResultFile)
    return {
        which: file.model_copy(update={"name": keys.result_name(job.input_file_name, file.name)})
        for which, file in found
        if file is not None and which not in access.closed
    }


def _stored(job: Job, which: ResultFile) -> StoredFile | None:
    if which is ResultFile.LOG:
        return job.log_file
    return job.results.files.get(which) if job.results else None


def download_link(
    services: Services, job: Job, which: ResultFile, access: ResultsAccess, *, now: int
) -> str:
    """A link to a file of the job that lapses soon; made when asked for, never put in a page.

    `access` is the user's at the time `now`; the link does not outlive it.

    Raises:
        ResultsNotReady: the job has no such file (yet).
        FreeWindowOver, ResultsArchived, ResultsRestoring, ResultsDeleted: not now.
    """
    stored = file_of(job, which)
    return services.results.sign_get(
        stored.key,
        expires_in=access.link_seconds(which, now=now, longest=services.settings.link_expires_in),
        file_name=keys.result_name(job.input_file_name, stored.name),
        content_type=CONTENT_TYPES[which],
    )


def read_log(services: Services, job: Job, most: int = LOG_BYTES) -> LogText:
    """The job's log, `most` bytes of it at the most.

    Raises:
        ResultsNotReady: there is no log (yet).
        NotFound: it was deleted.
    """
    stored = file_of(job, ResultFile.LOG)
    content = services.results.read(stored.key, start=0, length=most)
    complete = stored.size <= len(content)
    text = content.decode("utf-8", errors="replace" if complete else "ignore")
    return LogText(text=text, size=stored.size, complete=complete)


def lines_with(log: LogText, wanted: str) -> Sequence[tuple[int, str]]:
    """The lines that contain `wanted`, in capital or small letters, and their numbers (from 1)."""
    lines = enumerate(log.text.splitlines(), start=1)
    return [(n, line) for n, line in lines if wanted.casefold() in line.casefold()]
