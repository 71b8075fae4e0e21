"""How many jobs a day each quota allows: which part gives way first."""

from dataclasses import dataclass

from deploy.capacity import QUOTAS
from deploy.capacity.model import SECONDS_PER_DAY, Workload, read, units_per_job


@dataclass(frozen=True)
class Reach:
    """A quota, and how far it goes."""

    name: str
    limit: float
    used: float
    """By one job, in the quota's unit; of what is held: unit-seconds."""
    jobs_per_day: float
    remedy: str
    source: str


def reaches(load: Workload) -> list[Reach]:
    """All quotas, the one that gives way first at the top.

    A day has its busy hour: `peak_over_mean` times as many jobs as the mean. What is counted by
    the second, or held at once (Little's law: rate times seconds held), must survive that hour;
    what is counted by the day needs no such room.
    """
    use, peak = units_per_job(load), load["peak_over_mean"]
    found = []
    for quota in read(QUOTAS)["quotas"]:
        used = use[quota["uses"]]
        if quota["per"] == "day":
            jobs = quota["limit"] / used
        else:
            jobs = quota["limit"] / used * SECONDS_PER_DAY / peak
        found.append(
            Reach(quota["name"], quota["limit"], used, jobs, quota["raise"], quota["source"])
        )
    return sorted(found, key=lambda reach: reach.jobs_per_day)
