"""What every BlobStore does, whatever is behind it."""

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from boto3.s3.transfer import TransferConfig

from gas.aws.blobs import S3BlobStore
from gas.errors import NotFound, ServiceUnavailable
from gas.ports import BlobStore
from tests.support.aws import AwsWorld

KEY = "u/1~tumour.vcf.gz"
MIB = 1024 * 1024
#: Beyond 8 MiB the embedded cloud keeps an object in another way; beyond 16 `upload` uses parts.
SIZES = [0, 10, 9 * MIB, 16 * MIB, 25 * MIB + 7]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "file"
    path.write_bytes(b"0123456789")
    return path


def test_what_was_uploaded_comes_down(blobs: BlobStore, file: Path, tmp_path: Path) -> None:
    blobs.upload(file, KEY, content_type="text/plain")
    blobs.download(KEY, tmp_path / "copy")
    assert (tmp_path / "copy").read_bytes() == b"0123456789"
    info = blobs.head(KEY)
    assert info is not None
    assert info.size == 10


def test_parts_can_be_read(blobs: BlobStore, file: Path) -> None:
    blobs.upload(file, KEY, content_type="text/plain")
    assert blobs.read(KEY, start=2, length=3) == b"234"
    assert blobs.read(KEY, start=8, length=99) == b"89"
    assert blobs.read(KEY, start=10, length=5) == b""


def test_what_is_not_there_is_said_so(blobs: BlobStore, tmp_path: Path) -> None:
    assert blobs.head(KEY) is None
    with pytest.raises(NotFound):
        blobs.download(KEY, tmp_path / "copy")
    with pytest.raises(NotFound):
        blobs.read(KEY, start=0, length=1)
    with pytest.raises(NotFound):
        next(blobs.stream(KEY))
    assert blobs.delete(KEY)
    assert blobs.delete(KEY, if_etag="0" * 32)


def test_listing_is_by_prefix_in_order_and_bounded(blobs: BlobStore, file: Path) -> None:
    for key in ("u/2", "u/1", "v/1", "u/3"):
        blobs.upload(file, key, content_type="text/plain")
    assert [info.key for info in blobs.list("u/", limit=2)] == ["u/1", "u/2"]
    assert [info.key for info in blobs.list("u/", limit=9)] == ["u/1", "u/2", "u/3"]
    assert blobs.list("w/", limit=9) == []


def test_deleted_is_gone(blobs: BlobStore, file: Path) -> None:
    blobs.upload(file, KEY, content_type="text/plain")
    assert blobs.delete(KEY)
    assert blobs.head(KEY) is None


def etag_of(blobs: BlobStore, key: str = KEY) -> str:
    info = blobs.head(key)
    assert info is not None
    assert blobs.list(key, limit=1)[0].etag == info.etag
    return info.etag


def pieces(content: bytes, length: int = 1_000_003) -> Iterator[bytes]:
    for start in range(0, len(content), length):
        yield content[start : start + length]


@pytest.mark.parametrize("size", SIZES)
def test_chunks_become_an_object_of_another_etag_than_a_file(
    blobs: BlobStore, tmp_path: Path, size: int
) -> None:
    content = os.urandom(size)
    (tmp_path / "file").write_bytes(content)
    blobs.upload(tmp_path / "file", KEY, content_type="text/plain")
    of_the_file = etag_of(blobs)
    blobs.upload_chunks(pieces(content), KEY, size=size, content_type="text/plain")
    assert etag_of(blobs) != of_the_file
    hashed = hashlib.sha256()
    for chunk in blobs.stream(KEY):
        hashed.update(chunk)
    assert hashed.digest() == hashlib.sha256(content).digest()


@pytest.mark.parametrize("size", SIZES)
def test_only_the_object_with_the_named_etag_is_deleted(
    blobs: BlobStore, tmp_path: Path, size: int
) -> None:
    content = os.urandom(size)
    (tmp_path / "file").write_bytes(content)
    blobs.upload(tmp_path / "file", KEY, content_type="text/plain")
    first = etag_of(blobs)
    blobs.upload_chunks(pieces(content), KEY, size=size, content_type="text/plain")
    assert not blobs.delete(KEY, if_etag=first)
    second = etag_of(blobs)
    assert second != first
    assert blobs.delete(KEY, if_etag=second)
    assert blobs.head(KEY) is None
    assert blobs.delete(KEY, if_etag=second)


