"""`ErasableJobs`: the contract that holds for the fake and for DynamoDB, and a whole erasure."""

import json

import pytest

from gas.certificates import CertificateSigner, holds
from gas.clock import SystemClock
from gas.erasure import CERTIFICATES, ErasableJobs, erasure_id_of
from gas.jobs import ArchivedFile, ColdKind, JobStatus, ResultsState
from gas.messages import AccountErasureRequested
from gas.ports import JobStore
from gas.testing import MemoryTopic
from gas.testing.cold import MemoryColdStore
from gas.testing.erasing import MemoryErasableJobs
from gas.testing.jobs import MemoryJobStore
from lambdas.erase_account.certify import Certify
from lambdas.erase_account.erase import EraseAccount, Pace, Places
from tests.support.aws import AwsWorld
from tests.support.jobs import OTHER_USER, USER, job

Tables = tuple[JobStore, ErasableJobs]


@pytest.fixture(params=["memory", "embedded"])
def tables(request: pytest.FixtureRequest) -> Tables:
    if request.param == "memory":
        jobs = MemoryJobStore()
        return jobs, MemoryErasableJobs(jobs)
    world: AwsWorld = request.getfixturevalue("aws_over_http")
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


def test_an_account_is_erased_in_the_embedded_cloud(aws_over_http: AwsWorld) -> None:
    """One bucket stands for all three; the pages are longer than one."""
    world = aws_over_http
    for number in range(12):
        made = job(submit_time=1_800_000_000 + number)
        world.jobs.create(made)
        for name in ("in.vcf", "in.annot.vcf.gz", "in~x"):
            content = [b"x" * 10]
            world.blobs.upload_chunks(
                content, f"{USER}/{made.job_id}~{name}", size=10, content_type="text/plain"
            )
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
        places=Places(
            inputs=world.blobs,
            results=world.blobs,
            archives=world.blobs,
            cold={ColdKind.GLACIER_CLASS: MemoryColdStore()},
        ),
        certify=Certify(results=world.blobs, signer=signer, notices=notices, clock=SystemClock()),
        clock=SystemClock(),
        pace=Pace(),
    )
    for _ in range(2):
        erase(request.to_json())
    assert world.blobs.list(USER, limit=10) == []
    assert world.jobs.list_for_user(USER, limit=10).jobs == []
    assert world.jobs.get(foreign.job_id) == foreign
    document = json.loads(b"".join(world.blobs.stream(f"{CERTIFICATES}{request.erasure_id}.json")))
    assert (document["certificate"]["jobs"], document["certificate"]["files"]) == (12, 36)
    assert holds(document, signer.public_key.key)
    assert len(notices.published) == 2
