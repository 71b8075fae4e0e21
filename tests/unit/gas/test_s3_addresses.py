"""Which address a signed upload names: it must be one that a browser can post to."""

import boto3
import pytest

from gas.aws.blobs import S3BlobStore
from gas.aws.clients import AwsClients


@pytest.mark.parametrize(
    ("region", "endpoint", "expected"),
    [
        ("us-east-1", None, "https://inputs.s3.amazonaws.com/"),
        ("eu-central-1", None, "https://inputs.s3.eu-central-1.amazonaws.com/"),
        ("cn-north-1", None, "https://inputs.s3.cn-north-1.amazonaws.com.cn/"),
        ("us-east-1", "http://127.0.0.1:4566", "http://127.0.0.1:4566/inputs"),
        ("us-east-1", "https://ceph.example.org", "https://ceph.example.org/inputs"),
    ],
)
def test_the_address_of_a_signed_upload(
    monkeypatch: pytest.MonkeyPatch, region: str, endpoint: str | None, expected: str
) -> None:
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    if endpoint:
        monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    session = boto3.Session(
        aws_access_key_id="test", aws_secret_access_key="test", region_name=region
    )
    post = S3BlobStore(AwsClients(session).s3(), "inputs").sign_post(
        "key", min_bytes=1, max_bytes=2, expires_in=60, metadata={}, redirect_to=None
    )
    assert post.url == expected
    assert post.fields["success_action_status"] == "201"
    assert "success_action_redirect" not in post.fields
