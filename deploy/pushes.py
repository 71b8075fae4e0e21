"""SNS shakes hands with the webhooks once their machines answer.

CloudFormation makes the subscriptions before there are any machines, and SNS gives up asking
after minutes. Asked for again, an unconfirmed subscription is offered again. Until it is taken,
nothing is lost: workers look into their queues by themselves.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

_WAITING = "PendingConfirmation"


def offer_again(sns: Any, topics: Iterable[str]) -> list[str]:
    """Have SNS ask the unconfirmed HTTPS endpoints of these topics once more; which ones."""
    asked = []
    for topic in topics:
        pages = sns.get_paginator("list_subscriptions_by_topic").paginate(TopicArn=topic)
        for subscription in [each for page in pages for each in page["Subscriptions"]]:
            if subscription["Protocol"] == "https" and _is_waiting(sns, subscription):
                sns.subscribe(TopicArn=topic, Protocol="https", Endpoint=subscription["Endpoint"])
                asked.append(str(subscription["Endpoint"]))
    return asked


def _is_waiting(sns: Any, subscription: dict[str, str]) -> bool:
    arn = subscription["SubscriptionArn"]
    if arn == _WAITING:
        return True
    attributes = sns.get_subscription_attributes(SubscriptionArn=arn)["Attributes"]
    return bool(attributes.get(_WAITING) == "true")
