"""S3 requests: small ones go to ministack as they are, large bodies around its memory."""

from __future__ import annotations

import logging
import re
import shutil
import time

import aiohttp
from aiohttp import web
from multidict import CIMultiDict

from local.cloud.blobs import Blob, BlobStore
from local.cloud.bodies import BodyTooLarge, read_body
from local.cloud.calls import Call, read_call
from local.cloud.herald import Herald
from local.cloud.journal import Journal
from local.cloud.pipeline import Pipeline
from local.cloud.practice import Practice
from local.cloud.s3_events import Notification, notifications_of
from local.cloud.s3_form import FormUploader
from local.cloud.s3_parts import invalid_part, true_parts, without_checksums
from local.cloud.s3_read import CONDITIONS, head_of, slice_of, true_xml
from local.cloud.s3_requests import Kind, S3Request, read_head, s3_error, too_large
from local.cloud.s3_restore import CLASS, CLASSES, Restores, tag_of
from local.cloud.s3_sweep import Sweeper
from local.cloud.s3_upload import Refused, Uploader
from local.cloud.sessions import NotAuthentic, Sessions, without_signature
from local.cloud.settings import CloudSettings
from local.cloud.upstream import Reply, Upstream, end_to_end

log = logging.getLogger(__name__)

PIECE = 256 * 1024
REMEMBERED_SECONDS = 2.0
WRITES = frozenset(
    (
        Kind.PUT_OBJECT,
        Kind.POST_FORM,
        Kind.UPLOAD_PART,
        Kind.COPY_PART,
        Kind.COPY,
        Kind.COMPLETE,
    )
)
JUDGED = WRITES | {Kind.DELETE, Kind.RESTORE}
"""Where the gateway may have to check a signature itself."""
EVENTS = {
    Kind.PUT_OBJECT: "ObjectCreated:Put",
    Kind.POST_FORM: "ObjectCreated:Post",
    Kind.COPY: "ObjectCreated:Copy",
    Kind.COMPLETE: "ObjectCreated:CompleteMultipartUpload",
}


def is_for_s3(request: web.BaseRequest) -> bool:
    """Whether a request is for S3: by its signature, or, unsigned, by its form."""
    headers = request.headers
    if "X-Amz-Target" in headers:
        return False
    authorization = headers.get("Authorization", "")
    credential = re.search(r"Credential=([^,\s]+)", authorization)
    text = credential[1] if credential else request.query.get("X-Amz-Credential", "")
    if text:
        return text.split("/")[3:4] == ["s3"]
    if request.method == "POST":
        return headers.get("Content-Type", "").startswith("multipart/form-data")
    return "Action" not in request.query


