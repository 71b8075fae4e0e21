"""Uploads in parts: objects made of a stream, with a part of it in memory and no more."""

import hashlib
from base64 import b64encode
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from gas.errors import ServiceUnavailable

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import CompletedPartTypeDef

_MOST_PARTS = 10_000
"""What S3 takes."""


@dataclass(frozen=True)
class PartedObject:
    """An object to be, and where it goes."""

    bucket: str
    key: str
    size: int
    part_size: int
    """Bytes of every part but the last; doubled as often as a very large object needs."""


def upload_in_parts(
    client: "S3Client", chunks: Iterable[bytes], what: PartedObject, **settings: Any
) -> None:
    """Store the chunks as one object; `settings` are those of CreateMultipartUpload.

    S3 checks every part against its MD5, and the parts' entity tags when it puts them together.
    If anything goes wrong before that, the upload is given up and the key is as it was.

    Raises:
        ServiceUnavailable: the chunks have not the size they should.
        ClientError, BotoCoreError: what the SDK raises.
    """
    where: dict[str, Any] = {"Bucket": what.bucket, "Key": what.key}
    upload_id = client.create_multipart_upload(**where, **settings)["UploadId"]
    try:
        parts: list[CompletedPartTypeDef] = []
        for number, part in enumerate(_exactly(chunks, what), start=1):
            stored = client.upload_part(
                **where,
                UploadId=upload_id,
                PartNumber=number,
                Body=part,
                ContentMD5=b64encode(hashlib.md5(part, usedforsecurity=False).digest()).decode(),
            )
            parts.append({"ETag": stored["ETag"], "PartNumber": number})
        client.complete_multipart_upload(
            **where, UploadId=upload_id, MultipartUpload={"Parts": parts}
        )
    except BaseException:
        # What cannot be given up now is removed by the bucket's lifecycle rule.
        with suppress(ClientError, BotoCoreError):
            client.abort_multipart_upload(**where, UploadId=upload_id)
        raise


def in_parts(chunks: Iterable[bytes], part_size: int) -> Iterator[bytes]:
    """The chunks in parts of `part_size` bytes, the last one shorter; at least one."""
    part = bytearray()
    count = 0
    for chunk in chunks:
        part += chunk
        while len(part) > part_size:
            yield bytes(part[:part_size])
            del part[:part_size]
            count += 1
    if part or not count:
        yield bytes(part)


def _exactly(chunks: Iterable[bytes], what: PartedObject) -> Iterator[bytes]:
    """The parts of the object; raises after the last one if their sizes do not add up."""
    part_size = what.part_size
    while part_size * _MOST_PARTS < what.size:
        part_size *= 2
    total = 0
    for part in in_parts(chunks, part_size):
        total += len(part)
        if total > what.size:
            break
        yield part
    if total != what.size:
        raise ServiceUnavailable(
            f"{what.key} came with another number of bytes than its {what.size}.",
            remedy="Try again in a minute.",
        )
