"""Writing Parquet files from columns that are encoded already.

Why not Arrow's own writer: it looks at every value of every column again, which for the nested
transcripts takes three times as long as all the rest of a run. Our columns come as the bytes of
Parquet pages, and all columns of a list share their levels. The files are plain Parquet, version
1.0 pages with ZSTD, readable by Arrow, DuckDB, Polars, Spark.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import BinaryIO, Final, NamedTuple, Protocol

from anntools.table.schema import LIST, Column, Type
from anntools.table.thrift import EMPTY, I64, Struct, dump
from anntools.version import VERSION

MAGIC: Final = b"PAR1"
_UNCOMPRESSED, _ZSTD = 0, 6
_DATA_PAGE, _DICTIONARY_PAGE = 0, 2
PLAIN, RLE, RLE_DICTIONARY = 0, 3, 8
_REQUIRED, _OPTIONAL, _REPEATED = 0, 1, 2
_PHYSICAL: Final[dict[Type, int]] = {
    "bool": 0,
    "int32": 1,
    "int64": 2,
    "double": 5,
    "string": 6,
    "list<int32>": 1,
}
_LISTS: Final = frozenset({"list<int32>"})
_UTF8, _LIST_TYPE = 0, 3


class Encoded(NamedTuple):
    """A column of a row group: the body of its data page, and its dictionary if it has one.

    ``levels``: how many levels the page holds (values and nulls). ``body``: levels and values.
    ``least``, ``most``: bounds of the values, plain (a text without its size), by which readers
    leave out row groups; empty: not known.
    """

    levels: int
    body: bytes
    dictionary: bytes = b""
    words: int = 0
    least: bytes = b""
    most: bytes = b""


class Compressor(Protocol):
    """What is needed of a codec."""

    def compress(self, data: bytes, *, asbytes: bool) -> bytes:
        """The bytes, compressed."""
        ...


class ParquetWriter:
    """A file that grows by row groups. Flat columns first, then the list of ``nested`` ones."""

    def __init__(
        self,
        handle: BinaryIO,
        columns: Sequence[Column],
        nested: Sequence[Column],
        codec: Compressor | None,
    ) -> None:
        """``codec``: of ZSTD, or none at all."""
        self._handle = handle
        self._columns = columns
        self._nested = nested
        self._codec = codec
        self._groups: list[Struct] = []
        self._rows = 0
        self._at = 0
        self._write(MAGIC)

    def write_group(self, rows: int, encoded: Iterable[Encoded]) -> None:
        """Append a row group: its columns in the order of the schema."""
        chunks = []
        leaves: list[tuple[Column, tuple[str, ...]]] = [(c, _path(c)) for c in self._columns]
        leaves += [(c, (LIST, "list", "element", c.name)) for c in self._nested]
        total = 0
        for (column, path), data in zip(leaves, encoded, strict=True):
            chunk, size = self._chunk(column, path, data)
            chunks.append(chunk)
            total += size
        self._groups.append(Struct((1, chunks), (2, I64(total)), (3, I64(rows))))
        self._rows += rows

    def close(self, metadata: Mapping[str, str]) -> None:
        """Write what ends the file."""
        pairs = [Struct((1, key), (2, value)) for key, value in metadata.items()]
        footer = dump(
            Struct(
                (1, 1),
                (2, self._schema()),
                (3, I64(self._rows)),
                (4, self._groups),
                (5, pairs),
                (6, f"anntools {VERSION}"),
                (7, [Struct((1, EMPTY))] * (len(self._columns) + len(self._nested))),
            )
        )
        self._write(footer + len(footer).to_bytes(4, "little") + MAGIC)

    def _write(self, data: bytes) -> None:
        self._handle.write(data)
        self._at += len(data)

    def _page(self, head: Struct, kind: int, field: int, body: bytes) -> int:
        """Write a page; returns what it would take uncompressed."""
        packed = self._codec.compress(body, asbytes=True) if self._codec else body
        header = dump(Struct((1, kind), (2, len(body)), (3, len(packed)), (field, head)))
        self._write(header)
        self._write(packed)
        return len(header) + len(body)

    def _chunk(self, column: Column, path: tuple[str, ...], data: Encoded) -> tuple[Struct, int]:
        begin = self._at
        plain = 0
        dictionary = None
        if data.words:
            dictionary = I64(begin)
            plain += self._page(
                Struct((1, data.words), (2, PLAIN)), _DICTIONARY_PAGE, 7, data.dictionary
            )
        first = self._at
        encoding = RLE_DICTIONARY if data.words else PLAIN
        head = Struct((1, data.levels), (2, encoding), (3, RLE), (4, RLE))
        plain += self._page(head, _DATA_PAGE, 5, data.body)
        about = Struct(
            (1, _PHYSICAL[column.type]),
            (2, [PLAIN, RLE, RLE_DICTIONARY] if data.words else [PLAIN, RLE]),
            (3, list(path)),
            (4, _ZSTD if self._codec else _UNCOMPRESSED),
            (5, I64(data.levels)),
            (6, I64(plain)),
            (7, I64(self._at - begin)),
            (9, I64(first)),
            (11, dictionary),
            (12, Struct((5, data.most), (6, data.least)) if data.most else None),
        )
        return Struct((2, I64(begin)), (3, about)), plain

    def _schema(self) -> list[Struct]:
        root = Struct((4, "schema"), (5, len(self._columns) + 1))
        outer = Struct((3, _REQUIRED), (4, LIST), (5, 1), (6, _LIST_TYPE), (10, Struct((3, EMPTY))))
        repeated = Struct((3, _REPEATED), (4, "list"), (5, 1))
        element = Struct((3, _REQUIRED), (4, "element"), (5, len(self._nested)))
        flat = list(chain.from_iterable(map(_elements, self._columns)))
        return [root, *flat, outer, repeated, element, *(_leaf(c) for c in self._nested)]


def _path(column: Column) -> tuple[str, ...]:
    return (column.name, "list", "element") if column.type in _LISTS else (column.name,)


def _elements(column: Column) -> list[Struct]:
    """A column of the alleles in the schema; a list has two groups around its values."""
    if column.type not in _LISTS:
        return [_leaf(column)]
    kind = ((6, _LIST_TYPE), (10, Struct((3, EMPTY))))
    return [
        Struct((3, _OPTIONAL), (4, column.name), (5, 1), *kind),
        Struct((3, _REPEATED), (4, "list"), (5, 1)),
        Struct((1, _PHYSICAL[column.type]), (3, _REQUIRED), (4, "element")),
    ]


def _leaf(column: Column) -> Struct:
    text = column.type == "string"
    return Struct(
        (1, _PHYSICAL[column.type]),
        (3, _REQUIRED if column.required else _OPTIONAL),
        (4, column.name),
        (6, _UTF8 if text else None),
        (10, Struct((1, EMPTY)) if text else None),
    )
