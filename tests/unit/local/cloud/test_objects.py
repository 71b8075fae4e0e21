"""Ranges, listings, announcements, chunks, kinds of requests, policies."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from multidict import CIMultiDict

from local.cloud.aws_chunked import ChunkedReader, MalformedChunks
from local.cloud.blobs import Blob
from local.cloud.post_policy import BadPolicy, PostPolicy, is_signed_by, sign_again
from local.cloud.s3_parts import true_parts
from local.cloud.s3_read import Slice, head_of, slice_of, true_events, true_xml
from local.cloud.s3_requests import Kind, S3Request
from local.cloud.s3_upload import Refused
from local.cloud.sigv4 import Scope, sign_policy

STUB, TRUE = "0" * 32, "f" * 32
BLOB = Blob(TRUE, 5_000_000_000, ("file",), {"x-amz-checksum-crc32": "AAAA"})


def find(etag: str) -> Blob | None:
    return BLOB if STUB in etag else None


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ("", Slice(0, 100, False)),
        ("bytes=0-9", Slice(0, 10, True)),
        ("bytes=90-", Slice(90, 10, True)),
        ("bytes=-10", Slice(90, 10, True)),
        ("bytes=-1000", Slice(0, 100, True)),
        ("bytes=50-1000", Slice(50, 50, True)),
        ("bytes=99-99", Slice(99, 1, True)),
        ("bytes=100-", None),
        ("bytes=-0", None),
        ("bytes=9-1", None),
        ("bytes=-", Slice(0, 100, False)),
        ("lines=1-2", Slice(0, 100, False)),
        ("bytes=0-1,5-6", Slice(0, 100, False)),
    ],
)
def test_ranges(wanted: str, expected: Slice | None) -> None:
    assert slice_of(wanted, 100) == expected


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ({}, 200),
        ({"Range": "bytes=0-0"}, 206),
        ({"Range": "bytes=5000000000-"}, 416),
        ({"If-Match": f'"{TRUE}"'}, 200),
        ({"If-Match": f'"{STUB}"'}, 412),
        ({"If-None-Match": f'W/"x", "{TRUE}"'}, 304),
        ({"If-None-Match": f'"{STUB}"'}, 200),
    ],
)
def test_the_head_of_an_answer(asked: dict[str, str], status: int) -> None:
    given = {"ETag": f'"{STUB}"', "Content-Length": "64", "x-amz-checksum-crc32": "wrong"}
    answer = head_of(CIMultiDict(asked), given, BLOB)
    assert answer.status == status
    assert "wrong" not in str(answer.headers)
    if status == 200:
        assert answer.headers["Content-Length"] == "5000000000"
        assert answer.headers["ETag"] == f'"{TRUE}"'


def test_checksums_are_shown_when_asked_for() -> None:
    answer = head_of(CIMultiDict({"x-amz-checksum-mode": "ENABLED"}), {}, BLOB)
    assert answer.headers["x-amz-checksum-crc32"] == "AAAA"


def test_a_listing_is_put_right() -> None:
    small = (
        "<Contents><Key>a</Key><ETag>&quot;" + "1" * 32 + "&quot;</ETag><Size>7</Size></Contents>"
    )
    large = f"<Contents><Key>b</Key><ETag>&quot;{STUB}&quot;</ETag><Size>64</Size></Contents>"
    text = true_xml(f"<List>{small}{large}</List>", find)
    assert small in text
    assert f"<ETag>&quot;{TRUE}&quot;</ETag><Size>5000000000</Size>" in text


def test_an_announcement_is_put_right_however_deep_it_is_wrapped() -> None:
    record = {"s3": {"object": {"key": "k", "size": 64, "eTag": STUB}}}
    text = json.dumps({"Records": [record]})
    for _ in range(3):
        found = true_events(text, find)
        assert TRUE in found
        assert "5000000000" in found
        assert STUB not in found
        text = json.dumps({"Message": text})


async def read_chunks(body: bytes, piece: int) -> tuple[bytes, dict[str, str]]:
    async def source() -> AsyncIterator[bytes]:
        for at in range(0, len(body), piece):
            yield body[at : at + piece]

    reader = ChunkedReader(source())
    return b"".join([data async for data in reader]), reader.trailers


CHUNKED = b"5\r\nhello\r\n6;chunk-signature=ab\r\n world\r\n0\r\nx-amz-checksum-crc32:AAAA\r\n\r\n"


@pytest.mark.parametrize("piece", [1, 2, 3, 7, 1000])
def test_chunks(piece: int) -> None:
    data, trailers = asyncio.run(read_chunks(CHUNKED, piece))
    assert (data, trailers) == (b"hello world", {"x-amz-checksum-crc32": "AAAA"})


@pytest.mark.parametrize("body", [b"5\r\nhel", b"5\r\nhelloworld\r\n", b"x\r\n", b""])
def test_malformed_chunks(body: bytes) -> None:
    with pytest.raises(MalformedChunks):
        asyncio.run(read_chunks(body, 3))


@pytest.mark.parametrize(
    ("method", "key", "query", "headers", "kind"),
    [
        ("PUT", "k", {}, {}, Kind.PUT_OBJECT),
        ("PUT", "k", {"X-Amz-Signature": "x", "x-id": "PutObject"}, {}, Kind.PUT_OBJECT),
        ("PUT", "k", {"tagging": ""}, {}, Kind.SHAPE),
        ("PUT", "k", {"uploadId": "u", "partNumber": "1"}, {}, Kind.UPLOAD_PART),
        ("PUT", "k", {}, {"x-amz-copy-source": "b/k"}, Kind.COPY),
        ("PUT", "k", {"uploadId": "u"}, {"x-amz-copy-source": "b/k"}, Kind.COPY_PART),
        ("PUT", "", {}, {}, Kind.SHAPE),
        ("PUT", "", {"cors": ""}, {}, Kind.SHAPE),
        ("POST", "", {}, {"Content-Type": "multipart/form-data; boundary=x"}, Kind.POST_FORM),
        ("POST", "", {"delete": ""}, {}, Kind.DELETE),
        ("POST", "k", {"uploads": ""}, {}, Kind.OTHER),
        ("POST", "k", {"uploadId": "u"}, {}, Kind.COMPLETE),
        ("POST", "k", {"restore": ""}, {}, Kind.RESTORE),
        ("DELETE", "k", {}, {}, Kind.DELETE),
        ("DELETE", "k", {"uploadId": "u"}, {}, Kind.ABORT),
        ("DELETE", "", {}, {}, Kind.SHAPE),
        ("GET", "k", {"response-content-type": "x", "versionId": "1"}, {}, Kind.READ),
        ("HEAD", "k", {}, {}, Kind.READ),
        ("GET", "k", {"tagging": ""}, {}, Kind.OTHER),
        ("GET", "k", {"uploadId": "u"}, {}, Kind.LIST),
        ("GET", "", {"list-type": "2"}, {}, Kind.LIST),
    ],
)
def test_kinds(
    method: str, key: str, query: dict[str, str], headers: dict[str, str], kind: Kind
) -> None:
    head = S3Request(method, "/", CIMultiDict(headers), "b", key, query, None)
    assert head.kind is kind


def test_parts_are_named_as_ministack_knows_them() -> None:
    stubs = {1: "a" * 32, 2: STUB}
    blobs = {"a" * 32: Blob("b" * 32, 1, ("x",)), STUB: BLOB}
    xml = "".join(
        f'<Part><ChecksumCRC32>x</ChecksumCRC32><ETag>"{tag}"</ETag><PartNumber>{n}</PartNumber></Part>'
        for n, tag in ((2, TRUE), (1, "b" * 32))
    )
    text, chosen = true_parts(f"<C>{xml}</C>", stubs, blobs.get)
    assert chosen == ["a" * 32, STUB]
    assert "Checksum" not in text
    with pytest.raises(Refused):
        true_parts(f"<C>{xml}</C>", stubs, {**blobs, STUB: Blob("c" * 32, 1, ("x",))}.get)
    with pytest.raises(Refused):
        true_parts(f"<C>{xml}</C>", {1: "a" * 32}, blobs.get)


def policy(*conditions: Any) -> PostPolicy:
    return PostPolicy({"expiration": "2030-01-01T00:00:00Z", "conditions": list(conditions)})


@pytest.mark.parametrize(
    ("ranges", "size", "code"),
    [
        ([[1, 10]], 10, None),
        ([[1, 10]], 11, "EntityTooLarge"),
        ([[1, 10]], 0, "EntityTooSmall"),
        ([[1, 10], [5, 100]], 4, "EntityTooSmall"),
        ([["1", "10"]], 11, "EntityTooLarge"),
        ([], 10**12, None),
    ],
)
def test_length_of_an_upload(ranges: list[list[Any]], size: int, code: str | None) -> None:
    found = policy(*(["content-length-range", *limits] for limits in ranges))
    if code is None:
        found.check_length(size)
        return
    with pytest.raises(BadPolicy) as fault:
        found.check_length(size)
    assert fault.value.code == code


def test_a_form_is_signed_again_with_everything_but_its_length() -> None:
    credential = "ASIAOLD/20260101/us-east-1/s3/aws4_request"
    old = policy(
        {"key": "k"},
        ["content-length-range", 1, 10],
        ["eq", "$x-amz-security-token", "old"],
        {"x-amz-credential": credential},
        ["starts-with", "$x-amz-meta-job", "7"],
    )
    encoded = base64.b64encode(json.dumps(old.document).encode()).decode()
    scope = Scope.parse(credential)
    assert scope is not None
    fields = {
        "key": "k", "policy": encoded, "x-amz-credential": credential,
        "x-amz-security-token": "old", "x-amz-date": "20260101T000000Z",
        "x-amz-signature": sign_policy("secret", scope, encoded),
    }  # fmt: skip
    assert is_signed_by(fields, "secret", "old")
    assert not is_signed_by(fields, "secret", "other")
    assert not is_signed_by({**fields, "policy": encoded + "="}, "secret", "old")
    again = sign_again(fields, old, "ASIANEW", "new secret", "new")
    assert is_signed_by(again, "new secret", "new")
    document = json.loads(base64.b64decode(again["policy"]))
    assert document["expiration"] == "2030-01-01T00:00:00Z"
    assert document["conditions"][0] == {"key": "k"}
    assert ["eq", "$x-amz-security-token", "new"] in document["conditions"]
    assert ["starts-with", "$x-amz-meta-job", "7"] in document["conditions"]
    assert "content-length-range" not in str(document)