@pytest.mark.parametrize("off", [-1, 1])
@pytest.mark.parametrize("size", [10, 25 * MIB])
def test_chunks_of_another_size_store_nothing(
    blobs: BlobStore, file: Path, size: int, off: int
) -> None:
    blobs.upload(file, KEY, content_type="text/plain")
    with pytest.raises(ServiceUnavailable):
        blobs.upload_chunks(pieces(bytes(size + off)), KEY, size=size, content_type="text/plain")
    assert blobs.read(KEY, start=0, length=99) == b"0123456789"


def test_chunks_that_break_off_store_nothing(blobs: BlobStore) -> None:
    def breaking() -> Iterator[bytes]:
        yield bytes(13 * MIB)
        raise KeyError("the source")

    with pytest.raises(KeyError, match="the source"):
        blobs.upload_chunks(breaking(), KEY, size=26 * MIB, content_type="text/plain")
    assert blobs.head(KEY) is None


def test_an_upload_that_broke_off_leaves_no_parts(aws: AwsWorld) -> None:
    with pytest.raises(ServiceUnavailable):
        aws.blobs.upload_chunks([b"abc"], KEY, size=9, content_type="text/plain")
    left = aws.clients.s3().list_multipart_uploads(Bucket=aws.blobs.bucket)
    assert left.get("Uploads", []) == []


def test_a_signed_post_carries_its_metadata(aws_over_http: AwsWorld) -> None:
    post = aws_over_http.blobs.sign_post(
        KEY,
        min_bytes=1,
        max_bytes=20,
        expires_in=60,
        metadata={"submission": "e30="},
        redirect_to="http://127.0.0.1:1/done",
    )
    answer = httpx.post(post.url, data=dict(post.fields), files={"file": ("x", b"0123456789")})
    assert answer.status_code == httpx.codes.SEE_OTHER
    assert answer.headers["location"].startswith("http://127.0.0.1:1/done?")
    info = aws_over_http.blobs.head(KEY)
    assert info is not None
    assert (info.size, info.metadata) == (10, {"submission": "e30="})


def test_a_signed_link_downloads_under_its_name(aws_over_http: AwsWorld, file: Path) -> None:
    aws_over_http.blobs.upload(file, KEY, content_type="application/gzip")
    url = aws_over_http.blobs.sign_get(
        KEY, expires_in=60, file_name='tü"mour.vcf.gz', content_type="application/gzip"
    )
    answer = httpx.get(url)
    assert answer.content == b"0123456789"
    disposition = answer.headers["content-disposition"]
    assert disposition.startswith('attachment; filename="t__mour.vcf.gz"')
    assert "filename*=UTF-8''t%C3%BC%22mour.vcf.gz" in disposition


@pytest.mark.parametrize("size", [10, 9 * MIB])
def test_a_copy_has_the_bytes_and_metadata_of_its_own(
    blobs: BlobStore, tmp_path: Path, size: int
) -> None:
    content = os.urandom(size)
    path = tmp_path / "source"
    path.write_bytes(content)
    blobs.upload(path, KEY, content_type="text/plain")
    for _ in range(2):
        blobs.copy(KEY, "u/2~tumour.vcf.gz", metadata={"submission": "abc="})
    info = blobs.head("u/2~tumour.vcf.gz")
    assert info is not None
    assert (info.size, info.metadata) == (size, {"submission": "abc="})
    blobs.delete(KEY)
    blobs.download("u/2~tumour.vcf.gz", tmp_path / "copy")
    assert (tmp_path / "copy").read_bytes() == content


def test_a_copy_of_nothing_is_said_so(blobs: BlobStore) -> None:
    with pytest.raises(NotFound):
        blobs.copy(KEY, "u/2~tumour.vcf.gz", metadata={})
    assert blobs.head("u/2~tumour.vcf.gz") is None


def test_a_large_object_is_copied_in_parts(aws: AwsWorld, tmp_path: Path) -> None:
    parted = TransferConfig(multipart_threshold=8 * MIB, multipart_chunksize=8 * MIB)
    blobs = S3BlobStore(aws.clients.s3(), aws.blobs.bucket, copying=parted)
    content = os.urandom(20 * MIB + 3)
    path = tmp_path / "source"
    path.write_bytes(content)
    blobs.upload(path, KEY, content_type="text/plain")
    blobs.copy(KEY, "u/2~tumour.vcf.gz", metadata={"submission": "abc="})
    info = blobs.head("u/2~tumour.vcf.gz")
    assert info is not None
    assert (info.size, info.metadata) == (len(content), {"submission": "abc="})
    assert info.etag.endswith("-3")
    blobs.download("u/2~tumour.vcf.gz", tmp_path / "copy")
    assert (tmp_path / "copy").read_bytes() == content
