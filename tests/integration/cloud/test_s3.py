"""Objects: write, read, list, copy, tell others."""

from __future__ import annotations

import hashlib
import io
import json
from typing import Any

import httpx
import pytest
from boto3.s3.transfer import TransferConfig
from botocore.exceptions import ClientError

from tests.integration.cloud.conftest import Endpoint, everywhere, with_rules
from tests.integration.cloud.waiting import queue_policy, receive, until

NAMES = ["plain.vcf", "with space & ümlaut ~+=.vcf", "deep/er/name.vcf.gz", "per%20cent"]


@everywhere
@pytest.mark.parametrize("name", NAMES)
def test_what_is_put_can_be_got(cloud: Endpoint, name: str) -> None:
    bucket = cloud.bucket()
    cloud.s3.put_object(Bucket=bucket, Key=name, Body=b"hello", ContentType="text/x-vcf")
    found = cloud.s3.get_object(Bucket=bucket, Key=name)
    assert found["Body"].read() == b"hello"
    assert found["ContentType"] == "text/x-vcf"
    assert found["ETag"].strip('"') == hashlib.md5(b"hello").hexdigest()
    assert [o["Key"] for o in cloud.s3.list_objects_v2(Bucket=bucket)["Contents"]] == [name]


@everywhere
@pytest.mark.parametrize("size", [0, 1_100_000, 8 * 1024 * 1024, 8 * 1024 * 1024 + 1])
def test_sizes(cloud: Endpoint, size: int) -> None:
    bucket = cloud.bucket()
    cloud.s3.put_object(Bucket=bucket, Key="k", Body=b"x" * size)
    assert cloud.s3.head_object(Bucket=bucket, Key="k")["ContentLength"] == size
    assert cloud.s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"x" * size


@everywhere
def test_missing_object(cloud: Endpoint) -> None:
    bucket = cloud.bucket()
    with pytest.raises(ClientError) as fault:
        cloud.s3.get_object(Bucket=bucket, Key="nothing")
    assert fault.value.response["Error"]["Code"] == "NoSuchKey"


@everywhere
def test_create_only_if_absent(cloud: Endpoint) -> None:
    bucket = cloud.bucket()
    cloud.s3.put_object(Bucket=bucket, Key="once", Body=b"1", IfNoneMatch="*")
    with pytest.raises(ClientError) as fault:
        cloud.s3.put_object(Bucket=bucket, Key="once", Body=b"2", IfNoneMatch="*")
    assert fault.value.response["Error"]["Code"] == "PreconditionFailed"
    assert cloud.s3.get_object(Bucket=bucket, Key="once")["Body"].read() == b"1"


@everywhere
def test_range(cloud: Endpoint) -> None:
    bucket = cloud.bucket()
    cloud.s3.put_object(Bucket=bucket, Key="digits", Body=b"0123456789")
    found = cloud.s3.get_object(Bucket=bucket, Key="digits", Range="bytes=3-5")
    assert found["Body"].read() == b"345"
    assert found["ContentRange"] == "bytes 3-5/10"


@everywhere
@pytest.mark.parametrize(
    ("condition", "status"),
    [
        ({"IfMatch": '"x"'}, 412),
        ({"IfNoneMatch": f'"{hashlib.md5(b"0123456789").hexdigest()}"'}, 304),
        ({"Range": "bytes=10-"}, 416),
    ],
)
def test_conditions(cloud: Endpoint, condition: dict[str, str], status: int) -> None:
    bucket = cloud.bucket()
    cloud.s3.put_object(Bucket=bucket, Key="large", Body=b"x" * 9_000_000)
    cloud.s3.put_object(Bucket=bucket, Key="digits", Body=b"0123456789")
    with pytest.raises(ClientError) as fault:
        cloud.s3.get_object(Bucket=bucket, Key="digits", **condition)
    assert fault.value.response["ResponseMetadata"]["HTTPStatusCode"] == status


@everywhere
def test_listing_in_pages_by_prefix(cloud: Endpoint) -> None:
    bucket = cloud.bucket()
    for number in range(7):
        cloud.s3.put_object(Bucket=bucket, Key=f"a/{number}", Body=b"x")
    cloud.s3.put_object(Bucket=bucket, Key="b/1", Body=b"x")
    pages = cloud.s3.get_paginator("list_objects_v2").paginate(
        Bucket=bucket, Prefix="a/", PaginationConfig={"PageSize": 3}
    )
    counts = [len(page["Contents"]) for page in pages]
    assert counts == [3, 3, 1]


@everywhere
def test_upload_in_parts(cloud: Endpoint) -> None:
    bucket = cloud.bucket()
    content = bytes(range(256)) * 4 * 6 * 1024  # 6 MiB
    config = TransferConfig(multipart_threshold=1, multipart_chunksize=5 * 1024 * 1024)
    cloud.s3.upload_fileobj(io.BytesIO(content), bucket, "parts", Config=config)
    head = cloud.s3.head_object(Bucket=bucket, Key="parts")
    assert head["ContentLength"] == len(content)
    assert head["ETag"].endswith('-2"')
    found = io.BytesIO()
    cloud.s3.download_fileobj(bucket, "parts", found)
    assert found.getvalue() == content


