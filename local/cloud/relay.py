"""Delivers the notifications of topics over HTTP: signed, repeated, and never dropped silently.

ministack posts them through this relay as through a proxy. The relay answers once a notification
is on disk, and then delivers it as SNS does ("Amazon SNS message delivery retries"): every answer
from 200 to 499 but 429 counts as delivered, anything else is repeated after the pauses of the
policy, and what cannot be delivered goes to the subscription's dead-letter queue.
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
from aiohttp import web
from yarl import URL

from local.cloud.bodies import BodyTooLarge, read_body
from local.cloud.journal import Journal, Row
from local.cloud.settings import CloudSettings
from local.cloud.signing import CERTIFICATE_PATH, Signer
from local.cloud.subscriptions import VERSION, Subscription, Subscriptions
from local.cloud.upstream import Upstream, UpstreamError, end_to_end

log = logging.getLogger(__name__)

KIND = "x-amz-sns-message-type"
AT_ONCE = 32
AGENT = "Amazon Simple Notification Service Agent"
COLUMNS = "id, kind, topic, endpoint, headers, body, dead_letters, attempts"


def is_delivered(status: int) -> bool:
    return 200 <= status < 500 and status != 429


class Relay:
    """The proxy for ministack's posts, and the postman."""

    def __init__(
        self,
        settings: CloudSettings,
        journal: Journal,
        upstream: Upstream,
        signer: Signer,
        true_text: Callable[[str], str] = lambda text: text,
    ) -> None:
        self._settings = settings
        self._journal = journal
        self._upstream = upstream
        self._signer = signer
        self._true_text = true_text
        self.settle: Callable[[], Awaitable[None]] | None = None
        """Called after a dead letter was sent, to have it on disk."""
        self._subscriptions = Subscriptions(upstream)
        self._pauses = settings.retry.pauses()
        self._wake = asyncio.Event()
        self._busy: dict[int, asyncio.Task[None]] = {}
        self._session: aiohttp.ClientSession | None = None
        self._postman: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to deliver what is on disk."""
        self._session = aiohttp.ClientSession(
            timeout=aiohttp.ClientTimeout(total=self._settings.retry.timeout),
            connector=aiohttp.TCPConnector(limit=AT_ONCE, limit_per_host=AT_ONCE),
        )
        self._postman = asyncio.create_task(self._deliver_all(), name="relay")

    async def stop(self) -> None:
        tasks = [*self._busy.values(), *([self._postman] if self._postman else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._session is not None:
            await self._session.close()

    async def forget_confirmations(self) -> None:
        """Subscriptions are about to be made anew, with other tokens."""
        self._subscriptions.forget()
        await self._journal.write(("DELETE FROM deliveries WHERE kind = 'confirmation'", ()))

    async def confirmations_restored(self, patience: float) -> None:
        """Wait until the subscriptions that were confirmed before are so again."""
        deadline = time.monotonic() + patience
        confirmed = set(self._journal.read("SELECT topic, endpoint FROM confirmed"))
        while time.monotonic() < deadline:
            self._subscriptions.forget()
            waiting = [
                one
                for one in await self._subscriptions.all()
                if one.pending and (one.topic, one.endpoint) in confirmed
            ]
            if not waiting:
                return
            await asyncio.sleep(0.05)

    async def note_confirmed(self) -> None:
        """A subscription was confirmed: remember all that are."""
        self._subscriptions.forget()
        for one in await self._subscriptions.all():
            if not one.pending:
                await self._journal.write(
                    ("INSERT OR IGNORE INTO confirmed VALUES (?, ?)", (one.topic, one.endpoint))
                )

    async def take(self, request: web.BaseRequest) -> web.StreamResponse:
        """Take a post of ministack; any other request is passed on, as a proxy does."""
        if not request.raw_path.startswith("http://"):
            return web.Response(status=400, text="This is the relay of the embedded cloud.")
        try:
            body = await read_body(request, self._settings.largest_request)
        except BodyTooLarge:
            return web.Response(status=413, text="The request is too large.")
        kind = request.headers.get(KIND)
        if kind is None:
            return await self._pass(request, body)
        endpoint = request.raw_path
        headers = {"Content-Type": request.headers.get("Content-Type", "text/plain")}
        if "Authorization" in request.headers:
            headers["Authorization"] = request.headers["Authorization"]
        if kind == "SubscriptionConfirmation":
            await self._take_confirmation(endpoint, headers, json.loads(body))
        else:
            await self._take_notification(endpoint, headers, body)
        return web.Response(status=200)

    async def _take_confirmation(
        self, endpoint: str, headers: dict[str, str], message: dict[str, Any]
    ) -> None:
        topic, token = message["TopicArn"], message["Token"]
        self._subscriptions.forget()
        known = self._journal.read(
            "SELECT 1 FROM confirmed WHERE topic = ? AND endpoint = ?", (topic, endpoint)
        )
        if known:
            with contextlib.suppress(UpstreamError):
                parameters = {"TopicArn": topic, "Token": token}
                await self._upstream.query("sns", "ConfirmSubscription", VERSION, parameters)
                return
        await self._store("confirmation", topic, endpoint, headers, json.dumps(message).encode())

    async def _take_notification(self, endpoint: str, headers: dict[str, str], body: bytes) -> None:
        body = self._true_text(body.decode(errors="replace")).encode()
        message = _envelope(body)
        topic = message["TopicArn"] if message else None
        found = await self._subscriptions.of(endpoint, topic)
        if message is not None:
            if found is not None:
                message["UnsubscribeURL"] = (
                    f"{self._settings.url}/?Action=Unsubscribe&SubscriptionArn={found.arn}"
                )
                headers["x-amz-sns-subscription-arn"] = found.arn
            headers["x-amz-sns-message-id"] = message["MessageId"]
            body = json.dumps(self._sign(message)).encode()
        elif found is not None:
            topic = found.topic
            headers["x-amz-sns-subscription-arn"] = found.arn
            headers["x-amz-sns-rawdelivery"] = "true"
        dead_letters = found.dead_letters if found else ""
        await self._store("notification", topic or "", endpoint, headers, body, dead_letters)

    async def _store(
        self,
        kind: str,
        topic: str,
        endpoint: str,
        headers: Mapping[str, str],
        body: bytes,
        dead_letters: str = "",
    ) -> None:
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
        signed = json.dumps(self._sign(message)).encode()
        await self._post(endpoint, {**json.loads(headers), **extra}, signed)
        pause = self._pauses[min(attempts, len(self._pauses) - 1)] or self._settings.retry.pace
        await self._put_off(number, attempts + 1, pause)

    async def _post(self, endpoint: str, headers: Mapping[str, str], body: bytes) -> bool:
        assert self._session is not None
        try:
            async with self._session.post(
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

    def _sign(self, message: dict[str, Any]) -> dict[str, Any]:
        return self._signer.sign(message, self._settings.url + CERTIFICATE_PATH)

    async def _pass(self, request: web.BaseRequest, body: bytes) -> web.Response:
        """Pass a request of a Lambda function on to where it wants to go."""
        assert self._session is not None
        try:
            async with self._session.request(
                request.method,
                URL(request.raw_path, encoded=True),
                headers=end_to_end(request.headers),
                data=body,
                allow_redirects=False,
            ) as answer:
                headers = end_to_end(answer.headers)
                for gone in ("Content-Encoding", "Content-Length"):
                    headers.popall(gone, None)
                return web.Response(status=answer.status, headers=headers, body=await answer.read())
        except (aiohttp.ClientError, OSError, TimeoutError) as fault:
            return web.Response(status=502, text=f"{type(fault).__name__}: {fault}")


def _envelope(body: bytes) -> dict[str, Any] | None:
    """The envelope of a notification; ``None`` for raw delivery."""
    try:
        message = json.loads(body)
    except ValueError:
        return None
    is_ours = isinstance(message, dict) and message.get("Type") == "Notification"
    return message if is_ours and "TopicArn" in message and "MessageId" in message else None


def _headers_of(kind: str, message: Mapping[str, Any], found: Subscription) -> dict[str, str]:
    return {
        KIND: kind,
        "x-amz-sns-message-id": message["MessageId"],
        "x-amz-sns-topic-arn": message["TopicArn"],
        "x-amz-sns-subscription-arn": found.arn,
    }


def _now() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime())
