"""Products and prices."""

from __future__ import annotations

from local.stripe.api.call import Call, Routes, filters, page
from local.stripe.errors import invalid, missing
from local.stripe.ids import new_id
from local.stripe.shapes import catalog
from local.stripe.store import Json, Record

_INTERVALS = ("day", "week", "month", "year")


def create_product(call: Call) -> Json:
    params = call.params
    product_id = params.text("id") or new_id("prod_", 14)
    if call.work.tx.get(product_id):
        raise invalid(
            "id", f"Product already exists with id: {product_id}", "resource_already_exists"
        )
    body = catalog.product(product_id, params.required("name"), call.work.now())
    _describe_product(call, body)
    return call.work.add(Record("product", body), "product.created").body


def retrieve_product(call: Call) -> Json:
    return call.work.need("product", call.id).body


def update_product(call: Call) -> Json:
    product = call.work.need("product", call.id)
    product.body["name"] = call.params.text("name") or product.body["name"]
    default_price = call.params.text("default_price")
    if default_price is not None:
        product.body["default_price"] = call.work.need("price", default_price, "default_price").id
    _describe_product(call, product.body)
    product.body["updated"] = call.work.now()
    call.work.save(product, "product.updated")
    return product.body


def list_products(call: Call) -> Json:
    ids = call.params.texts("ids")
    found = call.work.tx.find("product", _active(call))
    return page(call, [product for product in found if not ids or product.id in ids])


def create_price(call: Call) -> Json:
    params, work = call.params, call.work
    product = work.need("product", params.required("product"), "product")
    recurring = None
    if "recurring" in params:
        period = params.child("recurring")
        interval = period.choice("interval", _INTERVALS)
        if interval is None:
            raise missing(period.name_of("interval"))
        count = period.integer("interval_count", least=1, most=1095) or 1
        recurring = catalog.recurring(interval, count)
    amount = params.integer("unit_amount", least=0)
    if amount is None:
        raise missing("unit_amount")
    currency = params.required("currency").lower()
    if len(currency) != 3 or not currency.isalpha():
        raise invalid("currency", f"Invalid currency: {currency}")
    body = catalog.price(new_id("price_1"), product.id, currency, amount, recurring, work.now())
    _describe_price(call, body)
    return work.add(Record("price", body), "price.created").body


def retrieve_price(call: Call) -> Json:
    return call.work.need("price", call.id).body


def update_price(call: Call) -> Json:
    price = call.work.need("price", call.id)
    _describe_price(call, price.body)
    call.work.save(price, "price.updated")
    return price.body


def list_prices(call: Call) -> Json:
    keys = call.params.texts("lookup_keys")
    equal = {**_active(call), **filters(call, "product", "type", "currency")}
    found = call.work.tx.find("price", equal)
    return page(call, [price for price in found if not keys or price.body["lookup_key"] in keys])


def _active(call: Call) -> dict[str, bool]:
    active = call.params.flag("active")
    return {} if active is None else {"active": active}


def _describe_product(call: Call, body: Json) -> None:
    params = call.params
    for name in ("description", "url", "unit_label", "statement_descriptor"):
        if name in params:
            body[name] = params.text(name, empty=True) or None
    body["metadata"] = params.metadata(body["metadata"])
    active = params.flag("active")
    body["active"] = body["active"] if active is None else active


def _describe_price(call: Call, body: Json) -> None:
    params = call.params
    if "nickname" in params:
        body["nickname"] = params.text("nickname", empty=True) or None
    key = params.text("lookup_key")
    transfer = params.flag("transfer_lookup_key")
    if key is not None:
        _take_lookup_key(call, body["id"], key, bool(transfer))
        body["lookup_key"] = key
    body["metadata"] = params.metadata(body["metadata"])
    active = params.flag("active")
    body["active"] = body["active"] if active is None else active


def _take_lookup_key(call: Call, price_id: str, key: str, transfer: bool) -> None:
    for other in call.work.tx.find("price", {"lookup_key": key}):
        if other.id == price_id:
            continue
        if not transfer:
            raise invalid(
                "lookup_key",
                f"A price (`{other.id}`) already uses that lookup key.",
                "resource_already_exists",
            )
        other.body["lookup_key"] = None
        call.work.save(other, "price.updated")


ROUTES: Routes = [
    ("POST", "/v1/products", create_product),
    ("GET", "/v1/products", list_products),
    ("GET", "/v1/products/{id}", retrieve_product),
    ("POST", "/v1/products/{id}", update_product),
    ("POST", "/v1/prices", create_price),
    ("GET", "/v1/prices", list_prices),
    ("GET", "/v1/prices/{id}", retrieve_price),
    ("POST", "/v1/prices/{id}", update_price),
]
