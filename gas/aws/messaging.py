"""Topics on SNS, queues on SQS, mail on SES version 2."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError
from opentelemetry.trace import SpanKind

from gas import tracing
from gas.aws.faults import code_of, neighbour
from gas.errors import MailRefused
from gas.ports import Mail, QueueMessage

if TYPE_CHECKING:
    from mypy_boto3_sesv2 import SESV2Client
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import (
        MessageAttributeValueTypeDef,
        MessageTypeDef,
        SendMessageRequestTypeDef,
    )

_RECEIPT_LAPSED = frozenset(
    {
        "ReceiptHandleIsInvalid",
        "InvalidParameterValue",
        "MessageNotInflight",
        "AWS.SimpleQueueService.MessageNotInflight",
    }
)
_MAIL_REFUSED = frozenset({"MessageRejected", "BadRequestException"})


class SnsTopic:
    """`gas.ports.Topic` on one SNS topic."""

    def __init__(self, client: "SNSClient", arn: str) -> None:
        self._client = client
        self._arn = arn

    def publish(self, body: str, *, attributes: Mapping[str, str], group: str = "") -> None:
        grouped = {"MessageGroupId": group} if group else {}
        with sending(self._arn) as traced, neighbour("The message service"):
            self._client.publish(
                TopicArn=self._arn,
                Message=body,
                MessageAttributes=attribute_values({**attributes, **traced}),
                **grouped,
            )


@contextmanager
def sending(where: str) -> Iterator[Mapping[str, str]]:
    """A span around the sending of a message; yields the attributes that carry it on.

    `where` is the topic's ARN or the queue's address. Subscriptions with raw delivery drop a
    message with more than ten attributes; ours have four at the most, this one included.
    """
    name = re.split("[:/]", where)[-1]
    about = {"messaging.destination.name": name}
    with tracing.span(f"publish {name}", kind=SpanKind.PRODUCER, attributes=about):
        traceparent = tracing.here()
        yield {tracing.TRACEPARENT: traceparent} if traceparent else {}


def attribute_values(
    attributes: Mapping[str, str],
) -> "dict[str, MessageAttributeValueTypeDef]":
    """Message attributes in the form of SNS and SQS."""
    return {
        name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()
    }


def confirm_subscription(client: "SNSClient") -> Callable[[str, str], None]:
    """A function that confirms a subscription by topic ARN and token (`gas.webhook.Confirm`)."""

    def confirm(topic_arn: str, token: str) -> None:
        with neighbour("The message service"):
            client.confirm_subscription(
                TopicArn=topic_arn, Token=token, AuthenticateOnUnsubscribe="true"
            )

    return confirm


def send_to(client: "SQSClient", url: str) -> Callable[[str], None]:
    """A function that puts a message into the queue."""

    def send(body: str) -> None:
        with neighbour("The message queue"):
            client.send_message(QueueUrl=url, MessageBody=body)

    return send


class SqsQueue:
    """`gas.ports.Queue` on one SQS queue and its dead-letter queue."""

    def __init__(self, client: "SQSClient", url: str, *, dead_letters_url: str) -> None:
        self._client = client
        self._url = url
        self._dead_letters_url = dead_letters_url

    def receive(self, *, limit: int, wait_seconds: int) -> Sequence[QueueMessage]:
        with neighbour("The queue"):
            answer = self._client.receive_message(
                QueueUrl=self._url,
                MaxNumberOfMessages=limit,
                WaitTimeSeconds=wait_seconds,
                MessageSystemAttributeNames=["ApproximateReceiveCount", "MessageGroupId"],
                MessageAttributeNames=[tracing.TRACEPARENT],
            )
        return [
            QueueMessage(
                body=message["Body"],
                receipt=message["ReceiptHandle"],
                receive_count=int(message["Attributes"]["ApproximateReceiveCount"]),
                group=message["Attributes"].get("MessageGroupId", ""),
                traceparent=_traceparent(message),
            )
            for message in answer.get("Messages", [])
        ]

    def extend(self, receipt: str, *, seconds: int) -> bool:
        with neighbour("The queue"):
            try:
                self._client.change_message_visibility(
                    QueueUrl=self._url, ReceiptHandle=receipt, VisibilityTimeout=seconds
                )
            except ClientError as error:
                if code_of(error) in _RECEIPT_LAPSED:
                    return False
                raise
        return True

    def postpone(self, message: QueueMessage, *, seconds: int) -> None:
        copy: SendMessageRequestTypeDef = {
            "QueueUrl": self._url,
            "MessageBody": message.body,
            "DelaySeconds": seconds,
        }
        if message.group:
            copy["MessageGroupId"] = message.group
        if message.traceparent:
            copy["MessageAttributes"] = _carried(message)
        with neighbour("The queue"):
            self._client.send_message(**copy)
        self.delete(message.receipt)

    def delete(self, receipt: str) -> None:
        with neighbour("The queue"):
            try:
                self._client.delete_message(QueueUrl=self._url, ReceiptHandle=receipt)
            except ClientError as error:
                # Lapsed: it will be delivered again, and its reader finds the work done.
                if code_of(error) not in _RECEIPT_LAPSED:
                    raise

    def bury(self, message: QueueMessage) -> None:
        with neighbour("The dead-letter queue"):
            self._client.send_message(
                QueueUrl=self._dead_letters_url,
                MessageBody=message.body,
                MessageAttributes=_carried(message),
            )
        self.delete(message.receipt)


def _traceparent(message: "MessageTypeDef") -> str:
    found = message.get("MessageAttributes", {}).get(tracing.TRACEPARENT)
    return found.get("StringValue", "") if found else ""


def _carried(message: QueueMessage) -> "dict[str, MessageAttributeValueTypeDef]":
    """The attributes of a copy of the message."""
    traced = {tracing.TRACEPARENT: message.traceparent} if message.traceparent else {}
    return attribute_values(traced)


class SesMailer:
    """`gas.ports.Mailer` on SES version 2."""

    def __init__(self, client: "SESV2Client", sender: str) -> None:
        self._client = client
        self._sender = sender

    def send(self, mail: Mail) -> str:
        with neighbour("The mail service"):
            try:
                answer = self._client.send_email(
                    FromEmailAddress=self._sender,
                    Destination={"ToAddresses": [mail.to]},
                    Content={
                        "Simple": {
                            "Subject": {"Data": mail.subject, "Charset": "UTF-8"},
                            "Body": {
                                "Text": {"Data": mail.text, "Charset": "UTF-8"},
                                "Html": {"Data": mail.html, "Charset": "UTF-8"},
                            },
                        }
                    },
                )
            except ClientError as error:
                if code_of(error) in _MAIL_REFUSED:
                    raise MailRefused(str(error)) from error
                raise
        return answer["MessageId"]
