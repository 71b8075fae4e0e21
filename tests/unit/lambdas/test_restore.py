"""The restore function alone: what it refuses, what it leaves, what it takes back."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from gas.errors import ArchiveDamaged, InvalidMessage, ServiceUnavailable
from gas.jobs import Job, ResultsState, SpentArchive
from gas.messages import ArchiveRetrieved
from tests.support.jobs import OTHER_USER
from tests.unit.thaw.world import World


@pytest.fixture
def world() -> World:
    return World()


def retrieved(world: World) -> Job:
    """A job whose files wait in cold storage to be read."""
    made = world.archived_job()
    world.request()
    world.deliver_request()
    world.store_is_done()
    return made


def notice(made: Job, *, user_id: str = "") -> str:
    return ArchiveRetrieved(job_id=made.job_id, user_id=user_id or made.user_id).to_json()


def test_wrong_bytes_are_never_stored(world: World) -> None:
    made = retrieved(world)
    archive_id = made.archives["annotated"].archive_id
    original = world.cold.archives[archive_id]
    world.cold.archives[archive_id] = b"x" * len(original)
    with pytest.raises(ArchiveDamaged):
        world.restore()(notice(made))
    assert world.content(made, "annotated") is None
    assert world.state(made) is ResultsState.RESTORING
    for _ in range(10):
        assert world.deliver_notices() == 2
        world.clock.advance(960)
    assert world.deliver_notices() == 0
    assert len(world.completed.dead) == 2
    assert archive_id in world.cold.archives
    # An operator who puts the archive right needs no more than the message.
    world.cold.archives[archive_id] = original
    world.restore()(world.completed.dead[0])
    assert world.is_back(made)


def test_too_few_bytes_are_never_stored(world: World) -> None:
    made = retrieved(world)
    archive_id = made.archives["table"].archive_id
    world.cold.archives[archive_id] = world.cold.archives[archive_id][:-1]
    with pytest.raises((ArchiveDamaged, ServiceUnavailable)):
        world.restore()(notice(made))
    assert world.content(made, "annotated") == world.original(made, "annotated")
    assert world.content(made, "table") is None


def test_one_file_may_come_back_before_the_other(world: World) -> None:
    made = world.archived_job()
    world.request()
    world.deliver_request()
    first, second = (
        file.retrieval.retrieval_id for file in world.job(made).archives.values() if file.retrieval
    )
    world.cold.finish(first)
    world.restore()(notice(made))
    assert world.state(made) is ResultsState.RESTORING
    back = [name for name, file in world.job(made).archives.items() if file.back_at is not None]
    assert back == ["annotated"]
    world.cold.finish(second)
    world.restore()(notice(made))
    assert world.is_back(made)


def test_notices_of_a_job_that_come_together_are_one_restore(world: World) -> None:
    made = retrieved(world)
    world.wire.unnoticed = frozenset()
    restore = world.restore()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(restore, [notice(made)] * 8))
    assert world.is_back(made)
    assert world.wire.calls.count("upload_chunks") == 2
    assert len(world.to_archive.published) == 1


def test_a_job_that_somebody_else_restored_meanwhile_is_left_alone(world: World) -> None:
    made = retrieved(world)
    world.restore()(notice(made))
    before = len(world.wire.calls)
    world.restore()(notice(made))
    assert world.wire.calls[before:] == ["get"]
    assert world.is_back(made)


def test_results_deleted_on_the_way_leave_nothing_behind(world: World) -> None:
    made = retrieved(world)
    upload = world.results.upload_chunks

    def delete_meanwhile(*args: object, **kwargs: object) -> None:
        upload(*args, **kwargs)  # type: ignore[arg-type]
        world.jobs.table.change(
            made.job_id, lambda _: True, lambda _: {"results_state": ResultsState.DELETED}
        )

    world.results.upload_chunks = delete_meanwhile  # type: ignore[method-assign]
    world.restore()(notice(made))
    assert world.results.list("", limit=9) == []


def test_archives_that_a_crash_left_over_are_deleted(world: World) -> None:
    left = world.archived_job()
    spent = tuple(
        SpentArchive(archive_id=file.archive_id, kind=file.kind) for file in left.archives.values()
    )
    world.jobs.table.change(
        left.job_id,
        lambda _: True,
        lambda _: {
            "results_state": ResultsState.AVAILABLE,
            "archives": {},
            "spent_archives": spent,
        },
    )
    world.restore()(notice(left))
    assert world.cold.archives == {}
    assert world.job(left).spent_archives == ()


@pytest.mark.parametrize(
    "state", [ResultsState.ARCHIVED, ResultsState.ARCHIVING, ResultsState.DELETED]
)
def test_other_states_are_none_of_its_business(world: World, state: ResultsState) -> None:
    made = world.archived_job(results_state=state)
    world.restore()(notice(made))
    assert world.state(made) is state
    assert world.wire.calls == ["get"]


def test_a_notice_that_names_another_user_is_let_go(world: World) -> None:
    made = retrieved(world)
    world.restore()(notice(made, user_id=OTHER_USER))
    assert world.state(made) is ResultsState.RESTORING


def test_what_is_no_notice_is_refused(world: World) -> None:
    with pytest.raises(InvalidMessage):
        world.restore()("no json")
