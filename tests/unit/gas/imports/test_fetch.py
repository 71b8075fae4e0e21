"""A file comes from a web address and becomes a job, whatever breaks on the way."""

from contextlib import suppress
from uuid import uuid4

import pytest

from gas.errors import InvalidRequest, ServiceUnavailable
from gas.imports.models import MOST_AT_ONCE, MOST_OPEN, PAUSES, TURN_SECONDS, ImportState
from gas.imports.ports import SourceFault, SourceRefused
from gas.messages import ImportDue
from gas.outbound.addresses import AddressRefused
from gas.plans import MIB, Plan
from lambdas.sweep.imports import SweepImports
from tests.unit.gas.imports.world import UNIT, URL, USER, VCF, Station, vcf


def test_a_file_becomes_a_job_as_an_upload_does() -> None:
    station = Station(vcf(40 * UNIT))
    station.begin()
    done = station.run()
    assert done.state is ImportState.DONE
    assert station.object() == station.source.content
    job = station.jobs.get(station.import_id)
    assert job is not None
    assert (job.input_file_name, job.user_id, job.plan) == ("trio.vcf.gz", USER, Plan.PREMIUM)
    assert len(station.topic.published) == 1
    assert "secret" not in done.url, "the signature is forgotten"
    assert station.store.stuck(now=2_000_000_000, limit=9) == []


@pytest.mark.parametrize(
    ("wished", "said", "name"),
    [("", "", "trio.vcf.gz"), ("", "cohort.bcf", "cohort.bcf"), ("mine.vcf", "no.vcf", "mine.vcf")],
)
def test_the_file_is_called_as_wished_as_the_server_says_or_as_its_address(
    wished: str, said: str, name: str
) -> None:
    station = Station()
    station.source.name = said
    station.begin(file_name=wished)
    assert station.run().file_name == name


@pytest.mark.parametrize("says_total", [True, False])
def test_a_large_file_is_fetched_in_slices_and_never_twice(says_total: bool) -> None:
    station = Station(vcf(100 * UNIT))
    station.source.says_total = says_total
    station.begin()
    station.slow(1.0)
    assert station.run(station.fetcher(slice_seconds=20)).state is ImportState.DONE
    assert station.object() == station.source.content
    starts = [start for start, _ in station.source.asked]
    assert len(starts) >= 4
    assert starts == sorted(set(starts))
    assert {tag for _, tag in station.source.asked[1:]} == {'"1"'}


