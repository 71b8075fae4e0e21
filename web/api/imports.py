"""Imports: files that are fetched from web addresses."""

from collections.abc import Sequence
from datetime import datetime
from http import HTTPStatus
from typing import Self
from uuid import UUID, uuid4

from flask import url_for
from pydantic import Field

from gas.imports.desk import LONGEST_NAME, Wishes
from gas.imports.models import Import, ImportState
from gas.outbound.addresses import LONGEST_URL
from gas.scopes import Scope
from web.annotate.choice import Choice, options_of
from web.api.api import api
from web.api.models import Options, moment, sure
from web.api.operations import Answer, ApiModel
from web.auth.session import require_account, uploader
from web.context import services
from web.imports.words import seconds_left

TAG = "uploads"


class NewImport(ApiModel):
    """A file that is to be fetched and annotated."""

    url: str = Field(min_length=1, max_length=LONGEST_URL)
    """A public `https` address of a VCF or BCF that opens without a login; a signed link will do.
    Up to three redirects are followed."""
    file_name: str = Field(default="", max_length=LONGEST_NAME)
    """Empty: as its server calls it."""
    options: Options = Options()


class ImportProblem(ApiModel):
    """Why the last try failed."""

    code: str
    message: str
    remedy: str


class ImportDocument(ApiModel):
    """A file on its way."""

    import_id: UUID
    job_id: UUID | None
    """Of the job that it has become."""
    url: str
    """Without its query, which may hold a signature."""
    file_name: str
    state: ImportState
    """`waiting`, `fetching`, `done`, `failed` or `cancelled`."""
    created_at: datetime
    received: int
    """Bytes."""
    total: int | None
    """Bytes; null: its server has not said."""
    bytes_per_second: int
    seconds_left: int | None
    next_try_at: datetime | None
    problem: ImportProblem | None

    @classmethod
    def of(cls, found: Import) -> Self:
        waits = found.state is ImportState.WAITING and found.tries > 0
        problem = found.problem
        return cls(
            import_id=UUID(found.import_id),
            job_id=UUID(found.import_id) if found.state is ImportState.DONE else None,
            url=found.shown_url,
            file_name=found.file_name,
            state=found.state,
            created_at=sure(found.created_at),
            received=found.received,
            total=found.total,
            bytes_per_second=found.speed,
            seconds_left=seconds_left(found),
            next_try_at=moment(found.next_at) if waits else None,
            problem=ImportProblem(code=problem.code, message=problem.message, remedy=problem.remedy)
            if problem
            else None,
        )


class ImportList(ApiModel):
    """The account's imports of the last week, the newest first."""

    imports: Sequence[ImportDocument]


@api.operation(
    "POST",
    "/imports",
    tag=TAG,
    scope=Scope.JOBS_WRITE,
    body=NewImport,
    answer=ImportDocument,
    status=HTTPStatus.ACCEPTED,
)
def create_import(body: NewImport) -> Answer:
    """Have a file fetched from a web address, and annotated once it is here.

    It is fetched in the background; `GET /imports/{import_id}` says how far it is.
    """
    choice = Choice.model_validate(body.options.model_dump())
    wishes = Wishes(
        url=body.url,
        options=options_of(choice, services().engine),
        file_name=body.file_name,
    )
    made = services().imports.create(uploader(), str(uuid4()), wishes)
    location = url_for("api.get_import", import_id=made.import_id)
    return Answer(ImportDocument.of(made), headers={"Location": location})


@api.operation("GET", "/imports", tag=TAG, scope=Scope.JOBS_READ, answer=ImportList)
def list_imports() -> ImportList:
    """The account's imports of the last week, the newest first."""
    found = services().imports.list(require_account().user_id)
    return ImportList(imports=[ImportDocument.of(each) for each in found])


@api.operation(
    "GET",
    "/imports/<uuid:import_id>",
    tag=TAG,
    scope=Scope.JOBS_READ,
    answer=ImportDocument,
    errors=(HTTPStatus.NOT_FOUND,),
)
def get_import(import_id: UUID) -> ImportDocument:
    """How far an import is."""
    return ImportDocument.of(services().imports.get(require_account().user_id, str(import_id)))


@api.operation(
    "POST",
    "/imports/<uuid:import_id>/cancel",
    tag=TAG,
    scope=Scope.JOBS_WRITE,
    answer=ImportDocument,
    errors=(HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT),
)
def cancel_import(import_id: UUID) -> ImportDocument:
    """End an import that has not ended; what was fetched is deleted. Twice is the same as once."""
    return ImportDocument.of(services().imports.cancel(require_account().user_id, str(import_id)))


@api.operation(
    "POST",
    "/imports/<uuid:import_id>/retry",
    tag=TAG,
    scope=Scope.JOBS_WRITE,
    answer=ImportDocument,
    errors=(HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT),
)
def retry_import(import_id: UUID) -> ImportDocument:
    """Begin an import that failed or was cancelled once more."""
    return ImportDocument.of(services().imports.retry(uploader(), str(import_id)))
