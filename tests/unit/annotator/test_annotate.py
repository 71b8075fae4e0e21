"""The handler of job requests, and what happens when it dies at any step."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from annotator.annotate import AnnotateJob
from annotator.engine import EngineDied, EngineOutput, EngineRefused, EngineStopped
from annotator.folders import WorkFolders
from annotator.results import ResultsWriter
from annotator.turns import Turns
from gas.jobs import Failure, Job, JobOptions, JobStatus, Progress, ResultsState
from gas.keys import own_stem
from gas.messages import ArchiveRequested, JobFinished, JobRequested
from gas.ports import QueueMessage
from gas.slots import UserSlots
from gas.testing import (
    FakeClock,
    MemoryBlobStore,
    MemoryJobStore,
    MemoryLedger,
    MemoryQueue,
    MemoryTimer,
    MemoryTopic,
)
from gas.testing.earlier import MemoryEarlierJobs
from gas.testing.slots import MemoryLineTable
from gas.testing.vitals import MemoryVitals
from gas.throughput import Throughput
from gas.worker import Bury, Done, Later, Outcome, Postpone, Worker
from tests.support.jobs import job
from tests.support.tripwire import Killed, Tripwire

LEASE = 60
VISIBILITY = 90
FREE_WINDOW = 300


ENDINGS = (
    "annot.vcf.gz",
    "vcf.count.log",
    "summary.json",
    "receipt.json",
    "parquet",
    "annot.vcf.gz.tbi",
)

CRASHED = Failure(code="engine_crashed", message="It crashed.", remedy="Ask.")


class FakeEngine:
    """Writes the files, or fails as told."""

    def __init__(self) -> None:
        self.runs = 0
        self.failures: list[Exception] = []

    def run(
        self,
        source: Path,
        source_name: str,
        folder: Path,
        options: JobOptions,
        *,
        on_progress: Callable[[Progress], None],
        should_stop: Callable[[], bool],
    ) -> EngineOutput:
        self.runs += 1
        if self.failures:
            raise self.failures.pop(0)
        if should_stop():
            raise EngineStopped
        on_progress(Progress(records_done=5, percent=50.0))
        files = []
        for ending in ENDINGS:
            path = folder / f"{own_stem(source_name)}.{ending}"
            path.write_bytes(b"annotated " + source.read_bytes())
            files.append(path)
        return EngineOutput(
            *files,
            input_blake3="b3",
            pack_id="demo-1",
            engine="1.0",
            signed_by="SHA256:12",
            records_in=10,
            records_annotated=9,
            skipped={"unknown": 1},
        )


class World:
    """The annotator's surroundings in memory."""

    def __init__(self, tmp_path: Path) -> None:
        self.clock = FakeClock()
        self.jobs = MemoryJobStore()
        self.inputs = MemoryBlobStore("inputs")
        self.results = MemoryBlobStore("results")
        self.queue = MemoryQueue(self.clock, visibility=VISIBILITY, max_receives=8)
        self.announced = MemoryTopic()
        self.requests = MemoryTopic(self.queue)
        self.lines = MemoryLineTable()
        self.vitals = MemoryVitals()
        self.timer = MemoryTimer()
        self.engine = FakeEngine()
        self.folders = WorkFolders(tmp_path / "work")
        self.wire = Tripwire()

    def submit(self, **changes: object) -> Job:
        made = job(**changes)
        self.inputs.put(made.s3_key_input_file, b"variants")
        self.jobs.create(made)
        self.queue.send(JobRequested(job_id=made.job_id, user_id=made.user_id).to_json())
        return made

    def worker(self) -> Worker:
        """A new process: all state but the ports' is fresh."""
        guard = self.wire.guard
        slots = UserSlots(guard(self.lines), self.clock, lease_seconds=LEASE)
        turns = Turns(
            slots,
            jobs=guard(self.jobs),
            ledger=guard(MemoryLedger(self.jobs)),
            requests=guard(self.requests),
            clock=self.clock,
        )
        handler = AnnotateJob(
            jobs=guard(self.jobs),
            inputs=guard(self.inputs),
            writer=ResultsWriter(guard(self.results), key_prefix=""),
            announcements=guard(self.announced),
            timer=guard(self.timer),
            turns=turns,
            earlier=MemoryEarlierJobs(),
            throughput=Throughput(guard(self.vitals), self.clock),
            engine=guard(self.engine),
            folders=self.folders,
            clock=self.clock,
            lease_seconds=LEASE,
            free_window_seconds=FREE_WINDOW,
        )
        return Worker(
            guard(self.queue), handler, slots=1, visibility_seconds=VISIBILITY, idle_seconds=60
        )

    def deliver(self) -> Outcome | None:
        """One receive and its work; None when nothing is visible."""
        messages: list[QueueMessage] = list(self.queue.receive(limit=1, wait_seconds=0))
        return self.worker().work(messages[0]) if messages else None

    def job(self, made: Job) -> Job:
        found = self.jobs.get(made.job_id)
        assert found is not None
        return found


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def test_a_job_is_annotated_stored_and_announced_once(world: World) -> None:
    made = world.submit()
    assert world.deliver() == Done()
    done = world.job(made)
    assert (done.job_status, done.results_state) == (JobStatus.COMPLETED, ResultsState.AVAILABLE)
    assert done.results is not None
    assert done.results.records_in == 10
    stored = world.results.read(done.results.annotated.key, start=0, length=100)
    assert stored == b"annotated variants"
    names = {file.name for file in done.results.files.values()}
    assert names == {f"tumour.{ending}" for ending in ENDINGS}
    assert done.results.signed_by == "SHA256:12"
    (wire,) = world.announced.published
    assert JobFinished.from_json(wire).job_status is JobStatus.COMPLETED
    assert done.complete_time is not None
    assert done.archive_at == done.complete_time + FREE_WINDOW
    ((name, (at, payload)),) = world.timer.started.items()
    assert (name, at) == (made.job_id, done.archive_at)
    due = ArchiveRequested.model_validate(payload)
    assert (due.job_id, due.user_id) == (made.job_id, made.user_id)
    assert len(world.queue) == 0


