"""What exists from the start: the product, its price, and the webhook endpoint of the web app."""

from __future__ import annotations

import time
from dataclasses import dataclass

from local.stripe.shapes import catalog, workings
from local.stripe.store import Record, Store, Transaction
from local.stripe.work import API_VERSION, Work

PRODUCT = "prod_gas_premium"
LOOKUP_KEY = "gas_premium_monthly"
ENDPOINT = "we_gas_web"


@dataclass(frozen=True)
class Seed:
    """What the account is set up with."""

    webhook_url: str
    webhook_secret: str
    price_id: str = "price_gas_premium_monthly"
    unit_amount: int = 1900
    """Cents of a US dollar, a month."""


def plant(store: Store, seed: Seed, base_url: str) -> None:
    """Make what is missing; the endpoint takes the address and secret that are given now."""
    with store.transaction() as tx:
        work = Work(tx, base_url)
        now = int(time.time())
        endpoint = workings.webhook_endpoint(ENDPOINT, seed.webhook_url, ["*"], API_VERSION, now)
        endpoint["description"] = "The web app of this installation"
        hidden = {"secret": seed.webhook_secret, "base_url": base_url}
        known = tx.get(ENDPOINT)
        if known is not None and known.hidden["base_url"] != base_url:
            _move_pages(tx, known.hidden["base_url"], base_url)
        work.save(Record("webhook_endpoint", endpoint, hidden))
        # Everything starts together: what could not be delivered last time can now, perhaps.
        tx.connection.execute("update deliveries set due = ? where state = 'waiting'", (now,))
        if tx.get(PRODUCT) is None:
            product = catalog.product(PRODUCT, "GAS Premium", now)
            product["description"] = "Files of any size, results kept, several jobs at once"
            product["default_price"] = seed.price_id
            work.add(Record("product", product))
        if tx.get(seed.price_id) is None:
            monthly = catalog.recurring("month", 1)
            price = catalog.price(seed.price_id, PRODUCT, "usd", seed.unit_amount, monthly, now)
            price.update(lookup_key=LOOKUP_KEY, nickname="Monthly")
            work.add(Record("price", price))


def _move_pages(tx: Transaction, former: str, base_url: str) -> None:
    """The stand-in has another port than last time: so have the pages it told about."""
    tx.connection.execute(
        "update objects set body = replace(body, ?, ?) "
        "where kind in ('invoice', 'checkout.session', 'billing_portal.session')",
        (f'"{former}/', f'"{base_url}/'),
    )
