"""``restart``: every service anew, one instance after the other, without a lost request.

The supervisor of the running ``up`` does the starting; here the instances are asked to stop. Where
there are several, the balancer is told before and after, as deployments do (draining).
"""

from __future__ import annotations

import asyncio
import csv
import io
import os
import signal
import socket
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from local.balancer import CONTROL, NAME
from local.certificates import Certificates
from local.control import running
from local.errors import LocalError
from local.lock import Holder
from local.parts import Probe, answers_http
from local.paths import DataFolder, socket_folder
from local.progress import Progress
from local.records import ProcessRecord, RecordBook
from local.uwsgi import TITLES

PATIENCE = 300.0
"""Seconds that one step may take."""
_PAUSE = 0.1


def restart(data: DataFolder, services: Sequence[str], progress: Progress) -> int:
    """Start services anew; the exit code.

    Raises
    ------
    LocalError
        Nothing runs, a name is none, or an instance did not come back.
    """
    holder = running(data)
    if holder is None:
        raise LocalError(f"Nothing runs from {data.root}.")
    unknown = set(services) - set(TITLES)
    if unknown:
        raise LocalError(f"{', '.join(sorted(unknown))}: not one of {', '.join(TITLES)}.")
    control = socket_folder(data.run / NAME, CONTROL) / CONTROL
    book = RecordBook(data.run / "parts")
    for service in services or TITLES:
        names = [r.name for r in book.read() if r.name.rstrip("-0123456789") == service]
        for name in names:
            ready = _probe(data, holder, service, name)
            place = None if name == service else BehindBalancer(control, service, name)
            _restart_one(book, name, place, ready)
            progress.say(f"{TITLES[service]} ({name}) has been started anew.")
    return 0


def _restart_one(book: RecordBook, name: str, place: BehindBalancer | None, ready: Probe) -> None:
    if place is not None:
        place.leave()
    old = _record(book, name)
    if old is not None:
        os.kill(old.pid, signal.SIGTERM)
        until(lambda: not old.is_alive(), f"{name} does not stop")
    until(lambda: _record(book, name) not in (None, old), f"{name} is not started again")
    until(lambda: asyncio.run(_asked(ready)), f"{name} does not answer")
    if place is not None:
        place.come_back()


async def _asked(ready: Probe) -> bool:
    return await ready()


def _record(book: RecordBook, name: str) -> ProcessRecord | None:
    return next((record for record in book.read() if record.name == name), None)


def _probe(data: DataFolder, holder: Holder, service: str, name: str) -> Probe:
    if service != "web" or "https" not in holder.ports:
        return answers_http(holder.ports[name], "/healthz")
    port = holder.ports["https" if name == service else name]
    return answers_http(port, "/healthz", Certificates(data.tls).authority)


@dataclass(frozen=True)
class BehindBalancer:
    """One instance as HAProxy knows it."""

    control: Path
    service: str
    name: str

    def leave(self) -> None:
        """Send it nothing new, and wait until what it has is answered."""
        self._tell("drain")
        until(lambda: self._state()["scur"] == "0", f"{self.name} has requests that do not end")

    def come_back(self) -> None:
        self._tell("ready")
        until(lambda: self._state()["status"] == "UP", f"{self.name} is not found well")

    def _tell(self, state: str) -> None:
        answer = self._ask(f"set server {self.service}/{self.name} state {state}").strip()
        if answer:
            raise LocalError(f"The balancer says of {self.name}: {answer}")

    def _state(self) -> dict[str, str]:
        rows = csv.DictReader(io.StringIO(self._ask("show stat").removeprefix("# ")))
        for row in rows:
            if (row["pxname"], row["svname"]) == (self.service, self.name):
                return row
        raise LocalError(f"The balancer does not know {self.name}.")

    def _ask(self, command: str) -> str:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(5)
            connection.connect(str(self.control))
            connection.sendall(f"{command}\n".encode())
            with connection.makefile("r", encoding="utf-8") as answer:
                return answer.read()


def until(is_so: Callable[[], bool], otherwise: str) -> None:
    """Wait for something.

    Raises
    ------
    LocalError
        It took too long; `otherwise` in words.
    """
    deadline = time.monotonic() + PATIENCE
    while not is_so():
        if time.monotonic() > deadline:
            raise LocalError(f"{otherwise}, after {PATIENCE:.0f} s.")
        time.sleep(_PAUSE)
