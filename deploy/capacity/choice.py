"""Which scaling parameters: the cheapest that keep the waits people were promised."""

import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from deploy.capacity.model import Workload
from deploy.capacity.simulation import Outcome, Policy, World, simulate

FREE_P95, PREMIUM_P95 = 90.0, 30.0
"""Seconds that 19 of 20 jobs may wait for an annotator."""
BACKLOGS = (2.0, 5.0, 10.0, 20.0, 50.0, 100.0)
LOADS = (1_000.0, 10_000.0, 100_000.0)
SEEDS = (1, 2, 3)


@dataclass(frozen=True)
class Tried:
    """A policy under a load: medians of the runs with several seeds."""

    world: World
    policy: Policy
    free_p50: float
    free_p95: float
    premium_p95: float
    instance_hours_per_day: float
    most: int
    lost: float
    repeated: float

    @property
    def good(self) -> bool:
        """Whether the promise is kept."""
        return self.free_p95 <= FREE_P95 and self.premium_p95 <= PREMIUM_P95


def try_out(world: World, policy: Policy, load: Workload) -> Tried:
    """Run with every seed."""
    runs = [simulate(world, policy, load, seed=seed) for seed in SEEDS]

    def middle(of: Sequence[float]) -> float:
        return statistics.median(of)

    return Tried(
        world,
        policy,
        middle([run.quantile(0.5, premium=False) for run in runs]),
        middle([run.quantile(0.95, premium=False) for run in runs]),
        middle([run.quantile(0.95, premium=True) for run in runs]),
        middle([run.instance_seconds / 3600 / world.days for run in runs]),
        max(_largest(run) for run in runs),
        middle([run.lost_instances / world.days for run in runs]),
        middle([run.repeated / world.days for run in runs]),
    )


def _largest(run: Outcome) -> int:
    return max(count for _at, _waiting, count in run.timeline)


def sweep(load: Workload, *, days: float = 1.0) -> Iterator[Tried]:
    """Every backlog under every load."""
    for jobs in LOADS:
        world = World(jobs_per_day=jobs, peak_over_mean=load["peak_over_mean"], days=days)
        for backlog in BACKLOGS:
            yield try_out(world, Policy(backlog), load)


def chosen(tried: Sequence[Tried]) -> float:
    """The backlog per instance that keeps the promise under every load for the least money."""
    good = [b for b in BACKLOGS if all(t.good for t in tried if t.policy.backlog_per_instance == b)]
    if not good:
        raise SystemExit("No policy of those that were tried keeps the promise.")

    def hours(backlog: float) -> float:
        return sum(
            t.instance_hours_per_day for t in tried if t.policy.backlog_per_instance == backlog
        )

    return min(good, key=hours)


def against_loss(load: Workload, backlog: float, *, days: float = 1.0) -> list[Tried]:
    """The chosen policy at 100,000 jobs a day on instances that stay, and on spot in bad times."""
    world = World(jobs_per_day=LOADS[-1], peak_over_mean=load["peak_over_mean"], days=days)
    bad = replace(world, spot_loss_per_hour=0.5)
    return [
        try_out(world, Policy(backlog), load),
        try_out(world, Policy(backlog, spot=True), load),
        try_out(bad, Policy(backlog, spot=True), load),
    ]
