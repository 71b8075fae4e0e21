"""Plain values as DynamoDB's attribute values, and back."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer

_serialize = TypeSerializer().serialize
_deserialize = TypeDeserializer().deserialize


def as_item(record: Mapping[str, Any]) -> dict[str, Any]:
    """Plain data as an item, or as the values of an expression."""
    return {key: _serialize(_exact(value)) for key, value in record.items()}


def as_plain(item: Mapping[str, Any]) -> dict[str, Any]:
    """An item as plain data."""
    return {key: _plain(_deserialize(value)) for key, value in item.items()}


def _exact(value: Any) -> Any:
    """DynamoDB has no floats; numbers travel as decimals."""
    if isinstance(value, float):
        return Decimal(repr(value))
    if isinstance(value, Mapping):
        return {key: _exact(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_exact(item) for item in value]
    return str(value) if isinstance(value, str) else value


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value
