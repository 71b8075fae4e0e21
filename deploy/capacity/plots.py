"""The pictures of docs/scale.md, as SVG that is the same for the same figures."""

from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl
from matplotlib.figure import Figure

from deploy.capacity.choice import FREE_P95, LOADS, Tried
from deploy.capacity.simulation import Outcome

mpl.rcParams.update(
    {
        "svg.hashsalt": "gas",
        "svg.fonttype": "none",
        "font.size": 9,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.grid": True,
        "grid.alpha": 0.3,
    }
)
_COLOURS = ("#1b6ca8", "#c2571a", "#3b7d3b")


def _save(figure: Figure, path: Path) -> None:
    figure.savefig(path, format="svg", bbox_inches="tight", metadata={"Date": None})


def waits_and_hours(tried: Sequence[Tried], path: Path) -> None:
    """p95 of the wait and instance-hours a day, by waiting jobs per instance."""
    figure = Figure(figsize=(8, 3.2))
    waits, hours = figure.subplots(1, 2)
    for jobs, colour in zip(LOADS, _COLOURS, strict=True):
        of_load = [t for t in tried if t.world.jobs_per_day == jobs]
        backlogs = [t.policy.backlog_per_instance for t in of_load]
        label = f"{jobs:,.0f} jobs a day"
        waits.plot(backlogs, [t.free_p95 for t in of_load], "o-", color=colour, label=label)
        hours.plot(backlogs, [t.instance_hours_per_day for t in of_load], "o-", color=colour)
    waits.axhline(FREE_P95, color="#888888", linestyle="--", linewidth=1)
    waits.set_ylabel("wait of Free, p95, seconds")
    hours.set_ylabel("instance-hours a day")
    hours.set_yscale("log")
    for axes in (waits, hours):
        axes.set_xscale("log")
        axes.set_xlabel("waiting jobs per instance that the policy aims at")
    waits.legend(frameon=False)
    _save(figure, path)


def a_day(run: Outcome, path: Path) -> None:
    """Waiting jobs and instances through one simulated day."""
    figure = Figure(figsize=(8, 3.2))
    queue, fleet = figure.subplots(2, 1, sharex=True)
    hours = [at / 3600 for at, _waiting, _count in run.timeline]
    queue.fill_between(
        hours, [waiting for _at, waiting, _count in run.timeline], color=_COLOURS[0], alpha=0.6
    )
    queue.set_ylabel("waiting jobs")
    fleet.step(hours, [count for _at, _waiting, count in run.timeline], color=_COLOURS[1])
    fleet.set_ylabel("instances")
    fleet.set_xlabel("hour of the day")
    _save(figure, path)
