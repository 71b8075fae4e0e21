"""Many files at once: sent, waited for, fetched; one that fails leaves the others alone."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from pathlib import Path

from rich.progress import Progress, TaskID

from gas_client.cli.files import alike, kinds_of
from gas_client.cli.output import clean, short
from gas_client.errors import ApiError, GasError, JobFailed, NotLoggedIn, TimedOut
from gas_client.models import Job, Options
from gas_client.sources import Watch
from gas_client.sync import Gas

FIRST_LOOK, LAST_LOOK = 0.5, 5.0
"""Seconds between looks at the jobs: more and more, while nothing changes."""
_GONE = 404


@dataclass
class Item:
    """A file and what has become of it."""

    path: Path
    name: str
    job: Job | None = None
    is_earlier: bool = False
    """Nothing was sent: the job did the same before."""
    files: list[Path] = field(default_factory=list)
    error: GasError | None = None


@dataclass(frozen=True)
class Wish:
    """What is to be done with every file. `folder` None: the results stay where they are."""

    options: Options
    wait: bool
    folder: Path | None
    kinds: Sequence[str] | None
    parallel: int
    again: bool
    """Send also what was annotated before with the same options."""
    timeout: float | None
    """Seconds to wait for the jobs, from when they were sent."""


class Batch:
    """Carries out a wish for some files; `bars` shows how far it is."""

    def __init__(self, gas: Gas, wish: Wish, bars: Progress) -> None:
        self._gas, self._wish, self._bars = gas, wish, bars
        self._alike: frozenset[str] = frozenset()
        self._open: dict[str, Item] = {}
        self._working: dict[Future[None], tuple[Item, bool]] = {}
        self._pause, self._look_at = FIRST_LOOK, 0.0
        self._sent_at = 0.0
        self._waiting: TaskID | None = None

    def run(self, items: Sequence[Item]) -> Iterator[Item]:
        """The items, each as soon as nothing more is to be done for it."""
        self._alike = alike(item.name for item in items)
        senders = ThreadPoolExecutor(self._wish.parallel, thread_name_prefix="send")
        getters = ThreadPoolExecutor(self._wish.parallel, thread_name_prefix="get")
        with senders, getters:
            try:
                for item in items:
                    self._working[senders.submit(self._send, item)] = (item, True)
                while self._working or self._open:
                    self._show_waiting()
                    yield from self._after_work()
                    yield from self._after_look(getters)
            except BaseException:
                # Whoever works still is stopped at the next piece of a file.
                self._gas.close()
                senders.shutdown(wait=False, cancel_futures=True)
                getters.shutdown(wait=False, cancel_futures=True)
                raise

    # ------------------------------------------------------------ in the main thread

    def _after_work(self) -> Iterator[Item]:
        left = max(0.0, self._look_at - time.monotonic()) if self._open else None
        if not self._working:
            time.sleep(left or 0.0)
            return
        for future in wait(self._working, left, FIRST_COMPLETED).done:
            item, was_sent = self._working.pop(future)
            future.result()
            if isinstance(item.error, NotLoggedIn):  # so it will be for all others
                yield from self._give_up(item.error)
            if was_sent and self._wish.wait and item.error is None and item.job is not None:
                self._open[item.job.job_id] = item
                self._sent_at = time.monotonic()
                self._pause = FIRST_LOOK
            else:
                yield item

    def _give_up(self, error: GasError) -> Iterator[Item]:
        for future in [each for each in self._working if each.cancel()]:
            item, _ = self._working.pop(future)
            item.error = error
            yield item

    def _after_look(self, getters: ThreadPoolExecutor) -> Iterator[Item]:
        if not self._open or time.monotonic() < self._look_at:
            return
        if self._is_late():
            late = TimedOut(f"Not all jobs have ended after {self._wish.timeout:g} s.")
            yield from self._let_go(list(self._open), late)
            return
        ended = 0
        for job_id, job in (yield from self._looked_at()).items():
            item = self._open[job_id]
            item.job = job
            if not job.is_final:
                continue
            ended += 1
            del self._open[job_id]
            if job.is_completed and self._wish.folder is not None:
                self._working[getters.submit(self._get, item)] = (item, False)
            else:
                item.error = None if job.is_completed else JobFailed(job)
                yield item
        self._pause = FIRST_LOOK if ended else min(LAST_LOOK, self._pause * 1.4)
        self._look_at = time.monotonic() + self._pause

    def _is_late(self) -> bool:
        """Whether the time is over, counted from the last job that was sent."""
        timeout = self._wish.timeout
        return timeout is not None and time.monotonic() - self._sent_at > timeout

    def _looked_at(self) -> Generator[Item, None, Mapping[str, Job]]:
        """The jobs as they are; those that cannot be looked at any more are given up."""
        try:
            return self._gas.look(list(self._open))
        except GasError as error:
            if not isinstance(error, ApiError) or error.status != _GONE:
                yield from self._let_go(list(self._open), error)
                return {}
        found: dict[str, Job] = {}
        for job_id in list(self._open):  # somebody has deleted one of them
            try:
                found[job_id] = self._gas.job(job_id)
            except GasError as error:
                yield from self._let_go([job_id], error)
        return found

    def _let_go(self, job_ids: Sequence[str], error: GasError) -> Iterator[Item]:
        for job_id in job_ids:
            item = self._open.pop(job_id)
            item.error = error
            yield item

    def _show_waiting(self) -> None:
        if self._waiting is None:
            self._waiting = self._bars.add_task("", total=None)
        many = len(self._open)
        words = f"waiting for {many} job{'s' if many > 1 else ''}"
        self._bars.update(self._waiting, description=words, visible=many > 0)

    # ------------------------------------------------------------ in other threads

    def _send(self, item: Item) -> None:
        def send(watch: Watch) -> None:
            if not self._wish.again:
                item.job = self._gas.earlier(item.path, self._wish.options)
                item.is_earlier = item.job is not None
            item.job = item.job or self._gas.annotate(
                item.path, self._wish.options, name=item.name, watch=watch
            )

        self._watched(item, "sending", send)

    def _get(self, item: Item) -> None:
        job, folder = item.job, self._wish.folder
        if job is None or folder is None:
            return
        place = folder / job.job_id if item.name in self._alike else folder

        def get(watch: Watch) -> None:
            for kind in kinds_of(job, self._wish.kinds):
                item.files.append(self._gas.download(job.job_id, kind, place, watch=watch))

        self._watched(item, "getting", get)

    def _watched(self, item: Item, what: str, work: Callable[[Watch], None]) -> None:
        task = self._bars.add_task(f"{what} {short(clean(item.name))}", total=None)
        try:
            work(lambda done, total: self._bars.update(task, completed=done, total=total))
        except GasError as error:
            item.error = error
        finally:
            self._bars.remove_task(task)
