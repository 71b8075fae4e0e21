"""Large objects: the truth everywhere, and memory that does not grow with them."""

from __future__ import annotations

import hashlib
import io
import logging
import os
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Self

import httpx
import psutil
import pytest
from boto3.s3.transfer import TransferConfig
from botocore.exceptions import ClientError

from tests.integration.cloud.conftest import Endpoint
from tests.integration.cloud.embedded import EmbeddedCloud
from tests.integration.cloud.test_s3 import announce, records
from tests.integration.cloud.waiting import receive, until

log = logging.getLogger(__name__)

MIB = 1024 * 1024
BLOCK = os.urandom(MIB)
SIZE = 20 * MIB + 17
BOUND = 160 * MIB
"""More than gateway and ministack need together at rest, less than any large body."""

only_embedded = pytest.mark.parametrize("cloud", ["embedded"], indirect=True)


def content(size: int = SIZE) -> bytes:
    return (BLOCK * (size // MIB + 1))[:size]


def md5(data: bytes) -> str:
    return hashlib.md5(data).hexdigest()


@only_embedded
def test_put_head_get_list_and_delete(cloud: Endpoint) -> None:
    bucket, body = cloud.bucket(), content()
    put = cloud.s3.put_object(
        Bucket=bucket, Key="k", Body=body, ContentType="a/b", Metadata={"job": "1"}
    )
    tag = f'"{md5(body)}"'
    assert put["ETag"] == tag
    head = cloud.s3.head_object(Bucket=bucket, Key="k")
    assert (head["ETag"], head["ContentLength"]) == (tag, SIZE)
    assert (head["ContentType"], head["Metadata"]) == ("a/b", {"job": "1"})
    assert cloud.s3.get_object(Bucket=bucket, Key="k")["Body"].read() == body
    (listed,) = cloud.s3.list_objects_v2(Bucket=bucket)["Contents"]
    assert (listed["ETag"], listed["Size"]) == (tag, SIZE)
    cloud.s3.delete_object(Bucket=bucket, Key="k")
    with pytest.raises(ClientError):
        cloud.s3.get_object(Bucket=bucket, Key="k")


@only_embedded
@pytest.mark.parametrize(
    ("wanted", "start", "end"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=10000000-10000099", 10_000_000, 10_000_100),
        (f"bytes={SIZE - 5}-", SIZE - 5, SIZE),
        ("bytes=-7", SIZE - 7, SIZE),
        (f"bytes=5-{SIZE * 2}", 5, SIZE),
    ],
)
def test_ranges(cloud: Endpoint, wanted: str, start: int, end: int) -> None:
    bucket, body = cloud.bucket(), content()
    cloud.s3.put_object(Bucket=bucket, Key="k", Body=body)
    found = cloud.s3.get_object(Bucket=bucket, Key="k", Range=wanted)
    assert found["Body"].read() == body[start:end]
    assert found["ContentRange"] == f"bytes {start}-{end - 1}/{SIZE}"


@pytest.mark.slow
def test_nothing_is_swept_that_is_there(own_cloud: EmbeddedCloud) -> None:
    """Also in buckets of many pages, under odd names, in old versions, and while it moves."""
    s3, body = own_cloud.client("s3"), content()
    for bucket in ("many", "versions"):
        s3.create_bucket(Bucket=bucket)
    versioning = {"Status": "Enabled"}
    s3.put_bucket_versioning(Bucket="versions", VersioningConfiguration=versioning)
    with ThreadPoolExecutor(8) as pool:
        names = [f"a & <{n:04}>/ü" for n in range(1100)]
        list(pool.map(lambda name: s3.put_object(Bucket="many", Key=name, Body=b"x"), names))
    s3.put_object(Bucket="many", Key="zz & <ü>", Body=body)
    first = s3.put_object(Bucket="versions", Key="k", Body=body[:-1])["VersionId"]
    s3.put_object(Bucket="versions", Key="k", Body=body[:-2])
    s3.put_object(Bucket="many", Key="gone", Body=body[:-3])
    s3.delete_object(Bucket="many", Key="gone")
    blobs = own_cloud.data / "blobs"
    until(lambda: len(list(blobs.iterdir())) == 3, 30)
    assert s3.get_object(Bucket="many", Key="zz & <ü>")["Body"].read() == body
    old = s3.get_object(Bucket="versions", Key="k", VersionId=first)["Body"].read()
    assert old == body[:-1]
    own_cloud.kill()
    own_cloud.start()
    s3.put_object(Bucket="many", Key="gone", Body=body[:-4])
    s3.delete_object(Bucket="many", Key="gone")
    until(lambda: len(list(blobs.iterdir())) == 3, 30)
    old = s3.get_object(Bucket="versions", Key="k", VersionId=first)["Body"].read()
    assert old == body[:-1]


@only_embedded
def test_conditions(cloud: Endpoint) -> None:
    bucket, body = cloud.bucket(), content()
    tag = cloud.s3.put_object(Bucket=bucket, Key="k", Body=body)["ETag"]
    assert cloud.s3.get_object(Bucket=bucket, Key="k", IfMatch=tag)["Body"].read() == body
    for condition, status in (({"IfMatch": '"x"'}, 412), ({"IfNoneMatch": tag}, 304)):
        with pytest.raises(ClientError) as fault:
            cloud.s3.get_object(Bucket=bucket, Key="k", **condition)
        assert fault.value.response["ResponseMetadata"]["HTTPStatusCode"] == status
    with pytest.raises(ClientError) as fault:
        cloud.s3.get_object(Bucket=bucket, Key="k", Range=f"bytes={SIZE}-")
    assert fault.value.response["ResponseMetadata"]["HTTPStatusCode"] == 416
    cloud.s3.put_object(Bucket=bucket, Key="k", Body=body[:-1], IfMatch=tag)
    with pytest.raises(ClientError):
        cloud.s3.put_object(Bucket=bucket, Key="k", Body=body, IfNoneMatch="*")


@only_embedded
def test_parts_copies_and_the_announcement(cloud: Endpoint) -> None:
    bucket, body = cloud.bucket(), content()
    url = announce(cloud, bucket, "in/")
    config = TransferConfig(multipart_chunksize=8 * MIB)
    cloud.s3.upload_fileobj(io.BytesIO(body), bucket, "in/k", Config=config)
    digests = b"".join(
        hashlib.md5(body[at : at + 8 * MIB]).digest() for at in range(0, SIZE, 8 * MIB)
    )
    tag = f"{md5(digests)}-3"
    head = cloud.s3.head_object(Bucket=bucket, Key="in/k")
    assert (head["ETag"], head["ContentLength"]) == (f'"{tag}"', SIZE)
    cloud.s3.copy_object(Bucket=bucket, Key="copy", CopySource={"Bucket": bucket, "Key": "in/k"})
    cloud.s3.delete_object(Bucket=bucket, Key="in/k")
    found = io.BytesIO()
    cloud.s3.download_fileobj(bucket, "copy", found)
    assert found.getvalue() == body
    (record,) = records(receive(cloud.sqs, url, 2))
    assert record["s3"]["object"]["size"] == SIZE
    assert record["s3"]["object"]["eTag"] == tag


@only_embedded
def test_a_managed_copy(cloud: Endpoint) -> None:
    """What ``boto3`` does with large objects: it copies them in parts."""
    bucket, body = cloud.bucket(), content()
    cloud.s3.put_object(Bucket=bucket, Key="k", Body=body)
    cloud.s3.copy({"Bucket": bucket, "Key": "k"}, bucket, "copy")
    assert cloud.s3.get_object(Bucket=bucket, Key="copy")["Body"].read() == body


@only_embedded
def test_an_aborted_upload_leaves_nothing(cloud: Endpoint) -> None:
    bucket = cloud.bucket()
    assert cloud.embedded is not None
    before = set((cloud.embedded.data / "blobs").iterdir())
    upload = {"Bucket": bucket, "Key": "k"}
    upload["UploadId"] = cloud.s3.create_multipart_upload(**upload)["UploadId"]
    cloud.s3.upload_part(**upload, PartNumber=1, Body=content())
    (part,) = cloud.s3.list_parts(**upload)["Parts"]
    assert (part["Size"], part["ETag"]) == (SIZE, f'"{md5(content())}"')
    cloud.s3.abort_multipart_upload(**upload)
    assert set((cloud.embedded.data / "blobs").iterdir()) <= before


@only_embedded
@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("Content-MD5", "1B2M2Y8AsgTpgAmY7PhCfg=="),
        ("x-amz-checksum-crc32", "AAAAAA=="),
        ("x-amz-checksum-sha256", "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="),
    ],
)
def test_a_body_that_is_not_what_it_says_is_refused(
    cloud: Endpoint, header: str, value: str
) -> None:
    bucket = cloud.bucket()
    client = cloud.client("s3")
    client.meta.events.register(
        "before-sign.s3.PutObject",
        lambda request, **_: request.headers.__setitem__(header, value),
    )
    with pytest.raises(ClientError) as fault:
        client.put_object(Bucket=bucket, Key="k", Body=content(), ChecksumAlgorithm="SHA1")
    assert fault.value.response["Error"]["Code"] == "BadDigest"
    assert "Contents" not in cloud.s3.list_objects_v2(Bucket=bucket)


