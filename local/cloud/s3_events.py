"""Announcements of objects, written by the gateway: of new ones, when ministack died before it did
so, and of restored ones, which ministack knows nothing of.

The form is that of "Event message structure" in the S3 User Guide.
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, quote_plus
from xml.etree import ElementTree

from local.cloud.settings import REGION
from local.cloud.upstream import Upstream

TARGETS = {
    "QueueConfiguration": "Queue",
    "TopicConfiguration": "Topic",
    "CloudFunctionConfiguration": "CloudFunction",
}


@dataclass(frozen=True)
class Notification:
    """One rule of a bucket's notification configuration."""

    name: str
    target: str
    events: tuple[str, ...]
    prefix: str
    suffix: str

    def matches(self, event: str, key: str) -> bool:
        patterns = (re.escape(e).replace(r"\*", ".*") for e in self.events)
        is_named = any(re.fullmatch(pattern, f"s3:{event}") for pattern in patterns)
        return is_named and key.startswith(self.prefix) and key.endswith(self.suffix)


async def notifications_of(upstream: Upstream, bucket: str) -> list[Notification]:
    """The notification rules of a bucket; none if there is no such bucket."""
    reply = await upstream.as_root("s3", "GET", f"/{quote(bucket)}?notification=")
    return list(read_notifications(reply.body)) if reply.ok else []


def read_notifications(xml: bytes) -> Iterator[Notification]:
    """Read the XML of a notification configuration."""
    for rule in ElementTree.fromstring(xml):  # noqa: S314 -- from our own child
        target_name = TARGETS.get(_local(rule))
        if target_name is None:
            continue
        texts: dict[str, list[str]] = {}
        for element in rule.iter():
            texts.setdefault(_local(element), []).append(element.text or "")
        names = [name.lower() for name in texts.get("Name", [])]
        filters = dict(zip(names, texts.get("Value", []), strict=False))
        yield Notification(
            name=texts.get("Id", [""])[0],
            target=texts[target_name][0],
            events=tuple(texts.get("Event", [])),
            prefix=filters.get("prefix", ""),
            suffix=filters.get("suffix", ""),
        )


def event_message(
    bucket: str,
    key: str,
    size: int,
    etag: str,
    event: str,
    rule: str,
    more: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The message that announces an object; ``more`` is what else its record has."""
    return {
        "Records": [
            {
                "eventVersion": "2.2",
                "eventSource": "aws:s3",
                "awsRegion": REGION,
                "eventTime": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z"),
                "eventName": event,
                "userIdentity": {"principalId": "local"},
                "requestParameters": {"sourceIPAddress": "127.0.0.1"},
                "responseElements": {"x-amz-request-id": uuid.uuid4().hex[:16].upper()},
                "s3": {
                    "s3SchemaVersion": "1.0",
                    "configurationId": rule,
                    "bucket": {"name": bucket, "arn": f"arn:aws:s3:::{bucket}"},
                    "object": {
                        "key": quote_plus(key, safe="/"),
                        "size": size,
                        "eTag": etag.strip('"'),
                    },
                },
                **(more or {}),
            }
        ]
    }


async def send_event(
    upstream: Upstream,
    bucket: str,
    key: str,
    size: int,
    etag: str,
    event: str,
    more: Mapping[str, Any] | None = None,
) -> None:
    """Announce an object to everybody whom its bucket would have told.

    Raises
    ------
    UpstreamError
        A queue, topic or function did not take it.
    """
    for rule in await notifications_of(upstream, bucket):
        if not rule.matches(event, key):
            continue
        message = json.dumps(event_message(bucket, key, size, etag, event, rule.name, more))
        service, region, account, *name = rule.target.split(":")[2:]
        if service == "sqs":
            found = await upstream.json(
                "sqs",
                "AmazonSQS.GetQueueUrl",
                {"QueueName": name[0], "QueueOwnerAWSAccountId": account},
            )
            request = {"QueueUrl": found["QueueUrl"], "MessageBody": message}
            await upstream.json("sqs", "AmazonSQS.SendMessage", request)
        elif service == "sns":
            await upstream.query(
                "sns",
                "Publish",
                "2010-03-31",
                {
                    "TopicArn": rule.target,
                    "Subject": "Amazon S3 Notification",
                    "Message": message,
                },
            )
        else:
            await upstream.as_root(
                "lambda",
                "POST",
                f"/2015-03-31/functions/{quote(rule.target, safe='')}/invocations",
                {"X-Amz-Invocation-Type": "Event", "Content-Type": "application/json"},
                message.encode(),
                region,
            )


def _local(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2]