def test_a_broken_connection_is_gone_on_with_where_it_broke() -> None:
    station = Station(vcf(64 * UNIT))
    station.source.breaks_at = [20 * UNIT, 50 * UNIT]
    station.begin()
    assert station.run().state is ImportState.DONE
    assert station.object() == station.source.content
    assert [start // UNIT for start, _ in station.source.asked] == [0, 16, 48]


def test_what_ends_too_early_is_no_whole_file() -> None:
    station = Station(vcf(30 * UNIT))
    whole = station.source.chunks_from
    station.source.chunks_from = lambda first: (  # type: ignore[method-assign]
        chunk for at, chunk in enumerate(whole(first)) if len(station.source.asked) > 1 or at < 9
    )
    station.begin()
    assert station.run().state is ImportState.DONE
    assert station.object() == station.source.content


def test_a_file_that_changes_on_the_way_is_fetched_anew() -> None:
    station = Station(vcf(64 * UNIT))
    station.source.breaks_at = [40 * UNIT]
    station.begin()
    fetch = station.fetcher()
    fetch(station.queue.sent.pop(0)[0])
    station.source.content, station.source.tag = vcf(64 * UNIT).replace(b"A\tG", b"C\tT"), '"2"'
    assert station.run(fetch).state is ImportState.DONE
    assert station.object() == station.source.content


def test_a_server_that_gives_whole_files_only_is_asked_from_the_start_and_not_for_ever() -> None:
    station = Station(vcf(40 * UNIT))
    station.source.resumable = False
    station.source.breaks_at = [30 * UNIT]
    station.begin()
    assert station.run().state is ImportState.DONE
    assert station.object() == station.source.content

    endless = Station(vcf(40 * UNIT))
    endless.source.resumable = False
    endless.source.breaks_at = [30 * UNIT] * 100
    endless.begin()
    failed = endless.run()
    assert failed.state is ImportState.FAILED
    assert len(endless.source.asked) == len(PAUSES) + 1


def test_a_whole_file_that_takes_too_long_fails_with_a_remedy() -> None:
    station = Station(vcf(40 * UNIT))
    station.source.resumable = False
    station.begin()
    station.slow(60)
    failed = station.run()
    assert failed.problem is not None
    assert "13 minutes" in failed.problem.message
    assert "upload" in failed.problem.remedy


@pytest.mark.parametrize("says_total", [True, False])
def test_the_size_limit_of_the_plan_holds_while_the_file_comes(says_total: bool) -> None:
    station = Station(vcf(11 * MIB), plan=Plan.FREE)
    station.source.says_total = says_total
    station.begin()
    failed = station.run()
    assert failed.state is ImportState.FAILED
    assert failed.problem is not None
    assert failed.problem.code == "upload_too_large"
    assert failed.received <= 10 * MIB + UNIT
    assert station.jobs.get(station.import_id) is None
    assert not station.inputs.list("", limit=9)


@pytest.mark.parametrize(
    "fault",
    [
        SourceRefused("There is no file at this address (HTTP 404)."),
        AddressRefused("The name leads into a private network."),
    ],
)
def test_what_will_never_come_fails_at_once(fault: Exception) -> None:
    station = Station()
    station.source.faults = [fault]
    station.begin()
    failed = station.run()
    assert failed.state is ImportState.FAILED
    assert failed.problem is not None
    assert failed.problem.message == str(fault)
    assert len(station.source.asked) == 1


def test_a_server_that_is_away_is_tried_again_for_about_an_hour() -> None:
    station = Station()
    station.source.faults = [SourceFault("It is away.")] * 100
    began = station.begin().created_at
    failed = station.run()
    assert failed.state is ImportState.FAILED
    assert station.clock.now() - began == sum(PAUSES)
    station.source.faults = []
    station.desk.retry(station.person, station.import_id)
    assert station.run().state is ImportState.DONE


def test_who_cancels_has_what_came_deleted_and_no_job() -> None:
    station = Station(vcf(60 * UNIT))
    station.begin()
    station.slow(3)
    seen = [0]

    def cancel_later() -> None:
        seen[0] += 1
        if seen[0] == 30:
            station.desk.cancel(USER, station.import_id)

    station.on_chunk(cancel_later)
    assert station.run().state is ImportState.CANCELLED
    assert station.jobs.get(station.import_id) is None
    assert station.parts.is_empty()


def test_an_account_that_is_erased_meanwhile_leaves_nothing() -> None:
    station = Station(vcf(60 * UNIT))
    station.begin()
    station.slow(3)
    station.on_chunk(lambda: station.store.erase(USER, up_to=station.clock.now()))
    station.fetcher()(station.queue.sent.pop(0)[0])
    assert station.store.get(USER, station.import_id) is None
    assert station.parts.is_empty()


def test_our_own_store_being_away_is_nobodys_failed_try() -> None:
    station = Station(vcf(40 * UNIT))
    station.begin()
    put, calls = station.parts.put_part, [0]

    def away(*args: object, **kwargs: object) -> object:
        calls[0] += 1
        if calls[0] == 2:
            raise ServiceUnavailable("The file store is away.")
        return put(*args, **kwargs)  # type: ignore[arg-type]

    station.parts.put_part = away  # type: ignore[method-assign, assignment]
    done = station.run()
    assert done.state is ImportState.DONE
    assert station.object() == station.source.content


def test_an_upload_that_the_store_has_forgotten_begins_again() -> None:
    station = Station(vcf(64 * UNIT))
    station.source.breaks_at = [40 * UNIT]
    station.begin()
    fetch = station.fetcher()
    fetch(station.queue.sent.pop(0)[0])
    station.parts.forget_all()
    assert station.run(fetch).state is ImportState.DONE
    assert station.object() == station.source.content


class Crash(BaseException):
    """The function dies here."""


@pytest.mark.parametrize("chunk", [1, 20, 39])
def test_a_fetcher_that_dies_is_found_by_the_sweeper(chunk: int) -> None:
    station = Station(vcf(40 * UNIT))
    station.begin()
    seen = [0]

    def die() -> None:
        seen[0] += 1
        if seen[0] == chunk:
            raise Crash

    station.on_chunk(die)
    sweep = SweepImports(store=station.store, queue=station.queue, clock=station.clock)
    with pytest.raises(Crash):
        station.run()
    assert sweep() == 0, "the lease has not lapsed"
    station.clock.advance(300)
    assert sweep() == 1
    assert station.run().state is ImportState.DONE
    assert station.object() == station.source.content


def test_what_every_fetcher_falls_over_comes_to_an_end() -> None:
    station = Station(vcf(40 * UNIT))
    station.begin()
    station.source.faults = [RuntimeError("what no server should send")] * 100
    sweep = SweepImports(store=station.store, queue=station.queue, clock=station.clock)
    while station.now().is_open:
        if station.queue.sent:
            with suppress(RuntimeError):
                station.fetcher()(station.queue.sent.pop(0)[0])
        station.clock.advance(300)
        sweep()
    failed = station.now()
    assert failed.state is ImportState.FAILED
    assert failed.problem is not None
    assert "again and again" in failed.problem.message
    assert len(station.source.asked) == len(PAUSES) + 1


def test_what_failed_is_begun_anew_only_while_there_is_room() -> None:
    station = Station()
    station.source.faults = [SourceRefused("There is no file.")]
    station.begin()
    assert station.run().state is ImportState.FAILED
    failed = station.import_id
    for _ in range(MOST_OPEN):
        station.import_id = str(uuid4())
        station.begin()
    with pytest.raises(InvalidRequest):
        station.desk.retry(station.person, failed)


def test_one_user_does_not_hold_all_fetchers() -> None:
    station = Station(vcf(40 * UNIT))
    for _ in range(MOST_AT_ONCE):
        station.import_id = str(uuid4())
        running = station.begin().model_copy(update={"state": ImportState.FETCHING})
        assert station.store.replace(running)
    station.queue.sent.clear()
    station.import_id = str(uuid4())
    station.begin()
    fetch = station.fetcher()
    fetch(station.queue.sent.pop(0)[0])
    assert (station.now().state, station.source.asked) == (ImportState.WAITING, [])
    ((asked, delay),) = station.queue.sent
    assert (asked.import_id, delay) == (station.import_id, TURN_SECONDS)
    station.desk.cancel(USER, running.import_id)
    assert station.run(fetch).state is ImportState.DONE


def test_two_messages_of_one_import_do_not_fetch_it_twice() -> None:
    station = Station(vcf(40 * UNIT))
    station.begin()
    due = ImportDue(user_id=USER, import_id=station.import_id)
    second = station.fetcher()
    station.on_chunk(lambda: second(due))
    assert station.run().state is ImportState.DONE
    assert len(station.source.asked) == 1


@pytest.mark.parametrize(
    "step", ["complete", "register"], ids=["before the object", "after the object"]
)
def test_death_at_the_end_loses_and_doubles_nothing(step: str) -> None:
    station = Station(vcf(20 * UNIT))
    station.begin()
    complete = station.parts.complete

    def die(*args: object) -> None:
        if step == "register":
            complete(*args)  # type: ignore[arg-type]
        station.parts.complete = complete  # type: ignore[method-assign]
        raise Crash

    station.parts.complete = die  # type: ignore[method-assign, assignment]
    with pytest.raises(Crash):
        station.run()
    station.clock.advance(300)
    SweepImports(store=station.store, queue=station.queue, clock=station.clock)()
    assert station.run().state is ImportState.DONE
    assert station.object() == station.source.content
    assert len(station.topic.published) == 1


def test_asking_for_the_same_import_again_makes_no_second() -> None:
    station = Station(VCF)
    first = station.begin()
    assert station.begin().created_at == first.created_at
    assert len(station.desk.list(USER)) == 1
    station.run()
    assert station.begin(URL).state is ImportState.DONE
    assert len(station.topic.published) == 1
