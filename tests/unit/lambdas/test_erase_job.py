"""Erasing a single job that its user has deleted: all of it, nothing else, however often."""

import pytest

from gas.errors import InvalidMessage
from gas.jobs import ColdKind, Job
from gas.messages import JobErasureRequested
from gas.testing.erasing import MemoryErasableJobs
from lambdas.erase_account.handler import by_contract
from lambdas.erase_account.one_job import EraseJob
from lambdas.erase_account.places import ErasureUnfinished, JobEraser, Places
from tests.support.jobs import OTHER_USER, USER
from tests.unit.lambdas.test_erase_account import (
    GRACE,
    PREFIX,
    BucketColdStore,
    Crash,
    Fuse,
    Rooms,
)


def delete(rooms: Rooms, job: Job) -> str:
    """Mark the job as its user would; the message that follows."""
    erasable = MemoryErasableJobs(rooms.jobs)
    assert erasable.begin_deleting(job.job_id, user_id=job.user_id, at=rooms.now)
    return JobErasureRequested(job_id=job.job_id, user_id=job.user_id).to_json()


def erase(rooms: Rooms, body: str, fuse: Fuse | None = None) -> None:
    guard = fuse.guard if fuse else lambda thing: thing
    jobs = guard(MemoryErasableJobs(rooms.jobs))
    places = Places(
        inputs=guard(rooms.inputs),
        results=guard(rooms.results),
        archives=guard(rooms.archives),
        cold={
            ColdKind.GLACIER_CLASS: guard(BucketColdStore(rooms.archives)),
            ColdKind.GLACIER_VAULT: guard(rooms.vault),
        },
        earlier=guard(rooms.earlier),
        key_prefix=PREFIX,
    )
    eraser = JobEraser(jobs=jobs, places=places, clock=rooms.clock, grace_seconds=GRACE)
    EraseJob(jobs=jobs, eraser=eraser)(body)


def filled() -> tuple[Rooms, Job]:
    """Rooms in which one job is to go, and others stay."""
    rooms = Rooms()
    job = rooms.add_archived()
    rooms.add()
    rooms.add(OTHER_USER)
    return rooms, job


def left_of(rooms: Rooms, job: Job) -> list[str]:
    buckets = (rooms.inputs, rooms.results, rooms.archives)
    keys = [each.key for bucket in buckets for each in bucket.list("", limit=999)]
    return [key for key in keys if job.job_id in key]


def test_all_of_the_job_goes_and_nothing_else() -> None:
    rooms, job = filled()
    others = {each.job_id for each in rooms.jobs.table} - {job.job_id}
    objects = len(rooms.inputs.list("", limit=99)), len(rooms.results.list("", limit=99))
    body = delete(rooms, job)
    for _ in range(2):
        erase(rooms, body)
    assert left_of(rooms, job) == []
    assert rooms.vault.archives == {}
    assert {each.job_id for each in rooms.jobs.table} == others
    assert (len(rooms.inputs.list("", limit=99)), len(rooms.results.list("", limit=99))) == (
        objects[0] - 1,
        objects[1] - 2,
    )


@pytest.mark.parametrize("after", [False, True])
def test_a_crash_anywhere_leaves_enough_to_go_on(after: bool) -> None:
    for step in range(1, 100):
        rooms, job = filled()
        body, fuse = delete(rooms, job), Fuse(step, after=after)
        try:
            erase(rooms, body, fuse)
        except Crash:
            erase(rooms, body)
        assert left_of(rooms, job) == []
        assert rooms.jobs.get(job.job_id) is None
        assert rooms.earlier.noted == {}
        if not fuse.blown:
            return
    raise AssertionError("it never ended")


def test_what_a_late_worker_still_writes_goes_as_well() -> None:
    rooms = Rooms()
    job = rooms.add()
    rooms.jobs.claim(job.job_id, owner="worker", now=rooms.now, lease_seconds=60)
    body = delete(rooms, job)
    with pytest.raises(ErasureUnfinished):
        erase(rooms, body)
    assert left_of(rooms, job) == []
    rooms.results.put(f"{PREFIX}{USER}/{job.job_id}~tumour.annot.vcf.gz", b"late")
    rooms.clock.advance(60 + GRACE)
    erase(rooms, body)
    assert left_of(rooms, job) == []
    assert rooms.jobs.get(job.job_id) is None


@pytest.mark.parametrize("whose", [USER, OTHER_USER])
def test_a_message_alone_deletes_nothing(whose: str) -> None:
    rooms, job = filled()
    before = left_of(rooms, job)
    if whose == OTHER_USER:
        delete(rooms, job)
    erase(rooms, JobErasureRequested(job_id=job.job_id, user_id=whose).to_json())
    assert left_of(rooms, job) == before
    assert rooms.jobs.get(job.job_id) is not None


def test_each_message_of_the_queue_finds_its_reader() -> None:
    rooms, job = filled()
    accounts: list[str] = []
    jobs: list[str] = []
    read = by_contract(accounts.append, jobs.append)
    bodies = rooms.request.to_json(), delete(rooms, job)
    for body in bodies:
        read(body)
    assert (accounts, jobs) == ([bodies[0]], [bodies[1]])
    with pytest.raises(InvalidMessage):
        read('{"type": "job_requested"}')
