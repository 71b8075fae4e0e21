"""Calls the kernels that write the table's entries as pages; memory is used again and again."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from anntools.compiled import entry
from anntools.kernels import table_layout as k
from anntools.table.encoding import Array, plain_texts
from anntools.table.lending import lent
from anntools.table.parquet import Encoded
from anntools.table.thrift import varint


@dataclass(frozen=True)
class Source:
    """Where the values of a column come from; see the block of ``encode_entries``.

    ``words``: a dictionary that the values are numbers of: Arrow texts, or an int32 array.
    """

    values: Array
    codes: Array | None = None
    least: int = 1
    where: Array | None = None
    words: Any = None
    is_bool: bool = False

    @cached_property
    def plain(self) -> bytes:
        """The dictionary as a page holds it."""
        words = self.words
        return words.tobytes() if isinstance(words, np.ndarray) else plain_texts(words)

    @cached_property
    def width(self) -> int:
        """Bytes of a value as it is written."""
        if self.is_bool:
            return 1
        if self.words is None or len(self.words) > 1 << 16:
            return 4
        return 1 if len(self.words) <= 1 << 8 else 2


class PageEncoder:
    """Encodes columns of entries. One at a time: the memory is shared."""

    def __init__(self, transcripts: int) -> None:
        self._table = np.zeros(transcripts + 16, dtype=np.int32)
        self._levels = np.zeros(0, dtype=np.uint8)
        self._out = np.zeros(0, dtype=np.uint8)

    def number(self, tx: Array) -> tuple[Array, Array]:
        """Transcripts of entries numbered from 1 as they come, 0 for none; and which they are."""
        local = np.empty(len(tx) + 16, dtype=np.int32)
        used = np.empty(min(len(tx), len(self._table)) + 16, dtype=np.int32)
        block = (ctypes.c_int64 * 8)()
        with lent(block, tx=tx, table=self._table, used=used, local=local) as at:
            block[k.N_ENTRIES] = len(tx)
            block[k.N_TX], block[k.N_TABLE] = at["tx"], at["table"]
            block[k.N_USED], block[k.N_LOCAL] = at["used"], at["local"]
            count = entry("number_transcripts")(ctypes.addressof(block))
        return local[: len(tx)], used[:count]

    def encode(
        self,
        source: Source,
        tx: Array | None,
        pick: Array | None,
        head: bytes,
        levels: bytes | None,
    ) -> Encoded:
        """A page: ``head`` (repetition levels), definition levels (``levels`` if given), values.

        ``tx``: the transcript of each entry; None if there is no placeholder among them.
        ``pick``: the entry of each row of a flat column; None for the nested column.
        """
        rows = len(source.values) if pick is None else len(pick)
        self._reserve(rows)
        count = self._walk(source, tx, pick, rows)
        if levels is None:
            levels = self._level_block(rows, count, flat=pick is not None)
        values = self._out[: count * source.width]
        if source.is_bool:
            values = np.packbits(values, bitorder="little")
        if source.words is None:
            return Encoded(rows, b"".join((head, levels, values.data)))
        if not count:
            return Encoded(rows, head + levels)
        groups = (count + 7) // 8
        padded = self._out[: 8 * groups * source.width]
        padded[len(values) :] = 0
        indices = (bytes([8 * source.width]), varint(groups << 1 | 1), padded.data)
        return Encoded(rows, b"".join((head, levels, *indices)), source.plain, len(source.words))

    def _walk(self, source: Source, tx: Array | None, pick: Array | None, rows: int) -> int:
        block = (ctypes.c_int64 * k.P_SLOTS)()
        arrays = {"values": source.values, "levels": self._levels, "out": self._out}
        given = {"tx": tx, "pick": pick, "codes": source.codes, "where": source.where}
        arrays |= {name: array for name, array in given.items() if array is not None}
        with lent(block, **arrays) as at:
            block[k.P_ROWS], block[k.P_LEAST], block[k.P_WIDTH] = rows, source.least, source.width
            block[k.P_VALUES], block[k.P_TX] = at["values"], at.get("tx", 0)
            block[k.P_LEVELS], block[k.P_OUT] = at["levels"], at["out"]
            block[k.P_PICK] = at.get("pick", 0)
            block[k.P_CODES], block[k.P_WHERE] = at.get("codes", 0), at.get("where", 0)
            return entry("encode_entries")(ctypes.addressof(block))

    def _reserve(self, rows: int) -> None:
        if len(self._levels) < rows // 4 + 64:
            self._levels = np.zeros(rows // 2 + 64, dtype=np.uint8)
            self._out = np.zeros(8 * rows + 128, dtype=np.uint8)

    def _level_block(self, rows: int, count: int, *, flat: bool) -> bytes:
        """Definition levels as the kernel left them; one repeated level when all are there."""
        groups = (rows + 7) // 8
        if count == rows:
            run = varint(rows << 1) + (b"\1" if flat else b"\2")
        else:
            size = groups if flat else 2 * groups
            run = varint(groups << 1 | 1) + self._levels[:size].tobytes()
        return len(run).to_bytes(4, "little") + run
