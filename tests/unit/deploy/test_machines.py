"""What runs on machines beside the services, and what operators run around a deployment."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import httpx
import pytest
from botocore.exceptions import ClientError, WaiterError
from moto import mock_aws

from deploy.deploy_stack import DeployError
from deploy.first_secrets import make_secrets
from deploy.instance.agent import configuration
from deploy.instance.departure import Departure, Metadata, announced_end, watch
from deploy.pushes import offer_again
from deploy.stages import Stage, StageError
from deploy.undeploy import stacks, undeploy
from gas.settings import AnnotatorSettings, WebSettings
from tests.support.stacks import render

HERE = Path("deploy/instance")


# ---------------------------------------------------------------- the end of a machine
@pytest.mark.parametrize(
    ("pages", "why"),
    [
        ({"autoscaling/target-lifecycle-state": "InService"}, None),
        ({"autoscaling/target-lifecycle-state": "Terminated"}, "group"),
        ({"spot/instance-action": '{"action": "terminate"}'}, "spot"),
        ({}, None),
    ],
)
def test_who_announces_the_end(pages: dict[str, str], why: str | None) -> None:
    assert announced_end(pages.get) == why


@dataclass
class Scaling:
    told: list[dict[str, str]] = field(default_factory=list)
    refuses: bool = False

    def complete_lifecycle_action(self, **request: str) -> None:
        if self.refuses:
            response: Any = {"Error": {"Code": "ValidationError", "Message": "no such action"}}
            raise ClientError(response, "CompleteLifecycleAction")
        self.told.append(request)


@pytest.mark.parametrize("refuses", [False, True])
def test_services_are_put_down_before_the_group_is_told(refuses: bool) -> None:
    states = iter(["InService", "InService", "Terminated"])
    order: list[str] = []
    scaling = Scaling(refuses=refuses)

    def get(path: str) -> str | None:
        if path == "autoscaling/target-lifecycle-state":
            return next(states)
        return "i-1" if path == "instance-id" else None

    def stop(unit: str) -> bool:
        assert scaling.told == []
        order.append(unit)
        return True

    departure = Departure(["gas@archiver", "gas@thaw"], "gas-x-utility", scaling, stop)
    watch(get, departure, sleep=lambda seconds: None)
    assert order == ["gas@archiver", "gas@thaw"]
    if not refuses:
        (told,) = scaling.told
        assert (told["LifecycleHookName"], told["InstanceId"]) == ("hand-back", "i-1")
        hooks = render("compute", Fleet="utility").resources["Group"]["Properties"]
        (hook,) = hooks["LifecycleHookSpecificationList"]
        assert hook["LifecycleHookName"] == told["LifecycleHookName"]


def test_metadata_needs_a_token_and_may_be_away() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.method == "PUT":
            return httpx.Response(200, text="token")
        assert request.headers["X-aws-ec2-metadata-token"] == "token"
        known = request.url.path == "/latest/meta-data/instance-id"
        return httpx.Response(200, text="i-1") if known else httpx.Response(404)

    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("away")

    def metadata(handler: Callable[[httpx.Request], httpx.Response]) -> Metadata:
        transport = httpx.MockTransport(handler)
        return Metadata(httpx.Client(base_url="http://metadata", transport=transport))

    assert metadata(answer)("instance-id") == "i-1"
    assert metadata(answer)("spot/instance-action") is None
    assert metadata(refuse)("instance-id") is None


# ---------------------------------------------------------------- the machine's own files
@pytest.mark.parametrize(
    ("fleet", "services"),
    [("web", ["web"]), ("annotator", ["annotator"]), ("utility", ["archiver", "thaw"])],
)
def test_every_log_and_metric_goes_where_the_role_allows(fleet: str, services: list[str]) -> None:
    made = configuration("test", fleet, services)
    stack = render("compute", Fleet=fleet)
    logs = made["logs"]["logs_collected"]["files"]["collect_list"]
    assert {each["log_group_name"] for each in logs} == {
        stack.resources["Logs"]["Properties"]["LogGroupName"]
    }
    units = {f"/var/log/gas/{name}.log" for name in services}
    assert units <= {each["file_path"] for each in logs}
    (metrics,) = [
        s
        for s in stack.resources["MachinePolicy"]["Properties"]["PolicyDocument"]["Statement"]
        if s["Action"] == "cloudwatch:PutMetricData"
    ]
    allowed = metrics["Condition"]["StringEquals"]["cloudwatch:namespace"]
    assert made["metrics"]["namespace"] == allowed


@pytest.mark.parametrize("fleet", ["web", "annotator", "utility"])
def test_user_data_is_small_and_holds_no_secret(fleet: str) -> None:
    machine = render("compute", Fleet=fleet).resources["Machine"]["Properties"]
    data = machine["LaunchTemplateData"]
    script = data["UserData"]
    assert len(script.encode()) < 16_384  # bytes; EC2 takes no more
    assert "sha256sum --check" in script
    for word in ("secret", "password", "AKIA", "BEGIN"):
        assert word.lower() not in script.lower()
    assert data["MetadataOptions"]["HttpTokens"] == "required"
    (disk,) = data["BlockDeviceMappings"]
    assert disk["Ebs"]["Encrypted"] is True


def test_ports_are_those_of_the_load_balancer() -> None:
    front = render("front").resources
    script = (HERE / "install.sh").read_text()
    for service in ("web", "annotator", "archiver", "thaw"):
        targets = front[f"{service.title()}Targets"]["Properties"]
        assert f"[{service}]={targets['Port']}" in script
        assert targets["Protocol"] == targets["HealthCheckProtocol"] == "HTTPS"
        assert targets["HealthCheckPath"] == "/healthz"


# ---------------------------------------------------------------- secrets
ANSWERS = {
    "Client ID": "id",
    "Its client secret": "word",
    "Stripe's secret": "sk",
    "Signing": "whsec",
    "ID of the price": "price",
}


def ask(answers: dict[str, str]) -> Callable[[str], str]:
    return lambda question: next((a for q, a in answers.items() if question.startswith(q)), "")


@pytest.fixture
def client() -> Iterator[Callable[[str], Any]]:
    session = boto3.Session(
        aws_access_key_id="test", aws_secret_access_key="test", region_name="eu-central-1"
    )
    with mock_aws():
        yield session.client


def test_secrets_are_made_once_and_are_what_the_settings_want(client: Any) -> None:
    secrets = client("secretsmanager")
    names = ["gas/test/web-settings", "gas/test/annotator-settings"]
    assert make_secrets(secrets, "test", ask(ANSWERS)) == names
    assert make_secrets(secrets, "test", ask({})) == []
    web, annotator = (
        json.loads(secrets.get_secret_value(SecretId=name)["SecretString"]) for name in names
    )
    assert set(web) <= set(WebSettings.model_fields)
    assert set(annotator) <= set(AnnotatorSettings.model_fields)
    assert len(web["secret_key"]) >= 32
    assert len(base64.b64decode(annotator["signing_key"], validate=True)) == 32


def test_without_stripe_nothing_of_it_is_asked(client: Any) -> None:
    secrets = client("secretsmanager")
    few = {q: a for q, a in ANSWERS.items() if "Client" in q or "client" in q}
    make_secrets(secrets, "free", ask(few))
    web = json.loads(secrets.get_secret_value(SecretId="gas/free/web-settings")["SecretString"])
    assert set(web) == {"secret_key", "globus_client_id", "globus_client_secret"}
    with pytest.raises(StageError, match="client secret"):
        make_secrets(secrets, "broken", ask({"Client ID": "id"}))


# ---------------------------------------------------------------- pushes
def test_endpoints_that_never_answered_are_asked_again() -> None:
    class Topics:
        """Four subscriptions of one topic."""

        def __init__(self) -> None:
            self.asked: list[str] = []

        def get_paginator(self, operation: str) -> Any:
            return self

        def paginate(self, TopicArn: str) -> list[Any]:  # noqa: N803
            found = [
                {"Protocol": "https", "Endpoint": "new", "SubscriptionArn": "PendingConfirmation"},
                {"Protocol": "https", "Endpoint": "waits", "SubscriptionArn": "arn:1"},
                {"Protocol": "https", "Endpoint": "there", "SubscriptionArn": "arn:2"},
                {"Protocol": "sqs", "Endpoint": "queue", "SubscriptionArn": "arn:3"},
            ]
            return [{"Subscriptions": found}]

        def get_subscription_attributes(self, SubscriptionArn: str) -> Any:  # noqa: N803
            waits = "true" if SubscriptionArn == "arn:1" else "false"
            return {"Attributes": {"PendingConfirmation": waits}}

        def subscribe(self, TopicArn: str, Protocol: str, Endpoint: str) -> None:  # noqa: N803
            self.asked.append(Endpoint)

    topics = Topics()
    assert offer_again(topics, ["arn:topic"]) == ["new", "waits"] == topics.asked


# ---------------------------------------------------------------- taking a stage down
def stage(protected: bool) -> Stage:
    return Stage("test", "eu-central-1", protected, {}, {})


@dataclass
class Stacks:
    """CloudFormation with the stacks of a stage, one of which leaves a bucket behind."""

    left: set[str] = field(default_factory=lambda: {"gas-test", "gas-test-base"})
    fails: bool = False

    def describe_stacks(self, StackName: str) -> None:  # noqa: N803
        if StackName not in self.left:
            response: Any = {"Error": {"Code": "ValidationError", "Message": "does not exist"}}
            raise ClientError(response, "DescribeStacks")

    def delete_stack(self, StackName: str) -> None:  # noqa: N803
        self.left.discard(StackName)

    def get_waiter(self, name: str) -> Stacks:
        return self

    def wait(self, StackName: str, WaiterConfig: Any) -> None:  # noqa: N803
        if self.fails:
            raise WaiterError("stack_delete_complete", "DELETE_FAILED", {})

    def describe_stack_events(self, StackName: str) -> dict[str, Any]:  # noqa: N803
        event = {
            "ResourceStatus": "DELETE_FAILED",
            "LogicalResourceId": "Database",
            "ResourceStatusReason": "it is protected",
        }
        return {"StackEvents": [event]}

    def get_paginator(self, name: str) -> Stacks:
        return self

    def paginate(self, StackName: str) -> list[Any]:  # noqa: N803
        kept = {"ResourceType": "AWS::S3::Bucket", "PhysicalResourceId": "files"}
        other = {"ResourceType": "AWS::SQS::Queue", "PhysicalResourceId": "queue"}
        return [{"StackResourceSummaries": [kept, other] if StackName == "gas-test" else []}]


@pytest.mark.parametrize("erase", [False, True])
def test_data_stays_unless_it_is_to_be_erased(client: Any, erase: bool) -> None:
    cloudformation, s3 = Stacks(), client("s3")
    where = {"LocationConstraint": "eu-central-1"}
    s3.create_bucket(Bucket="files", CreateBucketConfiguration=where)
    s3.put_bucket_versioning(Bucket="files", VersioningConfiguration={"Status": "Enabled"})
    for text in (b"1", b"2"):
        s3.put_object(Bucket="files", Key="k", Body=text)
    s3.delete_object(Bucket="files", Key="k")

    def clients(service: str) -> Any:
        return cloudformation if service == "cloudformation" else client(service)

    with pytest.raises(DeployError, match="protected"):
        undeploy(clients, stage(True), print, erase=True)
    assert cloudformation.left
    said: list[str] = []
    undeploy(clients, stage(False), said.append, erase=erase)
    assert cloudformation.left == set()
    assert bool(s3.list_buckets()["Buckets"]) is not erase


def test_a_stack_that_stays_says_why() -> None:
    with pytest.raises(DeployError, match="Database: it is protected"):
        undeploy(lambda service: Stacks(fails=True), stage(False), print, erase=False)


def test_what_others_need_goes_last() -> None:
    order = stacks("x")
    assert order[-1] == "gas-x-base"
    assert order.index("gas-x-web") < order.index("gas-x-front") < order.index("gas-x-network")
    assert order.index("gas-x-database") < order.index("gas-x-network")
