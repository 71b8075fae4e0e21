"""What SQS tells CloudWatch of its queues, and ministack's does not: the age of what waits.

On AWS the metric `ApproximateAgeOfOldestMessage` comes once a minute; here every few seconds. After
a start of the cloud the messages that were put back count as sent then.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from typing import Any

import aiohttp

from local.cloud.upstream import Upstream, UpstreamError

log = logging.getLogger(__name__)

EVERY = 10.0
TARGET = "GraniteServiceVersion20100801.PutMetricData"
METRIC = "ApproximateAgeOfOldestMessage"
MOST = 500
"""As many data as one request takes."""


class QueueMetrics:
    """The thread of thought that publishes; `sent` gives, by queue name, when its oldest message
    was sent (seconds since 1970-01-01 UTC)."""

    def __init__(self, upstream: Upstream, sent: Callable[[], Mapping[str, float]]) -> None:
        self._upstream = upstream
        self._sent = sent
        self._told: set[str] = set()

    async def run(self) -> None:
        """Publish again and again, until cancelled."""
        while True:
            await asyncio.sleep(EVERY)
            try:
                await self.publish(time.time())
            except (aiohttp.ClientError, OSError, UpstreamError) as fault:
                log.info("The ages of messages could not be published: %s", fault)

    async def publish(self, now: float) -> None:
        """Publish the age in every queue that holds something, and 0 once it no longer does."""
        sent = self._sent()
        names = sorted(sent.keys() | self._told)
        data = [_datum(name, max(0.0, now - sent.get(name, now)), now) for name in names]
        for start in range(0, len(data), MOST):
            request = {"Namespace": "AWS/SQS", "MetricData": data[start : start + MOST]}
            await self._upstream.json("monitoring", TARGET, request)
        self._told = set(sent)


def _datum(queue: str, age: float, now: float) -> dict[str, Any]:
    return {
        "MetricName": METRIC,
        "Dimensions": [{"Name": "QueueName", "Value": queue}],
        "Timestamp": now,
        "Value": age,
        "Unit": "Seconds",
    }
