"""How many requests the API answers, and how quickly: list, get and create, by several clients.

    make bench-api ARGS="--requests 1000 --seconds 60"

It starts an installation of its own, on the loopback only, with limits out of the way, and asks as
programs do: a connection for each client, kept open, a token, no pauses. A series ends after so
many requests or seconds, whichever is first. Files to create jobs from are uploaded beforehand and
not counted; while jobs are created, the annotator works on them beside.
"""

import argparse
import statistics
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event

import httpx

from gas_client import Gas
from tests.e2e.person import Person
from tests.e2e.test_client import token_of
from tests.support.installation import Installation

SAMPLE = Path(__file__).parents[2] / "samples" / "famous_variants.vcf"
CONCURRENCY = (10, 100)
MOST = 100_000
JOBS_THERE = 5
START_SECONDS = 300

Ask = Callable[[httpx.Client, int], httpx.Response]


@dataclass
class Series:
    """What came of one kind of request from so many clients."""

    name: str
    clients: int
    took: list[float] = field(default_factory=list)
    """Milliseconds of each good answer."""
    wrong: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0

    def line(self) -> str:
        """A row of the table."""
        cuts = statistics.quantiles(self.took, n=100) if len(self.took) > 1 else [0.0] * 99
        rate = len(self.took) / self.seconds if self.seconds else 0.0
        errors = ", ".join(f"{n} x {what}" for what, n in self.wrong.items()) or "0"
        return (
            f"| {self.name} | {self.clients} | {len(self.took)} | {rate:.0f} | {cuts[49]:.0f} "
            f"| {cuts[94]:.0f} | {cuts[98]:.0f} | {errors} |"
        )


def measure(
    name: str, ask: Ask, *, base: str, token: str, clients: int, requests: int, seconds: float
) -> Series:
    """Ask from `clients` threads, together `requests` times at the most, for `seconds`."""
    series, numbers, begin = Series(name, clients), count(), Event()
    headers = {"Authorization": f"Bearer {token}"}

    def client(_: int) -> None:
        with httpx.Client(base_url=base, headers=headers, timeout=60) as http:
            begin.wait()
            while (number := next(numbers)) < requests and time.monotonic() < until:
                began = time.perf_counter()
                try:
                    answer = ask(http, number)
                except httpx.HTTPError as error:
                    series.wrong[type(error).__name__] += 1
                    continue
                if answer.is_success:
                    series.took.append((time.perf_counter() - began) * 1000)
                else:
                    series.wrong[str(answer.status_code)] += 1

    with ThreadPoolExecutor(clients) as pool:
        until, began = time.monotonic() + seconds, time.monotonic()
        running = [pool.submit(client, n) for n in range(clients)]
        begin.set()
        for each in running:
            each.result()
    series.seconds = time.monotonic() - began
    return series


def upload(base: str, token: str, number: int) -> str:
    """An uploaded file that no job was made of; its key."""
    headers = {"Authorization": f"Bearer {token}"}
    content = SAMPLE.read_bytes()
    wish = {"file_name": f"bench{number}.vcf", "size": len(content)}
    signed = httpx.post(f"{base}/uploads", json=wish, headers=headers, timeout=60)
    told = signed.raise_for_status().json()
    files = {"file": (wish["file_name"], content)}
    httpx.post(told["url"], data=told["fields"], files=files, timeout=60).raise_for_status()
    return str(told["key"])


def run(options: argparse.Namespace, folder: Path) -> Sequence[Series]:
    limits = {"GAS_FREE_REQUESTS_PER_MINUTE": str(10**9)}
    product = Installation(folder, environment=limits)
    try:
        product.start(seconds=START_SECONDS)
        with Person(product.web) as person:
            token = token_of(person)
        with Gas(product.web, token) as gas:
            jobs = [gas.annotate(SAMPLE, wait=True).job_id for _ in range(JOBS_THERE)]
        base, found = f"{product.web}/api/v1", []
        for clients in options.clients:
            bounds = {"clients": clients, "requests": options.requests, "seconds": options.seconds}
            asked = {"base": base, "token": token, **bounds}
            with ThreadPoolExecutor(4) as pool:
                few = min(options.requests, options.created)
                keys = list(pool.map(lambda n: upload(base, token, n), range(few)))
            for name, ask in asks(jobs, keys).items():
                most = len(keys) if name == "create" else options.requests
                found.append(measure(name, ask, **{**asked, "requests": most}))
                sys.stdout.write(found[-1].line() + "\n")
                sys.stdout.flush()
        return found
    finally:
        product.stop()


def asks(jobs: Sequence[str], keys: Sequence[str]) -> dict[str, Ask]:
    """The kinds of request."""
    return {
        "list": lambda http, _: http.get("/jobs", params={"limit": 20}),
        "get": lambda http, n: http.get(f"/jobs/{jobs[n % len(jobs)]}"),
        "create": lambda http, n: http.post("/jobs", json={"key": keys[n]}),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--requests", type=int, default=1000, help="of each series, at the most")
    parser.add_argument("--seconds", type=float, default=60, help="of each series, at the most")
    parser.add_argument("--created", type=int, default=200, help="jobs created in each series")
    parser.add_argument("--clients", type=int, nargs="+", default=CONCURRENCY)
    options = parser.parse_args()
    if not 0 < options.requests <= MOST:
        parser.error(f"--requests: 1 to {MOST}")
    sys.stdout.write("| request | clients | answers | a second | p50 ms | p95 | p99 | errors |\n")
    sys.stdout.write("|---|---|---|---|---|---|---|---|\n")
    with TemporaryDirectory(prefix="gas-bench-", ignore_cleanup_errors=True) as folder:
        found = run(options, Path(folder) / "data")
    return 1 if any(not series.took for series in found) else 0


if __name__ == "__main__":
    sys.exit(main())
