"""The command `gas`: its parts put together."""

from __future__ import annotations

import os
import sys
from importlib.metadata import version
from typing import Annotated

import typer

from gas_client.cli import account, annotate, exits, jobs, results, variants, webhooks
from gas_client.cli.context import Wanted, wanted

app = typer.Typer(
    name="gas",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Annotate variants with GAS, the Genomics Annotation Service.",
    epilog="Exit codes: 0 done, 1 a job failed, 2 usage, 3 not logged in, 4 refused, "
    "5 not reachable or too slow, 130 interrupted.",
)


def _print_version(asked: bool) -> None:
    if asked:
        print(version("gas-client"))  # noqa: T201
        raise typer.Exit


@app.callback()
def before(
    profile: Annotated[
        str | None, typer.Option(help="Which of the servers that you logged in to.")
    ] = None,
    url: Annotated[str | None, typer.Option(help="The server's address (GAS_URL).")] = None,
    _version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    """What stands before the command's name."""
    wanted.set(Wanted(profile, url))


for _command in (
    account.login,
    account.logout,
    account.whoami,
    annotate.annotate,
    jobs.jobs,
    jobs.show,
    jobs.log,
    results.get,
    jobs.watch,
    jobs.cancel,
    jobs.rerun,
    jobs.delete,
    variants.variants,
    account.packs,
):
    app.command()(_command)
app.add_typer(webhooks.app, name="webhooks")


def main() -> None:
    """Run the command; what nobody expected is said in a line, not as a traceback."""
    try:
        app()
    except Exception as error:
        if os.environ.get("GAS_DEBUG") == "1":
            raise
        sys.stderr.write(f"Error: {type(error).__name__}: {error}\n")
        sys.stderr.write("       This is a fault of gas-client. GAS_DEBUG=1 shows where.\n")
        sys.exit(exits.FAILED)