def test_what_a_completed_job_took_is_noted_and_nothing_of_one_that_failed(world: World) -> None:
    world.submit()
    world.engine.failures = [EngineRefused(CRASHED)]
    world.deliver()
    name = "demo/compressed"
    assert world.vitals.read_pace(name).jobs == 0
    made = world.submit(submit_time=world.clock.now() - 7, input_size=2 * 1024 * 1024)
    world.deliver()
    pace = world.vitals.read_pace(name)
    assert (pace.jobs, pace.x, pace.records, pace.waited) == (1, 2.0, 10, 7)
    assert pace.y > 0
    assert world.job(made).job_status is JobStatus.COMPLETED


def calls_of_one_job(tmp_path: Path) -> int:
    world = World(tmp_path)
    world.submit()
    world.deliver()
    return len(world.wire.calls)


def test_killed_at_every_step_nothing_is_lost(tmp_path: Path) -> None:
    steps = calls_of_one_job(tmp_path / "count")
    assert steps > 10
    for moment in ("kill_before", "kill_after"):
        for step in range(steps):
            world = World(tmp_path / f"{moment}-{step}")
            made = world.submit()
            setattr(world.wire, moment, step)
            with pytest.raises(Killed):
                world.deliver()
            world.wire.revive()
            for _ in range(5):
                world.clock.advance(VISIBILITY + LEASE)
                world.deliver()
            where = f"{moment} {step} ({world.wire.calls[step]})"
            done = world.job(made)
            assert done.job_status is JobStatus.COMPLETED, where
            assert done.announced_at is not None, where
            assert list(world.timer.started) == [made.job_id], where
            assert len(world.queue) == 0, where
            assert not world.queue.dead, where
            assert 1 <= len(world.announced.published) <= 2, where
            assert len(world.results.list("", limit=99)) == len(ENDINGS), where


def test_a_worker_that_always_dies_ends_the_job_with_a_cause(world: World) -> None:
    made = world.submit()
    for _ in range(3):
        world.wire.calls.clear()
        world.wire.revive()
        world.wire.kill_before = 5  # inside the run
        with pytest.raises(Killed):
            world.deliver()
        world.clock.advance(VISIBILITY + LEASE)
    world.wire.revive()
    outcome = world.deliver()
    assert isinstance(outcome, Bury)
    failed = world.job(made)
    assert failed.job_status is JobStatus.FAILED
    assert failed.failure is not None
    assert failed.failure.code == "worker_died"
    assert failed.failure.remedy
    assert failed.log_file is not None
    assert len(world.queue.dead) == 1
    assert len(world.announced.published) == 1


def test_an_engine_that_dies_is_tried_three_times(world: World) -> None:
    made = world.submit()
    world.engine.failures = [EngineDied("signal 9", CRASHED)] * 3
    for _ in range(3):
        world.deliver()
        world.clock.advance(900)
    assert world.engine.runs == 3
    failed = world.job(made)
    assert (failed.job_status, failed.failure) == (JobStatus.FAILED, CRASHED)
    assert len(world.queue.dead) == 1


def test_a_full_disk_is_no_fault_of_the_job(world: World) -> None:
    made = world.submit()
    world.engine.failures = [OSError(28, "No space left on device")] * 6
    for _ in range(6):
        outcome = world.deliver()
        assert isinstance(outcome, Later)
        world.clock.advance(outcome.seconds)
        assert world.job(made).attempts == 0
    assert world.deliver() == Done()
    assert world.job(made).job_status is JobStatus.COMPLETED


