"""`gas login`, `gas logout`, `gas whoami`, `gas packs`."""

from __future__ import annotations

import os
import sys
import webbrowser
from pathlib import Path
from typing import Annotated

import typer

from gas_client.cli import context
from gas_client.cli.config import Profile
from gas_client.cli.context import Json, edge
from gas_client.cli.device import device_token
from gas_client.cli.output import note, print_json, print_table, size_text
from gas_client.errors import ApiError, Mistake, NotLoggedIn

TOKEN_PREFIX = "gaspat_"  # noqa: S105 - what all tokens begin with


@edge
def login(
    url: Annotated[str | None, typer.Argument(help="The server's address.")] = None,
    token: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="Read the token from this file; - is standard input."),
    ] = None,
    device: Annotated[
        bool,
        typer.Option("--device", help="Without a browser here: shows a code to type in another."),
    ] = False,
    browser: Annotated[bool, typer.Option(help="Open the page where tokens are made.")] = True,
    json_: Json = False,
) -> None:
    """Log in: keep an access token for a server on this computer.

    Tokens are made on the page /account/tokens of the server, which is opened in the browser.
    """
    wish, config = context.wanted.get(), context.config()
    place = config.place(wish.profile, url or wish.url)
    if device and token is not None:
        raise Mistake("--device and --token both get a token.", remedy="Give one of them.")
    if device:
        secret = device_token(place.url)
    else:
        secret = _ask_token(place.url, browser=browser) if token is None else _read_token(token)
    chosen = Profile(place.name, place.url, secret)
    with context.open_gas(chosen) as gas:
        account = gas.account()
    config.save(chosen)
    if json_:
        print_json({"url": chosen.url, "profile": chosen.name, "account": account})
    else:
        note(f"Logged in to {chosen.url} as {account.name or account.email} ({account.plan}).")
        if os.environ.get("GAS_TOKEN"):
            note("GAS_TOKEN is set, and goes before the token that was kept now.")


@edge
def logout(
    local: Annotated[
        bool, typer.Option("--local", help="Forget the token without revoking it.")
    ] = False,
    json_: Json = False,
) -> None:
    """Log out: revoke the token on the server, and forget it here."""
    chosen = context.profile()
    if not local:
        try:
            with context.open_gas(chosen) as gas:
                gas.revoke_token()
        except NotLoggedIn:
            note("The token did not count any more.")
        except ApiError as error:
            if error.status != 404:
                raise
            note("This token is not one of GAS's own; end it where it was made.")
    context.config().forget(chosen)
    if json_:
        print_json({"url": chosen.url, "profile": chosen.name, "revoked": not local})
    else:
        note(f"Logged out of {chosen.url}.")


@edge
def whoami(json_: Json = False) -> None:
    """Who you are there, what your plan allows, and what you use."""
    chosen = context.profile()
    with context.open_gas(chosen) as gas:
        account = gas.account()
    if json_:
        print_json({"url": chosen.url, "profile": chosen.name, "account": account})
        return
    states = ", ".join(f"{number:,} {state.lower()}" for state, number in account.jobs.items())
    rows = [
        ("Server", chosen.url),
        ("Name", account.name),
        ("Mail", account.email),
        ("Plan", account.plan),
        ("Largest file", size_text(account.max_upload_bytes)),
        ("Jobs at once", str(account.max_running_jobs)),
        ("Jobs", states),
        ("Stored", size_text(account.stored_bytes)),
    ]
    print_table(("", ""), rows)


@edge
def packs(json_: Json = False) -> None:
    """The reference packs that files can be annotated with."""
    with context.open_gas() as gas:
        found = gas.packs()
    if json_:
        print_json(found)
    else:
        rows = [(p.name, p.assembly, str(p.contigs), ", ".join(p.stores)) for p in found]
        print_table(("Pack", "Assembly", "Contigs", "Stores"), rows)


def _read_token(place: str) -> str:
    if place.startswith(TOKEN_PREFIX):
        raise Mistake(
            "A token on the command line is seen by everybody on this computer. Revoke it.",
            remedy="Give a file's name, or - and the token on standard input.",
        )
    try:
        text = sys.stdin.read() if place == "-" else Path(place).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Mistake(f"{place} cannot be read.", remedy="Check the file's name.") from error
    return _one_word(text)


def _ask_token(address: str, *, browser: bool) -> str:
    page = f"{address}/account/tokens?for=command"
    if not sys.stdin.isatty():
        return _one_word(sys.stdin.read())
    note(f"Make a token on {page} and paste it here.")
    if browser:
        webbrowser.open(page)
    return _one_word(typer.prompt("Token", hide_input=True, err=True))


def _one_word(text: str) -> str:
    words = text.split()
    if len(words) != 1 or not words[0].isascii():
        raise Mistake("This is no token.", remedy="Copy it once more from the page.")
    return words[0]
