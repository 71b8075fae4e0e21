"""Uploads in parts, with real parts on the embedded cloud, sent as a browser sends them."""

import hashlib
import os

import httpx
import pytest

from gas import large_uploads
from gas.aws.part_store import S3PartStore
from gas.errors import UploadGone, UploadIncomplete
from gas.jobs import JobOptions
from gas.large_uploads import OpenUpload
from gas.plans import MIB, Plan
from gas.ports import UploadedPart
from gas.submissions import SUBMISSION_FIELD, Uploader
from tests.support.aws import AwsWorld
from tests.support.jobs import USER

KEY = "u/1~genome.vcf.gz"
PART = 5 * MIB
"""The smallest that S3 takes, but for the last one."""


def store_of(world: AwsWorld) -> S3PartStore:
    return S3PartStore(world.clients.s3(), world.blobs.bucket)


def begin(store: S3PartStore, size: int) -> OpenUpload:
    return large_uploads.start(
        store,
        Uploader(USER, "ada@example.org", Plan.PREMIUM),
        key_prefix="lab/",
        file_name="genome.vcf.gz",
        size=size,
        options=JobOptions(),
        part_bytes=PART,
    )


def put(store: S3PartStore, upload: OpenUpload, number: int, content: bytes) -> httpx.Response:
    urls = large_uploads.sign_parts(store, upload, [number], expires_in=60)
    return httpx.put(urls[number], content=content, timeout=60)


def test_parts_sent_to_signed_addresses_become_the_object(aws_over_http: AwsWorld) -> None:
    store, blobs = store_of(aws_over_http), aws_over_http.blobs
    content = os.urandom(3 * PART + 12_345)
    upload = begin(store, len(content))
    assert upload.parts == 4
    for number in (4, 1, 3):
        part = content[(number - 1) * PART :][:PART]
        assert put(store, upload, number, part).status_code == httpx.codes.OK
    assert list(large_uploads.arrived(store, upload)) == [1, 3, 4]
    with pytest.raises(UploadIncomplete):
        large_uploads.finish(store, blobs, upload)
    put(store, upload, 2, content[PART:][:PART])
    for _ in range(2):
        large_uploads.finish(store, blobs, upload)
    info = blobs.head(upload.key)
    assert info is not None
    assert (info.size, list(info.metadata)) == (len(content), [SUBMISSION_FIELD])
    hashed = hashlib.sha256()
    for chunk in blobs.stream(upload.key):
        hashed.update(chunk)
    assert hashed.digest() == hashlib.sha256(content).digest()


@pytest.mark.parametrize("size", [PART - 1, PART + 1])
def test_a_part_of_another_size_is_not_taken(aws_over_http: AwsWorld, size: int) -> None:
    store = store_of(aws_over_http)
    upload = begin(store, 2 * PART)
    assert put(store, upload, 1, bytes(size)).status_code == httpx.codes.FORBIDDEN
    assert list(large_uploads.arrived(store, upload)) == []


def test_a_signed_address_is_good_for_one_part_of_one_upload(aws_over_http: AwsWorld) -> None:
    store = store_of(aws_over_http)
    upload = begin(store, 2 * PART)
    url = large_uploads.sign_parts(store, upload, [1], expires_in=60)[1]
    other = url.replace("partNumber=1", "partNumber=2")
    assert other != url
    assert httpx.put(other, content=bytes(PART)).status_code == httpx.codes.FORBIDDEN


def test_an_upload_given_up_is_gone(aws_over_http: AwsWorld) -> None:
    store = store_of(aws_over_http)
    upload_id = store.begin(KEY, metadata={})
    assert store.parts(KEY, upload_id) == []
    for _ in range(2):
        store.abort(KEY, upload_id)
    with pytest.raises(UploadGone):
        store.parts(KEY, upload_id)
    with pytest.raises(UploadGone):
        store.complete(KEY, upload_id, [UploadedPart(1, 1, '"0"')])
    assert aws_over_http.blobs.head(KEY) is None


def test_parts_that_we_send_become_the_object(aws_over_http: AwsWorld) -> None:
    store, blobs = store_of(aws_over_http), aws_over_http.blobs
    upload = begin(store, PART + 3)
    first = store.put_part(upload.key, upload.upload_id, number=1, body=b"a" * PART)
    last = store.put_part(upload.key, upload.upload_id, number=2, body=b"end")
    assert store.parts(upload.key, upload.upload_id) == [first, last]
    store.complete(upload.key, upload.upload_id, [first, last])
    assert blobs.read(upload.key, start=PART - 1, length=9) == b"aend"
    with pytest.raises(UploadGone):
        store.put_part(upload.key, upload.upload_id, number=3, body=b"late")
