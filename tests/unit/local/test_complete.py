"""What CloudFormation left out is applied from the template itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from deploy.template import Evaluator, Template, TemplateError
from local.complete import LEFT_OUT, complete, renew_http_subscriptions
from local.paths import REPOSITORY

BODY = """
Parameters:
  Url: { Type: String }
Conditions:
  Never: !Equals [a, b]
Resources:
  Bucket:
    Type: AWS::S3::Bucket
    Properties:
      LifecycleConfiguration:
        Rules:
          - { Id: abandoned, Status: Enabled, ExpirationInDays: 7, Prefix: tmp/ }
  Skipped:
    Type: AWS::SNS::Topic
    Condition: Never
    Properties: { SignatureVersion: "2" }
  Topic:
    Type: AWS::SNS::Topic
    Properties: { SignatureVersion: "2" }
  Push:
    Type: AWS::SNS::Subscription
    Properties: { TopicArn: !Ref Topic, Protocol: http, Endpoint: !Sub "${Url}/push" }
  Pull:
    Type: AWS::SNS::Subscription
    Properties: { TopicArn: !Ref Topic, Protocol: sqs, Endpoint: !GetAtt Queue.Arn }
"""


class Recorder:
    """Stands for every client: keeps the calls."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.subscriptions: list[dict[str, str]] = []
        self.pending = "false"

    def __call__(self, service: str) -> Recorder:
        return self

    def __getattr__(self, operation: str) -> Any:
        return lambda **arguments: self.calls.append((operation, arguments))

    def get_paginator(self, operation: str) -> Any:
        recorder = self

        class Pages:
            def paginate(self, **arguments: Any) -> list[dict[str, Any]]:
                return [{"Subscriptions": recorder.subscriptions}]

        return Pages()

    def get_subscription_attributes(self, **arguments: Any) -> dict[str, Any]:
        # A record made by the embedded CloudFormation does not say whether it is confirmed.
        return {"Attributes": {"PendingConfirmation": self.pending} if self.pending else {}}


def evaluator(tmp_path: Path, body: str = BODY) -> Evaluator:
    path = tmp_path / "template.yaml"
    path.write_text(body)
    physical = {"Bucket": "bucket-1", "Topic": "arn:topic", "Push": "x", "Pull": "y"}
    return Evaluator(Template.read(path), {"Url": "http://a"}, physical)


def test_properties_are_applied_to_the_deployed_resources(tmp_path: Path) -> None:
    clients = Recorder()
    assert complete(clients, evaluator(tmp_path)) == 2
    rule = {
        "ID": "abandoned",
        "Status": "Enabled",
        "Filter": {"Prefix": "tmp/"},
        "Expiration": {"Days": 7},
    }
    assert clients.calls == [
        (
            "put_bucket_lifecycle_configuration",
            {"Bucket": "bucket-1", "LifecycleConfiguration": {"Rules": [rule]}},
        ),
        (
            "set_topic_attributes",
            {
                "TopicArn": "arn:topic",
                "AttributeName": "SignatureVersion",
                "AttributeValue": "2",
            },
        ),
    ]


def test_a_rule_that_cannot_be_carried_over_is_an_error(tmp_path: Path) -> None:
    body = BODY.replace("ExpirationInDays: 7", "Transitions: []")
    with pytest.raises(TemplateError, match="Transitions"):
        complete(Recorder(), evaluator(tmp_path, body))


PUSH = {"Protocol": "http", "Endpoint": "http://a/push", "SubscriptionArn": "arn:s"}


@pytest.mark.parametrize(
    ("subscriptions", "pending", "replaced", "asked"),
    [
        ([], "false", 0, 1),
        ([PUSH], "false", 0, 0),
        ([PUSH], "true", 1, 1),
        ([PUSH], "", 1, 1),
        ([PUSH | {"SubscriptionArn": "PendingConfirmation"}], "false", 0, 1),
        ([PUSH | {"Endpoint": "http://b/push"}], "false", 0, 1),
    ],
)
def test_endpoints_that_never_confirmed_are_asked_again(
    tmp_path: Path, subscriptions: list[dict[str, str]], pending: str, replaced: int, asked: int
) -> None:
    clients = Recorder()
    clients.subscriptions, clients.pending = subscriptions, pending
    assert renew_http_subscriptions(clients, evaluator(tmp_path)) == asked
    wanted = {"TopicArn": "arn:topic", "Protocol": "http", "Endpoint": "http://a/push"}
    assert clients.calls == [
        *[("unsubscribe", {"SubscriptionArn": "arn:s"})] * replaced,
        *[("subscribe", wanted)] * asked,
    ]


def test_every_property_we_apply_is_used_by_the_service() -> None:
    """A rule here that no resource has is dead code."""
    template = Template.read(REPOSITORY / "deploy" / "service.yaml")
    used = {(r["Type"], name) for r in template.resources.values() for name in r["Properties"]}
    assert set(LEFT_OUT) <= used


def test_a_secret_that_was_made_up_is_set_so_that_it_lasts(tmp_path: Path) -> None:
    class Secrets(Recorder):
        def get_secret_value(self, **arguments: Any) -> dict[str, str]:
            return {"SecretString": f"made up for {arguments['SecretId']}"}

    body = BODY.partition("Resources:")[0] + (
        "Resources:\n"
        "  Bucket:\n"
        "    Type: AWS::SecretsManager::Secret\n"
        "    Properties: { GenerateSecretString: { PasswordLength: 64 } }\n"
    )
    clients = Secrets()
    assert complete(clients, evaluator(tmp_path, body)) == 1
    text = "made up for bucket-1"
    assert clients.calls == [("put_secret_value", {"SecretId": "bucket-1", "SecretString": text})]
