"""``anntools check``."""

from __future__ import annotations

import sys
from argparse import Namespace

from anntools.commands.common import DONE, PACK_HELP, REFUSED, Parser, whole, write_json


def configure(parser: Parser) -> None:
    """Declare the options."""
    parser.add_argument(
        "input", metavar="INPUT", help="The VCF, - for standard input; nothing is written."
    )
    parser.add_argument(
        "--pack", default="", metavar="PACK", help=f"{PACK_HELP} Checks contigs and REF too."
    )
    parser.add_argument(
        *("--listed",),
        type=whole(1),
        default=100,
        metavar="N",
        help="How many faults are told one by one (default: 100).",
    )
    parser.json_option("The diagnosis as one JSON object.")


def run(arguments: Namespace) -> int:
    """Judge every line by the rules of VCF. Exit 0: no fault; 3: faults."""
    from anntools.checking import check

    found = check(arguments.input, arguments.pack, arguments.listed)
    if arguments.as_json:
        write_json(found.to_dict())
    else:
        sys.stdout.write("\n".join(found.lines()) + "\n")
    return REFUSED if found.errors else DONE
