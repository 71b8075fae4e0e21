"""Uploads in parts to a bucket on S3."""

import hashlib
from base64 import b64encode
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from gas.aws.encryption import SSE_S3, Encryption
from gas.aws.faults import code_of, neighbour
from gas.errors import UploadGone
from gas.ports import UploadedPart

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_GONE = frozenset({"NoSuchUpload", "404", "NoSuchKey"})
"""Ceph says `NoSuchKey` where AWS says `NoSuchUpload`."""


class S3PartStore:
    """`gas.ports.PartStore` on one S3 bucket."""

    def __init__(self, client: "S3Client", bucket: str, *, encryption: Encryption = SSE_S3) -> None:
        self._client = client
        self._bucket = bucket
        self._encryption = encryption

    def begin(self, key: str, *, metadata: Mapping[str, str]) -> str:
        with neighbour("The file store"):
            answer = self._client.create_multipart_upload(
                Bucket=self._bucket,
                Key=key,
                Metadata=metadata,
                ACL="private",
                **self._encryption.arguments,
            )
        return answer["UploadId"]

    def sign_part(
        self, key: str, upload_id: str, *, number: int, size: int, expires_in: int
    ) -> str:
        return self._client.generate_presigned_url(
            "upload_part",
            Params={
                "Bucket": self._bucket,
                "Key": key,
                "UploadId": upload_id,
                "PartNumber": number,
                # Becomes a signed header: a body of another length has no valid signature.
                "ContentLength": size,
            },
            ExpiresIn=expires_in,
        )

    def put_part(self, key: str, upload_id: str, *, number: int, body: bytes) -> UploadedPart:
        checksum = hashlib.md5(body, usedforsecurity=False).digest()
        with neighbour("The file store"):
            try:
                answer = self._client.upload_part(
                    Bucket=self._bucket,
                    Key=key,
                    UploadId=upload_id,
                    PartNumber=number,
                    Body=body,
                    ContentMD5=b64encode(checksum).decode(),
                )
            except ClientError as error:
                raise _gone(error) from error
        return UploadedPart(number, len(body), answer["ETag"])

    def parts(self, key: str, upload_id: str) -> Sequence[UploadedPart]:
        pages = self._client.get_paginator("list_parts").paginate(
            Bucket=self._bucket, Key=key, UploadId=upload_id
        )
        with neighbour("The file store"):
            try:
                return [
                    UploadedPart(part["PartNumber"], part["Size"], part["ETag"])
                    for page in pages
                    for part in page.get("Parts", [])
                ]
            except ClientError as error:
                raise _gone(error) from error

    def complete(self, key: str, upload_id: str, parts: Sequence[UploadedPart]) -> None:
        with neighbour("The file store"):
            try:
                self._client.complete_multipart_upload(
                    Bucket=self._bucket,
                    Key=key,
                    UploadId=upload_id,
                    MultipartUpload={
                        "Parts": [{"PartNumber": p.number, "ETag": p.etag} for p in parts]
                    },
                )
            except ClientError as error:
                if code_of(error) == "InternalError":
                    # Ceph answers so if the upload is not known (any more): then this raises.
                    self.parts(key, upload_id)
                raise _gone(error) from error

    def abort(self, key: str, upload_id: str) -> None:
        with neighbour("The file store"):
            try:
                self._client.abort_multipart_upload(
                    Bucket=self._bucket, Key=key, UploadId=upload_id
                )
            except ClientError as error:
                if code_of(error) not in _GONE:
                    raise


def _gone(error: ClientError) -> Exception:
    """UploadGone for an upload that is not known; any other error as it is."""
    if code_of(error) in _GONE:
        return UploadGone(
            "The file store does not know this upload any more.",
            remedy="Start the upload again from the beginning.",
        )
    return error
