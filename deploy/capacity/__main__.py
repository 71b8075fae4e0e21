"""``make capacity``: costs, quotas and the simulation; `--write` keeps them in the docs."""

import argparse
import sys
from pathlib import Path

from deploy.capacity import pages
from deploy.capacity.choice import LOADS, against_loss, chosen, sweep
from deploy.capacity.model import Workload
from deploy.capacity.plots import a_day, waits_and_hours
from deploy.capacity.simulation import Policy, World, simulate

DOCS = Path(__file__).parents[2] / "docs"


def main() -> None:
    """Compute, print, perhaps keep."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--write", action="store_true", help="into docs/cost.md and docs/scale.md")
    parser.add_argument("--days", type=float, default=1.0, help="simulated days of each run")
    options = parser.parse_args()
    load = Workload.load()
    tried = list(sweep(load, days=options.days))
    backlog = chosen(tried)
    cost = {"bill": pages.bill(load), "per-job": pages.per_job(load)}
    scale = {
        "quotas": pages.what_gives_way(load),
        "policies": pages.policies(tried),
        "choice": f"Chosen: **{backlog:g} waiting jobs per instance**.",
        "losses": pages.policies(against_loss(load, backlog, days=options.days)),
    }
    sys.stdout.write("\n\n".join([*cost.values(), *scale.values()]) + "\n")
    if options.write:
        pages.write_blocks(DOCS / "cost.md", cost)
        pages.write_blocks(DOCS / "scale.md", scale)
        waits_and_hours(tried, DOCS / "scale-policies.svg")
        world = World(jobs_per_day=LOADS[-1], peak_over_mean=load["peak_over_mean"], days=1)
        a_day(simulate(world, Policy(backlog), load), DOCS / "scale-day.svg")


if __name__ == "__main__":
    main()
