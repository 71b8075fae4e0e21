"""Waiting with a deadline, and small helpers of several test files."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")


def until(ask: Callable[[], T], seconds: float = 15.0) -> T:
    """Ask until the answer is true; that answer."""
    deadline = time.monotonic() + seconds
    while True:
        answer = ask()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise AssertionError(f"nothing after {seconds} s; the last answer was {answer!r}")
        time.sleep(0.05)


def receive(sqs: Any, url: str, count: int = 1, seconds: float = 15.0) -> list[dict[str, Any]]:
    """Receive and delete messages until there are ``count``."""
    found: list[dict[str, Any]] = []
    deadline = time.monotonic() + seconds
    while len(found) < count and time.monotonic() < deadline:
        answer = sqs.receive_message(
            QueueUrl=url,
            MaxNumberOfMessages=10,
            WaitTimeSeconds=1,
            MessageAttributeNames=["All"],
            AttributeNames=["All"],
        )
        for message in answer.get("Messages", []):
            found.append(message)
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    assert len(found) >= count, f"{len(found)} of {count} messages came"
    return found


def queue_policy(queue_arn: str, service: str, source_arn: str) -> str:
    """A policy that lets a service send to a queue on behalf of a source."""
    return json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"Service": service},
                    "Action": "sqs:SendMessage",
                    "Resource": queue_arn,
                    "Condition": {"ArnEquals": {"aws:SourceArn": source_arn}},
                }
            ],
        }
    )
