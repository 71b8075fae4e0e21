"""Reads what an S3 request is about from its address and headers, and writes S3's errors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from urllib.parse import parse_qsl, unquote
from xml.sax.saxutils import escape

from aiohttp import web
from multidict import CIMultiDict

from local.cloud.aws_chunked import is_chunked
from local.cloud.sigv4 import Signed, parse_signature

IGNORED_QUERY = ("x-id", "versionId", "response-", "X-Amz-", "partNumber")


class Kind(Enum):
    """What the gateway does differently for."""

    PUT_OBJECT = auto()
    UPLOAD_PART = auto()
    COPY = auto()
    COPY_PART = auto()
    COMPLETE = auto()
    ABORT = auto()
    POST_FORM = auto()
    READ = auto()
    DELETE = auto()
    RESTORE = auto()
    LIST = auto()
    SHAPE = auto()
    """Changes a setting of a bucket or of an object."""
    OTHER = auto()


@dataclass(frozen=True)
class S3Request:
    """The head of an S3 request."""

    method: str
    raw_path: str
    headers: CIMultiDict[str]
    bucket: str
    key: str
    query: Mapping[str, str]
    signed: Signed | None

    @property
    def kind(self) -> Kind:
        has_settings = any(not name.startswith(IGNORED_QUERY) for name in self.query)
        if self.method in ("GET", "HEAD"):
            if self.key:
                listing = "uploadId" in self.query or "attributes" in self.query
                return Kind.LIST if listing else Kind.OTHER if has_settings else Kind.READ
            return Kind.LIST if self.bucket and self.method == "GET" else Kind.OTHER
        if self.method == "POST":
            return self._kind_of_post()
        if self.method == "PUT" and self.key:
            return self._kind_of_put(has_settings)
        if self.method == "DELETE" and self.key:
            if "uploadId" in self.query:
                return Kind.ABORT
            return Kind.SHAPE if has_settings else Kind.DELETE
        return Kind.SHAPE if self.method in ("PUT", "DELETE") else Kind.OTHER

    def _kind_of_post(self) -> Kind:
        if not self.key and self.headers.get("Content-Type", "").startswith("multipart/form-data"):
            return Kind.POST_FORM
        if "uploadId" in self.query:
            return Kind.COMPLETE
        if "delete" in self.query:
            return Kind.DELETE
        if "restore" in self.query:
            return Kind.RESTORE
        return Kind.OTHER if "uploads" in self.query or "select" in self.query else Kind.SHAPE

    def _kind_of_put(self, has_settings: bool) -> Kind:
        copies = "x-amz-copy-source" in self.headers
        if "uploadId" in self.query:
            return Kind.COPY_PART if copies else Kind.UPLOAD_PART
        if has_settings:
            return Kind.SHAPE
        return Kind.COPY if copies else Kind.PUT_OBJECT

    @property
    def is_chunked(self) -> bool:
        return is_chunked(self.headers)

    @property
    def length(self) -> int | None:
        """Bytes of the object in the body, as announced."""
        text = self.headers.get("Content-Length", "")
        text = self.headers.get("x-amz-decoded-content-length", text)
        return int(text) if text.isdigit() else None


def read_head(request: web.BaseRequest) -> S3Request:
    """Read the head of a request. Addresses are path-style: the gateway's host is an address."""
    path, _, query = request.raw_path.partition("?")
    bucket, _, key = path.lstrip("/").partition("/")
    headers: CIMultiDict[str] = CIMultiDict(request.headers)
    return S3Request(
        request.method,
        request.raw_path,
        headers,
        unquote(bucket),
        unquote(key),
        dict(parse_qsl(query, keep_blank_values=True)),
        parse_signature(request.raw_path, headers),
    )


def s3_error(status: int, code: str, message: str) -> web.Response:
    """An error in S3's own form."""
    text = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f"<Error><Code>{escape(code)}</Code><Message>{escape(message)}</Message></Error>"
    )
    return web.Response(status=status, text=text, content_type="application/xml")


def too_large() -> web.Response:
    return s3_error(
        400, "EntityTooLarge", "Your proposed upload exceeds the maximum allowed object size."
    )
