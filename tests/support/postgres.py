"""A real PostgreSQL of a test's own, with the accounts database as the migrations make it."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from local.postgres import Postgres
from tests.support.waiting import wait_until

ROOT = Path(__file__).parents[2]


@contextmanager
def accounts_database(folder: Path) -> Iterator[str]:
    """The SQLAlchemy URL of a migrated, empty accounts database whose files are in `folder`."""
    server = Postgres.at(folder / "postgres")
    server.prepare()
    part = server.part({})
    with (folder / "postgres.log").open("wb") as log:
        process = subprocess.Popen(
            part.command, env=dict(part.environment), cwd=part.folder, stdout=log, stderr=log
        )
    try:
        wait_until(lambda: asyncio.run(server.answers()), seconds=30)
        migrate(server.url())
        yield server.url()
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(20)


def migrate(url: str, to: str = "head") -> None:
    """Bring the database to a revision."""
    direction = "downgrade" if to == "base" else "upgrade"
    subprocess.run(
        [sys.executable, "-m", "alembic", direction, to],
        cwd=ROOT,
        env={**os.environ, "GAS_DATABASE_URL": url},
        check=True,
        capture_output=True,
    )
