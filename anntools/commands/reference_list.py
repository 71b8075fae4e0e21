"""``anntools reference list``."""

from __future__ import annotations

import sys
from argparse import Namespace
from typing import Any

from anntools.commands.common import DONE, Parser, write_json


def configure(parser: Parser) -> None:
    """Declare the options."""
    parser.json_option("The packs as a JSON list.")


def run(arguments: Namespace) -> int:
    """List the packs on this machine, and those that can be installed."""
    from anntools.pack.install import list_packs

    rows = list_packs()
    if arguments.as_json:
        write_json(rows)
        return DONE
    for row in rows:
        sys.stdout.write(_installed(row) if row["installed"] else _offered(row))
    return DONE


def _installed(row: dict[str, Any]) -> str:
    contigs = row["contigs"]
    shown = ", ".join(contigs[:8]) + (f" and {len(contigs) - 8} more" * (len(contigs) > 8))
    overlays = f"  overlays {', '.join(row['overlays'])}" if row["overlays"] else ""
    return (
        f"{row['name']}  {row['pack_id']}  {row['assembly']}  {row['genes']} genes  "
        f"contigs {shown}{overlays}\n"
    )


def _offered(row: dict[str, Any]) -> str:
    overlays = f" (--with {', '.join(row['overlays'])})" if row["overlays"] else ""
    return f"{row['name']}  can be installed: {row['title']}{overlays}\n"
