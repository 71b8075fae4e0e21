"""Signed POST: what a browser may upload is what its policy says, and nothing else."""

from __future__ import annotations

import base64
import json
from typing import Any

import httpx
import pytest

from tests.integration.cloud.conftest import Endpoint, with_rules

KEY = "inputs/user/job~file.vcf"
CONDITIONS: list[Any] = [["content-length-range", 1, 1000], {"x-amz-meta-job": "7"}]


def signed_post(cloud: Endpoint, bucket: str, expires: int = 60, **more: str) -> dict[str, Any]:
    fields = {"x-amz-meta-job": "7", **more}
    conditions = CONDITIONS + [{name: value} for name, value in more.items()]
    post: dict[str, Any] = cloud.s3.generate_presigned_post(
        bucket, KEY, Fields=fields, Conditions=conditions, ExpiresIn=expires
    )
    return post


def send(post: dict[str, Any], content: bytes = b"##fileformat=VCFv4.2\n") -> httpx.Response:
    return httpx.post(
        post["url"], data=post["fields"], files={"file": ("file.vcf", content, "text/plain")}
    )


@with_rules
def test_what_the_policy_allows_is_stored(cloud: Endpoint) -> None:
    bucket = cloud.bucket()
    answer = send(signed_post(cloud, bucket))
    assert answer.status_code == 204, answer.text
    found = cloud.s3.get_object(Bucket=bucket, Key=KEY)
    assert found["Body"].read() == b"##fileformat=VCFv4.2\n"
    assert found["Metadata"] == {"job": "7"}


@with_rules
def test_redirect_names_bucket_key_and_etag(cloud: Endpoint) -> None:
    bucket = cloud.bucket()
    target = "http://127.0.0.1:8000/annotate/job?x=1"
    answer = send(signed_post(cloud, bucket, success_action_redirect=target))
    assert answer.status_code == 303
    query = httpx.URL(answer.headers["Location"]).params
    assert answer.headers["Location"].startswith(target)
    assert (query["bucket"], query["key"], query["x"]) == (bucket, KEY, "1")
    assert query["etag"].strip('"') == cloud.s3.head_object(Bucket=bucket, Key=KEY)["ETag"].strip(
        '"'
    )


def late(post: dict[str, Any]) -> None:
    """Nothing to change: the policy had expired when it was signed."""


def tampered_policy(post: dict[str, Any]) -> None:
    policy = json.loads(base64.b64decode(post["fields"]["policy"]))
    policy["conditions"][0] = ["content-length-range", 1, 10**9]
    post["fields"]["policy"] = base64.b64encode(json.dumps(policy).encode()).decode()


def wrong_key(post: dict[str, Any]) -> None:
    post["fields"]["key"] = "inputs/somebody-else/job~file.vcf"


def wrong_field(post: dict[str, Any]) -> None:
    post["fields"]["x-amz-meta-job"] = "8"


def extra_field(post: dict[str, Any]) -> None:
    post["fields"] = {"acl": "public-read", **post["fields"]}


def missing_field(post: dict[str, Any]) -> None:
    del post["fields"]["x-amz-meta-job"]


def no_signature(post: dict[str, Any]) -> None:
    for name in ("policy", "x-amz-signature", "x-amz-credential", "x-amz-algorithm", "x-amz-date"):
        del post["fields"][name]


@with_rules
@pytest.mark.parametrize(
    ("change", "expires", "size", "status"),
    [
        pytest.param(late, -60, 10, 403, id="late"),
        pytest.param(tampered_policy, 60, 10, 403, id="tampered policy"),
        pytest.param(wrong_key, 60, 10, 403, id="another key"),
        pytest.param(wrong_field, 60, 10, 403, id="another value"),
        pytest.param(extra_field, 60, 10, 403, id="a field more"),
        pytest.param(missing_field, 60, 10, 403, id="a field less"),
        pytest.param(no_signature, 60, 10, 403, id="no signature"),
        pytest.param(None, 60, 1001, 400, id="too large"),
        pytest.param(None, 60, 0, 400, id="too small"),
    ],
)
def test_everything_else_is_refused(
    cloud: Endpoint, change: Any, expires: int, size: int, status: int
) -> None:
    bucket = cloud.bucket()
    post = signed_post(cloud, bucket, expires)
    if change is not None:
        change(post)
    assert send(post, b"x" * size).status_code == status
    assert "Contents" not in cloud.s3.list_objects_v2(Bucket=bucket)


@with_rules
def test_a_page_on_another_port_may_upload(cloud: Endpoint) -> None:
    bucket = cloud.bucket()
    origin = "http://127.0.0.1:8000"
    rule = {
        "AllowedOrigins": [origin],
        "AllowedMethods": ["POST", "PUT"],
        "AllowedHeaders": ["*"],
        "ExposeHeaders": ["ETag"],
    }
    cloud.s3.put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": [rule]})
    post = signed_post(cloud, bucket)
    asked = httpx.options(
        post["url"],
        headers={"Origin": origin, "Access-Control-Request-Method": "POST"},
    )
    assert asked.status_code == 200
    assert asked.headers["Access-Control-Allow-Origin"] in (origin, "*")
    files = {"file": ("f.vcf", b"x", "text/plain")}
    answer = httpx.post(post["url"], data=post["fields"], files=files, headers={"Origin": origin})
    assert answer.status_code == 204
    assert answer.headers["Access-Control-Allow-Origin"] in (origin, "*")
