"""Writing Thrift's compact protocol, as far as Parquet's footers and page headers need it.

A struct is a list of (field number, value) with the numbers rising; None leaves a field out. Values
are ints (as i32 or i64, which are written alike), bool, bytes, str, lists of one kind, and structs.
"""

from __future__ import annotations

from typing import Any, Final

_TRUE, _FALSE, _I32, _I64, _BINARY, _LIST, _STRUCT = 1, 2, 5, 6, 8, 9, 12


class I64(int):
    """A number that the format declares as i64."""


class Struct(tuple[tuple[int, Any], ...]):
    """Fields of a struct."""

    def __new__(cls, *fields: tuple[int, Any]) -> Struct:
        """Struct((1, value), (2, value), …)."""
        return super().__new__(cls, fields)


def dump(struct: Struct) -> bytes:
    """The bytes of a struct."""
    out = bytearray()
    _struct(out, struct)
    return bytes(out)


def varint(value: int) -> bytes:
    """An unsigned number, seven bits a byte, lowest first."""
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


def _struct(out: bytearray, struct: Struct) -> None:
    last = 0
    for number, value in struct:
        if value is None:
            continue
        kind = _KINDS[type(value)]
        if kind == _TRUE and not value:
            kind = _FALSE
        assert 0 < number - last < 16
        out.append(number - last << 4 | kind)
        last = number
        _value(out, value, kind)
    out.append(0)


_KINDS: Final[dict[type, int]] = {
    bool: _TRUE,
    int: _I32,
    I64: _I64,
    str: _BINARY,
    bytes: _BINARY,
    list: _LIST,
    Struct: _STRUCT,
}


def _value(out: bytearray, value: Any, kind: int) -> None:
    if kind in (_I32, _I64):
        out += varint(value << 1 if value >= 0 else (-value << 1) - 1)
    elif kind == _BINARY:
        data = value.encode() if isinstance(value, str) else value
        out += varint(len(data)) + data
    elif kind == _STRUCT:
        _struct(out, value)
    elif kind == _LIST:
        _list(out, value)


def _list(out: bytearray, values: list[Any]) -> None:
    kind = _KINDS[type(values[0])] if values else _STRUCT
    assert kind not in (_TRUE, _LIST)
    out += bytes([len(values) << 4 | kind]) if len(values) < 15 else bytes([0xF0 | kind])
    if len(values) >= 15:
        out += varint(len(values))
    for value in values:
        _value(out, value, kind)


EMPTY: Final = Struct()
