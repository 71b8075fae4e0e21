"""The Glacier vault API, as the AWS SDK uses it, over every ``kill -9``."""

from __future__ import annotations

import hashlib
import io
import json
import os
import threading
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError, ClientError
from botocore.utils import calculate_tree_hash

from tests.integration.cloud.cold import TOPIC, make_cold_storage, practise
from tests.integration.cloud.embedded import EmbeddedCloud
from tests.integration.cloud.test_cold_objects import error_of
from tests.integration.cloud.waiting import receive, until

MIB = 1024 * 1024
VAULT = {"vaultName": "vault"}
VAULT_ARN = "arn:aws:glacier:us-east-1:000000000000:vaults/vault"


def tree(content: bytes) -> str:
    return str(calculate_tree_hash(io.BytesIO(content)))  # type: ignore[arg-type]


@pytest.fixture
def glacier(cold_cloud: EmbeddedCloud) -> Any:
    """A client; its vault is empty."""
    client = cold_cloud.client("glacier", attempts=1)
    practise(cold_cloud, seconds={"expedited": 0})
    job_id = client.initiate_job(
        **VAULT, jobParameters={"Type": "inventory-retrieval", "Tier": "Expedited"}
    )["jobId"]
    inventory = json.loads(client.get_job_output(**VAULT, jobId=job_id)["body"].read())
    for archive in inventory["ArchiveList"]:
        client.delete_archive(**VAULT, archiveId=archive["ArchiveId"])
    for upload in client.list_multipart_uploads(**VAULT)["UploadsList"]:
        client.abort_multipart_upload(**VAULT, uploadId=upload["MultipartUploadId"])
    return client


def retrieve(glacier: Any, archive_id: str, tier: str = "Expedited", **more: str) -> str:
    parameters = {"Type": "archive-retrieval", "ArchiveId": archive_id, "Tier": tier, **more}
    return str(glacier.initiate_job(**VAULT, jobParameters=parameters)["jobId"])


def completed(glacier: Any, job_id: str) -> dict[str, Any]:
    def ask() -> Any:
        found = glacier.describe_job(**VAULT, jobId=job_id)
        return found if found["Completed"] else None

    return dict(until(ask))


def test_vaults_come_and_go(glacier: Any) -> None:
    for name in ("b", "a", "b"):
        glacier.create_vault(vaultName=name)
    pages = glacier.get_paginator("list_vaults").paginate(PaginationConfig={"PageSize": "2"})
    assert [v["VaultName"] for page in pages for v in page["VaultList"]] == ["a", "b", "vault"]
    glacier.delete_vault(vaultName="b")
    archive_id = glacier.upload_archive(vaultName="a", body=b"12345")["archiveId"]
    found = glacier.describe_vault(vaultName="a")
    assert (found["NumberOfArchives"], found["SizeInBytes"]) == (1, 5)
    assert error_of(glacier.delete_vault, vaultName="a") == "InvalidParameterValueException"
    glacier.delete_archive(vaultName="a", archiveId=archive_id)
    glacier.delete_vault(vaultName="a")
    assert error_of(glacier.describe_vault, vaultName="a") == "ResourceNotFoundException"


@pytest.mark.parametrize("wrong", ["checksum", "size", "empty"])
def test_an_archive_that_is_not_what_was_meant_is_refused(glacier: Any, wrong: str) -> None:
    parameters: dict[str, Any] = {"body": b"" if wrong == "empty" else b"content"}
    if wrong == "checksum":
        parameters["checksum"] = tree(b"another")
    if wrong == "size":
        upload = glacier.initiate_multipart_upload(**VAULT, partSize=str(MIB))
        one = {**VAULT, "uploadId": upload["uploadId"]}
        part = bytes(MIB)
        glacier.upload_multipart_part(**one, range=f"bytes 0-{MIB - 1}/*", body=part)
        done = {"archiveSize": str(2 * MIB), "checksum": tree(part)}
        code = error_of(glacier.complete_multipart_upload, **one, **done)
    else:
        code = error_of(glacier.upload_archive, **VAULT, **parameters)
    assert code == "InvalidParameterValueException"
    assert glacier.describe_vault(**VAULT)["NumberOfArchives"] == 0


