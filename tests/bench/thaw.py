"""``make bench-thaw``: how long many archived results take to come back.

    make bench-thaw ARGS="[--jobs 1000] [--bytes 20000] [--cold 2]"

Starts an embedded default of its own, makes a user with many completed jobs (the records and the
files, without running the engine), has the real archiver put all of them into cold storage, makes
the user Premium, and waits until the last one is back and the mail is there. Prints seconds,
requests to the cloud by operation, and the largest memory of each process. `--cold` is how many
seconds the cold store takes for a retrieval: what is measured is the rest.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import secrets
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import psutil
import smoke

from deploy.stack_env import environment_of
from gas.aws.jobs import DynamoJobStore
from gas.aws.ledger import DynamoLedger
from gas.jobs import Job, JobStatus, Results, ResultsState, StoredFile
from gas.messages import UserArchiveRequested
from local.stack import STACK, Clients, read_root_key
from tests.support.installation import Installation
from tests.support.waiting import wait_until

PATIENCE = 3600.0
AT_ONCE = 16


class World:
    """The running installation and its stores."""

    def __init__(self, installation: Installation) -> None:
        self.installation = installation
        cloud = installation.addresses.url("cloud")
        self.clients = Clients(cloud, read_root_key(installation.data / "cloud"))
        stack = self.clients("cloudformation").describe_stacks(StackName=STACK)["Stacks"][0]
        outputs = {o["OutputKey"]: o["OutputValue"] for o in stack["Outputs"]}
        self.names = environment_of(outputs)
        dynamodb = self.clients("dynamodb")
        self.jobs = DynamoJobStore(dynamodb, self.names["GAS_ANNOTATIONS_TABLE"])
        self.ledger = DynamoLedger(dynamodb, self.names["GAS_ANNOTATIONS_TABLE"])

    def requests(self) -> dict[str, int]:
        """Requests that the embedded cloud has answered, by operation."""
        answer = httpx.get(self.installation.addresses.url("cloud") + "/_gas/requests")
        counts: dict[str, int] = answer.raise_for_status().json()["requests"]
        return counts

    def cold(self, user_id: str) -> dict[ResultsState, int]:
        """How many of the user's jobs are where, of those that are not simply available."""
        counts: dict[ResultsState, int] = {}
        cursor = None
        while True:
            page = self.ledger.list_cold(user_id, limit=500, cursor=cursor)
            for job in page.jobs:
                counts[job.results_state] = counts.get(job.results_state, 0) + 1
            cursor = page.next_cursor
            if cursor is None:
                return counts


class Memory(threading.Thread):
    """Looks at the installation's processes twice a second; keeps the largest of each command."""

    def __init__(self, installation: Installation) -> None:
        super().__init__(daemon=True)
        self._installation = installation
        self.largest: dict[str, int] = {}
        self.over = threading.Event()

    def run(self) -> None:
        while not self.over.wait(0.5):
            for process in self._installation.processes():
                try:
                    name, rss = name_of(process), process.memory_info().rss
                except psutil.Error:
                    continue
                self.largest[name] = max(self.largest.get(name, 0), rss)


def name_of(process: psutil.Process) -> str:
    """What a process of the installation is, in one word."""
    command = " ".join(process.cmdline())
    for part in ("archiver", "thaw", "annotator", "web"):
        if f"{part}.ini" in command:
            return part
    for module in ("local.cloud", "local.stripe", "local.globus", "local.mailbox"):
        if module in command:
            return module
    return "postgres" if "postgres" in command else "functions and others"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--jobs", type=int, default=1000)
    parser.add_argument("--bytes", type=int, default=20_000, help="size of each results file")
    parser.add_argument("--cold", type=float, default=2.0, help="seconds of a retrieval")
    parser.add_argument("--look", type=int, default=2, help="GAS_THAW_LOOK_SECONDS")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        installation = Installation(
            Path(folder) / "data",
            environment={
                "GAS_THAW_LOOK_SECONDS": str(options.look),
                "GAS_COLD_EXPEDITED_SECONDS": str(options.cold),
            },
        )
        try:
            installation.start(seconds=180)
            measure(World(installation), options)
        finally:
            installation.stop()


