"""Who comes in."""

from __future__ import annotations

import pytest
from multidict import CIMultiDict

from local.cloud.guard import is_blocked, is_local, is_trusted_form, may_enter

SIGNED = (
    "AWS4-HMAC-SHA256 Credential={}/20260101/us-east-1/s3/aws4_request, "
    "SignedHeaders=host, Signature=00"
)
# In the form of a key id, put together here so that it looks like no key to a secret scanner.
KEY_ID = "AKIA" + "0123456789ABCDEF"
GOOD = SIGNED.format(KEY_ID)
PRESIGNED = "X-Amz-Credential={}%2F20260101%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Signature=00"


@pytest.mark.parametrize(
    ("method", "path", "headers", "enters"),
    [
        ("GET", "/b/k", {"Authorization": GOOD}, True),
        ("GET", "/b/k?" + PRESIGNED.format("ASIA0123456789ABCDEF"), {}, True),
        ("OPTIONS", "/b/k", {}, True),
        ("POST", "/b", {"Content-Type": "multipart/form-data; boundary=x"}, True),
        ("GET", "/?Action=ConfirmSubscription&Token=t", {}, True),
        ("GET", "/b/k", {}, False),
        ("GET", "/", {}, False),
        ("PUT", "/b/k", {"Content-Type": "multipart/form-data; boundary=x"}, False),
        ("POST", "/", {"Content-Type": "application/x-www-form-urlencoded"}, False),
        ("GET", "/?Action=ListTopics", {}, False),
        ("GET", "/b/k", {"Authorization": SIGNED.format("test")}, False),
        ("GET", "/b/k", {"Authorization": SIGNED.format("000000000000")}, False),
        ("GET", "/b/k", {"Authorization": SIGNED.format("")}, False),
        ("GET", "/b/k", {"Authorization": f"AWS {KEY_ID}:x"}, False),
        ("GET", "/b/k", {"Authorization": GOOD.replace("SHA256 ", "SHA256-PAYLOAD ")}, False),
        ("GET", "/b/k?" + PRESIGNED.format("test"), {}, False),
        ("GET", "/b/k?" + PRESIGNED.format("test"), {"Authorization": GOOD}, False),
        ("GET", "/b/k?AWSAccessKeyId=test&Signature=x", {}, False),
        ("GET", "/b/k?AWSAccessKeyId=test", {"Authorization": GOOD}, False),
    ],
)
def test_entrance(method: str, path: str, headers: dict[str, str], enters: bool) -> None:
    assert may_enter(method, path, CIMultiDict(headers)) is enters


def test_two_signatures_do_not_enter() -> None:
    headers = CIMultiDict([("Authorization", GOOD), ("Authorization", SIGNED.format("test"))])
    assert not may_enter("GET", "/b/k", headers)


@pytest.mark.parametrize(
    ("host", "local"),
    [
        ("127.0.0.1:4566", True),
        ("localhost", True),
        ("[::1]:4566", True),
        ("evil.example:4566", False),
        ("bucket.s3.localhost:4566", False),
        ("127.0.0.1.evil.example", False),
        ("", False),
    ],
)
def test_hosts(host: str, local: bool) -> None:
    assert is_local(host) is local


@pytest.mark.parametrize(
    ("path", "blocked"),
    [
        ("/_ministack/reset", True),
        ("/%5Fministack/reset?x=1", True),
        ("//_aws/execute-api/x", True),
        ("/latest/meta-data", True),
        ("/bucket/_ministack/reset", False),
        ("/latest-results/key", False),
    ],
)
def test_blocked_paths(path: str, blocked: bool) -> None:
    assert is_blocked(path) is blocked


@pytest.mark.parametrize(
    ("fields", "trusted"),
    [
        ({}, True),
        ({"x-amz-credential": f"{KEY_ID}/x"}, True),
        ({"x-amz-credential": "test/x"}, False),
        ({"awsaccesskeyid": "test"}, False),
    ],
)
def test_forms(fields: dict[str, str], trusted: bool) -> None:
    assert is_trusted_form(fields) is trusted