def test_an_archive_of_parts_in_any_order(own_cloud: EmbeddedCloud) -> None:
    make_cold_storage(own_cloud)
    practise(own_cloud, seconds={"expedited": 0})
    glacier = own_cloud.client("glacier")
    content = os.urandom(4 * MIB + 3)
    upload = glacier.initiate_multipart_upload(
        **VAULT, archiveDescription="my file", partSize=str(2 * MIB)
    )
    one = {**VAULT, "uploadId": upload["uploadId"]}
    for start in (4, 0, 2, 0):
        part = content[start * MIB : (start + 2) * MIB]
        last = start * MIB + len(part) - 1
        glacier.upload_multipart_part(**one, range=f"bytes {start * MIB}-{last}/*", body=part)
        if start == 4:
            code = error_of(
                glacier.complete_multipart_upload,
                **one,
                archiveSize=str(len(content)),
                checksum=tree(content),
            )
            assert code == "InvalidParameterValueException"
            own_cloud.kill()
            own_cloud.start()
    ranges = [part["RangeInBytes"] for part in glacier.list_parts(**one)["Parts"]]
    assert ranges == ["0-2097151", "2097152-4194303", "4194304-4194306"]
    assert len(glacier.list_multipart_uploads(**VAULT)["UploadsList"]) == 1
    stored = glacier.complete_multipart_upload(
        **one, archiveSize=str(len(content)), checksum=tree(content)
    )
    assert stored["checksum"] == tree(content)
    assert glacier.list_multipart_uploads(**VAULT)["UploadsList"] == []
    job = completed(glacier, retrieve(glacier, stored["archiveId"]))
    output = glacier.get_job_output(**VAULT, jobId=job["JobId"])
    assert output["body"].read() == content
    assert (output["checksum"], output["archiveDescription"]) == (tree(content), "my file")
    assert job["SHA256TreeHash"] == tree(content)


@pytest.mark.parametrize(
    ("start", "end", "aligned"),
    [(0, 2, True), (2, 4, True), (1, 3, False), (4, 5, True), (0, 4, True), (2, 5, False)],
)
def test_whole_branches_are_read_with_their_tree_hash(
    glacier: Any, start: int, end: int, aligned: bool
) -> None:
    content = os.urandom(4 * MIB + 3)
    archive_id = glacier.upload_archive(**VAULT, body=content)["archiveId"]
    job = completed(glacier, retrieve(glacier, archive_id))
    wanted = content[start * MIB : end * MIB]
    last = start * MIB + len(wanted) - 1
    output = glacier.get_job_output(
        **VAULT, jobId=job["JobId"], range=f"bytes={start * MIB}-{last}"
    )
    assert output["status"] == 206
    assert output["body"].read() == wanted
    assert output.get("checksum") == (tree(wanted) if aligned else None)


def test_a_given_up_upload_leaves_no_bytes(glacier: Any, cold_cloud: EmbeddedCloud) -> None:
    upload = glacier.initiate_multipart_upload(**VAULT, partSize=str(MIB))
    one = {**VAULT, "uploadId": upload["uploadId"]}
    for _ in range(2):
        glacier.upload_multipart_part(**one, range="bytes 0-99/*", body=bytes(100))
    folder = cold_cloud.data / "vault"
    assert len(list(folder.iterdir())) == 1
    glacier.abort_multipart_upload(**one)
    assert list(folder.iterdir()) == []
    assert error_of(glacier.list_parts, **one) == "ResourceNotFoundException"


def test_an_inventory_names_what_is_there(glacier: Any) -> None:
    stored = glacier.upload_archive(**VAULT, archiveDescription="mine", body=b"12345")
    asked = {"Type": "inventory-retrieval", "Tier": "Expedited"}
    job_id = glacier.initiate_job(**VAULT, jobParameters=asked)["jobId"]
    completed(glacier, job_id)
    inventory = json.loads(glacier.get_job_output(**VAULT, jobId=job_id)["body"].read())
    (archive,) = inventory["ArchiveList"]
    assert (archive["ArchiveId"], archive["Size"]) == (stored["archiveId"], 5)
    assert (archive["ArchiveDescription"], archive["SHA256TreeHash"]) == ("mine", tree(b"12345"))