def test_a_refused_input_fails_with_line_cause_and_remedy(world: World, tmp_path: Path) -> None:
    made = world.submit()
    log = tmp_path / "tumour.vcf.count.log"
    log.write_text("line 7 is wrong")
    failure = Failure(code="too_few_columns", message="Line 7 has 3 columns.", line=7, remedy="Fix")
    world.engine.failures = [EngineRefused(failure, log)]
    assert world.deliver() == Done()
    failed = world.job(made)
    assert (failed.job_status, failed.failure) == (JobStatus.FAILED, failure)
    assert world.timer.started == {}
    assert failed.log_file is not None
    assert world.results.read(failed.log_file.key, start=0, length=50) == b"line 7 is wrong"
    assert JobFinished.from_json(world.announced.published[0]).job_status is JobStatus.FAILED


def test_an_input_that_is_gone_fails_in_words(world: World) -> None:
    made = world.submit()
    world.inputs.delete(made.s3_key_input_file)
    assert world.deliver() == Done()
    failed = world.job(made)
    assert failed.failure is not None
    assert failed.failure.code == "input_missing"
    assert failed.log_file is not None
    text = world.results.read(failed.log_file.key, start=0, length=1000).decode()
    assert "Upload the file again" in text


def test_a_job_in_other_hands_is_left_alone(world: World) -> None:
    made = world.submit()
    world.jobs.claim(made.job_id, owner="other", now=world.clock.now(), lease_seconds=LEASE)
    assert world.deliver() == Postpone(LEASE + 1)
    assert world.engine.runs == 0
    assert len(world.queue) == 1


def test_a_repeated_message_of_a_long_job_never_ends_in_the_dead_letters(world: World) -> None:
    made = world.submit()
    world.jobs.claim(made.job_id, owner="other", now=world.clock.now(), lease_seconds=10_000)
    for _ in range(20):
        outcome = world.deliver()
        assert isinstance(outcome, Postpone)
        world.clock.advance(outcome.seconds)
    assert (len(world.queue), world.queue.dead) == (1, [])


def test_a_repeated_message_of_a_finished_job_changes_nothing(world: World) -> None:
    made = world.submit()
    world.deliver()
    world.queue.send(JobRequested(job_id=made.job_id, user_id=made.user_id).to_json())
    assert world.deliver() == Done()
    assert world.engine.runs == 1
    assert len(world.announced.published) == 1


def test_a_message_that_can_never_succeed_is_buried(world: World) -> None:
    world.queue.send("no json")
    assert isinstance(world.deliver(), Bury)
    assert world.queue.dead == ["no json"]


def test_the_message_of_a_job_that_was_deleted_meanwhile_is_forgotten(world: World) -> None:
    request = JobRequested(job_id="33333333-3333-4333-8333-333333333333", user_id="u")
    world.queue.send(request.to_json())
    assert isinstance(world.deliver(), Done)
    assert world.queue.dead == []


def test_a_stop_puts_the_job_down_uncounted(world: World) -> None:
    made = world.submit()
    world.engine.failures = [EngineStopped()]
    assert world.deliver() == Later(0)
    put_down = world.job(made)
    assert (put_down.job_status, put_down.attempts) == (JobStatus.RUNNING, 0)
    assert world.deliver() == Done()
    assert world.job(made).job_status is JobStatus.COMPLETED


def test_a_job_cancelled_while_it_runs_is_put_down_for_good(world: World) -> None:
    made = world.submit()

    class Cancelling(FakeEngine):
        def run(self, *args: Any, **kwargs: Any) -> EngineOutput:
            world.jobs.cancel(made.job_id, at=world.clock.now())
            return super().run(*args, **kwargs)

    world.engine = Cancelling()
    world.deliver()
    assert world.job(made).job_status is JobStatus.CANCELLED
    world.clock.advance(LEASE + VISIBILITY)
    assert world.deliver() == Done()
    assert world.engine.runs == 1
    assert world.announced.published == []
    assert list(world.results.list("", limit=1)) == []


def test_the_working_folder_is_gone_afterwards(world: World, tmp_path: Path) -> None:
    world.submit()
    world.deliver()
    assert [p.name for p in (tmp_path / "work").rglob("*") if p.is_file()] == ["lock"]


def test_folders_of_dead_processes_are_removed(tmp_path: Path) -> None:
    first = WorkFolders(tmp_path)
    with first.folder("job") as kept:
        WorkFolders(tmp_path)
        assert kept.is_dir()
    os.close(first._lock)  # as the kernel does when a process dies
    third = WorkFolders(tmp_path)
    assert not kept.parent.exists()
    third.close()
