"""Runs of state machines: those that have not ended are started again after a restart.

A run begins anew with its name and its input. State machines that wait for a point in time
(``TimestampPath``) therefore end their wait at the same moment.
"""

from __future__ import annotations

import asyncio
import json
import logging

from local.cloud.calls import Call
from local.cloud.journal import Journal
from local.cloud.upstream import Reply, Upstream, UpstreamError

log = logging.getLogger(__name__)

TARGET = "AWSStepFunctions."
LOOK_SECONDS = 5.0
LARGEST_LOOK = 100


class Executions:
    """The runs that have not ended yet."""

    def __init__(self, journal: Journal, upstream: Upstream) -> None:
        self._journal = journal
        self._upstream = upstream

    async def keep(self, call: Call, reply: Reply) -> None:
        """Record a run that was started."""
        arn = json.loads(reply.body)["executionArn"]
        request = {**call.json(), "name": arn.rpartition(":")[2]}
        await self._journal.write(
            ("INSERT OR REPLACE INTO executions VALUES (?, ?)", (arn, json.dumps(request)))
        )

    async def stopped(self, call: Call, reply: Reply) -> None:
        """Forget a run that was stopped."""
        await self._forget(str(call.json().get("executionArn", "")))

    async def restore(self) -> None:
        """Start the runs again."""
        for arn, request in self._journal.read("SELECT arn, request FROM executions"):
            try:
                await self._upstream.json("states", TARGET + "StartExecution", json.loads(request))
            except UpstreamError as fault:
                log.warning("The run %s could not be started again: %s", arn, fault)
                await self._forget(arn)

    async def watch(self) -> None:
        """Forget runs that have ended, for ever."""
        after = ""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            rows = self._journal.read(
                "SELECT arn FROM executions WHERE arn > ? ORDER BY arn LIMIT ?",
                (after, LARGEST_LOOK),
            )
            after = rows[-1][0] if len(rows) == LARGEST_LOOK else ""
            for (arn,) in rows:
                await self._look_at(arn)

    async def _look_at(self, arn: str) -> None:
        try:
            found = await self._upstream.json(
                "states", TARGET + "DescribeExecution", {"executionArn": arn}
            )
        except UpstreamError as fault:
            if fault.status < 500:
                await self._forget(arn)
            return
        except OSError:
            return  # ministack is away; the run stays recorded
        if found["status"] not in ("RUNNING", "PENDING_REDRIVE"):
            await self._forget(arn)

    async def _forget(self, arn: str) -> None:
        await self._journal.write(("DELETE FROM executions WHERE arn = ?", (arn,)))
