"""``anntools warm``."""

from __future__ import annotations

import sys
from argparse import Namespace

from anntools.commands.common import DONE, PACK_HELP, Parser, write_json


def configure(parser: Parser) -> None:
    """Declare the options."""
    parser.add_argument("--pack", default="demo", help=f"{PACK_HELP} Default: demo.")
    parser.json_option("What was found as one JSON object.")


def run(arguments: Namespace) -> int:
    """Compile the kernels and annotate one variant with them."""
    from anntools.version import VERSION
    from anntools.warm import warm

    seconds = warm(arguments.pack)
    if arguments.as_json:
        write_json({"version": VERSION, "seconds": round(seconds, 2), "pack": arguments.pack})
    else:
        sys.stdout.write(f"Kernels ready in {seconds:.1f} s; the pack {arguments.pack} opens.\n")
    return DONE
