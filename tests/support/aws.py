"""The service's stores and queues, made in any world that speaks the AWS API."""

from dataclasses import dataclass
from typing import Literal
from uuid import uuid4

import boto3

from gas.aws.blobs import S3BlobStore
from gas.aws.clients import AwsClients
from gas.aws.jobs import DynamoJobStore
from gas.aws.ledger import DynamoLedger
from gas.aws.messaging import SqsQueue


@dataclass(frozen=True)
class AwsWorld:
    """Adapters on fresh resources."""

    jobs: DynamoJobStore
    ledger: DynamoLedger
    blobs: S3BlobStore
    queue: SqsQueue
    clients: AwsClients
    queue_url: str
    dead_letters_url: str


def make_aws_world(session: boto3.Session) -> AwsWorld:
    """Make a table, a bucket and a queue with dead letters, with the keys of service.yaml."""
    clients = AwsClients(session)
    name = f"t{uuid4().hex[:12]}"
    _make_table(clients, name)
    clients.s3().create_bucket(Bucket=name)
    sqs = clients.sqs()
    queue_url = sqs.create_queue(QueueName=name, Attributes={"VisibilityTimeout": "30"})["QueueUrl"]
    dead_url = sqs.create_queue(QueueName=f"{name}-dead")["QueueUrl"]
    return AwsWorld(
        jobs=DynamoJobStore(clients.dynamodb(), name),
        ledger=DynamoLedger(clients.dynamodb(), name),
        blobs=S3BlobStore(clients.s3(), name),
        queue=SqsQueue(sqs, queue_url, dead_letters_url=dead_url),
        clients=clients,
        queue_url=queue_url,
        dead_letters_url=dead_url,
    )


_INDEXES = {
    "user_jobs": ("user_id", "submit_time"),
    "user_archives": ("archive_user_id", "archived_at"),
    "sweeps": ("sweep_shard", "sweep_at"),
}
"""Name of each index, its partition key (a string) and its sort key (a number)."""


def _make_table(clients: AwsClients, name: str) -> None:
    dynamodb = clients.dynamodb()
    keys: dict[str, Literal["S", "N"]] = {"job_id": "S"}
    for partition, sort in _INDEXES.values():
        keys |= {partition: "S", sort: "N"}
    dynamodb.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[
            {"AttributeName": key, "AttributeType": kind} for key, kind in keys.items()
        ],
        KeySchema=[{"AttributeName": "job_id", "KeyType": "HASH"}],
        GlobalSecondaryIndexes=[
            {
                "IndexName": index,
                "KeySchema": [
                    {"AttributeName": partition, "KeyType": "HASH"},
                    {"AttributeName": sort, "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "ALL"},
            }
            for index, (partition, sort) in _INDEXES.items()
        ],
    )
    dynamodb.get_waiter("table_exists").wait(TableName=name)
