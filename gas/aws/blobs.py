"""A bucket on S3."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from boto3.s3.transfer import TransferConfig
from botocore.exceptions import ClientError

from gas.aws.encryption import SSE_S3, Encryption
from gas.aws.faults import code_of, neighbour
from gas.aws.parts import PartedObject, upload_in_parts
from gas.aws.versions import delete_versions
from gas.errors import NotFound
from gas.object_store import Fence
from gas.ports import BlobInfo, SignedPost

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_MIB = 1024 * 1024
_TRANSFER = TransferConfig(
    multipart_threshold=16 * _MIB, multipart_chunksize=16 * _MIB, max_concurrency=4
)
#: Copies inside the store: in parts already below what one request can copy (5 GiB), because the
#: parts of a large object are copied side by side.
_COPY = TransferConfig(
    multipart_threshold=256 * _MIB, multipart_chunksize=128 * _MIB, max_concurrency=8
)
_CHUNK = 4 * _MIB
#: No multiple of two of `upload`'s parts, so that S3 makes another entity tag of the same bytes.
_STREAM_PART = 12 * _MIB
_ABSENT = frozenset({"404", "NoSuchKey", "NotFound"})


class S3BlobStore:
    """`gas.ports.BlobStore` on one S3 bucket."""

    def __init__(
        self,
        client: "S3Client",
        bucket: str,
        *,
        encryption: Encryption = SSE_S3,
        copying: TransferConfig = _COPY,
        fence: Fence = Fence.ENTITY_TAG,
    ) -> None:
        self._client = client
        self._bucket = bucket
        self.encryption = encryption
        self._copying = copying
        self._fence = fence

    @property
    def bucket(self) -> str:
        return self._bucket

    def sign_post(
        self,
        key: str,
        *,
        min_bytes: int,
        max_bytes: int,
        expires_in: int,
        metadata: Mapping[str, str],
        redirect_to: str | None,
    ) -> SignedPost:
        fields = {
            "acl": "private",
            **self.encryption.form_fields,
            **_afterwards(redirect_to),
            **{f"x-amz-meta-{name}": value for name, value in metadata.items()},
        }
        conditions: list[Any] = [{name: value} for name, value in fields.items()]
        conditions.append(["content-length-range", min_bytes, max_bytes])
        post = self._client.generate_presigned_post(
            self._bucket, key, Fields=dict(fields), Conditions=conditions, ExpiresIn=expires_in
        )
        return SignedPost(url=post["url"], fields=post["fields"])

    def sign_get(self, key: str, *, expires_in: int, file_name: str, content_type: str) -> str:
        return self._client.generate_presigned_url(
            "get_object",
            Params={
                "Bucket": self._bucket,
                "Key": key,
                "ResponseContentDisposition": _attachment(file_name),
                "ResponseContentType": content_type,
            },
            ExpiresIn=expires_in,
        )

    def head(self, key: str) -> BlobInfo | None:
        with neighbour("The file store"):
            try:
                answer = self._client.head_object(Bucket=self._bucket, Key=key)
            except ClientError as error:
                if code_of(error) in _ABSENT:
                    return None
                raise
        return BlobInfo(
            key=key,
            size=answer["ContentLength"],
            metadata=answer["Metadata"],
            etag=answer["ETag"].strip('"'),
            modified_at=int(answer["LastModified"].timestamp()),
        )

    def list(self, prefix: str, *, limit: int) -> Sequence[BlobInfo]:
        pages = self._client.get_paginator("list_objects_v2").paginate(
            Bucket=self._bucket, Prefix=prefix, PaginationConfig={"MaxItems": limit}
        )
        with neighbour("The file store"):
            return [
                BlobInfo(
                    key=found["Key"],
                    size=found["Size"],
                    metadata={},
                    etag=found["ETag"].strip('"'),
                    modified_at=int(found["LastModified"].timestamp()),
                )
                for page in pages
                for found in page.get("Contents", [])
            ]

    def download(self, key: str, path: Path) -> None:
        with neighbour("The file store"):
            try:
                self._client.download_file(self._bucket, key, str(path), Config=_TRANSFER)
            except ClientError as error:
                raise _absent(error, key) from error

    def upload(self, path: Path, key: str, *, content_type: str) -> None:
        with neighbour("The file store"):
            self._client.upload_file(
                str(path),
                self._bucket,
                key,
                ExtraArgs={"ContentType": content_type, **self.encryption.arguments},
                Config=_TRANSFER,
            )

    def read(self, key: str, *, start: int, length: int) -> bytes:
        with neighbour("The file store"):
            try:
                answer = self._client.get_object(
                    Bucket=self._bucket, Key=key, Range=f"bytes={start}-{start + length - 1}"
                )
                with answer["Body"] as body:
                    return body.read()
            except ClientError as error:
                if code_of(error) == "InvalidRange":
                    return b""
                raise _absent(error, key) from error

    def copy(self, source: str, key: str, *, metadata: Mapping[str, str]) -> None:
        settings = {
            "Metadata": dict(metadata),
            "MetadataDirective": "REPLACE",
            "ACL": "private",
            **self.encryption.arguments,
        }
        with neighbour("The file store"):
            try:
                self._client.copy(
                    {"Bucket": self._bucket, "Key": source},
                    self._bucket,
                    key,
                    ExtraArgs=settings,
                    Config=self._copying,
                )
            except ClientError as error:
                if code_of(error) != "NotImplemented":
                    raise _absent(error, source) from error
                self._copy_through(source, key, metadata)

    def _copy_through(self, source: str, key: str, metadata: Mapping[str, str]) -> None:
        """Copy by way of this process: some stores cannot copy what they encrypt."""
        answer = self._client.get_object(Bucket=self._bucket, Key=source)
        with closing(answer["Body"]) as body:
            upload_in_parts(
                self._client,
                body.iter_chunks(_CHUNK),
                PartedObject(self._bucket, key, answer["ContentLength"], _STREAM_PART),
                Metadata=dict(metadata),
                ACL="private",
                **self.encryption.arguments,
            )

    def stream(self, key: str) -> Iterator[bytes]:
        with neighbour("The file store"):
            try:
                answer = self._client.get_object(Bucket=self._bucket, Key=key)
            except ClientError as error:
                raise _absent(error, key) from error
            with closing(answer["Body"]) as body:
                yield from body.iter_chunks(_CHUNK)

    def upload_chunks(
        self, chunks: Iterable[bytes], key: str, *, size: int, content_type: str
    ) -> None:
        with neighbour("The file store"):
            upload_in_parts(
                self._client,
                chunks,
                PartedObject(self._bucket, key, size, _STREAM_PART),
                ContentType=content_type,
                **self.encryption.arguments,
            )

    def delete(self, key: str, *, if_etag: str | None = None) -> bool:
        if self._fence is Fence.VERSION:
            with neighbour("The file store"):
                return delete_versions(self._client, self._bucket, key, if_etag=if_etag)
        condition: dict[str, Any] = {} if if_etag is None else {"IfMatch": f'"{if_etag}"'}
        with neighbour("The file store"):
            try:
                self._client.delete_object(Bucket=self._bucket, Key=key, **condition)
            except ClientError as error:
                if code_of(error) == "PreconditionFailed":
                    return False
                if code_of(error) not in _ABSENT:
                    raise
        return True


def _absent(error: ClientError, key: str) -> Exception:
    """NotFound for an absent object; any other error as it is."""
    if code_of(error) in _ABSENT:
        return NotFound(f"There is no object {key}.")
    return error


def _afterwards(redirect_to: str | None) -> dict[str, str]:
    """What S3 answers to a signed POST that succeeded."""
    if redirect_to is None:
        return {"success_action_status": "201"}
    return {"success_action_redirect": redirect_to}


def _attachment(file_name: str) -> str:
    """A Content-Disposition value that is safe for any file name (RFC 6266)."""
    plain = re.sub(r'[^ -~]|["\\]', "_", file_name)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(file_name, safe='')}"
