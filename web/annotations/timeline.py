"""What happened to a job, in the order in which it happened."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from gas.jobs import Job, JobStatus
from web.present import duration

_ENDS = {
    JobStatus.COMPLETED: "Completed",
    JobStatus.FAILED: "Failed",
    JobStatus.CANCELLED: "Cancelled",
}


@dataclass(frozen=True)
class Event:
    """One thing that happened."""

    at: int
    title: str
    note: str = ""


def timeline_of(job: Job) -> Sequence[Event]:
    """The events of a job, the earliest first."""
    return sorted(_events(job), key=lambda event: event.at)


def _events(job: Job) -> Iterator[Event]:
    yield Event(job.submit_time, "Submitted")
    if job.queued_at is not None:
        yield Event(job.queued_at, "Queued")
    starts = job.attempt_times or ((job.start_time,) if job.start_time is not None else ())
    for number, at in enumerate(starts, start=1):
        waited = at - job.submit_time
        first = f"after {duration(waited)} in the queue" if waited > 0 else "at once"
        if number > 1:
            first = "taken up again by itself"
        yield Event(at, "Started" if len(starts) == 1 else f"Start {number}", first)
    if job.complete_time is not None:
        began = starts[-1] if starts else job.submit_time
        ran = f"after {duration(job.complete_time - began)}" if starts else ""
        yield Event(job.complete_time, _ENDS.get(job.job_status, "Ended"), ran)
    if job.notified_at is not None:
        yield Event(job.notified_at, "Mail sent")
    if job.archived_at is not None:
        yield Event(job.archived_at, "Moved to the archive")
    if job.restored_at is not None:
        yield Event(job.restored_at, "Back from the archive")
