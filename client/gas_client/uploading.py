"""Sending files straight to the file store: in one piece, or in parts that outlive a break."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict
from uuid import uuid4

from gas_client.errors import ApiError, Damaged
from gas_client.models import Options, PartsUpload, Uploaded
from gas_client.operations import Operations, options_body
from gas_client.reading import read
from gas_client.sources import FileSource, Meter, Slice, Watch
from gas_client.state import UploadNotes
from gas_client.steps import Answer, Body, Plan, Request, Together

PARTS_FROM = 64 * 1024 * 1024
"""Larger files go in parts."""
AT_ONCE = 4
"""Parts sent at the same time."""
SIGNED_AT_ONCE = 16
"""The addresses of so many parts are asked for at a time: they lapse."""
_TRIES = 3
"""Of a part that arrives damaged."""


class Uploader:
    """Plans that send a file. `notes`: where uploads in parts are remembered; None: nowhere."""

    def __init__(
        self,
        operations: Operations,
        *,
        notes: UploadNotes | None,
        parts_from: int = PARTS_FROM,
        at_once: int = AT_ONCE,
    ) -> None:
        self._operations = operations
        self._notes = notes
        self._parts_from = parts_from
        self._at_once = at_once

    def upload(
        self, source: FileSource, options: Options, watch: Watch | None = None
    ) -> Plan[Uploaded]:
        """Send a file; the key that `create_job` takes.

        Raises:
            Mistake: the file was changed meanwhile.
            Damaged: the file store has got other bytes than were sent, again and again.
            ApiError, Unreachable: as all calls.
        """
        meter = Meter(source.size, watch)
        if source.size > self._parts_from:
            uploaded = yield from self._in_parts(source, options, meter)
        else:
            uploaded = yield from self._whole(source, options, meter)
        source.check_unchanged()
        return uploaded

    def forget(self, source: FileSource, options: Options) -> None:
        """The upload has become a job: nothing is left to go on with."""
        if self._notes is not None:
            self._notes.forget(self._identity(source, options))

    # ------------------------------------------------------------ one piece

    def _whole(self, source: FileSource, options: Options, meter: Meter) -> Plan[Uploaded]:
        signed = yield from self._operations.sign_upload(source.name, source.size, options)
        content = Slice(source, 0, source.size, 1, meter)
        yield from self._send_whole(content, signed.url, _form(content, signed.fields))
        return Uploaded(signed.job_id, signed.key)

    def _send_whole(self, content: Slice, url: str, body: Body) -> Plan[None]:
        headers = {"Content-Type": body.content_type}
        for _ in range(_TRIES):
            request = Request("POST", url, headers, body)
            answer = yield from self._operations.caller.send(request)
            if arrived_whole(answer, content.md5):
                return
        raise Damaged("The file arrived damaged at the file store.")

    # ------------------------------------------------------------ parts

    def _in_parts(self, source: FileSource, options: Options, meter: Meter) -> Plan[Uploaded]:
        identity = self._identity(source, options)
        begun, there = yield from self._resume(identity)
        if begun is None:
            begun = yield from self._operations.start_parts(source.name, source.size, options)
            if self._notes is not None:
                self._notes.note(identity, asdict(begun))
        slices = list(_slices(source, begun, meter))
        for number in there:
            meter.set(number, slices[number - 1].size)
        missing = [n for n in range(1, begun.parts + 1) if n not in there]
        for start in range(0, len(missing), SIGNED_AT_ONCE):
            numbers = missing[start : start + SIGNED_AT_ONCE]
            urls = yield from self._operations.sign_parts(begun.upload, numbers)
            plans = [self._part(begun, n, slices[n - 1], urls[n]) for n in numbers]
            yield Together(plans, self._at_once)
        return (yield from self._operations.complete_parts(begun.upload))

    def _resume(self, identity: str) -> Plan[tuple[PartsUpload | None, Collection[int]]]:
        """The upload that was begun earlier, and its parts that are there."""
        noted = self._notes.find(identity) if self._notes is not None else None
        if noted is None:
            return None, ()
        begun = read(PartsUpload, noted)
        try:
            return begun, (yield from self._operations.list_parts(begun.upload))
        except ApiError as error:
            if error.status not in (400, 404, 410):
                raise
        # Gone, or it is complete and its job was lost on the way: completing twice does no harm.
        try:
            yield from self._operations.complete_parts(begun.upload)
        except ApiError as error:
            if error.status not in (400, 404, 409, 410):
                raise
            return None, ()
        return begun, range(1, begun.parts + 1)

    def _part(self, begun: PartsUpload, number: int, content: Slice, url: str) -> Plan[None]:
        for _ in range(_TRIES):
            body = Body(content.size, content.chunks)
            try:
                answer = yield from self._operations.caller.send(Request("PUT", url, {}, body))
            except ApiError as error:
                if error.status != 403:
                    raise
                # The address has lapsed: a slow line, or a computer that slept.
                urls = yield from self._operations.sign_parts(begun.upload, [number])
                url = urls[number]
                continue
            if arrived_whole(answer, content.md5):
                return
        raise Damaged(f"Part {number} of the file could not be sent whole.")

    def _identity(self, source: FileSource, options: Options) -> str:
        wanted = json.dumps(options_body(options), sort_keys=True)
        return f"{self._operations.caller.url}\n{source.identity}\n{wanted}"


def arrived_whole(answer: Answer, md5: str) -> bool:
    """Whether the file store has got what was sent, by the ETag, where that is an MD5."""
    etag = answer.headers.get("etag", "").strip('"').lower()
    # Of objects under a KMS key the ETag is something else.
    if len(etag) != 32 or "kms" in answer.headers.get("x-amz-server-side-encryption", ""):
        return True
    return etag == md5


def _slices(source: FileSource, begun: PartsUpload, meter: Meter) -> Iterator[Slice]:
    for number in range(1, begun.parts + 1):
        start = (number - 1) * begun.part_size
        yield Slice(source, start, min(begun.part_size, source.size - start), number, meter)


def _form(content: Slice, fields: Mapping[str, str]) -> Body:
    """Form data as RFC 7578 writes it, the file last and streamed."""
    boundary = uuid4().hex
    parts: Sequence[tuple[str, str]] = [
        *((f'name="{name}"', value) for name, value in fields.items()),
        ('name="file"; filename="file"\r\nContent-Type: application/octet-stream', ""),
    ]
    head = "\r\n".join(
        f"--{boundary}\r\nContent-Disposition: form-data; {what}\r\n\r\n{value}"
        for what, value in parts
    ).encode()
    foot = f"\r\n--{boundary}--\r\n".encode()

    def chunks() -> Iterator[bytes]:
        yield head
        yield from content.chunks()
        yield foot

    size = len(head) + content.size + len(foot)
    return Body(size, chunks, f"multipart/form-data; boundary={boundary}")
