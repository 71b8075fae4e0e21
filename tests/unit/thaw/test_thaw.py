"""A thaw from the request to the mail: order, loss, repetition, and death at every step."""

from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Any

import pytest

from gas.jobs import Job, ResultsState
from gas.messages import (
    ArchiveRequested,
    ArchiveRetrieved,
    PremiumSweepRequested,
    ThawRequested,
    one_of,
)
from gas.plans import Plan
from gas.ports import Tier
from gas.worker import Bury, Delivery, Done, Later
from tests.support.jobs import OTHER_USER, USER
from tests.support.tripwire import Killed
from tests.unit.thaw.world import EXPEDITED, LOOK, STANDARD, World


@pytest.fixture
def world() -> World:
    return World()


def test_everything_comes_back_and_the_user_is_told_once(world: World) -> None:
    made = [world.archived_job() for _ in range(3)]
    world.request()
    assert world.deliver_request() == Later(LOOK)
    assert {world.state(each) for each in made} == {ResultsState.RESTORING}
    retrieval = world.job(made[0]).archives["annotated"].retrieval
    assert retrieval is not None
    assert retrieval.tier == Tier.EXPEDITED
    assert retrieval.expected_at == world.clock.now() + EXPEDITED
    assert world.told.published == []
    world.settle()
    assert all(world.is_back(each) for each in made)
    (mail,) = world.mails()
    assert (mail.user_id, mail.email, mail.jobs) == (USER, "ada@example.org", 3)
    handed_on = {ArchiveRequested.from_json(body).job_id for body in world.to_archive.published}
    assert handed_on == {each.job_id for each in made}
    assert len(world.cold.started) == 6
    assert world.thaws.rows == {}


def test_nothing_cold_needs_no_mail(world: World) -> None:
    world.request()
    assert isinstance(world.deliver_request(), Later)  # the index may lag behind
    world.clock.advance(10)
    assert world.deliver_request() == Done()
    assert world.told.published == []


def test_what_the_index_shows_late_is_found_at_the_second_look(world: World) -> None:
    made = world.archived_job(archive_user_id=None)
    world.request()
    world.deliver_request()
    assert world.state(made) is ResultsState.ARCHIVED
    show_in_index(world, made)
    world.clock.advance(10)
    world.settle()
    assert world.is_back(made)


def show_in_index(world: World, made: Job) -> None:
    world.jobs.table.change(made.job_id, lambda _: True, lambda _: {"archive_user_id": USER})


def test_a_request_for_a_job_needs_no_index_and_has_the_user_looked_after(world: World) -> None:
    made = world.archived_job(archive_user_id=None)
    world.request(made)
    assert world.deliver_request() == Done()
    assert world.state(made) is ResultsState.RESTORING
    show_in_index(world, made)
    world.request(made)  # a second one finds that somebody looks already
    world.settle()
    assert world.is_back(made)
    assert len(world.mails()) == 1
    general = ThawRequested(user_id=USER).to_json()
    assert world.requested.published.count(general) == 1


@pytest.mark.parametrize("moment", ["kill_before", "kill_after"])
@pytest.mark.parametrize("named", [False, True])
def test_killed_at_every_step_nothing_is_lost(moment: str, named: bool) -> None:
    counting = thawing_world(named)
    counting.settle()
    steps = len(counting.wire.calls)
    assert steps > 25
    for step in range(steps):
        world = thawing_world(named)
        made = next(iter(world.jobs.table))
        setattr(world.wire, moment, step)
        with pytest.raises(Killed):
            world.settle()
        where = f"{moment} {step} ({world.wire.calls[step]})"
        world.wire.kill_before = world.wire.kill_after = None
        world.clock.advance(1000)
        world.settle()
        assert world.is_back(made), where
        assert 1 <= len(world.mails()) <= 2, where
        assert 1 <= len(world.to_archive.published) <= 3, where
        assert len(world.requests) == len(world.completed) == 0, where
        assert not world.requests.dead, where
        assert not world.completed.dead, where
        assert world.thaws.rows == {}, where


