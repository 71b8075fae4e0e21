"""The credentials of Lambda functions, which ministack gives out without a word.

It makes them of the names of function and role, the same each time. Knowing them, the gateway can
check what a function signs: take its large uploads past ministack's memory, and let it into the
vaults. Should a later ministack make them otherwise, a function's key is unknown here again: its
requests are then left to ministack, and vaults are closed to it.
"""

from __future__ import annotations

import hashlib
import json
import re
import time
from dataclasses import dataclass
from urllib.parse import quote

from local.cloud.upstream import Upstream, UpstreamError

FUNCTIONS = "/2015-03-31/functions/"
MADE = re.compile(r"ASIA[0-9A-F]{16}$")
PAUSE_SECONDS = 2.0
MOST_UNKNOWN = 1000


@dataclass(frozen=True)
class FunctionKey:
    """What a function signs with, and the ARN of its role."""

    key_id: str
    secret: str
    token: str
    role: str


class FunctionKeys:
    """The keys of all functions there are."""

    def __init__(self, upstream: Upstream) -> None:
        self._upstream = upstream
        self._known: dict[str, FunctionKey] = {}
        self._asked: dict[str, float] = {}
        """When each unknown key was last asked about."""

    def get(self, key_id: str) -> FunctionKey | None:
        """The key with this id, if it has been learned."""
        return self._known.get(key_id)

    async def learn(self, key_id: str) -> None:
        """Look whether an unknown key is that of a function, not too often.

        Raises
        ------
        UpstreamError
            ministack does not say what functions there are.
        """
        if not MADE.match(key_id) or key_id in self._known:
            return
        now = time.monotonic()
        if now - self._asked.get(key_id, -PAUSE_SECONDS) < PAUSE_SECONDS:
            return
        if len(self._asked) >= MOST_UNKNOWN:
            self._asked.clear()
        self._asked[key_id] = now
        marker = ""
        while True:
            reply = await self._upstream.as_root("lambda", "GET", FUNCTIONS + marker)
            if not reply.ok:
                raise UpstreamError(reply.status, reply.body.decode(errors="replace"))
            page = json.loads(reply.body)
            for function in page.get("Functions", []):
                key = made_key(function["FunctionArn"], function["Role"])
                self._known[key.key_id] = key
            if not page.get("NextMarker"):
                return
            marker = f"?Marker={quote(page['NextMarker'], safe='')}"


def made_key(function_arn: str, role: str) -> FunctionKey:
    """What ministack makes of the names of a function and its role."""
    digest = hashlib.sha256(f"{function_arn}:{role}".encode()).hexdigest()
    return FunctionKey(
        key_id=f"ASIA{digest[:16].upper()}",
        secret=hashlib.sha256(f"secret:{digest}".encode()).hexdigest(),
        token=hashlib.sha256(f"token:{digest}".encode()).hexdigest(),
        role=role,
    )
