"""The thaw service and the restore function with everything around them in memory."""

import hashlib
import json
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from gas.accounts.models import Account
from gas.errors import ServiceUnavailable
from gas.jobs import ArchivedFile, ArchiveReference, Job, JobStatus, ResultsState
from gas.messages import ArchiveRetrieved, ResultsRestored, ThawRequested
from gas.plans import Plan
from gas.testing import (
    FakeClock,
    MemoryBlobStore,
    MemoryColdStore,
    MemoryJobStore,
    MemoryLedger,
    MemoryQueue,
    MemoryTopic,
)
from gas.worker import Handler, Outcome, Worker
from lambdas.batch import each_record
from lambdas.restore.restore import RestoreResults
from tests.support.jobs import USER, job, results
from tests.support.tripwire import Tripwire
from thaw.retrievals import Promise, Retrievals
from thaw.thaw import ThawResults

LOOK = 60
EXPEDITED = 300
STANDARD = 5 * 3600
VISIBILITY = 45
BUCKET = "archives"


class Accounts:
    """Accounts in a dict."""

    def __init__(self) -> None:
        self.by_id: dict[str, Account] = {}
        self.down = False

    def add(self, user_id: str, plan: Plan) -> None:
        self.by_id[user_id] = Account(
            user_id=user_id, name="Ada", email="ada@example.org", plan=plan
        )

    def get(self, user_id: str) -> Account | None:
        if self.down:
            raise ServiceUnavailable("The accounts database is down.")
        return self.by_id.get(user_id)


@dataclass
class Thaw:
    jobs: int
    looked_at: int


class Thaws:
    """`gas.accounts.thaws.ThawStore` in a dict."""

    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts
        self.rows: dict[str, Thaw] = {}

    def note_cold(self, user_id: str, *, jobs: int, now: int) -> None:
        before = self.rows.get(user_id)
        self.rows[user_id] = Thaw(max(jobs, before.jobs if before else 0), now)

    def touch(self, user_id: str, *, jobs: int, now: int) -> None:
        if user_id in self.rows:
            self.note_cold(user_id, jobs=jobs, now=now)

    def looked_after(self, user_id: str, *, since: int) -> bool:
        return user_id in self.rows and self.rows[user_id].looked_at >= since

    def finish(self, user_id: str, announce: Callable[[int], None]) -> bool:
        if user_id not in self.rows:
            return False
        announce(self.rows[user_id].jobs)
        del self.rows[user_id]
        return True

    def drop(self, user_id: str) -> None:
        self.rows.pop(user_id, None)

    def under_way(self, user_ids: Collection[str]) -> frozenset[str]:
        return frozenset(user_ids) & frozenset(self.rows)

    def premium_users(self, *, after: str, limit: int) -> Sequence[str]:
        accounts = self._accounts.by_id.values()
        ids = sorted(each.user_id for each in accounts if each.plan is Plan.PREMIUM)
        return [user_id for user_id in ids if user_id > after][:limit]


class OneByOne:
    """A pool without threads: calls come in an order that a test can count on."""

    def map(self, work: Callable[..., Any], *each: Iterable[Any]) -> Iterator[Any]:
        return map(work, *each)


