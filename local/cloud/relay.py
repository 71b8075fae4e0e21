"""Takes the notifications that ministack posts over HTTP, as its proxy.

The relay answers once a notification is on disk; the postman delivers it.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import time
from collections.abc import Callable
from typing import Any

import aiohttp
from aiohttp import web
from yarl import URL

from local.cloud.bodies import BodyTooLarge, read_body
from local.cloud.journal import Journal
from local.cloud.postman import KIND, Postman
from local.cloud.settings import CloudSettings
from local.cloud.subscriptions import VERSION, Subscriptions
from local.cloud.upstream import Upstream, UpstreamError, end_to_end

log = logging.getLogger(__name__)

HANDSHAKE_SECONDS = 0.3


class Relay:
    """The proxy for ministack's posts."""

    def __init__(
        self,
        settings: CloudSettings,
        journal: Journal,
        upstream: Upstream,
        subscriptions: Subscriptions,
        postman: Postman,
        true_text: Callable[[str], str],
    ) -> None:
        self._settings = settings
        self._journal = journal
        self._upstream = upstream
        self._subscriptions = subscriptions
        self._postman = postman
        self._true_text = true_text

    async def forget_confirmations(self) -> None:
        """Subscriptions are about to be made anew, with other tokens."""
        self._subscriptions.forget()
        await self._journal.write(("DELETE FROM deliveries WHERE kind = 'confirmation'", ()))

    async def confirmations_restored(self, patience: float) -> None:
        """Wait until the subscriptions that were confirmed before are so again."""
        confirmed = set(self._journal.read("SELECT topic, endpoint FROM confirmed"))
        begun = time.monotonic()
        asked = False
        while time.monotonic() < begun + patience:
            self._subscriptions.forget()
            waiting = [
                one
                for one in await self._subscriptions.all()
                if one.pending and (one.topic, one.endpoint) in confirmed
            ]
            if not waiting:
                return
            if not asked and time.monotonic() > begun + HANDSHAKE_SECONDS:
                # Made by a stack: ministack never asks the subscriber about these.
                asked = True
                for one in waiting:
                    await self._subscriptions.make_anew(one)
            await asyncio.sleep(0.05)
        log.warning("Some HTTP subscriptions wait for their confirmation.")

    async def note_confirmed(self) -> None:
        """A subscription was confirmed or removed: remember those that are confirmed."""
        self._subscriptions.forget()
        found = await self._subscriptions.all()
        there = {(one.topic, one.endpoint) for one in found}
        gone = set(self._journal.read("SELECT topic, endpoint FROM confirmed")) - there
        new = {(one.topic, one.endpoint) for one in found if not one.pending}
        await self._journal.write(
            *(("INSERT OR IGNORE INTO confirmed VALUES (?, ?)", one) for one in new),
            *(("DELETE FROM confirmed WHERE topic = ? AND endpoint = ?", one) for one in gone),
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
        await self._postman.post_later(
            "confirmation", topic, endpoint, headers, json.dumps(message).encode()
        )

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
            body = self._postman.sign(message)
        elif found is not None:
            topic = found.topic
            headers["x-amz-sns-subscription-arn"] = found.arn
            headers["x-amz-sns-rawdelivery"] = "true"
        dead_letters = found.dead_letters if found else ""
        await self._postman.post_later(
            "notification", topic or "", endpoint, headers, body, dead_letters
        )

    async def _pass(self, request: web.BaseRequest, body: bytes) -> web.Response:
        """Pass a request of a Lambda function on to where it wants to go."""
        session = self._postman.session
        assert session is not None
        try:
            async with session.request(
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
