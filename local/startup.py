"""The order of a start: what waits for what, everything else side by side."""

from __future__ import annotations

import asyncio
import hashlib
import json
import subprocess
import sys
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

from local import elsewhere
from local.errors import LocalError
from local.object_store import prepare_buckets
from local.paths import REPOSITORY, write_private
from local.postgres import Postgres
from local.progress import Progress
from local.services import Installation
from local.stack import Stack, ask_for_pushes, build_functions, deploy_stack
from local.supervisor import Supervisor

MIGRATIONS = REPOSITORY / "migrations"
_BETWEEN_HANDSHAKES = 5.0


async def start_everything(
    installation: Installation,
    supervisor: Supervisor,
    progress: Progress,
    database_url: str,
    *,
    services_elsewhere: bool = False,
) -> None:
    """Start all parts and return once the product can be used.

    ``database_url`` names a database of the person's own; empty starts PostgreSQL.
    """
    elsewhere.forget_settings(installation.data)

    async def database() -> str:
        url = with_driver(database_url)
        if not url:
            server = Postgres.at(installation.data.postgres)
            await supervisor.start(server.part(installation.base_environment()))
            url = server.url()
        await asyncio.to_thread(migrate, url, installation, progress)
        return url

    async def cloud() -> Stack:
        zips, _ = await together(
            asyncio.to_thread(build_functions), supervisor.start(installation.cloud())
        )
        return await asyncio.to_thread(deploy_stack, installation, zips, progress.say)

    url, stack, *_ = await together(
        database(),
        cloud(),
        supervisor.start(installation.globus()),
        supervisor.start(installation.stripe()),
        supervisor.start(installation.mailbox()),
        supervisor.start(installation.traces()),
    )
    settings = installation.service_settings(stack.settings, url, stack.aws_files)
    await asyncio.to_thread(prepare_buckets, settings, progress.say)
    services = installation.services(settings)
    if services_elsewhere:
        elsewhere.write_settings(installation.data, services)
        progress.say("Waiting for the services, which are started elsewhere.")
        while await asyncio.to_thread(ask_for_pushes, stack):
            await asyncio.sleep(_BETWEEN_HANDSHAKES)
        return
    await together(*(supervisor.start(part) for part in services))
    if installation.scale.balanced:
        await supervisor.start(installation.balancer())
    await asyncio.to_thread(ask_for_pushes, stack)


def with_driver(url: str) -> str:
    """A PostgreSQL URL as people write it, with the driver that we have named in it."""
    for plain in ("postgresql://", "postgres://"):
        if url.startswith(plain):
            return "postgresql+psycopg://" + url.removeprefix(plain)
    return url


async def together(*work: Coroutine[Any, Any, Any]) -> list[Any]:
    """Run side by side; the results in order. The first fault ends the others and is raised."""
    tasks = [asyncio.create_task(one) for one in work]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
        for task in tasks:
            if task.done():
                task.result()
        return [task.result() for task in tasks]
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def migrate(url: str, installation: Installation, progress: Progress) -> None:
    """Bring the accounts database to the newest revision.

    Running Alembic takes a second, so it is left out when the database itself says that it is at
    the revision which the same migrations led to last time.
    """
    note = installation.data.settings / "migrated.json"
    digest = _digest(MIGRATIONS)
    if (revision := _revision(url)) and note.exists():
        known = json.loads(note.read_text(encoding="utf-8"))
        if known == {"migrations": digest, "revision": revision}:
            return
    done = subprocess.run(
        [sys.executable, "-m", "alembic", "upgrade", "head"],
        cwd=REPOSITORY,
        env={**installation.base_environment(), "GAS_DATABASE_URL": url},
        capture_output=True,
        text=True,
        check=False,
    )
    (installation.data.logs / "migrations.log").write_text(
        done.stdout + done.stderr, encoding="utf-8"
    )
    if done.returncode != 0:
        last = (done.stderr.strip() or "no reason given").splitlines()[-1]
        raise LocalError(
            f"The accounts database cannot be brought up to date: {last}\n"
            f"More in {installation.data.logs / 'migrations.log'}"
        )
    progress.say("The accounts database is up to date.")
    write_private(note, json.dumps({"migrations": digest, "revision": _revision(url)}))


def _revision(url: str) -> str | None:
    """The revision that the database is at; None if it does not tell."""
    import psycopg

    plain = url.replace("postgresql+psycopg://", "postgresql://", 1)
    if not plain.startswith("postgresql://"):
        return None
    try:
        with psycopg.connect(plain, connect_timeout=5) as connection:
            rows = connection.execute("select version_num from alembic_version").fetchall()
    except psycopg.Error:
        return None
    return rows[0][0] if len(rows) == 1 else None


def _digest(folder: Path) -> str:
    """A hash of the files of a folder: names and contents."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*.py")):
        digest.update(str(path.relative_to(folder)).encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()
