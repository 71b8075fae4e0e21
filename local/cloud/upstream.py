"""Talks to ministack through its socket: as a client sent it, or in the name of the root."""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncIterable, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlencode
from xml.etree import ElementTree

import aiohttp
from aiohttp import hdrs
from multidict import CIMultiDict
from yarl import URL

from local.cloud.settings import REGION, RootKey
from local.cloud.sigv4 import sign_headers

HOP_BY_HOP = frozenset(
    {
        "connection",
        "keep-alive",
        "proxy-connection",
        "proxy-authenticate",
        "proxy-authorization",
        "te",
        "transfer-encoding",
        "upgrade",
        "expect",
    }
)
SKIPPED = frozenset(
    {hdrs.ACCEPT, hdrs.ACCEPT_ENCODING, hdrs.USER_AGENT, hdrs.CONTENT_TYPE, hdrs.CONTENT_LENGTH}
)

Body = bytes | AsyncIterable[bytes] | None


class UpstreamError(Exception):
    """ministack refused a request that the gateway made itself."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(f"{status}: {text[:500]}")
        self.status = status
        self.text = text


@dataclass(frozen=True)
class Reply:
    """A whole answer of ministack."""

    status: int
    headers: CIMultiDict[str]
    body: bytes

    @property
    def ok(self) -> bool:
        return self.status < 300


def end_to_end(headers: Mapping[str, str]) -> CIMultiDict[str]:
    """The headers that belong to the message and not to one connection."""
    return CIMultiDict(
        (name, value) for name, value in headers.items() if name.lower() not in HOP_BY_HOP
    )


class Upstream:
    """The one way from the gateway to ministack."""

    def __init__(self, socket: str, host: str, root: RootKey) -> None:
        self._socket = socket
        self._host = host
        self._root = root
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(
            connector=aiohttp.UnixConnector(self._socket, limit=256, keepalive_timeout=60),
            auto_decompress=False,
            skip_auto_headers=SKIPPED,
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=5),
            max_line_size=65536,
            max_field_size=65536,
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._session is not None
        await self._session.close()

    def open(
        self, method: str, raw_path: str, headers: Mapping[str, str], body: Body = None
    ) -> aiohttp.client._RequestContextManager:
        """Send a request as it is; the answer is read by the caller. ``raw_path`` has the query."""
        assert self._session is not None
        return self._session.request(
            method,
            URL(f"http://{self._host}{raw_path}", encoded=True),
            headers=end_to_end(headers),
            data=body,
            allow_redirects=False,
        )

    async def send(
        self, method: str, raw_path: str, headers: Mapping[str, str], body: bytes = b""
    ) -> Reply:
        """Send a request as it is and read the whole answer."""
        sent = CIMultiDict(headers)
        sent["Content-Length"] = str(len(body))
        async with self.open(method, raw_path, sent, body or None) as answer:
            return Reply(answer.status, CIMultiDict(answer.headers), await answer.read())

    async def as_root(
        self,
        service: str,
        method: str,
        raw_path: str,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        region: str = REGION,
    ) -> Reply:
        """Send a request signed with the root key, at this moment."""
        signed = sign_headers(
            self._root.key_id,
            self._root.secret,
            service,
            method,
            raw_path,
            {**(headers or {}), "Host": self._host},
            hashlib.sha256(body).hexdigest(),
            region=region,
        )
        return await self.send(method, raw_path, signed, body)

    async def json(self, service: str, target: str, request: Mapping[str, Any]) -> dict[str, Any]:
        """Call an operation of a JSON service (``DynamoDB_20120810.GetItem``).

        Raises
        ------
        UpstreamError
            The operation was refused.
        """
        version = "1.1" if service == "secretsmanager" else "1.0"
        headers = {"X-Amz-Target": target, "Content-Type": f"application/x-amz-json-{version}"}
        reply = await self.as_root(service, "POST", "/", headers, json.dumps(request).encode())
        if not reply.ok:
            raise UpstreamError(reply.status, reply.body.decode(errors="replace"))
        return json.loads(reply.body) if reply.body else {}

    async def query(
        self, service: str, action: str, version: str, parameters: Mapping[str, str]
    ) -> ElementTree.Element:
        """Call an operation of a query service (SNS, STS, IAM, CloudFormation).

        Raises
        ------
        UpstreamError
            The operation was refused.
        """
        form = urlencode({"Action": action, "Version": version, **parameters}).encode()
        headers = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
        reply = await self.as_root(service, "POST", "/", headers, form)
        if not reply.ok:
            raise UpstreamError(reply.status, reply.body.decode(errors="replace"))
        return ElementTree.fromstring(reply.body)  # noqa: S314 -- from our own child
