"""Removes the files of large objects that ministack does not have any more."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Mapping
from urllib.parse import quote, urlencode
from xml.etree import ElementTree

import aiohttp

from local.cloud.blobs import ETAG, BlobStore
from local.cloud.upstream import Upstream, UpstreamError

log = logging.getLogger(__name__)

PAUSE = 5.0
MARKERS = {"NextKeyMarker": "key-marker", "NextVersionIdMarker": "version-id-marker"}


class Sweeper:
    """Looks through all buckets, some time after something was deleted or replaced."""

    def __init__(self, upstream: Upstream, blobs: BlobStore) -> None:
        self._upstream = upstream
        self._blobs = blobs
        self._task: asyncio.Task[None] | None = None
        self._again = False

    def soon(self, pause: float = PAUSE) -> None:
        """Sweep after a while; requests that come meanwhile count for one."""
        if not self._blobs.any():
            return
        if self._task is not None and not self._task.done():
            self._again = True
            return
        self._task = asyncio.create_task(self._sweep(pause), name="sweep large objects")

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _sweep(self, pause: float) -> None:
        self._again = True
        while self._again:
            await asyncio.sleep(pause)
            self._again = False
            try:
                await self._sweep_once()
            except (aiohttp.ClientError, UpstreamError, OSError, ElementTree.ParseError) as fault:
                log.info("Large objects could not be swept: %s", fault)
            pause = PAUSE

    async def _sweep_once(self) -> None:
        before, changes = time.time(), self._blobs.changes
        seen = await self._listed_etags()
        if self._blobs.changes != changes:
            # What was made or copied meanwhile may be missing from the listings.
            self._again = True
            return
        await self._blobs.sweep(seen, before)

    async def _listed_etags(self) -> set[str]:
        """The entity tags of all objects of all buckets, old versions included."""
        seen: set[str] = set()
        answer = await self._get("/")
        for bucket in (e.text or "" for e in answer.iter() if _local(e) == "Name"):
            path = f"/{quote(bucket)}"
            token = {"NextContinuationToken": "continuation-token"}
            await self._list(path, {"list-type": "2"}, token, seen)
            versioning = await self._get(f"{path}?versioning=")
            if any(_local(element) == "Status" for element in versioning.iter()):
                await self._list(path, {"versions": ""}, MARKERS, seen)
        return seen

    async def _list(
        self, path: str, query: dict[str, str], markers: Mapping[str, str], seen: set[str]
    ) -> None:
        """Add the entity tags of one listing, page by page."""
        following: dict[str, str] = {}
        while True:
            page = await self._get(f"{path}?{urlencode({**query, **following}, quote_via=quote)}")
            texts: dict[str, str] = {}
            for element in page.iter():
                texts[_local(element)] = element.text or ""
                if _local(element) == "ETag":
                    seen.update(ETAG.findall(element.text or ""))
            if texts.get("IsTruncated") != "true":
                return
            following = {
                ours: texts[theirs] for theirs, ours in markers.items() if texts.get(theirs)
            }
            if not following:
                raise UpstreamError(500, f"a listing of {path} breaks off")

    async def _get(self, raw_path: str) -> ElementTree.Element:
        reply = await self._upstream.as_root("s3", "GET", raw_path)
        if not reply.ok:
            raise UpstreamError(reply.status, reply.body.decode(errors="replace"))
        return ElementTree.fromstring(reply.body)  # noqa: S314 -- from our own child


def _local(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2]
