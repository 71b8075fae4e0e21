"""The archiver's surroundings in memory, with a thaw service and a restore function of a kind."""

import hashlib
from collections.abc import Mapping

from archiver.app import handler
from archiver.archive import ArchiveResults
from archiver.fan_out import RequestForAll
from archiver.originals import Originals
from gas.jobs import ColdKind, Job, Results, ResultsState, StartedRetrieval, StoredFile
from gas.ledger import sweep_shard
from gas.messages import ArchiveRequested, ThawRequested, UserArchiveRequested
from gas.plans import Plan
from gas.ports import Tier
from gas.testing import (
    FakeClock,
    MemoryBlobStore,
    MemoryColdStore,
    MemoryJobStore,
    MemoryLedger,
    MemoryQueue,
    MemoryTopic,
)
from gas.worker import Outcome, Worker
from tests.support.jobs import USER, job, results
from tests.support.tripwire import Killed, Tripwire

LEASE = 60
VISIBILITY = 90
CONTENT = {"annotated": b"annotated variants" * 1000, "table": b"PAR1 table" * 100}


class World:
    """One archiver and everything around it."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.jobs = MemoryJobStore()
        self.ledger = MemoryLedger(self.jobs)
        self.results = MemoryBlobStore("results")
        self.cold = MemoryColdStore()
        self.plans = {USER: Plan.FREE}
        self.queue = MemoryQueue(self.clock, visibility=VISIBILITY, max_receives=50)
        self.requests = MemoryTopic(self.queue)
        self.thaw_requests = MemoryTopic()
        self.wire = Tripwire()

    # ------------------------------------------------------------ what is there

    def completed(self, content: Mapping[str, bytes] = CONTENT, **changes: object) -> Job:
        """A job whose results are due, the files in the bucket."""
        made = job(
            job_status="COMPLETED",
            results_state="AVAILABLE",
            archive_at=self.clock.now(),
            sweep_at=self.clock.now() + 120,
            **{"announced_at": self.clock.now(), **changes},
        )
        made = made.model_copy(
            update={"results": self._stored(content), "sweep_shard": sweep_shard(made.job_id)}
        )
        assert self.jobs.create(made)
        return made

    def _stored(self, content: Mapping[str, bytes]) -> Results:
        stored = {}
        for name, file in results().files.items():
            found = content.get(name, name.encode())
            sha256 = hashlib.sha256(found).hexdigest()
            stored[name] = file.model_copy(update={"size": len(found), "sha256": sha256})
            self.results.put(file.key, found)
        return results().model_copy(update=stored)

    def now(self, made: Job) -> Job:
        found = self.jobs.get(made.job_id)
        assert found is not None
        return found

    def state(self, made: Job) -> ResultsState:
        return self.now(made).results_state

    def original(self, made: Job, name: str) -> bytes | None:
        file = self.file(made, name)
        return b"".join(self.results.stream(file.key)) if self.results.head(file.key) else None

    def file(self, made: Job, name: str) -> StoredFile:
        return made.archivable[name]

    def originals(self, made: Job) -> dict[str, bytes | None]:
        return {name: self.original(made, name) for name in made.archivable}

    # ------------------------------------------------------------ what happens

    def request(self, made: Job) -> None:
        message = ArchiveRequested(job_id=made.job_id, user_id=made.user_id)
        self.requests.publish(message.to_json(), attributes={})

    def upgrade(self) -> None:
        """Billing: commit, then publish."""
        self.plans[USER] = Plan.PREMIUM
        self.thaw_requests.publish(ThawRequested(user_id=USER).to_json(), attributes={})

    def downgrade(self) -> None:
        self.plans[USER] = Plan.FREE
        self.requests.publish(UserArchiveRequested(user_id=USER).to_json(), attributes={})

    def worker(self) -> Worker:
        """A new process: all state but the ports' is fresh."""
        guard = self.wire.guard
        plan_of = self.wire.watch("plan_of", self.plans.__getitem__)
        archive = ArchiveResults(
            jobs=guard(self.jobs),
            ledger=guard(self.ledger),
            originals=Originals(guard(self.results)),
            cold={ColdKind.GLACIER_CLASS: guard(self.cold)},
            kind=ColdKind.GLACIER_CLASS,
            plan_of=plan_of,
            thaw_requests=guard(self.thaw_requests),
            clock=self.clock,
            lease_seconds=LEASE,
        )
        request_for_all = RequestForAll(
            jobs=guard(self.jobs),
            requests=guard(self.requests),
            plan_of=plan_of,
            clock=self.clock,
        )
        return Worker(
            guard(self.queue),
            handler(archive, request_for_all),
            slots=1,
            visibility_seconds=VISIBILITY,
            idle_seconds=60,
        )

    def deliver(self) -> Outcome | None:
        """One receive and its work; None when nothing is visible."""
        messages = list(self.queue.receive(limit=1, wait_seconds=0))
        return self.worker().work(messages[0]) if messages else None

    def live(self, rounds: int = 30) -> None:
        """Let time pass until nothing is left to do. A kill is survived, by another process."""
        for _ in range(rounds):
            self.thaw()
            try:
                while self.deliver() is not None:
                    pass
            except Killed:
                self.wire.kill_before = self.wire.kill_after = None
            self.clock.advance(VISIBILITY + LEASE)

    # ------------------------------------------------------------ thaw and restore

    def thaw(self) -> None:
        """What thaw service and restore function do, once a thaw was asked for."""
        if self.thaw_requests.published and self.plans[USER] is Plan.PREMIUM:
            for listed in self.ledger.list_cold(USER, limit=100).jobs:
                if listed.results_state is ResultsState.ARCHIVED:
                    self.restore(listed)

    def restore(self, made: Job) -> None:
        now = self.clock.now()
        started = {}
        for name, file in made.archives.items():
            retrieval_id = self.cold.begin_retrieval(
                file.archive_id,
                tier=Tier.EXPEDITED,
                reference=self.cold.references[file.archive_id],
            )
            started[name] = StartedRetrieval(
                retrieval_id=retrieval_id, tier="Expedited", started_at=now, expected_at=now
            )
        restoring = self.ledger.begin_restoring(made.job_id, now=now, retrievals=started)
        assert restoring is not None
        self.cold.finish()
        for name, file in restoring.archives.items():
            assert file.retrieval is not None
            chunks = self.cold.read(file.archive_id, file.retrieval.retrieval_id)
            key = self.file(made, name).key
            self.results.upload_chunks(chunks, key, size=file.size, content_type="x")
            self.ledger.mark_file_back(made.job_id, file=name, archive_id=file.archive_id, now=now)
        restored = self.ledger.finish_restoring(made.job_id, now=now)
        assert restored is not None
        self.request(restored)
