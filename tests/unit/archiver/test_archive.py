"""The handler of archive requests: every step, every refusal, every outage."""

from collections.abc import Callable

import pytest

from gas.errors import ServiceUnavailable
from gas.jobs import ArchivedFile, ArchiveReference, ColdKind, Job, ResultsState, SpentArchive
from gas.ledger import SWEEP_SETTLED
from gas.messages import ArchiveRequested, ThawRequested
from gas.plans import Plan
from gas.worker import Bury, Done, Later, backoff
from tests.support.jobs import OTHER_USER, USER, job
from tests.support.tripwire import Killed, Tripwire
from tests.unit.archiver.world import CONTENT, LEASE, VISIBILITY, World

WARM = ("log", "summary", "receipt", "index")


@pytest.fixture
def world() -> World:
    return World()


def test_what_is_due_goes_into_cold_storage_and_only_then_is_deleted(world: World) -> None:
    made = world.completed()
    world.request(made)
    assert world.deliver() == Done()
    archived = world.now(made)
    assert archived.results_state is ResultsState.ARCHIVED
    assert world.originals(made) == {"annotated": None, "table": None}
    kept = {name: world.cold.archives[each.archive_id] for name, each in archived.archives.items()}
    assert kept == CONTENT
    assert archived.results_file_archive_id == archived.archives["annotated"].archive_id
    for name, each in archived.archives.items():
        file = world.file(made, name)
        assert (each.size, each.sha256) == (file.size, file.sha256)
        reference = world.cold.references[each.archive_id]
        assert (reference.job_id, reference.user_id) == (made.job_id, made.user_id)
        assert (reference.file, reference.key) == (name, file.key)
    assert made.results is not None
    for name in WARM:
        assert world.results.head(made.results.files[name].key), name
    assert world.thaw_requests.published == []
    assert len(world.queue) == 0


def test_a_job_from_before_there_were_tables_is_archived_too(world: World) -> None:
    made = world.completed()
    assert made.results is not None
    bare = made.results.model_copy(update={"table": None})
    world.jobs.table.change(made.job_id, lambda job: True, lambda job: {"results": bare})
    world.request(made)
    assert world.deliver() == Done()
    assert set(world.now(made).archives) == {"annotated"}
    assert world.state(made) is ResultsState.ARCHIVED


def test_premium_results_stay_and_rest(world: World) -> None:
    world.plans[USER] = Plan.PREMIUM
    made = world.completed()
    world.request(made)
    assert world.deliver() == Done()
    kept = world.now(made)
    assert (kept.results_state, kept.sweep_at) == (ResultsState.AVAILABLE, None)
    assert world.originals(made) == CONTENT
    assert world.cold.archives == {}


def test_a_request_that_comes_too_early_comes_back(world: World) -> None:
    made = world.completed()
    early = world.clock.now() + 100
    world.jobs.table.change(made.job_id, lambda job: True, lambda job: {"archive_at": early})
    world.request(made)
    assert world.deliver() == Later(100)
    assert world.state(made) is ResultsState.AVAILABLE
    world.clock.advance(100)
    assert world.deliver() == Done()
    assert world.state(made) is ResultsState.ARCHIVED


@pytest.mark.parametrize("plan", list(Plan))
def test_results_of_which_nobody_was_told_stay_in_the_sweepers_eye(
    world: World, plan: Plan
) -> None:
    """The annotator died before it announced the job, and its message was lost with it."""
    world.plans[USER] = plan
    made = world.completed(announced_at=None)
    world.request(made)
    assert world.deliver() == Later(backoff(1))
    assert world.now(made) == made
    world.jobs.mark_announced(made.job_id, at=world.clock.now())
    world.clock.advance(backoff(1))
    assert world.deliver() == Done()
    settled = world.clock.now() + SWEEP_SETTLED
    assert world.now(made).sweep_at == (None if plan is Plan.PREMIUM else settled)


