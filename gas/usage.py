"""What a user's jobs amount to: how many there are in each state, and the bytes they keep.

Every job has a *share*: what it adds to the sum of its user. The sum is never counted anew: when
a job changes, its new share and the difference to the one before are written in one transaction,
on the condition that the share before is still the recorded one. So each change counts once,
however often a worker is killed or repeats itself; what was cut off between the change and the
transaction is made good by whoever touches the job next, at the latest the sweeper, which lets no
job rest before. Jobs from before there were shares get one in the same way.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from gas.jobs import Job, JobStatus, ResultsState

Share = Mapping[str, int]
"""Numbers by name, zeros left out. The names are those of `NUMBERS`."""

NUMBERS = (
    *(status.value.lower() for status in JobStatus),
    "archived",
    "input_bytes",
    "result_bytes",
    "archive_bytes",
)

_COLD = frozenset({ResultsState.ARCHIVED, ResultsState.RESTORING})


@dataclass(frozen=True)
class Usage:
    """The sum over all jobs of a user. What is being deleted does not count."""

    jobs: Mapping[JobStatus, int] = field(default_factory=dict)
    archived: int = 0
    """Jobs whose results are in cold storage."""
    input_bytes: int = 0
    result_bytes: int = 0
    """In the results bucket."""
    archive_bytes: int = 0
    """In cold storage."""
    complete: bool = True
    """False: jobs from before there were sums are still to be added."""

    @property
    def n_jobs(self) -> int:
        """All jobs."""
        return sum(self.jobs.values())

    @property
    def n_bytes(self) -> int:
        """Everything that is kept."""
        return self.input_bytes + self.result_bytes + self.archive_bytes


def share_of(job: Job) -> Share:
    """What the job adds to its user's sum, as it is now."""
    if job.erasing_at is not None:
        return {}
    archived = job.results_state in _COLD
    files = job.results.files if job.results else {}
    away = job.archivable if archived else {}
    kept = [file.size for name, file in files.items() if name not in away]
    if job.failure_log is not None:
        kept.append(job.failure_log.size)
    numbers = {
        job.job_status.value.lower(): 1,
        "archived": int(archived),
        "input_bytes": job.input_size,
        "result_bytes": 0 if job.results_state is ResultsState.DELETED else sum(kept),
        "archive_bytes": sum(file.size for file in away.values()),
    }
    return {name: number for name, number in numbers.items() if number}


def difference(after: Share, before: Share) -> Share:
    """What has to be added to the sum when a job's share changes."""
    changes = {name: after.get(name, 0) - before.get(name, 0) for name in NUMBERS}
    return {name: change for name, change in changes.items() if change}


def usage_of(sums: Mapping[str, int], *, complete: bool) -> Usage:
    """The usage that the recorded numbers stand for."""
    return Usage(
        jobs={status: sums.get(status.value.lower(), 0) for status in JobStatus},
        archived=sums.get("archived", 0),
        input_bytes=sums.get("input_bytes", 0),
        result_bytes=sums.get("result_bytes", 0),
        archive_bytes=sums.get("archive_bytes", 0),
        complete=complete,
    )
