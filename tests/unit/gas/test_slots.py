"""The rules of slots, on the fake table; that the real one does the same: tests/integration."""

import threading

import pytest

from gas.errors import ServiceUnavailable
from gas.slots import MOST_WAITING, Line, UserSlots
from gas.testing import FakeClock
from gas.testing.slots import MemoryLineTable
from tests.support.jobs import USER, job

LEASE = 30


class Room:
    """A table of lines and a clock."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.table = MemoryLineTable()
        self.slots = UserSlots(self.table, self.clock, lease_seconds=LEASE)


@pytest.fixture
def room() -> Room:
    return Room()


def test_as_many_as_the_limit_get_a_slot_and_the_rest_a_place(room: Room) -> None:
    places = [room.slots.take(job(submit_time=n), owner=f"w{n}", limit=2) for n in range(5)]
    assert places == [0, 0, 1, 2, 3]
    assert room.slots.take(job(user_id="somebody else"), owner="x", limit=1) == 0


def test_the_place_is_by_submission_and_asking_again_keeps_it(room: Room) -> None:
    room.slots.take(job(), owner="w", limit=1)
    late, early = job(submit_time=20), job(submit_time=10)
    assert room.slots.take(late, owner="a", limit=1) == 1
    assert room.slots.take(early, owner="b", limit=1) == 1
    assert room.slots.take(late, owner="c", limit=1) == 2
    assert room.slots.next_in_line(USER) == early.job_id
    assert room.slots.next_in_line(USER) == late.job_id
    assert room.slots.next_in_line(USER) is None


def test_a_slot_given_back_is_free(room: Room) -> None:
    first, second = job(), job()
    room.slots.take(first, owner="w1", limit=1)
    assert room.slots.take(second, owner="w2", limit=1) == 1
    room.slots.free(USER, owner="w1")
    assert room.slots.take(second, owner="w2", limit=1) == 0
    assert room.slots.next_in_line(USER) is None


def test_a_dead_workers_slot_lapses_and_cannot_be_renewed_once_given_away(room: Room) -> None:
    room.slots.take(job(), owner="dead", limit=1)
    room.clock.advance(LEASE)
    assert room.slots.take(job(), owner="w2", limit=1) == 1
    room.clock.advance(1)
    assert room.slots.take(job(), owner="w2", limit=1) == 0
    assert not room.slots.renew(USER, owner="dead")
    assert room.slots.renew(USER, owner="w2")


def test_a_renewed_slot_stays(room: Room) -> None:
    room.slots.take(job(), owner="w1", limit=1)
    for _ in range(5):
        room.clock.advance(LEASE - 1)
        assert room.slots.renew(USER, owner="w1")
    assert room.slots.take(job(), owner="w2", limit=1) == 1


def test_after_a_downgrade_no_further_job_runs_beside_those_of_premium(room: Room) -> None:
    for n in range(3):
        assert room.slots.take(job(), owner=f"premium{n}", limit=8) == 0
    free = job()
    assert room.slots.take(free, owner="free", limit=1) == 1
    for n in range(2):
        room.slots.free(USER, owner=f"premium{n}")
        assert room.slots.take(free, owner="free", limit=1) == 1
    room.slots.free(USER, owner="premium2")
    assert room.slots.take(free, owner="free", limit=1) == 0


def test_a_very_long_line_is_cut(room: Room) -> None:
    crowd = {f"job{n}": n for n in range(MOST_WAITING)}
    room.table.write(USER, Line(running={"w": room.clock.now() + 99}, waiting=crowd), expires_at=0)
    last = job()
    assert room.slots.take(last, owner="x", limit=1) == MOST_WAITING + 1
    assert last.job_id not in room.table.read(USER).waiting


def test_many_at_once_never_get_more_than_the_limit(room: Room) -> None:
    got: list[int] = []
    start = threading.Barrier(12)

    def take(n: int) -> None:
        start.wait()
        got.append(room.slots.take(job(), owner=f"w{n}", limit=3))

    threads = [threading.Thread(target=take, args=(n,)) for n in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(got)[:4] == [0, 0, 0, 1]
    line = room.table.read(USER)
    assert (len(line.running), len(line.waiting)) == (3, 9)


def test_a_write_that_succeeded_unnoticed_is_no_second_slot(room: Room) -> None:
    class Deaf(MemoryLineTable):
        def write(self, user_id: str, line: Line, *, expires_at: int) -> bool:
            super().write(user_id, line, expires_at=expires_at)
            return False

    slots = UserSlots(Deaf(), room.clock, lease_seconds=LEASE)
    assert slots.take(job(), owner="w1", limit=1) == 0


def test_it_gives_up_when_the_line_never_stands_still(room: Room) -> None:
    class Restless(MemoryLineTable):
        def write(self, user_id: str, line: Line, *, expires_at: int) -> bool:
            return False

    slots = UserSlots(Restless(), room.clock, lease_seconds=LEASE)
    with pytest.raises(ServiceUnavailable):
        slots.take(job(), owner="w1", limit=1)
