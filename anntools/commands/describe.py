"""``anntools table describe``."""

from __future__ import annotations

import sys
from argparse import Namespace

from anntools.commands.common import DONE, Parser, write_json


def configure(parser: Parser) -> None:
    """Declare the options."""
    parser.json_option("The dictionary as a JSON list.")
    parser.add_argument("--markdown", action="store_true", help="As tables for a document.")


def run(arguments: Namespace) -> int:
    """Print the data dictionary."""
    from anntools.table.schema import ALLELE_COLUMNS, NESTED_COLUMNS, described, markdown

    if arguments.markdown:
        sys.stdout.write(markdown())
        return DONE
    if arguments.as_json:
        write_json(described())
        return DONE
    for title, columns in (
        ("One row per alternate allele", ALLELE_COLUMNS),
        ("In `transcripts`, one entry per transcript", NESTED_COLUMNS),
    ):
        sys.stdout.write(f"{title}\n\n")
        for c in columns:
            unit = f", {c.unit}" if c.unit else ""
            sys.stdout.write(f"  {c.name} ({c.type}{unit})\n      {c.meaning} [{c.source}]\n")
        sys.stdout.write("\n")
    return DONE
