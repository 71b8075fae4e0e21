"""What a vault may answer that it never should, and what is then done."""

import io
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.response import StreamingBody
from botocore.stub import ANY, Stubber

from gas.aws.cold_vault import GlacierColdStore
from gas.aws.tree_hash import tree_hash
from gas.errors import NotFound, ServiceUnavailable
from gas.jobs import ArchiveReference
from gas.ports import Tier

if TYPE_CHECKING:
    from mypy_boto3_glacier import GlacierClient

MIB = 1024 * 1024
REFERENCE = ArchiveReference(user_id="u", job_id="j", file="annotated", key="u/j~x")
ID = "A" * 138


@pytest.fixture
def client() -> "GlacierClient":
    made: GlacierClient = boto3.client(
        "glacier", region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b"
    )
    return made


@pytest.fixture
def stub(client: "GlacierClient") -> Iterator[Stubber]:
    with Stubber(client) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


@pytest.fixture
def store(client: "GlacierClient") -> GlacierColdStore:
    return GlacierColdStore(client, "v", unretried=client, topic_arn="arn")


def output(content: bytes, **more: Any) -> dict[str, Any]:
    return {"body": StreamingBody(io.BytesIO(content), len(content)), **more}


def test_an_archive_with_another_checksum_is_removed_again(
    store: GlacierColdStore, stub: Stubber
) -> None:
    stub.add_response("upload_archive", {"archiveId": ID, "checksum": tree_hash(b"other")})
    stub.add_response("delete_archive", {}, {"accountId": "-", "vaultName": "v", "archiveId": ID})
    with pytest.raises(ServiceUnavailable):
        store.put([b"content"], size=7, reference=REFERENCE)


def test_an_upload_that_fails_is_given_up(store: GlacierColdStore, stub: Stubber) -> None:
    stub.add_response("initiate_multipart_upload", {"uploadId": "u"})
    stub.add_client_error("upload_multipart_part", "RequestTimeoutException", http_status_code=408)
    stub.add_response(
        "abort_multipart_upload", {}, {"accountId": "-", "vaultName": "v", "uploadId": "u"}
    )
    with pytest.raises(ServiceUnavailable):
        store.put([bytes(20 * MIB)], size=20 * MIB, reference=REFERENCE)


@pytest.mark.parametrize(
    ("content", "told", "whole"),
    [
        pytest.param(b"content", tree_hash(b"other"), tree_hash(b"content"), id="range"),
        pytest.param(b"content", None, tree_hash(b"other"), id="whole"),
        pytest.param(b"conten", None, tree_hash(b"conten"), id="short"),
    ],
)
def test_damaged_output_is_an_error(
    store: GlacierColdStore, stub: Stubber, content: bytes, told: str | None, whole: str
) -> None:
    job = {"ArchiveId": ID, "StatusCode": "Succeeded", "ArchiveSizeInBytes": 7}
    stub.add_response("describe_job", {**job, "SHA256TreeHash": whole})
    checksum = {"checksum": told} if told else {}
    stub.add_response("get_job_output", output(content, **checksum))
    with pytest.raises(ServiceUnavailable):
        list(store.read(ID, "job"))


@pytest.mark.parametrize(
    ("message", "error"),
    [
        ("The archive ID was not found: A", NotFound),
        ("Vault not found for ARN: arn:aws:glacier:us-east-1:1:vaults/v", ServiceUnavailable),
    ],
)
def test_a_missing_vault_is_no_missing_archive(
    store: GlacierColdStore, stub: Stubber, message: str, error: type[Exception]
) -> None:
    stub.add_client_error("initiate_job", "ResourceNotFoundException", message, 404)
    with pytest.raises(error):
        store.begin_retrieval(ID, tier=Tier.STANDARD, reference=REFERENCE)


def test_a_job_says_whose_archive_it_brings(store: GlacierColdStore, stub: Stubber) -> None:
    wanted = {
        "Type": "archive-retrieval",
        "ArchiveId": ID,
        "Tier": "Expedited",
        "SNSTopic": "arn",
        "Description": ANY,
    }
    expected = {"accountId": "-", "vaultName": "v", "jobParameters": wanted}
    stub.add_response("initiate_job", {"jobId": "job"}, expected)
    begun = store.begin_retrieval(ID, tier=Tier.EXPEDITED, reference=REFERENCE)
    assert begun == "job"
