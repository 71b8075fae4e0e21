"""The service's stores and queues, made in any world that speaks the AWS API."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import boto3

from deploy.template import Template
from gas.aws.blobs import S3BlobStore
from gas.aws.clients import AwsClients
from gas.aws.cold_class import S3ColdStore
from gas.aws.cold_vault import GlacierColdStore
from gas.aws.earlier import DynamoEarlierJobs
from gas.aws.erasing import DynamoErasableJobs
from gas.aws.finder import DynamoJobFinder
from gas.aws.imports import DynamoImports
from gas.aws.jobs import DynamoJobStore
from gas.aws.ledger import DynamoLedger
from gas.aws.messaging import SqsQueue
from gas.aws.slots import DynamoLineTable
from gas.aws.vitals import DynamoVitals
from gas.aws.webhooks import DynamoWebhooks
from gas.object_store import Fence, ObjectStore
from gas.settings import CoreSettings
from local.paths import REPOSITORY

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

MOST_LOOKED_AT = 30
"""As many jobs as one page of a search looks at here."""


@dataclass(frozen=True)
class AwsWorld:
    """Adapters on fresh resources."""

    jobs: DynamoJobStore
    erasable: DynamoErasableJobs
    finder: DynamoJobFinder
    ledger: DynamoLedger
    blobs: S3BlobStore
    queue: SqsQueue
    clients: AwsClients
    table: str
    queue_url: str
    dead_letters_url: str


OTHER_STORE = "GAS_S3_URL" in os.environ
"""Whether the stores of files are also tested on the one that the environment names."""


class OtherClients(AwsClients):
    """Clients whose S3 is the store that the environment names, as it is for the services."""

    def __init__(self, session: boto3.Session) -> None:
        super().__init__(session)
        named = {name: value for name, value in os.environ.items() if name.startswith("GAS_S3_")}
        unused = ("GAS_ANNOTATIONS_TABLE", "GAS_INPUTS_BUCKET", "GAS_RESULTS_BUCKET")
        self.settings = CoreSettings.load({**dict.fromkeys(unused, "-"), **named})

    def s3(self, store: ObjectStore | None = None, *, retried: bool = True) -> "S3Client":
        return super().s3(store or self.settings.object_store, retried=retried)


def make_aws_world(session: boto3.Session, *, other_store: bool = False) -> AwsWorld:
    """Make a table, a bucket and a queue with dead letters, with the keys of service.yaml."""
    clients, fence = AwsClients(session), Fence.ENTITY_TAG
    if other_store:
        clients = OtherClients(session)
        fence = clients.settings.s3_fence
    name = f"t{uuid4().hex[:12]}"
    _make_table(clients, name)
    clients.s3().create_bucket(Bucket=name)
    if fence is Fence.VERSION:
        clients.s3().put_bucket_versioning(
            Bucket=name, VersioningConfiguration={"Status": "Enabled"}
        )
    sqs = clients.sqs()
    queue_url = sqs.create_queue(QueueName=name, Attributes={"VisibilityTimeout": "30"})["QueueUrl"]
    dead_url = sqs.create_queue(QueueName=f"{name}-dead")["QueueUrl"]
    return AwsWorld(
        jobs=DynamoJobStore(clients.dynamodb(), name),
        erasable=DynamoErasableJobs(clients.dynamodb(), name),
        finder=DynamoJobFinder(clients.dynamodb(), name, most_looked_at=MOST_LOOKED_AT),
        ledger=DynamoLedger(clients.dynamodb(), name),
        blobs=S3BlobStore(clients.s3(), name, fence=fence),
        queue=SqsQueue(sqs, queue_url, dead_letters_url=dead_url),
        clients=clients,
        table=name,
        queue_url=queue_url,
        dead_letters_url=dead_url,
    )


@dataclass(frozen=True)
class ColdStores:
    """Both kinds of cold storage, and the topic and queue of completed retrievals."""

    by_class: S3ColdStore
    vault: GlacierColdStore
    bucket: str
    retrieved: SqsQueue
    retrieved_url: str


def make_cold_stores(session: boto3.Session) -> ColdStores:
    """Make an archives bucket and a vault that tell one topic, and a queue behind it."""
    clients = AwsClients(session)
    name = f"t{uuid4().hex[:12]}"
    sns, sqs, s3 = clients.sns(), clients.sqs(), clients.s3()
    topic_arn = sns.create_topic(Name=name)["TopicArn"]
    policy = _let_publish("SNS:Publish", topic_arn, {"Service": "s3.amazonaws.com"})
    sns.set_topic_attributes(
        TopicArn=topic_arn, AttributeName="Policy", AttributeValue=json.dumps(policy)
    )
    queue_url = sqs.create_queue(QueueName=name)["QueueUrl"]
    asked = sqs.get_queue_attributes(QueueUrl=queue_url, AttributeNames=["QueueArn"])
    queue_arn = asked["Attributes"]["QueueArn"]
    policy = _let_publish("sqs:SendMessage", queue_arn, {"Service": "sns.amazonaws.com"})
    sqs.set_queue_attributes(QueueUrl=queue_url, Attributes={"Policy": json.dumps(policy)})
    sns.subscribe(
        TopicArn=topic_arn,
        Protocol="sqs",
        Endpoint=queue_arn,
        Attributes={"RawMessageDelivery": "true"},
    )
    s3.create_bucket(Bucket=name)
    s3.put_bucket_notification_configuration(
        Bucket=name,
        NotificationConfiguration={
            "TopicConfigurations": [
                {"TopicArn": topic_arn, "Events": ["s3:ObjectRestore:Completed"]}
            ]
        },
    )
    glacier = clients.glacier()
    glacier.create_vault(accountId="-", vaultName=name)
    return ColdStores(
        by_class=S3ColdStore(s3, name, unretried=clients.s3(retried=False)),
        vault=GlacierColdStore(
            glacier, name, unretried=clients.glacier(retried=False), topic_arn=topic_arn
        ),
        bucket=name,
        retrieved=SqsQueue(sqs, queue_url, dead_letters_url=queue_url),
        retrieved_url=queue_url,
    )


def _let_publish(action: str, arn: str, principal: dict[str, str]) -> dict[str, object]:
    statement = {"Effect": "Allow", "Principal": principal, "Action": action, "Resource": arn}
    return {"Version": "2012-10-17", "Statement": [statement]}


def _make_table(clients: AwsClients, name: str) -> None:
    """The table of the jobs, with the keys and indexes of service.yaml."""
    dynamodb = clients.dynamodb()
    keys = ("AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes")
    dynamodb.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        **{key: _annotations_table()[key] for key in keys},
    )
    dynamodb.get_waiter("table_exists").wait(TableName=name)


@cache
def _annotations_table() -> Mapping[str, Any]:
    template = Template.read(REPOSITORY / "deploy" / "service.yaml")
    properties: Mapping[str, Any] = template.resources["AnnotationsTable"]["Properties"]
    return properties


def make_line_table(clients: AwsClients, name: str) -> DynamoLineTable:
    """Make a table of the users' lines, with the key of service.yaml."""
    clients.dynamodb().create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "user_id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "user_id", "KeyType": "HASH"}],
    )
    clients.dynamodb().get_waiter("table_exists").wait(TableName=name)
    return DynamoLineTable(clients.dynamodb(), name)


