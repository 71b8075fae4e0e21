"""Browser uploads: forms whose file is streamed to disk when it is large."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field

from aiohttp import BodyPartReader, MultipartReader, web
from multidict import CIMultiDict

from local.cloud.blobs import BlobStore, Sink, md5
from local.cloud.guard import is_trusted_form
from local.cloud.post_policy import BadPolicy, PostPolicy, is_signed_by, sign_again
from local.cloud.s3_requests import S3Request, s3_error
from local.cloud.s3_upload import Refused
from local.cloud.sessions import Credential, Sessions
from local.cloud.settings import CloudSettings
from local.cloud.upstream import Reply, Upstream

PIECE = 256 * 1024
LARGEST_FIELDS = 64 * 1024


@dataclass
class Form:
    """The fields of a form before its file, and the file: in memory, or in a sink when large."""

    fields: dict[str, str] = field(default_factory=dict)
    file_name: str = ""
    file_type: str = ""
    content: bytes = b""
    sink: Sink | None = None
    size: int = 0
    has_file: bool = False

    @property
    def policy(self) -> PostPolicy | None:
        return PostPolicy.decode(self.fields.get("policy", ""))

    @property
    def key_id(self) -> str:
        return self.fields.get("x-amz-credential", "").partition("/")[0]


class FormUploader:
    """Takes ``POST /bucket`` with ``multipart/form-data``."""

    def __init__(
        self, settings: CloudSettings, upstream: Upstream, sessions: Sessions, blobs: BlobStore
    ) -> None:
        self._settings = settings
        self._upstream = upstream
        self._sessions = sessions
        self._blobs = blobs

    async def post(self, head: S3Request, request: web.BaseRequest) -> tuple[Reply, str, Form]:
        """Store the file; ministack's answer, the stub's entity tag if there is one, the form.

        Raises
        ------
        Refused
            The form is malformed, or its file is not of the allowed length.
        """
        form = await self._read(request)
        if not is_trusted_form(form.fields):
            if form.sink is not None:
                form.sink.drop()
            raise Refused(s3_error(403, "InvalidAccessKeyId", "The access key is not known."))
        stub = b""
        try:
            fields = await self._signed_again(form)
            content = form.content
            if form.sink is not None:
                await form.sink.finish()
                content = stub = await self._blobs.add(form.sink, {})
        except BadPolicy as fault:
            if form.sink is not None:
                form.sink.drop()
            raise Refused(s3_error(fault.status, fault.code, str(fault))) from fault
        body, content_type = encode(fields, form, content)
        headers: CIMultiDict[str] = CIMultiDict(head.headers)
        headers["Content-Type"] = content_type
        headers.popall("Content-Length", None)
        reply = await self._upstream.send("POST", head.raw_path, headers, body)
        if not stub:
            return reply, "", form
        if reply.status >= 400:
            await self._blobs.forget(md5(stub))
            return reply, "", form
        return _with_true_etag(reply, stub, form), md5(stub), form

    async def _read(self, request: web.BaseRequest) -> Form:
        form = Form()
        fields_size = 0
        try:
            reader = MultipartReader(request.headers, request.content)
            while (part := await reader.next()) is not None:
                if not isinstance(part, BodyPartReader):
                    raise Refused(_malformed())
                if part.name == "file":
                    await self._read_file(form, part)
                    break
                value = await _short(part, LARGEST_FIELDS - fields_size)
                fields_size += len(value)
                form.fields[(part.name or "").lower()] = value.decode("utf-8", errors="replace")
            await _drain(request)
        except (ValueError, AssertionError) as fault:
            if form.sink is not None:
                form.sink.drop()
            raise Refused(_malformed()) from fault
        except BaseException:
            if form.sink is not None:
                form.sink.drop()
            raise
        return form

    async def _read_file(self, form: Form, part: BodyPartReader) -> None:
        form.has_file = True
        form.file_name = part.filename or ""
        form.file_type = part.headers.get("Content-Type", "")
        limit = self._limit(form)
        pending: list[bytes] = []
        while data := await part.read_chunk(PIECE):
            form.size += len(data)
            if form.size > limit:
                pending = []
                if form.sink is not None:
                    form.sink.drop()
                    form.sink = None
                continue  # read to the end, or the browser never hears of the refusal
            if form.sink is not None:
                await form.sink.write(data)
                continue
            pending.append(data)
            if form.size > self._settings.large_object and self._credential(form):
                form.sink = self._blobs.sink()
                for earlier in pending:
                    await form.sink.write(earlier)
                pending = []
        if form.size > limit:
            raise Refused(
                s3_error(
                    400, "EntityTooLarge", "Your proposed upload exceeds the maximum allowed size."
                )
            )
        form.content = b"".join(pending)

    def _limit(self, form: Form) -> int:
        """The most bytes to take: what the policy allows, or what memory takes unsigned."""
        if self._credential(form) is None:
            return self._settings.largest_request
        policy = form.policy
        longest = policy.longest if policy else None
        return 2**62 if longest is None else longest

    def _credential(self, form: Form) -> Credential | None:
        """The credential that signed the policy, if the gateway knows it and it did."""
        known = self._sessions.given_out(form.key_id)
        if known is None or form.policy is None:
            return None
        return known if is_signed_by(form.fields, known.secret, known.token) else None

    async def _signed_again(self, form: Form) -> dict[str, str]:
        """The fields that ministack shall see."""
        credential, policy = self._credential(form), form.policy
        if credential is None or policy is None:
            return form.fields
        if form.sink is None and not self._sessions.is_foreign(credential.key_id):
            return form.fields
        policy.check_length(form.size)
        current = await self._sessions.current(credential.key_id)
        assert current is not None
        return sign_again(form.fields, policy, current.key_id, current.secret, current.token)


def encode(fields: dict[str, str], form: Form, content: bytes) -> tuple[bytes, str]:
    """A form as ``multipart/form-data``; its body and its content type."""
    boundary = secrets.token_hex(24)
    lines: list[bytes] = []
    for name, value in fields.items():
        lines.append(_part(boundary, f'name="{_quoted(name)}"'))
        lines.append(b"\r\n" + value.encode() + b"\r\n")
    if form.has_file:
        lines.append(_part(boundary, f'name="file"; filename="{_quoted(form.file_name)}"'))
        if form.file_type:
            lines.append(f"Content-Type: {form.file_type}\r\n".encode())
        lines.append(b"\r\n" + content + b"\r\n")
    lines.append(f"--{boundary}--\r\n".encode())
    return b"".join(lines), f"multipart/form-data; boundary={boundary}"


def _part(boundary: str, disposition: str) -> bytes:
    return f"--{boundary}\r\nContent-Disposition: form-data; {disposition}\r\n".encode()


def _quoted(name: str) -> str:
    return name.replace('"', "%22").replace("\r", "").replace("\n", "")


def _with_true_etag(reply: Reply, stub: bytes, form: Form) -> Reply:
    assert form.sink is not None
    false, true = md5(stub), form.sink.hexdigest("md5")
    for name in ("ETag", "Location"):
        if name in reply.headers:
            reply.headers[name] = reply.headers[name].replace(false, true)
    return Reply(reply.status, reply.headers, reply.body.replace(false.encode(), true.encode()))


async def _short(part: BodyPartReader, limit: int) -> bytes:
    data = b""
    while piece := await part.read_chunk(8192):
        data += piece
        if len(data) > limit:
            raise Refused(s3_error(400, "MaxPostPreDataLengthExceeded", "The fields are too long."))
    return data


async def _drain(request: web.BaseRequest) -> None:
    async for _ in request.content.iter_chunked(PIECE):
        pass


def _malformed() -> web.Response:
    return s3_error(
        400,
        "MalformedPOSTRequest",
        "The body of your POST request is not well-formed multipart/form-data.",
    )