@everywhere
def test_copy_keeps_content_and_metadata(cloud: Endpoint) -> None:
    bucket = cloud.bucket()
    cloud.s3.put_object(Bucket=bucket, Key="one", Body=b"x", Metadata={"job": "1"})
    cloud.s3.copy_object(Bucket=bucket, Key="two", CopySource={"Bucket": bucket, "Key": "one"})
    found = cloud.s3.get_object(Bucket=bucket, Key="two")
    assert (found["Body"].read(), found["Metadata"]) == (b"x", {"job": "1"})


@with_rules
def test_presigned_download_has_its_file_name(cloud: Endpoint) -> None:
    bucket = cloud.bucket()
    cloud.s3.put_object(Bucket=bucket, Key="k", Body=b"content")
    wanted = 'attachment; filename="my sample.annot.vcf.gz"'
    parameters = {"Bucket": bucket, "Key": "k", "ResponseContentDisposition": wanted}
    address = cloud.s3.generate_presigned_url("get_object", Params=parameters, ExpiresIn=60)
    answer = httpx.get(address)
    assert (answer.status_code, answer.content) == (200, b"content")
    assert answer.headers["Content-Disposition"] == wanted


@with_rules
@pytest.mark.parametrize(
    "change",
    [("/k?", "/other?"), ("Signature=", "Signature=0"), ("Expires=60", "Expires=61")],
    ids=["another object", "another signature", "a longer life"],
)
def test_presigned_download_is_refused(cloud: Endpoint, change: tuple[str, str]) -> None:
    bucket = cloud.bucket()
    for key in ("k", "other"):
        cloud.s3.put_object(Bucket=bucket, Key=key, Body=b"content")
    address = cloud.s3.generate_presigned_url(
        "get_object", Params={"Bucket": bucket, "Key": "k"}, ExpiresIn=60
    )
    assert httpx.get(address).status_code == 200
    assert httpx.get(address.replace(*change)).status_code == 403


@with_rules
def test_a_presigned_download_ends(cloud: Endpoint) -> None:
    bucket = cloud.bucket()
    cloud.s3.put_object(Bucket=bucket, Key="k", Body=b"content")
    address = cloud.s3.generate_presigned_url(
        "get_object", Params={"Bucket": bucket, "Key": "k"}, ExpiresIn=1
    )
    until(lambda: httpx.get(address).status_code == 403)


@with_rules
def test_unsigned_requests_are_refused(cloud: Endpoint) -> None:
    bucket = cloud.bucket()
    cloud.s3.put_object(Bucket=bucket, Key="k", Body=b"secret")
    address = cloud.s3.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "k"})
    assert httpx.get(address.partition("?")[0]).status_code == 403


@everywhere
def test_bucket_settings(cloud: Endpoint) -> None:
    bucket = cloud.bucket()
    rule = {
        "ID": "abandoned",
        "Status": "Enabled",
        "Filter": {"Prefix": ""},
        "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1},
    }
    cloud.s3.put_bucket_lifecycle_configuration(
        Bucket=bucket, LifecycleConfiguration={"Rules": [rule]}
    )
    found = cloud.s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"][0]
    assert found["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 1}
    encryption = {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]}
    cloud.s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration=encryption)
    cloud.s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    assert cloud.s3.head_object(Bucket=bucket, Key="k")["ServerSideEncryption"] == "AES256"


def announce(cloud: Endpoint, bucket: str, prefix: str) -> str:
    """Have a bucket announce its new objects in a queue; the queue's address."""
    url, arn = cloud.queue()
    policy = queue_policy(arn, "s3.amazonaws.com", f"arn:aws:s3:::{bucket}")
    cloud.sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    rule = {
        "QueueArn": arn,
        "Events": ["s3:ObjectCreated:*"],
        "Filter": {"Key": {"FilterRules": [{"Name": "prefix", "Value": prefix}]}},
    }
    cloud.s3.put_bucket_notification_configuration(
        Bucket=bucket, NotificationConfiguration={"QueueConfigurations": [rule]}
    )
    return url


def records(messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [r for m in messages for r in json.loads(m["Body"]).get("Records", [])]


@with_rules
def test_a_new_object_is_announced(cloud: Endpoint) -> None:
    bucket = cloud.bucket()
    url = announce(cloud, bucket, "inputs/")
    cloud.s3.put_object(Bucket=bucket, Key="others/x", Body=b"x")
    cloud.s3.put_object(Bucket=bucket, Key="inputs/a b~c.vcf", Body=b"12345")
    first, second = receive(cloud.sqs, url, 2)
    assert json.loads(first["Body"])["Event"] == "s3:TestEvent"
    (record,) = records([second])
    assert record["eventName"] == "ObjectCreated:Put"
    assert record["s3"]["bucket"]["name"] == bucket
    assert record["s3"]["object"]["key"] == "inputs/a+b~c.vcf"
    assert record["s3"]["object"]["size"] == 5
