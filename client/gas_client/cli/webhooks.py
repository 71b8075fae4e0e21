"""`gas webhooks`: which systems are told of events."""

from __future__ import annotations

import time
from typing import Annotated

import typer

from gas_client.cli import context, exits
from gas_client.cli.context import Json, edge
from gas_client.cli.output import note, print_json, print_table, when
from gas_client.models import Delivery, Webhook

FIRST_LOOK, LOOKS = 0.5, 24
"""Seconds between looks at a test that was sent, and how many are taken."""
EVENTS = ("job.completed", "job.failed")

app = typer.Typer(no_args_is_help=True, help="Have systems of yours told of events.")

Endpoint = Annotated[str, typer.Argument(metavar="WEBHOOK", help="The webhook's id.")]


@app.command("list")
@edge
def list_(json_: Json = False) -> None:
    """Where events are sent."""
    with context.open_gas() as gas:
        found = gas.webhooks()
    if json_:
        for each in found:
            print_json(each)
        return
    rows = [(e.endpoint_id, _state(e), e.url, ", ".join(e.events)) for e in found]
    print_table(("Webhook", "", "Address", "Events"), rows)


@app.command()
@edge
def add(
    url: Annotated[str, typer.Argument(help="A public https address.")],
    events: Annotated[
        list[str] | None,
        typer.Option("--event", help="May be repeated; without: job.completed and job.failed."),
    ] = None,
    description: Annotated[str, typer.Option(help="For you to know it by.")] = "",
    slack: Annotated[bool, typer.Option("--slack", help="Messages as Slack takes them.")] = False,
    json_: Json = False,
) -> None:
    """Have an address told. The secret that signs the messages is shown this once."""
    with context.open_gas() as gas:
        made = gas.create_webhook(
            url,
            events or EVENTS,
            description=description,
            format="slack" if slack else "standard",
        )
    if json_:
        print_json(made)
        return
    print_table(("Webhook", "Secret"), [(made.endpoint_id, made.secret)])
    note("Keep the secret now: it is not shown again.")


@app.command("test")
@edge
def ping(endpoint: Endpoint, json_: Json = False) -> None:
    """Send a test, and say how it went. Ends with 1 if it was not taken."""
    with context.open_gas() as gas:
        sent = gas.ping_webhook(endpoint)
        for _ in range(LOOKS):
            log = gas.deliveries(endpoint)
            sent = next((e for e in log if e.delivery_id == sent.delivery_id), sent)
            if sent.attempts or sent.state != "pending":
                break
            time.sleep(FIRST_LOOK)
    if json_:
        print_json(sent)
    else:
        print_table(("Delivery", "State", "", ""), [(sent.delivery_id, sent.state, *_last(sent))])
    if sent.state != "delivered":
        raise typer.Exit(exits.FAILED)


@app.command()
@edge
def log(endpoint: Endpoint, json_: Json = False) -> None:
    """What was sent of late, the newest first."""
    with context.open_gas() as gas:
        found = gas.deliveries(endpoint)
    if json_:
        for each in found:
            print_json(each)
        return
    rows = [(when(e.created_at), e.event, e.state, *_last(e)) for e in found]
    print_table(("When", "Event", "State", "Answer", "Took"), rows)


@app.command()
@edge
def delete(endpoint: Endpoint, json_: Json = False) -> None:
    """Tell that address no more."""
    with context.open_gas() as gas:
        gas.delete_webhook(endpoint)
    if json_:
        print_json({"endpoint_id": endpoint, "deleted": True})


def _state(webhook: Webhook) -> str:
    return "on" if webhook.enabled else f"off ({webhook.disabled_because or 'by you'})"


def _last(delivery: Delivery) -> tuple[str, str]:
    if not delivery.attempts:
        return "", ""
    last = delivery.attempts[-1]
    return str(last.status or last.error), f"{last.milliseconds} ms"