def make_vitals(clients: AwsClients, name: str) -> DynamoVitals:
    """Make a table of vitals, with the keys of service.yaml."""
    clients.dynamodb().create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[
            {"AttributeName": "kind", "AttributeType": "S"},
            {"AttributeName": "name", "AttributeType": "S"},
        ],
        KeySchema=[
            {"AttributeName": "kind", "KeyType": "HASH"},
            {"AttributeName": "name", "KeyType": "RANGE"},
        ],
    )
    clients.dynamodb().get_waiter("table_exists").wait(TableName=name)
    return DynamoVitals(clients.dynamodb(), name)


def make_webhooks(clients: AwsClients, name: str) -> DynamoWebhooks:
    """Make a table of webhooks, with the keys of service.yaml."""
    clients.dynamodb().create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[
            {"AttributeName": "user_id", "AttributeType": "S"},
            {"AttributeName": "item", "AttributeType": "S"},
        ],
        KeySchema=[
            {"AttributeName": "user_id", "KeyType": "HASH"},
            {"AttributeName": "item", "KeyType": "RANGE"},
        ],
    )
    clients.dynamodb().get_waiter("table_exists").wait(TableName=name)
    return DynamoWebhooks(clients.dynamodb(), name)


def make_imports(clients: AwsClients, name: str) -> DynamoImports:
    """Make a table of imports, with the keys of service.yaml."""
    clients.dynamodb().create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[
            {"AttributeName": "user_id", "AttributeType": "S"},
            {"AttributeName": "import_id", "AttributeType": "S"},
            {"AttributeName": "open", "AttributeType": "S"},
            {"AttributeName": "look_at", "AttributeType": "N"},
        ],
        KeySchema=[
            {"AttributeName": "user_id", "KeyType": "HASH"},
            {"AttributeName": "import_id", "KeyType": "RANGE"},
        ],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "open_imports",
                "KeySchema": [
                    {"AttributeName": "open", "KeyType": "HASH"},
                    {"AttributeName": "look_at", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
    )
    clients.dynamodb().get_waiter("table_exists").wait(TableName=name)
    return DynamoImports(clients.dynamodb(), name)


def make_earlier_jobs(clients: AwsClients, name: str) -> DynamoEarlierJobs:
    """Make a table of earlier jobs, with the keys of service.yaml."""
    clients.dynamodb().create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[
            {"AttributeName": "user_id", "AttributeType": "S"},
            {"AttributeName": "digest", "AttributeType": "S"},
        ],
        KeySchema=[
            {"AttributeName": "user_id", "KeyType": "HASH"},
            {"AttributeName": "digest", "KeyType": "RANGE"},
        ],
    )
    clients.dynamodb().get_waiter("table_exists").wait(TableName=name)
    return DynamoEarlierJobs(clients.dynamodb(), name)
