"""The simulation keeps the service's promises, whatever happens in it."""

from dataclasses import replace

import pytest

from deploy.capacity.model import Workload
from deploy.capacity.simulation import Policy, World, daily_shape, simulate

LOAD = Workload.load()
WORLD = World(jobs_per_day=2000, days=0.5)


@pytest.mark.parametrize("policy", [Policy(5), Policy(50), Policy(5, slots=1), Policy(2, most=2)])
def test_every_job_is_done_after_it_was_taken_after_it_came(policy: Policy) -> None:
    run = simulate(WORLD, policy, LOAD)
    assert len(run.jobs) > 100
    for job in run.jobs:
        assert job.taken is not None
        assert job.done is not None
        assert job.came <= job.taken < job.done


def test_no_job_is_lost_with_the_instances() -> None:
    bad = replace(WORLD, spot_loss_per_hour=6.0)
    run = simulate(bad, Policy(5, spot=True), LOAD)
    assert run.lost_instances > 10
    assert run.repeated > 0
    assert all(job.done is not None for job in run.jobs)


def test_a_run_is_decided_by_its_seed() -> None:
    first, again, other = (simulate(WORLD, Policy(5), LOAD, seed=s) for s in (1, 1, 2))
    assert first.waits() == again.waits()
    assert first.waits() != other.waits()


def test_one_instance_without_rivals_is_a_queue_of_its_own() -> None:
    """Never more work at once than slots: the waits follow from the order of arrival."""
    run = simulate(replace(WORLD, premium_share=0), Policy(1e9, least=1, slots=1), LOAD)
    free_at = 0.0
    for job in run.jobs:
        assert job.taken == pytest.approx(max(job.came, free_at))
        free_at = job.done or 0.0


def test_premium_is_taken_before_free() -> None:
    crowded = replace(WORLD, jobs_per_day=40_000)
    run = simulate(crowded, Policy(1e9, least=1), LOAD)
    assert run.quantile(0.95, premium=True) < run.quantile(0.5, premium=False)


def test_the_rate_has_the_mean_and_the_peak_that_were_asked_for() -> None:
    rates = [daily_shape(second, 4.0) for second in range(0, 86_400, 60)]
    assert sum(rates) / len(rates) == pytest.approx(1.0, rel=0.01)
    assert max(rates) == pytest.approx(4.0)
