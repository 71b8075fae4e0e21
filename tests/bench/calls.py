"""``make bench-calls``: what one job asks of the cloud and of the processors.

    make bench-calls ARGS="[--jobs 50] [--idle 60] [--write]"

Starts an embedded default of its own, lets it rest, then uploads jobs of a Free user one after the
other and waits until all results lie in cold storage. What is asked at rest is taken off in
proportion to the time. `--write` keeps the figures where docs/cost.md and docs/scale.md take them
from.
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil
import smoke

from deploy.capacity import MEASURED
from tests.bench.thaw import World, name_of
from tests.e2e.person import Person
from tests.support.installation import Installation

ROWS = 1000
"""Records of each file."""
PAUSE = 4.0
"""Seconds after an upload until somebody looks."""
WINDOW = 30
"""Seconds until results are archived."""
SERVICES = ("web", "annotator", "archiver", "thaw", "postgres")
"""Whose processor time is told; the embedded cloud's is nothing that AWS would ask for."""


@dataclass(frozen=True)
class Observed:
    """What happened during a time."""

    seconds: float
    requests: Mapping[str, int]
    processor: Mapping[str, float]
    """Seconds, by service."""


def main() -> None:
    """Measure, print, perhaps keep."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--jobs", type=int, default=50)
    parser.add_argument("--idle", type=float, default=60, help="seconds at rest")
    parser.add_argument("--write", action="store_true", help=f"keep the figures in {MEASURED}")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        installation = Installation(
            Path(folder) / "data", environment={"GAS_FREE_WINDOW_SECONDS": str(WINDOW)}
        )
        try:
            installation.start(seconds=180)
            found = measure(World(installation), options.jobs, options.idle)
        finally:
            installation.stop()
    text = json.dumps(found, indent=2) + "\n"
    sys.stdout.write(text)
    if options.write:
        MEASURED.write_text(text)


def measure(world: World, jobs: int, idle_seconds: float) -> dict[str, object]:
    """Requests of a job and of an hour at rest; processor seconds of a job by service."""
    with Person(world.installation.web) as person:
        lives_of_jobs(person, 1)  # clients connect, caches fill
        rest = observe(world, lambda: time.sleep(idle_seconds))
        busy = observe(world, lambda: lives_of_jobs(person, jobs))
    of_rest = busy.seconds / rest.seconds
    return {
        "jobs": jobs,
        "records_per_job": content(0).count(b"\nMT\t"),
        "requests_per_hour_at_rest": per(rest.requests, rest.seconds / 3600),
        "requests_per_job": per(
            {k: n - of_rest * rest.requests.get(k, 0) for k, n in busy.requests.items()}, jobs
        ),
        "processor_seconds_per_job": per(
            {k: s - of_rest * rest.processor.get(k, 0.0) for k, s in busy.processor.items()}, jobs
        ),
    }


def lives_of_jobs(person: Person, jobs: int) -> None:
    """Upload, annotate, look once, download; then the way of all of them into cold storage.

    Asks as rarely as a person does: every look is a request to the table, and is counted.
    """
    made = []
    for number in range(1, jobs + 1):
        made.append(person.annotate(f"n{number}.vcf", content(number)))
        time.sleep(PAUSE)
        person.finished(made[-1], seconds=300)
        person.remember(made[-1])
    time.sleep(WINDOW + PAUSE)
    for job_id in made:
        person.wait_for_state(job_id, "ARCHIVED", seconds=300)


def content(number: int) -> bytes:
    """A small file, unlike all others."""
    rows = "".join(f"MT\t8860\tn{number}r{r}\tA\tG\t.\tPASS\t.\n" for r in range(ROWS))
    return (smoke.BUILT_IN + rows).encode()


def observe(world: World, work: Callable[[], object]) -> Observed:
    """Do `work`; what was asked and used meanwhile."""
    requests, processor, begun = world.requests(), processor_seconds(world), time.monotonic()
    work()
    seconds = time.monotonic() - begun
    return Observed(
        seconds,
        {k: n - requests.get(k, 0) for k, n in world.requests().items()},
        {k: s - processor.get(k, 0.0) for k, s in processor_seconds(world).items()},
    )


def processor_seconds(world: World) -> dict[str, float]:
    """User and system seconds of each service since its start, ended children included."""
    found = dict.fromkeys(SERVICES, 0.0)
    for process in world.installation.processes():
        with suppress(psutil.NoSuchProcess):
            name = name_of(process)
            if name in found:
                times = process.cpu_times()
                found[name] += times.user + times.system
                if name == "annotator":  # the engines it ran
                    found[name] += times.children_user + times.children_system
    return found


def per(counts: Mapping[str, float], units: float) -> dict[str, float]:
    """Counts per unit, the largest first; none that rounds to nothing."""
    rounded = {k: round(n / units, 3) for k, n in counts.items()}
    return dict(sorted(((k, n) for k, n in rounded.items() if n > 0), key=lambda p: -p[1]))


if __name__ == "__main__":
    main()