def thawing_world(named: bool) -> World:
    world = World()
    made = world.archived_job()
    world.request(made if named else None)
    return world


def test_a_notice_that_is_faster_than_the_record_costs_no_waiting(world: World) -> None:
    made = world.archived_job()
    ask = world.cold.begin_retrieval

    def ask_and_tell_at_once(*args: Any, **kwargs: Any) -> str:
        retrieval_id = ask(*args, **kwargs)
        world.store_is_done()
        assert world.deliver_notices() == 0
        return retrieval_id

    world.cold.begin_retrieval = ask_and_tell_at_once  # type: ignore[method-assign]
    world.request()
    world.deliver_request()
    assert world.state(made) is ResultsState.RESTORING
    world.deliver_notices()
    assert world.is_back(made)


def test_a_lost_notice_is_made_up_for_when_the_time_has_passed(world: World) -> None:
    made = world.archived_job()
    world.request()
    world.deliver_request()
    world.cold.finish()  # and nobody is told
    world.settle(rounds=EXPEDITED // LOOK - 1, store_works=False)
    assert world.state(made) is ResultsState.RESTORING
    world.settle(store_works=False)
    assert world.is_back(made)
    assert len(world.mails()) == 1


def test_a_restore_that_died_before_its_last_word_is_finished_for_the_sweeper(
    world: World,
) -> None:
    made = world.archived_job()
    world.request()
    world.deliver_request()
    for name, file in world.job(made).archives.items():
        world.ledger.mark_file_back(
            made.job_id, file=name, archive_id=file.archive_id, now=world.clock.now()
        )
    world.settle(rounds=3, store_works=False)
    assert world.state(made) is ResultsState.RESTORING
    world.request(made)
    world.settle(store_works=False)
    assert world.state(made) is ResultsState.AVAILABLE
    assert world.cold.archives == {}


def test_a_restore_that_takes_long_is_reminded_of_less_and_less_often(world: World) -> None:
    world.archived_job()
    world.request()
    world.deliver_request()
    world.cold.finish()
    for _ in range(8 * 60):
        world.clock.advance(LOOK)
        world.deliver_request()
    assert len(world.published_notices()) <= 7


def test_a_retrieval_that_expired_before_the_restore_is_begun_again(world: World) -> None:
    made = world.archived_job()
    world.request()
    world.deliver_request()
    world.store_is_done()
    world.cold.expire()
    assert world.deliver_notices() == 0
    assert world.state(made) is ResultsState.RESTORING
    assert world.deliver_request() == Done()  # what restore asked for: this job, at once
    assert len(world.cold.started) == 4
    world.settle()
    assert world.is_back(made)
    assert len(world.mails()) == 1


def test_a_retrieval_that_failed_in_silence_is_begun_again(world: World) -> None:
    made = world.archived_job()
    world.request()
    world.deliver_request()
    world.cold.expire()
    world.settle(rounds=EXPEDITED // LOOK + 2, store_works=False)
    assert len(world.cold.started) == 4
    world.settle()
    assert world.is_back(made)


def test_without_capacity_it_takes_the_standard_time(world: World) -> None:
    made = world.archived_job()
    world.cold.lacking = {Tier.EXPEDITED}
    world.request()
    world.deliver_request()
    retrieval = world.job(made).archives["table"].retrieval
    assert retrieval is not None
    assert (retrieval.tier, retrieval.expected_at) == (
        Tier.STANDARD,
        world.clock.now() + STANDARD,
    )
    world.settle()
    assert world.is_back(made)


def test_without_any_capacity_it_is_asked_for_again(world: World) -> None:
    made = world.archived_job()
    world.cold.lacking = {Tier.EXPEDITED, Tier.STANDARD}
    world.request()
    for _ in range(3):
        assert world.deliver_request() == Later(LOOK)
        world.clock.advance(LOOK)
    assert world.state(made) is ResultsState.ARCHIVED
    world.cold.lacking = set()
    world.settle()
    assert world.is_back(made)


@pytest.mark.parametrize("named", [False, True])
def test_an_hour_without_cold_storage_is_ridden_out(world: World, named: bool) -> None:
    made = [world.archived_job() for _ in range(5)]
    world.cold.down = True
    world.request(made[0] if named else None)
    for _ in range(60):
        assert world.deliver_request() == Later(LOOK)
        world.clock.advance(LOOK)
    world.cold.down = False
    world.request()
    world.settle()
    assert all(world.is_back(each) for each in made)
    assert len(world.mails()) == 1


def test_the_accounts_database_may_be_away_too(world: World) -> None:
    made = world.archived_job()
    world.accounts.down = True
    world.request()
    assert world.deliver_request() == Later(LOOK)
    world.accounts.down = False
    world.clock.advance(LOOK)
    world.settle()
    assert world.is_back(made)


def test_a_free_user_gets_nothing_thawed(world: World) -> None:
    made = world.archived_job()
    world.accounts.add(USER, Plan.FREE)
    world.request()
    world.request(made)
    world.settle()
    assert world.state(made) is ResultsState.ARCHIVED
    assert world.cold.started == []
    assert world.told.published == []


@pytest.mark.parametrize("expired", [False, True])
def test_after_a_downgrade_what_is_on_its_way_arrives_and_is_handed_to_the_archiver(
    world: World, expired: bool
) -> None:
    first = world.archived_job()
    world.request()
    world.deliver_request()
    second = world.archived_job()
    world.accounts.add(USER, Plan.FREE)
    if expired:
        world.cold.expire()
    world.settle()
    assert world.is_back(first)
    assert world.state(second) is ResultsState.ARCHIVED
    assert len(world.to_archive.published) >= 1
    assert world.told.published == []
    assert world.thaws.rows == {}
    assert len(world.requests) == 0


def test_two_requests_at_once_leave_one_record_and_one_mail(world: World) -> None:
    made = world.archived_job()
    world.request()
    world.request()
    ask = world.cold.begin_retrieval
    others = [True]

    def ask_while_another_does_everything(*args: Any, **kwargs: Any) -> str:
        if others:
            others.clear()
            world.deliver_request()
            assert world.state(made) is ResultsState.RESTORING
        return ask(*args, **kwargs)

    world.cold.begin_retrieval = ask_while_another_does_everything  # type: ignore[method-assign]
    world.deliver_request()
    recorded = {file.retrieval for file in world.job(made).archives.values()}
    world.settle()
    assert len(recorded) == 2
    assert world.is_back(made)
    assert len(world.mails()) == 1


def test_while_the_archiver_is_at_work_the_request_waits(world: World) -> None:
    made = world.archived_job(
        results_state=ResultsState.ARCHIVING, archive_owner="a", archive_lease_until=0
    )
    world.request()
    for _ in range(3):
        assert world.deliver_request() == Later(LOOK)
        world.clock.advance(LOOK)
    assert world.cold.started == []
    world.ledger.finish_archiving(made.job_id, owner="a", now=world.clock.now())
    world.settle()
    assert world.is_back(made)


def test_a_look_at_what_is_on_its_way_asks_for_nothing(world: World) -> None:
    for _ in range(250):
        world.archived_job()
    world.request()
    world.deliver_request()
    world.clock.advance(LOOK)
    before = len(world.wire.calls)
    assert world.deliver_request() == Later(LOOK)
    asked = world.wire.calls[before:]
    assert asked.count("list_cold") == 3
    assert len(asked) < 10


def test_an_archive_that_is_gone_holds_nobody_else_up(world: World) -> None:
    lost, sound = world.archived_job(), world.archived_job()
    world.cold.delete(lost.archives["table"].archive_id)
    world.request()
    world.settle(rounds=5)
    assert world.state(lost) is ResultsState.ARCHIVED
    assert world.is_back(sound)
    assert world.told.published == []
    assert len(world.requests) == 1


def test_an_archive_of_a_kind_that_is_not_set_up_is_no_crash(world: World) -> None:
    made = world.archived_job()
    strange = {
        name: file.model_copy(update={"kind": "glacier_vault"})
        for name, file in made.archives.items()
    }
    world.jobs.table.change(made.job_id, lambda _: True, lambda _: {"archives": strange})
    world.request()
    assert world.deliver_request() == Later(LOOK)


@pytest.mark.timeout(300)
def test_2500_jobs_are_paged_and_asked_for_in_one_look(world: World) -> None:
    made = [world.archived_job() for _ in range(2500)]
    world.request()
    with ThreadPoolExecutor(16) as pool:
        world.pool = pool
        assert world.deliver_request() == Later(LOOK)
        assert len(world.cold.started) == 5000
        world.store_is_done()
        restore = world.restore()
        for each in made:
            restore(notice_of(each))
        world.completed = World().completed
        world.clock.advance(LOOK)
        world.settle()
    assert all(world.is_back(each) for each in made)
    assert [mail.jobs for mail in world.mails()] == [2500]


def notice_of(made: Job) -> str:
    return ArchiveRetrieved(job_id=made.job_id, user_id=made.user_id).to_json()


def test_a_stop_puts_the_request_down(world: World) -> None:
    world.archived_job()
    delivery = Delivery(ThawRequested(user_id=USER).to_json(), 1, stopped())
    assert world.thaw()(delivery) == Later(0)
    assert world.cold.started == []


def stopped() -> Event:
    event = Event()
    event.set()
    return event


def test_requests_of_nobody_and_of_somebody_elses_job_end(world: World) -> None:
    made = world.archived_job(user_id=OTHER_USER)
    world.request(made)
    world.requested.publish(ThawRequested(user_id=OTHER_USER).to_json(), attributes={})
    assert world.deliver_request() == Done()
    assert world.deliver_request() == Done()
    assert world.cold.started == []


@pytest.mark.parametrize(
    "body", ["", "[]", '{"type":"job_requested"}', '{"type":"thaw_requested","version":2}']
)
def test_what_is_no_request_is_buried(world: World, body: str) -> None:
    world.requests.send(body)
    assert isinstance(world.deliver_request(), Bury)
    assert world.requests.dead == [body]


def test_the_sweep_finds_premium_users_with_anything_cold(world: World) -> None:
    names = [f"user-{number:04}" for number in range(450)]
    for name in names:
        world.accounts.add(name, Plan.PREMIUM)
    world.accounts.add("zz-free", Plan.FREE)
    made = world.archived_job()
    for forgotten in (names[0], names[449], "zz-free"):
        other = world.archived_job()
        world.jobs.table.change(
            other.job_id, lambda _: True, lambda _, who=forgotten: {"archive_user_id": who}
        )
    world.thaws.note_cold(names[200], jobs=7, now=world.clock.now() - 10 * LOOK)  # without a mail
    world.thaws.note_cold(USER, jobs=1, now=world.clock.now())  # in good hands
    world.requests.send(PremiumSweepRequested().to_json())
    for _ in range(20):
        world.deliver_request()
    sent = [
        one_of(body, ThawRequested, PremiumSweepRequested) for body in world.requested.published
    ]
    pages = [each for each in sent if isinstance(each, PremiumSweepRequested)]
    found = [each.user_id for each in sent if isinstance(each, ThawRequested)]
    assert found == [names[0], names[200], names[449]]
    assert [each.after_user_id for each in pages] == [names[198], names[398]]
    assert world.state(made) is ResultsState.ARCHIVED
