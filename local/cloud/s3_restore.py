"""Objects in the Glacier classes: asked for, there for a while, cold again.

ministack restores in two seconds, whatever is asked for, and forgets it when it ends. So for the
objects whose bytes the gateway has, it keeps the temporary copies itself: in the journal, with
durations that can be set, announced until the announcement is taken. Whether somebody may restore
an object is asked of ministack.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import formatdate
from urllib.parse import quote

import aiohttp
from aiohttp import web
from multidict import CIMultiDict

from local.cloud.blobs import ETAG, Blob, BlobStore
from local.cloud.herald import Herald
from local.cloud.journal import Journal
from local.cloud.practice import Practice
from local.cloud.s3_requests import Kind, S3Request, s3_error
from local.cloud.s3_upload import Refused, Uploader
from local.cloud.upstream import Upstream, UpstreamError

log = logging.getLogger(__name__)

CLASSES = frozenset({"GLACIER", "DEEP_ARCHIVE"})
CLASS = "x-amz-storage-class"
DAYS = re.compile(rb"<(?:\w+:)?Days>\s*(\d+)\s*<")
TIER = re.compile(rb"<(?:\w+:)?Tier>\s*(\w+)\s*<")
DAY = 86400
FAULTS = (aiohttp.ClientError, UpstreamError, OSError)
LONGEST_SLEEP = 60.0
PAUSE = 0.5
AT_ONCE = 16
"""Announcements that are made side by side."""
COMPLETED, DELETED = "ObjectRestore:Completed", "ObjectRestore:Delete"
DUE = {"NOT announced AND ready": COMPLETED, "announced AND expires": DELETED}


@dataclass(frozen=True)
class Restored:
    """A temporary copy, asked for and perhaps there."""

    bucket: str
    key: str
    stub: str
    """Entity tag that ministack has for the object that was asked for."""
    storage_class: str
    ready: float
    expires: float
    announced: bool

    @property
    def is_ready(self) -> bool:
        return self.ready <= time.time() < self.expires

    def header(self) -> str:
        """``x-amz-restore``."""
        if time.time() < self.ready:
            return 'ongoing-request="true"'
        return f'ongoing-request="false", expiry-date="{formatdate(self.expires, usegmt=True)}"'


class Restores:
    """The temporary copies."""

    def __init__(
        self,
        journal: Journal,
        upstream: Upstream,
        blobs: BlobStore,
        uploader: Uploader,
        practice: Practice,
        herald: Herald,
    ) -> None:
        self._journal = journal
        self._upstream = upstream
        self._blobs = blobs
        self._uploader = uploader
        self._practice = practice
        self._herald = herald
        self._changed = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to announce what is ready and to drop what has expired."""
        if self._task is None:
            self._task = asyncio.create_task(self._run(), name="restores")

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def require_up(self, head: S3Request) -> None:
        """In an outage cold storage takes nothing and gives nothing.

        Raises
        ------
        Refused
            There is an outage, and the request is about an object in a Glacier class.
        """
        if not self._practice.cold.outage:
            return
        is_cold = head.kind is Kind.RESTORE or head.headers.get(CLASS) in CLASSES
        if not is_cold and head.key:
            answer = await self._upstream.as_root("s3", "HEAD", path_of(head))
            is_cold = answer.headers.get(CLASS) in CLASSES
        if is_cold:
            raise Refused(s3_error(503, "ServiceUnavailable", "Cold storage is out of order."))

    async def ask(self, head: S3Request, body: bytes) -> web.Response | None:
        """Answer RestoreObject; ``None`` if the object's bytes are not the gateway's.

        Raises
        ------
        Refused
            The request may not do this, or not now.
        """
        found = await self._upstream.as_root("s3", "HEAD", path_of(head))
        stub, storage_class = tag_of(found.headers), found.headers.get(CLASS, "")
        known = self._blobs.find(stub) is not None and storage_class in CLASSES
        if not known or not self._uploader.can_take(head):
            return None
        days, tier = DAYS.search(body), TIER.search(body)
        reply = await self._uploader.try_restore(head, body)
        if b"MalformedXML" not in reply.body or days is None:
            text = reply.body.decode(errors="replace")
            return web.Response(status=reply.status, text=text, content_type="application/xml")
        earlier = self._find(head.bucket, head.key, stub)
        if earlier is not None and earlier.ready > time.time():
            raise Refused(
                s3_error(409, "RestoreAlreadyInProgress", "Object restore is already in progress.")
            )
        now = time.time()
        if earlier is not None and earlier.is_ready:
            await self._keep(earlier, expires=self._expiry(now, int(days[1])))
            return web.Response(status=200)
        wanted = tier[1].decode() if tier else "Standard"
        if self._practice.cold.lacks(wanted):
            text = "Glacier expedited retrievals are currently not available, please try again."
            raise Refused(s3_error(503, "GlacierExpeditedRetrievalNotAvailable", text))
        ready = now + self._practice.cold.takes(wanted)
        expires = self._expiry(ready, int(days[1]))
        new = Restored(head.bucket, head.key, stub, storage_class, ready, expires, announced=False)
        await self._keep(new)
        return web.Response(status=202)

    def _expiry(self, begin: float, days: int) -> float:
        """A copy is kept until the midnight after its days, unless practice says otherwise."""
        kept = self._practice.cold.seconds.kept
        if kept is not None:
            return begin + kept
        return ((begin + days * DAY) // DAY + 1) * DAY

    def header(self, bucket: str, key: str, stub: str) -> dict[str, str]:
        """What HEAD and GET say of an object's temporary copy."""
        found = self._find(bucket, key, stub)
        return {"x-amz-restore": found.header()} if found else {}

    async def copy_of(self, head: S3Request) -> tuple[CIMultiDict[str], Blob] | None:
        """Headers and bytes of an object that has a temporary copy which can be read now."""
        answer = await self._upstream.as_root("s3", "HEAD", path_of(head))
        stub = tag_of(answer.headers)
        found, blob = self._find(head.bucket, head.key, stub), self._blobs.find(stub)
        return (answer.headers, blob) if found and found.is_ready and blob else None

    def _find(self, bucket: str, key: str, stub: str) -> Restored | None:
        rows = self._journal.read(
            "SELECT * FROM restores WHERE bucket = ? AND key = ? AND stub = ? AND expires > ?",
            (bucket, key, stub, time.time()),
        )
        return Restored(*rows[0]) if rows else None

    async def _keep(self, one: Restored, expires: float | None = None) -> None:
        values = (one.bucket, one.key, one.stub, one.storage_class, one.ready)
        await self._journal.write(
            (
                "INSERT OR REPLACE INTO restores VALUES (?, ?, ?, ?, ?, ?, ?)",
                (*values, expires or one.expires, one.announced),
            )
        )
        self._changed.set()

    async def _run(self) -> None:
        while True:
            self._changed.clear()
            try:
                await self._work_off()
            except FAULTS as fault:
                log.info("A restore could not be announced: %s", fault)
                await asyncio.sleep(PAUSE)
                continue
            following = self._journal.read(
                "SELECT min(CASE WHEN announced THEN expires ELSE ready END) FROM restores"
            )[0][0]
            pause = LONGEST_SLEEP if following is None else following - time.time()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._changed.wait(), min(max(pause, 0), LONGEST_SLEEP))

    async def _work_off(self) -> None:
        """Announce what is ready, and what has expired.

        Raises
        ------
        UpstreamError
            Something could not be announced; the rest has been.
        """
        for condition, event in DUE.items():
            query = f"SELECT * FROM restores WHERE {condition} <= ? LIMIT ?"  # noqa: S608
            while due := self._journal.read(query, (time.time(), AT_ONCE)):
                told = [self._announce(Restored(*row), event) for row in due]
                faults = [f for f in await asyncio.gather(*told, return_exceptions=True) if f]
                if faults:
                    raise faults[0]

    async def _announce(self, one: Restored, event: str) -> None:
        """Tell of a copy that is there, or there no more, if the object still is."""
        path = f"/{quote(one.bucket)}/{quote(one.key)}"
        answer = await self._upstream.as_root("s3", "HEAD", path)
        self._herald.require_ministack()
        blob = self._blobs.find(one.stub)
        there = answer.ok and tag_of(answer.headers) == one.stub and blob is not None
        if answer.status >= 500:
            raise UpstreamError(answer.status, "HEAD")
        if there and blob is not None:
            await self._herald.tell_of_object(
                {
                    "bucket": one.bucket,
                    "key": one.key,
                    "size": blob.size,
                    "etag": blob.etag,
                    "event": event,
                    "more": restore_data(one) if event == COMPLETED else None,
                }
            )
        mark = "UPDATE restores SET announced = 1" if there else "DELETE FROM restores"
        if event == DELETED:
            mark = "DELETE FROM restores"
        await self._journal.write(
            (
                mark + " WHERE bucket = ? AND key = ? AND stub = ? AND ready = ?",
                (one.bucket, one.key, one.stub, one.ready),
            )
        )


def restore_data(one: Restored) -> dict[str, object]:
    """What only the announcement of a completed restore has."""
    until = datetime.fromtimestamp(one.expires, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    data = {
        "lifecycleRestorationExpiryTime": until,
        "lifecycleRestoreStorageClass": one.storage_class,
    }
    return {"glacierEventData": {"restoreEventData": data}}


def tag_of(headers: CIMultiDict[str]) -> str:
    """The entity tag without its quotes."""
    found = ETAG.search(headers.get("ETag", ""))
    return found[0] if found else ""


def path_of(head: S3Request) -> str:
    """The address of the object that a request is about."""
    return head.raw_path.partition("?")[0]