def test_results_without_an_end_stay(world: World) -> None:
    made = world.completed()
    world.jobs.table.change(made.job_id, lambda job: True, lambda job: {"archive_at": None})
    world.request(made)
    assert world.deliver() == Done()
    assert world.state(made) is ResultsState.AVAILABLE


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("PENDING", "NONE"),
        ("RUNNING", "NONE"),
        ("FAILED", "NONE"),
        ("CANCELLED", "NONE"),
        ("COMPLETED", "RESTORING"),
        ("COMPLETED", "DELETED"),
        ("COMPLETED", "ARCHIVED"),
    ],
)
def test_where_there_is_nothing_to_archive_nothing_happens(
    world: World, status: str, state: str
) -> None:
    made = job(job_status=status, results_state=state)
    world.jobs.create(made)
    world.request(made)
    assert world.deliver() == Done()
    assert world.now(made) == made
    assert world.cold.archives == {}


def test_a_job_that_is_gone_is_nobodys_business(world: World) -> None:
    world.request(job())
    assert world.deliver() == Done()


def test_spent_archives_are_deleted_whatever_the_plan(world: World) -> None:
    for plan in Plan:
        world.plans[USER] = plan
        archive_id = world.cold.put([b"old"], size=3, reference=reference())
        spent = SpentArchive(archive_id=archive_id, kind=ColdKind.GLACIER_CLASS)
        made = world.completed(spent_archives=(spent,))
        world.request(made)
        assert world.deliver() == Done()
        assert archive_id not in world.cold.archives
        assert world.now(made).spent_archives == ()


def reference() -> ArchiveReference:
    return ArchiveReference(user_id=USER, job_id=job().job_id, file="annotated", key="k")


def test_a_spent_archive_in_a_store_that_is_not_set_up_waits_for_it(world: World) -> None:
    spent = SpentArchive(archive_id="a", kind=ColdKind.GLACIER_VAULT)
    made = world.completed(spent_archives=(spent,))
    world.request(made)
    assert world.deliver() == Later(backoff(1))
    assert world.now(made).spent_archives == (spent,)


# ------------------------------------------------------------------ in other hands


def test_a_job_in_other_hands_is_left_alone_until_its_lease_ends(world: World) -> None:
    made = world.completed()
    world.ledger.begin_archiving(
        made.job_id, owner="other", now=world.clock.now(), lease_seconds=LEASE
    )
    world.request(made)
    assert world.deliver() == Later(LEASE + 1)
    assert world.cold.archives == {}
    world.clock.advance(LEASE + 1)
    assert world.deliver() == Done()
    assert world.state(made) is ResultsState.ARCHIVED


def test_a_repeated_message_of_a_job_in_good_hands_comes_back_less_and_less_often(
    world: World,
) -> None:
    made = world.completed()
    world.request(made)
    waits = []
    for _ in range(4):
        world.ledger.begin_archiving(
            made.job_id, owner="other", now=world.clock.now(), lease_seconds=LEASE
        )
        outcome = world.deliver()
        assert isinstance(outcome, Later)
        waits.append(outcome.seconds)
        world.clock.advance(outcome.seconds)
    assert waits == [LEASE + 1, LEASE + 1, backoff(3), backoff(4)]


def test_a_takeover_copies_only_what_is_not_there_yet(world: World) -> None:
    made = world.completed()
    world.request(made)
    world.cold.archives["first"] = CONTENT["annotated"]
    world.cold.references["first"] = reference()
    held = world.ledger.begin_archiving(
        made.job_id, owner="dead", now=world.clock.now(), lease_seconds=LEASE
    )
    assert held is not None
    file = world.file(made, "annotated")
    first = ArchivedFile(
        archive_id="first", kind=ColdKind.GLACIER_CLASS, size=file.size, sha256=file.sha256
    )
    world.ledger.record_archives(made.job_id, owner="dead", archives={"annotated": first})
    world.clock.advance(LEASE + 1)
    assert world.deliver() == Done()
    archived = world.now(made)
    assert archived.archives["annotated"] == first
    assert len(world.cold.archives) == 2


