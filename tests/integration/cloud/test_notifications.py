"""Topics over HTTP: handshake, signature, repetition, dead letters, and what a restart leaves."""

from __future__ import annotations

import base64
import json
import socket
from typing import Any

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256

from tests.integration.cloud.conftest import Endpoint
from tests.integration.cloud.embedded import EmbeddedCloud
from tests.integration.cloud.subscriber import Subscriber
from tests.integration.cloud.waiting import receive, until

only_embedded = pytest.mark.parametrize("cloud", ["embedded"], indirect=True)


def verify(message: dict[str, Any], certificate_url: str) -> None:
    """Check a signature as the SNS Developer Guide says, without code of ours."""
    assert message["SigningCertURL"] == certificate_url
    assert message["SignatureVersion"] == "2"
    text = ""
    if message["Type"] == "Notification":
        text += f"Message\n{message['Message']}\nMessageId\n{message['MessageId']}\n"
        if "Subject" in message:
            text += f"Subject\n{message['Subject']}\n"
        text += f"Timestamp\n{message['Timestamp']}\nTopicArn\n{message['TopicArn']}\n"
    else:
        text += f"Message\n{message['Message']}\nMessageId\n{message['MessageId']}\n"
        text += f"SubscribeURL\n{message['SubscribeURL']}\nTimestamp\n{message['Timestamp']}\n"
        text += f"Token\n{message['Token']}\nTopicArn\n{message['TopicArn']}\n"
    text += f"Type\n{message['Type']}\n"
    certificate = x509.load_pem_x509_certificate(httpx.get(certificate_url).content)
    key = certificate.public_key()
    assert isinstance(key, RSAPublicKey)
    key.verify(base64.b64decode(message["Signature"]), text.encode(), PKCS1v15(), SHA256())


def certificate_url(url: str) -> str:
    return f"{url}/_gas/sns-signing-certificate.pem"


def handshake(sns: Any, topic: str, subscriber: Subscriber, **attributes: str) -> str:
    """Subscribe and confirm; the ARN of the subscription."""
    sns.subscribe(TopicArn=topic, Protocol="http", Endpoint=subscriber.url, Attributes=attributes)
    question = until(lambda: subscriber.messages("SubscriptionConfirmation"))[0]
    confirmed = sns.confirm_subscription(TopicArn=topic, Token=question["Token"])
    return str(confirmed["SubscriptionArn"])


@only_embedded
def test_handshake_and_notification_are_signed(cloud: Endpoint) -> None:
    assert cloud.embedded is not None
    topic = cloud.topic()
    with Subscriber() as subscriber:
        subscription = handshake(cloud.sns, topic, subscriber)
        cloud.sns.publish(TopicArn=topic, Message='{"job": "ü"}', Subject="jobs")
        (message,) = until(lambda: subscriber.messages("Notification"))
        (question, *_) = subscriber.messages("SubscriptionConfirmation")
        headers = subscriber.posts[-1][0]
    for one in (question, message):
        verify(one, certificate_url(cloud.embedded.url))
    assert (message["Message"], message["Subject"]) == ('{"job": "ü"}', "jobs")
    assert question["SubscribeURL"].startswith(cloud.embedded.url)
    assert headers["x-amz-sns-topic-arn"] == topic
    assert headers["x-amz-sns-subscription-arn"] == subscription
    assert headers["x-amz-sns-message-id"] == message["MessageId"]
    assert headers["content-type"].startswith("text/plain")


@only_embedded
def test_the_link_in_the_question_confirms(cloud: Endpoint) -> None:
    topic = cloud.topic()
    with Subscriber() as subscriber:
        cloud.sns.subscribe(TopicArn=topic, Protocol="http", Endpoint=subscriber.url)
        question = until(lambda: subscriber.messages("SubscriptionConfirmation"))[0]
        assert httpx.get(question["SubscribeURL"]).status_code == 200
        cloud.sns.publish(TopicArn=topic, Message="x")
        until(lambda: subscriber.messages("Notification"))


@only_embedded
def test_a_late_subscriber_is_asked_again(cloud: Endpoint) -> None:
    topic = cloud.topic()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    endpoint = f"http://127.0.0.1:{port}/sns/jobs?x=1"
    cloud.sns.subscribe(TopicArn=topic, Protocol="http", Endpoint=endpoint)
    with Subscriber(port) as subscriber:
        until(lambda: subscriber.messages("SubscriptionConfirmation"))


