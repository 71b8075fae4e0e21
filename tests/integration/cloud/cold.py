"""Cold storage of an embedded cloud: the levers, and somewhere for its notices to go."""

from __future__ import annotations

from typing import Any

import httpx

from tests.integration.cloud.embedded import ACCOUNT, REGION, EmbeddedCloud
from tests.integration.cloud.waiting import queue_policy

TOPIC = f"arn:aws:sns:{REGION}:{ACCOUNT}:retrieved"


def practise(cloud: EmbeddedCloud, token: str = "", **wanted: Any) -> httpx.Response:
    """Change how cold storage behaves."""
    token = token or (cloud.data / "practice-token").read_text()
    bearer = {"Authorization": f"Bearer {token}"}
    return httpx.post(f"{cloud.url}/_gas/practice/cold", json=wanted, headers=bearer)


def make_cold_storage(cloud: EmbeddedCloud) -> str:
    """A vault ``vault``, a bucket ``archives``, the topic of both; the queue behind it."""
    sns, sqs, s3 = (cloud.client(name) for name in ("sns", "sqs", "s3"))
    assert sns.create_topic(Name="retrieved")["TopicArn"] == TOPIC
    queue = str(sqs.create_queue(QueueName="retrieved")["QueueUrl"])
    arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:retrieved"
    policy = queue_policy(arn, "sns.amazonaws.com", TOPIC)
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": policy})
    raw = {"RawMessageDelivery": "true"}
    sns.subscribe(TopicArn=TOPIC, Protocol="sqs", Endpoint=arn, Attributes=raw)
    s3.create_bucket(Bucket="archives")
    rule = {"TopicArn": TOPIC, "Events": ["s3:ObjectRestore:*"]}
    s3.put_bucket_notification_configuration(
        Bucket="archives",
        NotificationConfiguration={"TopicConfigurations": [rule]},
        SkipDestinationValidation=True,
    )
    cloud.client("glacier").create_vault(vaultName="vault")
    return queue


def restore(s3: Any, key: str, tier: str = "Expedited", days: int = 1) -> int:
    """Ask for an archived object; the status of the answer."""
    answer = s3.restore_object(
        Bucket="archives",
        Key=key,
        RestoreRequest={"Days": days, "GlacierJobParameters": {"Tier": tier}},
    )
    return int(answer["ResponseMetadata"]["HTTPStatusCode"])
