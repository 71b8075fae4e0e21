"""Asking cold storage for the files of one job, and looking after what was asked for.

Everything here may be repeated by anybody at any moment: cold storage does not mind being asked
twice, and what is recorded are conditional writes.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from gas.errors import CapacityLacking, NotFound
from gas.jobs import ArchivedFile, ArchiveReference, ColdKind, Job, ResultsState, StartedRetrieval
from gas.ledger import ResultsLedger
from gas.logs import get_logger
from gas.messages import ArchiveRetrieved
from gas.ports import Clock, ColdStore, Retrieval, Tier, Topic

log = get_logger()


@dataclass(frozen=True)
class Promise:
    """Seconds after which cold storage should have a file ready."""

    expedited: int
    standard: int

    def of(self, tier: Tier) -> int:
        """The seconds for `tier`."""
        return self.expedited if tier is Tier.EXPEDITED else self.standard


class Retrievals:
    """Retrievals of the files of a job."""

    def __init__(
        self,
        *,
        ledger: ResultsLedger,
        cold: Mapping[ColdKind, ColdStore],
        completed: Topic,
        clock: Clock,
        promise: Promise,
    ) -> None:
        self._ledger = ledger
        self._cold = cold
        self._completed = completed
        self._clock = clock
        self._promise = promise

    def due(self, job: Job) -> bool:
        """Whether there is anything to do for the job: nothing was asked for, or it is late."""
        if job.results_state is ResultsState.RESTORING:
            return any(self._late(file) for file in job.archives.values())
        return job.results_state is ResultsState.ARCHIVED

    def see_to(self, job: Job, *, at_once: bool = False) -> None:
        """Do what brings the job's results nearer.

        ARCHIVED: ask for every file. RESTORING: see what became of the retrievals that are
        overdue, or of all with `at_once`. ARCHIVING is left to the archiver, which reads the plan.

        Raises:
            ServiceUnavailable: cold storage or the database is away.
            CapacityLacking: cold storage has no capacity in any tier.
            NotFound: an archive is gone.
        """
        if job.results_state is ResultsState.ARCHIVED:
            self._begin(job)
        elif job.results_state is ResultsState.RESTORING:
            self._look_after(job, at_once=at_once)

    def _begin(self, job: Job) -> None:
        retrievals = {name: self._ask(job, name, file) for name, file in job.archives.items()}
        begun = self._ledger.begin_restoring(
            job.job_id, now=self._clock.now(), retrievals=retrievals
        )
        if begun is None:
            log.info("restore_begun_elsewhere")
            return
        log.info("restore_begun", tiers=sorted({each.tier for each in retrievals.values()}))
        # Now that the record is there: a notice that was faster than it found nothing to do, and
        # a copy that was there already has no notice.
        if any(self._state(file) is Retrieval.READY for file in begun.archives.values()):
            self._announce(begun)

    def _look_after(self, job: Job, *, at_once: bool) -> None:
        now = self._clock.now()
        # All back, and whoever put the last one there died before they said so.
        ready = at_once and all(file.back_at is not None for file in job.archives.values())
        for name, file in job.archives.items():
            if file.back_at is not None or not (at_once or self._late(file)):
                continue
            state = self._state(file)
            if state is Retrieval.GONE:
                log.warning("retrieval_gone", file=name)
                self._replace(job, name, file, self._ask(job, name, file))
            elif state is Retrieval.READY and file.retrieval:
                ready = True
                # Twice as late each time, in case it is not the notice that is the trouble.
                later = now + max(now - file.retrieval.started_at, self._promise.expedited)
                postponed = file.retrieval.model_copy(update={"expected_at": later})
                self._replace(job, name, file, postponed)
        if ready:
            log.warning("notice_lost")
            self._announce(job)

    def _late(self, file: ArchivedFile) -> bool:
        """Whether the file should have been retrieved by now and is not back."""
        expected_at = file.retrieval.expected_at if file.retrieval else 0
        return file.back_at is None and expected_at <= self._clock.now()

    def _replace(
        self, job: Job, name: str, file: ArchivedFile, retrieval: StartedRetrieval
    ) -> None:
        self._ledger.replace_retrieval(
            job.job_id,
            file=name,
            archive_id=file.archive_id,
            retrieval=retrieval,
            now=self._clock.now(),
        )

    def _ask(self, job: Job, name: str, file: ArchivedFile) -> StartedRetrieval:
        """Ask for a file in the fastest tier that has capacity."""
        reference = ArchiveReference(
            user_id=job.user_id, job_id=job.job_id, file=name, key=job.archivable[name].key
        )
        store = self._store(file)
        tier = Tier.EXPEDITED
        try:
            retrieval_id = store.begin_retrieval(file.archive_id, tier=tier, reference=reference)
        except CapacityLacking:
            tier = Tier.STANDARD
            retrieval_id = store.begin_retrieval(file.archive_id, tier=tier, reference=reference)
        now = self._clock.now()
        return StartedRetrieval(
            retrieval_id=retrieval_id,
            tier=tier,
            started_at=now,
            expected_at=now + self._promise.of(tier),
        )

    def _state(self, file: ArchivedFile) -> Retrieval:
        if file.retrieval is None:
            return Retrieval.GONE
        return self._store(file).retrieval(file.archive_id, file.retrieval.retrieval_id)

    def _store(self, file: ArchivedFile) -> ColdStore:
        if file.kind not in self._cold:
            raise NotFound(f"No cold store of the kind {file.kind} is set up here.")
        return self._cold[file.kind]

    def _announce(self, job: Job) -> None:
        message = ArchiveRetrieved(job_id=job.job_id, user_id=job.user_id)
        self._completed.publish(message.to_json(), attributes={"type": message.type})
