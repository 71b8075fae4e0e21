"""The ledger of results: what the `annotations` table records of where results are kept.

Every method is one conditional write on the allowed transition (`gas.jobs.RESULTS_TRANSITIONS`)
and returns the job as it is afterwards, or None when the condition failed: somebody else was
faster, which is no error. Each write also says when the sweeper should look again.

The life of a result file, and who writes what:

    AVAILABLE ─begin_archiving→ ARCHIVING ─record_archives→ ARCHIVING ─finish_archiving→ ARCHIVED
        ▲            ▲              │ lease lapsed: begin_archiving by another worker
        │            └ abandon_archiving (the user is Premium now, the originals are all there)
        └─finish_restoring─ RESTORING ←begin_restoring─ ARCHIVED
"""

from collections.abc import Mapping, Sequence
from typing import Protocol

from gas.jobs import ArchivedFile, Job, SpentArchive, StartedRetrieval
from gas.ports import JobPage

SWEEP_SHARDS = ("0", "1", "2", "3")
"""The partitions of the index `sweeps`; a job's is the first hex digit of its id, modulo 4."""


# When the sweeper looks at a job that nothing else has moved on by then; seconds after
SWEEP_CREATED = 600
"""the submission: nobody has claimed the job."""
SWEEP_WAITING = 1800
"""a look at a job that waits for one of its user's slots: its message is lost."""
SWEEP_CLAIMED = 900
"""a claim: the worker may have died."""
SWEEP_ENDED = 600
"""the end of a job, whichever it was: it may not have been announced."""
SWEEP_DUE = 120
"""the time to archive, or a state in which something is left to delete."""
SWEEP_DELETED = 900
"""a deletion: the job should be gone."""
SWEEP_SETTLED = 60
"""a change after which a job rests: its share in the sums may not be settled (`gas.usage`)."""
SWEEP_LEASE = 60
"""the end of an archiver's lease."""
SWEEP_RETRIEVAL = 600
"""the time by which cold storage promised the last file."""


def sweep_shard(job_id: str) -> str:
    """The partition of the index `sweeps` that a job belongs to."""
    return SWEEP_SHARDS[int(job_id[0], 16) % len(SWEEP_SHARDS)]


class ResultsLedger(Protocol):
    """Where results are kept."""

    def begin_archiving(
        self, job_id: str, *, owner: str, now: int, lease_seconds: int
    ) -> Job | None:
        """AVAILABLE → ARCHIVING, or take over an ARCHIVING whose lease lapsed before `now`.

        Enters the job into the index of archives, so that a thaw sees it from now on.
        Refused while there are spent archives: delete those first.
        """

    def renew_archiving(self, job_id: str, *, owner: str, until: int) -> bool:
        """Extend the lease. False when `owner` no longer holds it."""

    def release_archiving(self, job_id: str, *, owner: str, now: int) -> bool:
        """Give the lease up; the next `begin_archiving` may take it at once."""

    def record_archives(
        self, job_id: str, *, owner: str, archives: Mapping[str, ArchivedFile]
    ) -> Job | None:
        """Note what is in cold storage, while still ARCHIVING: only after this may an original be
        deleted. Also sets `results_file_archive_id`."""

    def finish_archiving(self, job_id: str, *, owner: str, now: int) -> Job | None:
        """ARCHIVING → ARCHIVED: the originals are gone."""

    def abandon_archiving(self, job_id: str, *, owner: str, now: int) -> Job | None:
        """ARCHIVING → AVAILABLE: all originals are there. What was recorded becomes spent."""

    def begin_restoring(
        self, job_id: str, *, now: int, retrievals: Mapping[str, StartedRetrieval]
    ) -> Job | None:
        """ARCHIVED → RESTORING, with a retrieval for every archived file."""

    def replace_retrieval(
        self, job_id: str, *, file: str, archive_id: str, retrieval: StartedRetrieval, now: int
    ) -> Job | None:
        """While RESTORING: the old retrieval expired or failed, this one takes its place."""

    def mark_file_back(self, job_id: str, *, file: str, archive_id: str, now: int) -> Job | None:
        """While RESTORING: this file is in the results bucket again, its checksum verified."""

    def finish_restoring(self, job_id: str, *, now: int) -> Job | None:
        """RESTORING → AVAILABLE when every file is back. The archives become spent."""

    def forget_spent(self, job_id: str, *, spent: Sequence[SpentArchive]) -> None:
        """These archives have been deleted."""

    def list_cold(self, user_id: str, *, limit: int, cursor: str | None = None) -> JobPage:
        """A page of the user's jobs that are ARCHIVING, ARCHIVED or RESTORING, oldest first.

        From a sparse index, which may lag behind by a moment.
        """

    def due_for_sweep(self, shard: str, *, now: int, limit: int) -> Sequence[Job]:
        """Jobs whose `sweep_at` has passed, the longest overdue first (eventually consistent)."""

    def sweep_again(self, job_id: str, *, seen: int, at: int | None) -> bool:
        """Set when to look next (None: never, the job rests), unless `sweep_at` is not `seen`."""
