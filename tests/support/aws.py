"""The service's stores and queues, made in any world that speaks the AWS API."""

from dataclasses import dataclass
from uuid import uuid4

import boto3

from gas.aws.blobs import S3BlobStore
from gas.aws.clients import AwsClients
from gas.aws.jobs import DynamoJobStore
from gas.aws.messaging import SqsQueue


@dataclass(frozen=True)
class AwsWorld:
    """Adapters on fresh resources."""

    jobs: DynamoJobStore
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
        blobs=S3BlobStore(clients.s3(), name),
        queue=SqsQueue(sqs, queue_url, dead_letters_url=dead_url),
        clients=clients,
        queue_url=queue_url,
        dead_letters_url=dead_url,
    )


def _make_table(clients: AwsClients, name: str) -> None:
    dynamodb = clients.dynamodb()
    dynamodb.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[
            {"AttributeName": "job_id", "AttributeType": "S"},
            {"AttributeName": "user_id", "AttributeType": "S"},
            {"AttributeName": "submit_time", "AttributeType": "N"},
        ],
        KeySchema=[{"AttributeName": "job_id", "KeyType": "HASH"}],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "user_jobs",
                "KeySchema": [
                    {"AttributeName": "user_id", "KeyType": "HASH"},
                    {"AttributeName": "submit_time", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
    )
    dynamodb.get_waiter("table_exists").wait(TableName=name)
