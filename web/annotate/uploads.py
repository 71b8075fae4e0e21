"""From the upload page to a job: sign the upload, check what came back, register it."""

from collections.abc import Sequence
from urllib.parse import urlencode

from pydantic import BaseModel, ConfigDict, Field

from gas import keys, submissions
from gas.errors import InvalidUpload, NotFound
from gas.jobs import Job, JobOptions
from gas.ports import BlobInfo
from gas.submissions import SignedUpload, Uploader
from web.services import Services

MAX_FILES = 1000
"""As many inputs as one answer lists."""

NAME_UNKNOWN = "upload.vcf"
"""The file name of an upload whose page runs no script: a form must be signed beforehand."""


class UploadRequest(BaseModel):
    """What the page says of the file before it is uploaded."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    file_name: str = Field(min_length=1, max_length=1024)
    size: int = Field(ge=0, le=2**62)
    strict: bool = False


def sign(services: Services, uploader: Uploader, wanted: UploadRequest) -> SignedUpload:
    """A signed upload for a page that shows the progress itself; S3 answers it with 201.

    Raises:
        UploadTooLarge, InvalidUpload: the plan does not allow the file, or it is empty.
    """
    return submissions.sign_upload(
        services.inputs,
        uploader,
        key_prefix=services.settings.key_prefix,
        file_name=wanted.file_name,
        size=wanted.size,
        options=JobOptions(strict=wanted.strict),
        redirect_to=None,
        expires_in=services.settings.upload_expires_in,
    )


def sign_form(services: Services, uploader: Uploader, *, done_path: str) -> SignedUpload:
    """A signed upload for a plain form, after which S3 sends the browser to `done_path`."""
    return submissions.sign_upload(
        services.inputs,
        uploader,
        key_prefix=services.settings.key_prefix,
        file_name=NAME_UNKNOWN,
        size=None,
        options=JobOptions(),
        redirect_to=services.settings.public_url + done_path,
        expires_in=services.settings.upload_expires_in,
    )


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


def files_of(services: Services, user_id: str) -> Sequence[BlobInfo]:
    """The user's input objects, `MAX_FILES` at the most."""
    prefix = keys.user_prefix(services.settings.key_prefix, user_id)
    return services.inputs.list(prefix, limit=MAX_FILES)
