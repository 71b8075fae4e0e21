"""The supervisor, with toy processes in place of the parts."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import textwrap
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import pytest

from local.parts import Layer, Part
from local.records import MARK, ProcessRecord, RecordBook, end_processes, leftovers
from local.supervisor import PartFailed, Patience, Supervisor, in_words

QUICK = Patience(first_pause=0.01, longest_pause=0.05, first_attempts=3, alarm_after=2)

# Writes a line for each thing that happens to it, so that tests can see the order.
STEADY = """
    import signal, sys, time
    name, events = sys.argv[1], sys.argv[2]
    def tell(what):
        with open(events, "a") as file:
            file.write(f"{name} {what}\\n")
    def stop(number, frame):
        tell("stopped")
        sys.exit(0)
    signal.signal(signal.SIGTERM, stop)
    tell("ready")
    while True:
        time.sleep(0.01)
"""
STUBBORN = """
    import signal, sys, time
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    open(sys.argv[2], "a").write(f"{sys.argv[1]} ready\\n")
    time.sleep(600)
"""
BROKEN = """
    import sys
    print("the disk is on fire")
    sys.exit(7)
"""
PARENT = """
    import subprocess, sys, time
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    open(sys.argv[2], "a").write(f"{sys.argv[1]} ready {child.pid}\\n")
    time.sleep(600)