@only_embedded
def test_another_body_than_the_signed_one_is_refused(cloud: Endpoint) -> None:
    bucket = cloud.bucket()
    client = cloud.client("s3")
    client.meta.events.register(
        "before-send.s3.PutObject",
        lambda request, **_: setattr(request, "body", content()[:-1] + b"!") or None,
    )
    with pytest.raises(ClientError) as fault:
        client.put_object(Bucket=bucket, Key="k", Body=content())
    assert fault.value.response["Error"]["Code"] in ("XAmzContentSHA256Mismatch", "BadDigest")


def post(cloud: Endpoint, bucket: str, body: Any, limits: list[int], **changed: str) -> int:
    made = cloud.s3.generate_presigned_post(
        bucket, "form", Conditions=[["content-length-range", *limits]]
    )
    fields = {**made["fields"], **changed}
    files = {"file": ("big file.vcf", body, "text/plain")}
    return httpx.post(made["url"], data=fields, files=files, timeout=120).status_code


@only_embedded
@pytest.mark.parametrize(
    ("limits", "changed", "status"),
    [
        ([1, SIZE], {}, 204),
        ([SIZE, SIZE], {}, 204),
        ([1, SIZE - 1], {}, 400),
        ([SIZE + 1, SIZE * 2], {}, 400),
        ([1, SIZE], {"key": "other"}, 403),
        ([1, SIZE], {"x-amz-signature": "0" * 64}, 403),
        ([1, SIZE], {"acl": "public-read"}, 403),
    ],
)
def test_large_forms(
    cloud: Endpoint, limits: list[int], changed: dict[str, str], status: int
) -> None:
    bucket = cloud.bucket()
    assert post(cloud, bucket, content(), limits, **changed) == status
    found = [o["Size"] for o in cloud.s3.list_objects_v2(Bucket=bucket).get("Contents", [])]
    assert found == ([SIZE] if status == 204 else [])


