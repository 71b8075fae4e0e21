"""``anntools reference list``."""

from __future__ import annotations

import json
import sys
from argparse import Namespace

from anntools.commands.common import DONE, Parser


def configure(parser: Parser) -> None:
    """Declare the options."""
    parser.json_option("The packs as a JSON list.")


def run(arguments: Namespace) -> int:
    """List the packs on this machine."""
    from anntools.pack import installed
    from anntools.pack.manifest import read_manifest

    rows = []
    for folder in installed():
        m = read_manifest(folder)
        contigs = [str(c["name"]) for c in m.contigs]
        rows.append(
            {
                "name": folder.name,
                "pack_id": m.pack_id,
                "assembly": m.assembly,
                "contigs": contigs,
                "genes": len(m.genes),
                "folder": str(folder),
            }
        )
        if not arguments.as_json:
            shown = ", ".join(contigs[:8]) + (f" and {len(contigs) - 8} more" * (len(contigs) > 8))
            sys.stdout.write(
                f"{folder.name}  {m.pack_id}  {m.assembly}  {len(m.genes)} genes  contigs {shown}\n"
            )
    if arguments.as_json:
        sys.stdout.write(json.dumps(rows, indent=1) + "\n")
    return DONE
