"""CloudFormation, Lambda, Step Functions, Secrets Manager, SES: what our stack is made of."""

from __future__ import annotations

import io
import json
import time
import zipfile
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.integration.cloud.conftest import Endpoint, with_rules
from tests.integration.cloud.waiting import receive, until

HANDLER = """
import json, os
import boto3

def handler(event, context):
    failures = []
    for record in event["Records"]:
        if record["body"].startswith("poison"):
            failures.append({"itemIdentifier": record["messageId"]})
            continue
        boto3.client("sqs").send_message(
            QueueUrl=os.environ["ANSWERS"], MessageBody=record["body"].upper()
        )
    return {"batchItemFailures": failures}
"""


def template(name: str, code_bucket: str = "", visibility: int = 2) -> str:
    """A stack like ours in small: queues, a role, a function that works off a queue."""

    def arn(resource: str) -> dict[str, Any]:
        return {"Fn::GetAtt": [resource, "Arn"]}

    statements = [
        {
            "Effect": "Allow",
            "Action": ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"],
            "Resource": arn("Work"),
        },
        {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": arn("Answers")},
    ]
    resources: dict[str, Any] = {
        "Dead": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": f"{name}-dead"}},
        "Answers": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": f"{name}-answers"}},
        "Work": {
            "Type": "AWS::SQS::Queue",
            "Properties": {
                "QueueName": f"{name}-work",
                "VisibilityTimeout": visibility,
                "RedrivePolicy": {"deadLetterTargetArn": arn("Dead"), "maxReceiveCount": 2},
            },
        },
    }
    if code_bucket:
        resources["Role"] = {
            "Type": "AWS::IAM::Role",
            "Properties": {
                "AssumeRolePolicyDocument": {
                    "Version": "2012-10-17",
                    "Statement": [
                        {
                            "Effect": "Allow",
                            "Principal": {"Service": "lambda.amazonaws.com"},
                            "Action": "sts:AssumeRole",
                        }
                    ],
                },
                "Policies": [
                    {
                        "PolicyName": "work",
                        "PolicyDocument": {"Version": "2012-10-17", "Statement": statements},
                    }
                ],
            },
        }
        resources["Worker"] = {
            "Type": "AWS::Lambda::Function",
            "Properties": {
                "FunctionName": f"{name}-worker",
                "Runtime": "python3.11",
                "Handler": "index.handler",
                "Timeout": 2,
                "Role": arn("Role"),
                "Code": {"S3Bucket": code_bucket, "S3Key": "worker.zip"},
                "Environment": {"Variables": {"ANSWERS": {"Ref": "Answers"}}},
            },
        }
        resources["Mapping"] = {
            "Type": "AWS::Lambda::EventSourceMapping",
            "Properties": {
                "EventSourceArn": arn("Work"),
                "FunctionName": {"Ref": "Worker"},
                "BatchSize": 10,
                "FunctionResponseTypes": ["ReportBatchItemFailures"],
            },
        }
    outputs = {key: {"Value": {"Ref": key}} for key in ("Work", "Answers", "Dead")}
    return json.dumps({"Resources": resources, "Outputs": outputs})


def deploy(cloud: Endpoint, name: str, body: str) -> dict[str, str]:
    """Create a stack; its outputs."""
    cfn = cloud.cloudformation
    cfn.create_stack(StackName=name, TemplateBody=body, Capabilities=["CAPABILITY_IAM"])
    cloud.later(lambda: cfn.delete_stack(StackName=name))
    cfn.get_waiter("stack_create_complete").wait(
        StackName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 100}
    )
    found = cfn.describe_stacks(StackName=name)["Stacks"][0]["Outputs"]
    return {o["OutputKey"]: o["OutputValue"] for o in found}


def code_bucket(cloud: Endpoint) -> str:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("index.py", HANDLER)
    bucket = cloud.bucket()
    cloud.s3.put_object(Bucket=bucket, Key="worker.zip", Body=packed.getvalue())
    return bucket


