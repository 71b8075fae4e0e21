"""What happens to a request beside being answered: what it changed is put on disk first."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

import aiohttp

from local.cloud.calls import SES_V2, Call, changes_something
from local.cloud.control_log import ControlLog
from local.cloud.dynamodb_index import IndexReader
from local.cloud.dynamodb_shadow import ITEM_WRITES, PARTIQL, DynamoShadow, PartiqlWrite
from local.cloud.errors import refusal
from local.cloud.executions import Executions
from local.cloud.journal import Journal
from local.cloud.mail import Mailbox, is_sending
from local.cloud.queue_metrics import QueueMetrics
from local.cloud.queue_mirror import PUBLISHING, SENDING, TAKING, QueueMirror
from local.cloud.relay import Relay
from local.cloud.sessions import NotAuthentic, Sessions
from local.cloud.stack_log import ACTIONS as STACK_ACTIONS
from local.cloud.upstream import Reply, Upstream, UpstreamError
from local.cloud.vault.doorman import Doorman

log = logging.getLogger(__name__)

CONFIRMATION_PATIENCE = 5.0
NOT_KEPT = frozenset(
    {
        "PutLogEvents",
        "CreateLogStream",
        "PutMetricData",
        "PutEvents",
        "RedriveExecution",
        "StartSyncExecution",
        "GetActivityTask",
    }
)
ASSUMING = frozenset({"AssumeRole"})


def is_passing(call: Call) -> bool:
    """Whether a request changes nothing that is restored."""
    is_mail = call.path.startswith(SES_V2 + "outbound") or call.action.startswith("Send")
    return call.service == "sts" or is_mail or call.action in NOT_KEPT


class Pipeline:
    """Sends requests to ministack and records, before the client hears of it, what they did."""

    def __init__(
        self,
        journal: Journal,
        upstream: Upstream,
        sessions: Sessions,
        mailbox: Mailbox,
        relay: Relay,
    ) -> None:
        self._upstream = upstream
        self._sessions = sessions
        self._mailbox = mailbox
        self._relay = relay
        self.mirror = QueueMirror(journal, upstream)
        self.control = ControlLog(journal, upstream)
        self._shadow = DynamoShadow(journal, upstream)
        self._indexes = IndexReader(journal, upstream, Doorman(sessions, upstream))
        self._executions = Executions(journal, upstream)
        self._metrics = QueueMetrics(upstream, lambda: self.mirror.oldest)
        self._background: set[asyncio.Task[None]] = set()
        self._watches: list[asyncio.Task[None]] = []

    async def restore(self) -> None:
        """Bring back into a new ministack what the one before knew."""
        await self.mirror.stop()
        await self._sessions.renew()
        await self._relay.forget_confirmations()
        await self.control.replay()
        await self._shadow.restore()
        await self._relay.confirmations_restored(CONFIRMATION_PATIENCE)
        await self.mirror.restore()
        await self._executions.restore()
        self.mirror.start()
        if not self._watches:
            self._watches = [
                asyncio.create_task(self._executions.watch(), name="executions"),
                asyncio.create_task(self._metrics.run(), name="queue metrics"),
            ]

    async def stop(self) -> None:
        """Let nothing run any more; the last look at the queues is taken by the caller."""
        await self.mirror.stop()
        for task in [*self._background, *self._watches]:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def answer(self, call: Call) -> Reply:
        """Have ministack answer a request; what it changed is on disk when this returns."""
        try:
            if call.service == "dynamodb" and call.action in ITEM_WRITES:
                return await self._shadow.write(call, self._send)
            if call.service == "dynamodb" and call.action == "Query":
                return await self._indexes.answer(call) or await self._send(call)
            if call.service == "dynamodb" and call.action in PARTIQL:
                DynamoShadow.refuse_partiql_writes(call)
                return await self._send(call)
            keep = self._keeper(call)
            if keep is not None:
                return await self._kept(call, keep)
            if changes_something(call) and not is_passing(call):
                return await self._shaped(call)
            reply = await self._send(call)
            if call.service == "sqs":
                self.mirror.touch()
            return reply
        except NotAuthentic as fault:
            return refusal(
                call.headers, 403, fault.code, "The signature or the security token is not valid."
            )
        except PartiqlWrite:
            text = (
                "The embedded cloud takes PartiQL for reading only; write with PutItem and its kin."
            )
            return refusal(call.headers, 400, "ValidationException", text)

    def _keeper(self, call: Call) -> Callable[[Call, Reply], Awaitable[None]] | None:
        """Who records what this request adds, if it is not the control log."""
        if call.service == "sts" and call.action in ASSUMING:
            return self._sessions.keep
        if is_sending(call):
            return self._mailbox.keep
        if call.service == "states" and call.action == "StartExecution":
            return self._executions.keep
        if call.service == "states" and call.action == "StopExecution":
            return self._executions.stopped
        if call.service == "sqs" and call.action in SENDING | TAKING:
            return self._note_message
        if call.service == "sns" and call.action in PUBLISHING:
            return self._note_message
        return None

    async def _kept(self, call: Call, keep: Callable[[Call, Reply], Awaitable[None]]) -> Reply:
        reply = await self._send(call)
        if reply.ok:
            await keep(call, reply)
        return reply

    async def _note_message(self, call: Call, reply: Reply) -> None:
        if call.action in TAKING:
            self.mirror.touch()
        else:
            await self.mirror.note(call.service, call)

    async def _shaped(self, call: Call) -> Reply:
        async with self.control.lock:
            reply = await self._send(call)
            if not reply.ok:
                return reply
            if call.service == "sns" and call.action == "ConfirmSubscription":
                await self._relay.note_confirmed()
                return reply
            await self.control.keep(call, reply)
            if call.service == "sns" and call.action in ("Unsubscribe", "DeleteTopic"):
                await self._relay.note_confirmed()
        if call.service == "cloudformation" and call.action in STACK_ACTIONS:
            self._later(self._after_stack(call))
        if call.service == "dynamodb":
            self._forget_schemas()
            if call.action == "DeleteTable":
                await self._shadow.drop_removed_tables()
        return reply

    async def _after_stack(self, call: Call) -> None:
        """Once a stack has settled, tables may be new, or gone where that was asked for."""
        try:
            stack = call.form().get("StackName", "")
            for name in [stack] if stack else self.control.stacks.names():
                await self.control.stacks.follow(name)
            self._forget_schemas()
            if call.action == "DeleteStack":
                await self._shadow.drop_removed_tables()
        except (aiohttp.ClientError, UpstreamError, OSError) as fault:
            log.info("A stack could not be followed: %s", fault)

    def _forget_schemas(self) -> None:
        self._shadow.forget_schemas()
        self._indexes.forget_schemas()

    def _later(self, work: Awaitable[None]) -> None:
        task = asyncio.ensure_future(work)
        self._background.add(task)
        task.add_done_callback(self._background.discard)

    async def _send(self, call: Call) -> Reply:
        path, headers = await self._sessions.translate(call)
        return await self._upstream.send(call.method, path, headers, call.body)
