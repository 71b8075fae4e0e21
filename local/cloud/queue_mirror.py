"""The messages of all queues, looked at again and again and written down.

Between two looks, every acknowledged request that puts something into a queue or a topic is
noted. After a start the messages of the last look are sent again, and then what was noted since:
a message may arrive twice, as SQS allows, and none is lost.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import time
from collections.abc import Iterator, Mapping
from typing import Any

import aiohttp

from local.cloud.calls import Call
from local.cloud.journal import Journal, Row, Statement
from local.cloud.s3_events import send_event
from local.cloud.sessions import without_signature
from local.cloud.upstream import Reply, Upstream, UpstreamError

log = logging.getLogger(__name__)

PEEK = "/_ministack/sqs/messages"
TARGET = "AmazonSQS."
SENDING = frozenset({"SendMessage", "SendMessageBatch"})
PUBLISHING = frozenset({"Publish", "PublishBatch"})
TAKING = frozenset(
    {"ReceiveMessage", "DeleteMessage", "DeleteMessageBatch", "ChangeMessageVisibility",
     "ChangeMessageVisibilityBatch", "PurgeQueue", "StartMessageMoveTask"}
)  # fmt: skip
SHORTEST_PAUSE = 0.05
REGULAR_LOOK = 2.0
SHARE = 10.0
"""A look that takes a second is followed by ten without one."""
SETTLE_SECONDS = {"sqs": 0.0, "sns": 8.0, "s3": 3.0}
"""How long ministack may take to hand on what it accepted, by the kind of request."""
BATCH_BYTES = 200_000
LONGEST_DELAY = 900

Message = dict[str, Any]


class QueueMirror:
    """Keeps what is in the queues."""

    def __init__(self, journal: Journal, upstream: Upstream) -> None:
        self._journal = journal
        self._upstream = upstream
        self._known: dict[str, tuple[str, str]] = {}
        self.oldest: dict[str, float] = {}
        """When the oldest message of each queue was sent, by the queue's name; at the last look."""
        self._dirty = asyncio.Event()
        self._looking = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None

    def touch(self) -> None:
        """Something may have changed in a queue."""
        self._dirty.set()

    async def note(self, kind: str, call: Call) -> None:
        """Note an accepted request that puts something into a queue, until the next look."""
        request = {
            "service": call.service, "region": call.region, "method": call.method,
            "path": without_signature(call.raw_path),
            "headers": {
                name: value for name, value in call.headers.items()
                if name.lower() in ("content-type", "x-amz-target")
            },
        }  # fmt: skip
        await self._note(kind, request, call.body)

    async def note_object(
        self,
        bucket: str,
        key: str,
        size: int,
        etag: str,
        event: str,
        more: Mapping[str, Any] | None = None,
    ) -> None:
        """Note what happened to an object in a bucket that announces it."""
        request = {"bucket": bucket, "key": key, "size": size, "etag": etag, "event": event}
        await self._note("s3", {**request, "more": more}, b"")

    async def _note(self, kind: str, request: dict[str, Any], body: bytes) -> None:
        await self._journal.write(
            (
                "INSERT INTO redo (kind, at, request, body) VALUES (?, ?, ?, ?)",
                (kind, time.time(), json.dumps(request), body),
            )
        )
        self.touch()

    async def give_back(self, call: Call, reply: Reply) -> None:
        """Make messages visible again whose receiver went away while it waited for them."""
        if not reply.ok or not reply.body.startswith(b"{"):
            return
        queue = call.json().get("QueueUrl", "")
        for message in json.loads(reply.body).get("Messages", []):
            handle = message["ReceiptHandle"]
            request = {"QueueUrl": queue, "ReceiptHandle": handle, "VisibilityTimeout": 0}
            with contextlib.suppress(UpstreamError):
                await self._upstream.json("sqs", TARGET + "ChangeMessageVisibility", request)

    def start(self) -> None:
        """Begin to look."""
        self._task = asyncio.create_task(self._look_again_and_again(), name="queue mirror")

    async def stop(self) -> None:
        """Stop to look: ministack is away."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
            self._task = None

    async def _look_again_and_again(self) -> None:
        while True:
            self._dirty.clear()
            begun = time.monotonic()
            try:
                await self.look()
            except (aiohttp.ClientError, OSError, UpstreamError) as fault:
                log.info("The queues could not be looked at: %s", fault)
            took = time.monotonic() - begun
            await asyncio.sleep(max(SHORTEST_PAUSE, took * SHARE))
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._dirty.wait(), REGULAR_LOOK)

    async def look(self) -> None:
        """Write down what is in the queues, and drop the notes that this makes needless."""
        async with self._looking:
            await self._look()

    async def _look(self) -> None:
        last = self._journal.read("SELECT coalesce(max(seq), 0) FROM redo")[0][0]
        asked = time.time()
        reply = await self._upstream.send("GET", PEEK, {"Host": "127.0.0.1"})
        if not reply.ok:
            raise UpstreamError(reply.status, reply.body.decode(errors="replace"))
        queues = list(queues_in(json.loads(reply.body)))
        self.oldest = {
            queue.rsplit("/", 1)[-1]: min(message["SentTimestamp"] for message in messages)
            for queue, messages in queues
            if messages
        }
        found = {
            message["MessageId"]: (queue, json.dumps(slim(message), sort_keys=True))
            for queue, messages in queues
            for message in messages
        }
        statements: list[Statement] = [
            ("DELETE FROM messages WHERE id = ?", (gone,))
            for gone in self._known.keys() - found.keys()
        ]
        statements += [
            ("INSERT OR REPLACE INTO messages VALUES (?, ?, ?)", (number, *what))
            for number, what in found.items()
            if self._known.get(number) != what
        ]
        settled = [
            (seq,)
            for seq, kind, at in self._journal.read(
                "SELECT seq, kind, at FROM redo WHERE seq <= ?", (last,)
            )
            if at + SETTLE_SECONDS[kind] <= asked
        ]
        statements += [("DELETE FROM redo WHERE seq = ?", one) for one in settled]
        if statements:
            await self._journal.write(*statements)
        self._known = found

    async def restore(self) -> None:
        """Send everything again that was in a queue or on its way to one."""
        rows = self._journal.read("SELECT id, queue, message FROM messages ORDER BY rowid")
        notes = self._journal.read("SELECT kind, request, body FROM redo ORDER BY seq")
        by_queue: dict[str, list[Message]] = {}
        for _, queue, text in rows:
            by_queue.setdefault(queue, []).append(json.loads(text))
        restored = await asyncio.gather(
            *(self._refill(queue, found) for queue, found in by_queue.items())
        )
        for note in notes:
            await self._redo(note)
        # What was restored has new ids: the next look replaces its rows. Those of a queue that is
        # not there are kept for the next start.
        whole = {queue for queue, done in zip(by_queue, restored, strict=True) if done}
        self._known = {row[0]: ("", "") for row in rows if row[1] in whole}

    async def _refill(self, queue: str, messages: list[Message]) -> bool:
        """Send the messages again. False when not all of them could be."""
        for batch in batches(messages):
            entries = [entry_of(number, message) for number, message in enumerate(batch)]
            try:
                await self._upstream.json(
                    "sqs", TARGET + "SendMessageBatch", {"QueueUrl": queue, "Entries": entries}
                )
            except UpstreamError as fault:
                log.error("Messages of %s could not be put back, but are kept: %s", queue, fault)
                return False
        return True

    async def _redo(self, note: Row) -> None:
        kind, text, body = note
        request = json.loads(text)
        try:
            if kind == "s3":
                await send_event(self._upstream, **request)
                return
            reply = await self._upstream.as_root(
                request["service"], request["method"], request["path"], request["headers"],
                bytes(body), request["region"],
            )  # fmt: skip
            if not reply.ok:
                log.warning("A message could not be sent again: %s", reply.body[:300])
        except UpstreamError as fault:
            log.warning("A message could not be sent again: %s", fault)


def queues_in(peeked: dict[str, Any]) -> Iterator[tuple[str, list[Message]]]:
    """Queue address and messages, from ministack's answer by account and region."""
    for regions in peeked["messages"].values():
        for queues in regions.values():
            yield from queues.items()


