"""Least privilege: a role can do what its policy says, and nothing else."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from botocore.exceptions import ClientError

from tests.integration.cloud.conftest import Endpoint, with_rules
from tests.integration.cloud.waiting import until

DENIED = {"AccessDenied", "AccessDeniedException", "AuthorizationError", "403"}


def role(cloud: Endpoint, *statements: dict[str, Any]) -> str:
    """A role that anybody in the account may assume; its ARN."""
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"AWS": f"arn:aws:iam::{cloud.account}:root"},
                "Action": "sts:AssumeRole",
            }
        ],
    }
    name = cloud.name("role")
    made = cloud.iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))
    cloud.later(lambda: cloud.iam.delete_role(RoleName=name))
    policy = {"Version": "2012-10-17", "Statement": list(statements)}
    cloud.iam.put_role_policy(RoleName=name, PolicyName="only", PolicyDocument=json.dumps(policy))
    cloud.later(lambda: cloud.iam.delete_role_policy(RoleName=name, PolicyName="only"))
    return str(made["Role"]["Arn"])


def allow(action: str, resource: str) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource}


def session(cloud: Endpoint, arn: str) -> dict[str, str]:
    """Credentials of a role."""

    def assume() -> Any:
        try:
            return cloud.sts.assume_role(RoleArn=arn, RoleSessionName="test")
        except ClientError:
            return None  # a new role takes a moment on AWS

    found = until(assume, 30)["Credentials"]
    return {
        "aws_access_key_id": found["AccessKeyId"],
        "aws_secret_access_key": found["SecretAccessKey"],
        "aws_session_token": found["SessionToken"],
    }


def denied(fault: ClientError) -> bool:
    return fault.response["Error"]["Code"] in DENIED


@with_rules
def test_a_role_reads_what_it_may_and_nothing_else(cloud: Endpoint) -> None:
    bucket = cloud.bucket()
    for key in ("mine/x", "others/x"):
        cloud.s3.put_object(Bucket=bucket, Key=key, Body=b"x")
    arn = role(cloud, allow("s3:GetObject", f"arn:aws:s3:::{bucket}/mine/*"))
    s3 = cloud.client("s3", **session(cloud, arn))
    assert s3.get_object(Bucket=bucket, Key="mine/x")["Body"].read() == b"x"
    for refused in (
        lambda: s3.get_object(Bucket=bucket, Key="others/x"),
        lambda: s3.put_object(Bucket=bucket, Key="mine/y", Body=b"x"),
        lambda: s3.list_objects_v2(Bucket=bucket),
    ):
        with pytest.raises(ClientError) as fault:
            refused()
        assert denied(fault.value)


@with_rules
def test_a_role_signs_uploads_only_to_where_it_may_write(cloud: Endpoint) -> None:
    bucket = cloud.bucket()
    arn = role(cloud, allow("s3:PutObject", f"arn:aws:s3:::{bucket}/inputs/*"))
    s3 = cloud.client("s3", **session(cloud, arn))
    for key, status in (("inputs/a.vcf", 204), ("results/a.vcf", 403)):
        post = s3.generate_presigned_post(bucket, key)
        files = {"file": ("a.vcf", b"x", "text/plain")}
        assert httpx.post(post["url"], data=post["fields"], files=files).status_code == status


@with_rules
def test_a_role_writes_its_table_and_publishes_to_its_topic(cloud: Endpoint) -> None:
    table, topic, other = cloud.table(), cloud.topic(), cloud.topic()
    arn = role(
        cloud,
        allow("dynamodb:PutItem", f"arn:aws:dynamodb:us-east-1:{cloud.account}:table/{table}"),
        allow("sns:Publish", topic),
    )
    credentials = session(cloud, arn)
    dynamodb, sns = cloud.client("dynamodb", **credentials), cloud.client("sns", **credentials)
    key = {"job_id": {"S": "1"}}
    dynamodb.put_item(TableName=table, Item=key)
    sns.publish(TopicArn=topic, Message="x")
    with pytest.raises(ClientError) as fault:
        dynamodb.delete_item(TableName=table, Key=key)
    assert denied(fault.value)
    assert cloud.dynamodb.get_item(TableName=table, Key=key)["Item"] == key
    with pytest.raises(ClientError) as fault:
        sns.publish(TopicArn=other, Message="x")
    assert denied(fault.value)


@with_rules
def test_wrong_keys_are_refused(cloud: Endpoint) -> None:
    arn = role(cloud, allow("sqs:*", "*"))
    good = session(cloud, arn)
    for wrong in (
        {**good, "aws_secret_access_key": "x" * 40},
        {**good, "aws_session_token": "forged"},
        {"aws_access_key_id": "test", "aws_secret_access_key": "test"},
        {"aws_access_key_id": cloud.account, "aws_secret_access_key": "test"},
        {"aws_access_key_id": root_key_id(cloud), "aws_secret_access_key": "x" * 40},
    ):
        for service, operation in (("sqs", "list_queues"), ("sns", "list_topics")):
            with pytest.raises(ClientError) as fault:
                getattr(cloud.client(service, **wrong), operation)()
            assert fault.value.response["ResponseMetadata"]["HTTPStatusCode"] in (400, 403)
        with pytest.raises(ClientError):
            cloud.client("s3", **wrong).list_buckets()


def root_key_id(cloud: Endpoint) -> str:
    return cloud.embedded.root_key()["aws_access_key_id"] if cloud.embedded else "AKIA" + "0" * 16