@with_rules
def test_a_stack_is_created_and_updated_in_place(cloud: Endpoint) -> None:
    name = cloud.name("stack")
    outputs = deploy(cloud, name, template(name))
    cloud.sqs.send_message(QueueUrl=outputs["Work"], MessageBody="stays")
    cloud.cloudformation.update_stack(StackName=name, TemplateBody=template(name, visibility=77))
    cloud.cloudformation.get_waiter("stack_update_complete").wait(
        StackName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 100}
    )
    found = cloud.sqs.get_queue_attributes(
        QueueUrl=outputs["Work"], AttributeNames=["VisibilityTimeout"]
    )
    assert found["Attributes"]["VisibilityTimeout"] == "77"
    assert receive(cloud.sqs, outputs["Work"])[0]["Body"] == "stays"


@with_rules
def test_a_function_works_off_a_queue_and_reports_single_failures(cloud: Endpoint) -> None:
    name = cloud.name("stack")
    outputs = deploy(cloud, name, template(name, code_bucket(cloud)))
    entries = [
        {"Id": str(n), "MessageBody": body} for n, body in enumerate(["one", "poison", "two"])
    ]
    cloud.sqs.send_message_batch(QueueUrl=outputs["Work"], Entries=entries)
    answers = receive(cloud.sqs, outputs["Answers"], 2, seconds=60)
    assert {m["Body"] for m in answers} == {"ONE", "TWO"}
    (dead,) = receive(cloud.sqs, outputs["Dead"], 1, seconds=60)
    assert dead["Body"] == "poison"


@with_rules
def test_a_state_machine_waits_until_a_time_and_goes_on(cloud: Endpoint) -> None:
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "states.amazonaws.com"},
                "Action": "sts:AssumeRole",
            }
        ],
    }
    role_name = cloud.name("role")
    role = cloud.iam.create_role(RoleName=role_name, AssumeRolePolicyDocument=json.dumps(trust))
    cloud.later(lambda: cloud.iam.delete_role(RoleName=role_name))
    definition = {
        "StartAt": "Wait",
        "States": {
            "Wait": {"Type": "Wait", "TimestampPath": "$.at", "Next": "Done"},
            "Done": {"Type": "Pass", "End": True},
        },
    }
    machine = cloud.stepfunctions.create_state_machine(
        name=cloud.name("machine"),
        definition=json.dumps(definition),
        roleArn=role["Role"]["Arn"],
    )["stateMachineArn"]
    cloud.later(lambda: cloud.stepfunctions.delete_state_machine(stateMachineArn=machine))
    at = datetime.now(UTC) + timedelta(seconds=2)
    run = cloud.stepfunctions.start_execution(
        stateMachineArn=machine, input=json.dumps({"at": at.strftime("%Y-%m-%dT%H:%M:%SZ")})
    )["executionArn"]

    def status() -> str:
        return str(cloud.stepfunctions.describe_execution(executionArn=run)["status"])

    assert status() == "RUNNING"
    until(lambda: status() == "SUCCEEDED")
    assert time.time() >= at.timestamp() - 1


@with_rules
def test_secrets(cloud: Endpoint) -> None:
    name = cloud.name("secret")
    cloud.secretsmanager.create_secret(Name=name, SecretString='{"key": "1"}')
    cloud.later(
        lambda: cloud.secretsmanager.delete_secret(SecretId=name, ForceDeleteWithoutRecovery=True)
    )
    cloud.secretsmanager.put_secret_value(SecretId=name, SecretString='{"key": "2"}')
    assert cloud.secretsmanager.get_secret_value(SecretId=name)["SecretString"] == '{"key": "2"}'


@pytest.mark.parametrize("cloud", ["embedded"], indirect=True)
def test_a_mail_is_sent(cloud: Endpoint) -> None:
    sender = "gas@example.org"
    cloud.sesv2.create_email_identity(EmailIdentity=sender)
    sent = cloud.sesv2.send_email(
        FromEmailAddress=sender,
        Destination={"ToAddresses": ["user@example.org"]},
        Content={
            "Simple": {
                "Subject": {"Data": "Your job is done"},
                "Body": {"Text": {"Data": "plain"}, "Html": {"Data": "<p>html</p>"}},
            }
        },
    )
    assert sent["MessageId"]
