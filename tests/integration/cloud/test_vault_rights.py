"""Vaults open to the root, and to roles whose policies allow what they ask; functions included."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import httpx
import pytest
from botocore.exceptions import ClientError

from tests.integration.cloud.cold import practise
from tests.integration.cloud.conftest import Endpoint
from tests.integration.cloud.embedded import EmbeddedCloud
from tests.integration.cloud.test_cold_objects import error_of
from tests.integration.cloud.test_roles import allow, role, session
from tests.integration.cloud.waiting import until

VAULT_ARN = "arn:aws:glacier:us-east-1:000000000000:vaults/vault"
MIB = 1024 * 1024
FUNCTION = """
import boto3

def handler(event, context):
    s3, glacier = boto3.client("s3"), boto3.client("glacier")
    where = {"Bucket": event["bucket"], "Key": "large"}
    upload = {**where, "UploadId": s3.create_multipart_upload(**where)["UploadId"]}
    part = bytes(event["size"])
    tag = s3.upload_part(**upload, PartNumber=1, Body=part)["ETag"]
    parts = {"Parts": [{"ETag": tag, "PartNumber": 1}]}
    s3.complete_multipart_upload(**upload, MultipartUpload=parts)
    found = s3.head_object(**where)
    s3.delete_object(**where, IfMatch=found["ETag"])
    try:
        glacier.list_jobs(vaultName="vault")
    except glacier.exceptions.ClientError as error:
        refused = error.response["Error"]["Code"]
    output = glacier.get_job_output(vaultName="vault", jobId=event["job"])["body"].read()
    return {"size": found["ContentLength"], "refused": refused, "output": output.decode()}
"""


@pytest.fixture
def glacier(cold_cloud: EmbeddedCloud) -> Any:
    """The root's client."""
    practise(cold_cloud, seconds={"expedited": 0})
    return cold_cloud.client("glacier", attempts=1)


def test_a_role_may_do_what_its_policy_says(cloud: Endpoint, glacier: Any) -> None:
    uploads = allow("glacier:UploadArchive", f"{VAULT_ARN[:-3]}*")
    theirs = cloud.client("glacier", **session(cloud, role(cloud, uploads)))
    archive_id = theirs.upload_archive(vaultName="vault", body=b"12345")["archiveId"]
    for call, more in (
        (theirs.delete_archive, {"vaultName": "vault", "archiveId": archive_id}),
        (theirs.upload_archive, {"vaultName": "other", "body": b"12345"}),
        (theirs.list_vaults, {}),
    ):
        assert error_of(call, **more) == "AccessDeniedException"
    glacier.delete_archive(vaultName="vault", archiveId=archive_id)


def test_a_session_outlives_the_cloud(cloud: Endpoint, glacier: Any) -> None:
    assert cloud.embedded is not None
    reads = allow("glacier:DescribeVault", VAULT_ARN)
    theirs = cloud.client("glacier", **session(cloud, role(cloud, reads)))
    cloud.embedded.ministack.kill()
    assert theirs.describe_vault(vaultName="vault")["VaultARN"] == VAULT_ARN


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"aws_secret_access_key": "wrong"}, "InvalidSignatureException"),
        ({"aws_session_token": "wrong"}, "UnrecognizedClientException"),
        ({"aws_access_key_id": "ASIA" + "A" * 16}, "UnrecognizedClientException"),
    ],
)
def test_a_wrong_key_opens_nothing(
    cloud: Endpoint, glacier: Any, changed: dict[str, str], code: str
) -> None:
    credentials = session(cloud, role(cloud, allow("glacier:*", "*"))) | changed
    theirs = cloud.client("glacier", **credentials)
    assert error_of(theirs.describe_vault, vaultName="vault") == code
    assert error_of(theirs.upload_archive, vaultName="vault", body=b"12345") == code


def test_another_body_than_the_signed_one_is_refused(cold_cloud: EmbeddedCloud) -> None:
    client = cold_cloud.client("glacier", attempts=1)

    def swap(request: Any, **_: Any) -> None:
        request.body = b"54321"

    client.meta.events.register("before-send.glacier.UploadArchive", swap)
    with pytest.raises(ClientError) as fault:
        client.upload_archive(vaultName="vault", body=b"12345")
    assert fault.value.response["Error"]["Code"] == "InvalidParameterValueException"
    unsigned = httpx.get(f"{cold_cloud.url}/-/vaults/vault")
    assert unsigned.status_code == 403


def test_a_function_is_known_by_its_role(cloud: Endpoint, glacier: Any) -> None:
    archive_id = glacier.upload_archive(vaultName="vault", body=b"from the vault")["archiveId"]
    wanted = {"Type": "archive-retrieval", "ArchiveId": archive_id, "Tier": "Expedited"}
    job_id = glacier.initiate_job(vaultName="vault", jobParameters=wanted)["jobId"]
    bucket, name = cloud.bucket(), cloud.name("function")
    rights = [allow("glacier:GetJobOutput", VAULT_ARN), allow("s3:*", f"arn:aws:s3:::{bucket}/*")]
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("index.py", FUNCTION)
    client = cloud.client("lambda")
    client.create_function(
        FunctionName=name,
        Runtime="python3.11",
        Handler="index.handler",
        Role=role(cloud, *rights),
        Timeout=30,
        Code={"ZipFile": packed.getvalue()},
    )
    cloud.later(lambda: client.delete_function(FunctionName=name))
    event = {"bucket": bucket, "job": job_id, "size": 20 * MIB}

    def invoke() -> Any:
        answer = client.invoke(FunctionName=name, Payload=json.dumps(event))
        return json.loads(answer["Payload"].read())

    assert until(invoke) == {
        "size": 20 * MIB,
        "refused": "AccessDeniedException",
        "output": "from the vault",
    }
    assert cloud.embedded is not None
    kept = [each.stat().st_size for each in (cloud.embedded.data / "blobs").iterdir()]
    assert 20 * MIB in kept
