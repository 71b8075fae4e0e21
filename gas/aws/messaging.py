"""Topics on SNS, queues on SQS, mail on SES version 2."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from gas.aws.faults import code_of, neighbour
from gas.errors import MailRefused
from gas.ports import Mail, QueueMessage

if TYPE_CHECKING:
    from mypy_boto3_sesv2 import SESV2Client
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import SendMessageRequestTypeDef

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
        with neighbour("The message service"):
            self._client.publish(
                TopicArn=self._arn,
                Message=body,
                MessageAttributes={
                    name: {"DataType": "String", "StringValue": value}
                    for name, value in attributes.items()
                },
                **grouped,
            )


def confirm_subscription(client: "SNSClient") -> Callable[[str, str], None]:
    """A function that confirms a subscription by topic ARN and token (`gas.webhook.Confirm`)."""

    def confirm(topic_arn: str, token: str) -> None:
        with neighbour("The message service"):
            client.confirm_subscription(
                TopicArn=topic_arn, Token=token, AuthenticateOnUnsubscribe="true"
            )

    return confirm


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
            )
        return [
            QueueMessage(
                body=message["Body"],
                receipt=message["ReceiptHandle"],
                receive_count=int(message["Attributes"]["ApproximateReceiveCount"]),
                group=message["Attributes"].get("MessageGroupId", ""),
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
            self._client.send_message(QueueUrl=self._dead_letters_url, MessageBody=message.body)
        self.delete(message.receipt)


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
