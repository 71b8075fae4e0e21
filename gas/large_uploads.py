"""Uploads in parts: for files too large for one signed POST, and for all that should not have to
begin again when the line breaks.

The browser sends the parts past the web app, each to an address of its own; the object that they
become is like one that came by POST: same key, same metadata, same `gas.submissions.register`.
Nothing of an upload under way is stored but by the file store itself; `OpenUpload` says what is
needed to go on, and its holder keeps it (sealed against changes).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gas.errors import InvalidRequest, UploadGone, UploadIncomplete
from gas.jobs import JobOptions
from gas.plans import MIB, Plan, terms_of
from gas.ports import BlobStore, PartStore, UploadedPart
from gas.submissions import Uploader, allot, check_size

PARTS_FROM = 100 * MIB
"""Larger files are sent in parts, so that they need not begin again when the line breaks."""

PART_BYTES = 16 * MIB
"""Size of a part, doubled as often as a large file needs."""

MOST_SIGNED = 50
"""As many parts as are signed at once."""

_MOST_PARTS = 9_000
"""S3 takes 10,000."""


@dataclass(frozen=True)
class OpenUpload:
    """An upload under way."""

    user_id: str
    job_id: str
    key: str
    upload_id: str
    size: int
    part_size: int
    """Bytes of every part but the last."""
    plan: Plan
    """The user's when it began; it holds for the whole upload."""

    @property
    def parts(self) -> int:
        """How many there are; they are numbered from 1."""
        return -(-self.size // self.part_size)

    def size_of(self, number: int) -> int:
        """Bytes of one part."""
        return min(self.part_size, self.size - (number - 1) * self.part_size)


def start(
    store: PartStore,
    uploader: Uploader,
    *,
    key_prefix: str,
    file_name: str,
    size: int,
    options: JobOptions,
    part_bytes: int = PART_BYTES,
) -> OpenUpload:
    """Begin the upload of a file of `size` bytes.

    Raises:
        UploadTooLarge, InvalidUpload: the plan does not allow the file, or it is empty.
        ServiceUnavailable: the file store cannot be reached.
    """
    check_size(size, uploader.plan)
    while part_bytes * _MOST_PARTS < size:
        part_bytes *= 2
    place = allot(uploader, key_prefix=key_prefix, file_name=file_name, options=options)
    return OpenUpload(
        user_id=uploader.user_id,
        job_id=place.job_id,
        key=place.key,
        upload_id=store.begin(place.key, metadata=place.metadata),
        size=size,
        part_size=part_bytes,
        plan=uploader.plan,
    )


def sign_parts(
    store: PartStore, upload: OpenUpload, numbers: Sequence[int], *, expires_in: int
) -> Mapping[int, str]:
    """Addresses to which the parts of these numbers are PUT; each takes its exact size only.

    Raises:
        InvalidRequest: there are no such parts, or these are too many at once.
    """
    if len(numbers) > MOST_SIGNED or not all(1 <= n <= upload.parts for n in numbers):
        raise InvalidRequest(
            f"Name up to {MOST_SIGNED} parts, with numbers from 1 to {upload.parts}."
        )
    return {
        number: store.sign_part(
            upload.key,
            upload.upload_id,
            number=number,
            size=upload.size_of(number),
            expires_in=expires_in,
        )
        for number in numbers
    }


def arrived(store: PartStore, upload: OpenUpload) -> Sequence[int]:
    """The numbers of the parts that are there, in order: where to go on after an interruption.

    Raises:
        UploadGone: the file store does not know the upload (any more).
        ServiceUnavailable: it cannot be reached.
    """
    return [part.number for part in _whole_parts(upload, store.parts(upload.key, upload.upload_id))]


def finish(store: PartStore, inputs: BlobStore, upload: OpenUpload) -> None:
    """Make the object of the parts in `inputs`. Once done, it may be done again.

    Raises:
        UploadIncomplete: parts are missing; the upload stays open.
        UploadTooLarge: what was sent is more than the plan allows; the upload is given up.
        UploadGone: the file store does not know the upload (any more).
        ServiceUnavailable: it cannot be reached.
    """
    try:
        found = store.parts(upload.key, upload.upload_id)
    except UploadGone:
        if inputs.head(upload.key) is not None:
            return
        raise
    total = sum(part.size for part in found)
    if total > terms_of(upload.plan).max_upload_bytes:
        abort(store, upload)
        check_size(total, upload.plan)
    whole = _whole_parts(upload, found)
    if len(whole) < upload.parts or len(found) > len(whole):
        raise UploadIncomplete(
            f"{len(whole)} of {upload.parts} parts have arrived.",
            remedy="Send the missing parts, then try once more.",
        )
    store.complete(upload.key, upload.upload_id, whole)


def abort(store: PartStore, upload: OpenUpload) -> None:
    """Give the upload up; its parts are deleted. Doing so twice is the same as once."""
    store.abort(upload.key, upload.upload_id)


def _whole_parts(upload: OpenUpload, found: Sequence[UploadedPart]) -> Sequence[UploadedPart]:
    return [
        part
        for part in found
        if 1 <= part.number <= upload.parts and part.size == upload.size_of(part.number)
    ]
