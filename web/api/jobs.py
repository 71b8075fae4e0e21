"""Jobs: make, find, wait for, cancel, run again, delete."""

import time
from collections.abc import Sequence
from http import HTTPStatus
from threading import Lock
from uuid import UUID

from flask import Response, url_for
from pydantic import AwareDatetime, Field

from gas.access import Right, access_to
from gas.earlier import BLAKE3
from gas.jobs import Job, JobStatus
from gas.listing import END_OF_TIME, LONGEST_TEXT, JobQuery, Match
from gas.scopes import Scope
from web.annotate import uploads
from web.annotate.choice import Choice
from web.annotate.earlier import find_earlier
from web.annotations import deleting, jobs, retries
from web.annotations.reading import read
from web.annotations.standing import standing
from web.api.api import api
from web.api.models import JobDocument, JobList, Options
from web.api.operations import Answer, ApiModel
from web.auth.session import require_account, uploader
from web.context import services

TAG = "jobs"

MOST = 100
"""Jobs of one page."""
LONGEST_WAIT = 25
"""Seconds: shorter than what proxies and load balancers wait for."""
LOOK_EVERY = 0.5
MOST_WAITING = 3
"""Requests of one process that wait at the same time; further ones are answered at once."""

_waiting: set[str] = set()
"""Who waits: one request of a person at a time, so that nobody takes all threads."""
_waiting_lock = Lock()


class NewJob(ApiModel):
    """An uploaded file that is to be annotated."""

    key: str = Field(min_length=1, max_length=1024)
    """As the upload gave it."""


class EarlierContent(ApiModel):
    """What is known of a file before it is sent."""

    blake3: str = Field(pattern=f"^{BLAKE3.pattern}$")
    """BLAKE3 of its bytes: 256 bits, hexadecimal, in lower case."""
    size: int = Field(ge=0, le=2**62)
    options: Options = Options()


class EarlierJob(ApiModel):
    """A job that did the same."""

    job: JobDocument | None
    """null: there is none whose results can be had."""


class JobsQuery(ApiModel):
    """Which jobs are wanted."""

    status: JobStatus | None = None
    since: AwareDatetime | None = None
    """Submitted at this time or later."""
    until: AwareDatetime | None = None
    text: str = Field(default="", max_length=LONGEST_TEXT)
    """A part of the file's name, or the beginning of a job's id."""
    oldest_first: bool = False
    limit: int = Field(default=20, ge=1, le=MOST)
    cursor: str | None = Field(default=None, max_length=1024)
    """`next_cursor` of the page before."""


class WaitQuery(ApiModel):
    """How long to wait."""

    seconds: int = Field(default=LONGEST_WAIT, ge=0, le=LONGEST_WAIT)


class Rerun(ApiModel):
    """With which options a job is run again."""

    options: Options = Options()


@api.operation(
    "POST",
    "/jobs",
    tag=TAG,
    scope=Scope.JOBS_WRITE,
    body=NewJob,
    answer=JobDocument,
    status=HTTPStatus.CREATED,
    errors=(HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT, HTTPStatus.REQUEST_ENTITY_TOO_LARGE),
)
def create_job(body: NewJob) -> Answer:
    """Have an uploaded file annotated, with the options of its upload.

    The same key gives the same job, however often it is sent.
    """
    job = uploads.register(services(), uploader(), key=body.key)
    return Answer(_document(job), headers=_location(job))


@api.operation(
    "POST",
    "/jobs/earlier",
    tag=TAG,
    scope=Scope.JOBS_READ,
    body=EarlierContent,
    answer=EarlierJob,
)
def find_earlier_job(body: EarlierContent) -> EarlierJob:
    """The job that annotated the same content, so that it need not be sent.

    The same bytes, options, state of the pack and version of the engine; its results can be had
    now. It is an offer: the file can be annotated anew at any time.
    """
    account, choice = require_account(), Choice.model_validate(body.options.model_dump())
    job = find_earlier(services(), account, choice, blake3=body.blake3, size=body.size)
    return EarlierJob(job=_document(job) if job else None)


@api.operation("GET", "/jobs", tag=TAG, scope=Scope.JOBS_READ, query=JobsQuery, answer=JobList)
def list_jobs(query: JobsQuery) -> JobList:
    """The account's jobs, newest first, a page at a time."""
    asked = JobQuery(
        user_id=require_account().user_id,
        state=query.status,
        since=int(query.since.timestamp()) if query.since else 0,
        until=int(query.until.timestamp()) if query.until else END_OF_TIME,
        text=query.text.strip(),
        match=Match.CONTAINS,
        newest_first=not query.oldest_first,
    )
    found = services().finder.find(asked, limit=query.limit, cursor=query.cursor)
    return JobList(jobs=_documents(found.jobs), next_cursor=found.next_cursor)


