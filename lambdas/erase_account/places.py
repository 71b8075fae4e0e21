"""Where the things of a job are, and how they go.

The files go, then the archives, and only then the job itself, which is what a repetition finds
the rest by. What a worker may still be writing to is looked at once more when that worker has
certainly ended: until then the record stays, so that nobody makes the job anew.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gas.earlier import EarlierJobs, forget_job
from gas.erasure import ErasableJobs
from gas.errors import GasError
from gas.jobs import ColdKind, Job
from gas.logs import get_logger
from gas.ports import BlobInfo, BlobStore, Clock, ColdStore

log = get_logger()

MANY = 1_000_000


class ErasureUnfinished(GasError):
    """There is more to do: deliver the message again."""

    code = "erasure_unfinished"
    retryable = True


@dataclass(frozen=True)
class Places:
    """Where a person's things are."""

    inputs: BlobStore
    results: BlobStore
    archives: BlobStore
    """The bucket of archives of S3's Glacier class; listed, so that forgotten ones go as well."""
    cold: Mapping[ColdKind, ColdStore]
    earlier: EarlierJobs
    """What is noted of the contents that were annotated."""
    key_prefix: str = ""


Found = Mapping[BlobStore, Sequence[BlobInfo]]
"""Objects by their bucket."""


class JobEraser:
    """Removes what there is of a job that was taken out of everybody's hands."""

    def __init__(
        self, *, jobs: ErasableJobs, places: Places, clock: Clock, grace_seconds: int
    ) -> None:
        self._jobs = jobs
        self._places = places
        self._clock = clock
        self._grace_seconds = grace_seconds

    def find(self, job: Job) -> Found:
        """All objects of the job."""
        parts = f"{job.user_id}/{job.job_id}~"
        places = self._places
        return {
            places.inputs: places.inputs.list(places.key_prefix + parts, limit=MANY),
            places.results: places.results.list(places.key_prefix + parts, limit=MANY),
            places.archives: places.archives.list(parts, limit=MANY),
        }

    def remove(self, job: Job, found: Found) -> bool:
        """Remove `found`, the archives and the job; False: the files are gone, but the job has to
        be looked at again, as somebody may still be writing."""
        for bucket, objects in found.items():
            delete_all(bucket, objects)
        for kind, archive_id in archive_ids(job):
            self._places.cold[kind].delete(archive_id)
        if self._clock.now() < _quiet_at(job, self._grace_seconds):
            return False
        forget_job(self._places.earlier, job)
        self._jobs.remove(job.job_id)
        log.info("job_erased", job_id=job.job_id)
        return True


def delete_all(bucket: BlobStore, objects: Sequence[BlobInfo]) -> None:
    """Delete these objects."""
    for each in objects:
        bucket.delete(each.key)


def archive_ids(job: Job) -> set[tuple[ColdKind, str]]:
    """Every archive that is recorded of the job, spent ones too."""
    kept = {(each.kind, each.archive_id) for each in job.archives.values()}
    return kept | {(each.kind, each.archive_id) for each in job.spent_archives}


def _quiet_at(job: Job, grace_seconds: int) -> int:
    """From when on nobody writes anything of the job any more."""
    begun = job.erasing_at or 0
    lease = max(job.lease_until, job.archive_lease_until)
    coming_back = any(
        archive.retrieval is not None and archive.back_at is None
        for archive in job.archives.values()
    )
    if lease >= begun:
        return lease + grace_seconds
    return begun + grace_seconds if coming_back else 0
