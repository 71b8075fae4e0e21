"""`ErasableJobs`: the contract that holds for the fake and for DynamoDB, and a whole erasure."""

import json
from uuid import uuid4

import boto3
import pytest

from gas.aws.blobs import S3BlobStore
from gas.certificates import CertificateSigner, holds
from gas.clock import SystemClock
from gas.erasure import CERTIFICATES, ErasableJobs, erasure_id_of
from gas.errors import NotFound
from gas.jobs import ArchivedFile, ArchiveReference, ColdKind, Job, JobStatus, ResultsState
from gas.messages import AccountErasureRequested
from gas.ports import JobStore, Tier
from gas.testing import MemoryTopic
from gas.testing.earlier import MemoryEarlierJobs
from gas.testing.erasing import MemoryErasableJobs
from gas.testing.jobs import MemoryJobStore
from lambdas.erase_account.certify import Certify
from lambdas.erase_account.erase import EraseAccount, Pace
from lambdas.erase_account.places import Places
from tests.integration.ports.conftest import aws_world_of
from tests.support.aws import (
    AwsWorld,
    ColdStores,
    make_cold_stores,
    make_imports,
    make_webhooks,
)
from tests.support.jobs import OTHER_USER, USER, job

Tables = tuple[JobStore, ErasableJobs]


@pytest.fixture(params=["memory", "embedded"])
def tables(request: pytest.FixtureRequest) -> Tables:
    if request.param == "memory":
        jobs = MemoryJobStore()
        return jobs, MemoryErasableJobs(jobs)
    world = aws_world_of(request, request.param)
    return world.jobs, world.erasable


def test_a_job_is_taken_out_of_everybodys_hands(tables: Tables) -> None:
    jobs, erasable = tables
    archive = ArchivedFile(archive_id="a", kind=ColdKind.GLACIER_CLASS, size=1, sha256="ab" * 32)
    made = job(sweep_shard="1", sweep_at=5, archives={"annotated": archive})
    jobs.create(made)
    jobs.claim(made.job_id, owner="worker", now=100, lease_seconds=30)
    for at in (110, 120):
        erasing = erasable.begin_erasing(made.job_id, at=at)
        assert erasing is not None
        assert erasing.job_status is JobStatus.CANCELLED
        assert erasing.results_state is ResultsState.DELETED
        assert (erasing.erasing_at, erasing.sweep_at, erasing.sweep_shard) == (110, None, None)
        assert (erasing.lease_owner, erasing.lease_until) == (None, 130)
        assert erasing.archives == {"annotated": archive}
    assert not jobs.release(made.job_id, owner="worker", now=120, count_attempt=True)
    assert jobs.claim(made.job_id, owner="another", now=500, lease_seconds=30) is None


def test_a_job_is_forgotten_once_and_for_all(tables: Tables) -> None:
    jobs, erasable = tables
    made = job()
    jobs.create(made)
    for _ in range(2):
        erasable.remove(made.job_id)
        assert erasable.get(made.job_id) is None
    assert erasable.begin_erasing(made.job_id, at=1) is None
    assert jobs.get(made.job_id) is None


def archived(stores: ColdStores) -> Job:
    """A job with one archive of each kind."""
    made = job(job_status="COMPLETED", results_state="ARCHIVED", archive_user_id=USER)
    archives = {}
    for file, store in (("annotated", stores.by_class), ("table", stores.vault)):
        reference = ArchiveReference(user_id=USER, job_id=made.job_id, file=file, key="k")
        archive_id = store.put([b"cold"], size=4, reference=reference)
        archives[file] = ArchivedFile(
            archive_id=archive_id, kind=store.kind, size=4, sha256="ab" * 32
        )
    return made.model_copy(update={"archives": archives})


def test_an_account_is_erased_in_the_embedded_cloud(
    aws_over_http: AwsWorld, embedded_session: boto3.Session
) -> None:
    world, stores = aws_over_http, make_cold_stores(embedded_session)
    archives = S3BlobStore(world.clients.s3(), stores.bucket)
    cold = archived(stores)
    world.jobs.create(cold)
    for number in range(6):
        made = job(submit_time=1_800_000_000 + number)
        world.jobs.create(made)
        for name in ("in.vcf", "in.annot.vcf.gz"):
            key = f"{USER}/{made.job_id}~{name}"
            world.blobs.upload_chunks([b"x" * 10], key, size=10, content_type="text/plain")
    foreign = job(user_id=OTHER_USER)
    world.jobs.create(foreign)
    request = AccountErasureRequested(
        erasure_id=erasure_id_of(USER, 1),
        user_id=USER,
        email="ada@example.org",
        requested_at=1_900_000_000,
    )
    signer, notices = CertificateSigner("secret"), MemoryTopic()
    erase = EraseAccount(
        jobs=world.erasable,
        webhooks=make_webhooks(world.clients, f"t{uuid4().hex[:12]}"),
        imports=make_imports(world.clients, f"t{uuid4().hex[:12]}"),
        places=Places(
            inputs=world.blobs,
            results=S3BlobStore(world.clients.s3(), world.blobs.bucket),
            archives=archives,
            cold={store.kind: store for store in (stores.by_class, stores.vault)},
            earlier=MemoryEarlierJobs(),
        ),
        certify=Certify(results=world.blobs, signer=signer, notices=notices, clock=SystemClock()),
        clock=SystemClock(),
        pace=Pace(),
    )
    for _ in range(2):
        erase(request.to_json())
    assert world.blobs.list(USER, limit=10) == archives.list("", limit=10) == []
    assert world.jobs.list_for_user(USER, limit=10).jobs == []
    assert world.jobs.get(foreign.job_id) == foreign
    with pytest.raises(NotFound):
        stores.vault.begin_retrieval(
            cold.archives["table"].archive_id,
            tier=Tier.EXPEDITED,
            reference=ArchiveReference(user_id=USER, job_id=cold.job_id, file="table", key="k"),
        )
    document = json.loads(b"".join(world.blobs.stream(f"{CERTIFICATES}{request.erasure_id}.json")))
    counts = {name: document["certificate"][name] for name in ("jobs", "files", "archives")}
    assert counts == {"jobs": 7, "files": 12, "archives": 2}
    assert holds(document, signer.public_key.key)
    assert len(notices.published) == 2
