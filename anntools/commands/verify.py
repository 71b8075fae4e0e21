"""``anntools verify``."""

from __future__ import annotations

import json
import sys
from argparse import Namespace
from pathlib import Path

from anntools.commands.common import DONE, REFUSED, USAGE, Parser, fail, write_json
from anntools.problems import Problem


def configure(parser: Parser) -> None:
    """Declare the options."""
    parser.add_argument("receipt", type=Path, metavar="RECEIPT", help="NAME.receipt.json.")
    parser.add_argument(
        "--key",
        metavar="PUBKEY",
        default="",
        help="Who must have signed: a public key (base64), its fingerprint, or a file with one.",
    )
    parser.json_option("What holds and what does not, as one JSON object.")


def run(arguments: Namespace) -> int:
    """Check a receipt and the files beside it; nothing is fetched."""
    from anntools.verification import examine

    try:
        found = examine(arguments.receipt, arguments.key)
    except (json.JSONDecodeError, UnicodeDecodeError, ValueError, TypeError, KeyError):
        text = f"{arguments.receipt} is not a receipt of AnnTools."
        return fail(USAGE, Problem("not_a_receipt", text), arguments.as_json)
    if arguments.as_json:
        write_json(found.to_dict())
    else:
        sys.stdout.write("\n".join(found.lines()) + "\n")
    return DONE if found.holds else REFUSED
