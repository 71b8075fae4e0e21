"""Results moved to cold storage through the real adapters, in both kinds of it."""

import hashlib
import threading
from pathlib import Path

import boto3
import pytest

from archiver.archive import ArchiveResults
from archiver.originals import Originals
from gas.jobs import ArchiveReference, ColdKind, Job, ResultsState
from gas.messages import ArchiveRequested
from gas.plans import Plan
from gas.ports import ColdStore, Retrieval, Tier
from gas.testing import FakeClock, MemoryTopic
from gas.worker import Delivery, Done, Outcome
from tests.support.aws import AwsWorld, make_aws_world, make_cold_stores
from tests.support.jobs import USER, job, results
from tests.support.waiting import wait_until

MIB = 1024 * 1024
CONTENT = {"annotated": bytes(range(256)) * (20 * MIB // 256) + b"end", "table": b"PAR1"}


@pytest.fixture
def aws(embedded_session: boto3.Session) -> AwsWorld:
    return make_aws_world(embedded_session)


@pytest.fixture(params=list(ColdKind))
def cold(request: pytest.FixtureRequest, embedded_session: boto3.Session) -> ColdStore:
    stores = make_cold_stores(embedded_session)
    return stores.by_class if request.param is ColdKind.GLACIER_CLASS else stores.vault


def completed(aws: AwsWorld, tmp_path: Path) -> Job:
    """A job whose results are due, as the annotator stores them."""
    stored = {}
    found = results()
    for name, content in CONTENT.items():
        file = found.files[name]
        path = tmp_path / name
        path.write_bytes(content)
        aws.blobs.upload(path, file.key, content_type="application/octet-stream")
        sha256 = hashlib.sha256(content).hexdigest()
        stored[name] = file.model_copy(update={"size": len(content), "sha256": sha256})
    made = job(
        job_status="COMPLETED",
        results_state="AVAILABLE",
        results=found.model_copy(update=stored),
        announced_at=1,
        archive_at=0,
    )
    assert aws.jobs.create(made)
    return made


def archive(aws: AwsWorld, cold: ColdStore, made: Job, plan_of: list[Plan]) -> Outcome:
    """One delivery; `plan_of` is what each look at the plan sees, the last one for ever."""

    def read_plan(user_id: str) -> Plan:
        return plan_of.pop(0) if len(plan_of) > 1 else plan_of[0]

    handler = ArchiveResults(
        jobs=aws.jobs,
        ledger=aws.ledger,
        originals=Originals(aws.blobs),
        cold={cold.kind: cold},
        kind=cold.kind,
        plan_of=read_plan,
        thaw_requests=MemoryTopic(),
        clock=FakeClock(),
        lease_seconds=60,
    )
    request = ArchiveRequested(job_id=made.job_id, user_id=made.user_id)
    return handler(request, Delivery(request.to_json(), 1, threading.Event()))


def now(aws: AwsWorld, made: Job) -> Job:
    found = aws.jobs.get(made.job_id)
    assert found is not None
    return found


def test_the_bytes_of_a_free_user_move(aws: AwsWorld, cold: ColdStore, tmp_path: Path) -> None:
    made = completed(aws, tmp_path)
    assert archive(aws, cold, made, [Plan.FREE]) == Done()
    archived = now(aws, made)
    assert archived.results_state is ResultsState.ARCHIVED
    assert [each.job_id for each in aws.ledger.list_cold(USER, limit=9).jobs] == [made.job_id]
    for name, each in archived.archives.items():
        file = made.archivable[name]
        assert aws.blobs.head(file.key) is None
        retrieval = cold.begin_retrieval(
            each.archive_id, tier=Tier.EXPEDITED, reference=_reference(made, name)
        )

        def ready(archive_id: str = each.archive_id, asked: str = retrieval) -> bool:
            return cold.retrieval(archive_id, asked) is Retrieval.READY

        wait_until(ready, seconds=60)
        assert b"".join(cold.read(each.archive_id, retrieval)) == CONTENT[name]


def _reference(made: Job, name: str) -> ArchiveReference:
    return ArchiveReference(
        user_id=made.user_id, job_id=made.job_id, file=name, key=made.archivable[name].key
    )


def test_an_upgrade_before_the_deletion_keeps_everything_where_it_is(
    aws: AwsWorld, cold: ColdStore, tmp_path: Path
) -> None:
    made = completed(aws, tmp_path)
    assert archive(aws, cold, made, [Plan.FREE, Plan.PREMIUM]) == Done()
    kept = now(aws, made)
    assert kept.results_state is ResultsState.AVAILABLE
    assert (kept.archives, kept.spent_archives, kept.archive_user_id) == ({}, (), None)
    for name, content in CONTENT.items():
        assert b"".join(aws.blobs.stream(made.archivable[name].key)) == content
