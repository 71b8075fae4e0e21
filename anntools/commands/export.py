"""``anntools export``."""

from __future__ import annotations

import sys
from argparse import Namespace
from pathlib import Path

from anntools.commands.common import DONE, Parser, need_folder, write_json


def configure(parser: Parser) -> None:
    """Declare the options."""
    parser.add_argument("table", type=Path, metavar="TABLE", help="Parquet file of a run.")
    parser.add_argument(
        *("-o", "--output"),
        required=True,
        metavar="FILE.tsv|.jsonl|.xlsx",
        help="What to write; the suffix says the format; - for TSV on standard output.",
    )
    parser.add_argument(
        "--per",
        choices=("allele", "transcript"),
        default="allele",
        help="TSV: a row per allele with its transcripts as JSON, or a row per transcript.",
    )
    parser.json_option("The counts as one JSON object.")


def run(arguments: Namespace) -> int:
    """Write a table in another format."""
    from anntools.table.export import export

    if arguments.output != "-":
        need_folder(Path(arguments.output))
    counts = export(arguments.table, arguments.output, arguments.per)
    if arguments.as_json and arguments.output != "-":
        write_json(counts._asdict())
    elif arguments.output != "-":
        sys.stdout.write(
            f"{counts.records} records: {counts.annotated} annotated, {counts.skipped} without "
            f"annotation; {counts.rows} rows. Written: {arguments.output}\n"
        )
    return DONE
