"""A lease that is kept in the background."""

import threading

import pytest

from gas.errors import LeaseLost, ServiceUnavailable
from gas.lease import Lease
from gas.testing import FakeClock
from tests.support.waiting import wait_until


class Renewals:
    """Answers renewals as told: True, False, or an outage; the last answer for ever."""

    def __init__(self, *answers: bool | None) -> None:
        self.until: list[int] = []
        self._answers = list(answers)

    def __call__(self, until: int) -> bool:
        self.until.append(until)
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if answer is None:
            raise ServiceUnavailable("away")
        return answer


def test_it_is_renewed_for_as_long_as_the_block_runs_and_no_longer() -> None:
    renewals = Renewals(True)
    clock = FakeClock()
    with Lease(renewals, clock, seconds=1) as lease:
        wait_until(lambda: len(renewals.until) >= 2, seconds=10)
        lease.check()
    assert set(renewals.until) == {clock.now() + 1}
    assert not [each for each in threading.enumerate() if each.name == "lease"]


def test_an_outage_is_ridden_out() -> None:
    renewals = Renewals(None, None, True)
    with Lease(renewals, FakeClock(), seconds=1) as lease:
        wait_until(lambda: len(renewals.until) >= 3, seconds=10)
        assert not lease.lost


def test_a_loss_is_noticed_and_final() -> None:
    renewals = Renewals(False)
    with Lease(renewals, FakeClock(), seconds=1) as lease:
        wait_until(lambda: lease.lost, seconds=10)
        with pytest.raises(LeaseLost):
            lease.check()
    assert len(renewals.until) == 1


def test_renewing_at_once_tells_whether_it_is_still_ours() -> None:
    Lease(Renewals(True), FakeClock(), seconds=60).renew_now()
    with pytest.raises(ServiceUnavailable):
        Lease(Renewals(None), FakeClock(), seconds=60).renew_now()
    lost = Lease(Renewals(False), FakeClock(), seconds=60)
    with pytest.raises(LeaseLost):
        lost.renew_now()
    assert lost.lost
