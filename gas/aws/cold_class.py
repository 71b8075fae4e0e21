"""Cold storage in S3's storage class GLACIER: archives are objects of a bucket of their own.

Resources: a private bucket for archives, encrypted, whose lifecycle gives up unfinished uploads
in parts after a day; its notification `s3:ObjectRestore:Completed` goes to the topic of completed
retrievals, whose policy lets `s3.amazonaws.com` publish on behalf of this bucket.

Actions, on `arn:aws:s3:::BUCKET/*`:

- to put: `s3:PutObject`, `s3:AbortMultipartUpload`
- to ask and to see: `s3:RestoreObject`, `s3:GetObject`
- to read: `s3:GetObject`
- to delete: `s3:DeleteObject`

and `s3:ListBucket` on the bucket for who asks, sees or reads: without it S3 says 403 of an
archive that is gone, which is taken for a fault.
"""

from collections.abc import Iterable, Iterator
from contextlib import closing
from typing import TYPE_CHECKING, Literal

from botocore.exceptions import ClientError

from gas.aws.encryption import SSE_S3, Encryption
from gas.aws.faults import code_of, neighbour
from gas.aws.parts import PartedObject, upload_in_parts
from gas.errors import CapacityLacking, NotFound
from gas.jobs import ArchiveReference, ColdKind
from gas.keys import new_archive_key
from gas.ports import Retrieval, Tier

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

StorageClass = Literal["GLACIER", "DEEP_ARCHIVE"]

_NAME = "Cold storage"
_MIB = 1024 * 1024
_PART = 16 * _MIB
_CHUNK = 4 * _MIB
_ABSENT = frozenset({"404", "NoSuchKey", "NotFound"})
#: Nobody has asked for the object, or its temporary copy has expired.
_NOT_RETRIEVED = frozenset({"InvalidObjectState"})
_LACKING = frozenset({"GlacierExpeditedRetrievalNotAvailable"})
_ONGOING = frozenset({"RestoreAlreadyInProgress"})


class S3ColdStore:
    """`gas.ports.ColdStore` on a bucket. An archive's id is its key.

    A retrieval is a state of the object: there is one at most, so its id says nothing new.
    """

    kind = ColdKind.GLACIER_CLASS

    def __init__(
        self,
        client: "S3Client",
        bucket: str,
        *,
        unretried: "S3Client",
        days: int = 2,
        storage_class: StorageClass = "GLACIER",
        encryption: Encryption = SSE_S3,
    ) -> None:
        """`unretried` asks for retrievals (`AwsClients.s3`); `days` a retrieved copy is kept."""
        self._client = client
        self._bucket = bucket
        self._unretried = unretried
        self._days = days
        self._storage_class = storage_class
        self._encryption = encryption

    def put(self, chunks: Iterable[bytes], *, size: int, reference: ArchiveReference) -> str:
        key = new_archive_key(reference.user_id, reference.job_id, reference.file)
        with neighbour(_NAME):
            upload_in_parts(
                self._client,
                chunks,
                PartedObject(self._bucket, key, size, _PART),
                StorageClass=self._storage_class,
                **self._encryption.arguments,
                Metadata={"reference": reference.model_dump_json()},
            )
        return key

    def begin_retrieval(self, archive_id: str, *, tier: Tier, reference: ArchiveReference) -> str:
        if tier is Tier.EXPEDITED and self._storage_class == "DEEP_ARCHIVE":
            raise CapacityLacking("The storage class DEEP_ARCHIVE has no expedited retrievals.")
        with neighbour(_NAME):
            try:
                self._unretried.restore_object(
                    Bucket=self._bucket,
                    Key=archive_id,
                    RestoreRequest={
                        "Days": self._days,
                        "GlacierJobParameters": {"Tier": tier.value},
                    },
                )
            except ClientError as error:
                code = code_of(error)
                if code in _LACKING:
                    raise CapacityLacking(f"No capacity for {tier} retrievals just now.") from error
                if code in _ABSENT:
                    raise NotFound(f"There is no archive {archive_id}.") from error
                if code not in _ONGOING:
                    raise
        return archive_id

    def retrieval(self, archive_id: str, retrieval_id: str) -> Retrieval:
        with neighbour(_NAME):
            try:
                answer = self._client.head_object(Bucket=self._bucket, Key=archive_id)
            except ClientError as error:
                if code_of(error) in _ABSENT:
                    return Retrieval.GONE
                raise
        return _state_of(answer.get("Restore", ""))

    def read(self, archive_id: str, retrieval_id: str) -> Iterator[bytes]:
        with neighbour(_NAME):
            try:
                answer = self._client.get_object(Bucket=self._bucket, Key=archive_id)
            except ClientError as error:
                if code_of(error) in _ABSENT | _NOT_RETRIEVED:
                    raise NotFound(f"There is no retrieved copy of {archive_id}.") from error
                raise
            with closing(answer["Body"]) as body:
                yield from body.iter_chunks(_CHUNK)

    def delete(self, archive_id: str) -> None:
        with neighbour(_NAME):
            self._client.delete_object(Bucket=self._bucket, Key=archive_id)


def _state_of(restore: str) -> Retrieval:
    """What the header `x-amz-restore` says; it is absent where nothing was asked for."""
    if 'ongoing-request="true"' in restore:
        return Retrieval.RUNNING
    return Retrieval.READY if 'ongoing-request="false"' in restore else Retrieval.GONE
