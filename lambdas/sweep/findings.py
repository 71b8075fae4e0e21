"""What the sweeper makes of a job: the table of docs/results-life.md.

A finding that repeats is told less and less often: the message may well be there, and only wait
its turn.
"""

from dataclasses import dataclass
from enum import StrEnum

from gas.jobs import Job, JobStatus, ResultsState
from gas.ledger import (
    SWEEP_CLAIMED,
    SWEEP_CREATED,
    SWEEP_DELETED,
    SWEEP_DUE,
    SWEEP_LEASE,
    SWEEP_RETRIEVAL,
)


class Finding(StrEnum):
    """Something that fell through; the value is what logs and counts call it."""

    NOT_CLAIMED = "not_claimed"
    """PENDING for long: its message may be lost."""
    ANNOTATOR_LOST = "annotator_lost"
    """RUNNING, and the lease has lapsed."""
    NOT_ANNOUNCED = "not_announced"
    """Final, and nobody was told."""
    DUE = "due"
    """AVAILABLE past the time to archive."""
    SPENT_ARCHIVES = "spent_archives"
    """AVAILABLE, and copies in cold storage are still to be deleted."""
    ARCHIVER_LOST = "archiver_lost"
    """ARCHIVING, and the lease has lapsed."""
    RETRIEVAL_OVERDUE = "retrieval_overdue"
    """RESTORING, and cold storage should have delivered."""
    NOT_ERASED = "not_erased"
    """Deleted by its user, and still there."""


@dataclass(frozen=True)
class Verdict:
    """What was found, if anything, and when to look next (None: the job rests)."""

    finding: Finding | None
    look_at: int | None


def judge(job: Job, now: int) -> Verdict:
    """What is the matter with a job whose `sweep_at` has passed."""
    if job.erasing_at is not None:
        since = job.erasing_at + SWEEP_DELETED
        return _overdue(Finding.NOT_ERASED, since, now, every=SWEEP_DELETED)
    match job.job_status:
        case JobStatus.PENDING:
            least = job.submit_time + SWEEP_CREATED
            return _overdue(Finding.NOT_CLAIMED, least, now, every=SWEEP_CREATED)
        case JobStatus.RUNNING:
            if job.lease_until >= now:
                return Verdict(None, now + SWEEP_CLAIMED)
            return _overdue(Finding.ANNOTATOR_LOST, job.lease_until, now, every=SWEEP_CLAIMED)
        case JobStatus.CANCELLED:
            return Verdict(None, None)
    if job.announced_at is None:
        since = job.complete_time or now
        return _overdue(Finding.NOT_ANNOUNCED, since, now, every=SWEEP_CREATED)
    return _judge_results(job, now)


def _judge_results(job: Job, now: int) -> Verdict:
    match job.results_state:
        case ResultsState.AVAILABLE if job.spent_archives:
            since = job.restored_at or now
            return _overdue(Finding.SPENT_ARCHIVES, since, now, every=SWEEP_CLAIMED)
        case ResultsState.AVAILABLE if job.archive_at is not None:
            if job.archive_at > now:
                return Verdict(None, job.archive_at + SWEEP_DUE)
            return _overdue(Finding.DUE, job.archive_at, now, every=SWEEP_CLAIMED)
        case ResultsState.ARCHIVING:
            if job.archive_lease_until >= now:
                return Verdict(None, job.archive_lease_until + SWEEP_LEASE)
            return _overdue(
                Finding.ARCHIVER_LOST, job.archive_lease_until, now, every=SWEEP_CLAIMED
            )
        case ResultsState.RESTORING:
            return _overdue(
                Finding.RETRIEVAL_OVERDUE,
                _expected_at(job) + SWEEP_RETRIEVAL,
                now,
                every=SWEEP_RETRIEVAL,
            )
    return Verdict(None, None)


def _overdue(finding: Finding, since: int, now: int, *, every: int) -> Verdict:
    """`finding` if `since` has passed; then the next look comes as late again, `every` seconds
    from now at least."""
    if since > now:
        return Verdict(None, since)
    return Verdict(finding, now + max(every, now - since))


def _expected_at(job: Job) -> int:
    """When the last file should have been retrieved."""
    expected = [each.retrieval.expected_at for each in job.archives.values() if each.retrieval]
    return max(expected, default=0)
