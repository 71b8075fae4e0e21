"""The command line of the embedded default: ``up``, ``status``, ``stop``, and so on."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path

if not __package__:  # started as `python path/to/local`
    sys.path[0] = str(Path(__file__).resolve().parent.parent)

from local.addresses import HTTPS, Addresses
from local.control import status, stop, trust
from local.errors import LocalError
from local.paths import DEFAULT_DATA, DataFolder
from local.progress import Progress
from local.restart import restart
from local.uwsgi import Scale

_ALL = Addresses().with_https()
_MOST = 6
"""Instances of a service; their ports must not meet those of others."""


def parser() -> argparse.ArgumentParser:
    """The command line, for `--help` and for the tests."""
    top = argparse.ArgumentParser(
        prog="python -m local",
        description="GAS on this machine: the product with an embedded cloud, database and login.",
    )
    commands = top.add_subparsers(dest="command", required=True)
    up = commands.add_parser("up", help="start everything; Ctrl-C stops it")
    up.add_argument("--port-offset", type=int, default=0, help="move all ports up by this number")
    up.add_argument("--https", action="store_true", help=f"the web app by HTTPS, on port {HTTPS}")
    up.add_argument("--web", type=_count, default=1, help="instances of the web app")
    up.add_argument("--annotators", type=_count, default=1, help="instances of the annotator")
    up.add_argument(
        "--services-elsewhere",
        action="store_true",
        help="start all but the services; what they need stands in settings/services",
    )
    for field in fields(Addresses):
        up.add_argument(
            f"--{option_of(field.name)}-port",
            type=_port,
            help=f"port of the {field.name} (default {getattr(_ALL, field.name)})",
        )
    status_command = commands.add_parser("status", help="say what runs")
    stop_command = commands.add_parser("stop", help="stop a running `up`")
    restart_command = commands.add_parser(
        "restart", help="start the services of a running `up` anew, one instance after the other"
    )
    restart_command.add_argument("service", nargs="*", help="which (default: all of them)")
    trust_command = commands.add_parser("trust", help="say how a browser trusts `up --https`")
    for command in (up, status_command, stop_command, restart_command, trust_command):
        command.add_argument(
            "--data", metavar="DIR", help=f"data folder (default {DEFAULT_DATA})", default=None
        )
    return top


def option_of(part: str) -> str:
    """How a part is called on the command line."""
    return part.replace("_", "-")


def addresses_of(options: argparse.Namespace) -> Addresses:
    """The ports that a command line asks for."""
    chosen = {
        field.name: port
        for field in fields(Addresses)
        if (port := getattr(options, f"{field.name}_port")) is not None
    }
    usual = Addresses().with_https() if options.https else Addresses()
    return usual.shifted(options.port_offset).with_ports(chosen)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; the exit code."""
    options = parser().parse_args(arguments)
    progress = Progress()
    data = DataFolder.at(options.data)
    try:
        if options.command == "status":
            return status(data, progress)
        if options.command == "stop":
            return stop(data, progress)
        if options.command == "trust":
            return trust(data, progress)
        if options.command == "restart":
            return restart(data, options.service, progress)
        from local.up import UpOptions, up

        scale = Scale(options.web, options.annotators)
        database = os.environ.get("GAS_DATABASE_URL", "")
        elsewhere: bool = options.services_elsewhere
        chosen = UpOptions(data, addresses_of(options), database, scale, elsewhere)
        return up(chosen, progress)
    except LocalError as fault:
        print(fault, file=sys.stderr)
        return 1


def _count(text: str) -> int:
    count = int(text)
    if not 1 <= count <= _MOST:
        raise argparse.ArgumentTypeError(f"from 1 to {_MOST}")
    return count


def _port(text: str) -> int:
    port = int(text)
    if not 1 <= port <= 65535:
        raise argparse.ArgumentTypeError("a port is a number from 1 to 65535")
    return port


if __name__ == "__main__":
    sys.exit(main())
