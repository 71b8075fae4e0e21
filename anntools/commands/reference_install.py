"""``anntools reference install``."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from anntools.commands.common import DONE, REFUSED, Parser, fail, write_json
from anntools.problems import Problem, UsageProblem


def configure(parser: Parser) -> None:
    """Declare the options."""
    add = parser.add_argument
    add("name", metavar="NAME", help="A pack of the catalogue; see `anntools reference list`.")
    add(
        "--with",
        dest="overlays",
        action="append",
        default=[],
        metavar="OVERLAY",
        help="Add an overlay of the catalogue: clinvar, dbsnp, gnomad. Repeatable.",
    )
    add("--from", dest="source", default="", metavar="URL|DIR", help="A mirror or a folder.")
    add("--into", type=Path, metavar="DIR", help="Where packs are kept; the user's data folder.")
    add("--keep", action="store_true", help="Keep the downloaded files.")
    parser.json_option("The pack as one JSON object.")


def run(arguments: Namespace) -> int:
    """Fetch the sources of a pack and build it."""
    from anntools.commands.steps import Steps
    from anntools.pack.install import install, read_catalogue

    offers = read_catalogue()
    if arguments.name not in offers:
        raise UsageProblem(
            f"There is no pack '{arguments.name}' in the catalogue. It has {', '.join(offers)}."
        )
    steps = Steps(quiet=arguments.as_json)
    try:
        manifest = install(
            arguments.name,
            source=arguments.source,
            overlays=arguments.overlays,
            folder=arguments.into,
            keep=arguments.keep,
            say=steps.say,
            progress=steps.progress,
        )
    except (ValueError, OSError) as error:
        steps.end()
        return fail(REFUSED, Problem("source_refused", str(error)), arguments.as_json)
    steps.end()
    if arguments.as_json:
        write_json(manifest.to_dict())
    else:
        steps.say(f"Installed {manifest.pack_id}")
        steps.end()
    return DONE
