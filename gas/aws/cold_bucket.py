"""Cold storage that is a bucket and no more: where there is no Glacier.

Archives are ordinary objects of the archives bucket, which the operator may put on slower disks
(a placement or storage class of the store). They can be read at once, so a retrieval is ready as
soon as it is asked for; whoever asks looks at it, so no notice is needed.

Actions, on `arn:aws:s3:::BUCKET/*`: `s3:PutObject`, `s3:AbortMultipartUpload`, `s3:GetObject`,
`s3:DeleteObject`; on the bucket: `s3:ListBucket`.
"""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from gas.aws.blobs import S3BlobStore
from gas.aws.faults import neighbour
from gas.aws.parts import PartedObject, upload_in_parts
from gas.errors import NotFound
from gas.jobs import ArchiveReference, ColdKind
from gas.keys import new_archive_key
from gas.ports import Retrieval, Tier

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_NAME = "Cold storage"
_PART = 16 * 1024 * 1024


class BucketColdStore:
    """`gas.ports.ColdStore` on a bucket without tiers. An archive's id is its key."""

    kind = ColdKind.BUCKET

    def __init__(self, client: "S3Client", archives: S3BlobStore, *, storage_class: str) -> None:
        """`storage_class` is one that the store knows; empty: its usual one."""
        self._client = client
        self._archives = archives
        self._settings = {**archives.encryption.arguments}
        if storage_class:
            self._settings["StorageClass"] = storage_class

    def put(self, chunks: Iterable[bytes], *, size: int, reference: ArchiveReference) -> str:
        key = new_archive_key(reference.user_id, reference.job_id, reference.file)
        with neighbour(_NAME):
            upload_in_parts(
                self._client,
                chunks,
                PartedObject(self._archives.bucket, key, size, _PART),
                Metadata={"reference": reference.model_dump_json()},
                **self._settings,
            )
        return key

    def begin_retrieval(self, archive_id: str, *, tier: Tier, reference: ArchiveReference) -> str:
        if self._archives.head(archive_id) is None:
            raise NotFound(f"There is no archive {archive_id}.")
        return archive_id

    def retrieval(self, archive_id: str, retrieval_id: str) -> Retrieval:
        there = self._archives.head(archive_id) is not None
        return Retrieval.READY if there else Retrieval.GONE

    def read(self, archive_id: str, retrieval_id: str) -> Iterator[bytes]:
        return self._archives.stream(archive_id)

    def delete(self, archive_id: str) -> None:
        self._archives.delete(archive_id)
