"""What every command needs: which server, as whom, and an edge at which errors become exits."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from functools import wraps
from typing import Annotated, Any, TypeVar

import typer

from gas_client.cli import exits
from gas_client.cli.config import Config, Profile
from gas_client.cli.output import note, print_error
from gas_client.errors import GasError, NotLoggedIn
from gas_client.sync import Gas
from gas_client.transport import unusable

F = TypeVar("F", bound=Callable[..., Any])

Json = Annotated[bool, typer.Option("--json", help="JSON on standard output.")]
JobId = Annotated[str, typer.Argument(metavar="JOB", help="The job's id.")]
JobIds = Annotated[list[str], typer.Argument(metavar="JOB", help="Ids of jobs.")]


@dataclass(frozen=True)
class Wanted:
    """What stands before the command's name."""

    profile: str | None = None
    url: str | None = None


wanted: ContextVar[Wanted] = ContextVar("wanted", default=Wanted())  # noqa: B039 - frozen


def config() -> Config:
    return Config(os.environ)


def profile() -> Profile:
    return config().profile(wanted.get().profile, wanted.get().url)


def open_gas(chosen: Profile | None = None) -> Gas:
    """A client of the chosen server.

    Raises:
        NotLoggedIn: there is no token for it.
    """
    chosen = chosen or profile()
    if not chosen.token:
        raise NotLoggedIn(
            f"You are not logged in to {chosen.url}.",
            status=401,
            code="login_required",
            remedy="Log in: gas login",
        )
    return Gas(chosen.url, chosen.token)


def edge(command: F) -> F:
    """Errors are told on standard error and become exit codes; an interrupt ends quietly."""

    @wraps(command)
    def run(*args: Any, **given: Any) -> None:
        try:
            command(*args, **given)
        except GasError as error:
            if os.environ.get("GAS_DEBUG") == "1":
                raise
            print_error(error, as_json=bool(given.get("json_")))
            raise typer.Exit(exits.exit_code(error)) from error
        except OSError as error:
            if error.errno == errno.EPIPE:  # who read our output has heard enough
                raise
            print_error(unusable(error), as_json=bool(given.get("json_")))
            raise typer.Exit(exits.USAGE) from error
        except KeyboardInterrupt as interrupt:
            note("Stopped. Jobs that were sent go on; gas jobs lists them.")
            raise typer.Exit(exits.INTERRUPTED) from interrupt

    return run  # type: ignore[return-value]
