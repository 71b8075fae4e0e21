"""The command line of the embedded default: ``up``, ``status``, ``stop``."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path

if not __package__:  # started as `python path/to/local`
    sys.path[0] = str(Path(__file__).resolve().parent.parent)

from local.addresses import Addresses
from local.control import status, stop
from local.errors import LocalError
from local.paths import DEFAULT_DATA, DataFolder
from local.progress import Progress


def parser() -> argparse.ArgumentParser:
    """The command line, for `--help` and for the tests."""
    top = argparse.ArgumentParser(
        prog="python -m local",
        description="GAS on this machine: the product with an embedded cloud, database and login.",
    )
    commands = top.add_subparsers(dest="command", required=True)
    up = commands.add_parser("up", help="start everything; Ctrl-C stops it")
    up.add_argument("--port-offset", type=int, default=0, help="move all ports up by this number")
    for field in fields(Addresses):
        up.add_argument(
            f"--{field.name}-port",
            type=_port,
            help=f"port of the {field.name} (default {field.default})",
        )
    status_command = commands.add_parser("status", help="say what runs")
    stop_command = commands.add_parser("stop", help="stop a running `up`")
    for command in (up, status_command, stop_command):
        command.add_argument(
            "--data", metavar="DIR", help=f"data folder (default {DEFAULT_DATA})", default=None
        )
    return top


def addresses_of(options: argparse.Namespace) -> Addresses:
    """The ports that a command line asks for."""
    chosen = {
        field.name: port
        for field in fields(Addresses)
        if (port := getattr(options, f"{field.name}_port")) is not None
    }
    return Addresses().shifted(options.port_offset).with_ports(chosen)


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
        from local.up import UpOptions, up

        return up(
            UpOptions(data, addresses_of(options), os.environ.get("GAS_DATABASE_URL", "")), progress
        )
    except LocalError as fault:
        print(fault, file=sys.stderr)
        return 1


def _port(text: str) -> int:
    port = int(text)
    if not 1 <= port <= 65535:
        raise argparse.ArgumentTypeError("a port is a number from 1 to 65535")
    return port


if __name__ == "__main__":
    sys.exit(main())
