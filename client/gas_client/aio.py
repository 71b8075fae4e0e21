"""The client for programs on asyncio: the same plans as `gas_client.sync`, driven otherwise."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
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
from gas_client.steps import Answer, Body, Plan, Send, Sleep, Step, Together
from gas_client.uploading import PARTS_FROM

T = TypeVar("T")

pause = asyncio.sleep


class AsyncGas:
    """As `gas_client.Gas`, method by method, for `await`."""

    def __init__(
        self,
        url: str,
        token: str | None = None,
        *,
        timeout: float = transport.READ,
        patience: float = 120,
        state: Path | None = None,
        parts_from: int = PARTS_FROM,
        http: httpx.AsyncClient | None = None,
    ) -> None:
        caller = Caller(url, token, patience=patience)
        notes = UploadNotes(state or state_folder())
        self._flows = Flows(caller, notes=notes, parts_from=parts_from)
        self._do = self._flows.operations
        self._http = http or httpx.AsyncClient(**transport.settings(timeout))

    async def __aenter__(self) -> AsyncGas:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self) -> None:
        await self._http.aclose()

    # ------------------------------------------------------------ account, packs

    async def account(self) -> Account:
        return await self._run(self._do.account())

    async def revoke_token(self) -> None:
        await self._run(self._do.revoke_token())

    async def packs(self) -> Sequence[Pack]:
        return await self._run(self._do.packs())

    # ------------------------------------------------------------ files to results

    async def annotate(
        self,
        path: str | Path,
        options: Options | None = None,
        *,
        name: str | None = None,
        wait: bool = False,
        timeout: float | None = None,
        watch: Watch | None = None,
    ) -> Job:
        plan = self._flows.annotate(
            Path(path), options or Options(), name=name, watch=watch, wait=wait, timeout=timeout
        )
        return await self._run(plan)

    async def earlier(self, path: str | Path, options: Options | None = None) -> Job | None:
        blake3, size = await asyncio.to_thread(blake3_of, Path(path))
        return await self._run(self._do.earlier_job(blake3, size, options or Options()))

    async def wait(
        self,
        job_id: str,
        *,
        timeout: float | None = None,
        seen: Seen | None = None,
    ) -> Job:
        return await self._run(self._flows.wait(job_id, timeout=timeout, seen=seen))

    async def download(
        self,
        job_id: str,
        kind: str = "annotated",
        folder: str | Path = ".",
        *,
        name: str | None = None,
        watch: Watch | None = None,
    ) -> Path:
        plan = self._flows.download(job_id, kind, Path(folder), name=name, watch=watch)
        return await self._run(plan)

    async def results(self, job: Job, folder: str | Path = ".") -> Sequence[Path]:
        if not job.is_completed:
            raise JobFailed(job)
        files = await self.files(job.job_id)
        return [await self.download(job.job_id, each.kind, folder) for each in files]

    # ------------------------------------------------------------ jobs

    async def jobs(self, **wanted: Any) -> AsyncIterator[Job]:
        cursor: str | None = None
        while True:
            page = await self.jobs_page(**{"limit": 100, **wanted, "cursor": cursor})
            for job in page.jobs:
                yield job
            cursor = page.next_cursor
            if cursor is None:
                return

    async def jobs_page(
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
        plan = self._do.jobs_page(
            status=status,
            since=since,
            until=until,
            text=text,
            oldest_first=oldest_first,
            limit=limit,
            cursor=cursor,
        )
        return await self._run(plan)

    async def look(self, job_ids: Collection[str]) -> Mapping[str, Job]:
        return await self._run(self._flows.look(job_ids))

    async def job(self, job_id: str) -> Job:
        return await self._run(self._do.job(job_id))

    async def log(self, job_id: str) -> str:
        return await self._run(self._do.log(job_id))

    async def files(self, job_id: str) -> Sequence[ResultFile]:
        return await self._run(self._do.files(job_id))

    async def cancel(self, job_id: str) -> Job:
        return await self._run(self._do.cancel(job_id))

    async def rerun(self, job_id: str, options: Options | None = None) -> Job:
        return await self._run(self._do.rerun(job_id, options or Options()))

    async def delete(self, job_id: str) -> None:
        await self._run(self._do.delete(job_id))

    # ------------------------------------------------------------ variants

    async def variants(
        self,
        variants: Sequence[str | Mapping[str, Any]],
        *,
        pack: str | None = None,
        contig_names: Mapping[str, str] | None = None,
    ) -> VariantAnswers:
        plan = self._do.variants(variants, pack=pack, contig_names=contig_names)
        return await self._run(plan)

    # ------------------------------------------------------------ webhooks

    async def webhooks(self) -> Sequence[Webhook]:
        return await self._run(self._do.webhooks())

    async def create_webhook(
        self,
        url: str,
        events: Sequence[str],
        *,
        description: str = "",
        format: str = "standard",
    ) -> Webhook:
        plan = self._do.create_webhook(url, events, description=description, format=format)
        return await self._run(plan)

    async def ping_webhook(self, endpoint_id: str) -> Delivery:
        return await self._run(self._do.ping_webhook(endpoint_id))

    async def deliveries(self, endpoint_id: str, *, limit: int = 20) -> Sequence[Delivery]:
        return await self._run(self._do.deliveries(endpoint_id, limit))

    async def delete_webhook(self, endpoint_id: str) -> None:
        await self._run(self._do.delete_webhook(endpoint_id))

    # ------------------------------------------------------------ driving

    async def _run(self, plan: Plan[T]) -> T:
        given: Any = None
        error: GasError | None = None
        while True:
            try:
                step = plan.send(given) if error is None else plan.throw(error)
            except StopIteration as end:
                result: T = end.value
                return result
            given, error = None, None
            try:
                given = await self._carry_out(step)
            except GasError as found:
                error = found

    async def _carry_out(self, step: Step) -> Any:
        if isinstance(step, Sleep):
            await pause(step.seconds)
            return None
        if isinstance(step, Together):
            return await self._together(step)
        return await self._send(step)

    async def _send(self, step: Send) -> Answer:
        body = step.request.body
        try:
            told = transport.told(step.request)
            content = _chunks(body) if body is not None else None
            request = self._http.build_request(**told, content=content)
            response = await self._http.send(request, stream=True)
            try:
                return await self._take(response, step)
            finally:
                await response.aclose()
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise transport.unreachable(error, step.request.url) from error
        except OSError as error:
            raise transport.unusable(error) from error

    async def _take(self, response: httpx.Response, step: Send) -> Answer:
        answer = transport.head_of(response)
        if step.sink is None or not step.sink.begin(answer):
            return Answer(answer.status, answer.headers, await response.aread())
        async for chunk in response.aiter_raw():
            await asyncio.to_thread(step.sink.write, chunk)
        return answer

    async def _together(self, step: Together) -> list[Any]:
        gate = asyncio.Semaphore(step.at_once)

        async def one(plan: Plan[Any]) -> Any:
            async with gate:
                return await self._run(plan)

        tasks = [asyncio.ensure_future(one(plan)) for plan in step.plans]
        try:
            return list(await asyncio.gather(*tasks))
        except BaseException:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            raise


async def _chunks(body: Body) -> AsyncIterator[bytes]:
    """The body's pieces, read beside the loop."""
    pieces = body.chunks()
    while (chunk := await asyncio.to_thread(next, pieces, None)) is not None:
        yield chunk
