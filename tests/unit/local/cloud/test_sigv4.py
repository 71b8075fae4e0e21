"""Our signatures are those that botocore makes and checks, and nothing else passes."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta

import pytest
from botocore.auth import S3SigV4Auth, S3SigV4QueryAuth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from multidict import CIMultiDict

from local.cloud.sigv4 import Signed, is_authentic, is_timely, parse_signature, sign_headers

SECRET = "a/secret+key"
KEY = Credentials("EXAMPLEKEYOFTHETESTS", SECRET, "a-token")
HOST = "http://127.0.0.1:4566"
PATHS = [
    "/",
    "/bucket/plain",
    "/bucket/with%20space/%C3%BC~x%2B%3D.vcf",
    "/bucket/a//b",
    "/bucket?list-type=2&prefix=a%2Fb%20c&delimiter=%2F",
    "/bucket/k?uploads",
]


def signed_by_botocore(path: str, *, query: bool = False) -> tuple[str, CIMultiDict[str]]:
    request = AWSRequest("GET", HOST + path, headers={"x-amz-meta-a": " two   spaces "})
    auth = S3SigV4QueryAuth if query else S3SigV4Auth
    auth(KEY, "s3", "us-east-1").add_auth(request)
    headers: CIMultiDict[str] = CIMultiDict(request.headers.items())
    headers["Host"] = "127.0.0.1:4566"
    return request.url.removeprefix(HOST), headers


@pytest.mark.parametrize("query", [False, True])
@pytest.mark.parametrize("path", PATHS)
def test_what_botocore_signs_is_authentic(path: str, query: bool) -> None:
    raw_path, headers = signed_by_botocore(path, query=query)
    signed = parse_signature(raw_path, headers)
    assert signed is not None
    assert (signed.scope.key_id, signed.token) == (KEY.access_key, KEY.token)
    assert is_authentic(signed, SECRET, "GET", raw_path, headers)


def test_a_json_service_is_authentic() -> None:
    body = b'{"TableName": "jobs"}'
    headers = {
        "X-Amz-Target": "DynamoDB_20120810.Scan",
        "Content-Type": "application/x-amz-json-1.0",
    }
    request = AWSRequest("POST", HOST + "/", data=body, headers=headers)
    SigV4Auth(KEY, "dynamodb", "us-east-1").add_auth(request)
    sent: CIMultiDict[str] = CIMultiDict(request.headers.items())
    sent["Host"] = "127.0.0.1:4566"
    sent["X-Amz-Content-Sha256"] = hashlib.sha256(body).hexdigest()
    signed = parse_signature("/", sent)
    assert signed is not None
    assert is_authentic(signed, SECRET, "POST", "/", sent)
    sent["X-Amz-Content-Sha256"] = hashlib.sha256(body + b" ").hexdigest()
    assert not is_authentic(signed, SECRET, "POST", "/", sent)


@pytest.mark.parametrize(
    ("method", "path", "secret", "header"),
    [
        ("PUT", "/bucket/plain", SECRET, None),
        ("GET", "/bucket/other", SECRET, None),
        ("GET", "/bucket/plain?acl=", SECRET, None),
        ("GET", "/bucket/plain", SECRET + "x", None),
        ("GET", "/bucket/plain", SECRET, ("x-amz-meta-a", "three")),
        ("GET", "/bucket/plain", SECRET, ("Host", "127.0.0.1:1")),
    ],
)
def test_anything_else_is_not(
    method: str, path: str, secret: str, header: tuple[str, str] | None
) -> None:
    raw_path, headers = signed_by_botocore("/bucket/plain")
    signed = parse_signature(raw_path, headers)
    assert signed is not None
    if header:
        headers[header[0]] = header[1]
    assert not is_authentic(signed, secret, method, path, headers)


def test_our_signature_is_botocore_s() -> None:
    headers = {"Host": "127.0.0.1:4566", "Content-Type": "text/plain"}
    ours = sign_headers("K", SECRET, "sqs", "POST", "/a%20b?x=1", headers, "0" * 64, token="t")
    signed = parse_signature("/a%20b?x=1", ours)
    assert signed is not None
    assert is_authentic(signed, SECRET, "POST", "/a%20b?x=1", ours)


def at(moment: datetime, expires: int | None) -> Signed:
    raw_path, headers = signed_by_botocore("/")
    signed = parse_signature(raw_path, headers)
    assert signed is not None
    stamp = moment.strftime("%Y%m%dT%H%M%SZ")
    scope = type(signed.scope)("K", stamp[:8], "us-east-1", "s3")
    return Signed(scope, signed.signed_headers, signed.signature, stamp, "", expires)


@pytest.mark.parametrize(
    ("age", "expires", "timely"),
    [
        (timedelta(minutes=14), None, True),
        (timedelta(minutes=16), None, False),
        (timedelta(minutes=-14), None, True),
        (timedelta(minutes=-16), None, False),
        (timedelta(hours=2), 7300, True),
        (timedelta(hours=2), 7100, False),
        (timedelta(seconds=2), 0, False),
    ],
)
def test_signatures_age(age: timedelta, expires: int | None, timely: bool) -> None:
    assert is_timely(at(datetime.now(UTC) - age, expires)) is timely


@pytest.mark.parametrize(
    "authorization", ["", "Basic x", "AWS4-HMAC-SHA256 Credential=a/b/c", "AWS4-HMAC-SHA256"]
)
def test_no_signature_at_all(authorization: str) -> None:
    assert parse_signature("/", CIMultiDict({"Authorization": authorization})) is None
