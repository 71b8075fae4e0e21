"""What every BlobStore does, whatever is behind it."""

from pathlib import Path

import httpx
import pytest

from gas.errors import NotFound
from gas.ports import BlobStore
from tests.support.aws import AwsWorld

KEY = "u/1~tumour.vcf.gz"


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
    blobs.delete(KEY)


def test_listing_is_by_prefix_in_order_and_bounded(blobs: BlobStore, file: Path) -> None:
    for key in ("u/2", "u/1", "v/1", "u/3"):
        blobs.upload(file, key, content_type="text/plain")
    assert [info.key for info in blobs.list("u/", limit=2)] == ["u/1", "u/2"]
    assert [info.key for info in blobs.list("u/", limit=9)] == ["u/1", "u/2", "u/3"]
    assert blobs.list("w/", limit=9) == []


def test_deleted_is_gone(blobs: BlobStore, file: Path) -> None:
    blobs.upload(file, KEY, content_type="text/plain")
    blobs.delete(KEY)
    assert blobs.head(KEY) is None


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
