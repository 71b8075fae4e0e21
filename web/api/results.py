"""Results: files with their checksums, links that lapse soon, rows of the table."""

from http import HTTPStatus
from uuid import UUID

from gas.access import Right
from gas.scopes import Scope
from web.annotations import jobs
from web.annotations.jobs import ResultFile
from web.annotations.reading import read
from web.api.api import api
from web.api.models import FileLink, ResultFileInfo
from web.api.operations import ApiModel
from web.auth.session import require_account
from web.context import services

TAG = "results"


class FileList(ApiModel):
    """What can be downloaded of a job now."""

    files: list[ResultFileInfo]


@api.operation(
    "GET",
    "/jobs/<uuid:job_id>/files",
    tag=TAG,
    scope=Scope.JOBS_READ,
    answer=FileList,
    errors=(HTTPStatus.NOT_FOUND,),
)
def list_files(job_id: UUID) -> FileList:
    """The files of a job that can be downloaded now."""
    reading = read(services(), require_account(), str(job_id))
    at_hand = jobs.files_at_hand(reading.job, reading.results)
    return FileList(files=[ResultFileInfo.of(kind, stored) for kind, stored in at_hand.items()])


@api.operation(
    "GET",
    "/jobs/<uuid:job_id>/files/<kind>",
    tag=TAG,
    scope=Scope.JOBS_READ,
    answer=FileLink,
    errors=(HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT, HTTPStatus.GONE),
)
def get_file(job_id: UUID, kind: ResultFile) -> FileLink:
    """A link to a file, good for a few minutes; GET it without a token.

    The link is signed: whoever has it can download the file while it lasts.
    """
    now = services().clock.now()
    reading = read(services(), require_account(), str(job_id), Right.DOWNLOAD)
    job, access = reading.job, reading.results
    longest = services().settings.link_expires_in
    url = jobs.download_link(services(), job, kind, access, now=now)
    stored = jobs.files_at_hand(job, access)[kind]
    return FileLink(
        kind=kind,
        name=stored.name,
        size=stored.size,
        sha256=stored.sha256,
        url=url,
        expires_in=access.link_seconds(kind, now=now, longest=longest),
    )
