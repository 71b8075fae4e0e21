"""Erasing what a person left: jobs, files, archives, in an order that a crash may cut anywhere.

Of each job: it is taken out of everybody's hands, what there is is written down, and then it goes
(`lambdas.erase_account.places`).
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from gas import keys
from gas.certificates import sha256
from gas.erasure import ErasableImports, ErasableJobs, ErasableWebhooks
from gas.jobs import Job
from gas.logs import bound, get_logger
from gas.messages import AccountErasureRequested
from gas.ports import BlobInfo, BlobStore, Clock, JobPage
from lambdas.erase_account.certify import Certify
from lambdas.erase_account.places import (
    MANY,
    ErasureUnfinished,
    JobEraser,
    Places,
    archive_ids,
    delete_all,
)
from lambdas.erase_account.records import Deleted, ErasureRecords

log = get_logger()

PAGE = 100


@dataclass(frozen=True)
class Pace:
    """How long and how wide one delivery of the message is worked on."""

    grace_seconds: int = 300
    """A worker that lost a job may still be writing for so long."""
    budget_seconds: int = 200
    """After so long, the rest is left to the next delivery."""
    at_once: int = 8
    """Jobs erased at the same time."""


class EraseAccount:
    """The use case behind the handler."""

    def __init__(
        self,
        *,
        jobs: ErasableJobs,
        webhooks: ErasableWebhooks,
        imports: ErasableImports,
        places: Places,
        certify: Certify,
        clock: Clock,
        pace: Pace,
    ) -> None:
        self._jobs = jobs
        self._webhooks = webhooks
        self._imports = imports
        self._places = places
        self._certify = certify
        self._clock = clock
        self._pace = pace
        self._eraser = JobEraser(
            jobs=jobs, places=places, clock=clock, grace_seconds=pace.grace_seconds
        )

    def __call__(self, body: str) -> None:
        """Erase what the AccountErasureRequested message `body` names.

        Raises:
            ErasureUnfinished: a worker may still be writing, or the time is up.
        """
        request = AccountErasureRequested.from_json(body)
        with bound(erasure_id=request.erasure_id):
            records = ErasureRecords(self._places.results, request.erasure_id)
            # First, so that nobody is told of what the rest does.
            self._webhooks.erase(request.user_id, up_to=request.requested_at)
            self._imports.erase(request.user_id, up_to=request.requested_at)
            self._erase_jobs(request, records)
            self._erase_strays(request, records)
            if not self._jobs.list_for_user(request.user_id, limit=1).jobs:
                self._jobs.forget_user(request.user_id)
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
        found = self._eraser.find(job)
        records.note(
            job.job_id,
            Deleted(
                jobs=frozenset({sha256(job.job_id)}),
                files=_hashed([*found[self._places.inputs], *found[self._places.results]]),
                archives={**_archives_of(job), **_hashed(found[self._places.archives])},
            ),
        )
        return self._eraser.remove(job, found)

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
            delete_all(bucket, objects)

    def _jobless(self, bucket: BlobStore, prefix: str, key_prefix: str) -> list[BlobInfo]:
        known: dict[str, bool] = {}
        strays = []
        for found in bucket.list(prefix, limit=MANY):
            job_id = found.key.removeprefix(key_prefix).partition("/")[2].partition("~")[0]
            if job_id not in known:
                known[job_id] = self._jobs.get(job_id) is not None
            if not known[job_id]:
                strays.append(found)
        return strays


def _archives_of(job: Job) -> dict[str, int]:
    """The recorded archives, hashed; the size of a spent one is no longer known."""
    sizes = {each.archive_id: each.size for each in job.archives.values()}
    return {sha256(archive_id): sizes.get(archive_id, 0) for _, archive_id in archive_ids(job)}


def _hashed(objects: Sequence[BlobInfo]) -> dict[str, int]:
    """By their keys; the id of an archive of S3's Glacier class is its key, too."""
    return {sha256(each.key): each.size for each in objects}
