"""From the upload page to a job: sign the upload, check what came back, register it."""

from collections.abc import Sequence
from hashlib import sha256
from urllib.parse import urlencode
from uuid import UUID

from pydantic import Field

from gas import keys, submissions
from gas.errors import InvalidUpload, NotFound
from gas.jobs import Job, JobOptions
from gas.plans import MAX_POST_BYTES, MIB, terms_of
from gas.ports import BlobInfo
from gas.submissions import SignedUpload, Uploader
from web.annotate.choice import Choice, options_of
from web.services import Services

MAX_FILES = 1000
"""As many inputs as one answer lists."""

NAME_UNKNOWN = "upload.vcf"
"""The file name of an upload whose page runs no script: a form must be signed beforehand."""

MISTAKEN_BYTES = 100 * MIB
"""A form without scripts lets S3 take a file of this size although the plan does not: what is
refused after it arrived is refused in our words, and S3 would show a page of XML."""


class UploadRequest(Choice):
    """What the page says of the file before it is uploaded, and the options of its job."""

    file_name: str = Field(min_length=1, max_length=1024)
    size: int = Field(ge=0, le=2**62)
    project: UUID | None = None
    """The project that the job goes into."""


def sign(services: Services, uploader: Uploader, wanted: UploadRequest) -> SignedUpload:
    """A signed upload for a page that shows the progress itself; S3 answers it with 201.

    Raises:
        UploadTooLarge, InvalidUpload: the plan does not allow the file, it is empty, or the
            options cannot be met.
    """
    return submissions.sign_upload(
        services.inputs,
        uploader,
        key_prefix=services.settings.key_prefix,
        file_name=wanted.file_name,
        size=wanted.size,
        options=options_of(wanted, services.engine),
        redirect_to=None,
        expires_in=services.settings.upload_expires_in,
    )


def sign_form(
    services: Services, uploader: Uploader, options: JobOptions, *, done_path: str
) -> SignedUpload:
    """A signed upload for a plain form, after which S3 sends the browser to `done_path`.

    Nothing and somewhat too much (`MISTAKEN_BYTES`) is taken too: `register` refuses it in words.
    """
    place = submissions.allot(
        uploader,
        key_prefix=services.settings.key_prefix,
        file_name=NAME_UNKNOWN,
        options=options,
    )
    allowed = min(terms_of(uploader.plan).max_upload_bytes, MAX_POST_BYTES)
    post = services.inputs.sign_post(
        place.key,
        min_bytes=0,
        max_bytes=max(allowed, MISTAKEN_BYTES),
        expires_in=services.settings.upload_expires_in,
        metadata=place.metadata,
        redirect_to=services.settings.public_url + done_path,
    )
    return SignedUpload(job_id=place.job_id, key=place.key, post=post, max_bytes=allowed)


def done_query(services: Services, key: str) -> str:
    """The query S3 itself would send the browser back with."""
    return urlencode({"bucket": services.inputs.bucket, "key": key})


def finish(services: Services, uploader: Uploader, *, bucket: str, key: str) -> Job:
    """The job of an upload, made now unless it was before. Trusts nothing it is given.

    Raises:
        InvalidUpload: another bucket, or a key that we never sign.
        NotFound: the key belongs to somebody else.
        UploadMissing: there is no such object.
        UploadTooLarge: the object is larger than the plan allows; it is deleted.
    """
    if bucket != services.inputs.bucket:
        raise InvalidUpload(
            "This address does not name an upload of this service.",
            remedy="Start again from the upload page.",
        )
    return register(services, uploader, key=key)


def register(services: Services, uploader: Uploader, *, key: str) -> Job:
    """The job of the user's input object `key`, made now unless it was before.

    Raises: as `finish`, but for the bucket.
    """
    parts = keys.parse_key(services.settings.key_prefix, key)
    if parts.user_id != uploader.user_id:
        raise NotFound(
            "There is no such upload, or it is not yours.",
            remedy="Check that you are logged in as the one who uploaded it.",
        )
    return submissions.register(
        key,
        inputs=services.inputs,
        key_prefix=services.settings.key_prefix,
        jobs=services.jobs,
        requests=services.requests,
        clock=services.clock,
    )


def tag_of(user_id: str) -> str:
    """What the browser keeps a person's unfinished uploads under: tells people who share a browser
    apart, and does not say who they are."""
    return sha256(f"uploads of {user_id}".encode()).hexdigest()[:16]


def files_of(services: Services, user_id: str) -> Sequence[BlobInfo]:
    """The user's input objects, `MAX_FILES` at the most."""
    prefix = keys.user_prefix(services.settings.key_prefix, user_id)
    return services.inputs.list(prefix, limit=MAX_FILES)