class S3Gate:
    """Answers the requests for S3."""

    def __init__(
        self,
        settings: CloudSettings,
        upstream: Upstream,
        sessions: Sessions,
        pipeline: Pipeline,
        blobs: BlobStore,
        practice: Practice,
        herald: Herald,
        journal: Journal,
    ) -> None:
        self._settings = settings
        self._upstream = upstream
        self._sessions = sessions
        self._pipeline = pipeline
        self.blobs = blobs
        self._uploader = Uploader(upstream, sessions, blobs)
        self._forms = FormUploader(settings, upstream, sessions, blobs)
        self._notifications: dict[str, tuple[float, list[Notification]]] = {}
        """The rules of buckets, and when they were asked for."""
        self._parts: dict[str, dict[int, str]] = {}
        """Stubs of the parts of each upload that goes on, by its id and their numbers."""
        self._sweeper = Sweeper(upstream, blobs)
        self._restores = Restores(journal, upstream, blobs, self._uploader, practice, herald)

    async def restore(self) -> None:
        """ministack has come back: uploads in parts are gone, objects are there."""
        self._notifications.clear()
        for stub in [stub for parts in self._parts.values() for stub in parts.values()]:
            self.blobs.release(stub)
        self._parts.clear()
        self._sweeper.soon(0)
        self._restores.start()

    async def stop(self) -> None:
        await self._restores.stop()
        await self._sweeper.stop()

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one request for S3."""
        head = read_head(request)
        if request.headers.get("Expect", "").lower() == "100-continue":
            await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            request.writer.output_size = 0
        try:
            return await self._answer(head, request)
        except Refused as refusal:
            return with_cors(refusal.answer, request)
        except NotAuthentic as fault:
            text = "The signature or the security token is not valid."
            return with_cors(s3_error(403, fault.code, text), request)

    async def _answer(self, head: S3Request, request: web.BaseRequest) -> web.StreamResponse:
        kind = head.kind
        if head.signed is not None and kind in JUDGED:
            await self._sessions.learn(head.signed.scope.key_id)
        await self._restores.require_up(head)
        if kind is Kind.READ:
            return await self._read(head, request)
        if kind in WRITES:
            self._require_room(head.length or 0)
        if kind is Kind.POST_FORM:
            return await self._post_form(head, request)
        if kind is Kind.PUT_OBJECT and self._is_large(head) and self._uploader.can_take(head):
            reply, stub = await self._uploader.put(head, request)
            await self._created(head, kind, reply, head.key, stub)
            return whole(reply)
        if kind is Kind.UPLOAD_PART and self._uploader.can_take(head):
            reply, stub = await self._uploader.put(head, request)
            await self._keep_part(head, reply, stub)
            return whole(reply)
        if kind is Kind.COPY_PART:
            source = await self._source(head)
            if source is not None:
                reply, stub = await self._uploader.copy_part(head, source)
                await self._keep_part(head, reply, stub)
                return whole(reply)
        return await self._small(head, kind, request)

    def _require_room(self, size: int) -> None:
        """ministack acknowledges an object that it could not write; so there must be room for it.

        Raises
        ------
        Refused
            The disk is as good as full.
        """
        if shutil.disk_usage(self._settings.data).free < size + self._settings.disk_reserve:
            log.error("The disk is full: an object of %d bytes was refused.", size)
            raise Refused(s3_error(503, "SlowDown", "There is no room left on the disk."))

    def _is_large(self, head: S3Request) -> bool:
        if head.length is None or head.length > self._settings.large_object:
            return True
        # Of what is in a Glacier class, the gateway keeps all the bytes, to restore them itself.
        return head.headers.get(CLASS) in CLASSES

    async def _small(
        self, head: S3Request, kind: Kind, request: web.BaseRequest
    ) -> web.StreamResponse:
        try:
            body = await read_body(request, self._settings.largest_request)
        except BodyTooLarge:
            raise Refused(too_large()) from None
        call = read_call(head.method, head.raw_path, head.headers, body)
        if kind is Kind.SHAPE:
            self._notifications.pop(head.bucket, None)
            async with self._pipeline.control.lock:
                reply = await self._send(call)
                if reply.ok:
                    await self._pipeline.control.keep(call, reply)
            return whole(reply)
        if kind is Kind.RESTORE:
            answer = await self._restores.ask(head, body)
            if answer is not None:
                return answer
        if kind is Kind.COMPLETE and head.query["uploadId"] in self._parts:
            return whole(await self._complete(head, call))
        reply = await self._around(head, kind) or await self._send(call)
        if kind in (Kind.LIST, Kind.COPY, Kind.COMPLETE) and reply.ok and self.blobs.any():
            text = true_xml(reply.body.decode(), self.blobs.find)
            await self._created(head, kind, reply, head.key, "")
            return whole(Reply(reply.status, reply.headers, text.encode()))
        await self._created(head, kind, reply, head.key, "")
        if kind is Kind.ABORT and reply.ok:
            for stub in self._parts.pop(head.query["uploadId"], {}).values():
                await self.blobs.forget(stub)
        if kind is Kind.DELETE and reply.ok:
            self._sweeper.soon()
        return whole(reply)

    async def _around(self, head: S3Request, kind: Kind) -> Reply | None:
        """What has to be said to ministack in other words where it is about a large object."""
        if kind is Kind.COPY:
            source = await self._source(head)
            return await self._uploader.copy(head, source) if source else None
        if kind is Kind.DELETE and "If-Match" in head.headers and self.blobs.any():
            return await self._uploader.delete_matching(head)
        return None

    async def _send(self, call: Call) -> Reply:
        path, headers = await self._sessions.translate(call)
        return await self._upstream.send(call.method, path, headers, call.body)

    async def _post_form(self, head: S3Request, request: web.BaseRequest) -> web.StreamResponse:
        reply, stub, form = await self._forms.post(head, request)
        key = form.fields.get("key", "").replace("${filename}", form.file_name)
        await self._created(head, Kind.POST_FORM, reply, key, stub, form.size)
        return whole(reply)

    async def _source(self, head: S3Request) -> Blob | None:
        """The large object that a copy is made of, if it is one."""
        if not self.blobs.any() or not self._uploader.can_take(head):
            return None
        return await self._uploader.large_source(head)

    async def _keep_part(self, head: S3Request, reply: Reply, stub: str) -> None:
        """Remember a part; one with the same number that came before is dropped."""
        if not reply.ok:
            return
        parts = self._parts.setdefault(head.query["uploadId"], {})
        number = int(head.query.get("partNumber", 0))
        earlier = parts.get(number)
        parts[number] = stub
        if earlier is not None:
            await self.blobs.forget(earlier)

    async def _complete(self, head: S3Request, call: Call) -> Reply:
        """Put parts together whose bytes the gateway has."""
        upload = head.query["uploadId"]
        mine = self._parts[upload]
        xml, chosen = true_parts(call.body.decode(), mine, self.blobs.find)
        mark = await self.blobs.compose(chosen)
        if mark is None:
            raise Refused(invalid_part())
        reply = await self._uploader.send_complete(head, call, xml.encode())
        if not reply.ok:
            await self.blobs.forget(mark)
            return reply
        del self._parts[upload]
        await self._created(head, Kind.COMPLETE, reply, head.key, mark)
        for stub in mine.values():
            await self.blobs.forget(stub)
        text = true_xml(reply.body.decode(), self.blobs.find)
        return Reply(reply.status, reply.headers, without_checksums(text).encode())

    async def _created(
        self, head: S3Request, kind: Kind, reply: Reply, key: str, stub: str, size: int = -1
    ) -> None:
        """An object was made: let it stay, and note it where the bucket announces its objects."""
        if kind not in EVENTS or reply.status >= 400:
            return
        blob = self.blobs.find(stub) if stub else None
        self.blobs.release(stub)
        self._sweeper.soon()
        if not await self._is_announced(head.bucket):
            return
        length = blob.size if blob else size if size >= 0 else head.length or 0
        etag = blob.etag if blob else reply.headers.get("ETag", "")
        mirror = self._pipeline.mirror
        await mirror.note_object(head.bucket, key, length, etag, EVENTS[kind])

    async def _is_announced(self, bucket: str) -> bool:
        """Whether a bucket tells anybody of its objects. Stacks may change it at any time."""
        asked, rules = self._notifications.get(bucket, (0.0, []))
        if time.monotonic() - asked > REMEMBERED_SECONDS:
            rules = await notifications_of(self._upstream, bucket)
            self._notifications[bucket] = (time.monotonic(), rules)
        return bool(rules)

    async def _read(self, head: S3Request, request: web.BaseRequest) -> web.StreamResponse:
        call = read_call(head.method, head.raw_path, head.headers, b"")
        path, headers = await self._sessions.translate(call)
        async with self._upstream.open(head.method, path, headers) as answer:
            blob = self.blobs.find(answer.headers.get("ETag", ""))
            conditional = any(name in head.headers for name in CONDITIONS) and self.blobs.any()
            if answer.status == 403 and self.blobs.any():
                body = await answer.read()
                copy = await self._restores.copy_of(head) if b"InvalidObjectState" in body else None
                if copy is not None:
                    return await self._serve(head, request, *copy)
                return whole(Reply(answer.status, CIMultiDict(answer.headers), body))
            if blob is None and not (conditional and answer.status in (304, 412, 416)):
                return await stream(answer, request)
            shown = CIMultiDict(answer.headers)
            if answer.status != 200:
                body = await answer.read()
                shown = await self._head(path)
                blob = self.blobs.find(shown.get("ETag", ""))
                if blob is None:
                    return whole(Reply(answer.status, CIMultiDict(answer.headers), body))
            assert blob is not None
            return await self._serve(head, request, shown, blob)

    async def _head(self, path: str) -> CIMultiDict[str]:
        """The headers of an object that ministack has just let the client read."""
        reply = await self._upstream.as_root("s3", "GET", without_signature(path))
        return reply.headers

    async def _serve(
        self,
        head: S3Request,
        request: web.BaseRequest,
        headers: CIMultiDict[str],
        blob: Blob,
    ) -> web.StreamResponse:
        answer = head_of(head.headers, headers, blob)
        stub = tag_of(headers)
        answer.headers.update(self._restores.header(head.bucket, head.key, stub))
        if answer.status not in (200, 206) or head.method == "HEAD":
            return answer
        response = web.StreamResponse(status=answer.status, headers=answer.headers)
        await response.prepare(request)
        part = slice_of(head.headers.get("Range", ""), blob.size)
        assert part is not None
        async for data in self.blobs.read(blob, part.start, part.length):
            await response.write(data)
        await response.write_eof()
        return response


def whole(reply: Reply) -> web.Response:
    """A whole answer of ministack."""
    headers = end_to_end(reply.headers)
    if reply.body:
        headers.popall("Content-Length", None)
    return web.Response(status=reply.status, headers=headers, body=reply.body)


async def stream(answer: aiohttp.ClientResponse, request: web.BaseRequest) -> web.StreamResponse:
    """Hand ministack's answer on as it comes."""
    response = web.StreamResponse(status=answer.status, headers=end_to_end(answer.headers))
    await response.prepare(request)
    async for piece in answer.content.iter_chunked(PIECE):
        await response.write(piece)
    await response.write_eof()
    return response


def with_cors(answer: web.Response, request: web.BaseRequest) -> web.Response:
    """A refusal of the gateway that a page on another port may read."""
    if "Origin" in request.headers:
        answer.headers["Access-Control-Allow-Origin"] = request.headers["Origin"]
    return answer