def slim(message: Message) -> Message:
    """What is needed to send a message again."""
    delayed = message["ReceiveCount"] == 0 and not message["IsVisible"]
    kept = {
        "body": message["Body"],
        "attributes": message["MessageAttributes"],
        "group": message.get("MessageGroupId"),
        "visible_at": message["VisibleAt"] if delayed else 0,
    }
    return {name: value for name, value in kept.items() if value}


def entry_of(number: int, message: Message) -> dict[str, Any]:
    """An entry of SendMessageBatch."""
    entry: dict[str, Any] = {"Id": str(number), "MessageBody": message["body"]}
    if message.get("attributes"):
        entry["MessageAttributes"] = message["attributes"]
    if message.get("group"):
        entry["MessageGroupId"] = message["group"]
        entry["MessageDeduplicationId"] = f"restored-{time.time_ns()}-{number}"
    delay = int(message.get("visible_at", 0) - time.time())
    if delay > 0 and not message.get("group"):
        entry["DelaySeconds"] = min(delay, LONGEST_DELAY)
    return entry


def batches(messages: list[Message]) -> Iterator[list[Message]]:
    """Messages in groups that SendMessageBatch takes: ten, and not too large together."""
    batch: list[Message] = []
    size = 0
    for message in messages:
        length = len(json.dumps(message))
        if batch and (len(batch) == 10 or size + length > BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(message)
        size += length
    if batch:
        yield batch
