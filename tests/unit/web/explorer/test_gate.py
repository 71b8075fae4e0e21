"""Turns: one question of a person at a time, few in all, nobody pushes in front."""

import threading

import pytest

from gas.errors import ServiceUnavailable
from web.explorer.gate import MOST_WAITING, Gate


def test_one_at_a_time_for_each_and_few_for_all() -> None:
    gate = Gate(places=2, longest_wait=0.05)
    with gate.turn("ada"):
        with pytest.raises(ServiceUnavailable), gate.turn("ada"):
            pass
        with gate.turn("ben"), pytest.raises(ServiceUnavailable), gate.turn("eve"):
            pass
        with gate.turn("eve"):
            pass
    with gate.turn("ada"):
        pass


def test_somebody_else_is_served_while_one_person_asks_a_lot() -> None:
    gate = Gate(places=2, longest_wait=5)
    inside, leave = threading.Event(), threading.Event()
    refused = []

    def ask() -> None:
        try:
            with gate.turn("ada"):
                inside.set()
                leave.wait(5)
        except ServiceUnavailable as error:
            refused.append(error)

    threads = [threading.Thread(target=ask) for _ in range(MOST_WAITING + 3)]
    for thread in threads:
        thread.start()
    assert inside.wait(5)
    with gate.turn("ben"):
        pass
    leave.set()
    for thread in threads:
        thread.join()
    assert len(refused) <= 2  # those that found too many of their own in front of them


def test_a_question_that_fails_gives_its_turn_back() -> None:
    gate = Gate(places=1, longest_wait=0.05)
    with pytest.raises(ValueError, match="oops"), gate.turn("ada"):
        raise ValueError("oops")
    with gate.turn("ada"):
        pass
