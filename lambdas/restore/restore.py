"""Putting what cold storage has retrieved back under the key it had.

Restore, record, then delete the archive. Every step may be repeated by anybody after a crash.
"""

import hashlib
from collections.abc import Iterator, Mapping
from threading import Lock

from gas.errors import ArchiveDamaged, NotFound
from gas.jobs import ArchivedFile, ColdKind, Job, ResultsState, SpentArchive
from gas.ledger import ResultsLedger
from gas.logs import bound, get_logger
from gas.messages import ArchiveRequested, ArchiveRetrieved, ThawRequested
from gas.ports import BlobStore, Clock, ColdStore, JobStore, Retrieval, Topic

log = get_logger()

_CONTENT_TYPES = {"annotated": "application/gzip", "table": "application/vnd.apache.parquet"}
_BINARY = "application/octet-stream"


class RestoreResults:
    """The use case behind the handler. Several jobs may be restored at once."""

    def __init__(
        self,
        *,
        jobs: JobStore,
        ledger: ResultsLedger,
        results: BlobStore,
        cold: Mapping[ColdKind, ColdStore],
        archives_bucket: str,
        archive_requests: Topic,
        thaw_requests: Topic,
        clock: Clock,
    ) -> None:
        self._jobs = jobs
        self._ledger = ledger
        self._results = results
        self._cold = cold
        self._archives_bucket = archives_bucket
        self._archive_requests = archive_requests
        self._thaw_requests = thaw_requests
        self._clock = clock
        # The notices of a job's files come together: let one do the work and the others find it
        # done. Jobs that share a lock by chance wait for each other; that is all.
        self._locks = [Lock() for _ in range(256)]

    def __call__(self, body: str) -> None:
        """Bring back what the notice `body` names.

        Raises:
            InvalidMessage: `body` is no notice.
            ArchiveDamaged: other bytes came back than were archived; nothing was stored.
            ServiceUnavailable: a neighbour is away; what was done so far stays done.
        """
        notices = ArchiveRetrieved.all_from_json(body, archives_bucket=self._archives_bucket)
        for notice in notices:
            with (
                bound(job_id=notice.job_id, user_id=notice.user_id),
                self._locks[int(notice.job_id[:2], 16)],
            ):
                self._see_to(notice)

    def _see_to(self, notice: ArchiveRetrieved) -> None:
        job = self._jobs.get(notice.job_id)
        if job is None or job.user_id != notice.user_id:
            log.warning("no_such_job")
        elif job.results_state is ResultsState.RESTORING:
            self._restore(job)
        elif job.results_state is ResultsState.AVAILABLE and job.spent_archives:
            self._clean_up(job)
        else:
            # ARCHIVED: the notice was faster than the record of the retrieval. Whoever writes
            # that looks at the retrieval afterwards (thaw/retrievals.py), so nothing is lost.
            log.info("nothing_to_restore", results_state=job.results_state)

    def _restore(self, job: Job) -> None:
        failed = False
        for name, file in job.archives.items():
            if file.back_at is not None:
                continue
            state = self._state(file)
            if state is Retrieval.READY and not self._bring_back(job, name, file):
                return
            failed = failed or state is Retrieval.GONE
        restored = self._ledger.finish_restoring(job.job_id, now=self._clock.now())
        if restored is not None:
            log.info("job_restored")
            self._clean_up(restored)
        elif failed:
            log.warning("retrieval_gone")
            again = ThawRequested(user_id=job.user_id, job_id=job.job_id)
            self._thaw_requests.publish(again.to_json(), attributes={"type": again.type})

    def _bring_back(self, job: Job, name: str, file: ArchivedFile) -> bool:
        """Store a file and say so. False when the job has gone its way meanwhile."""
        key = job.archivable[name].key
        self._results.upload_chunks(
            self._verified(file),
            key,
            size=file.size,
            content_type=_CONTENT_TYPES.get(name, _BINARY),
        )
        marked = self._ledger.mark_file_back(
            job.job_id, file=name, archive_id=file.archive_id, now=self._clock.now()
        )
        if marked is None:
            self._take_back(job, key)
            return False
        log.info("file_restored", file=name, size=file.size)
        return True

    def _take_back(self, job: Job, key: str) -> None:
        """Nothing may be left of results that were deleted while a file was on its way."""
        now = self._jobs.get(job.job_id)
        if now is None or now.results_state is ResultsState.DELETED:
            self._results.delete(key)
        log.info("restored_elsewhere", results_state=now.results_state if now else None)

    def _verified(self, file: ArchivedFile) -> Iterator[bytes]:
        """The retrieved bytes; raises behind the last one if they are not what was archived."""
        digest = hashlib.sha256()
        retrieval_id = file.retrieval.retrieval_id if file.retrieval else ""
        for chunk in self._store(file.kind).read(file.archive_id, retrieval_id):
            digest.update(chunk)
            yield chunk
        if digest.hexdigest() != file.sha256:
            log.error("archive_damaged", archive_id=file.archive_id, expected=file.sha256)
            raise ArchiveDamaged(f"Other bytes came back than were archived: {file.archive_id}")

    def _clean_up(self, job: Job) -> None:
        """Delete the archives of a job whose results are all back, and hand it to the archiver,
        who knows whether they may stay. That the archives are forgotten is written last: until
        then every repetition comes here again."""
        for spent in job.spent_archives:
            self._delete(spent)
        message = ArchiveRequested(job_id=job.job_id, user_id=job.user_id)
        self._archive_requests.publish(message.to_json(), attributes={"type": message.type})
        self._ledger.forget_spent(job.job_id, spent=job.spent_archives)

    def _delete(self, spent: SpentArchive) -> None:
        self._store(spent.kind).delete(spent.archive_id)

    def _state(self, file: ArchivedFile) -> Retrieval:
        if file.retrieval is None:
            return Retrieval.GONE
        return self._store(file.kind).retrieval(file.archive_id, file.retrieval.retrieval_id)

    def _store(self, kind: ColdKind) -> ColdStore:
        if kind not in self._cold:
            raise NotFound(f"No cold store of the kind {kind} is set up here.")
        return self._cold[kind]
