"""Retrievals from vaults: asked for, ready after a while, announced, expired."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import aiohttp

from local.cloud.herald import Herald
from local.cloud.journal import Journal, Row
from local.cloud.practice import Practice
from local.cloud.upstream import UpstreamError
from local.cloud.vault.refusals import Refusal, arn_of, invalid, missing, not_found
from local.cloud.vault.store import Archive, VaultStore, now

log = logging.getLogger(__name__)

ARCHIVE_RETRIEVAL = "archive-retrieval"
INVENTORY_RETRIEVAL = "inventory-retrieval"
ACTIONS = {ARCHIVE_RETRIEVAL: "ArchiveRetrieval", INVENTORY_RETRIEVAL: "InventoryRetrieval"}
TIERS = ("Expedited", "Standard", "Bulk")
JOB_ID_BYTES = 69
DAY = 86400.0
FAULTS = (aiohttp.ClientError, UpstreamError, OSError)
LONGEST_SLEEP = 60.0
PAUSE = 0.5
AT_ONCE = 16
"""Notices that are published side by side."""


@dataclass(frozen=True)
class VaultJob:
    """A retrieval. ``request`` is what its client asked for."""

    id: str
    vault: str
    action: str
    request: Mapping[str, Any]
    created: float
    ready: float
    expires: float

    @property
    def is_completed(self) -> bool:
        return self.ready <= now()


class VaultJobs:
    """The retrievals of all vaults."""

    def __init__(
        self, journal: Journal, store: VaultStore, practice: Practice, herald: Herald
    ) -> None:
        self._journal = journal
        self._store = store
        self._practice = practice
        self._herald = herald
        self._changed = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to announce what is ready and to forget what has expired."""
        if self._task is None:
            self._task = asyncio.create_task(self._run(), name="vault jobs")

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def begin(self, vault: str, request: Mapping[str, Any]) -> VaultJob:
        """Ask for an archive or an inventory.

        Raises
        ------
        Refusal
            The request is malformed, the archive is not there, or there is no capacity.
        """
        action = ACTIONS.get(request.get("Type", ""))
        tier = request.get("Tier") or "Standard"
        if action is None:
            raise invalid("Invalid job type: archive-retrieval and inventory-retrieval are known.")
        if tier not in TIERS:
            raise invalid(f"Invalid tier: {tier}")
        if request.get("RetrievalByteRange") or request.get("Format", "JSON") != "JSON":
            raise invalid("The embedded cloud retrieves archives whole, and inventories as JSON.")
        if action == "ArchiveRetrieval":
            archive_id = request.get("ArchiveId")
            if not archive_id:
                raise missing("ArchiveId")
            if self._store.archive(vault, archive_id) is None:
                raise not_found(f"The archive ID was not found: {archive_id}")
        cold = self._practice.cold
        if cold.lacks(tier):
            text = f"Insufficient capacity for {tier} retrievals just now. Try again later."
            raise Refusal(503, "InsufficientCapacityException", text)
        ready = now() + cold.takes(tier)
        kept = DAY if cold.seconds.kept is None else cold.seconds.kept
        job = VaultJob(
            secrets.token_urlsafe(JOB_ID_BYTES),
            vault,
            action,
            {**request, "Tier": tier},
            now(),
            ready,
            ready + kept,
        )
        values = (job.id, vault, action, json.dumps(job.request), job.created, ready, job.expires)
        await self._journal.write(
            ("INSERT INTO vault_jobs VALUES (?, ?, ?, ?, ?, ?, ?, 0)", values)
        )
        self._changed.set()
        return job

    def job(self, vault: str, job_id: str) -> VaultJob:
        """A job.

        Raises
        ------
        Refusal
            It is not there, or no more.
        """
        rows = self._journal.read(
            "SELECT * FROM vault_jobs WHERE id = ? AND vault = ? AND expires > ?",
            (job_id, vault, now()),
        )
        if not rows:
            raise not_found(f"The job ID was not found: {job_id}")
        return _job(rows[0])

    def jobs(self, vault: str) -> list[VaultJob]:
        """The jobs of a vault, the oldest first."""
        rows = self._journal.read(
            "SELECT * FROM vault_jobs WHERE vault = ? AND expires > ? ORDER BY created",
            (vault, now()),
        )
        return [_job(row) for row in rows]

    def described(self, job: VaultJob) -> dict[str, Any]:
        """What DescribeJob and the notice say."""
        status = "InProgress"
        archive = self.archive_of(job)
        if job.is_completed:
            lost = job.action == "ArchiveRetrieval" and archive is None
            status = "Failed" if lost else "Succeeded"
        completion = timestamp(job.ready) if job.is_completed else None
        told: dict[str, Any] = {
            "JobId": job.id,
            "JobDescription": job.request.get("Description"),
            "Action": job.action,
            "ArchiveId": job.request.get("ArchiveId"),
            "VaultARN": arn_of(job.vault),
            "CreationDate": timestamp(job.created),
            "Completed": job.is_completed,
            "StatusCode": status,
            "StatusMessage": status,
            "SNSTopic": job.request.get("SNSTopic"),
            "CompletionDate": completion,
            "Tier": job.request["Tier"],
        }
        if archive is not None:
            whole = {"SHA256TreeHash": archive.tree, "ArchiveSHA256TreeHash": archive.tree}
            told |= {"ArchiveSizeInBytes": archive.size, **whole}
            told["RetrievalByteRange"] = f"0-{archive.size - 1}"
        return told

    def archive_of(self, job: VaultJob) -> Archive | None:
        """The archive that was asked for, if it is still there."""
        wanted = job.request.get("ArchiveId")
        return self._store.archive(job.vault, wanted) if wanted else None

    async def _run(self) -> None:
        while True:
            self._changed.clear()
            try:
                await self._work_off()
            except FAULTS as fault:
                log.info("A retrieval could not be announced: %s", fault)
                await asyncio.sleep(PAUSE)
                continue
            following = self._journal.read(
                "SELECT min(CASE WHEN told THEN expires ELSE ready END) FROM vault_jobs"
            )[0][0]
            pause = LONGEST_SLEEP if following is None else following - now()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._changed.wait(), min(max(pause, 0), LONGEST_SLEEP))

    async def _work_off(self) -> None:
        """Publish the notices that are due; a job that has been announced may be forgotten.

        Raises
        ------
        UpstreamError
            Some could not be published; the others have been.
        """
        while due := self._journal.read(
            "SELECT * FROM vault_jobs WHERE NOT told AND ready <= ? LIMIT ?", (now(), AT_ONCE)
        ):
            told = [self._tell(_job(row)) for row in due]
            faults = [f for f in await asyncio.gather(*told, return_exceptions=True) if f]
            if faults:
                raise faults[0]
        await self._journal.write(("DELETE FROM vault_jobs WHERE told AND expires <= ?", (now(),)))

    async def _tell(self, job: VaultJob) -> None:
        topic = job.request.get("SNSTopic")
        if topic:
            await self._herald.publish(topic, json.dumps(self.described(job)))
        await self._journal.write(("UPDATE vault_jobs SET told = 1 WHERE id = ?", (job.id,)))


def timestamp(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def _job(row: Row) -> VaultJob:
    job_id, vault, action, request, created, ready, expires, _ = row
    return VaultJob(job_id, vault, action, json.loads(request), created, ready, expires)
