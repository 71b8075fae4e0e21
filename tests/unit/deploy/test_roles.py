"""What each role may do and, above all, what it may not: its policies evaluated as AWS does."""

from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

import pytest

from tests.support.policies import Request, Statement, allowed, listed
from tests.support.stacks import ACCOUNT, REGION, Rendered, render

KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1"
INPUT = f"arn:aws:s3:::gas-test-inputs-{ACCOUNT}/u/1~a.vcf"
RESULT = f"arn:aws:s3:::gas-test-results-{ACCOUNT}/u/1~a.annot.vcf.gz"
ARCHIVE = f"arn:aws:s3:::gas-test-archives-{ACCOUNT}/u/1"
RELEASE = "arn:aws:s3:::the-ReleasesBucket/releases/gas-1.tar.gz"
JOBS = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/gas-test-annotations"
SLOTS = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/gas-test-user-slots"
QUEUE = f"arn:aws:sqs:{REGION}:{ACCOUNT}:gas-test-job-requests"
RESULTS_QUEUE = f"arn:aws:sqs:{REGION}:{ACCOUNT}:gas-test-job-results"
REQUESTS = f"arn:aws:sns:{REGION}:{ACCOUNT}:gas-test-job-requests"
FINISHED = f"arn:aws:sns:{REGION}:{ACCOUNT}:gas-test-job-results"
ARCHIVING = f"arn:aws:sns:{REGION}:{ACCOUNT}:gas-test-archive-requests"
ERASING = f"arn:aws:sns:{REGION}:{ACCOUNT}:gas-test-account-erasures"
SECRET = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:gas/test/{{}}-settings-AbCdEf"
OWNER = "Database.MasterUserSecret.SecretArn"
LOGIN = f"arn:aws:rds-db:{REGION}:{ACCOUNT}:dbuser:the-DatabaseResourceId/gas_{{}}"
GROUP = (
    f"arn:aws:autoscaling:{REGION}:{ACCOUNT}:autoScalingGroup:1:autoScalingGroupName/gas-test-{{}}"
)
MACHINES = ("web", "annotator", "utility")

