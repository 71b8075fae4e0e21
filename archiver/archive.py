"""The life of one archive request: copy, record, then delete (docs/results-life.md).

Whatever dies at whatever step, the message comes back, or the sweeper sends another one, and the
next worker goes on from what the ledger says.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from uuid import uuid4

from archiver.originals import Check, Original, OriginalDamaged, Originals
from gas.errors import LeaseLost, ServiceUnavailable
from gas.jobs import ArchivedFile, ArchiveReference, ColdKind, Job, JobStatus, ResultsState
from gas.lease import Lease
from gas.ledger import ResultsLedger
from gas.logs import bound, get_logger
from gas.messages import ArchiveRequested, ThawRequested
from gas.plans import Plan, terms_of
from gas.ports import Clock, ColdStore, JobStore, Topic
from gas.worker import Bury, Delivery, Done, Later, Outcome, backoff

log = get_logger()

PlanOf = Callable[[str], Plan]
"""The plan of a user at this moment, read from the accounts database."""

_LONGEST_WAIT = 6 * 3600
"""A message is put off by so many seconds at the most (SQS itself allows twelve hours)."""
_DAMAGED_LOOK = 24 * 3600
"""Damaged results are looked at again after so many seconds: an operator may have mended them."""


class _Stopped(Exception):
    """The process wants to end: put the work down."""


class _LastCopy(Exception):
    """A file is damaged, and of another one the archive is the only good copy there is."""


class ArchiveResults:
    """What becomes of the results of one job, now."""

    def __init__(
        self,
        *,
        jobs: JobStore,
        ledger: ResultsLedger,
        originals: Originals,
        cold: Mapping[ColdKind, ColdStore],
        kind: ColdKind,
        plan_of: PlanOf,
        thaw_requests: Topic,
        clock: Clock,
        lease_seconds: int,
    ) -> None:
        """`kind` says where new archives go."""
        self._jobs = jobs
        self._ledger = ledger
        self._originals = originals
        self._cold = cold
        self._kind = kind
        self._plan_of = plan_of
        self._thaw_requests = thaw_requests
        self._clock = clock
        self._lease_seconds = lease_seconds

    def __call__(self, request: ArchiveRequested, delivery: Delivery) -> Outcome:
        with bound(job_id=request.job_id, user_id=request.user_id):
            job = self._jobs.get(request.job_id)
            if job is None or job.job_status is not JobStatus.COMPLETED:
                log.info("nothing_to_archive")
                return Done()
            return self._see_to(job, delivery)

    def _see_to(self, job: Job, delivery: Delivery) -> Outcome:
        match job.results_state:
            case ResultsState.AVAILABLE:
                return self._see_to_available(job, delivery)
            case ResultsState.ARCHIVING:
                return self._archive(job, delivery)
            case ResultsState.ARCHIVED:
                return self._see_to_archived(job)
            case _:
                return Done()

    def _see_to_available(self, job: Job, delivery: Delivery) -> Outcome:
        self._delete_spent(job)
        if job.announced_at is None:
            # The sweeper has it announced, should that be lost; at what rests, and at what is
            # archived, it looks no more.
            return Later(backoff(delivery.receive_count))
        if self._may_stay(job) or job.archive_at is None:
            self._let_rest(job)
            return Done()
        early = job.archive_at - self._clock.now()
        if early > 0:
            return Later(min(early, _LONGEST_WAIT))
        return self._archive(job, delivery)

    def _see_to_archived(self, job: Job) -> Outcome:
        """An upgrade while we archived: whoever thaws left this job to us."""
        if self._may_stay(job):
            message = ThawRequested(user_id=job.user_id, job_id=job.job_id)
            self._thaw_requests.publish(
                message.to_json(), attributes={"type": message.type, "job_id": job.job_id}
            )
            log.info("thaw_requested")
        return Done()

    def _archive(self, job: Job, delivery: Delivery) -> Outcome:
        owner = uuid4().hex
        began = self._ledger.begin_archiving(
            job.job_id, owner=owner, now=self._clock.now(), lease_seconds=self._lease_seconds
        )
        if began is None:
            return self._after_the_lease(job, delivery)

        def renew(until: int) -> bool:
            return self._ledger.renew_archiving(job.job_id, owner=owner, until=until)

        try:
            with Lease(renew, self._clock, seconds=self._lease_seconds) as lease:
                moved = self._move(began, owner, lease, delivery)
        except LeaseLost as error:
            log.warning("archiving_lost", reason=error.message)
            return Later(self._lease_seconds + 1)
        except OriginalDamaged as error:
            return self._give_up(job, owner, str(error))
        except _LastCopy as error:
            return self._hold_still(job, owner, str(error))
        except _Stopped:
            self._ledger.release_archiving(job.job_id, owner=owner, now=self._clock.now())
            return Later(0)
        except ServiceUnavailable as error:
            log.warning("archiving_postponed", reason=error.message, cause=repr(error.__cause__))
            with suppress(ServiceUnavailable):  # then the lease runs out by itself
                self._ledger.release_archiving(job.job_id, owner=owner, now=self._clock.now())
            return Later(backoff(delivery.receive_count))
        return self._see_to(moved, delivery)

    def _after_the_lease(self, job: Job, delivery: Delivery) -> Outcome:
        """Somebody else was faster: come back when they should be done."""
        now = self._jobs.get(job.job_id)
        if now is None or now.results_state is not ResultsState.ARCHIVING:
            return Later(1)
        lease_left = max(now.archive_lease_until - self._clock.now(), 0) + 1
        if delivery.receive_count <= 2:
            return Later(lease_left)
        return Later(max(lease_left, backoff(delivery.receive_count)))

    def _move(self, job: Job, owner: str, lease: Lease, delivery: Delivery) -> Job:
        """Copy what is not in cold storage yet, then delete the originals, unless the user has
        become Premium. The job is ARCHIVED afterwards, or AVAILABLE as before."""

        def check() -> None:
            lease.check()
            if delivery.stopping.is_set():
                raise _Stopped

        originals = {
            name: self._originals.look(file, check)
            for name, file in job.archivable.items()
            if name in job.archives
        }
        # Whoever had the job before may have fallen asleep about to delete these very objects. So
        # there is no way back to them, only forward: what is thawed has other tags.
        no_way_back = originals.keys() == job.archivable.keys()
        try:
            for name, file in job.archivable.items():
                if name not in originals:
                    etag = self._originals.etag(file)
                    job = self._copy(job, name, owner, check)
                    originals[name] = Original(etag, intact=True)
        except OriginalDamaged as error:
            if all(each.intact for each in originals.values()):
                raise
            raise _LastCopy(str(error)) from error
        if not no_way_back and self._may_stay(job) and all(o.intact for o in originals.values()):
            kept = self._ledger.abandon_archiving(job.job_id, owner=owner, now=self._clock.now())
            return _held(kept)
        # The job was ours when the tags were read, so they are those of the originals: should we
        # fall asleep here until the files have been thawed, nothing of theirs is deleted.
        lease.renew_now()
        for name, original in originals.items():
            if original.etag is not None:
                self._delete_original(job, name, original.etag)
        finished = self._ledger.finish_archiving(job.job_id, owner=owner, now=self._clock.now())
        log.info("results_archived", kind=self._kind)
        return _held(finished)

    def _copy(self, job: Job, name: str, owner: str, check: Check) -> Job:
        """Put one file into cold storage and record it; the job with the record."""
        file = job.archivable[name]
        archive_id = self._store(self._kind).put(
            self._originals.stream(file, check),
            size=file.size,
            reference=ArchiveReference(
                user_id=job.user_id, job_id=job.job_id, file=name, key=file.key
            ),
        )
        made = ArchivedFile(
            archive_id=archive_id, kind=self._kind, size=file.size, sha256=file.sha256
        )
        try:
            recorded = self._ledger.record_archives(
                job.job_id, owner=owner, archives={**job.archives, name: made}
            )
        except ServiceUnavailable:
            # It may have been recorded all the same.
            self._drop_unless_recorded(job, made, owner)
            raise
        if recorded is None:
            self._drop_unless_recorded(job, made, owner)
        return _held(recorded)

    def _drop_unless_recorded(self, job: Job, made: ArchivedFile, owner: str) -> None:
        """Leave no archive behind that nobody knows of."""
        try:
            # Whatever of ours is still on its way to the ledger comes too late after this.
            self._ledger.release_archiving(job.job_id, owner=owner, now=self._clock.now())
            now = self._jobs.get(job.job_id)
            known = {each.archive_id for each in now.archives_as_spent} if now else set()
            if made.archive_id not in known:
                self._store(made.kind).delete(made.archive_id)
        except ServiceUnavailable as error:
            log.error("archive_orphaned", archive_id=made.archive_id, reason=error.message)

    def _delete_original(self, job: Job, name: str, etag: str) -> None:
        if not self._originals.delete(job.archivable[name], etag):
            raise LeaseLost(f"another object has taken the place of the file {name}")

    def _give_up(self, job: Job, owner: str, reason: str) -> Outcome:
        """A damaged original is never replaced by its copy: it stays for an operator to see."""
        kept = self._ledger.abandon_archiving(job.job_id, owner=owner, now=self._clock.now())
        if kept is None:
            return self._overtaken(reason)
        log.error("original_damaged", reason=reason)
        self._delete_spent(kept)
        self._look_in_a_day(kept)
        return Bury(reason)

    def _hold_still(self, job: Job, owner: str, reason: str) -> Outcome:
        """Neither forward nor back without losing something: an operator has to look."""
        if not self._ledger.release_archiving(job.job_id, owner=owner, now=self._clock.now()):
            return self._overtaken(reason)
        log.error("original_damaged_and_another_gone", reason=reason)
        kept = self._jobs.get(job.job_id)
        if kept is not None and kept.archive_owner is None:
            self._look_in_a_day(kept)
        return Bury(reason)

    def _overtaken(self, reason: str) -> Outcome:
        """What looked like damage was done by whoever has the job now: they archive it."""
        log.warning("archiving_lost", reason=reason)
        return Later(self._lease_seconds + 1)

    def _look_in_a_day(self, job: Job) -> None:
        if job.sweep_at is not None:
            later = self._clock.now() + _DAMAGED_LOOK
            self._ledger.sweep_again(job.job_id, seen=job.sweep_at, at=later)

    def _delete_spent(self, job: Job) -> None:
        for spent in job.spent_archives:
            self._store(spent.kind).delete(spent.archive_id)
        if job.spent_archives:
            self._ledger.forget_spent(job.job_id, spent=job.spent_archives)
            log.info("spent_archives_deleted", count=len(job.spent_archives))

    def _let_rest(self, job: Job) -> None:
        if job.sweep_at is not None:
            self._ledger.sweep_again(job.job_id, seen=job.sweep_at, at=None)

    def _may_stay(self, job: Job) -> bool:
        return terms_of(self._plan_of(job.user_id)).keeps_results

    def _store(self, kind: ColdKind) -> ColdStore:
        if kind not in self._cold:
            raise ServiceUnavailable(f"No cold store of the kind {kind} is set up here.")
        return self._cold[kind]


def _held(job: Job | None) -> Job:
    """`job`, which is None when the write found it in other hands."""
    if job is None:
        raise LeaseLost("somebody else has taken the job over")
    return job
