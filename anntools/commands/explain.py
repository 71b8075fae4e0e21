"""``anntools explain``."""

from __future__ import annotations

import sys
from argparse import Namespace

from anntools.commands.common import DONE, PACK_HELP, Parser, write_json


def configure(parser: Parser) -> None:
    """Declare the options."""
    parser.add_argument(
        "variant",
        metavar="VARIANT",
        help="20-123-A-G, 20:123:A:G, chr20:g.123A>G, NC_000020.10:g.123del, "
        "ENST00000379440.9:c.76A>T, or an rs number that the pack holds.",
    )
    parser.add_argument(
        "--pack", default="demo", metavar="PACK", help=f"{PACK_HELP} Default: demo."
    )
    parser.add_argument("--transcript", default="", metavar="ID", help="Only this transcript.")
    parser.json_option("The explanation as one JSON object.")


def run(arguments: Namespace) -> int:
    """Explain one variant."""
    from anntools.explanation import explain

    found = explain(arguments.variant, arguments.pack, transcript=arguments.transcript)
    if arguments.as_json:
        write_json(found.to_dict())
    else:
        sys.stdout.write("\n".join(found.lines()) + "\n")
    return DONE