@only_embedded
def test_policy_may_have_expired(cloud: Endpoint) -> None:
    bucket = cloud.bucket()
    made = cloud.s3.generate_presigned_post(bucket, "form", ExpiresIn=-10)
    files = {"file": ("f", content(), "text/plain")}
    assert httpx.post(made["url"], data=made["fields"], files=files).status_code == 403


class Endless(io.RawIOBase):
    """A file of a size that exists nowhere."""

    def __init__(self, size: int) -> None:
        self._left = self._size = size

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        self._left = self._size - offset if whence == 0 else 0
        return self._size - self._left

    def tell(self) -> int:
        return self._size - self._left

    def read(self, size: int = -1) -> bytes:
        count = min(self._left if size < 0 else size, self._left, MIB)
        start = (self._size - self._left) % MIB
        self._left -= count
        return (BLOCK + BLOCK)[start : start + count]

    def __iter__(self) -> Iterator[bytes]:  # type: ignore[override]
        while data := self.read(MIB):
            yield data


class PeakMemory:
    """Watches the memory of gateway and ministack together."""

    def __init__(self, cloud: EmbeddedCloud) -> None:
        self._processes = [cloud.gateway, cloud.ministack]
        self.rest = self._now()
        self.peak = self.rest
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def _now(self) -> int:
        return sum(p.memory_info().rss for p in self._processes)

    def _watch(self) -> None:
        while not self._stop.wait(0.05):
            try:
                self.peak = max(self.peak, self._now())
            except psutil.NoSuchProcess:
                return

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()


@pytest.mark.parametrize(
    "size",
    [200 * MIB, pytest.param(2048 * MIB, marks=[pytest.mark.slow, pytest.mark.timeout(600)])],
)
def test_memory_stays_flat(own_cloud: EmbeddedCloud, size: int) -> None:
    """A form upload, and the download of it, do not show in the memory of the cloud."""
    s3 = own_cloud.client("s3")
    s3.create_bucket(Bucket="large")
    made = s3.generate_presigned_post("large", "k", Conditions=[["content-length-range", 1, size]])
    begun = time.monotonic()
    with PeakMemory(own_cloud) as memory:
        answer = httpx.post(
            made["url"],
            data=made["fields"],
            files={"file": ("k", Endless(size), "text/plain")},
            timeout=600,
        )
        assert answer.status_code == 204, answer.text
        uploaded = time.monotonic() - begun
        received = 0
        for piece in s3.get_object(Bucket="large", Key="k")["Body"].iter_chunks(MIB):
            start = received % MIB
            assert piece == (BLOCK + BLOCK)[start : start + len(piece)]
            received += len(piece)
    took = time.monotonic() - begun - uploaded
    assert received == size
    log.info(
        "%d MiB: up %.1f s, down %.1f s; memory %d MiB at rest, %d MiB at its peak",
        *(size // MIB, uploaded, took, memory.rest // MIB, memory.peak // MIB),
    )
    assert memory.peak < max(BOUND, memory.rest + 64 * MIB)
