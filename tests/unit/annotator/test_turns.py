"""Jobs of one user wait for each other; nobody else waits for them."""

from pathlib import Path
from typing import Any

import pytest

from annotator.turns import wait_for_turn
from gas.jobs import Job, JobStatus
from gas.plans import Plan
from gas.slots import Line
from gas.worker import Done, Postpone
from tests.support.jobs import OTHER_USER
from tests.support.tripwire import Killed
from tests.unit.annotator.test_annotate import LEASE, VISIBILITY, FakeEngine, World


class Nosy(FakeEngine):
    """While it runs, other messages are delivered, as if by other workers."""

    def __init__(self, world: World) -> None:
        super().__init__()
        self._world = world
        self._busy = False
        self.meanwhile: list[Any] = []

    def run(self, *args: Any, **kwargs: Any) -> Any:
        if not self._busy:
            self._busy = True
            while (outcome := self._world.deliver()) is not None:
                self.meanwhile.append(outcome)
            self._busy = False
        return super().run(*args, **kwargs)


@pytest.fixture
def world(tmp_path: Path) -> World:
    world = World(tmp_path)
    world.engine = Nosy(world)
    return world


def drain(world: World) -> None:
    """Deliver until nothing is visible."""
    while world.deliver() is not None:
        pass


def done(world: World, made: Job) -> bool:
    return world.job(made).job_status is JobStatus.COMPLETED


def test_a_second_free_job_waits_and_is_called_when_the_first_ends(world: World) -> None:
    first = world.submit(submit_time=1)
    second, third = world.submit(submit_time=2), world.submit(submit_time=3)
    assert world.deliver() == Done()
    assert world.engine.meanwhile == [Postpone(30), Postpone(40)]
    assert [done(world, made) for made in (first, second, third)] == [True, False, False]
    # Called at once, long before its own message comes back, and in the order of submission.
    assert world.deliver() == Done()
    assert [done(world, made) for made in (second, third)] == [True, False]
    assert world.deliver() == Done()
    assert done(world, third)


def test_waiting_neither_counts_as_an_attempt_nor_leads_to_the_dead_letters(world: World) -> None:
    first = world.submit(submit_time=1)
    held = Line(running={"somebody": world.clock.now() + 10_000})
    assert world.lines.write(first.user_id, held, expires_at=0)
    for _ in range(20):
        outcome = world.deliver()
        assert isinstance(outcome, Postpone)
        world.clock.advance(outcome.seconds)
    assert (len(world.queue), world.queue.dead) == (1, [])
    assert world.job(first).attempts == 0


def test_the_sweeper_is_kept_from_a_job_that_waits_as_long_as_its_message_lives(
    world: World,
) -> None:
    now = world.clock.now()
    waiting = world.submit(submit_time=1, sweep_shard="0", sweep_at=now + 600)
    held = Line(running={"somebody": now + 50_000})
    assert world.lines.write(waiting.user_id, held, expires_at=0)
    for _ in range(20):
        outcome = world.deliver()
        assert isinstance(outcome, Postpone)
        sweep_at = world.job(waiting).sweep_at
        assert sweep_at is not None
        assert sweep_at > world.clock.now() + 900 > world.clock.now() + outcome.seconds
        world.clock.advance(outcome.seconds)


def test_another_user_overtakes(world: World) -> None:
    mine = [world.submit(submit_time=n) for n in range(3)]
    theirs = world.submit(user_id=OTHER_USER, submit_time=99)
    assert world.deliver() == Done()
    assert done(world, theirs)
    assert [done(world, made) for made in mine] == [True, False, False]


def test_premium_runs_several_at_once(world: World) -> None:
    mine = [world.submit(submit_time=n, plan=Plan.PREMIUM) for n in range(4)]
    assert world.deliver() == Done()
    assert all(done(world, made) for made in mine)
    assert world.engine.meanwhile == [Done(), Done(), Done()]


def test_a_cancelled_job_is_passed_over(world: World) -> None:
    world.submit(submit_time=1)
    second, third = world.submit(submit_time=2), world.submit(submit_time=3)
    assert world.deliver() == Done()
    world.jobs.cancel(second.job_id, at=world.clock.now())
    drain(world)
    world.clock.advance(LEASE)
    drain(world)
    assert done(world, third)
    assert world.job(second).job_status is JobStatus.CANCELLED
    assert world.lines.read(third.user_id).waiting == {}


def test_killed_at_every_step_the_next_job_still_runs(tmp_path: Path) -> None:
    def two(name: str) -> tuple[World, Job, Job]:
        world = World(tmp_path / name)
        first, second = world.submit(submit_time=1), world.submit(submit_time=2)
        return world, first, second

    world, *_ = two("count")
    drain(world)
    steps = len(world.wire.calls)
    for moment in ("kill_before", "kill_after"):
        for step in range(steps):
            world, first, second = two(f"{moment}-{step}")
            setattr(world.wire, moment, step)
            with pytest.raises(Killed):
                drain(world)
            world.wire.revive()
            for _ in range(6):
                world.clock.advance(VISIBILITY + LEASE)
                drain(world)
            where = f"{moment} {step} ({world.wire.calls[step]})"
            assert done(world, first), where
            assert done(world, second), where
            assert (len(world.queue), world.queue.dead) == (0, []), where
            line = world.lines.read(first.user_id)
            now = world.clock.now()
            assert [until for until in line.running.values() if until >= now] == [], where


@pytest.mark.parametrize(("place", "seconds"), [(1, 30), (2, 40), (50, 520), (1000, 900)])
def test_who_waits_far_behind_looks_less_often(place: int, seconds: int) -> None:
    assert wait_for_turn(place) == seconds
