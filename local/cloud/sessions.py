"""Temporary credentials that outlive ministack.

ministack forgets the sessions it gave out when it ends. The gateway keeps them: a request signed
with one of an earlier ministack is checked here against the secret that was given out, and sent
on under a fresh session of the same role. Services notice nothing.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import parse_qsl, urlencode
from xml.etree import ElementTree

from multidict import CIMultiDict

from local.cloud.calls import Call
from local.cloud.function_keys import FunctionKeys
from local.cloud.journal import Journal
from local.cloud.settings import RootKey
from local.cloud.sigv4 import Signed, is_authentic, is_timely, sign_headers
from local.cloud.upstream import Reply, Upstream, UpstreamError

STS_VERSION = "2011-06-15"
FIELDS = {
    name: re.compile(rf"<{name}>([^<]*)</{name}>")
    for name in ("AccessKeyId", "SecretAccessKey", "SessionToken", "Expiration")
}


@dataclass(frozen=True)
class Credential:
    """A key pair that this cloud gave out."""

    key_id: str
    secret: str
    token: str = ""


class NotAuthentic(Exception):
    """A request whose signature does not hold; ``code`` is the name of the error in AWS."""

    def __init__(self, code: str = "SignatureDoesNotMatch") -> None:
        super().__init__(code)
        self.code = code


class Sessions:
    """The credentials that the gateway knows, and what they are called in ministack now."""

    def __init__(self, journal: Journal, upstream: Upstream, root: RootKey) -> None:
        self._journal = journal
        self._upstream = upstream
        self._root = Credential(root.key_id, root.secret)
        self._current: dict[str, Credential] = {}
        """Key ids of earlier sessions, and what replaces them in the ministack of now."""
        self._native: set[str] = set()
        """Key ids that the ministack of now has given out itself."""
        self._functions = FunctionKeys(upstream)
        self._lock = asyncio.Lock()

    async def renew(self) -> None:
        """ministack was started anew: none of its sessions is native any more."""
        self._current.clear()
        self._native.clear()
        await self._journal.write(("DELETE FROM sessions WHERE expires < ?", (time.time(),)))

    async def keep(self, call: Call, reply: Reply) -> None:
        """Remember the session in an answer to AssumeRole."""
        text = reply.body.decode("utf-8", errors="replace")
        found = {name: pattern.search(text) for name, pattern in FIELDS.items()}
        key, secret, token = (
            found[name] for name in ("AccessKeyId", "SecretAccessKey", "SessionToken")
        )
        if not (key and secret and token):
            return
        ends = found["Expiration"]
        expires = (
            datetime.fromisoformat(ends[1].replace("Z", "+00:00")).timestamp()
            if ends
            else time.time() + 3600
        )
        self._native.add(key[1])
        await self._journal.write(
            (
                "INSERT OR REPLACE INTO sessions VALUES (?, ?, ?, ?, ?)",
                (key[1], secret[1], token[1], expires, json.dumps(call.form())),
            )
        )

    def given_out(self, key_id: str) -> Credential | None:
        """The credential that was given out under this key id, while it is good."""
        if key_id == self._root.key_id:
            return self._root
        function = self._functions.get(key_id)
        if function is not None:
            return Credential(key_id, function.secret, function.token)
        rows = self._journal.read(
            "SELECT secret, token FROM sessions WHERE key_id = ? AND expires > ?",
            (key_id, time.time()),
        )
        return Credential(key_id, *rows[0]) if rows else None

    async def learn(self, key_id: str) -> None:
        """Look, if need be, whether a key id is that of a Lambda function."""
        if self.given_out(key_id) is None:
            await self._functions.learn(key_id)

    def role_of(self, key_id: str) -> str:
        """The ARN of the role behind a key that was given out; empty for the root."""
        function = self._functions.get(key_id)
        if function is not None:
            return function.role
        rows = self._journal.read("SELECT request FROM sessions WHERE key_id = ?", (key_id,))
        return str(json.loads(rows[0][0])["RoleArn"]) if rows else ""

    def _is_native(self, key_id: str) -> bool:
        return key_id in self._native or self._functions.get(key_id) is not None

    def is_foreign(self, key_id: str) -> bool:
        """Whether a key id belongs to a session that only the gateway remembers."""
        if key_id == self._root.key_id or self._is_native(key_id):
            return False
        return self.given_out(key_id) is not None

    async def current(self, key_id: str) -> Credential | None:
        """What to sign with instead of this key id; ``None`` if the gateway does not know it."""
        known = self.given_out(key_id)
        if known is None or known is self._root or self._is_native(key_id):
            return known
        async with self._lock:
            if key_id not in self._current:
                self._current[key_id] = await self._assume_again(key_id)
        return self._current[key_id]

    def check(self, signed: Signed, method: str, raw_path: str, headers: Mapping[str, str]) -> None:
        """Check the signature of a request made with a credential the gateway knows.

        Raises
        ------
        NotAuthentic
            It does not hold, or the session token is not the right one.
        """
        known = self.given_out(signed.scope.key_id)
        if known is None or not hmac.compare_digest(known.token.encode(), signed.token.encode()):
            raise NotAuthentic("InvalidClientTokenId")
        if signed.expires is not None and not is_timely(signed):
            raise NotAuthentic("AccessDenied")
        if not is_authentic(signed, known.secret, method, raw_path, headers):
            raise NotAuthentic

    async def translate(self, call: Call) -> tuple[str, CIMultiDict[str]]:
        """Path and headers under which ministack will accept this request.

        Raises
        ------
        NotAuthentic
            The request was signed with a credential of the gateway, wrongly.
        """
        signed = call.signed
        if signed is None:
            return call.raw_path, call.headers
        is_root = signed.scope.key_id == self._root.key_id
        if not is_root and not self.is_foreign(signed.scope.key_id):
            return call.raw_path, call.headers  # ministack checks it
        body_hash = hashlib.sha256(call.body).hexdigest()
        declared = call.headers.get("X-Amz-Content-Sha256")
        checked: CIMultiDict[str] = CIMultiDict(call.headers)
        if declared is None and signed.scope.service != "s3":
            checked["X-Amz-Content-Sha256"] = body_hash
        elif declared is not None and len(declared) == 64 and declared != body_hash:
            raise NotAuthentic
        self.check(signed, call.method, call.raw_path, checked)
        if is_root:
            return call.raw_path, call.headers
        return await self.sign(signed, call.method, call.raw_path, call.headers, body_hash)

    async def sign(
        self,
        signed: Signed,
        method: str,
        raw_path: str,
        headers: Mapping[str, str],
        payload_hash: str,
    ) -> tuple[str, CIMultiDict[str]]:
        """Sign a checked request anew with what its key id is called now."""
        credential = await self.current(signed.scope.key_id)
        if credential is None:
            raise NotAuthentic("InvalidClientTokenId")
        path = without_signature(raw_path)
        return path, sign_headers(
            credential.key_id,
            credential.secret,
            signed.scope.service,
            method,
            path,
            headers,
            payload_hash,
            token=credential.token,
            region=signed.scope.region,
        )

    async def _assume_again(self, key_id: str) -> Credential:
        rows = self._journal.read("SELECT request FROM sessions WHERE key_id = ?", (key_id,))
        form = json.loads(rows[0][0])
        parameters = {k: v for k, v in form.items() if k not in ("Action", "Version")}
        try:
            answer = await self._upstream.query("sts", "AssumeRole", STS_VERSION, parameters)
        except UpstreamError as fault:
            raise NotAuthentic("InvalidClientTokenId") from fault
        return _credential(answer)


def _credential(answer: ElementTree.Element) -> Credential:
    texts = {element.tag.rpartition("}")[2]: element.text or "" for element in answer.iter()}
    return Credential(texts["AccessKeyId"], texts["SecretAccessKey"], texts["SessionToken"])


def without_signature(raw_path: str) -> str:
    """The address without the parameters of a presigned request."""
    path, mark, query = raw_path.partition("?")
    if "X-Amz-" not in query:
        return raw_path
    kept = [
        (name, value)
        for name, value in parse_qsl(query, keep_blank_values=True)
        if not name.startswith("X-Amz-")
    ]
    return path + (mark + urlencode(kept) if kept else "")
