"""Starts the parts, starts them again when they die, and stops them in order."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from local.errors import LocalError
from local.logs import tail
from local.parts import Layer, Part
from local.records import MARK, ProcessRecord, RecordBook, signal_group

PROBE_PAUSE = 0.03
SLOW_START_NOTICE = 10.0


class PartFailed(LocalError):
    """A part could not be started at all."""


@dataclass(frozen=True)
class Patience:
    """How often and how fast a part is started again."""

    first_pause: float = 0.5
    longest_pause: float = 30.0
    steady_after: float = 20.0
    """A part that ran so many seconds starts again with a clean record."""
    first_attempts: int = 3
    """Attempts before a part that never became ready is given up."""
    alarm_after: int = 4
    """Deaths in a row after which the last log lines are shown."""

    def pause(self, deaths: int) -> float:
        """Seconds to wait after this many deaths in a row (1, 2, ...)."""
        return min(self.first_pause * 2.0 ** (deaths - 1), self.longest_pause)


@dataclass
class _Watched:
    part: Part
    ready: asyncio.Future[None]
    keeper: asyncio.Task[None] | None = None
    process: asyncio.subprocess.Process | None = None
    deaths: int = 0
    was_ready: bool = field(default=False)


class Supervisor:
    """Looks after parts. One instance for each ``up``; used from one event loop.

    ``say`` is given a sentence for each event. ``guard`` is told ``+ PID SIGNAL`` and ``- PID``
    for the watchdog.
    """

    def __init__(
        self,
        data: Path,
        logs: Path,
        book: RecordBook,
        say: Callable[[str], None],
        guard: Callable[[str], None] = lambda line: None,
        patience: Patience | None = None,
    ) -> None:
        self._data = data
        self._logs = logs
        self._book = book
        self._say = say
        self._guard = guard
        self._patience = patience or Patience()
        self._watched: dict[str, _Watched] = {}
        self._stopping = False

    def log_of(self, part: Part) -> Path:
        return self._logs / f"{part.name}.log"

    def pids(self) -> dict[str, int]:
        """The process id of each part that runs now."""
        return {
            name: watched.process.pid
            for name, watched in self._watched.items()
            if watched.process is not None and watched.process.returncode is None
        }

    async def start(self, part: Part) -> None:
        """Start a part and return once it is ready.

        Raises
        ------
        PartFailed
            It ended, or did not become ready, several times in a row.
        """
        ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        watched = _Watched(part, ready)
        self._watched[part.name] = watched
        watched.keeper = asyncio.create_task(self._keep(watched), name=f"keep {part.name}")
        watched.keeper.add_done_callback(lambda task: _pass_on(task, ready))
        await asyncio.shield(ready)

    async def stop(self) -> None:
        """Stop all parts, the highest layer first. What does not stop in time is killed."""
        self._stopping = True
        for layer in sorted(Layer, reverse=True):
            await asyncio.gather(
                *(self._stop_one(w) for w in self._watched.values() if w.part.layer is layer)
            )

    def kill(self) -> None:
        """Kill all parts at once, without asking."""
        self._stopping = True
        for pid in self.pids().values():
            signal_group(pid, signal.SIGKILL)

    async def _stop_one(self, watched: _Watched) -> None:
        process = watched.process
        if process is not None and process.returncode is None:
            signal_group(process.pid, watched.part.stop_signal)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(process.wait(), watched.part.stop_seconds)
            if process.returncode is None:
                self._say(f"{watched.part.title} did not stop in time and is killed.")
            signal_group(process.pid, signal.SIGKILL)
            await process.wait()
        if watched.keeper is not None:
            watched.keeper.cancel()
            with contextlib.suppress(asyncio.CancelledError, PartFailed):
                await watched.keeper
        if process is not None:
            self._forget(watched, process)

    async def _keep(self, watched: _Watched) -> None:
        """Start, watch, start again, until the supervisor stops."""
        while not self._stopping:
            begun = asyncio.get_running_loop().time()
            process = await self._spawn(watched)
            if process is None:
                return
            if await self._until_ready(watched, process):
                self._now_ready(watched)
            code = await process.wait()
            signal_group(process.pid, signal.SIGKILL)  # what it left behind of its family
            self._forget(watched, process)
            if self._stopping:
                return
            if asyncio.get_running_loop().time() - begun > self._patience.steady_after:
                watched.deaths = 0
            watched.deaths += 1
            await asyncio.sleep(self._after_death(watched, code))

    async def _spawn(self, watched: _Watched) -> asyncio.subprocess.Process | None:
        part = watched.part
        if part.prepare is not None:
            await asyncio.to_thread(part.prepare)
        if self._stopping:
            return None
        self._logs.mkdir(parents=True, exist_ok=True)
        log = os.open(self.log_of(part), os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            process = await asyncio.create_subprocess_exec(
                *part.command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=part.folder,
                env={**part.environment, MARK: str(self._data)},
                start_new_session=True,
            )
        except OSError as fault:
            raise PartFailed(f"{part.title} cannot be started: {fault}.") from fault
        finally:
            os.close(log)
        watched.process = process
        self._guard(f"+ {process.pid} {int(part.stop_signal)}")
        self._book.write(ProcessRecord.of(part.name, process.pid))
        return process

    async def _until_ready(self, watched: _Watched, process: asyncio.subprocess.Process) -> bool:
        part = watched.part
        loop = asyncio.get_running_loop()
        begun = loop.time()
        notice = SLOW_START_NOTICE
        while process.returncode is None:
            if await part.ready():
                return process.returncode is None
            waited = loop.time() - begun
            if waited > part.ready_seconds:
                self._say(f"{part.title} is not ready after {waited:.0f} s and is started again.")
                signal_group(process.pid, signal.SIGKILL)
                return False
            if waited > notice:
                self._say(f"Still waiting for {part.title}; its log: {self.log_of(part)}")
                notice *= 2
            await asyncio.sleep(PROBE_PAUSE)
        return False

    def _now_ready(self, watched: _Watched) -> None:
        again = " again" if watched.was_ready else ""
        self._say(f"{watched.part.title} is ready{again}.")
        watched.was_ready = True
        if not watched.ready.done():
            watched.ready.set_result(None)

    def _after_death(self, watched: _Watched, code: int) -> float:
        """Say what happened; the seconds to wait before the next start."""
        part, deaths = watched.part, watched.deaths
        if not watched.was_ready and deaths >= self._patience.first_attempts:
            raise PartFailed(
                f"{part.title} did not start ({in_words(code)}, {deaths} attempts). "
                f"The end of {self.log_of(part)}:\n{tail(self.log_of(part))}"
            )
        pause = self._patience.pause(deaths)
        self._say(f"{part.title} ended ({in_words(code)}); it is started again in {pause:g} s.")
        if deaths == self._patience.alarm_after:
            self._say(
                f"{part.title} keeps ending. The end of {self.log_of(part)}:\n"
                f"{tail(self.log_of(part))}"
            )
        return pause

    def _forget(self, watched: _Watched, process: asyncio.subprocess.Process) -> None:
        self._guard(f"- {process.pid}")
        self._book.remove(watched.part.name)
        if watched.process is process:
            watched.process = None


def in_words(code: int) -> str:
    """An exit status in words."""
    if code >= 0:
        return f"exit code {code}"
    try:
        return f"signal {signal.Signals(-code).name}"
    except ValueError:
        return f"signal {-code}"


def _pass_on(task: asyncio.Task[None], ready: asyncio.Future[None]) -> None:
    """Hand the fault of a keeper to whoever waits for its part."""
    if ready.done():
        return
    if task.cancelled():
        ready.cancel()
    elif (fault := task.exception()) is not None:
        ready.set_exception(fault)
    else:
        ready.cancel()