def test_what_cannot_be_retrieved_is_said_so(glacier: Any, cold_cloud: EmbeddedCloud) -> None:
    archive_id = glacier.upload_archive(**VAULT, body=b"12345")["archiveId"]
    asked = {"Type": "archive-retrieval", "ArchiveId": archive_id}
    none = {**asked, "ArchiveId": "A" * 138}
    code = error_of(glacier.initiate_job, **VAULT, jobParameters=none)
    assert code == "ResourceNotFoundException"
    for wrong in ({"Tier": "Now"}, {"Type": "select"}):
        code = error_of(glacier.initiate_job, **VAULT, jobParameters={**asked, **wrong})
        assert code == "InvalidParameterValueException"
    practise(cold_cloud, expedited_capacity=False)
    expedited = {**asked, "Tier": "Expedited"}
    code = error_of(glacier.initiate_job, **VAULT, jobParameters=expedited)
    assert code == "InsufficientCapacityException"
    job_id = retrieve(glacier, archive_id, "Standard")
    code = error_of(glacier.get_job_output, **VAULT, jobId=job_id)
    assert code == "InvalidParameterValueException"
    glacier.delete_archive(**VAULT, archiveId=archive_id)
    assert completed(glacier, job_id)["StatusCode"] == "Failed"
    failed = glacier.list_jobs(**VAULT, statuscode="Failed")["JobList"]
    assert failed[-1]["JobId"] == job_id


def test_retrievals_go_on_after_everything_was_killed(own_cloud: EmbeddedCloud) -> None:
    queue, glacier = make_cold_storage(own_cloud), own_cloud.client("glacier")
    practise(own_cloud, seconds={"standard": 2.0})
    content = os.urandom(20 * MIB)
    archive_id = glacier.upload_archive(**VAULT, body=content)["archiveId"]
    more = {"SNSTopic": TOPIC, "Description": "whose it is"}
    job_id = retrieve(glacier, archive_id, "Standard", **more)
    own_cloud.kill()
    own_cloud.start()
    notice = json.loads(receive(own_cloud.client("sqs"), queue)[0]["Body"])
    assert (notice["JobId"], notice["ArchiveId"]) == (job_id, archive_id)
    assert (notice["Action"], notice["StatusCode"]) == ("ArchiveRetrieval", "Succeeded")
    assert notice["JobDescription"] == "whose it is"
    output = glacier.get_job_output(**VAULT, jobId=job_id)["body"].read()
    assert hashlib.sha256(output).digest() == hashlib.sha256(content).digest()
    practise(own_cloud, seconds={"expedited": 0, "kept": 0.2})
    short = retrieve(glacier, archive_id)
    until(lambda: error_of_or_none(glacier, short) == "ResourceNotFoundException")


def error_of_or_none(glacier: Any, job_id: str) -> str:
    try:
        glacier.describe_job(**VAULT, jobId=job_id)
    except ClientError as fault:
        return str(fault.response["Error"]["Code"])
    return ""


def test_every_acknowledged_archive_survives(own_cloud: EmbeddedCloud) -> None:
    make_cold_storage(own_cloud)
    glacier = own_cloud.client("glacier", attempts=1)
    stored: dict[str, bytes] = {}
    killed = threading.Event()

    def upload() -> None:
        while not killed.is_set():
            content = os.urandom(300_000)
            try:
                answer = glacier.upload_archive(**VAULT, body=content)
            except (ClientError, BotoCoreError):
                return
            stored[answer["archiveId"]] = content

    threads = [threading.Thread(target=upload) for _ in range(4)]
    for thread in threads:
        thread.start()
    until(lambda: len(stored) > 20, 30)
    own_cloud.kill()
    killed.set()
    for thread in threads:
        thread.join()
    own_cloud.start()
    practise(own_cloud, seconds={"expedited": 0})
    glacier = own_cloud.client("glacier")
    assert (
        len(list((own_cloud.data / "vault").iterdir()))
        == (glacier.describe_vault(**VAULT)["NumberOfArchives"])
    )
    for archive_id, content in stored.items():
        job_id = retrieve(glacier, archive_id)
        assert glacier.get_job_output(**VAULT, jobId=job_id)["body"].read() == content