def measure(world: World, options: argparse.Namespace) -> None:
    """The whole course, with a line for each step."""
    user_id = log_in(world)
    memory = Memory(world.installation)
    memory.start()
    with step(world, f"make {options.jobs} completed jobs"), ThreadPoolExecutor(AT_ONCE) as pool:
        jobs = list(pool.map(lambda _: make(world, user_id, options.bytes), range(options.jobs)))
    with step(world, "archive them"):
        world.clients("sns").publish(
            TopicArn=world.names["GAS_ARCHIVE_REQUESTS_TOPIC"],
            Message=UserArchiveRequested(user_id=user_id).to_json(),
        )
        wait_until(
            lambda: world.cold(user_id) == {ResultsState.ARCHIVED: options.jobs},
            seconds=PATIENCE,
            every=1,
        )
    with step(world, "upgrade, until the last one is back"):
        set_plan(world, "premium")
        wait_until(lambda: not world.cold(user_id), seconds=PATIENCE, every=0.5)
    with step(world, "until the mail is there"):
        wait_until(lambda: told(world), seconds=PATIENCE, every=0.5)
    memory.over.set()
    memory.join()
    with step(world, "check every byte"), ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(lambda job: check(world, job), jobs))
    say("largest memory (RSS, MiB):")
    for name, rss in sorted(memory.largest.items(), key=lambda pair: -pair[1]):
        say(f"  {name}: {rss / 2**20:.0f}")


@contextmanager
def step(world: World, name: str) -> Iterator[None]:
    """Print how long a step took and what was asked of the cloud."""
    before, begun = world.requests(), time.monotonic()
    yield
    seconds, after = time.monotonic() - begun, world.requests()
    asked = {k: n - before.get(k, 0) for k, n in after.items() if n > before.get(k, 0)}
    say(f"{seconds:8.1f} s  {name}; {sum(asked.values())} requests")
    for operation, count in sorted(asked.items(), key=lambda pair: -pair[1])[:12]:
        say(f"            {count:6d}  {operation}")


def say(line: str) -> None:
    """Print a line at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def log_in(world: World) -> str:
    """Make the account; its id is what every key of an upload begins with."""
    web = world.installation.web
    with httpx.Client(follow_redirects=True, timeout=60) as client:
        page = smoke.log_in(client, web)
        answer = client.post(
            f"{web}/annotate/uploads",
            json={"file_name": "id.vcf", "size": 10},
            headers={"X-CSRFToken": page.meta["csrf-token"], "Referer": page.url},
        )
        key: str = answer.raise_for_status().json()["fields"]["key"]
    return key.split("/")[-2]


def make(world: World, user_id: str, size: int) -> Job:
    """One completed job of a Free user whose time is over, with its files in the bucket."""
    job_id, now = str(uuid4()), int(time.time())
    bucket = world.names["GAS_RESULTS_BUCKET"]

    def store(name: str, length: int) -> StoredFile:
        content, key = secrets.token_bytes(length), f"{user_id}/{job_id}~{name}"
        world.clients("s3").put_object(Bucket=bucket, Key=key, Body=content)
        digest = hashlib.sha256(content).hexdigest()
        return StoredFile(key=key, name=name, size=length, sha256=digest)

    job = Job(
        job_id=job_id,
        user_id=user_id,
        user_email=smoke.EMAIL,
        input_file_name="many.vcf",
        s3_inputs_bucket=world.names["GAS_INPUTS_BUCKET"],
        s3_key_input_file=f"{user_id}/{job_id}~many.vcf",
        input_size=1,
        submit_time=now - 600,
        job_status=JobStatus.COMPLETED,
        results_state=ResultsState.AVAILABLE,
        queued_at=now - 600,
        start_time=now - 600,
        complete_time=now - 599,
        announced_at=now - 599,
        notified_at=now - 599,
        archive_at=now - 299,
        results=Results(
            bucket=bucket,
            annotated=store("many.annot.vcf.gz", size),
            log=store("many.vcf.count.log", 500),
            summary=store("many.summary.json", 500),
            receipt=store("many.receipt.json", 500),
            records_in=1,
            records_annotated=1,
        ),
    )
    assert world.jobs.create(job)
    return job


def set_plan(world: World, plan: str) -> None:
    """As an operator does where nobody pays."""
    web = next(p for p in world.installation.processes() if "web.ini" in " ".join(p.cmdline()))
    done = subprocess.run(
        [sys.executable, "-m", "gas.billing.set_plan", smoke.EMAIL, plan],
        env={**os.environ, **web.environ()},
        capture_output=True,
        text=True,
    )
    if done.returncode != 0:
        raise SystemExit(f"set_plan: {done.stderr}")


def told(world: World) -> bool:
    """Whether the mail about the restored results has come."""
    answer = httpx.get(f"{world.installation.mailbox}/api/messages", params={"limit": "20"})
    subjects = [message["subject"] for message in answer.raise_for_status().json()["messages"]]
    return any("back" in subject.lower() for subject in subjects)


def check(world: World, job: Job) -> None:
    """The file under its key must be the one that was there first."""
    assert job.results is not None
    stored = job.results.annotated
    answer: dict[str, Any] = world.clients("s3").get_object(
        Bucket=job.results.bucket, Key=stored.key
    )
    if hashlib.sha256(answer["Body"].read()).hexdigest() != stored.sha256:
        raise SystemExit(f"{stored.key} is not what it was")


if __name__ == "__main__":
    main()
