"""The sweeper's table, row by row, and its runs."""

import pytest
from structlog.testing import capture_logs

from gas.errors import InvalidMessage, ServiceUnavailable
from gas.jobs import ArchivedFile, ColdKind, Job, SpentArchive, StartedRetrieval
from gas.ledger import SWEEP_SHARDS, sweep_shard
from gas.messages import (
    ArchiveRequested,
    JobErasureRequested,
    JobRequested,
    PremiumSweepRequested,
    ThawRequested,
)
from gas.testing import FakeClock, MemoryJobStore, MemoryLedger, MemoryTopic
from lambdas.sweep.findings import Finding, Verdict, judge
from lambdas.sweep.handler import handle
from lambdas.sweep.sweep import SweepJobs, sweep_premium
from tests.support.jobs import job, results

NOW = 1_800_000_000
SPENT = (SpentArchive(archive_id="a", kind=ColdKind.GLACIER_CLASS),)


def retrieved_at(expected_at: int, back_at: int | None = None) -> dict[str, ArchivedFile]:
    retrieval = StartedRetrieval(
        retrieval_id="r", tier="Expedited", started_at=NOW - 9999, expected_at=expected_at
    )
    file = ArchivedFile(
        archive_id="a", kind=ColdKind.GLACIER_CLASS, size=1, sha256="ab", retrieval=retrieval
    )
    return {"annotated": file.model_copy(update={"back_at": back_at})}


def completed(state: str, **changes: object) -> Job:
    fields: dict[str, object] = {"announced_at": NOW - 5000, "complete_time": NOW - 5000}
    return job(job_status="COMPLETED", results_state=state, results=results(), **(fields | changes))


ROWS = {
    "fresh": (job(submit_time=NOW - 10), Verdict(None, NOW + 590)),
    "not claimed": (job(submit_time=NOW - 600), Verdict(Finding.NOT_CLAIMED, NOW + 600)),
    "not claimed for hours": (
        job(submit_time=NOW - 600 - 7200),
        Verdict(Finding.NOT_CLAIMED, NOW + 7200),
    ),
    "running": (job(job_status="RUNNING", lease_until=NOW), Verdict(None, NOW + 900)),
    "annotator lost": (
        job(job_status="RUNNING", lease_until=NOW - 1),
        Verdict(Finding.ANNOTATOR_LOST, NOW + 900),
    ),
    "completed, not announced": (
        completed("AVAILABLE", announced_at=None, archive_at=NOW - 1),
        Verdict(Finding.NOT_ANNOUNCED, NOW + 5000),
    ),
    "failed, not announced": (
        job(job_status="FAILED", complete_time=NOW - 600),
        Verdict(Finding.NOT_ANNOUNCED, NOW + 600),
    ),
    "failed": (job(job_status="FAILED", announced_at=NOW), Verdict(None, None)),
    "cancelled": (job(job_status="CANCELLED"), Verdict(None, None)),
    "available": (completed("AVAILABLE", archive_at=NOW + 9), Verdict(None, NOW + 9 + 120)),
    "due": (completed("AVAILABLE", archive_at=NOW), Verdict(Finding.DUE, NOW + 900)),
    "due for hours": (
        completed("AVAILABLE", archive_at=NOW - 7200),
        Verdict(Finding.DUE, NOW + 7200),
    ),
    "without an end": (completed("AVAILABLE"), Verdict(None, None)),
    "spent archives": (
        completed("AVAILABLE", archive_at=NOW + 9, spent_archives=SPENT, restored_at=NOW - 120),
        Verdict(Finding.SPENT_ARCHIVES, NOW + 900),
    ),
    "archiving": (
        completed("ARCHIVING", archive_lease_until=NOW),
        Verdict(None, NOW + 60),
    ),
    "archiver lost": (
        completed("ARCHIVING", archive_lease_until=NOW - 60),
        Verdict(Finding.ARCHIVER_LOST, NOW + 900),
    ),
    "archived": (completed("ARCHIVED"), Verdict(None, None)),
    "restoring": (
        completed("RESTORING", archives=retrieved_at(NOW)),
        Verdict(None, NOW + 600),
    ),
    "retrieval overdue": (
        completed("RESTORING", archives=retrieved_at(NOW - 600)),
        Verdict(Finding.RETRIEVAL_OVERDUE, NOW + 600),
    ),
    "all back and not finished": (
        completed("RESTORING", archives=retrieved_at(NOW - 900, back_at=NOW - 700)),
        Verdict(Finding.RETRIEVAL_OVERDUE, NOW + 600),
    ),
    "deleted": (completed("DELETED"), Verdict(None, None)),
    "being erased": (
        job(job_status="CANCELLED", results_state="DELETED", erasing_at=NOW - 10),
        Verdict(None, NOW + 890),
    ),
    "not erased": (
        completed("DELETED", erasing_at=NOW - 900),
        Verdict(Finding.NOT_ERASED, NOW + 900),
    ),
}


@pytest.mark.parametrize("row", ROWS)
def test_what_is_found(row: str) -> None:
    made, verdict = ROWS[row]
    assert judge(made, NOW) == verdict


class Desk:
    """A sweeper with its ports."""

    def __init__(self) -> None:
        self.clock = FakeClock(NOW)
        self.jobs = MemoryJobStore()
        self.ledger = MemoryLedger(self.jobs)
        self.job_requests = MemoryTopic()
        self.archive_requests = MemoryTopic()
        self.thaw_requests = MemoryTopic()
        self.erasures = MemoryTopic()

    def put(self, made: Job, at: int = NOW) -> Job:
        swept = made.model_copy(update={"sweep_at": at, "sweep_shard": sweep_shard(made.job_id)})
        assert self.jobs.create(swept)
        return swept

    def sweep(self) -> dict[Finding, int]:
        sweeper = SweepJobs(
            jobs=self.jobs,
            ledger=self.ledger,
            job_requests=self.job_requests,
            archive_requests=self.archive_requests,
            thaw_requests=self.thaw_requests,
            erasures=self.erasures,
            clock=self.clock,
        )
        return dict(sweeper())

    def told(self) -> int:
        topics = (self.job_requests, self.archive_requests, self.thaw_requests, self.erasures)
        return sum(len(topic.published) for topic in topics)


