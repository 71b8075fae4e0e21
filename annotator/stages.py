"""The stages of a job, as traces and metrics tell of them."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from pydantic import BaseModel, ConfigDict

from gas import tracing
from gas.jobs import Job
from gas.telemetry.metrics import ENGINE_MEMORY, ENGINE_RECORDS, STAGE_SECONDS


class EngineTimes(BaseModel):
    """What the engine's process tells of itself with its answer; it has no tracing of its own."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    stages: tuple[tuple[str, int, int], ...] = ()
    """Name, beginning and end (nanoseconds since 1970) of each stage."""
    memory_bytes: int = 0
    """The most memory that was resident."""


@contextmanager
def stage(name: str) -> Iterator[None]:
    """The block is this stage of the job whose span is the current one."""
    with tracing.span(name), STAGE_SECONDS.labels(name).time():
        yield


def note_claim(job: Job, *, now: int) -> None:
    """The job was claimed: how long did it wait? Only the first time: later it waited for us."""
    if job.attempts <= 1:
        STAGE_SECONDS.labels("wait").observe(max(0, now - job.submit_time))


def note_engine(times: EngineTimes, *, started: int) -> None:
    """The engine's process, `started` then, has answered."""
    if times.stages:
        tracing.record("engine: start", began=started, ended=times.stages[0][1])
    for name, began, ended in times.stages:
        tracing.record(f"engine: {name}", began=began, ended=ended)
    if times.memory_bytes:
        ENGINE_MEMORY.observe(times.memory_bytes)


def note_records(records: int) -> None:
    """The engine has read so many records."""
    ENGINE_RECORDS.inc(records)


def now() -> int:
    """Nanoseconds since 1970, as spans are timed."""
    return time.time_ns()