MAY = [
    ("web", "s3:PutObject", INPUT),
    ("web", "s3:GetObject", RESULT),
    ("web", "dynamodb:PutItem", JOBS),
    ("web", "dynamodb:Query", f"{JOBS}/index/user_jobs"),
    ("web", "sns:Publish", REQUESTS),
    ("web", "secretsmanager:GetSecretValue", SECRET.format("web")),
    ("web", "rds-db:connect", LOGIN.format("web")),
    ("web", "s3:GetObject", RELEASE),
    ("annotator", "s3:GetObject", INPUT),
    ("annotator", "s3:PutObject", RESULT),
    ("annotator", "dynamodb:UpdateItem", JOBS),
    ("annotator", "sqs:ReceiveMessage", QUEUE),
    ("annotator", "sns:Publish", FINISHED),
    ("annotator", "autoscaling:SetInstanceProtection", GROUP.format("annotator")),
    ("annotator", "autoscaling:CompleteLifecycleAction", GROUP.format("annotator")),
    ("annotator", "secretsmanager:GetSecretValue", SECRET.format("annotator")),
    ("utility", "sts:AssumeRole", f"arn:aws:iam::{ACCOUNT}:role/gas-test-archiver"),
    ("utility", "sts:AssumeRole", f"arn:aws:iam::{ACCOUNT}:role/gas-test-thaw"),
    ("utility", "autoscaling:CompleteLifecycleAction", GROUP.format("utility")),
    ("archiver", "s3:DeleteObject", RESULT),
    ("archiver", "s3:PutObject", ARCHIVE),
    ("archiver", "rds-db:connect", LOGIN.format("archiver")),
    ("thaw", "s3:RestoreObject", ARCHIVE),
    ("thaw", "rds-db:connect", LOGIN.format("thaw")),
    ("restore", "s3:PutObject", RESULT),
    ("erase-account", "s3:DeleteObject", INPUT),
    ("migrate", "secretsmanager:GetSecretValue", OWNER),
]
MAY_NOT = [
    # The web app writes no results, takes no jobs, and is nobody else in the database.
    ("web", "s3:PutObject", RESULT),
    ("web", "s3:DeleteObject", RESULT),
    ("web", "s3:GetObject", ARCHIVE),
    ("web", "sqs:ReceiveMessage", QUEUE),
    ("web", "dynamodb:DeleteItem", JOBS),
    ("web", "rds-db:connect", LOGIN.format("owner")),
    ("web", "rds-db:connect", LOGIN.format("thaw")),
    ("web", "secretsmanager:GetSecretValue", SECRET.format("annotator")),
    ("web", "secretsmanager:GetSecretValue", OWNER),
    ("web", "autoscaling:SetInstanceProtection", GROUP.format("web")),
    # The annotator makes no jobs, changes no inputs, and knows no accounts.
    ("annotator", "dynamodb:PutItem", JOBS),
    ("annotator", "dynamodb:DeleteItem", JOBS),
    ("annotator", "dynamodb:Query", f"{JOBS}/index/user_jobs"),
    ("annotator", "s3:PutObject", INPUT),
    ("annotator", "s3:DeleteObject", INPUT),
    ("annotator", "s3:GetObject", RESULT),
    ("annotator", "s3:DeleteObject", RESULT),
    ("annotator", "rds-db:connect", LOGIN.format("web")),
    ("annotator", "secretsmanager:GetSecretValue", SECRET.format("web")),
    ("annotator", "sns:Publish", ERASING),
    ("annotator", "autoscaling:SetInstanceProtection", GROUP.format("web")),
    # A machine of the utilities has no rights but the roles it takes; these see no uploads.
    ("utility", "s3:GetObject", RESULT),
    ("utility", "dynamodb:GetItem", JOBS),
    ("utility", "sts:AssumeRole", f"arn:aws:iam::{ACCOUNT}:role/gas-test-web"),
    ("utility", "sts:AssumeRole", f"arn:aws:iam::{ACCOUNT}:role/Admin"),
    ("archiver", "s3:GetObject", INPUT),
    ("archiver", "s3:PutObject", RESULT),
    ("archiver", "s3:GetObject", ARCHIVE),
    ("archiver", "dynamodb:PutItem", JOBS),
    ("archiver", "rds-db:connect", LOGIN.format("web")),
    ("thaw", "s3:DeleteObject", ARCHIVE),
    ("thaw", "s3:PutObject", RESULT),
    ("thaw", "s3:GetObject", INPUT),
    # Functions.
    ("notify", "s3:GetObject", RESULT),
    ("notify", "dynamodb:PutItem", JOBS),
    ("notify", "sns:Publish", REQUESTS),
    ("deliver-webhooks", "s3:GetObject", RESULT),
    ("deliver-webhooks", "dynamodb:UpdateItem", JOBS),
    ("register-upload", "s3:PutObject", RESULT),
    ("register-upload", "s3:GetObject", RESULT),
    ("fetch-import", "s3:PutObject", RESULT),
    ("fetch-import", "s3:GetObject", RESULT),
    ("fetch-import", "sqs:ReceiveMessage", QUEUE),
    ("sweep", "s3:GetObject", RESULT),
    ("restore", "s3:GetObject", INPUT),
    ("erase-account", "s3:GetObject", INPUT),
    ("archive-due", "dynamodb:GetItem", JOBS),
    ("migrate", "s3:GetObject", RESULT),
    ("migrate", "dynamodb:GetItem", JOBS),
    ("migrate", "secretsmanager:GetSecretValue", SECRET.format("web")),
]
NOBODY = [
    ("dynamodb:Scan", JOBS),
    ("dynamodb:DeleteTable", JOBS),
    ("s3:DeleteBucket", f"arn:aws:s3:::gas-test-results-{ACCOUNT}"),
    ("s3:PutBucketPolicy", f"arn:aws:s3:::gas-test-results-{ACCOUNT}"),
    ("s3:BypassGovernanceRetention", RESULT),
    ("s3:DeleteObjectVersion", RESULT),
    ("s3:PutObject", RELEASE),
    ("iam:PassRole", f"arn:aws:iam::{ACCOUNT}:role/gas-test-web"),
    ("iam:CreateAccessKey", f"arn:aws:iam::{ACCOUNT}:user/somebody"),
    ("iam:PutRolePolicy", f"arn:aws:iam::{ACCOUNT}:role/gas-test-web"),
    ("sts:AssumeRole", f"arn:aws:iam::{ACCOUNT}:role/Admin"),
    ("kms:Decrypt", KEY),
    ("kms:ScheduleKeyDeletion", KEY),
    ("sqs:PurgeQueue", QUEUE),
    ("lambda:UpdateFunctionCode", f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:gas-test-notify"),
    ("secretsmanager:PutSecretValue", SECRET.format("web")),
    ("ec2:RunInstances", f"arn:aws:ec2:{REGION}:{ACCOUNT}:instance/i-1"),
    ("rds:DeleteDBInstance", f"arn:aws:rds:{REGION}:{ACCOUNT}:db:gas-test"),
    ("rds-db:connect", LOGIN.format("owner")),
]
NO_NARROWER = {
    "cloudwatch:GetMetricData",
    "cloudwatch:PutMetricData",
    "ses:SendEmail",
    "ec2:CreateNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:DeleteNetworkInterface",
    "ec2:AssignPrivateIpAddresses",
    "ec2:UnassignPrivateIpAddresses",
    "logs:CreateLogDelivery",
    "logs:GetLogDelivery",
    "logs:UpdateLogDelivery",
    "logs:DeleteLogDelivery",
    "logs:ListLogDeliveries",
    "logs:PutResourcePolicy",
    "logs:DescribeResourcePolicies",
    "logs:DescribeLogGroups",
}
"""Actions for which AWS knows no resource, or, mail, ones that are limited by a condition."""


def stacks() -> Iterator[Rendered]:
    yield render("service", KeyArn=KEY)
    yield render("database", KeyArn=KEY)
    for fleet in MACHINES:
        yield render("compute", KeyArn=KEY, Fleet=fleet)


@cache
def roles() -> dict[str, list[Statement]]:
    """All statements of every role, by its name without the stage."""
    found: dict[str, list[Statement]] = {}
    for stack in stacks():
        for resource in stack.resources.values():
            made = resource.get("Properties", {})
            if resource["Type"] == "AWS::IAM::Role":
                assert "ManagedPolicyArns" not in made
                name = made["RoleName"].removeprefix("gas-test-")
                for policy in made["Policies"]:
                    found.setdefault(name, []).extend(policy["PolicyDocument"]["Statement"])
            elif resource["Type"] == "AWS::IAM::Policy":
                for name in made["Roles"]:
                    short = name.removeprefix("gas-test-")
                    found.setdefault(short, []).extend(made["PolicyDocument"]["Statement"])
    return found


@pytest.mark.parametrize(("role", "action", "resource"), MAY)
def test_a_role_may(role: str, action: str, resource: str) -> None:
    assert allowed(roles()[role], Request(action, resource))


@pytest.mark.parametrize(("role", "action", "resource"), MAY_NOT)
def test_a_role_may_not(role: str, action: str, resource: str) -> None:
    assert not allowed(roles()[role], Request(action, resource))


@pytest.mark.parametrize(("action", "resource"), NOBODY)
def test_nobody_may(action: str, resource: str) -> None:
    who = [name for name, has in roles().items() if allowed(has, Request(action, resource))]
    assert who == []


def test_every_role_is_asked() -> None:
    assert {role for role, *_ in MAY_NOT} >= set(roles()) - {"archive-results", "sweep-schedule"}


def test_no_action_is_a_pattern_and_everything_is_said_of_something() -> None:
    for name, statements in roles().items():
        for each in statements:
            if each["Effect"] == "Deny":
                continue
            actions = listed(each["Action"])
            assert not [action for action in actions if "*" in action], name
            assert not {"NotAction", "NotResource"} & set(each), name
            if "*" in listed(each["Resource"]):
                assert set(actions) <= NO_NARROWER, name


def test_metrics_go_to_our_own_name_only() -> None:
    for fleet in MACHINES:
        for space, verdict in (("GAS/Machines", True), ("AWS/SQS", False)):
            put = Request("cloudwatch:PutMetricData", "*", {"cloudwatch:namespace": space})
            assert allowed(roles()[fleet], put) is verdict


def trusts(role: dict[str, Any]) -> Sequence[str]:
    found: list[str] = []
    for statement in role["Properties"]["AssumeRolePolicyDocument"]["Statement"]:
        for value in statement["Principal"].values():
            found += listed(value)
    return found


def test_only_aws_and_the_utility_machines_take_a_role() -> None:
    for stack in stacks():
        for resource in stack.resources.values():
            if resource["Type"] != "AWS::IAM::Role":
                continue
            name = resource["Properties"]["RoleName"]
            for who in trusts(resource):
                if name in ("gas-test-archiver", "gas-test-thaw"):
                    assert who == f"arn:aws:iam::{ACCOUNT}:role/gas-test-utility"
                else:
                    assert who.endswith(".amazonaws.com")
