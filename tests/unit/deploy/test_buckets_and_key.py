"""What buckets and the KMS key refuse, whoever asks."""

from typing import Any

import pytest

from tests.support.policies import Request, applies
from tests.support.stacks import ACCOUNT, REGION, render

KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1"
SSE = "s3:x-amz-server-side-encryption"
SSE_KEY = f"{SSE}-aws-kms-key-id"
TLS = {"aws:SecureTransport": "true"}


def bucket_statements(bucket: str, key: str) -> list[dict[str, Any]]:
    stack = render("service", KeyArn=key)
    policy = stack.resources[f"{bucket}TlsPolicy"]["Properties"]["PolicyDocument"]
    return list(policy["Statement"])


def denied(statements: list[dict[str, Any]], request: Request) -> bool:
    return any(each["Effect"] == "Deny" and applies(each, request) for each in statements)


@pytest.mark.parametrize("bucket", ["Inputs", "Results", "Archives"])
@pytest.mark.parametrize(
    ("key", "context", "refused"),
    [
        (KEY, TLS, False),  # as the bucket is encrypted by itself
        (KEY, {**TLS, SSE: "aws:kms", SSE_KEY: KEY}, False),
        (KEY, {**TLS, SSE: "AES256"}, True),
        (KEY, {**TLS, SSE: "aws:kms", SSE_KEY: KEY + "2"}, True),
        (KEY, {"aws:SecureTransport": "false"}, True),
        ("", TLS, False),
        ("", {**TLS, SSE: "AES256"}, False),
        ("", {**TLS, SSE: "aws:kms", SSE_KEY: KEY}, True),
    ],
)
def test_a_bucket_refuses_other_encryption_and_plain_http(
    bucket: str, key: str, context: dict[str, str], refused: bool
) -> None:
    what = f"arn:aws:s3:::gas-test-{bucket.lower()}-{ACCOUNT}/k"
    assert denied(bucket_statements(bucket, key), Request("s3:PutObject", what, context)) is refused


def test_every_bucket_is_closed_encrypted_and_speaks_tls_only() -> None:
    for stack in (render("service", KeyArn=KEY), render("base")):
        buckets = {n: r for n, r in stack.resources.items() if r["Type"] == "AWS::S3::Bucket"}
        policies = [r for r in stack.resources.values() if r["Type"] == "AWS::S3::BucketPolicy"]
        assert len(policies) == len(buckets)
        for bucket in buckets.values():
            made = bucket["Properties"]
            assert set(made["PublicAccessBlockConfiguration"].values()) == {True}
            assert made["BucketEncryption"]
            assert bucket["DeletionPolicy"] == bucket["UpdateReplacePolicy"] == "Retain"
            (own,) = [p for p in policies if p["Properties"]["Bucket"] == made["BucketName"]]
            statements = own["Properties"]["PolicyDocument"]["Statement"]
            for action in ("s3:GetObject", "s3:PutObject", "s3:ListBucket"):
                arn = f"arn:aws:s3:::{made['BucketName']}"
                plain = {"aws:SecureTransport": "false"}
                assert denied(statements, Request(action, f"{arn}/k", plain))
                assert denied(statements, Request(action, arn, plain))


def test_everything_that_stores_is_encrypted_with_the_key() -> None:
    encrypted_by = {
        "AWS::SQS::Queue": "KmsMasterKeyId",
        "AWS::SNS::Topic": "KmsMasterKeyId",
        "AWS::Logs::LogGroup": "KmsKeyId",
        "AWS::SecretsManager::Secret": "KmsKeyId",
    }
    with_key, without = render("service", KeyArn=KEY), render("service", KeyArn="")
    for name, resource in with_key.resources.items():
        made, bare = resource.get("Properties", {}), without.resources[name].get("Properties", {})
        if resource["Type"] in encrypted_by:
            assert made[encrypted_by[resource["Type"]]] == KEY, name
            assert encrypted_by[resource["Type"]] not in bare, name
        if resource["Type"] == "AWS::SQS::Queue":
            assert (made["SqsManagedSseEnabled"], bare["SqsManagedSseEnabled"]) == (False, True)
        if resource["Type"] == "AWS::DynamoDB::Table":
            assert made["SSESpecification"]["KMSMasterKeyId"] == KEY, name
            assert bare["SSESpecification"] == {"SSEEnabled": True}, name


def key_allows(action: str, **context: str) -> bool:
    policy = render("base").resources["Key"]["Properties"]["KeyPolicy"]
    # A principal of this account that is not its root: only what is open to everybody counts.
    open_to_all = [s for s in policy["Statement"] if s["Principal"] == {"AWS": "*"}]
    return any(applies(s, Request(action, KEY, context)) for s in open_to_all)


OURS = {"kms:CallerAccount": ACCOUNT}
VIA = "kms:ViaService"


@pytest.mark.parametrize(
    ("action", "context", "verdict"),
    [
        ("kms:Decrypt", {**OURS, VIA: f"s3.{REGION}.amazonaws.com"}, True),
        ("kms:GenerateDataKey", {**OURS, VIA: f"sqs.{REGION}.amazonaws.com"}, True),
        ("kms:Decrypt", OURS, False),  # nobody uses it directly
        ("kms:Decrypt", {"kms:CallerAccount": "9", VIA: f"s3.{REGION}.amazonaws.com"}, False),
        ("kms:Decrypt", {**OURS, VIA: "s3.us-west-2.amazonaws.com"}, False),
        # The disks of a group that its service-linked role starts.
        (
            "kms:CreateGrant",
            {**OURS, VIA: f"ec2.{REGION}.amazonaws.com", "kms:GrantIsForAWSResource": "true"},
            True,
        ),
        ("kms:CreateGrant", {**OURS, VIA: f"ec2.{REGION}.amazonaws.com"}, False),
        ("kms:ScheduleKeyDeletion", {**OURS, VIA: f"s3.{REGION}.amazonaws.com"}, False),
    ],
)
def test_the_key_serves_services_of_this_account(
    action: str, context: dict[str, str], verdict: bool
) -> None:
    assert key_allows(action, **context) is verdict


def test_locked_results_are_an_option() -> None:
    free = render("service").resources["ResultsBucket"]["Properties"]
    locked = render("service", ResultsLockDays="30").resources["ResultsBucket"]["Properties"]
    assert not {"ObjectLockEnabled", "VersioningConfiguration"} & set(free)
    assert locked["ObjectLockEnabled"] is True
    rule = locked["ObjectLockConfiguration"]["Rule"]["DefaultRetention"]
    assert rule == {"Mode": "GOVERNANCE", "Days": "30"}