def others_go_on(world: World, made: Job, *, thaw: bool) -> Callable[[], None]:
    """While our worker sleeps, another one archives the job; the user may get it all back."""

    def meanwhile() -> None:
        world.clock.advance(LEASE + 1)
        # The others are not watched: their calls are not those of the sleeper.
        wire, world.wire = world.wire, Tripwire()
        world.request(made)
        while world.state(made) is not ResultsState.ARCHIVED:
            world.deliver()
        if thaw:
            world.upgrade()
            world.thaw()
            world.plans[USER] = Plan.FREE
        world.wire = wire

    return meanwhile


def test_a_worker_that_slept_through_a_thaw_deletes_nothing(world: World) -> None:
    """Asleep just before it deletes the first original; awake when the user has all back."""
    made = world.completed()
    world.request(made)
    world.wire.happenings[first_call("delete")] = others_go_on(world, made, thaw=True)
    assert isinstance(world.deliver(), Later)
    assert world.originals(made) == CONTENT
    assert world.state(made) is ResultsState.AVAILABLE


def test_nor_does_one_that_took_over_and_slept_before_it_looked(world: World) -> None:
    """Then the entity tags it reads are those of the files that came back."""
    made = world.completed()
    world.request(made)
    world.wire.kill_after = first_call("renew_archiving")
    with pytest.raises(Killed):
        world.deliver()
    world.wire.kill_after = None
    assert set(world.now(made).archives) == set(CONTENT)
    world.clock.advance(VISIBILITY + LEASE)
    took_over = len(world.wire.calls) + 2  # after get and begin_archiving
    world.wire.happenings[took_over] = others_go_on(world, made, thaw=True)
    assert isinstance(world.deliver(), Later)
    assert world.wire.calls[took_over] == "head"
    assert world.originals(made) == CONTENT


@pytest.mark.parametrize("file", range(len(CONTENT)))
def test_nothing_is_left_to_a_worker_that_slept_through_an_upgrade(world: World, file: int) -> None:
    """Asleep before it deletes an original; whoever takes over finds the user Premium. The
    originals still have the tags that the sleeper knows, so the results must not rest on them."""
    made = world.completed()
    world.request(made)

    def meanwhile() -> None:
        world.clock.advance(LEASE + 1)
        wire, world.wire = world.wire, Tripwire()
        world.upgrade()
        world.request(made)
        while world.state(made) is not ResultsState.AVAILABLE or len(world.queue) > 1:
            world.deliver()
            world.thaw()
        world.wire = wire

    world.wire.happenings[first_call("delete") + file] = meanwhile
    assert isinstance(world.deliver(), Later)
    assert world.originals(made) == CONTENT
    assert world.state(made) is ResultsState.AVAILABLE
    assert world.cold.archives == {}


def test_a_copy_that_came_too_late_is_deleted_again(world: World) -> None:
    made = world.completed()
    world.request(made)
    world.wire.happenings[first_call("record_archives")] = others_go_on(world, made, thaw=False)
    assert world.deliver() == Later(LEASE + 1)
    known = {each.archive_id for each in world.now(made).archives.values()}
    assert set(world.cold.archives) == known


def first_call(name: str) -> int:
    """The number of the first call of this name when a job is archived."""
    world = World()
    world.request(world.completed())
    world.deliver()
    return world.wire.calls.index(name)


# ------------------------------------------------------------------ damaged originals


