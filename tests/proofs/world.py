"""The installation that the proofs are made on: what runs, is killed, and came of the jobs."""

from __future__ import annotations

import csv
import io
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from local.addresses import Addresses
from local.balancer import CONTROL, NAME
from local.paths import REPOSITORY, socket_folder
from local.records import ProcessRecord, RecordBook
from local.uwsgi import Scale, every_port
from tests.e2e.person import Person
from tests.support.installation import Installation
from tests.support.waiting import wait_until

SCALE = Scale(web=3, annotators=2)
PATIENCE = 300.0
FREE_WINDOW = 120


class ProofFailed(AssertionError):
    """What was to be proven is not so."""


def demand(is_so: bool, otherwise: str) -> None:
    if not is_so:
        raise ProofFailed(otherwise)


@dataclass
class World:
    """A running installation."""

    installation: Installation
    begun: float = field(default_factory=time.monotonic)

    @classmethod
    def at(cls, data: Path, addresses: Addresses) -> World:
        """The installation of the proofs, not started yet."""
        return cls(
            Installation(
                data,
                addresses=addresses,
                environment={
                    "GAS_LEASE_SECONDS": "10",
                    "GAS_VISIBILITY_SECONDS": "15",
                    "GAS_IDLE_SECONDS": "5",
                    "GAS_FREE_WINDOW_SECONDS": str(FREE_WINDOW),
                },
                options=["--web", str(SCALE.web), "--annotators", str(SCALE.annotators)],
            )
        )

    @property
    def web(self) -> str:
        return self.installation.web

    def say(self, text: str) -> None:
        """Print a line with the seconds since the beginning."""
        sys.stdout.write(f"{time.monotonic() - self.begun:7.1f} s  {text}\n")
        sys.stdout.flush()

    # ------------------------------------------------------------ processes

    def record(self, name: str) -> ProcessRecord:
        """The process of a part that runs now."""
        book = RecordBook(self.installation.data / "run" / "parts")

        def found() -> ProcessRecord | None:
            alive = (r for r in book.read() if r.name == name and r.is_alive())
            return next(alive, None)

        return wait_until(found, seconds=PATIENCE)

    def send(self, name: str, what: signal.Signals) -> ProcessRecord:
        """A signal to the whole family of a part; who it was."""
        record = self.record(name)
        os.killpg(record.pid, what)
        return record

    def health(self, name: str) -> dict[str, Any]:
        """What `/healthz` of one instance says; empty if it does not answer."""
        port = every_port(self.installation.addresses, SCALE)[name]
        try:
            found: dict[str, Any] = httpx.get(f"http://127.0.0.1:{port}/healthz", timeout=5).json()
        except (httpx.HTTPError, ValueError):
            return {}
        return found

    def wait_well(self, *names: str) -> None:
        """Until these instances answer and the balancer has them back."""

        def well() -> bool:
            seen = self.balancer()
            return all(seen[name]["status"] == "UP" for name in names)

        wait_until(well, seconds=PATIENCE, every=0.5)

    def restart(self, *services: str) -> None:
        """`python -m local restart`, as an operator does it.

        Raises:
            ProofFailed: it failed.
        """
        data = str(self.installation.data)
        command = [sys.executable, "-m", "local", "restart", *services, "--data", data]
        done = subprocess.run(
            command, cwd=REPOSITORY, capture_output=True, text=True, check=False, timeout=1800
        )
        demand(done.returncode == 0, f"the restart failed: {done.stdout}{done.stderr}")

    def balancer(self) -> dict[str, dict[str, str]]:
        """What HAProxy counts, by instance."""
        folder = socket_folder(self.installation.data.resolve() / "run" / NAME, CONTROL)
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(str(folder / CONTROL))
            connection.sendall(b"show stat\n")
            with connection.makefile("r", encoding="utf-8") as answer:
                rows = csv.DictReader(io.StringIO(answer.read().removeprefix("# ")))
                return {row["svname"]: row for row in rows if "-" in row["svname"]}

    def answered(self) -> dict[str, int]:
        """Requests that each web instance was given so far."""
        return {n: int(row["stot"]) for n, row in self.balancer().items() if n.startswith("web")}

    # ------------------------------------------------------------ jobs

    def completions(self) -> Counter[str]:
        """How often each job was completed, from the logs of all annotators."""
        found: Counter[str] = Counter()
        for event in self._events("annotator-*.log"):
            if event.get("message") == "job_completed":
                found[str(event["job_id"])] += 1
        return found

    def _events(self, pattern: str) -> Iterable[dict[str, Any]]:
        for path in sorted((self.installation.data / "logs").glob(pattern)):
            for line in path.read_text(errors="replace").splitlines():
                if line.startswith("{"):
                    yield json.loads(line)

    def mails(self, email: str) -> list[str]:
        """Subjects of the mails that came for somebody."""
        answer = httpx.get(
            f"{self.installation.mailbox}/api/messages", params={"to": email, "limit": "100"}
        )
        return [message["subject"] for message in answer.raise_for_status().json()["messages"]]

    def require_once(self, jobs: list[tuple[Person, str]]) -> None:
        """Every job completed, exactly once, and one mail told of each.

        Raises:
            ProofFailed: not so.
        """
        for one, job_id in jobs:
            wait_until(lambda o=one, j=job_id: self.finished(o, j), seconds=PATIENCE, every=0.5)
            status = one.job(job_id)["job_status"]
            demand(status == "COMPLETED", f"job {job_id} is {status}")
        times = self.completions()
        wrong = {job_id: times[job_id] for _, job_id in jobs if times[job_id] != 1}
        demand(not wrong, f"completed not once but: {wrong}")
        for email in {one.email for one, _ in jobs}:
            own = sum(one.email == email for one, _ in jobs)
            wait_until(lambda e=email, n=own: len(self.mails(e)) >= n, seconds=PATIENCE, every=0.5)
            demand(len(self.mails(email)) == own, f"{email} got other than {own} mails")

    @staticmethod
    def finished(one: Person, job_id: str) -> bool:
        """Whether the job has come to its end, whichever."""
        return one.job(job_id)["job_status"] in {"COMPLETED", "FAILED", "CANCELLED"}
