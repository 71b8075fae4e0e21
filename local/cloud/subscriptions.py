"""What ministack says about HTTP subscriptions, remembered for a moment."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from xml.etree import ElementTree

from local.cloud.upstream import Upstream, UpstreamError

VERSION = "2010-03-31"
REMEMBERED_SECONDS = 2.0
KEPT = (
    "RawMessageDelivery",
    "FilterPolicy",
    "FilterPolicyScope",
    "RedrivePolicy",
    "DeliveryPolicy",
    "SubscriptionRoleArn",
)


@dataclass(frozen=True)
class Subscription:
    """One HTTP subscription."""

    arn: str
    topic: str
    endpoint: str
    raw: bool
    pending: bool
    dead_letters: str
    """ARN of the queue for what cannot be delivered; empty if there is none."""

    @property
    def protocol(self) -> str:
        return self.endpoint.partition(":")[0]


class Subscriptions:
    """Looks up HTTP subscriptions."""

    def __init__(self, upstream: Upstream) -> None:
        self._upstream = upstream
        self._found: list[Subscription] = []
        self._until = 0.0

    def forget(self) -> None:
        self._until = 0.0

    async def all(self) -> list[Subscription]:
        """All HTTP subscriptions.

        Raises
        ------
        UpstreamError
            SNS does not answer as expected.
        """
        if time.monotonic() > self._until:
            self._found = [
                await self._details(*found)
                for found in await self._listed()
                if found[2].startswith(("http://", "https://"))
            ]
            self._until = time.monotonic() + REMEMBERED_SECONDS
        return self._found

    async def of(self, endpoint: str, topic: str | None) -> Subscription | None:
        """The subscription of this address; without a topic, the raw one of this address."""
        for one in await self.all():
            if one.endpoint == endpoint and (one.raw if topic is None else one.topic == topic):
                return one
        return None

    async def make_anew(self, one: Subscription) -> None:
        """Remove a subscription and make it again, which has its subscriber asked."""
        attributes = await self.attributes(one.arn)
        kept = [(name, attributes[name]) for name in KEPT if attributes.get(name)]
        await self._upstream.query("sns", "Unsubscribe", VERSION, {"SubscriptionArn": one.arn})
        parameters = {"TopicArn": one.topic, "Protocol": one.protocol, "Endpoint": one.endpoint}
        for number, (name, value) in enumerate(kept, start=1):
            parameters[f"Attributes.entry.{number}.key"] = name
            parameters[f"Attributes.entry.{number}.value"] = value
        await self._upstream.query("sns", "Subscribe", VERSION, parameters)
        self.forget()

    async def _listed(self) -> list[tuple[str, str, str]]:
        listed: list[tuple[str, str, str]] = []
        parameters: dict[str, str] = {}
        while True:
            answer = await self._upstream.query("sns", "ListSubscriptions", VERSION, parameters)
            for member in answer.iter():
                if member.tag.endswith("}member") or member.tag == "member":
                    texts = _texts(member)
                    listed.append((texts["SubscriptionArn"], texts["TopicArn"], texts["Endpoint"]))
            following = _texts(answer).get("NextToken")
            if not following:
                return listed
            parameters = {"NextToken": following}

    async def _details(self, arn: str, topic: str, endpoint: str) -> Subscription:
        attributes = await self.attributes(arn)
        redrive = attributes.get("RedrivePolicy") or "{}"
        return Subscription(
            arn,
            topic,
            endpoint,
            attributes.get("RawMessageDelivery") == "true",
            attributes.get("PendingConfirmation") != "false",  # those of stacks say nothing
            json.loads(redrive).get("deadLetterTargetArn", ""),
        )

    async def attributes(self, arn: str) -> dict[str, str]:
        """The attributes of a subscription; empty if it is gone."""
        try:
            answer = await self._upstream.query(
                "sns", "GetSubscriptionAttributes", VERSION, {"SubscriptionArn": arn}
            )
        except UpstreamError as fault:
            if fault.status < 500:
                return {}
            raise
        entries = (e for e in answer.iter() if e.tag.rpartition("}")[2] == "entry")
        return {texts["key"]: texts["value"] for texts in map(_texts, entries)}


def _texts(element: ElementTree.Element) -> dict[str, str]:
    return {child.tag.rpartition("}")[2]: child.text or "" for child in element.iter()}
