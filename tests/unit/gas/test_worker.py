import threading

import pytest

from gas.clock import SystemClock
from gas.errors import InvalidMessage, ServiceUnavailable
from gas.testing import FakeClock, MemoryQueue
from gas.worker import Bury, Delivery, Done, Handler, Later, Outcome, Worker, backoff


def worker_on(queue: MemoryQueue, handler: Handler, slots: int = 1) -> Worker:
    return Worker(queue, handler, slots=slots, visibility_seconds=30, idle_seconds=60)


def deliver(queue: MemoryQueue, handler: Handler) -> Outcome:
    (message,) = queue.receive(limit=1, wait_seconds=0)
    return worker_on(queue, handler).work(message)


def test_done_forgets_the_message() -> None:
    queue = MemoryQueue(FakeClock())
    queue.send("work")
    deliver(queue, lambda _: Done())
    assert len(queue) == 0


def test_later_brings_it_back_after_the_delay() -> None:
    clock = FakeClock()
    queue = MemoryQueue(clock)
    queue.send("work")
    deliver(queue, lambda _: Later(120))
    clock.advance(119)
    assert queue.receive(limit=1, wait_seconds=0) == []
    clock.advance(1)
    (again,) = queue.receive(limit=1, wait_seconds=0)
    assert again.receive_count == 2


def test_bury_moves_it_to_the_dead_letters() -> None:
    queue = MemoryQueue(FakeClock())
    queue.send("work")
    deliver(queue, lambda _: Bury("hopeless"))
    assert (queue.dead, len(queue)) == (["work"], 0)


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (ServiceUnavailable("down"), Later(30)),
        (RuntimeError("bug"), Later(30)),
        (InvalidMessage("what?"), Bury("what?")),
    ],
)
def test_errors_never_lose_a_message(error: Exception, outcome: Outcome) -> None:
    def handler(delivery: Delivery) -> Outcome:
        raise error

    queue = MemoryQueue(FakeClock())
    queue.send("work")
    assert deliver(queue, handler) == outcome
    assert len(queue) + len(queue.dead) == 1


@pytest.mark.parametrize(
    ("count", "seconds"), [(0, 30), (1, 30), (2, 60), (3, 120), (6, 900), (99, 900)]
)
def test_backoff_doubles_up_to_a_quarter_of_an_hour(count: int, seconds: int) -> None:
    assert backoff(count) == seconds


def test_it_drains_the_queue_when_it_starts_and_when_woken() -> None:
    queue = MemoryQueue(FakeClock())
    seen: list[str] = []
    three, four = threading.Event(), threading.Event()

    def handler(delivery: Delivery) -> Outcome:
        seen.append(delivery.body)
        if len(seen) == 3:
            three.set()
        if len(seen) == 4:
            four.set()
        return Done()

    for body in "abc":
        queue.send(body)
    worker = worker_on(queue, handler, slots=2)
    worker.start()
    assert three.wait(10)
    queue.send("d")
    worker.wake()
    assert four.wait(10)
    assert worker.stop(20)
    assert sorted(seen) == ["a", "b", "c", "d"]


def test_stopping_tells_the_handler() -> None:
    queue = MemoryQueue(FakeClock())
    started = threading.Event()

    def handler(delivery: Delivery) -> Outcome:
        started.set()
        assert delivery.stopping.wait(10)
        return Later(0)

    queue.send("long work")
    worker = worker_on(queue, handler)
    worker.start()
    assert started.wait(10)
    assert worker.busy == 1
    assert worker.stop(20)
    assert len(queue) == 1


def test_a_queue_that_is_away_does_not_end_the_slot() -> None:
    class Flaky(MemoryQueue):
        faults = 1

        def receive(self, *, limit: int, wait_seconds: int):  # type: ignore[no-untyped-def]
            if self.faults:
                self.faults -= 1
                raise ServiceUnavailable("down")
            return super().receive(limit=limit, wait_seconds=wait_seconds)

    queue = Flaky(FakeClock())
    done = threading.Event()

    def handler(delivery: Delivery) -> Outcome:
        done.set()
        return Done()

    queue.send("work")
    worker = worker_on(queue, handler)
    worker.start()
    assert done.wait(10)
    assert worker.stop(20)


def test_it_comes_back_for_what_it_postponed_long_before_its_idle_time() -> None:
    queue = MemoryQueue(SystemClock())
    done = threading.Event()

    def handler(delivery: Delivery) -> Outcome:
        if delivery.receive_count == 1:
            return Later(1)
        done.set()
        return Done()

    queue.send("work")
    worker = Worker(queue, handler, slots=1, visibility_seconds=30, idle_seconds=3600)
    worker.start()
    assert done.wait(30)
    assert worker.stop(20)
