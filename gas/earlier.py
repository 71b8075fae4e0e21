"""Instant re-run: what a person has had annotated need not be annotated, or sent, again.

Of every completed job is noted what its results follow from: the content of the input, the options,
the reference pack and the version of the engine. Whoever comes with the same is told of the job. It
is an offer and nothing hangs on it: a note that is lost costs a run, and a job whose results cannot
be had any more is not offered.
"""

import hashlib
import json
import re
from dataclasses import dataclass
from typing import Protocol

from gas.access import Situation, access_to
from gas.errors import ServiceUnavailable
from gas.jobs import Job, JobOptions, JobStatus
from gas.logs import get_logger
from gas.plans import Plan
from gas.ports import JobStore

log = get_logger()

KEPT_SECONDS = 400 * 86_400
"""After this time a note is forgotten; by then pack and engine have long been others."""

BLAKE3 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Content:
    """What results follow from."""

    blake3: str
    """Of the input's bytes, as they were sent; 64 hexadecimal digits."""
    size: int
    options: JobOptions
    pack_id: str
    """Of the reference pack; changes with its content."""
    engine: str
    """Version of AnnTools."""

    @property
    def digest(self) -> str:
        """One text for all of it, the same for the same."""
        options = self.options.model_dump(mode="json")
        parts = [self.blake3, self.size, options, self.pack_id, self.engine]
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


class EarlierJobs(Protocol):
    """Where it is noted. Raises ServiceUnavailable when it cannot be reached."""

    def note(self, user_id: str, digest: str, job_id: str, *, at: int, expires_at: int) -> bool:
        """Note the job that was completed `at`; False: a later one is noted already."""

    def find(self, user_id: str, digest: str) -> str | None:
        """The id of the job that was noted last."""

    def forget(self, user_id: str, digest: str, job_id: str) -> None:
        """Forget the note, if it is this job's."""


def content_of(job: Job) -> Content | None:
    """What the results of a job follow from; None: it has none, or is from before it was kept."""
    results = job.results
    if results is None or not results.input_blake3:
        return None
    return Content(
        results.input_blake3, job.input_size, job.options, results.pack_id, results.engine
    )


def note_completed(table: EarlierJobs, job: Job) -> None:
    """Note a job that was completed. What cannot be noted is left out."""
    content = content_of(job)
    if content is None or job.complete_time is None:
        return
    at = job.complete_time
    try:
        table.note(job.user_id, content.digest, job.job_id, at=at, expires_at=at + KEPT_SECONDS)
    except ServiceUnavailable as error:
        log.warning("content_not_noted", job_id=job.job_id, reason=error.message)


def forget_job(table: EarlierJobs, job: Job) -> None:
    """Forget what was noted of a job.

    Raises:
        ServiceUnavailable: it could not be forgotten.
    """
    content = content_of(job)
    if content is not None:
        table.forget(job.user_id, content.digest, job.job_id)


def earlier_job(
    table: EarlierJobs, jobs: JobStore, user_id: str, content: Content, *, plan: Plan, now: int
) -> Job | None:
    """The person's job with the same content whose results can be had now, if there is one."""
    job_id = table.find(user_id, content.digest)
    job = jobs.get(job_id) if job_id else None
    if job is None or job.user_id != user_id or job.erasing_at is not None:
        return None
    if job.job_status is not JobStatus.COMPLETED or content_of(job) != content:
        return None
    return job if access_to(job, plan, now).situation is Situation.OPEN else None