@pytest.mark.parametrize("name", ["annotated", "table"])
@pytest.mark.parametrize("damage", [b"", b"other bytes", None])
def test_a_damaged_original_stays_as_it_is_and_is_told(
    world: World, name: str, damage: bytes | None
) -> None:
    made = world.completed()
    key = world.file(made, name).key
    if damage is None:
        world.results.delete(key)
    else:
        world.results.put(key, damage)
    world.request(made)
    outcome = world.deliver()
    assert isinstance(outcome, Bury)
    assert key in outcome.reason
    kept = world.now(made)
    assert kept.results_state is ResultsState.AVAILABLE
    assert (kept.archives, kept.spent_archives) == ({}, ())
    assert world.original(made, name) == damage
    assert world.cold.archives == {}
    assert kept.sweep_at == world.clock.now() + 24 * 3600, "not every five minutes"
    assert len(world.queue.dead) == 1


@pytest.mark.parametrize("damage", [b"other bytes", None])
def test_the_archive_of_a_lost_original_outlives_the_damage_of_another(
    world: World, damage: bytes | None
) -> None:
    """One file was copied before its worker died; then something happened to both originals."""
    made = world.completed()
    world.request(made)
    world.wire.kill_after = first_call("record_archives")
    with pytest.raises(Killed):
        world.deliver()
    world.wire.revive()
    for name in CONTENT:
        key = world.file(made, name).key
        if damage is None:
            world.results.delete(key)
        else:
            world.results.put(key, damage)
    world.clock.advance(VISIBILITY + LEASE)
    assert isinstance(world.deliver(), Bury)
    held = world.now(made)
    assert held.results_state is ResultsState.ARCHIVING
    assert world.cold.archives[held.archives["annotated"].archive_id] == CONTENT["annotated"]
    assert held.sweep_at == world.clock.now() + 24 * 3600
    world.results.put(world.file(made, "table").key, CONTENT["table"])  # by an operator
    world.clock.advance(24 * 3600)
    world.request(made)
    assert world.deliver() == Done()
    archived = world.now(made)
    assert archived.results_state is ResultsState.ARCHIVED
    kept = {name: world.cold.archives[each.archive_id] for name, each in archived.archives.items()}
    assert kept == CONTENT


@pytest.mark.parametrize("same_size", [True, False])
def test_an_original_that_changed_after_the_copy_is_replaced_by_the_copy(
    world: World, same_size: bool
) -> None:
    """The archive has the engine's bytes; the file in the bucket has not any more."""
    made = world.completed()
    world.request(made)
    other = bytes(len(CONTENT["table"])) if same_size else b"other"

    def damage() -> None:
        world.results.put(world.file(made, "table").key, other)

    world.wire.happenings[first_call("delete")] = damage
    assert world.deliver() == Later(LEASE + 1)
    assert world.original(made, "table") == other
    world.clock.advance(LEASE + 1)
    assert world.deliver() == Done()
    archived = world.now(made)
    assert archived.results_state is ResultsState.ARCHIVED
    kept = world.cold.archives[archived.archives["table"].archive_id]
    assert kept == CONTENT["table"]


# ------------------------------------------------------------------ outages and stops


def test_cold_storage_away_for_an_hour_delays_and_loses_nothing(world: World) -> None:
    made = world.completed()
    world.request(made)
    world.cold.down = True
    began = world.clock.now()
    while world.clock.now() < began + 3600:
        outcome = world.deliver()
        assert isinstance(outcome, Later)
        world.clock.advance(outcome.seconds)
        assert world.originals(made) == CONTENT
    world.cold.down = False
    assert world.deliver() == Done()
    assert world.state(made) is ResultsState.ARCHIVED
    assert len(world.cold.archives) == 2


def failing_calls() -> list[str]:
    world = World()
    world.request(world.completed())
    world.deliver()
    return world.wire.calls


@pytest.mark.parametrize("number", range(len(failing_calls())))
def test_an_outage_at_any_call_is_ridden_out(number: int) -> None:
    world = World()
    made = world.completed()
    world.request(made)

    def outage() -> None:
        raise ServiceUnavailable("away")

    world.wire.happenings[number] = outage
    world.live()
    where = f"{number}: {failing_calls()[number]}"
    assert world.state(made) is ResultsState.ARCHIVED, where
    assert len(world.queue) == 0, where
    assert not world.queue.dead, where
    assert set(world.cold.archives.values()) == set(CONTENT.values()), where
    assert len(world.cold.archives) == 2, where


