"""A client of the server in memory; nothing sleeps, nothing is written outside of `tmp_path`."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner, Result

from gas_client import Gas, transport
from gas_client.cli import batch, jobs
from gas_client.cli.app import app
from tests.unit.client.service import TOKEN, URL, Service

Command = Callable[..., Result]


@pytest.fixture
def service() -> Service:
    return Service()


@pytest.fixture(autouse=True)
def at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GAS_URL", "GAS_TOKEN", "GAS_PROFILE", "GAS_DEBUG", "GAS_INSECURE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


@pytest.fixture(autouse=True)
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses that were made, in seconds; none of them lasts."""
    made: list[float] = []

    def nap(_event: threading.Event, seconds: float | None = None) -> bool:
        made.append(seconds or 0)
        return False

    async def async_nap(seconds: float) -> None:
        made.append(seconds)

    class Never(threading.Event):
        wait = nap  # type: ignore[assignment]

    monkeypatch.setattr("gas_client.sync.Stop", Never)
    monkeypatch.setattr("gas_client.aio.pause", async_nap)
    return made


@pytest.fixture
def gas(service: Service, tmp_path: Path) -> Iterator[Gas]:
    with client(service, tmp_path) as made:
        yield made


def client(service: Service, folder: Path, **more: Any) -> Gas:
    """A client whose uploads above 2,500 bytes go in parts."""
    http = httpx.Client(transport=service.transport())
    return Gas(
        URL, TOKEN, http=http, state=folder / "state" / "gas", **{"parts_from": 2500, **more}
    )


@pytest.fixture
def run(service: Service, monkeypatch: pytest.MonkeyPatch) -> Command:
    """The command, logged in by the environment: `run("jobs", "--all")`."""
    usual = transport.settings
    monkeypatch.setattr(
        transport, "settings", lambda t: {**usual(t), "transport": service.transport()}
    )
    monkeypatch.setattr(batch, "FIRST_LOOK", 0.0)
    monkeypatch.setattr(batch, "LAST_LOOK", 0.0)
    monkeypatch.setattr(jobs, "FIRST_LOOK", 0.0)
    monkeypatch.setenv("GAS_URL", URL)
    monkeypatch.setenv("GAS_TOKEN", TOKEN)

    def command(*words: str, **more: Any) -> Result:
        return CliRunner().invoke(app, list(words), **more)

    return command


def finish(work: Any) -> Any:
    """What a coroutine returns."""
    return asyncio.run(work)
