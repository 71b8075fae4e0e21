"""Uploads: straight to the file store, in one piece or in parts."""

from http import HTTPStatus
from uuid import UUID

from pydantic import Field

from gas import large_uploads, submissions
from gas.large_uploads import MOST_SIGNED
from gas.scopes import Scope
from web.annotate.choice import Choice, options_of
from web.annotate.sealed import open_sealed, seal_upload
from web.api.api import api
from web.api.models import Options
from web.api.operations import ApiModel
from web.auth.session import uploader
from web.context import services

TAG = "uploads"


class NewUpload(ApiModel):
    """A file that is to be annotated."""

    file_name: str = Field(min_length=1, max_length=1024)
    size: int = Field(ge=0, le=2**62)
    options: Options = Options()


class SignedUploadDocument(ApiModel):
    """Where to send the file, and as what."""

    job_id: UUID
    """Of the job that the upload becomes."""
    key: str
    """Name it to `POST /jobs` once the file is there."""
    url: str
    """POST `fields` and then the file, named `file`, as form data here."""
    fields: dict[str, str]
    max_bytes: int
    expires_in: int
    """Seconds until the signature lapses."""


class PartsUpload(ApiModel):
    """An upload in parts that has begun."""

    upload: str
    """Sealed: everything that is needed to go on."""
    job_id: UUID
    key: str
    part_size: int
    """Bytes of every part but the last."""
    parts: int
    """They are numbered from 1."""


class UnderWay(ApiModel):
    """An upload under way."""

    upload: str = Field(min_length=1, max_length=4096)
    """As it was given when it began."""


class PartsWanted(UnderWay):
    """Parts that are to be sent."""

    numbers: list[int] = Field(min_length=1, max_length=MOST_SIGNED)


class PartAddresses(ApiModel):
    """Where to PUT each part, by its number."""

    urls: dict[str, str]
    expires_in: int


class PartsThere(ApiModel):
    """The parts that have arrived."""

    numbers: list[int]


class Uploaded(ApiModel):
    """A file that is there."""

    job_id: UUID
    key: str


@api.operation(
    "POST",
    "/uploads",
    tag=TAG,
    scope=Scope.JOBS_WRITE,
    body=NewUpload,
    answer=SignedUploadDocument,
    status=HTTPStatus.CREATED,
    errors=(HTTPStatus.REQUEST_ENTITY_TOO_LARGE,),
)
def create_upload(body: NewUpload) -> SignedUploadDocument:
    """Sign the upload of one file.

    POST `fields` and then the file to `url`; then name `key` to `POST /jobs`.
    """
    expires_in = services().settings.upload_expires_in
    signed = submissions.sign_upload(
        services().inputs,
        uploader(),
        key_prefix=services().settings.key_prefix,
        file_name=body.file_name,
        size=body.size,
        options=options_of(_choice(body.options), services().engine),
        redirect_to=None,
        expires_in=expires_in,
    )
    return SignedUploadDocument(
        job_id=UUID(signed.job_id),
        key=signed.key,
        url=signed.post.url,
        fields=dict(signed.post.fields),
        max_bytes=signed.max_bytes,
        expires_in=expires_in,
    )


@api.operation(
    "POST",
    "/uploads/parts",
    tag=TAG,
    scope=Scope.JOBS_WRITE,
    body=NewUpload,
    answer=PartsUpload,
    status=HTTPStatus.CREATED,
    errors=(HTTPStatus.REQUEST_ENTITY_TOO_LARGE,),
)
def start_parts(body: NewUpload) -> PartsUpload:
    """Begin the upload of a large file in parts.

    It can be gone on with for two days, from anywhere, with what `upload` says.
    """
    begun = large_uploads.start(
        services().input_parts,
        uploader(),
        key_prefix=services().settings.key_prefix,
        file_name=body.file_name,
        size=body.size,
        options=options_of(_choice(body.options), services().engine),
    )
    return PartsUpload(
        upload=seal_upload(begun),
        job_id=UUID(begun.job_id),
        key=begun.key,
        part_size=begun.part_size,
        parts=begun.parts,
    )


@api.operation(
    "POST",
    "/uploads/parts/sign",
    tag=TAG,
    scope=Scope.JOBS_WRITE,
    body=PartsWanted,
    answer=PartAddresses,
)
def sign_parts(body: PartsWanted) -> PartAddresses:
    """Addresses to which parts are PUT."""
    expires_in = services().settings.upload_expires_in
    urls = large_uploads.sign_parts(
        services().input_parts, open_sealed(body.upload), body.numbers, expires_in=expires_in
    )
    return PartAddresses(urls={str(n): url for n, url in urls.items()}, expires_in=expires_in)


@api.operation(
    "POST",
    "/uploads/parts/list",
    tag=TAG,
    scope=Scope.JOBS_WRITE,
    body=UnderWay,
    answer=PartsThere,
    errors=(HTTPStatus.GONE,),
)
def list_parts(body: UnderWay) -> PartsThere:
    """The parts that have arrived: where to go on after an interruption."""
    there = large_uploads.arrived(services().input_parts, open_sealed(body.upload))
    return PartsThere(numbers=list(there))


@api.operation(
    "POST",
    "/uploads/parts/complete",
    tag=TAG,
    scope=Scope.JOBS_WRITE,
    body=UnderWay,
    answer=Uploaded,
    errors=(HTTPStatus.CONFLICT, HTTPStatus.GONE, HTTPStatus.REQUEST_ENTITY_TOO_LARGE),
)
def complete_parts(body: UnderWay) -> Uploaded:
    """Make the file of its parts."""
    upload = open_sealed(body.upload)
    large_uploads.finish(services().input_parts, services().inputs, upload)
    return Uploaded(job_id=UUID(upload.job_id), key=upload.key)


@api.operation(
    "POST",
    "/uploads/parts/abort",
    tag=TAG,
    scope=Scope.JOBS_WRITE,
    body=UnderWay,
    status=HTTPStatus.NO_CONTENT,
)
def abort_parts(body: UnderWay) -> None:
    """Give the upload up; what was sent is deleted."""
    large_uploads.abort(services().input_parts, open_sealed(body.upload))


def _choice(options: Options) -> Choice:
    return Choice.model_validate(options.model_dump())
