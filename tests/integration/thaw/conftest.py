"""Thaw and restore on an embedded cloud and a real PostgreSQL."""

import hashlib
import os
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

import boto3
import pytest
from sqlalchemy import Engine, update
from sqlalchemy.orm import Session

from gas.accounts.models import Account
from gas.accounts.store import AccountStore, Identity, connect
from gas.accounts.thaws import ThawStore
from gas.aws.messaging import SqsQueue
from gas.clock import SystemClock
from gas.jobs import ArchivedFile, ArchiveReference, Job, JobStatus, ResultsState
from gas.plans import Plan
from gas.ports import ColdStore
from gas.testing import MemoryTopic
from gas.worker import Worker
from lambdas.batch import each_record
from lambdas.restore.restore import RestoreResults
from tests.integration.ports.conftest import embedded_cloud, embedded_session
from tests.support.aws import AwsWorld, ColdStores, make_aws_world, make_cold_stores
from tests.support.cold import EmbeddedCold
from tests.support.jobs import job, results
from tests.support.postgres import accounts_database
from thaw.retrievals import Promise, Retrievals
from thaw.thaw import ThawResults

__all__ = ["embedded_cloud", "embedded_session"]

EXPEDITED = 3
"""Seconds after which the thaw service looks after a retrieval."""


class QueueTopic:
    """`gas.ports.Topic` whose only subscriber is a queue."""

    def __init__(self, aws: AwsWorld, url: str) -> None:
        self._sqs = aws.clients.sqs()
        self._url = url
        self.published: list[str] = []

    def publish(self, body: str, *, attributes: Mapping[str, str]) -> None:
        self.published.append(body)
        self._sqs.send_message(QueueUrl=self._url, MessageBody=body)


@dataclass
class Cycle:
    """A Premium user with archived jobs, the thaw service, the restore function."""

    aws: AwsWorld
    stores: ColdStores
    store: ColdStore
    levers: EmbeddedCold
    engine: Engine
    user_id: str = field(default_factory=lambda: str(uuid4()))
    told: MemoryTopic = field(default_factory=MemoryTopic)
    to_archive: MemoryTopic = field(default_factory=MemoryTopic)

    def __post_init__(self) -> None:
        AccountStore(self.engine).record_login(Identity(self.user_id, "Ada", "ada@example.org"))
        with Session(self.engine) as session, session.begin():
            mine = update(Account).where(Account.user_id == self.user_id)
            session.execute(mine.values(plan=Plan.PREMIUM))
        self.requests = QueueTopic(self.aws, self.aws.queue_url)
        self.completed = QueueTopic(self.aws, self.stores.retrieved_url)

    def archived_job(self, size: int) -> Job:
        """A job whose annotated file has `size` bytes, in cold storage and nowhere else."""
        made = job(
            user_id=self.user_id,
            job_status=JobStatus.COMPLETED,
            results_state=ResultsState.ARCHIVED,
            archive_user_id=self.user_id,
            archived_at=1,
        )
        kept = results()
        files, archives = {}, {}
        for name, length in (("annotated", size), ("table", 1000)):
            content = os.urandom(length)
            digest = hashlib.sha256(content).hexdigest()
            key = f"{made.user_id}/{made.job_id}~{kept.files[name].name}"
            files[name] = kept.files[name].model_copy(
                update={"key": key, "size": length, "sha256": digest}
            )
            reference = ArchiveReference(
                user_id=made.user_id, job_id=made.job_id, file=name, key=key
            )
            archive_id = self.store.put([content], size=length, reference=reference)
            archives[name] = ArchivedFile(
                archive_id=archive_id, kind=self.store.kind, size=length, sha256=digest
            )
        made = made.model_copy(
            update={"results": kept.model_copy(update=files), "archives": archives}
        )
        assert self.aws.jobs.create(made)
        return made

    def worker(self, pool: ThreadPoolExecutor) -> Worker:
        """A thaw service, not started."""
        handler = ThawResults(
            accounts=AccountStore(self.engine),
            thaws=ThawStore(self.engine),
            jobs=self.aws.jobs,
            ledger=self.aws.ledger,
            retrievals=Retrievals(
                ledger=self.aws.ledger,
                cold={self.store.kind: self.store},
                completed=self.completed,
                clock=SystemClock(),
                promise=Promise(EXPEDITED, EXPEDITED),
            ),
            requests=self.requests,
            announcements=self.told,
            clock=SystemClock(),
            look_seconds=1,
            pool=pool,
        )
        return Worker(
            SqsQueue(
                self.aws.clients.sqs(),
                self.aws.queue_url,
                dead_letters_url=self.aws.dead_letters_url,
            ),
            handler,
            slots=2,
            visibility_seconds=30,
            idle_seconds=1,
        )

    def deliver_notices(self) -> None:
        """What the queue of completed retrievals holds, in one batch to the restore function."""
        messages = self.stores.retrieved.receive(limit=10, wait_seconds=0)
        restore = RestoreResults(
            jobs=self.aws.jobs,
            ledger=self.aws.ledger,
            results=self.aws.blobs,
            cold={self.store.kind: self.store},
            archives_bucket=self.stores.bucket,
            archive_requests=self.to_archive,
            thaw_requests=self.requests,
            clock=SystemClock(),
        )
        records = [{"messageId": each.receipt, "body": each.body} for each in messages]
        answer = each_record({"Records": records}, restore, at_once=6)
        assert answer == {"batchItemFailures": []}
        for message in messages:
            self.stores.retrieved.delete(message.receipt)

    def lose_notices(self) -> int:
        """Take what the queue of completed retrievals holds away; how many there were."""
        messages = self.stores.retrieved.receive(limit=10, wait_seconds=0)
        for message in messages:
            self.stores.retrieved.delete(message.receipt)
        return len(messages)

    def is_back(self, made: Job) -> bool:
        """Whether the job is as it was, byte for byte, with nothing left in cold storage."""
        now = self.aws.jobs.get(made.job_id)
        if now is None or now.results_state is not ResultsState.AVAILABLE or now.spent_archives:
            return False
        for file in made.archivable.values():
            digest = hashlib.sha256(b"".join(self.aws.blobs.stream(file.key))).hexdigest()
            assert digest == file.sha256
        assert now.archives == {}
        return True


@pytest.fixture(scope="package")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    with accounts_database(tmp_path_factory.mktemp("accounts")) as url:
        engine = connect(url)
        yield engine
        engine.dispose()


@pytest.fixture(params=["glacier_class", "glacier_vault"])
def cycle(
    request: pytest.FixtureRequest,
    embedded_cloud: tuple[str, Path],
    embedded_session: boto3.Session,
    engine: Engine,
) -> Iterator[Cycle]:
    address, data = embedded_cloud
    stores = make_cold_stores(embedded_session)
    store: ColdStore = stores.by_class if request.param == "glacier_class" else stores.vault
    token = (data / "practice-token").read_text().strip()
    levers = EmbeddedCold(store, address, token, lambda: [])
    yield Cycle(make_aws_world(embedded_session), stores, store, levers, engine)
    levers.reset()
