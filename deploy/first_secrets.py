"""Makes the secrets of a stage in Secrets Manager, once: what can be made up is, the rest is asked.

    python -m deploy.first_secrets STAGE

What is there already stays. Nothing is shown, and nothing is written to disk.
"""

from __future__ import annotations

import argparse
import base64
import getpass
import json
import secrets as random
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from deploy.rollout import real_clients
from deploy.stages import StageError, read_stage

Ask = Callable[[str], str]

QUESTIONS: Mapping[str, str] = {
    "globus_client_id": "Client ID of the application at Globus",
    "globus_client_secret": "Its client secret",
    "stripe_secret_key": "Stripe's secret key (empty: nothing is sold)",
    "stripe_webhook_secret": "Signing secret of Stripe's webhook",
    "stripe_price": "ID of the price of Premium",
}
_STRIPE = ("stripe_webhook_secret", "stripe_price")


def web_settings(ask: Ask) -> dict[str, str]:
    """The web app's secrets, named as in gas/settings.py."""
    made = {"secret_key": random.token_urlsafe(48)}
    for name, question in QUESTIONS.items():
        if name in _STRIPE and "stripe_secret_key" not in made:
            continue
        answer = ask(f"{question}: ").strip()
        if answer:
            made[name] = answer
        elif name != "stripe_secret_key":
            raise StageError(f"{question}: there must be one (see docs/deploy.md).")
    return made


def annotator_settings() -> dict[str, str]:
    """The key that signs receipts, the same on all annotators."""
    return {"signing_key": base64.b64encode(random.token_bytes(32)).decode()}


def make_secrets(client: Any, stage: str, ask: Ask) -> list[str]:
    """Make those that are missing; their names."""
    makers: Mapping[str, Callable[[], dict[str, str]]] = {
        "web-settings": lambda: web_settings(ask),
        "annotator-settings": annotator_settings,
    }
    made = []
    for name, make in makers.items():
        secret = f"gas/{stage}/{name}"
        if not _exists(client, secret):
            client.create_secret(Name=secret, SecretString=json.dumps(make()))
            made.append(secret)
    return made


def _exists(client: Any, secret: str) -> bool:
    try:
        client.describe_secret(SecretId=secret)
    except ClientError as fault:
        if fault.response["Error"]["Code"] != "ResourceNotFoundException":
            raise
        return False
    return True


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("stage")
    options = parser.parse_args(arguments)
    try:
        stage = read_stage(options.stage)
        client = real_clients(stage.region)("secretsmanager")
        made = make_secrets(client, stage.name, getpass.getpass)
    except (StageError, ClientError, BotoCoreError) as fault:
        sys.stderr.write(f"{fault}\n")
        return 1
    sys.stdout.write(f"Made: {', '.join(made) or 'nothing, they are there'}.\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
