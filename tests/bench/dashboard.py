"""How quick the list of jobs is: a user with ten jobs beside one with a hundred thousand.

    make bench-dashboard ARGS="--jobs 100000 --rounds 30"

It starts an installation of its own, writes the jobs through the cloud's interface in batches and
asks for pages as a browser does. The figures are milliseconds of whole requests, server and all.
"""

import argparse
import random
import statistics
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING
from uuid import UUID

import httpx

from gas.aws.shares import item_of
from gas.aws.values import as_item
from gas.jobs import Failure, Job, JobStatus, Results, ResultsState, StoredFile, new_job_id
from gas.usage import share_of
from tests.bench.thaw import World
from tests.e2e.person import Person
from tests.support.installation import Installation

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import WriteRequestOutputTypeDef, WriteRequestTypeDef

_BATCH = 25
_WRITERS = 6
_SPAN = 2 * 365 * 86_400
_STATES = (
    [JobStatus.COMPLETED] * 950
    + [JobStatus.FAILED] * 29
    + [JobStatus.CANCELLED] * 20
    + [JobStatus.PENDING]
)


def made_up_jobs(user_id: str, count: int, *, now: int, seed: int = 1) -> Iterator[Job]:
    """Jobs of the last two years, one in ten thousand with a name that is worth a search."""
    chance = random.Random(seed)
    for number in range(count):
        job_id = new_job_id()
        rare = number % 10_000 == 9_999
        name = (
            f"rare-{number:06}.vcf.gz"
            if rare
            else f"cohort{chance.randrange(99)}-NA{number:06}.vcf.gz"
        )
        state = chance.choice(_STATES)
        done = state is JobStatus.COMPLETED
        at = now - int(_SPAN * (count - number) / count)
        yield Job(
            job_id=job_id,
            user_id=user_id,
            user_email="bench@example.org",
            input_file_name=name,
            s3_inputs_bucket="inputs",
            s3_key_input_file=f"{user_id}/{job_id}~{name}",
            input_size=chance.randrange(10**4, 10**8),
            submit_time=at,
            job_status=state,
            complete_time=at + 30 if state is not JobStatus.PENDING else None,
            announced_at=at + 31 if state is not JobStatus.PENDING else None,
            results_state=ResultsState.AVAILABLE if done else ResultsState.NONE,
            results=_results(user_id, job_id, chance.randrange(10**4, 10**7)) if done else None,
            failure=Failure(code="not_vcf", message="This is no VCF file.")
            if state is JobStatus.FAILED
            else None,
        )


def _results(user_id: str, job_id: str, size: int) -> Results:
    def file(name: str, n_bytes: int) -> StoredFile:
        return StoredFile(
            key=f"{user_id}/{job_id}~{name}", name=name, size=n_bytes, sha256="ab" * 32
        )

    return Results(
        bucket="results",
        annotated=file("x.annot.vcf.gz", size),
        log=file("x.vcf.count.log", 900),
        summary=file("x.summary.json", 4000),
        receipt=file("x.receipt.json", 1200),
        table=file("x.parquet", size // 2),
        index=file("x.annot.vcf.gz.tbi", 800),
        records_in=1000,
        records_annotated=990,
        skipped={"unknown_contig": 10},
    )


def load(client: "DynamoDBClient", table: str, user_id: str, jobs: Iterator[Job]) -> Job:
    """Write the jobs and their user's sums; the first of the jobs."""
    sums: Counter[str] = Counter()
    first: list[Job] = []

    def items() -> Iterator["WriteRequestTypeDef"]:
        for job in jobs:
            first.append(job) if not first else None
            sums.update(share_of(job))
            yield {"PutRequest": {"Item": item_of(job)}}

    def write(batch: Sequence["WriteRequestTypeDef | WriteRequestOutputTypeDef"]) -> None:
        while batch:
            answer = client.batch_write_item(RequestItems={table: batch})
            batch = answer["UnprocessedItems"].get(table, [])

    stream = items()
    batches = iter(lambda: list(islice(stream, _BATCH)), [])
    with ThreadPoolExecutor(_WRITERS) as pool:
        while window := [pool.submit(write, batch) for batch in islice(batches, 4 * _WRITERS)]:
            for each in window:
                each.result()
    record = {"job_id": f"usage:{user_id}", "complete": True, **sums}
    client.put_item(TableName=table, Item=as_item(record))
    return first[0]


def questions(first: Job) -> dict[str, str]:
    """Addresses, by what they ask for."""
    day = time.strftime("%Y-%m-%d", time.gmtime(first.submit_time + 86_400))
    return {
        "first page": "",
        "one state": "?state=failed",
        "rarest state": "?state=pending",
        "a span of days": f"?to={day}",
        "oldest first": "?sort=oldest",
        "search, found": "?q=NA0",
        "search, not found": "?q=nowhere",
        "name begins with": "?q=rare&match=begins",
        "whole request ID": f"?q={first.job_id}",
    }


def ask(person: Person, rounds: int, first: Job) -> dict[str, list[float]]:
    """Milliseconds of every request, by question; the following pages are one of them."""
    times: dict[str, list[float]] = {}
    for name, query in questions(first).items():
        times[name] = [
            _timed(person.client, f"{person.web}/annotations{query}") for _ in range(rounds)
        ]
    times["following pages"] = list(_leaf(person, rounds))
    return times


def _leaf(person: Person, rounds: int) -> Iterator[float]:
    where = f"{person.web}/annotations"
    for _ in range(rounds):
        answer = person.client.get(where, headers={"Accept": "application/json"}).json()
        where = answer["next"] or f"{person.web}/annotations"
        yield _timed(person.client, where)


def _timed(client: httpx.Client, address: str) -> float:
    begun = time.perf_counter()
    client.get(address).raise_for_status()
    return 1000 * (time.perf_counter() - begun)


def figures(times: list[float]) -> tuple[float, float]:
    """Median and 95th percentile."""
    return statistics.median(times), statistics.quantiles(times, n=20)[-1]


def measure(web: str, client: "DynamoDBClient", table: str, *, many: int, rounds: int) -> list[str]:
    """A table, as lines of Markdown."""
    counts, columns = (10, many), []
    for count in counts:
        with Person(web) as person:
            user_id = _user_id(person)
            begun = time.perf_counter()
            jobs = made_up_jobs(user_id, count, now=int(time.time()) - 60)
            first = load(client, table, user_id, jobs)
            seconds = time.perf_counter() - begun
            sys.stderr.write(f"{count:,} jobs written in {seconds:.0f} s\n")
            ask(person, 2, first)
            columns.append(ask(person, rounds, first))
    heads = " | ".join(f"{count:,} jobs: p50 | p95" for count in counts)
    lines = [f"| ms | {heads} |", "|---" * (1 + 2 * len(counts)) + "|"]
    for name in columns[0]:
        cells = [f"{ms:.0f}" for column in columns for ms in figures(column[name])]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return lines


def _user_id(person: Person) -> str:
    page = person.client.get(f"{person.web}/profile").text
    return next(text for text in page.split("<code>")[1:] if _is_uuid(text[:36]))[:36]


def _is_uuid(text: str) -> bool:
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--jobs", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=30)
    options = parser.parse_args()
    with TemporaryDirectory() as folder:
        installation = Installation(Path(folder) / "data")
        try:
            installation.start(seconds=180)
            world = World(installation)
            table = world.names["GAS_ANNOTATIONS_TABLE"]
            client = world.clients("dynamodb")
            lines = measure(
                installation.web, client, table, many=options.jobs, rounds=options.rounds
            )
        finally:
            installation.stop()
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
