"""``python -m local.stripe``: run the Stripe stand-in.

The secrets are given by the environment: GAS_STRIPE_SECRET_KEY (of the API) and
GAS_STRIPE_WEBHOOK_SECRET (signs the events).
"""

from __future__ import annotations

import argparse
import os
import ssl
import sys
from dataclasses import dataclass
from pathlib import Path

import httpx
from starlette.applications import Starlette

from local.addresses import HOST, Addresses
from local.errors import LocalError
from local.paths import DEFAULT_DATA
from local.serving import serve
from local.stripe.api.dispatch import Api
from local.stripe.api.events import checked_url
from local.stripe.app import create_app
from local.stripe.courier import TIMEOUT, Courier
from local.stripe.errors import ApiError
from local.stripe.pages.base import Pages
from local.stripe.seed import Seed, plant
from local.stripe.store import Store
from local.stripe.timekeeper import Background, Timekeeper


@dataclass(frozen=True)
class StandIn:
    """Everything that runs."""

    app: Starlette
    background: Background


def make_stand_in(
    data: Path,
    base_url: str,
    secret_key: str,
    seed: Seed,
    *,
    shuffle: bool = False,
    authority: Path | None = None,
) -> StandIn:
    """The stand-in whose memory is in a folder; `authority`: of the receiver of its events."""
    store = Store(data / "stripe.sqlite")
    plant(store, seed, base_url)
    tls = ssl.create_default_context(cafile=authority)
    client = httpx.Client(timeout=TIMEOUT, trust_env=False, follow_redirects=False, verify=tls)
    courier = Courier(store, client, shuffle=shuffle)
    background = Background(Timekeeper(store, base_url), courier)
    api = Api(store, secret_key, base_url)
    pages = Pages(store, base_url, background.wake)
    return StandIn(create_app(api, pages, background), background)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m local.stripe", description=__doc__)
    parser.add_argument("--data", type=Path, default=DEFAULT_DATA / "stripe")
    parser.add_argument("--port", type=int, default=Addresses().stripe)
    parser.add_argument("--webhook-url", required=True, help="where events are sent")
    parser.add_argument("--authority", type=Path, help="PEM: whom to believe the receiver's name")
    parser.add_argument("--price-id", default=Seed.price_id)
    parser.add_argument(
        "--shuffle", action="store_true", help="deliver events out of order, and some twice"
    )
    options = parser.parse_args()
    try:
        secret_key = os.environ["GAS_STRIPE_SECRET_KEY"]
        seed = Seed(
            checked_url(options.webhook_url),
            os.environ["GAS_STRIPE_WEBHOOK_SECRET"],
            options.price_id,
        )
    except KeyError as fault:
        print(f"{fault.args[0]} is not set.", file=sys.stderr)
        return 2
    except ApiError as fault:
        print(f"--webhook-url: {fault}", file=sys.stderr)
        return 2
    base_url = f"http://{HOST}:{options.port}"
    try:
        stand_in = make_stand_in(
            options.data,
            base_url,
            secret_key,
            seed,
            shuffle=options.shuffle,
            authority=options.authority,
        )
    except LocalError as fault:
        print(fault, file=sys.stderr)
        return 1
    stand_in.background.start()
    serve(stand_in.app, options.port)
    stand_in.background.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