def test_a_record_whose_answer_was_lost_is_no_orphan_and_not_deleted(world: World) -> None:
    made = world.completed()
    world.request(made)

    class Deaf:
        """Writes, but the answer does not come back."""

        def __init__(self) -> None:
            self.times = 0

        def __getattr__(self, name: str):  # type: ignore[no-untyped-def]
            target = getattr(world_ledger, name)
            if name != "record_archives":
                return target

            def call(*args: object, **kwargs: object) -> object:
                answer = target(*args, **kwargs)
                self.times += 1
                if self.times == 1:
                    raise ServiceUnavailable("no answer")
                return answer

            return call

    world_ledger = world.ledger
    world.ledger = Deaf()  # type: ignore[assignment]
    assert world.deliver() == Later(backoff(1))
    noted = world.now(made).archives["annotated"].archive_id
    assert set(world.cold.archives) == {noted}
    world.live(2)
    assert world.state(made) is ResultsState.ARCHIVED
    assert len(world.cold.archives) == 2


def test_a_stop_puts_the_job_down_for_the_next_to_take_at_once(world: World) -> None:
    made = world.completed()
    world.request(made)
    worker = world.worker()
    world.wire.happenings[first_call("put")] = worker._stopping.set
    (message,) = world.queue.receive(limit=1, wait_seconds=0)
    assert worker.work(message) == Later(0)
    assert world.cold.archives == {}
    assert world.state(made) is ResultsState.ARCHIVING
    assert world.deliver() == Done()
    assert world.state(made) is ResultsState.ARCHIVED


# ------------------------------------------------------------------ the end of a plan


def test_when_a_plan_ends_everything_that_is_due_is_asked_for(world: World) -> None:
    due = [world.completed() for _ in range(120)]
    early = world.completed()
    later = world.clock.now() + 999
    world.jobs.table.change(early.job_id, lambda job: True, lambda job: {"archive_at": later})
    world.completed(user_id=OTHER_USER)
    world.jobs.create(job(job_status="RUNNING"))
    world.downgrade()
    assert world.deliver() == Done()
    asked = [ArchiveRequested.from_json(body).job_id for body in world.requests.published[1:]]
    assert sorted(asked) == sorted(each.job_id for each in due)


def test_results_that_were_let_rest_by_a_clock_that_is_ahead_are_asked_for(world: World) -> None:
    """One archiver sees the time come, and the user is Premium; then the plan ends; another
    archiver's clock says that the time has not come yet."""
    world.plans[USER] = Plan.PREMIUM
    made = world.completed()
    world.request(made)
    assert world.deliver() == Done()
    assert world.now(made).sweep_at is None
    world.clock.advance(-5)
    world.downgrade()
    assert world.deliver() == Done()
    assert world.deliver() == Later(5)
    world.clock.advance(5)
    assert world.deliver() == Done()
    assert world.state(made) is ResultsState.ARCHIVED


def test_who_is_premium_again_keeps_everything(world: World) -> None:
    world.completed()
    world.downgrade()
    world.plans[USER] = Plan.PREMIUM
    assert world.deliver() == Done()
    assert len(world.requests.published) == 1


def test_an_upgrade_while_archiving_asks_for_a_thaw_of_this_job(world: World) -> None:
    made = world.completed()
    world.request(made)

    def upgrade() -> None:
        world.plans[USER] = Plan.PREMIUM

    world.wire.happenings[first_call("finish_archiving")] = upgrade
    assert world.deliver() == Done()
    (wire,) = world.thaw_requests.published
    assert ThawRequested.from_json(wire) == ThawRequested(user_id=USER, job_id=made.job_id)
