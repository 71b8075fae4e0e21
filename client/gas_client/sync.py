"""The client for ordinary programs."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

import httpx

from gas_client import transport
from gas_client.calling import Caller
from gas_client.errors import GasError, JobFailed
from gas_client.flows import Flows, Seen
from gas_client.models import (
    Account,
    Delivery,
    Job,
    JobPage,
    Options,
    Pack,
    ResultFile,
    VariantAnswers,
    Webhook,
)
from gas_client.sources import Watch, blake3_of
from gas_client.state import UploadNotes, state_folder
from gas_client.steps import Answer, Plan, Send, Sleep, Step, Together
from gas_client.uploading import PARTS_FROM

T = TypeVar("T")

Stop = threading.Event


class Stopped(GasError):
    """This client was closed, or something else that belonged to the same work failed."""

    def __init__(self) -> None:
        super().__init__("Stopped.", code="stopped")


class Gas:
    """A client of one GAS server, as one user. Safe to share between threads.

    `url` is the service's address, such as `https://gas.example.org`; `token` a personal access
    token from its page `/account/tokens`. `timeout` (seconds) is for one answer; `patience` is how
    many seconds of pauses are spent on repeating a request that could not be answered. Proxies are
    taken from the environment. `state` is where uploads in parts are remembered.

    Every method raises `Unreachable`, `NotLoggedIn`, `Unavailable` or another `ApiError`; further
    ones are named where they occur. All are `GasError`s.
    """

    def __init__(
        self,
        url: str,
        token: str | None = None,
        *,
        timeout: float = transport.READ,
        patience: float = 120,
        state: Path | None = None,
        parts_from: int = PARTS_FROM,
        http: httpx.Client | None = None,
    ) -> None:
        caller = Caller(url, token, patience=patience)
        notes = UploadNotes(state or state_folder())
        self._flows = Flows(caller, notes=notes, parts_from=parts_from)
        self._do = self._flows.operations
        self._http = http or httpx.Client(**transport.settings(timeout))
        self._stopped = Stop()

    def __enter__(self) -> Gas:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End what other threads still do with it, and all connections."""
        self._stopped.set()
        self._http.close()

    # ------------------------------------------------------------ account, packs

    def account(self) -> Account:
        """Whose token this is, their plan, and what they use."""
        return self._run(self._do.account())

    def revoke_token(self) -> None:
        """End the token that this client presents."""
        self._run(self._do.revoke_token())

    def packs(self) -> Sequence[Pack]:
        """The reference packs of the service."""
        return self._run(self._do.packs())

    # ------------------------------------------------------------ files to results

    def annotate(
        self,
        path: str | Path,
        options: Options | None = None,
        *,
        name: str | None = None,
        wait: bool = False,
        timeout: float | None = None,
        watch: Watch | None = None,
    ) -> Job:
        """Send a file and have it annotated: the job; with `wait`, as it is in the end.

        A large file goes in parts, and on from where it broke off. `watch(done, total)` is told
        the bytes sent.

        Raises:
            Mistake: the file cannot be read, or was changed meanwhile.
            TimedOut: the job has not ended after `timeout` seconds.
        """
        plan = self._flows.annotate(
            Path(path), options or Options(), name=name, watch=watch, wait=wait, timeout=timeout
        )
        return self._run(plan)

    def earlier(self, path: str | Path, options: Options | None = None) -> Job | None:
        """The job that annotated the same content with the same options, if its results can be
        had now; nothing is sent. `annotate` never asks: it always makes a new job.

        Raises:
            Mistake: the file cannot be read.
        """
        blake3, size = blake3_of(Path(path))
        return self._run(self._do.earlier_job(blake3, size, options or Options()))

    def wait(self, job_id: str, *, timeout: float | None = None, seen: Seen | None = None) -> Job:
        """The job once it has ended, well or not; `seen` is told of it as it goes on.

        Raises:
            TimedOut: it has not ended after `timeout` seconds.
        """
        return self._run(self._flows.wait(job_id, timeout=timeout, seen=seen))

    def download(
        self,
        job_id: str,
        kind: str = "annotated",
        folder: str | Path = ".",
        *,
        name: str | None = None,
        watch: Watch | None = None,
    ) -> Path:
        """Get a file of a job into a folder: where it is. It goes on from where it broke off.

        Raises:
            Damaged: its SHA-256 is not what the service says.
            Mistake: it cannot be written there.
        """
        return self._run(self._flows.download(job_id, kind, Path(folder), name=name, watch=watch))

    def results(self, job: Job, folder: str | Path = ".") -> Sequence[Path]:
        """Get all files of a job that has ended.

        Raises:
            JobFailed: it has ended without results.
        """
        if not job.is_completed:
            raise JobFailed(job)
        return [self.download(job.job_id, f.kind, folder) for f in self.files(job.job_id)]

    # ------------------------------------------------------------ jobs

    def jobs(self, **wanted: Any) -> Iterator[Job]:
        """All jobs, newest first, read page by page; `wanted` as `jobs_page` takes it."""
        cursor: str | None = None
        while True:
            page = self.jobs_page(**{"limit": 100, **wanted, "cursor": cursor})
            yield from page.jobs
            cursor = page.next_cursor
            if cursor is None:
                return

    def jobs_page(
        self,
        *,
        status: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        text: str | None = None,
        oldest_first: bool = False,
        limit: int = 20,
        cursor: str | None = None,
    ) -> JobPage:
        """One page of jobs; `text` is a part of the file's name or the beginning of a job's id."""
        plan = self._do.jobs_page(
            status=status,
            since=since,
            until=until,
            text=text,
            oldest_first=oldest_first,
            limit=limit,
            cursor=cursor,
        )
        return self._run(plan)

    def look(self, job_ids: Collection[str]) -> Mapping[str, Job]:
        """Several jobs as they are now, with few requests."""
        return self._run(self._flows.look(job_ids))

    def job(self, job_id: str) -> Job:
        """One job."""
        return self._run(self._do.job(job_id))

    def log(self, job_id: str) -> str:
        """The log of a job that has ended."""
        return self._run(self._do.log(job_id))

    def files(self, job_id: str) -> Sequence[ResultFile]:
        """The files of a job that can be downloaded now."""
        return self._run(self._do.files(job_id))

    def cancel(self, job_id: str) -> Job:
        """Cancel a job that has not ended."""
        return self._run(self._do.cancel(job_id))

    def rerun(self, job_id: str, options: Options | None = None) -> Job:
        """Annotate the input of a job once more: a new job."""
        return self._run(self._do.rerun(job_id, options or Options()))

    def delete(self, job_id: str) -> None:
        """Delete a job for good, with its files."""
        self._run(self._do.delete(job_id))

    # ------------------------------------------------------------ variants

    def variants(
        self,
        variants: Sequence[str | Mapping[str, Any]],
        *,
        pack: str | None = None,
        contig_names: Mapping[str, str] | None = None,
    ) -> VariantAnswers:
        """Annotate up to 1,000 variants at once: texts (`20:4680251:A:G`, HGVS, SPDI, a line of a
        VCF) or mappings of chrom, pos (1-based), ref, alt."""
        return self._run(self._do.variants(variants, pack=pack, contig_names=contig_names))

    # ------------------------------------------------------------ webhooks

    def webhooks(self) -> Sequence[Webhook]:
        """Where the service tells of events, the oldest first."""
        return self._run(self._do.webhooks())

    def create_webhook(
        self,
        url: str,
        events: Sequence[str],
        *,
        description: str = "",
        format: str = "standard",
    ) -> Webhook:
        """Have an address told of events; `secret` of the answer signs what it gets, and is told
        this once."""
        plan = self._do.create_webhook(url, events, description=description, format=format)
        return self._run(plan)

    def ping_webhook(self, endpoint_id: str) -> Delivery:
        """Send a test; `deliveries` tells how it went, a moment later."""
        return self._run(self._do.ping_webhook(endpoint_id))

    def deliveries(self, endpoint_id: str, *, limit: int = 20) -> Sequence[Delivery]:
        """What was sent to a webhook of late, the newest first."""
        return self._run(self._do.deliveries(endpoint_id, limit))

    def delete_webhook(self, endpoint_id: str) -> None:
        """Tell that address no more."""
        self._run(self._do.delete_webhook(endpoint_id))

    # ------------------------------------------------------------ driving

    def _run(self, plan: Plan[T], stopped: Callable[[], bool] | None = None) -> T:
        given: Any = None
        error: GasError | None = None
        stopped = stopped or self._stopped.is_set
        while True:
            try:
                step = plan.send(given) if error is None else plan.throw(error)
            except StopIteration as end:
                result: T = end.value
                return result
            given, error = None, None
            try:
                given = self._carry_out(step, stopped)
            except GasError as found:
                error = found

    def _carry_out(self, step: Step, stopped: Callable[[], bool]) -> Any:
        if stopped():
            raise Stopped()
        if isinstance(step, Sleep):
            self._stopped.wait(step.seconds)
            return None
        if isinstance(step, Together):
            return self._together(step, stopped)
        return self._send(step, stopped)

    def _send(self, step: Send, stopped: Callable[[], bool]) -> Answer:
        body = step.request.body

        def chunks() -> Iterator[bytes]:
            for chunk in body.chunks() if body is not None else ():
                if stopped():
                    raise Stopped()
                yield chunk

        try:
            told = transport.told(step.request)
            request = self._http.build_request(**told, content=chunks() if body else None)
            response = self._http.send(request, stream=True)
            try:
                return self._take(response, step, stopped)
            finally:
                response.close()
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise transport.unreachable(error, step.request.url) from error
        except OSError as error:
            raise transport.unusable(error) from error

    def _take(self, response: httpx.Response, step: Send, stopped: Callable[[], bool]) -> Answer:
        answer = transport.head_of(response)
        if step.sink is None or not step.sink.begin(answer):
            return Answer(answer.status, answer.headers, response.read())
        for chunk in response.iter_raw():
            if stopped():
                raise Stopped()
            step.sink.write(chunk)
        return answer

    def _together(self, step: Together, stopped: Callable[[], bool]) -> list[Any]:
        failed = threading.Event()

        def end() -> bool:
            return failed.is_set() or stopped()

        def one(plan: Plan[Any]) -> Any:
            try:
                return self._run(plan, end)
            except BaseException:
                failed.set()
                raise

        with ThreadPoolExecutor(step.at_once, thread_name_prefix="gas") as pool:
            futures = [pool.submit(one, plan) for plan in step.plans]
            try:
                errors = [e for e in (f.exception() for f in futures) if e is not None]
            except BaseException:
                failed.set()
                pool.shutdown(cancel_futures=True)
                raise
        for error in sorted(errors, key=lambda each: isinstance(each, Stopped)):
            raise error
        return [future.result() for future in futures]
