"""What S3 is told of encryption: the same by signed forms and by our own calls."""

import base64
import json
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from gas.aws.blobs import S3BlobStore
from gas.aws.encryption import SSE_S3, Encryption
from gas.aws.part_store import S3PartStore

KEY = "arn:aws:kms:us-east-1:123456789012:key/1234"
OWN = Encryption(KEY)


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Any:
    for name in ("AWS_ENDPOINT_URL", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    with mock_aws():
        client = boto3.client("s3", region_name="us-east-1")
        client.create_bucket(Bucket="files")
        yield client


@pytest.mark.parametrize(
    ("encryption", "algorithm", "key"), [(SSE_S3, "AES256", None), (OWN, "aws:kms", KEY)]
)
def test_everything_that_is_stored_says_how(
    s3: Any, tmp_path: Path, encryption: Encryption, algorithm: str, key: str | None
) -> None:
    blobs = S3BlobStore(s3, "files", encryption=encryption)
    (tmp_path / "f").write_bytes(b"x")
    blobs.upload(tmp_path / "f", "uploaded", content_type="text/plain")
    blobs.copy("uploaded", "copied", metadata={})
    blobs.upload_chunks([b"x"], "streamed", size=1, content_type="text/plain")
    parts = S3PartStore(s3, "files", encryption=encryption)
    upload = parts.begin("in-parts", metadata={})
    s3.upload_part(Bucket="files", Key="in-parts", UploadId=upload, PartNumber=1, Body=b"x")
    parts.complete("in-parts", upload, parts.parts("in-parts", upload))
    for name in ("uploaded", "copied", "streamed", "in-parts"):
        head = s3.head_object(Bucket="files", Key=name)
        assert (head["ServerSideEncryption"], head.get("SSEKMSKeyId")) == (algorithm, key), name


def test_the_signed_policy_allows_no_other_key(s3: Any) -> None:
    post = S3BlobStore(s3, "files", encryption=OWN).sign_post(
        "k", min_bytes=1, max_bytes=2, expires_in=60, metadata={}, redirect_to=None
    )
    policy = json.loads(base64.b64decode(post.fields["policy"]))
    for name, value in OWN.form_fields.items():
        assert post.fields[name] == value
        assert {name: value} in policy["conditions"]
