"""Starts what an image of GAS holds: its entry point.

    web | annotator | archiver | thaw     a service, by HTTPS on 4433, 4434, 4435, 4436
    migrate        bring the accounts database to this image's schema (with its owner's URL)
    prepare-store  make the buckets of an S3 store of one's own ready (docs/on-premises.md)
    embedded       the cloud, login and mailbox of one machine (image `embedded`, compose.yaml)
    healthy        whether the service of this container lives (exit code)

Every setting GAS_NAME may stand in a file that GAS_NAME_FILE names. See docs/containers.md.
"""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from deploy.container.certificate import make_certificate
from deploy.container.health import NOTE, healthy
from deploy.container.surroundings import (
    PORTS,
    StartError,
    address,
    listening,
    make_folders,
    with_files,
)

ROOT = Path(__file__).resolve().parents[2]
_PYTHON: Mapping[str, Sequence[str]] = {
    "prepare-store": ["-m", "deploy.object_store"],
    "embedded": ["-m", "local", "up", "--https", "--services-elsewhere", "--data", "/var/lib/gas"],
}
EMBEDDED_HEALTH = "http://127.0.0.1:4566/_gas/sns-signing-certificate.pem"


@dataclass(frozen=True)
class Program:
    """What the container becomes."""

    path: str
    arguments: Sequence[str]
    environment: Mapping[str, str]


def program(command: str, more: Sequence[str], environ: Mapping[str, str]) -> Program:
    """Prepare the folders, and say what is to run.

    Raises:
        StartError: there is no such command, or something that it needs is missing.
    """
    if command not in (*PORTS, *_PYTHON):
        raise StartError(f"There is no command {command!r}.\n\n{__doc__}")
    given = {"GAS_RUN_DIR": "/run/gas/service", **with_files(environ)}
    run = make_folders(given)
    if command in _PYTHON:
        if command == "embedded":
            (run / NOTE).write_text(EMBEDDED_HEALTH, encoding="utf-8")
        arguments = [sys.executable, *_PYTHON[command], *more]
        return Program(sys.executable, arguments, given)
    given |= listening(command, given)
    if "GAS_HTTPS_SOCKET" in given and "GAS_TLS_CERT" not in given:
        given |= make_certificate(run / "tls", socket.gethostname())
    (run / NOTE).write_text(address(given), encoding="utf-8")
    server = str(Path(sys.executable).parent / "uwsgi-tls")
    ini = str(ROOT / "deploy" / "uwsgi" / f"{command}.ini")
    return Program(server, [server, "--ini", ini, *more], given)


def main(arguments: Sequence[str] | None = None) -> int:
    """Become the program; returns only if that cannot be, or for what is done here."""
    command, *more = (sys.argv[1:] if arguments is None else list(arguments)) or ["help"]
    if command in ("help", "--help", "-h"):
        sys.stdout.write(f"{__doc__}")
        return 0
    if command == "healthy":
        reason = healthy(Path(os.environ.get("GAS_RUN_DIR", "/run/gas/service")) / NOTE)
        sys.stdout.write(f"{reason or 'healthy'}\n")
        return 1 if reason else 0
    try:
        if command == "migrate":
            return migrate(with_files(os.environ))
        chosen = program(command, more, os.environ)
    except StartError as fault:
        sys.stderr.write(f"{fault}\n")
        return 2
    return become(chosen)


def become(chosen: Program) -> NoReturn:
    """Be that program from now on: under the same process id, with nothing in between."""
    os.chdir(ROOT)
    os.execve(chosen.path, list(chosen.arguments), dict(chosen.environment))  # noqa: S606


def migrate(environ: Mapping[str, str]) -> int:
    """Bring the database to the newest revision; who comes meanwhile waits."""
    from deploy.migrate.migrations import bring_to_head

    if "GAS_DATABASE_URL" not in environ:
        raise StartError("GAS_DATABASE_URL must name the database, as its owner logs in.")
    done = bring_to_head(environ["GAS_DATABASE_URL"])
    sys.stdout.write(f"The accounts database: {done.before or 'empty'} → {done.after}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
