"""The endpoints that the contract suite runs against.

``embedded`` always; ``moto`` in this process where it can; ``aws`` with ``GAS_TEST_AWS=1`` and
credentials in the environment.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from tests.integration.cloud.cold import make_cold_storage, practise
from tests.integration.cloud.embedded import ACCOUNT, REGION, EmbeddedCloud

AWS = ["aws"] if os.environ.get("GAS_TEST_AWS") == "1" else []


@dataclass
class Endpoint:
    """Something that claims to be AWS."""

    kind: str
    client: Callable[..., Any]
    account: str
    embedded: EmbeddedCloud | None = None
    _clients: dict[str, Any] = field(default_factory=dict)
    _undo: list[Callable[[], object]] = field(default_factory=list)

    def __getattr__(self, service: str) -> Any:
        """The client of a service: ``cloud.s3``."""
        if service.startswith("_"):
            raise AttributeError(service)
        if service not in self._clients:
            self._clients[service] = self.client(service)
        return self._clients[service]

    def later(self, undo: Callable[[], object]) -> None:
        """Have something undone after the test."""
        self._undo.append(undo)

    def name(self, stem: str) -> str:
        return f"gas-contract-{stem}-{uuid.uuid4().hex[:10]}"

    def bucket(self) -> str:
        name = self.name("bucket")
        self.s3.create_bucket(Bucket=name)
        self.later(lambda: self._drop_bucket(name))
        return name

    def _drop_bucket(self, name: str) -> None:
        for found in self.s3.list_objects_v2(Bucket=name).get("Contents", []):
            self.s3.delete_object(Bucket=name, Key=found["Key"])
        self.s3.delete_bucket(Bucket=name)

    def queue(self, **attributes: str) -> tuple[str, str]:
        """A queue; its address and its ARN."""
        url = self.sqs.create_queue(QueueName=self.name("queue"), Attributes=attributes)["QueueUrl"]
        self.later(lambda: self.sqs.delete_queue(QueueUrl=url))
        found = self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
        return url, found["Attributes"]["QueueArn"]

    def topic(self) -> str:
        arn = self.sns.create_topic(Name=self.name("topic"))["TopicArn"]
        self.later(lambda: self.sns.delete_topic(TopicArn=arn))
        return str(arn)

    def table(self) -> str:
        """A table like our own: key ``job_id``, index ``by_user`` on user and time."""
        name = self.name("table")
        self.dynamodb.create_table(
            TableName=name,
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": "job_id", "KeyType": "HASH"}],
            AttributeDefinitions=[
                {"AttributeName": "job_id", "AttributeType": "S"},
                {"AttributeName": "user_id", "AttributeType": "S"},
                {"AttributeName": "submit_time", "AttributeType": "N"},
            ],
            GlobalSecondaryIndexes=[
                {
                    "IndexName": "by_user",
                    "KeySchema": [
                        {"AttributeName": "user_id", "KeyType": "HASH"},
                        {"AttributeName": "submit_time", "KeyType": "RANGE"},
                    ],
                    "Projection": {"ProjectionType": "ALL"},
                }
            ],
        )
        self.dynamodb.get_waiter("table_exists").wait(TableName=name, WaiterConfig={"Delay": 1})
        self.later(lambda: self.dynamodb.delete_table(TableName=name))
        return name


@pytest.fixture(scope="session")
def embedded_cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedCloud]:
    """One embedded cloud for the whole session. Tests that kill clouds start their own."""
    cloud = EmbeddedCloud(tmp_path_factory.mktemp("cloud") / "data")
    cloud.start()
    yield cloud
    cloud.stop()


@pytest.fixture
def cloud(request: pytest.FixtureRequest) -> Iterator[Endpoint]:
    """The endpoint under test; what a test made there is removed after it."""
    kind = getattr(request, "param", "embedded")
    if kind == "moto":
        # The address of an embedded cloud, where one runs for other tests, must not reach moto.
        with pytest.MonkeyPatch.context() as patch, mock_aws():
            patch.delenv("AWS_ENDPOINT_URL", raising=False)
            yield Endpoint("moto", lambda s: boto3.client(s, region_name=REGION), "123456789012")
        return
    if kind == "aws":
        account = boto3.client("sts").get_caller_identity()["Account"]
        endpoint = Endpoint("aws", lambda s, **c: boto3.client(s, region_name=REGION, **c), account)
    else:
        embedded = request.getfixturevalue("embedded_cloud")
        endpoint = Endpoint("embedded", embedded.client, ACCOUNT, embedded)
    yield endpoint
    for undo in reversed(endpoint._undo):
        undo()


@pytest.fixture
def own_cloud(tmp_path: Path) -> Iterator[EmbeddedCloud]:
    """An embedded cloud that the test may kill."""
    cloud = EmbeddedCloud(tmp_path / "data")
    cloud.start()
    yield cloud
    cloud.stop()


@pytest.fixture(scope="session")
def _cold_cloud(embedded_cloud: EmbeddedCloud) -> EmbeddedCloud:
    make_cold_storage(embedded_cloud)
    return embedded_cloud


@pytest.fixture
def cold_cloud(_cold_cloud: EmbeddedCloud) -> Iterator[EmbeddedCloud]:
    """The embedded cloud with cold storage, as quick and able as it can be, and nothing to tell."""
    ready = {"expedited": 0.3, "standard": 1.0, "kept": None}
    practise(_cold_cloud, expedited_capacity=True, outage=False, seconds=ready)
    sqs = _cold_cloud.client("sqs")
    sqs.purge_queue(QueueUrl=sqs.get_queue_url(QueueName="retrieved")["QueueUrl"])
    yield _cold_cloud
    practise(_cold_cloud, expedited_capacity=True, outage=False)


everywhere = pytest.mark.parametrize("cloud", ["embedded", "moto", *AWS], indirect=True)
with_rules = pytest.mark.parametrize("cloud", ["embedded", *AWS], indirect=True)
"""For what moto does not enforce."""
