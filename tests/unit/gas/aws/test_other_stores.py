"""Stores other than AWS's: where requests go, how deletions are fenced, archives in a bucket."""

from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from deploy.object_store import StoreSettings, prepare
from gas.aws.blobs import S3BlobStore
from gas.aws.clients import AwsClients
from gas.aws.cold_bucket import BucketColdStore
from gas.errors import NotFound
from gas.jobs import ArchiveReference
from gas.object_store import Addressing, Fence
from gas.ports import Retrieval, Tier
from gas.settings import CoreSettings, SettingsError

BUCKETS = {
    "GAS_ANNOTATIONS_TABLE": "t",
    "GAS_INPUTS_BUCKET": "inputs",
    "GAS_RESULTS_BUCKET": "results",
    "GAS_ARCHIVES_BUCKET": "archives",
    "GAS_PUBLIC_URL": "https://gas.example.org",
}
USER = "11111111-1111-4111-8111-111111111111"
JOB = "22222222-2222-4222-8222-222222222222"
REFERENCE = ArchiveReference(user_id=USER, job_id=JOB, file="annotated", key="k")


def settings(**given: str) -> StoreSettings:
    key = {"GAS_S3_ACCESS_KEY_ID": "an-id", "GAS_S3_SECRET_ACCESS_KEY": "a-secret"}
    return StoreSettings.load({**BUCKETS, **key, **given})


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Any:
    for name in ("AWS_ENDPOINT_URL", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    with mock_aws():
        client = boto3.client("s3", region_name="us-east-1")
        client.create_bucket(Bucket="kept")
        client.put_bucket_versioning(Bucket="kept", VersioningConfiguration={"Status": "Enabled"})
        yield client


@pytest.mark.parametrize(
    ("addressing", "url"),
    [
        (Addressing.PATH, "https://s3.hospital.example/inputs"),
        (Addressing.VIRTUAL, "https://inputs.s3.hospital.example/"),
    ],
)
def test_only_files_go_to_the_other_store(
    monkeypatch: pytest.MonkeyPatch, addressing: Addressing, url: str
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:4566")
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    given = {"GAS_S3_URL": "https://s3.hospital.example", "GAS_S3_ADDRESSING": addressing.value}
    clients = AwsClients(boto3.Session("chain", "chain", region_name="us-east-1"))
    post = S3BlobStore(clients.s3(settings(**given).object_store), "inputs").sign_post(
        "k", min_bytes=1, max_bytes=2, expires_in=60, metadata={}, redirect_to=None
    )
    assert post.url == url
    assert post.fields["x-amz-credential"].startswith("an-id/")
    assert clients.sqs().meta.endpoint_url == "http://127.0.0.1:4566"


def test_half_a_key_is_refused_and_no_secret_is_shown() -> None:
    with pytest.raises(SettingsError, match="belong together") as caught:
        CoreSettings.load({**BUCKETS, "GAS_S3_SECRET_ACCESS_KEY": "a-secret"})
    assert "a-secret" not in str(caught.value)
    assert "a-secret" not in repr(settings(GAS_S3_URL="https://s3.example").object_store)


def test_a_deletion_spares_what_it_has_not_seen(s3: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    blobs = S3BlobStore(s3, "kept", fence=Fence.VERSION)
    first = s3.put_object(Bucket="kept", Key="k", Body=b"first")["ETag"].strip('"')
    delete = s3.delete_object

    def slowly(**arguments: Any) -> Any:
        monkeypatch.undo()
        s3.put_object(Bucket="kept", Key="k", Body=b"restored")
        return delete(**arguments)

    monkeypatch.setattr(s3, "delete_object", slowly)
    assert blobs.delete("k", if_etag=first)
    assert blobs.read("k", start=0, length=99) == b"restored"
    assert not blobs.delete("k", if_etag=first)


def test_a_deletion_leaves_no_version_and_spares_longer_keys(s3: Any) -> None:
    blobs = S3BlobStore(s3, "kept", fence=Fence.VERSION)
    for key in ("k", "k", "k.tbi"):
        s3.put_object(Bucket="kept", Key=key, Body=b"x")
    s3.delete_object(Bucket="kept", Key="k")
    s3.put_object(Bucket="kept", Key="k", Body=b"x")
    assert blobs.delete("k")
    left = s3.list_object_versions(Bucket="kept")
    assert [each["Key"] for each in left["Versions"]] == ["k.tbi"]
    assert "DeleteMarkers" not in left
    assert blobs.delete("k", if_etag="0" * 32)


def test_an_archive_in_a_bucket_can_be_had_at_once(s3: Any) -> None:
    archives = S3BlobStore(s3, "kept", fence=Fence.VERSION)
    cold = BucketColdStore(s3, archives, storage_class="STANDARD_IA")
    archive = cold.put([b"ab", b"c"], size=3, reference=REFERENCE)
    assert s3.head_object(Bucket="kept", Key=archive)["StorageClass"] == "STANDARD_IA"
    retrieval = cold.begin_retrieval(archive, tier=Tier.EXPEDITED, reference=REFERENCE)
    assert cold.retrieval(archive, retrieval) is Retrieval.READY
    assert b"".join(cold.read(archive, retrieval)) == b"abc"
    cold.delete(archive)
    assert cold.retrieval(archive, retrieval) is Retrieval.GONE
    with pytest.raises(NotFound):
        cold.begin_retrieval(archive, tier=Tier.STANDARD, reference=REFERENCE)


def test_a_copy_that_the_store_does_not_know_goes_through_us(
    s3: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    blobs = S3BlobStore(s3, "kept")
    s3.put_object(Bucket="kept", Key="k", Body=b"x")

    def unknown(*_: Any, **__: Any) -> None:
        raise ClientError({"Error": {"Code": "NotImplemented"}}, "CopyObject")

    monkeypatch.setattr(s3, "copy", unknown)
    blobs.copy("k", "c", metadata={"submission": "e30="})
    info = blobs.head("c")
    assert info is not None
    assert (info.size, info.metadata) == (1, {"submission": "e30="})


def test_the_buckets_are_prepared_again_and_again(s3: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    clients = AwsClients(boto3.Session("an-id", "a-secret", region_name="us-east-1"))
    monkeypatch.setattr(clients, "s3", lambda store: s3)
    monkeypatch.setattr(s3, "put_bucket_notification_configuration", lambda **_: None)
    wanted = settings(
        GAS_S3_URL="https://s3.example", GAS_S3_FENCE="version", GAS_S3_EVENTS_TOKEN="abc"
    )
    topics = boto3.client("sns", region_name="us-east-1")
    made: list[Any] = []

    def create_topic(**given: Any) -> dict[str, str]:
        made.append(given)
        return {"TopicArn": "t"}

    monkeypatch.setattr(topics, "create_topic", create_topic)
    monkeypatch.setattr(clients, "topics_of", lambda store: topics)
    store = wanted.object_store
    assert store is not None
    said: list[str] = []
    for _ in range(2):
        prepare(wanted, store, clients, said.append)
    for bucket in ("inputs", "results", "archives"):
        assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"
        (rule,) = s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]
        assert rule["NoncurrentVersionExpiration"] == {"NoncurrentDays": 1}
    (cors,) = s3.get_bucket_cors(Bucket="inputs")["CORSRules"]
    assert (cors["AllowedOrigins"], "PUT" in cors["AllowedMethods"]) == (
        ["https://gas.example.org"],
        True,
    )
    assert made[0]["Attributes"] == {
        "push-endpoint": "https://gas.example.org/store/events",
        "persistent": "true",
        "OpaqueData": "abc",
    }
    assert len(said) == 2