"""


@dataclass
class Stage:
    """A supervisor with a folder of its own and what it said."""

    folder: Path
    patience: Patience = QUICK
    said: list[str] = field(default_factory=list)
    guarded: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.book = RecordBook(self.folder / "parts")
        self.supervisor = Supervisor(
            self.folder,
            self.folder / "logs",
            self.book,
            self.said.append,
            self.guarded.append,
            self.patience,
        )

    def part(
        self, name: str, script: str, layer: Layer = Layer.SERVICE, stop_seconds: float = 5.0
    ) -> Part:
        async def ready() -> bool:
            return self.count(f"{name} ready") > self.count(f"{name} seen")

        return Part(
            name=name,
            title=name.capitalize(),
            command=[sys.executable, "-c", textwrap.dedent(script), name, str(self.events)],
            environment={"PATH": os.defpath},
            folder=self.folder,
            ready=ready,
            layer=layer,
            stop_seconds=stop_seconds,
        )

    @property
    def events(self) -> Path:
        return self.folder / "events"

    def lines(self) -> list[str]:
        return self.events.read_text().splitlines() if self.events.exists() else []

    def count(self, start: str) -> int:
        return sum(line.startswith(start) for line in self.lines())


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path)


async def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline, "waited too long"
        await asyncio.sleep(0.01)


def run(work: Coroutine[Any, Any, None]) -> None:
    asyncio.run(work)


def is_running(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_a_part_that_dies_is_started_again(stage: Stage) -> None:
    async def scene() -> None:
        await stage.supervisor.start(stage.part("web", STEADY))
        first = stage.supervisor.pids()["web"]
        os.kill(first, signal.SIGKILL)
        await until(lambda: stage.supervisor.pids().get("web", first) != first)
        await until(lambda: stage.count("web ready") == 2)
        await stage.supervisor.stop()

    run(scene())
    assert any("Web ended (signal SIGKILL); it is started again" in line for line in stage.said)
    assert stage.guarded[0].startswith("+ ")
    assert stage.guarded[-1].startswith("- ")
    assert stage.book.read() == []


def test_stops_the_services_before_what_they_stand_on(stage: Stage) -> None:
    async def scene() -> None:
        for name, layer in (
            ("database", Layer.FOUNDATION),
            ("mailbox", Layer.HELPER),
            ("web", Layer.SERVICE),
        ):
            await stage.supervisor.start(stage.part(name, STEADY, layer))
        await stage.supervisor.stop()

    run(scene())
    stopped = [line.split()[0] for line in stage.lines() if line.endswith("stopped")]
    assert stopped == ["web", "mailbox", "database"]


def test_what_does_not_stop_is_killed(stage: Stage) -> None:
    async def scene() -> None:
        await stage.supervisor.start(stage.part("web", STUBBORN, stop_seconds=0.1))
        pid = stage.supervisor.pids()["web"]
        await stage.supervisor.stop()
        assert not is_running(pid)

    run(scene())
    assert "Web did not stop in time and is killed." in stage.said


def test_a_part_that_cannot_start_is_reported_with_its_last_words(stage: Stage) -> None:
    async def scene() -> None:
        try:
            await stage.supervisor.start(stage.part("web", BROKEN))
        finally:
            await stage.supervisor.stop()

    with pytest.raises(PartFailed, match=r"(?s)exit code 7, 3 attempts.*the disk is on fire"):
        run(scene())


def test_a_command_that_does_not_exist_is_reported(stage: Stage) -> None:
    part = stage.part("web", STEADY)
    missing = Part(**{**part.__dict__, "command": [str(stage.folder / "missing")]})

    async def scene() -> None:
        try:
            await stage.supervisor.start(missing)
        finally:
            await stage.supervisor.stop()

    with pytest.raises(PartFailed, match="cannot be started"):
        run(scene())


def test_the_family_of_a_dead_part_ends_with_it(stage: Stage) -> None:
    async def scene() -> None:
        await stage.supervisor.start(stage.part("web", PARENT))
        child = int(stage.lines()[0].split()[-1])
        assert is_running(child)
        os.kill(stage.supervisor.pids()["web"], signal.SIGKILL)
        await until(lambda: not is_running(child))
        await stage.supervisor.stop()

    run(scene())


def test_the_log_of_a_part_holds_what_it_wrote(stage: Stage) -> None:
    async def scene() -> None:
        with pytest.raises(PartFailed):
            await stage.supervisor.start(stage.part("web", BROKEN))
        await stage.supervisor.stop()

    run(scene())
    log = stage.folder / "logs" / "web.log"
    assert log.read_text().count("the disk is on fire") == 3
    assert log.stat().st_mode & 0o077 == 0


def test_leftovers_of_a_killed_run_are_found_and_ended(stage: Stage) -> None:
    """As after `kill -9` of the supervisor and its watchdog: records are all there is."""
    found: list[int] = []

    async def scene() -> None:
        await stage.supervisor.start(stage.part("web", PARENT))
        child = int(stage.lines()[0].split()[-1])
        leader = stage.supervisor.pids()["web"]
        found.extend(process.pid for process in leftovers(stage.book, stage.folder))
        assert {leader, child} <= set(found)
        await asyncio.to_thread(end_processes, leftovers(stage.book, stage.folder))
        assert not is_running(child)
        await stage.supervisor.stop()

    run(scene())


def test_a_stranger_with_a_recorded_number_is_left_alone(stage: Stage) -> None:
    """Process ids are used again; the start time tells a stranger from ours."""
    parent = ProcessRecord.of("web", os.getppid())
    stage.book.write(ProcessRecord("web", parent.pid, parent.started - 3600))
    assert leftovers(stage.book, stage.folder) == []


def test_the_mark_names_the_data_folder(stage: Stage) -> None:
    async def scene() -> None:
        await stage.supervisor.start(stage.part("web", STEADY))
        environment = psutil.Process(stage.supervisor.pids()["web"]).environ()
        assert environment[MARK] == str(stage.folder)
        await stage.supervisor.stop()

    run(scene())


@pytest.mark.parametrize(
    ("deaths", "pause"), [(1, 0.5), (2, 1.0), (4, 4.0), (7, 30.0), (100, 30.0)]
)
def test_pauses_grow_up_to_a_limit(deaths: int, pause: float) -> None:
    assert Patience().pause(deaths) == pause


@pytest.mark.parametrize(
    ("code", "words"),
    [(0, "exit code 0"), (3, "exit code 3"), (-9, "signal SIGKILL"), (-250, "signal 250")],
)
def test_exit_codes_in_words(code: int, words: str) -> None:
    assert in_words(code) == words