@only_embedded
@pytest.mark.parametrize("status", [500, 503, 429])
def test_a_notification_is_repeated_until_it_is_taken(cloud: Endpoint, status: int) -> None:
    topic = cloud.topic()
    with Subscriber() as subscriber:
        handshake(cloud.sns, topic, subscriber)
        subscriber.statuses = [status] * 5
        cloud.sns.publish(TopicArn=topic, Message="x")
        messages = until(lambda: m if len(m := subscriber.messages("Notification")) > 5 else None)
    assert len({message["MessageId"] for message in messages}) == 1


@only_embedded
def test_a_refused_notification_is_not_repeated(cloud: Endpoint) -> None:
    topic = cloud.topic()
    with Subscriber() as subscriber:
        handshake(cloud.sns, topic, subscriber)
        subscriber.statuses = [403]
        cloud.sns.publish(TopicArn=topic, Message="refused")
        until(lambda: subscriber.messages("Notification"))
        cloud.sns.publish(TopicArn=topic, Message="next")
        until(lambda: len(subscriber.messages("Notification")) > 1)
        assert [m["Message"] for m in subscriber.messages("Notification")] == ["refused", "next"]


@only_embedded
def test_what_cannot_be_delivered_becomes_a_dead_letter(cloud: Endpoint) -> None:
    topic = cloud.topic()
    url, arn = cloud.queue()
    redrive = json.dumps({"deadLetterTargetArn": arn})
    with Subscriber() as subscriber:
        handshake(cloud.sns, topic, subscriber, RedrivePolicy=redrive)
        subscriber.statuses = [500] * 1000
        cloud.sns.publish(TopicArn=topic, Message="x")
        (dead,) = receive(cloud.sqs, url, seconds=40)
    assert json.loads(dead["Body"])["Message"] == "x"


@only_embedded
def test_raw_delivery(cloud: Endpoint) -> None:
    topic = cloud.topic()
    with Subscriber() as subscriber:
        handshake(cloud.sns, topic, subscriber, RawMessageDelivery="true")
        cloud.sns.publish(TopicArn=topic, Message='{"job": 1}')
        headers, _ = until(
            lambda: next((p for p in subscriber.posts if p[1] == b'{"job": 1}'), None)
        )
    assert headers["x-amz-sns-rawdelivery"] == "true"
    assert headers["x-amz-sns-topic-arn"] == topic


def told(subscriber: Subscriber) -> set[str]:
    return {message["Message"] for message in subscriber.messages("Notification")}


def test_a_subscription_of_a_stack_survives(own_cloud: EmbeddedCloud) -> None:
    """CloudFormation makes it without asking the subscriber; once asked, it stays confirmed."""
    sns, cfn = own_cloud.client("sns"), own_cloud.client("cloudformation")
    with Subscriber() as subscriber:
        resources = {
            "Topic": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "jobs"}},
            "Push": {
                "Type": "AWS::SNS::Subscription",
                "Properties": {
                    "TopicArn": {"Ref": "Topic"},
                    "Protocol": "http",
                    "Endpoint": subscriber.url,
                },
            },
        }
        cfn.create_stack(StackName="gas", TemplateBody=json.dumps({"Resources": resources}))
        cfn.get_waiter("stack_create_complete").wait(StackName="gas", WaiterConfig={"Delay": 1})
        topic = "arn:aws:sns:us-east-1:000000000000:jobs"
        (made,) = sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
        sns.unsubscribe(SubscriptionArn=made["SubscriptionArn"])
        handshake(sns, topic, subscriber)
        first = len(subscriber.messages("SubscriptionConfirmation"))
        for number in range(2):
            own_cloud.kill()
            own_cloud.start()
            sns.publish(TopicArn=topic, Message=str(number))
            until(lambda: str(number) in told(subscriber))  # noqa: B023
        asked = len(subscriber.messages("SubscriptionConfirmation"))
    assert asked == first


def test_a_subscription_and_its_notifications_survive(own_cloud: EmbeddedCloud) -> None:
    """Confirmed stays confirmed; what could not be delivered before is delivered after."""
    sns = own_cloud.client("sns")
    topic = sns.create_topic(Name="jobs")["TopicArn"]
    with Subscriber() as subscriber:
        handshake(sns, topic, subscriber)
        port = subscriber.port
    sns.publish(TopicArn=topic, Message="nobody there")
    own_cloud.kill()
    own_cloud.start()
    sns.publish(TopicArn=topic, Message="after")
    with Subscriber(port) as subscriber:
        until(lambda: told(subscriber) >= {"nobody there", "after"})
        assert not subscriber.messages("SubscriptionConfirmation")
