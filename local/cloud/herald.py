"""What the gateway itself has to announce: published as the root, and noted until it is in queues.

A note outlives a crash (``queue_mirror.py``), so an announcement that was made once is never
lost; it may be made twice.
"""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import urlencode

from local.cloud.calls import read_call
from local.cloud.queue_mirror import QueueMirror
from local.cloud.s3_events import send_event
from local.cloud.upstream import Upstream, UpstreamError

FORM = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}


class Herald:
    """Announces, durably."""

    def __init__(self, upstream: Upstream, mirror: QueueMirror) -> None:
        self._upstream = upstream
        self._mirror = mirror
        self.up = asyncio.Event()
        """Set while ministack is there and knows everything that it knew before."""

    def require_ministack(self) -> None:
        """To be called after an answer that something is not there: perhaps it is not there yet.

        Raises
        ------
        UpstreamError
            ministack is away, or is only being restored.
        """
        if not self.up.is_set():
            raise UpstreamError(503, "ministack is being restored")

    async def publish(self, topic: str, message: str) -> None:
        """Publish a message to a topic; a topic that is not there (any more) is told nothing.

        Raises
        ------
        UpstreamError
            The topic did not take it.
        """
        form = {"TopicArn": topic, "Message": message}
        body = urlencode({"Action": "Publish", "Version": "2010-03-31", **form}).encode()
        reply = await self._upstream.as_root("sns", "POST", "/", FORM, body)
        self.require_ministack()
        if reply.status == 404:
            return
        if not reply.ok:
            raise UpstreamError(reply.status, reply.body.decode(errors="replace"))
        await self._mirror.note("sns", read_call("POST", "/", FORM, body, service="sns"))

    async def tell_of_object(self, event: dict[str, Any]) -> None:
        """Announce to everybody whom its bucket would tell what happened to an object.

        ``event`` has the parameters of ``s3_events.send_event``.

        Raises
        ------
        UpstreamError
            A queue, topic or function did not take it.
        """
        await send_event(self._upstream, **event)
        self.require_ministack()
        await self._mirror.note_object(**event)
