"""Cold storage in a vault of the original Glacier service, for accounts that have one.

Resources: the vault; it is made by hand (or, on a laptop, by `local`), because CloudFormation has
no such thing. The policy of the topic of completed retrievals lets the account's own services
publish: `sns:Publish` for everybody with `AWS:SourceOwner` being the account, which is SNS's own
default and what Glacier publishes under.

Actions, on `arn:aws:glacier:REGION:ACCOUNT:vaults/NAME`:

- to put: `glacier:UploadArchive`, `glacier:InitiateMultipartUpload`,
  `glacier:UploadMultipartPart`, `glacier:CompleteMultipartUpload`, `glacier:AbortMultipartUpload`
- to ask and to see: `glacier:InitiateJob`, `glacier:DescribeJob`
- to read: `glacier:DescribeJob`, `glacier:GetJobOutput`
- to delete: `glacier:DeleteArchive`
"""

from collections.abc import Iterable, Iterator
from contextlib import closing, suppress
from itertools import islice
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from gas.aws.faults import code_of, neighbour
from gas.aws.parts import in_parts
from gas.aws.tree_hash import leaves_of, root_of, tree_hash
from gas.errors import CapacityLacking, NotFound, ServiceUnavailable
from gas.jobs import ArchiveReference, ColdKind
from gas.ports import Retrieval, Tier

if TYPE_CHECKING:
    from mypy_boto3_glacier import GlacierClient

_NAME = "The vault"
_ACCOUNT = "-"
"""Glacier's word for the account whose key signs the request."""
_MIB = 1024 * 1024
_PART = 16 * _MIB
"""A MiB times a power of two, as Glacier wants its parts; also the length of ranges read, which
start at multiples of it, so that Glacier tells the tree hash of each."""
_MOST_PARTS = 10_000
_ABSENT = frozenset({"ResourceNotFoundException"})
_LACKING = frozenset({"InsufficientCapacityException"})


