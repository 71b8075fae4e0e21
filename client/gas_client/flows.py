"""Plans of several calls: annotate a file, wait for jobs, look at many, read all pages."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from pathlib import Path

from gas_client.calling import Caller
from gas_client.downloading import download
from gas_client.errors import TimedOut
from gas_client.models import Job, Options
from gas_client.operations import Operations
from gas_client.sources import FileSource, Watch
from gas_client.state import UploadNotes
from gas_client.steps import Plan, Sleep
from gas_client.uploading import PARTS_FROM, Uploader

LONG_POLL = 25
"""Seconds: as long as the server lets a request wait."""
FEW = 3
"""So many jobs are asked for one by one; more are looked for in the list."""

Seen = Callable[[Job], None]
"""Told of a job each time it was looked at."""


class Flows:
    """What `Gas` and `AsyncGas` have in common: all but the driving."""

    def __init__(
        self, caller: Caller, *, notes: UploadNotes | None, parts_from: int = PARTS_FROM
    ) -> None:
        self.operations = Operations(caller)
        self._caller = caller
        self._uploader = Uploader(self.operations, notes=notes, parts_from=parts_from)

    def submit(
        self, path: Path, options: Options, *, name: str | None, watch: Watch | None
    ) -> Plan[Job]:
        """Send a file and make a job of it."""
        source = FileSource(path, name=name)
        uploaded = yield from self._uploader.upload(source, options, watch)
        job = yield from self.operations.create_job(uploaded.key)
        self._uploader.forget(source, options)
        return job

    def annotate(
        self,
        path: Path,
        options: Options,
        *,
        name: str | None,
        watch: Watch | None,
        wait: bool,
        timeout: float | None,
    ) -> Plan[Job]:
        """As `submit`, and wait for the job's end if that is wanted."""
        job = yield from self.submit(path, options, name=name, watch=watch)
        if wait:
            job = yield from self.wait(job.job_id, timeout=timeout, seen=None)
        return job

    def wait(self, job_id: str, *, timeout: float | None, seen: Seen | None) -> Plan[Job]:
        """The job once it has ended."""
        until = None if timeout is None else self._caller.clock() + timeout
        while True:
            left = LONG_POLL if until is None else until - self._caller.clock()
            seconds = int(max(0, min(LONG_POLL, left)))
            job, pause = yield from self.operations.wait_a_while(job_id, seconds)
            if seen is not None:
                seen(job)
            if job.is_final:
                return job
            if until is not None and self._caller.clock() >= until:
                raise TimedOut(f"{job.file_name} is {job.status} after {timeout:g} s.")
            if until is not None and seconds == 0:
                pause = max(pause, min(1.0, until - self._caller.clock()))
            if pause > 0:
                yield Sleep(pause)

    def look(self, job_ids: Collection[str]) -> Plan[Mapping[str, Job]]:
        """The jobs as they are now, with as few requests as that takes."""
        found: dict[str, Job] = {}
        cursor: str | None = None
        most_pages = len(job_ids) // 100 + 2
        for _ in range(most_pages if len(job_ids) > FEW else 0):
            page = yield from self.operations.jobs_page(limit=100, cursor=cursor)
            found |= {job.job_id: job for job in page.jobs if job.job_id in job_ids}
            cursor = page.next_cursor
            if cursor is None or len(found) == len(job_ids):
                break
        for job_id in job_ids:
            if job_id not in found:
                found[job_id] = yield from self.operations.job(job_id)
        return found

    def download(
        self, job_id: str, kind: str, folder: Path, *, name: str | None, watch: Watch | None
    ) -> Plan[Path]:
        return download(self.operations, job_id, kind, folder, name=name, watch=watch)