class World:
    """Users, jobs, cold storage, queues; the services are made anew for every message."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.begun = self.clock.now()
        self.accounts = Accounts()
        self.accounts.add(USER, Plan.PREMIUM)
        self.thaws = Thaws(self.accounts)
        self.jobs = MemoryJobStore()
        self.ledger = MemoryLedger(self.jobs)
        self.cold = MemoryColdStore()
        self.results = MemoryBlobStore("results")
        self.requests = MemoryQueue(self.clock, visibility=VISIBILITY, max_receives=1000)
        self.completed = MemoryQueue(self.clock, visibility=960, max_receives=10)
        self.requested = MemoryTopic(self.requests)
        self.told = MemoryTopic()
        self.to_archive = MemoryTopic()
        self.wire = Tripwire()
        self.pool: Any = OneByOne()
        self._originals: dict[str, bytes] = {}

    # ------------------------------------------------------------ what there is

    def archived_job(self, **changes: Any) -> Job:
        """A job whose two files are in cold storage and nowhere else."""
        made = job(job_status=JobStatus.COMPLETED, results_state=ResultsState.ARCHIVED)
        kept = results()
        files, archives = {}, {}
        for name in ("annotated", "table"):
            content = f"{name} of {made.job_id}".encode() * 3
            digest = hashlib.sha256(content).hexdigest()
            key = f"{made.user_id}/{made.job_id}~{kept.files[name].name}"
            file = kept.files[name].model_copy(
                update={"key": key, "size": len(content), "sha256": digest}
            )
            files[name] = file
            reference = ArchiveReference(
                user_id=made.user_id, job_id=made.job_id, file=name, key=file.key
            )
            archives[name] = ArchivedFile(
                archive_id=self.cold.put([content], size=len(content), reference=reference),
                kind=self.cold.kind,
                size=len(content),
                sha256=digest,
            )
            self._originals[file.key] = content
        fields = {
            "results": kept.model_copy(update=files),
            "archives": archives,
            "archive_user_id": made.user_id,
            "archived_at": self.clock.now(),
        }
        made = made.model_copy(update=fields | changes)
        assert self.jobs.create(made)
        return made

    def job(self, made: Job) -> Job:
        found = self.jobs.get(made.job_id)
        assert found is not None
        return found

    def state(self, made: Job) -> ResultsState:
        return self.job(made).results_state

    def is_back(self, made: Job) -> bool:
        """Whether every byte is where it was, and nothing is left in cold storage."""
        now = self.job(made)
        kept = [file.archive_id for file in made.archives.values()]
        return (
            now.results_state is ResultsState.AVAILABLE
            and not now.spent_archives
            and not now.archives
            and now.archive_user_id is None
            and all(self.content(made, name) == self.original(made, name) for name in made.archives)
            and not any(archive_id in self.cold.archives for archive_id in kept)
        )

    def content(self, made: Job, name: str) -> bytes | None:
        key = made.archivable[name].key
        found = self.results.head(key)
        return self.results.read(key, start=0, length=found.size) if found else None

    def original(self, made: Job, name: str) -> bytes:
        return self._originals[made.archivable[name].key]

    def mails(self) -> list[ResultsRestored]:
        return [ResultsRestored.from_json(body) for body in self.told.published]

    # ------------------------------------------------------------ what happens

    def request(self, made: Job | None = None) -> None:
        """Somebody publishes a thaw request, of this job or of the user."""
        message = ThawRequested(user_id=USER, job_id=made.job_id if made else None)
        self.requested.publish(message.to_json(), attributes={})

    def store_is_done(self) -> None:
        """All retrievals are ready; cold storage says so."""
        for reference in self.cold.finish():
            self.completed.send(
                json.dumps(
                    {
                        "Action": "ArchiveRetrieval",
                        "JobDescription": reference.model_dump_json(),
                        "StatusCode": "Succeeded",
                    }
                )
            )

    def thaw(self) -> Handler:
        guard = self.wire.guard
        completed = guard(MemoryTopic(self.completed))
        ledger, clock = guard(self.ledger), self.clock
        return ThawResults(
            accounts=guard(self.accounts),
            thaws=guard(self.thaws),
            jobs=guard(self.jobs),
            ledger=ledger,
            retrievals=Retrievals(
                ledger=ledger,
                cold={self.cold.kind: guard(self.cold)},
                completed=completed,
                clock=clock,
                promise=Promise(EXPEDITED, STANDARD),
            ),
            requests=guard(self.requested),
            announcements=guard(self.told),
            clock=clock,
            look_seconds=LOOK,
            pool=self.pool,
        )

    def restore(self) -> RestoreResults:
        guard = self.wire.guard
        return RestoreResults(
            jobs=guard(self.jobs),
            ledger=guard(self.ledger),
            results=guard(self.results),
            cold={self.cold.kind: guard(self.cold)},
            archives_bucket=BUCKET,
            archive_requests=guard(self.to_archive),
            thaw_requests=guard(self.requested),
            clock=self.clock,
        )

    def deliver_request(self) -> Outcome | None:
        """One delivery to a new thaw process; None when no request is visible."""
        messages = list(self.requests.receive(limit=1, wait_seconds=0))
        if not messages:
            return None
        queue = self.wire.guard(self.requests)
        worker = Worker(queue, self.thaw(), slots=1, visibility_seconds=VISIBILITY, idle_seconds=60)
        return worker.work(messages[0])

    def deliver_notices(self) -> int:
        """One batch to the restore function; how many records failed."""
        messages = list(self.completed.receive(limit=10, wait_seconds=0))
        records = [{"messageId": each.receipt, "body": each.body} for each in messages]
        answer = each_record({"Records": records}, self.restore())
        failed = {failure["itemIdentifier"] for failure in answer["batchItemFailures"]}
        for message in messages:
            if message.receipt not in failed:
                self.completed.delete(message.receipt)
        return len(failed)

    def settle(self, *, rounds: int = 60, store_works: bool = True) -> None:
        """Let time pass, a look at a time, until no message is left."""
        for _ in range(rounds):
            if store_works:
                self.store_is_done()
            for _ in range(20):
                self.deliver_notices()
                if self.deliver_request() is None:
                    break
            if not len(self.requests) and not len(self.completed):
                return
            self.clock.advance(LOOK + 1)

    def published_notices(self) -> list[ArchiveRetrieved]:
        """Notices that wait in the queue."""
        bodies = [self.completed.receive(limit=1, wait_seconds=0) for _ in range(99)]
        return [
            found
            for messages in bodies
            for message in messages
            for found in ArchiveRetrieved.all_from_json(message.body, archives_bucket=BUCKET)
        ]
