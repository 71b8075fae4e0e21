"""Erasing what a person left: jobs, files, archives, in an order that a crash may cut anywhere.

Of each job: it is taken out of everybody's hands, what there is is written down, the files go,
the archives go, and only then the job itself, which is what a repetition finds the rest by.
What a worker may still be writing to is looked at once more when that worker has certainly ended.
"""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from gas import keys
from gas.certificates import sha256
from gas.erasure import ErasableJobs
from gas.errors import GasError
from gas.jobs import ColdKind, Job
from gas.logs import bound, get_logger
from gas.messages import AccountErasureRequested
from gas.ports import BlobInfo, BlobStore, Clock, ColdStore, JobPage
from lambdas.erase_account.certify import Certify
from lambdas.erase_account.records import Deleted, ErasureRecords

log = get_logger()

PAGE = 100
_MANY = 1_000_000


class ErasureUnfinished(GasError):
    """There is more to do: deliver the message again."""

    code = "erasure_unfinished"
    retryable = True


@dataclass(frozen=True)
class Pace:
    """How long and how wide one delivery of the message is worked on."""

    grace_seconds: int = 300
    """A worker that lost a job may still be writing for so long."""
    budget_seconds: int = 200
    """After so long, the rest is left to the next delivery."""
    at_once: int = 8
    """Jobs erased at the same time."""


@dataclass(frozen=True)
class Places:
    """Where a person's things are."""

    inputs: BlobStore
    results: BlobStore
    archives: BlobStore
    """The bucket of archives of S3's Glacier class; listed, so that forgotten ones go as well."""
    cold: Mapping[ColdKind, ColdStore]
    key_prefix: str = ""


class EraseAccount:
    """The use case behind the handler."""

    def __init__(
        self, *, jobs: ErasableJobs, places: Places, certify: Certify, clock: Clock, pace: Pace
    ) -> None:
        self._jobs = jobs
        self._places = places
        self._certify = certify
        self._clock = clock
        self._pace = pace

    def __call__(self, body: str) -> None:
        """Erase what the AccountErasureRequested message `body` names.

        Raises:
            ErasureUnfinished: a worker may still be writing, or the time is up.
        """
        request = AccountErasureRequested.from_json(body)
        with bound(erasure_id=request.erasure_id):
            records = ErasureRecords(self._places.results, request.erasure_id)
            self._erase_jobs(request, records)
            self._erase_strays(request, records)
            self._certify(request, records)
            log.info("account_erased")

    def _erase_jobs(self, request: AccountErasureRequested, records: ErasureRecords) -> None:
        stop_at = self._clock.now() + self._pace.budget_seconds
        held_back = 0
        with ThreadPoolExecutor(self._pace.at_once) as pool:
            for number, page in enumerate(self._pages(request)):
                if number > 0 and self._clock.now() >= stop_at:
                    raise ErasureUnfinished("The time of this run is up.")
                done = list(pool.map(lambda job: self._erase(job, records), page))
                held_back += done.count(False)
        if held_back:
            raise ErasureUnfinished(f"{held_back} jobs may still be written to.")

    def _pages(self, request: AccountErasureRequested) -> Iterator[Sequence[Job]]:
        """The jobs of the account that is erased, not those of a later one."""
        page: JobPage | None = self._jobs.list_for_user(request.user_id, limit=PAGE)
        while page is not None:
            # The following page is read first: this one's jobs are about to go.
            following = (
                self._jobs.list_for_user(request.user_id, limit=PAGE, cursor=page.next_cursor)
                if page.next_cursor
                else None
            )
            yield [job for job in page.jobs if job.submit_time <= request.requested_at]
            page = following

    def _erase(self, listed: Job, records: ErasureRecords) -> bool:
        """Erase one job; False: its files are gone, but it has to be looked at again."""
        job = self._jobs.begin_erasing(listed.job_id, at=self._clock.now())
        if job is None:  # the index had not noticed yet
            return True
        found = self._found(job)
        records.note(
            job.job_id,
            Deleted(
                jobs=frozenset({sha256(job.job_id)}),
                files=_hashed(found[self._places.inputs] + found[self._places.results]),
                archives={**_archives_of(job), **_hashed(found[self._places.archives])},
            ),
        )
        for bucket, objects in found.items():
            _delete(bucket, objects)
        for kind, archive_id in _archive_ids(job):
            self._places.cold[kind].delete(archive_id)
        if self._clock.now() < _quiet_at(job, self._pace.grace_seconds):
            return False
        self._jobs.remove(job.job_id)
        log.info("job_erased", job_id=job.job_id)
        return True

    def _found(self, job: Job) -> dict[BlobStore, list[BlobInfo]]:
        """All objects of the job, by bucket."""
        parts = f"{job.user_id}/{job.job_id}~"
        places = self._places
        return {
            places.inputs: list(places.inputs.list(places.key_prefix + parts, limit=_MANY)),
            places.results: list(places.results.list(places.key_prefix + parts, limit=_MANY)),
            places.archives: list(places.archives.list(parts, limit=_MANY)),
        }

    def _erase_strays(self, request: AccountErasureRequested, records: ErasureRecords) -> None:
        """Objects of the person that belong to no job: uploads without one, late results.

        An upload that came later may be the first one of a new account, whose job is about to
        be made.
        """
        places = self._places
        prefix = keys.user_prefix(places.key_prefix, request.user_id)
        uploads = [
            each
            for each in self._jobless(places.inputs, prefix, places.key_prefix)
            if each.modified_at <= request.requested_at
        ]
        results = self._jobless(places.results, prefix, places.key_prefix)
        archives = self._jobless(places.archives, f"{request.user_id}/", "")
        if not (uploads or results or archives):
            return
        records.note(
            "strays", Deleted(files=_hashed(uploads + results), archives=_hashed(archives))
        )
        for bucket, objects in (
            (places.inputs, uploads),
            (places.results, results),
            (places.archives, archives),
        ):
            _delete(bucket, objects)

    def _jobless(self, bucket: BlobStore, prefix: str, key_prefix: str) -> list[BlobInfo]:
        known: dict[str, bool] = {}
        strays = []
        for found in bucket.list(prefix, limit=_MANY):
            job_id = found.key.removeprefix(key_prefix).partition("/")[2].partition("~")[0]
            if job_id not in known:
                known[job_id] = self._jobs.get(job_id) is not None
            if not known[job_id]:
                strays.append(found)
        return strays


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


def _archive_ids(job: Job) -> set[tuple[ColdKind, str]]:
    kept = {(each.kind, each.archive_id) for each in job.archives.values()}
    return kept | {(each.kind, each.archive_id) for each in job.spent_archives}


def _archives_of(job: Job) -> dict[str, int]:
    """The recorded archives, hashed; the size of a spent one is no longer known."""
    sizes = {each.archive_id: each.size for each in job.archives.values()}
    return {sha256(archive_id): sizes.get(archive_id, 0) for _, archive_id in _archive_ids(job)}


def _hashed(objects: Sequence[BlobInfo]) -> dict[str, int]:
    """By their keys; the id of an archive of S3's Glacier class is its key, too."""
    return {sha256(each.key): each.size for each in objects}


def _delete(bucket: BlobStore, objects: Sequence[BlobInfo]) -> None:
    for each in objects:
        bucket.delete(each.key)
