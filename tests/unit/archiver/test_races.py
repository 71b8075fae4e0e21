"""Whatever dies, and whenever the plan changes: Premium ends AVAILABLE, Free ends ARCHIVED, and
every byte is as the engine wrote it."""

from collections.abc import Callable
from functools import partial

import pytest

from gas.jobs import Job, ResultsState
from gas.plans import Plan
from tests.support.jobs import USER
from tests.support.tripwire import Killed, Tripwire
from tests.unit.archiver.world import CONTENT, LEASE, VISIBILITY, World

MOMENTS = ("kill_before", "kill_after")


def calls_of(prepare: Callable[[World], object]) -> list[str]:
    """The calls of one archiver that nothing disturbs."""
    world = World()
    world.request(world.completed())
    prepare(world)
    world.deliver()
    return world.wire.calls


def nothing(world: World) -> None:
    pass


CALLS = calls_of(nothing)
NUMBERS = range(len(CALLS))


def assert_ended_well(world: World, made: Job, where: str, *, orphans: int = 0) -> None:
    """As the plan says; with no byte lost and nothing left over."""
    assert len(world.queue) == 0, where
    assert not world.queue.dead, where
    ended = world.now(made)
    assert ended.spent_archives == (), where
    if world.plans[USER] is Plan.PREMIUM:
        assert ended.results_state is ResultsState.AVAILABLE, where
        assert ended.archives == {}, where
        assert ended.archive_user_id is None, where
        assert world.originals(made) == CONTENT, where
    else:
        assert ended.results_state is ResultsState.ARCHIVED, where
        assert world.originals(made) == dict.fromkeys(CONTENT), where
        for name, each in ended.archives.items():
            assert world.cold.archives[each.archive_id] == CONTENT[name], where
    assert len(world.cold.archives) <= len(ended.archives) + orphans, where


def orphans_of(moment: str, number: int) -> int:
    """A worker that is killed between the copy and its record leaves a copy nobody knows of.

    It is private, encrypted and costs next to nothing; erasing an account finds it by its name.
    """
    before, after = ("record_archives", "put")
    return int(CALLS[number] == (before if moment == "kill_before" else after))


def test_the_calls_are_those_of_the_steps() -> None:
    steps = ["get", "plan_of", "begin_archiving"]
    steps += ["head", "put", "record_archives"] * 2
    steps += ["plan_of", "renew_archiving", "delete", "delete", "finish_archiving", "plan_of"]
    found = [name for name in CALLS if name != "stream"]
    assert found == [*steps, "delete"], "the last is the message's"


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("number", NUMBERS)
def test_killed_at_every_step(moment: str, number: int) -> None:
    world = World()
    made = world.completed()
    world.request(made)
    setattr(world.wire, moment, number)
    with pytest.raises(Killed):
        world.deliver()
    world.wire.kill_before = world.wire.kill_after = None
    world.live(4)
    where = f"{moment} {number} ({CALLS[number]})"
    assert_ended_well(world, made, where, orphans=orphans_of(moment, number))


@pytest.mark.parametrize("number", NUMBERS)
def test_killed_at_every_step_and_again_at_every_step_of_the_next(number: int) -> None:
    for second in range(30):
        world = World()
        made = world.completed()
        world.request(made)
        world.wire.kill_after = number
        with pytest.raises(Killed):
            world.deliver()
        world.wire.kill_after = number + 1 + second
        world.live(5)
        where = f"{number} ({CALLS[number]}), then {second}"
        assert_ended_well(world, made, where, orphans=2)


@pytest.mark.parametrize("number", NUMBERS)
def test_upgraded_at_every_step(number: int) -> None:
    world = World()
    made = world.completed()
    world.request(made)
    world.wire.happenings[number] = world.upgrade
    world.live(4)
    assert_ended_well(world, made, f"{number} ({CALLS[number]})")


@pytest.mark.parametrize("number", NUMBERS)
def test_upgraded_at_every_step_and_killed_at_every_other(number: int) -> None:
    for moment in MOMENTS:
        for kill in range(30):
            world = World()
            made = world.completed()
            world.request(made)
            world.wire.happenings[number] = world.upgrade
            setattr(world.wire, moment, kill)
            world.live(6)
            where = f"upgrade at {number} ({CALLS[number]}), {moment} {kill}"
            assert_ended_well(world, made, where, orphans=1)


@pytest.mark.parametrize("number", NUMBERS)
def test_upgraded_and_downgraded_at_every_step(number: int) -> None:
    for second in range(number, number + 30):
        world = World()
        made = world.completed()
        world.request(made)
        world.wire.happenings[number] = world.upgrade
        world.wire.happenings[second + 1] = world.downgrade
        world.live(8)
        if second + 1 in world.wire.happenings:
            continue  # it was all over before
        assert_ended_well(world, made, f"{number} ({CALLS[number]}), then {second}")


def test_a_downgrade_at_every_step_of_letting_premium_results_stay() -> None:
    def premium(world: World) -> None:
        world.plans[USER] = Plan.PREMIUM

    calls = calls_of(premium)
    assert len(calls) >= 3
    for number, name in enumerate(calls):
        world = World()
        premium(world)
        made = world.completed()
        world.request(made)
        world.wire.happenings[number] = world.downgrade
        world.live(4)
        assert_ended_well(world, made, f"{number} ({name})")


def go_on_without(world: World, made: Job, steps: tuple[str, ...]) -> None:
    """What others do while our worker sleeps past its lease: the plan changes, the job is taken
    over, results are thawed and archived again."""
    wire, world.wire = world.wire, Tripwire()  # their calls are not the sleeper's
    world.clock.advance(LEASE + 1)
    world.request(made)
    for step in steps:
        if step != "wait":
            getattr(world, step)()
        world.live(3)
    world.wire = wire


@pytest.mark.parametrize(
    "steps",
    [
        ("wait",),
        ("upgrade",),
        ("wait", "upgrade"),
        ("upgrade", "downgrade"),
        ("wait", "upgrade", "downgrade"),
    ],
    ids=" ".join,
)
@pytest.mark.parametrize("took_over", [False, True])
def test_asleep_at_every_step(took_over: bool, steps: tuple[str, ...]) -> None:
    """Awake again, the sleeper goes on with what it knew. With `took_over` it has the job from a
    worker that died when all was copied and nothing deleted."""
    for number in NUMBERS:
        world = World()
        made = world.completed()
        world.request(made)
        if took_over:
            world.wire.kill_after = CALLS.index("renew_archiving")
            with pytest.raises(Killed):
                world.deliver()
            world.wire.revive()
            world.clock.advance(VISIBILITY + LEASE)
        begun = len(world.wire.calls)
        world.wire.happenings[begun + number] = partial(go_on_without, world, made, steps)
        world.deliver()
        if world.wire.happenings:
            break  # it was all over before
        world.live(6)
        where = f"asleep at {number} ({world.wire.calls[begun + number]})"
        assert_ended_well(world, made, where)


def test_the_same_request_in_many_hands() -> None:
    world = World()
    made = world.completed()
    for _ in range(5):
        world.request(made)
    world.live(4)
    assert_ended_well(world, made, "five requests")
    assert len(world.cold.references) == len(CONTENT)
