"""Makes the stores of a service's buckets, all as its settings say."""

from typing import TYPE_CHECKING

from gas.aws.blobs import S3BlobStore
from gas.aws.clients import AwsClients
from gas.aws.encryption import Encryption
from gas.aws.part_store import S3PartStore
from gas.settings import CoreSettings

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


class Buckets:
    """The buckets of one process: where they are, how they encrypt, how they delete."""

    def __init__(self, clients: AwsClients, settings: CoreSettings) -> None:
        self._clients = clients
        self._store = settings.object_store
        self._fence = settings.s3_fence
        self.encryption = Encryption(settings.bucket_key)
        self.client = clients.s3(self._store)

    def unretried(self) -> "S3Client":
        """A client for requests whose refusal is an answer."""
        return self._clients.s3(self._store, retried=False)

    def blobs(self, bucket: str) -> S3BlobStore:
        """The objects of `bucket`."""
        return S3BlobStore(self.client, bucket, encryption=self.encryption, fence=self._fence)

    def parts(self, bucket: str) -> S3PartStore:
        """The uploads in parts to `bucket`."""
        return S3PartStore(self.client, bucket, encryption=self.encryption)
