"""Applies what the embedded CloudFormation accepts but leaves out.

It reads the same template and goes through the ordinary APIs, so there is no second list of
resources: a bucket that is added to the template gets its lifecycle rules here by itself. Every
call sets a value and may be repeated.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from deploy.template import Evaluator, TemplateError

Clients = Callable[[str], Any]
"""Makes the boto3 client of a service."""


def complete(clients: Clients, evaluator: Evaluator) -> int:
    """Apply the properties of `LEFT_OUT` to the deployed resources; how many were applied.

    Raises
    ------
    TemplateError
        A property has a form that cannot be carried over.
    """
    applied = 0
    for logical_id, resource in evaluator.template.resources.items():
        if not evaluator.wanted(logical_id):
            continue
        for name, expression in resource.get("Properties", {}).items():
            apply = LEFT_OUT.get((resource["Type"], name))
            if apply is not None:
                physical_id = evaluator.physical_ids[logical_id]
                apply(clients, physical_id, evaluator.value(expression))
                applied += 1
    return applied


def renew_http_subscriptions(clients: Clients, evaluator: Evaluator) -> int:
    """Subscribe the template's HTTP endpoints again, which sends the handshake once more.

    The embedded CloudFormation records such a subscription without ever asking the endpoint to
    confirm. Returns how many were asked; those confirmed already are left alone.
    """
    sns = clients("sns")
    asked = 0
    for logical_id, resource in evaluator.template.resources.items():
        if resource["Type"] != "AWS::SNS::Subscription" or not evaluator.wanted(logical_id):
            continue
        properties = resource["Properties"]
        if evaluator.value(properties["Protocol"]) not in ("http", "https"):
            continue
        wanted = {
            name: evaluator.value(properties[name]) for name in ("TopicArn", "Protocol", "Endpoint")
        }
        if _is_confirmed(sns, wanted):
            continue
        sns.subscribe(**wanted)
        asked += 1
    return asked


def _is_confirmed(sns: Any, wanted: Mapping[str, Any]) -> bool:
    """Whether the subscription is there and confirmed. One that is not is taken away.

    The record that CloudFormation made would answer for every later request to subscribe, and no
    handshake would ever be sent.
    """
    pages = sns.get_paginator("list_subscriptions_by_topic").paginate(TopicArn=wanted["TopicArn"])
    for page in pages:
        for subscription in page["Subscriptions"]:
            arn = subscription["SubscriptionArn"]
            if any(subscription[name] != wanted[name] for name in ("Endpoint", "Protocol")):
                continue
            if not arn.startswith("arn:"):
                continue  # still waiting for an answer to its handshake
            attributes = sns.get_subscription_attributes(SubscriptionArn=arn)["Attributes"]
            if attributes.get("PendingConfirmation") == "false":
                return True
            sns.unsubscribe(SubscriptionArn=arn)
    return False


def _lifecycle(clients: Clients, bucket: str, value: Mapping[str, Any]) -> None:
    rules = [_lifecycle_rule(rule) for rule in value["Rules"]]
    clients("s3").put_bucket_lifecycle_configuration(
        Bucket=bucket, LifecycleConfiguration={"Rules": rules}
    )


def _lifecycle_rule(rule: Mapping[str, Any]) -> dict[str, Any]:
    """A rule in the form of the S3 API; the template's form has names of its own."""
    left = dict(rule)
    made: dict[str, Any] = {"Filter": {"Prefix": left.pop("Prefix", "")}}
    if "Id" in left:
        made["ID"] = left.pop("Id")
    if "ExpirationInDays" in left:
        made["Expiration"] = {"Days": int(left.pop("ExpirationInDays"))}
    for name in ("Status", "AbortIncompleteMultipartUpload", "NoncurrentVersionExpiration"):
        if name in left:
            made[name] = left.pop(name)
    if left:
        raise TemplateError(f"lifecycle rules with {', '.join(left)} cannot be carried over")
    return made


def _encryption(clients: Clients, bucket: str, value: Mapping[str, Any]) -> None:
    rules = []
    for rule in value["ServerSideEncryptionConfiguration"]:
        made = dict(rule)
        made["ApplyServerSideEncryptionByDefault"] = made.pop("ServerSideEncryptionByDefault")
        rules.append(made)
    clients("s3").put_bucket_encryption(
        Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": rules}
    )


def _ownership(clients: Clients, bucket: str, value: Mapping[str, Any]) -> None:
    clients("s3").put_bucket_ownership_controls(Bucket=bucket, OwnershipControls=dict(value))


def _signature_version(clients: Clients, topic: str, value: str) -> None:
    clients("sns").set_topic_attributes(
        TopicArn=topic, AttributeName="SignatureVersion", AttributeValue=str(value)
    )


def _recovery(clients: Clients, table: str, value: Mapping[str, Any]) -> None:
    clients("dynamodb").update_continuous_backups(
        TableName=table, PointInTimeRecoverySpecification=dict(value)
    )


def _keep_secret(clients: Clients, secret: str, value: Mapping[str, Any]) -> None:
    """Set the text that was made up to itself: what is set lasts, what a stack makes up is made up
    anew when the embedded cloud starts again."""
    secrets = clients("secretsmanager")
    text = secrets.get_secret_value(SecretId=secret)["SecretString"]
    secrets.put_secret_value(SecretId=secret, SecretString=text)


Apply = Callable[[Clients, str, Any], None]

LEFT_OUT: dict[tuple[str, str], Apply] = {
    ("AWS::S3::Bucket", "LifecycleConfiguration"): _lifecycle,
    ("AWS::S3::Bucket", "BucketEncryption"): _encryption,
    ("AWS::S3::Bucket", "OwnershipControls"): _ownership,
    ("AWS::SNS::Topic", "SignatureVersion"): _signature_version,
    ("AWS::DynamoDB::Table", "PointInTimeRecoverySpecification"): _recovery,
    ("AWS::SecretsManager::Secret", "GenerateSecretString"): _keep_secret,
}
