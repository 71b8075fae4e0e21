"""Messages: long poll, visibility, dead letters, topics into queues."""

from __future__ import annotations

import json
import threading
import time

import pytest

from tests.integration.cloud.conftest import Endpoint, everywhere, with_rules
from tests.integration.cloud.waiting import queue_policy, receive, until


@everywhere
def test_an_invisible_message_comes_back(cloud: Endpoint) -> None:
    url, _ = cloud.queue(VisibilityTimeout="1")
    cloud.sqs.send_message(QueueUrl=url, MessageBody="work")
    (first,) = cloud.sqs.receive_message(QueueUrl=url)["Messages"]
    assert "Messages" not in cloud.sqs.receive_message(QueueUrl=url)
    (again,) = until(lambda: cloud.sqs.receive_message(QueueUrl=url).get("Messages"))
    assert again["MessageId"] == first["MessageId"]


@everywhere
def test_a_heartbeat_keeps_a_message_invisible_and_zero_gives_it_back(cloud: Endpoint) -> None:
    url, _ = cloud.queue(VisibilityTimeout="1")
    cloud.sqs.send_message(QueueUrl=url, MessageBody="work")
    (first,) = cloud.sqs.receive_message(QueueUrl=url)["Messages"]
    change = {"QueueUrl": url, "ReceiptHandle": first["ReceiptHandle"]}
    cloud.sqs.change_message_visibility(**change, VisibilityTimeout=60)
    assert "Messages" not in cloud.sqs.receive_message(QueueUrl=url, WaitTimeSeconds=2)
    cloud.sqs.change_message_visibility(**change, VisibilityTimeout=0)
    assert cloud.sqs.receive_message(QueueUrl=url, WaitTimeSeconds=2)["Messages"]


@with_rules
def test_a_long_poll_returns_when_a_message_comes(cloud: Endpoint) -> None:
    url, _ = cloud.queue()
    timer = threading.Timer(
        0.5, lambda: cloud.sqs.send_message(QueueUrl=url, MessageBody="at last")
    )
    timer.start()
    begun = time.monotonic()
    (message,) = cloud.sqs.receive_message(QueueUrl=url, WaitTimeSeconds=20)["Messages"]
    timer.join()
    assert message["Body"] == "at last"
    assert time.monotonic() - begun < 19


@everywhere
def test_a_message_that_cannot_be_handled_becomes_a_dead_letter(cloud: Endpoint) -> None:
    dead_url, dead_arn = cloud.queue()
    redrive = json.dumps({"deadLetterTargetArn": dead_arn, "maxReceiveCount": 2})
    url, _ = cloud.queue(RedrivePolicy=redrive, VisibilityTimeout="0")
    cloud.sqs.send_message(QueueUrl=url, MessageBody="poison")
    for _ in range(3):
        cloud.sqs.receive_message(QueueUrl=url)
    (dead,) = until(lambda: cloud.sqs.receive_message(QueueUrl=dead_url).get("Messages"))
    assert dead["Body"] == "poison"
    assert "Messages" not in cloud.sqs.receive_message(QueueUrl=url)


@everywhere
def test_a_batch_reports_each_entry(cloud: Endpoint) -> None:
    url, _ = cloud.queue()
    entries = [{"Id": str(n), "MessageBody": f"m{n}"} for n in range(10)]
    sent = cloud.sqs.send_message_batch(QueueUrl=url, Entries=entries)
    assert {one["Id"] for one in sent["Successful"]} == {str(n) for n in range(10)}
    assert {m["Body"] for m in receive(cloud.sqs, url, 10)} == {f"m{n}" for n in range(10)}


def subscribed(cloud: Endpoint, **attributes: str) -> tuple[str, str]:
    """A topic that sends into a queue; the topic's ARN and the queue's address."""
    topic = cloud.topic()
    url, arn = cloud.queue()
    policy = queue_policy(arn, "sns.amazonaws.com", topic)
    cloud.sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    cloud.sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes=attributes)
    return topic, url


@everywhere
def test_a_topic_wraps_its_message(cloud: Endpoint) -> None:
    topic, url = subscribed(cloud)
    cloud.sns.publish(TopicArn=topic, Message='{"job": 1}', Subject="jobs")
    (message,) = receive(cloud.sqs, url)
    envelope = json.loads(message["Body"])
    assert (envelope["Type"], envelope["TopicArn"]) == ("Notification", topic)
    assert (envelope["Message"], envelope["Subject"]) == ('{"job": 1}', "jobs")


@everywhere
def test_raw_delivery_keeps_body_and_attributes(cloud: Endpoint) -> None:
    topic, url = subscribed(cloud, RawMessageDelivery="true")
    attribute = {"DataType": "String", "StringValue": "7"}
    cloud.sns.publish(
        TopicArn=topic, Message='{"job": 1}', MessageAttributes={"version": attribute}
    )
    (message,) = receive(cloud.sqs, url)
    assert message["Body"] == '{"job": 1}'
    assert message["MessageAttributes"]["version"]["StringValue"] == "7"


@everywhere
def test_a_filter_lets_through_what_it_names(cloud: Endpoint) -> None:
    topic, url = subscribed(
        cloud, RawMessageDelivery="true", FilterPolicy=json.dumps({"kind": ["job"]})
    )
    for kind in ("other", "job"):
        cloud.sns.publish(
            TopicArn=topic,
            Message=kind,
            MessageAttributes={"kind": {"DataType": "String", "StringValue": kind}},
        )
    (message,) = receive(cloud.sqs, url)
    assert message["Body"] == "job"
    assert "Messages" not in cloud.sqs.receive_message(QueueUrl=url)


@with_rules
def test_a_queue_takes_only_from_the_topics_its_policy_names(cloud: Endpoint) -> None:
    topic, stranger = cloud.topic(), cloud.topic()
    url, arn = cloud.queue()
    policy = queue_policy(arn, "sns.amazonaws.com", topic)
    cloud.sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    for source in (stranger, topic):
        cloud.sns.subscribe(
            TopicArn=source,
            Protocol="sqs",
            Endpoint=arn,
            Attributes={"RawMessageDelivery": "true"},
        )
    cloud.sns.publish(TopicArn=stranger, Message="forged")
    cloud.sns.publish(TopicArn=topic, Message="real")
    assert [m["Body"] for m in receive(cloud.sqs, url)] == ["real"]


@pytest.mark.parametrize("cloud", ["embedded"], indirect=True)
def test_the_address_of_a_queue_leads_through_the_gateway(cloud: Endpoint) -> None:
    assert cloud.embedded is not None
    url, _ = cloud.queue()
    assert url.startswith(cloud.embedded.url + "/")