class GlacierColdStore:
    """`gas.ports.ColdStore` on a vault. A retrieval is a job of Glacier's, its id the job's."""

    kind = ColdKind.GLACIER_VAULT

    def __init__(
        self, client: "GlacierClient", vault: str, *, unretried: "GlacierClient", topic_arn: str
    ) -> None:
        """`unretried` asks for retrievals (`AwsClients.glacier`): every repetition costs one.

        `topic_arn` is the topic of completed retrievals.
        """
        self._client = client
        self._vault = vault
        self._unretried = unretried
        self._topic_arn = topic_arn

    def put(self, chunks: Iterable[bytes], *, size: int, reference: ArchiveReference) -> str:
        with neighbour(_NAME):
            if size > _PART:
                return self._put_parts(chunks, size, _described(reference))
            body, *more = islice(in_parts(chunks, _PART), 2)
            _require_size(len(body) + sum(map(len, more)), size)
            stored = self._client.upload_archive(
                accountId=_ACCOUNT,
                vaultName=self._vault,
                archiveDescription=_described(reference),
                checksum=tree_hash(body),
                body=body,
            )
            return self._verified(stored["archiveId"], stored["checksum"], tree_hash(body))

    def _put_parts(self, chunks: Iterable[bytes], size: int, description: str) -> str:
        part_size = _PART
        while part_size * _MOST_PARTS < size:
            part_size *= 2
        upload_id = self._client.initiate_multipart_upload(
            accountId=_ACCOUNT,
            vaultName=self._vault,
            archiveDescription=description,
            partSize=str(part_size),
        )["uploadId"]
        try:
            leaves: list[bytes] = []
            start = 0
            for part in in_parts(chunks, part_size):
                leaves += self._put_part(upload_id, part, start)
                start += len(part)
            _require_size(start, size)
            whole = root_of(leaves)
            stored = self._client.complete_multipart_upload(
                accountId=_ACCOUNT,
                vaultName=self._vault,
                uploadId=upload_id,
                archiveSize=str(size),
                checksum=whole,
            )
        except BaseException:
            # Glacier itself gives up an upload that nobody has touched for a day.
            with suppress(ClientError, BotoCoreError):
                self._client.abort_multipart_upload(
                    accountId=_ACCOUNT, vaultName=self._vault, uploadId=upload_id
                )
            raise
        return self._verified(stored["archiveId"], stored["checksum"], whole)

    def _put_part(self, upload_id: str, part: bytes, start: int) -> list[bytes]:
        """Upload one part, which Glacier checks; the leaves of its tree."""
        leaves = leaves_of(part)
        self._client.upload_multipart_part(
            accountId=_ACCOUNT,
            vaultName=self._vault,
            uploadId=upload_id,
            range=f"bytes {start}-{start + len(part) - 1}/*",
            checksum=root_of(leaves),
            body=part,
        )
        return leaves

    def _verified(self, archive_id: str, told: str, computed: str) -> str:
        """The archive's id, if Glacier has the bytes that were sent; else it is removed."""
        if told != computed:
            self.delete(archive_id)
            raise ServiceUnavailable("The vault has stored other bytes than it was sent.")
        return archive_id

    def begin_retrieval(self, archive_id: str, *, tier: Tier, reference: ArchiveReference) -> str:
        with neighbour(_NAME):
            try:
                started = self._unretried.initiate_job(
                    accountId=_ACCOUNT,
                    vaultName=self._vault,
                    jobParameters={
                        "Type": "archive-retrieval",
                        "ArchiveId": archive_id,
                        "Tier": tier.value,
                        "SNSTopic": self._topic_arn,
                        "Description": _described(reference),
                    },
                )
            except ClientError as error:
                if code_of(error) in _LACKING:
                    raise CapacityLacking(f"No capacity for {tier} retrievals just now.") from error
                if _is_absent(error):
                    raise NotFound(f"There is no archive {archive_id}.") from error
                raise
        return started["jobId"]

    def retrieval(self, archive_id: str, retrieval_id: str) -> Retrieval:
        with neighbour(_NAME):
            try:
                job = self._client.describe_job(
                    accountId=_ACCOUNT, vaultName=self._vault, jobId=retrieval_id
                )
            except ClientError as error:
                if _is_absent(error):
                    return Retrieval.GONE
                raise
        if job.get("ArchiveId") != archive_id:
            return Retrieval.GONE
        if not job["Completed"]:
            return Retrieval.RUNNING
        return Retrieval.READY if job["StatusCode"] == "Succeeded" else Retrieval.GONE

    def read(self, archive_id: str, retrieval_id: str) -> Iterator[bytes]:
        with neighbour(_NAME):
            try:
                job = self._client.describe_job(
                    accountId=_ACCOUNT, vaultName=self._vault, jobId=retrieval_id
                )
                if job.get("ArchiveId") != archive_id or job["StatusCode"] != "Succeeded":
                    raise NotFound(f"There is no retrieved copy of {archive_id}.")
                leaves: list[bytes] = []
                for start in range(0, job["ArchiveSizeInBytes"], _PART):
                    last = min(start + _PART, job["ArchiveSizeInBytes"]) - 1
                    data, found = self._read_range(retrieval_id, start, last)
                    leaves += found
                    yield data
            except ClientError as error:
                if _is_absent(error):
                    raise NotFound(f"There is no retrieved copy of {archive_id}.") from error
                raise
        if root_of(leaves) != job["SHA256TreeHash"]:
            raise ServiceUnavailable("An archive came out of the vault damaged.")

    def _read_range(self, job_id: str, start: int, last: int) -> tuple[bytes, list[bytes]]:
        """The bytes from `start` to `last`, checked, and the leaves of their tree."""
        answer = self._client.get_job_output(
            accountId=_ACCOUNT,
            vaultName=self._vault,
            jobId=job_id,
            range=f"bytes={start}-{last}",
        )
        with closing(answer["body"]) as body:
            data = body.read()
        leaves = leaves_of(data)
        told = answer.get("checksum")
        if len(data) != last - start + 1 or (told and told != root_of(leaves)):
            raise ServiceUnavailable("A part of an archive came out of the vault damaged.")
        return data, leaves

    def delete(self, archive_id: str) -> None:
        with neighbour(_NAME):
            try:
                self._client.delete_archive(
                    accountId=_ACCOUNT, vaultName=self._vault, archiveId=archive_id
                )
            except ClientError as error:
                if not _is_absent(error):
                    raise


def _described(reference: ArchiveReference) -> str:
    """The reference as a description: printable ASCII, 1,024 characters at most."""
    return reference.model_dump_json()


def _require_size(found: int, size: int) -> None:
    if found != size:
        raise ServiceUnavailable(f"An archive came with another size than its {size} bytes.")


def _is_absent(error: ClientError) -> bool:
    """Whether an archive or a job is not there. A vault that is not there is another matter:
    a wrong setting must not look like a lost archive."""
    text = str(error.response.get("Error", {}).get("Message", ""))
    return code_of(error) in _ABSENT and not text.startswith("Vault not found")