Told = JobRequested | ArchiveRequested | ThawRequested | JobErasureRequested

MESSAGES: dict[Finding, tuple[str, type[Told]]] = {
    Finding.NOT_CLAIMED: ("job_requests", JobRequested),
    Finding.ANNOTATOR_LOST: ("job_requests", JobRequested),
    Finding.NOT_ANNOUNCED: ("job_requests", JobRequested),
    Finding.DUE: ("archive_requests", ArchiveRequested),
    Finding.SPENT_ARCHIVES: ("archive_requests", ArchiveRequested),
    Finding.ARCHIVER_LOST: ("archive_requests", ArchiveRequested),
    Finding.RETRIEVAL_OVERDUE: ("thaw_requests", ThawRequested),
    Finding.NOT_ERASED: ("erasures", JobErasureRequested),
}


@pytest.mark.parametrize("row", ROWS)
def test_each_finding_sends_the_ordinary_message_once(row: str) -> None:
    desk = Desk()
    made, verdict = ROWS[row]
    desk.put(made)
    with capture_logs() as logs:
        counts = desk.sweep()
        again = desk.sweep()
    assert again == {}
    moved = desk.jobs.get(made.job_id)
    assert moved is not None
    assert moved.sweep_at == verdict.look_at
    lines = [line for line in logs if line["event"] == "swept"]
    if verdict.finding is None:
        assert (counts, desk.told(), lines) == ({}, 0, [])
        return
    assert counts == {verdict.finding: 1}
    topic, contract = MESSAGES[verdict.finding]
    (body,) = getattr(desk, topic).published
    assert contract.from_json(body) == contract(job_id=made.job_id, user_id=made.user_id)
    assert desk.told() == 1
    (line,) = lines
    assert line["finding"] == verdict.finding


def test_findings_are_counted_in_one_line() -> None:
    desk = Desk()
    for _ in range(3):
        desk.put(job(submit_time=NOW - 600))
    desk.put(completed("AVAILABLE", archive_at=NOW))
    with capture_logs() as logs:
        desk.sweep()
    (line,) = [line for line in logs if line["event"] == "jobs_swept"]
    assert (line["looked_at"], line["not_claimed"], line["due"]) == (4, 3, 1)


def pending(digits: str) -> Job:
    return job(job_id=f"{digits}-0000-4000-8000-000000000000", submit_time=NOW - 600)


def test_all_shards_are_swept_page_by_page_and_a_run_is_bounded() -> None:
    desk = Desk()
    crowded = [desk.put(pending(f"0{n:07x}")) for n in range(450)]
    others = [desk.put(pending(f"{digit}0000000")) for digit in "123"]
    assert {sweep_shard(each.job_id) for each in [crowded[0], *others]} == set(SWEEP_SHARDS)
    assert desk.sweep() == {Finding.NOT_CLAIMED: 400 + 3}
    assert desk.sweep() == {Finding.NOT_CLAIMED: 50}


def test_what_moved_on_since_the_index_was_written_is_left_alone() -> None:
    class Lagging(MemoryLedger):
        def due_for_sweep(self, shard: str, *, now: int, limit: int) -> list[Job]:
            return [stale] if shard == sweep_shard(stale.job_id) else []

    desk = Desk()
    stale = desk.put(job(submit_time=NOW - 600))
    desk.ledger = Lagging(desk.jobs)
    desk.jobs.claim(stale.job_id, owner="w", now=NOW, lease_seconds=60)
    assert desk.sweep() == {}
    assert desk.told() == 0


def test_of_two_sweepers_one_tells() -> None:
    class Beaten(MemoryLedger):
        def sweep_again(self, job_id: str, *, seen: int, at: int | None) -> bool:
            super().sweep_again(job_id, seen=seen, at=at)
            return super().sweep_again(job_id, seen=seen, at=at)

    desk = Desk()
    desk.put(job(submit_time=NOW - 600))
    desk.ledger = Beaten(desk.jobs)
    assert desk.sweep() == {}
    assert desk.told() == 0


def test_an_outage_is_told_to_the_caller() -> None:
    class DeadTopic(MemoryTopic):
        def publish(self, body: str, *, attributes: object, group: str = "") -> None:
            raise ServiceUnavailable("down")

    desk = Desk()
    made = desk.put(job(submit_time=NOW - 600))
    desk.job_requests = DeadTopic()
    with pytest.raises(ServiceUnavailable):
        desk.sweep()
    desk.job_requests = MemoryTopic()
    desk.clock.advance(600)
    assert desk.sweep() == {Finding.NOT_CLAIMED: 1}
    assert JobRequested.from_json(desk.job_requests.published[0]).job_id == made.job_id


def test_premium_users_are_the_thaw_services_business() -> None:
    topic = MemoryTopic()
    sweep_premium(topic)
    (body,) = topic.published
    assert PremiumSweepRequested.from_json(body).after_user_id == ""


@pytest.mark.parametrize("event", [{}, {"task": "everything"}, {"task": None}])
def test_a_task_that_is_none_is_refused(event: dict[str, object]) -> None:
    with pytest.raises(InvalidMessage):
        handle(event, None)
