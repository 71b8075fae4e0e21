"""``anntools reference install``."""

from __future__ import annotations

from argparse import Namespace

from anntools.commands.common import Parser
from anntools.problems import UsageProblem


def configure(parser: Parser) -> None:
    """Declare the options."""
    parser.add_argument("name", metavar="NAME", help="A pack of the catalogue.")
    parser.json_option("The pack as one JSON object.")


def run(arguments: Namespace) -> int:
    """Fetch a pack."""
    raise UsageProblem(f"There is no pack '{arguments.name}' in the catalogue.")
