"""How much waits in a queue, and for how long already, as SQS and CloudWatch tell it."""

import time
from datetime import UTC, datetime
from uuid import uuid4

import boto3
import pytest

from gas.aws.clients import AwsClients
from gas.aws.gauges import SqsGauges
from gas.gauges import QueueGauge, watched_queues
from tests.support.waiting import wait_until


@pytest.fixture(params=["moto", "embedded"])
def session(request: pytest.FixtureRequest) -> boto3.Session:
    found: boto3.Session = request.getfixturevalue(f"{request.param}_session")
    return found


@pytest.fixture
def queues(session: boto3.Session) -> dict[str, str]:
    sqs, name = session.client("sqs"), f"t{uuid4().hex[:12]}"
    return {
        "first": sqs.create_queue(QueueName=f"{name}-a")["QueueUrl"],
        "second": sqs.create_queue(QueueName=f"{name}-b")["QueueUrl"],
    }


def gauges_of(session: boto3.Session, queues: dict[str, str]) -> SqsGauges:
    clients = AwsClients(session)
    return SqsGauges(clients.sqs(), clients.cloudwatch(), queues, now=time.time)


def test_messages_are_counted_where_they_are(
    session: boto3.Session, queues: dict[str, str]
) -> None:
    gauges = gauges_of(session, queues)
    assert list(gauges.read()) == [QueueGauge("first", 0, 0), QueueGauge("second", 0, 0)]
    sqs = session.client("sqs")
    for delay in (0, 0, 60):
        sqs.send_message(QueueUrl=queues["first"], MessageBody="m", DelaySeconds=delay)
    assert sqs.receive_message(QueueUrl=queues["first"])["Messages"]
    first, second = gauges.read()
    assert (first.waiting, first.in_hand) == (2, 1)
    assert (second.waiting, second.in_hand) == (0, 0)


def test_the_latest_age_is_told_of_what_waits(
    session: boto3.Session, queues: dict[str, str]
) -> None:
    """The metric is written here as SQS writes it; AWS itself lets nobody do that."""
    now = time.time()
    for minutes, age in ((3, 400.0), (1, 520.0)):
        datum = {
            "MetricName": "ApproximateAgeOfOldestMessage",
            "Dimensions": [{"Name": "QueueName", "Value": queues["first"].rsplit("/", 1)[-1]}],
            "Timestamp": datetime.fromtimestamp(now - minutes * 60, UTC),
            "Value": age,
        }
        session.client("cloudwatch").put_metric_data(Namespace="AWS/SQS", MetricData=[datum])
    gauges = gauges_of(session, queues)
    assert [gauge.oldest_seconds for gauge in gauges.read()] == [None, None]
    session.client("sqs").send_message(QueueUrl=queues["first"], MessageBody="m")
    assert gauges.read()[0].oldest_seconds == 520


def test_the_embedded_cloud_tells_the_age_by_itself(embedded_session: boto3.Session) -> None:
    url = embedded_session.client("sqs").create_queue(QueueName=f"t{uuid4().hex[:12]}")["QueueUrl"]
    gauges = gauges_of(embedded_session, {"only": url})
    embedded_session.client("sqs").send_message(QueueUrl=url, MessageBody="m")
    sent = time.monotonic()

    def aged() -> bool:
        age = gauges.read()[0].oldest_seconds
        return age is not None and 3 <= age <= time.monotonic() - sent + 2

    wait_until(aged, seconds=40)


@pytest.mark.parametrize("text", ["no-address", "=http://q", "a=http://q b="])
def test_a_queue_needs_a_name_and_an_address(text: str) -> None:
    with pytest.raises(ValueError, match="not NAME=URL"):
        watched_queues(text)
