"""Tells systems of users what has happened: from the event to deliveries, and each try of these."""

from collections.abc import Callable
from functools import cache
from typing import Any

from gas.aws.clients import AwsClients
from gas.aws.jobs import DynamoJobStore
from gas.aws.messaging import SnsTopic
from gas.aws.webhooks import DynamoWebhooks, SqsDeliveryQueue
from gas.clock import SystemClock
from gas.logs import configure
from gas.messages import JobFinished, ResultsRestored, WebhookDue, one_of
from gas.settings import DeliverWebhooksSettings
from gas.webhooks.deliver import Deliver
from gas.webhooks.fan_out import FanOut
from gas.webhooks.sender import HttpSender
from lambdas import telemetry
from lambdas.batch import each_record

AT_ONCE = 10
"""Tries made at the same time, so that a slow receiver holds up nobody in its batch."""


@cache
def _use_case() -> Callable[[str], None]:
    clients = AwsClients()
    settings = DeliverWebhooksSettings.load(fetch_secret=clients.fetch_secret())
    configure("deliver_webhooks", settings.log_level)
    telemetry.start("deliver_webhooks")
    dynamodb, clock = clients.dynamodb(), SystemClock()
    store = DynamoWebhooks(dynamodb, settings.webhooks_table)
    queue = SqsDeliveryQueue(clients.sqs(), settings.webhooks_queue)
    return by_contract(
        FanOut(
            jobs=DynamoJobStore(dynamodb, settings.annotations_table),
            store=store,
            queue=queue,
            clock=clock,
            public_url=settings.public_url,
        ),
        Deliver(
            store=store,
            queue=queue,
            sender=HttpSender(allow_loopback=settings.webhooks_allow_loopback),
            notices=SnsTopic(clients.sns(), settings.job_results_topic),
            clock=clock,
        ),
    )


def by_contract(fan_out: FanOut, deliver: Deliver) -> Callable[[str], None]:
    """What the queue's messages lead to, by their type."""

    def work(body: str) -> None:
        message = one_of(body, JobFinished, ResultsRestored, WebhookDue)
        if isinstance(message, WebhookDue):
            deliver(message)
        else:
            fan_out(message)

    return work


def handle(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Entry point of the function: a batch of the webhooks queue."""
    return each_record(event, _use_case(), at_once=AT_ONCE)