@api.operation(
    "GET",
    "/jobs/<uuid:job_id>",
    tag=TAG,
    scope=Scope.JOBS_READ,
    answer=JobDocument,
    errors=(HTTPStatus.NOT_FOUND,),
)
def get_job(job_id: UUID) -> JobDocument:
    """One job."""
    return _document(_seen(job_id), with_standing=True)


@api.operation(
    "GET",
    "/jobs/<uuid:job_id>/wait",
    tag=TAG,
    scope=Scope.JOBS_READ,
    query=WaitQuery,
    answer=JobDocument,
    errors=(HTTPStatus.NOT_FOUND,),
)
def wait_for_job(job_id: UUID, query: WaitQuery) -> Answer:
    """One job, as soon as it has ended, or after `seconds`.

    If it has not, ask again, after `Retry-After` where that is given: another request of yours
    waits already, or too many of others do.
    """
    job = _seen(job_id)
    if not job.is_final and query.seconds:
        me = require_account().user_id
        if not _take_a_seat(me):
            return Answer(_document(job, with_standing=True), headers={"Retry-After": "2"})
        try:
            job = _wait(job, query.seconds)
        finally:
            _waiting.discard(me)
    return Answer(_document(job, with_standing=True))


@api.operation(
    "POST",
    "/jobs/<uuid:job_id>/cancel",
    tag=TAG,
    scope=Scope.JOBS_WRITE,
    answer=JobDocument,
    errors=(HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT),
)
def cancel_job(job_id: UUID) -> JobDocument:
    """Cancel a job that has not ended; twice is the same as once."""
    return _document(jobs.cancel(services(), require_account().user_id, str(job_id)))


@api.operation(
    "POST",
    "/jobs/<uuid:job_id>/rerun",
    tag=TAG,
    scope=Scope.JOBS_WRITE,
    body=Rerun,
    answer=JobDocument,
    status=HTTPStatus.CREATED,
    errors=(
        HTTPStatus.NOT_FOUND,
        HTTPStatus.CONFLICT,
        HTTPStatus.GONE,
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    ),
)
def rerun_job(job_id: UUID, body: Rerun) -> Answer:
    """Annotate the input of a job that has ended once more: a new job.

    Asked for twice with the same options, it is one.
    """
    choice = Choice.model_validate(body.options.model_dump())
    again = read(services(), require_account(), str(job_id), Right.RETRY).job
    job = retries.retry(services(), uploader(), again, choice)
    return Answer(_document(job), headers=_location(job))


@api.operation(
    "DELETE",
    "/jobs/<uuid:job_id>",
    tag=TAG,
    scope=Scope.JOBS_WRITE,
    status=HTTPStatus.NO_CONTENT,
    errors=(HTTPStatus.NOT_FOUND,),
)
def delete_job(job_id: UUID) -> None:
    """Delete a job for good, with its input and its results, in the archive too."""
    deleting.delete(services(), require_account().user_id, str(job_id))


@api.operation(
    "GET",
    "/jobs/<uuid:job_id>/log",
    tag=TAG,
    scope=Scope.JOBS_READ,
    stream=("text/plain",),
    errors=(HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT, HTTPStatus.GONE),
)
def get_log(job_id: UUID) -> Response:
    """The log of a job that has ended; the first 4 MiB of a longer one."""
    job = read(services(), require_account(), str(job_id), Right.LOG).job
    log = jobs.read_log(services(), job, jobs.WHOLE_LOG_BYTES)
    return Response(log.text, mimetype="text/plain")


def _take_a_seat(user_id: str) -> bool:
    with _waiting_lock:
        if user_id in _waiting or len(_waiting) >= MOST_WAITING:
            return False
        _waiting.add(user_id)
        return True


def _seen(job_id: UUID | str) -> Job:
    return read(services(), require_account(), str(job_id)).job


def _document(job: Job, *, with_standing: bool = False) -> JobDocument:
    account = require_account()
    if job.user_id == account.user_id:
        access = access_to(job, account.plan, services().clock.now())
    else:
        access = read(services(), account, job.job_id).results
    return JobDocument.of(job, access, standing(services(), job) if with_standing else None)


def _documents(found: Sequence[Job]) -> Sequence[JobDocument]:
    return [_document(job) for job in found]


def _location(job: Job) -> dict[str, str]:
    return {"Location": url_for("api.get_job", job_id=job.job_id)}


def _wait(job: Job, seconds: int) -> Job:
    """The job once it has ended, or as it is after `seconds`."""
    until = time.monotonic() + seconds
    while not job.is_final and time.monotonic() < until:
        time.sleep(LOOK_EVERY)
        job = _seen(job.job_id)
    return job
