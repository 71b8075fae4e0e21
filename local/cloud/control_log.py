"""The shape of the cloud: every request that changed it, sent again at every start.

Kept small: of each stack only what it is now remains, and of identical requests one.
"""

from __future__ import annotations

import asyncio
import json
import logging

from local.cloud.calls import Call
from local.cloud.control_entry import entry_of, fingerprint, is_creation, pair_ids, rename
from local.cloud.journal import Journal, Statement
from local.cloud.stack_log import ACTIONS, StackLog
from local.cloud.upstream import Reply, Upstream

log = logging.getLogger(__name__)


class ControlLog:
    """Records the requests that shape the cloud, and repeats them."""

    def __init__(self, journal: Journal, upstream: Upstream) -> None:
        self._journal = journal
        self._upstream = upstream
        self.stacks = StackLog(journal, upstream)
        self.lock = asyncio.Lock()
        """Held from before such a request is sent until it is recorded, so that the order of
        the log is the order of events."""

    async def keep(self, call: Call, reply: Reply) -> None:
        """Record a request that ministack has carried out."""
        if call.service == "cloudformation" and call.action in ACTIONS:
            await self.stacks.keep(call, reply)
            return
        mark = fingerprint(call)
        if is_creation(call) and self._is_there(mark, call.service):
            return
        await self._journal.write(
            ("DELETE FROM control WHERE fingerprint = ?", (mark,)),
            entry_of(call, reply.body, mark),
        )

    def _is_there(self, mark: str, service: str) -> bool:
        """Whether a creation is recorded, and nothing of its service was removed since."""
        recorded = self._journal.read("SELECT seq FROM control WHERE fingerprint = ?", (mark,))
        if not recorded:
            return False
        return not self._journal.read(
            "SELECT 1 FROM control WHERE seq > ? AND service = ? "
            "AND (action LIKE 'Delete%' OR action LIKE 'Un%' OR method = 'DELETE') LIMIT 1",
            (recorded[0][0], service),
        )

    async def replay(self) -> None:
        """Send everything again. Ids that come out anew are followed through what comes later."""
        rows = self._journal.read(
            "SELECT seq, service, action, region, method, path, headers, body, answer "
            "FROM control WHERE name IS NULL OR name LIKE 'stack %' ORDER BY seq"
        )
        renamed: dict[bytes, bytes] = {}
        changed: list[Statement] = []
        for seq, service, action, region, method, path, headers, body, answer in rows:
            new_path = rename(path.encode(), renamed).decode()
            new_body = rename(bytes(body), renamed)
            reply = await self._upstream.as_root(
                service, method, new_path, json.loads(headers), new_body, region
            )
            if not reply.ok:
                text = reply.body.decode(errors="replace")[:300]
                log.info("%s %s was not repeated: %s %s", service, action, reply.status, text)
                continue
            if service == "cloudformation" and action == "CreateStack":
                reply = await self.stacks.remake(new_body, reply)
            renamed |= dict(pair_ids(bytes(answer), reply.body))
            changed.append(
                (
                    "UPDATE control SET path = ?, answer = ? WHERE seq = ?",
                    (new_path, reply.body, seq),
                )
            )
            if new_body != bytes(body):  # unless the stack has just gone back to what it was
                update = "UPDATE control SET body = ? WHERE seq = ? AND body = ?"
                changed.append((update, (new_body, seq, bytes(body))))
        # All at once: the log speaks either of the ids before this start or of those after it.
        if renamed:
            await self._journal.write(*changed)
