"""Takes large bodies: into a file, hashed and checked on the way, with a stub for ministack."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass

from aiohttp import web
from multidict import CIMultiDict

from local.cloud.aws_chunked import ChunkedReader, MalformedChunks
from local.cloud.blobs import Blob, BlobStore, Sink, md5
from local.cloud.calls import Call
from local.cloud.s3_read import names, slice_of
from local.cloud.s3_requests import S3Request, s3_error
from local.cloud.sessions import NotAuthentic, Sessions
from local.cloud.sigv4 import Signed
from local.cloud.upstream import Reply, Upstream

PIECE = 256 * 1024
SHA256_HEX = re.compile(r"[0-9a-f]{64}$")
CHECKSUM = re.compile(r"x-amz-checksum-(crc32|crc32c|crc64nvme|sha1|sha256)$")
EMPTY = hashlib.sha256(b"").hexdigest()
COPIED_ETAG = re.compile(rb"(<ETag>)[^<]*(</ETag>)")
BODY_HEADERS = re.compile(
    r"(content-length|content-md5|expect|x-amz-checksum-.*|x-amz-sdk-checksum-algorithm|x-amz-trailer"
    r"|x-amz-decoded-content-length|x-amz-content-sha256|x-amz-copy-source.*|if-match)$"
)
"""Headers that speak of the body, which the stub does not have."""


class Refused(Exception):
    """An upload that is not taken; carries the answer."""

    def __init__(self, answer: web.Response) -> None:
        super().__init__(answer.status)
        self.answer = answer


@dataclass(frozen=True)
class Taken:
    """A body that is on disk."""

    sink: Sink
    checksums: dict[str, str]


class Uploader:
    """Large PUTs, of objects and of parts."""

    def __init__(self, upstream: Upstream, sessions: Sessions, blobs: BlobStore) -> None:
        self._upstream = upstream
        self._sessions = sessions
        self._blobs = blobs

    def can_take(self, head: S3Request) -> bool:
        """Whether the gateway can check the signature of this request itself."""
        signed = head.signed
        return signed is not None and self._sessions.given_out(signed.scope.key_id) is not None

    async def put(self, head: S3Request, request: web.BaseRequest) -> tuple[Reply, str]:
        """Store the body; ministack's answer to the stub, and the stub's entity tag.

        Raises
        ------
        Refused
            Signature, length or checksums are wrong.
        """
        self._check(head)
        taken = await self._take(head, request)
        reply, mark = await self._send_stub(head, taken)
        if reply.ok:
            reply.headers["ETag"] = f'"{taken.sink.hexdigest("md5")}"'
            for name in [n for n in reply.headers if CHECKSUM.match(n.lower())]:
                del reply.headers[name]
            reply.headers.update(taken.checksums)
        return reply, mark

    async def large_source(self, head: S3Request) -> Blob | None:
        """The large object that a copy is made of; ``None`` if it is a small one."""
        source = "/" + head.headers["x-amz-copy-source"].lstrip("/")
        reply = await self._upstream.as_root("s3", "HEAD", source)
        return self._blobs.find(reply.headers.get("ETag", ""))

    async def copy(self, head: S3Request, source: Blob) -> Reply:
        """Have ministack copy the whole stub of a large object, in the name of the client.

        Raises
        ------
        Refused
            The signature is wrong.
        """
        signed = self._check(head)
        headers: CIMultiDict[str] = CIMultiDict(head.headers)
        headers.popall("x-amz-copy-source-range", None)
        for name in ("x-amz-copy-source-if-match", "x-amz-copy-source-if-none-match"):
            if names(headers.get(name, ""), source.etag):
                headers[name] = f'"{self._blobs.stub_of(source.etag)[0]}"'
        path, headers = await self._sessions.sign(signed, "PUT", head.raw_path, headers, EMPTY)
        with self._blobs.changing():
            return await self._upstream.send("PUT", path, headers)

    async def delete_matching(self, head: S3Request) -> Reply | None:
        """Delete an object if it is the large one that If-Match names, in the name of the client.

        ``None``: it is not, or the gateway cannot sign for the client; ministack may answer.

        Raises
        ------
        Refused
            The signature is wrong.
        """
        reply = await self._upstream.as_root("s3", "HEAD", head.raw_path.partition("?")[0])
        stub = reply.headers.get("ETag", "")
        blob = self._blobs.find(stub)
        if blob is None or not names(head.headers["If-Match"], blob.etag):
            return None
        if not self.can_take(head):
            return None
        signed = self._check(head)
        headers: CIMultiDict[str] = CIMultiDict(head.headers)
        headers["If-Match"] = stub
        path, headers = await self._sessions.sign(signed, "DELETE", head.raw_path, headers, EMPTY)
        return await self._upstream.send("DELETE", path, headers)

    async def copy_part(self, head: S3Request, source: Blob) -> tuple[Reply, str]:
        """Copy a range of a large object into a part; answer and entity tag as of ``put``.

        Raises
        ------
        Refused
            The signature is wrong, or the object has not these bytes.
        """
        self._check(head)
        wanted = head.headers.get("x-amz-copy-source-range", "")
        part = slice_of(wanted, source.size)
        if part is None:
            raise Refused(s3_error(416, "InvalidRange", "The source has not these bytes."))
        # ministack copies the stub whole: this asks it whether the client may.
        reply = await self.copy(head, source)
        if not reply.ok:
            return reply, ""
        sink = self._blobs.sink()
        try:
            async for data in self._blobs.read(source, part.start, part.length):
                await sink.write(data)
            await sink.finish()
        except BaseException:
            sink.drop()
            raise
        stored, mark = await self._send_stub(head, Taken(sink, {}))
        if not stored.ok:
            return stored, ""
        tag = f"&quot;{sink.hexdigest('md5')}&quot;".encode()
        body = COPIED_ETAG.sub(rb"\g<1>" + tag + rb"\g<2>", reply.body)
        return Reply(reply.status, reply.headers, body), mark

    async def send_complete(self, head: S3Request, call: Call, body: bytes) -> Reply:
        """Have ministack put stubs together, in the name of the client.

        Raises
        ------
        Refused
            The signature is wrong.
        """
        signed = self._check(head, call.body)
        headers: CIMultiDict[str] = CIMultiDict(
            (name, value)
            for name, value in call.headers.items()
            if not name.lower().startswith(("x-amz-checksum", "x-amz-mp-object-size"))
        )
        body_hash = hashlib.sha256(body).hexdigest()
        path, headers = await self._sessions.sign(signed, "POST", head.raw_path, headers, body_hash)
        return await self._upstream.send("POST", path, headers, body)

    async def try_restore(self, head: S3Request, body: bytes) -> Reply:
        """Ask ministack whether the client may restore an object, without having it done.

        ministack looks at rights, object and storage class before it looks for the days in the
        body; where none of these is amiss it answers ``MalformedXML`` to an empty one.

        Raises
        ------
        Refused
            The signature is wrong.
        """
        signed = self._check(head, body)
        headers = stub_headers(head.headers, {})
        path, headers = await self._sessions.sign(signed, "POST", head.raw_path, headers, EMPTY)
        return await self._upstream.send("POST", path, headers)

    def _check(self, head: S3Request, body: bytes | None = None) -> Signed:
        """Check the signature, and the hash of a body that is in memory against what it signed."""
        assert head.signed is not None
        declared = head.headers.get("X-Amz-Content-Sha256", "")
        known = hashlib.sha256(body).hexdigest() if body is not None else declared
        if SHA256_HEX.match(declared) and declared != known:
            raise Refused(s3_error(403, "SignatureDoesNotMatch", "The body is another one."))
        try:
            self._sessions.check(head.signed, head.method, head.raw_path, head.headers)
        except NotAuthentic as fault:
            text = "The signature or the security token is not valid."
            raise Refused(s3_error(403, fault.code, text)) from None
        return head.signed

    async def _send_stub(self, head: S3Request, taken: Taken) -> tuple[Reply, str]:
        """Give ministack the stub of a body that is on disk."""
        assert head.signed is not None
        try:
            stub = await self._blobs.add(taken.sink, taken.checksums)
        except BaseException:
            taken.sink.drop()
            raise
        mark = md5(stub)
        headers = stub_headers(head.headers, self._stub_condition(head))
        path, signed = await self._sessions.sign(
            head.signed, head.method, head.raw_path, headers, "UNSIGNED-PAYLOAD"
        )
        reply = await self._upstream.send(head.method, path, signed, stub)
        if not reply.ok:
            await self._blobs.forget(mark)
        return reply, mark

    def _stub_condition(self, head: S3Request) -> dict[str, str]:
        """If-Match as ministack knows the object."""
        wanted = head.headers.get("If-Match")
        if wanted is None:
            return {}
        stubs = self._blobs.stub_of(wanted)
        return {"If-Match": f'"{stubs[0]}"' if stubs else wanted}

    async def _take(self, head: S3Request, request: web.BaseRequest) -> Taken:
        declared = declared_checksums(head.headers)
        body_hash = head.headers.get("X-Amz-Content-Sha256", "")
        algorithms = {name.removeprefix("x-amz-checksum-") for name in declared}
        algorithms |= announced_trailers(head.headers)
        if SHA256_HEX.match(body_hash):
            algorithms.add("sha256")
        sink = self._blobs.sink(algorithms)
        try:
            source: AsyncIterator[bytes] = aiter(request.content.iter_chunked(PIECE))
            reader = ChunkedReader(source) if head.is_chunked else None
            async for data in reader or source:
                await sink.write(data)
            await sink.finish()
            if reader is not None:
                declared |= declared_checksums(CIMultiDict(reader.trailers))
            check_body(head, sink, declared)
        except MalformedChunks as fault:
            sink.drop()
            raise Refused(s3_error(400, "IncompleteBody", str(fault))) from fault
        except BaseException:
            sink.drop()
            raise
        return Taken(sink, declared)


def check_body(head: S3Request, sink: Sink, declared: Mapping[str, str]) -> None:
    """Compare a body with what its request says of it.

    Raises
    ------
    Refused
        Its length, its hash or a checksum is another.
    """
    if head.length is not None and head.length != sink.size:
        raise Refused(s3_error(400, "IncompleteBody", "The body ended before its announced end."))
    body_hash = head.headers.get("X-Amz-Content-Sha256", "")
    if SHA256_HEX.match(body_hash) and sink.hexdigest("sha256") != body_hash:
        raise Refused(
            s3_error(
                400,
                "XAmzContentSHA256Mismatch",
                "The provided 'x-amz-content-sha256' header does not match what was computed.",
            )
        )
    sent_md5 = head.headers.get("Content-MD5")
    if sent_md5 and sent_md5 != base64.b64encode(bytes.fromhex(sink.hexdigest("md5"))).decode():
        raise Refused(s3_error(400, "BadDigest", "The Content-MD5 did not match the body."))
    for name, value in declared.items():
        algorithm = name.removeprefix("x-amz-checksum-")
        computed = sink.base64(algorithm)
        if computed and computed != value:
            raise Refused(
                s3_error(400, "BadDigest", f"The {algorithm} you specified did not match.")
            )


def declared_checksums(headers: Mapping[str, str]) -> dict[str, str]:
    """The checksum headers of a request."""
    return {name.lower(): value for name, value in headers.items() if CHECKSUM.match(name.lower())}


def announced_trailers(headers: Mapping[str, str]) -> set[str]:
    """The checksum algorithms that the trailers of a body will name."""
    names = headers.get("x-amz-trailer", "").split(",")
    found = (CHECKSUM.match(name.strip().lower()) for name in names)
    return {match[1] for match in found if match}


def stub_headers(headers: Mapping[str, str], more: Mapping[str, str]) -> CIMultiDict[str]:
    """The headers of an upload that also hold for its stub."""
    kept: CIMultiDict[str] = CIMultiDict(
        (name, value) for name, value in headers.items() if not BODY_HEADERS.match(name.lower())
    )
    encoding = kept.pop("Content-Encoding", "")
    encodings = [e.strip() for e in encoding.split(",") if e.strip() not in ("", "aws-chunked")]
    if encodings:
        kept["Content-Encoding"] = ", ".join(encodings)
    kept.update(more)
    return kept
