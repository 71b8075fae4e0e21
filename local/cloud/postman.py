"""The postman: brings notifications that are on disk to their subscribers.

As "Amazon SNS message delivery retries" says: every answer from 200 to 499 but 429 counts as
delivered, anything else is repeated after the pauses of the policy, and what cannot be delivered
goes to the subscription's dead-letter queue.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import aiohttp
from yarl import URL

from local.cloud.journal import Journal, Row
from local.cloud.settings import CloudSettings
from local.cloud.signing import CERTIFICATE_PATH, Signer
from local.cloud.subscriptions import Subscription, Subscriptions
from local.cloud.upstream import Upstream, UpstreamError

log = logging.getLogger(__name__)

KIND = "x-amz-sns-message-type"
AT_ONCE = 32
AGENT = "Amazon Simple Notification Service Agent"
COLUMNS = "id, kind, topic, endpoint, headers, body, dead_letters, attempts"


def is_delivered(status: int) -> bool:
    return 200 <= status < 500 and status != 429


class Postman:
    """Delivers, repeats, and gives up in the end."""

    def __init__(
        self,
        settings: CloudSettings,
        journal: Journal,
        upstream: Upstream,
        signer: Signer,
        subscriptions: Subscriptions,
    ) -> None:
        self._settings = settings
        self._journal = journal
        self._upstream = upstream
        self._signer = signer
        self._subscriptions = subscriptions
        self.settle: Callable[[], Awaitable[None]] | None = None
        """Called after a dead letter was sent, to have it on disk."""
        self._pauses = settings.retry.pauses()
        self._wake = asyncio.Event()
        self._busy: dict[int, asyncio.Task[None]] = {}
        self.session: aiohttp.ClientSession | None = None
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to deliver what is on disk."""
        self.session = aiohttp.ClientSession(
            timeout=aiohttp.ClientTimeout(total=self._settings.retry.timeout),
            connector=aiohttp.TCPConnector(limit=AT_ONCE, limit_per_host=AT_ONCE),
        )
        self._task = asyncio.create_task(self._deliver_all(), name="postman")

    async def stop(self) -> None:
        tasks = [*self._busy.values(), *([self._task] if self._task else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self.session is not None:
            await self.session.close()

    def sign(self, message: Mapping[str, Any]) -> bytes:
        """A message with its signature, as it is sent."""
        url = self._settings.url + CERTIFICATE_PATH
        return json.dumps(self._signer.sign(message, url)).encode()

    async def post_later(
        self,
        kind: str,
        topic: str,
        endpoint: str,
        headers: Mapping[str, str],
        body: bytes,
        dead_letters: str = "",
    ) -> None:
        """Put something on disk that is delivered as soon as possible after."""
        await self._journal.write(
            (
                "INSERT INTO deliveries (kind, topic, endpoint, headers, body, dead_letters, "
                "attempts, due) VALUES (?, ?, ?, ?, ?, ?, 0, ?)",
                (kind, topic, endpoint, json.dumps(headers), body, dead_letters, time.time()),
            )
        )
        self._wake.set()

    async def _deliver_all(self) -> None:
        while True:
            self._wake.clear()
            rows = self._journal.read(
                f"SELECT {COLUMNS} FROM deliveries WHERE due <= ? ORDER BY due LIMIT ?",  # noqa: S608
                (time.time(), AT_ONCE * 4),
            )
            for row in rows:
                if row[0] not in self._busy and len(self._busy) < AT_ONCE:
                    self._busy[row[0]] = asyncio.create_task(self._deliver(row))
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), self._next_due())

    def _next_due(self) -> float:
        rows = self._journal.read("SELECT id, due FROM deliveries ORDER BY due LIMIT 200")
        waiting = [due for number, due in rows if number not in self._busy]
        if not waiting or len(self._busy) >= AT_ONCE:
            return 60.0
        return float(max(0.01, waiting[0] - time.time()))

    async def _deliver(self, row: Row) -> None:
        try:
            if row[1] == "confirmation":
                await self._try_confirmation(row)
            else:
                await self._try_notification(row)
        except (UpstreamError, aiohttp.ClientError, OSError) as fault:
            log.info("A delivery is put off, for the cloud is not ready: %s", fault)
            await self._put_off(row[0], row[7], 1.0)
        finally:
            del self._busy[row[0]]
            self._wake.set()

    async def _try_notification(self, row: Row) -> None:
        number, _, topic, endpoint, headers, body, dead_letters, attempts = row
        extra = {KIND: "Notification", "x-amz-sns-topic-arn": topic}
        if await self._post(endpoint, {**extra, **json.loads(headers)}, bytes(body)):
            await self._done(number)
        elif attempts < len(self._pauses):
            await self._put_off(number, attempts + 1, self._pauses[attempts])
        else:
            log.warning("A notification for %s could not be delivered.", endpoint)
            await self._bury(dead_letters, bytes(body))
            await self._done(number)

    async def _try_confirmation(self, row: Row) -> None:
        """Ask again and again until the subscription is confirmed or gone."""
        number, _, topic, endpoint, headers, body, _, attempts = row
        self._subscriptions.forget()
        found = await self._subscriptions.of(endpoint, topic)
        if found is None or not found.pending:
            await self._done(number)
            return
        message = {**json.loads(body), "Timestamp": _now()}
        extra = _headers_of("SubscriptionConfirmation", message, found)
        signed = self.sign(message)
        await self._post(endpoint, {**json.loads(headers), **extra}, signed)
        pause = self._pauses[min(attempts, len(self._pauses) - 1)] or self._settings.retry.pace
        await self._put_off(number, attempts + 1, pause)

    async def _post(self, endpoint: str, headers: Mapping[str, str], body: bytes) -> bool:
        assert self.session is not None
        try:
            async with self.session.post(
                URL(endpoint, encoded=True),
                data=body,
                headers={"User-Agent": AGENT, **headers},
                allow_redirects=False,
            ) as answer:
                return is_delivered(answer.status)
        except (aiohttp.ClientError, OSError, TimeoutError):
            return False

    async def _done(self, number: int) -> None:
        await self._journal.write(("DELETE FROM deliveries WHERE id = ?", (number,)))

    async def _put_off(self, number: int, attempts: int, pause: float) -> None:
        await self._journal.write(
            (
                "UPDATE deliveries SET attempts = ?, due = ? WHERE id = ?",
                (attempts, time.time() + pause, number),
            )
        )

    async def _bury(self, queue_arn: str, body: bytes) -> None:
        if not queue_arn:
            return
        account, name = queue_arn.split(":")[4:6]
        found = await self._upstream.json(
            "sqs",
            "AmazonSQS.GetQueueUrl",
            {"QueueName": name, "QueueOwnerAWSAccountId": account},
        )
        request = {"QueueUrl": found["QueueUrl"], "MessageBody": body.decode()}
        await self._upstream.json("sqs", "AmazonSQS.SendMessage", request)
        if self.settle is not None:
            await self.settle()


def _headers_of(kind: str, message: Mapping[str, Any], found: Subscription) -> dict[str, str]:
    return {
        KIND: kind,
        "x-amz-sns-message-id": message["MessageId"],
        "x-amz-sns-topic-arn": message["TopicArn"],
        "x-amz-sns-subscription-arn": found.arn,
    }


def _now() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime())
