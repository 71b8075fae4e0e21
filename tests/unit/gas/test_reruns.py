"""A job is run again as one new job, whoever asks how often, and whatever dies on the way."""

from typing import Any

import pytest

from gas.errors import InputGone, InvalidRequest, JobNotEnded, NotFound, UploadTooLarge
from gas.jobs import Job, JobOptions, JobStatus
from gas.keys import parse_key
from gas.messages import JobRequested
from gas.plans import MIB, Plan
from gas.reruns import MOST_BYTES, rerun
from gas.submissions import Uploader, register
from gas.testing import FakeClock, MemoryBlobStore, MemoryJobStore, MemoryTopic
from tests.support.jobs import USER, job
from tests.support.tripwire import Killed, Tripwire

REPAIRED = JobOptions(contig_names={"Chr20": "20"})


class World:
    """A failed job and what it takes to run it again."""

    def __init__(self, **changes: Any) -> None:
        self.jobs = MemoryJobStore()
        self.inputs = MemoryBlobStore("inputs")
        self.requests = MemoryTopic()
        self.clock = FakeClock()
        self.wire = Tripwire()
        self.failed = job(**{"job_status": JobStatus.FAILED, **changes})
        self.jobs.create(self.failed)
        self.inputs.put(self.failed.s3_key_input_file, b"variants", {"submission": "old"})

    def rerun(self, options: JobOptions = REPAIRED, plan: Plan = Plan.FREE, **of: Any) -> Job:
        return rerun(
            of.get("job", self.failed),
            Uploader(user_id=USER, email="ada@example.org", plan=plan),
            options,
            key_prefix="",
            clock=self.clock,
            **self._guarded(),
        )

    def safety_net(self) -> None:
        """What the register_upload function does for every object."""
        for info in self.inputs.list("", limit=99):
            if info.key != self.failed.s3_key_input_file:
                register(
                    info.key,
                    key_prefix="",
                    clock=self.clock,
                    inputs=self.inputs,
                    jobs=self.jobs,
                    requests=self.requests,
                )

    def _guarded(self) -> dict[str, Any]:
        guard = self.wire.guard
        return {
            "inputs": guard(self.inputs),
            "jobs": guard(self.jobs),
            "requests": guard(self.requests),
        }

    def others(self) -> list[Job]:
        return [each for each in self.jobs.table if each.job_id != self.failed.job_id]


def test_the_new_job_has_its_own_input_the_options_asked_for_and_both_know_each_other() -> None:
    world = World()
    made = world.rerun()
    assert (made.job_status, made.options, made.retry_of) == (
        JobStatus.PENDING,
        REPAIRED,
        world.failed.job_id,
    )
    assert (made.input_file_name, made.waiting_in) == (world.failed.input_file_name, Plan.FREE)
    assert made.s3_key_input_file != world.failed.s3_key_input_file
    assert world.inputs.read(made.s3_key_input_file, start=0, length=99) == b"variants"
    assert parse_key("", made.s3_key_input_file).job_id == made.job_id
    old = world.jobs.get(world.failed.job_id)
    assert old is not None
    assert (old.retried_by, old.job_status) == (made.job_id, JobStatus.FAILED)
    (wire,) = world.requests.published
    assert JobRequested.from_json(wire).job_id == made.job_id


def test_asking_twice_makes_one_job_and_other_options_make_another() -> None:
    world = World()
    first, again = world.rerun(), world.rerun()
    assert first.job_id == again.job_id
    assert len(world.requests.published) == 1
    assert world.rerun(JobOptions()).job_id != first.job_id
    assert len(world.others()) == 2


@pytest.mark.parametrize("end", [JobStatus.FAILED, JobStatus.CANCELLED])
def test_after_that_has_failed_too_there_is_another(end: JobStatus) -> None:
    world = World()
    first = world.rerun()
    world.jobs.table.change(first.job_id, lambda j: True, lambda j: {"job_status": end})
    second = world.rerun()
    assert second.job_id != first.job_id
    assert world.rerun().job_id == second.job_id


@pytest.mark.parametrize("end", [JobStatus.COMPLETED, JobStatus.CANCELLED])
def test_any_job_that_has_ended_can_be_run_again(end: JobStatus) -> None:
    assert World(job_status=end).rerun().retry_of is not None


@pytest.mark.parametrize("status", [JobStatus.PENDING, JobStatus.RUNNING])
def test_a_job_that_has_not_ended_is_refused(status: JobStatus) -> None:
    world = World(job_status=status)
    with pytest.raises(JobNotEnded):
        world.rerun()
    assert world.others() == []


def test_the_limits_are_those_of_the_plan_of_today() -> None:
    world = World(input_size=11 * MIB, plan=Plan.PREMIUM)
    with pytest.raises(UploadTooLarge):
        world.rerun(plan=Plan.FREE)
    assert len(world.inputs.list("", limit=9)) == 1
    assert world.rerun(plan=Plan.PREMIUM).plan is Plan.PREMIUM


def test_an_input_that_is_gone_is_said_so() -> None:
    world = World()
    world.inputs.delete(world.failed.s3_key_input_file)
    with pytest.raises(InputGone):
        world.rerun()


def test_killed_at_every_step_there_is_one_job_once_somebody_looks() -> None:
    world = World()
    world.rerun()
    steps = len(world.wire.calls)
    assert steps > 6
    for moment in ("kill_before", "kill_after"):
        for step in range(steps):
            for savior in ("person", "safety net"):
                world = World()
                setattr(world.wire, moment, step)
                with pytest.raises(Killed):
                    world.rerun()
                world.wire.revive()
                if savior == "person":
                    world.rerun()
                else:
                    world.safety_net()
                where = (moment, step, savior)
                copied = len(world.inputs.list("", limit=9)) == 2
                assert len(world.others()) == int(copied), where
                for made in world.others():
                    assert made.queued_at is not None, where
                    assert made.retry_of == world.failed.job_id, where
                    old = world.jobs.get(world.failed.job_id)
                    assert old is not None
                    assert old.retried_by == made.job_id, where
                    assert 1 <= len(world.requests.published) <= 2, where


def test_a_file_too_large_to_be_copied_while_somebody_waits_is_refused() -> None:
    world = World(input_size=MOST_BYTES + 1, plan=Plan.PREMIUM)
    with pytest.raises(InvalidRequest) as refused:
        world.rerun(plan=Plan.PREMIUM)
    assert "Upload the file again" in refused.value.remedy
    assert len(world.inputs.list("", limit=9)) == 1
    assert World(input_size=MOST_BYTES, plan=Plan.PREMIUM).rerun(plan=Plan.PREMIUM).retry_of


def test_a_copy_that_arrives_late_does_not_bring_a_deleted_job_back() -> None:
    world = World()
    made = world.rerun()
    late = world.inputs.head(made.s3_key_input_file)
    assert late is not None
    world.inputs.delete(made.s3_key_input_file)
    world.jobs.table.delete(made.job_id)
    world.inputs.put(made.s3_key_input_file, b"variants", dict(late.metadata))
    with pytest.raises(NotFound):
        world.safety_net()
    assert world.others() == []
    assert world.inputs.head(made.s3_key_input_file) is None


def test_after_its_rerun_was_deleted_a_job_can_be_run_again() -> None:
    world = World()
    made = world.rerun()
    world.inputs.delete(made.s3_key_input_file)
    world.jobs.table.delete(made.job_id)
    old = world.jobs.get(world.failed.job_id)
    again = world.rerun(job=old)
    assert again.job_id != made.job_id
    assert [each.job_id for each in world.others()] == [again.job_id]
