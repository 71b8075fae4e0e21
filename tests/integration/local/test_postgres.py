"""The PostgreSQL part: comes up by itself, and with its data after `kill -9`."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest

from local.postgres import DATABASE, ROLE, Postgres
from local.records import RecordBook
from local.supervisor import Patience, Supervisor

Scene = Callable[[Postgres, Supervisor], Coroutine[Any, Any, None]]


@pytest.fixture
def play(tmp_path: Path) -> Callable[[Scene], None]:
    """Runs a scene with a server that is up, and stops the server afterwards."""
    server = Postgres.at(tmp_path / "postgres")

    def run(scene: Scene) -> None:
        async def whole() -> None:
            supervisor = Supervisor(
                tmp_path,
                tmp_path / "logs",
                RecordBook(tmp_path / "parts"),
                print,
                patience=Patience(first_pause=0.05),
            )
            try:
                await supervisor.start(server.part({}))
                await scene(server, supervisor)
            finally:
                await supervisor.stop()

        asyncio.run(whole())

    return run


def execute(server: Postgres, statement: str) -> list[Any]:
    with psycopg.connect(
        host=str(server.sockets), user=ROLE, dbname=DATABASE, autocommit=True
    ) as connection:
        cursor = connection.execute(statement)
        return cursor.fetchall() if cursor.description else []


def test_committed_rows_survive_kill_9(play: Callable[[Scene], None]) -> None:
    async def scene(server: Postgres, supervisor: Supervisor) -> None:
        execute(server, "create table t (n int)")
        execute(server, "insert into t values (7)")
        first = supervisor.pids()["postgres"]
        os.kill(first, signal.SIGKILL)
        deadline = time.monotonic() + 30
        while supervisor.pids().get("postgres", first) == first or not await server.answers():
            assert time.monotonic() < deadline, "PostgreSQL did not come back"
            await asyncio.sleep(0.05)
        assert execute(server, "select n from t") == [(7,)]

    play(scene)


def test_a_lock_file_of_a_stranger_is_no_obstacle(play: Callable[[Scene], None]) -> None:
    """After a reboot the id in `postmaster.pid` may be that of any process."""

    async def first(server: Postgres, supervisor: Supervisor) -> None:
        execute(server, "create table t (n int)")

    async def second(server: Postgres, supervisor: Supervisor) -> None:
        assert execute(server, "select count(*) from t") == [(0,)]

    servers: list[Postgres] = []

    async def remember(server: Postgres, supervisor: Supervisor) -> None:
        servers.append(server)
        await first(server, supervisor)

    play(remember)
    (server,) = servers
    (server.data / "postmaster.pid").write_text(f"{os.getppid()}\n{server.data}\n1\n5432\n")
    play(second)


def test_it_listens_on_no_network_and_only_its_owner_can_enter(
    play: Callable[[Scene], None],
) -> None:
    async def scene(server: Postgres, supervisor: Supervisor) -> None:
        process = psutil.Process(supervisor.pids()["postgres"])
        assert process.net_connections(kind="inet") == []
        assert server.sockets.stat().st_mode & 0o077 == 0
        assert execute(server, "show fsync") == [("on",)]

    play(scene)


def test_the_url_is_one_that_sqlalchemy_opens(play: Callable[[Scene], None]) -> None:
    from sqlalchemy import create_engine, text

    async def scene(server: Postgres, supervisor: Supervisor) -> None:
        engine = create_engine(server.url())
        with engine.connect() as connection:
            assert connection.execute(text("select current_database()")).scalar() == DATABASE
        engine.dispose()

    play(scene)
