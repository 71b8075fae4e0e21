"""The memory in which a worker's kernel collects the rows of a chunk, and what is taken from it."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from typing import Final, NamedTuple, TypeAlias

from anntools import regions
from anntools.buffers import Buffer, grown
from anntools.kernels import table_layout as t
from anntools.table.schema import Column

# Columns with one element per allele, or per entry: slot and bytes per element.
ALLELE_SLOTS: Final = {
    t.T_RECORD: 4,
    t.T_POS: 4,
    t.T_ALT_INDEX: 4,
    t.T_PICK: 4,
    t.T_REASON: 1,
    t.T_SKIPPED: 1,
    t.T_CLASS: 1,
    **dict.fromkeys((t.T_HETS, t.T_HOMS, t.T_AC, t.T_AN, t.T_SEEN), 4),
}
ENTRY_SLOTS: Final = {
    t.E_FIRST: 1,
    t.E_TERMS: 2,
    t.E_PICKED: 1,
    t.E_TX: 4,
    **{t.E_INTS + i: 4 for i in range(t.ENTRY_INTS)},
}
_GROUP_ALLELES: Final = 1 << 16
_GROUP_ENTRIES: Final = 1 << 19
_GROUP_BYTES: Final = 64 << 20
_ALLELES: Final = 1 << 13
_ENTRIES: Final = 1 << 15
_TEXT: Final = 1 << 16
_MASK_BITS: Final = 9
_RAW: Final = (t.X_ODD, t.X_HET, t.X_HOM, t.X_CARRIERS)  # text columns without rows
SAMPLES_MOST: Final = 1000
"""Of more samples none is counted by itself."""


Data: TypeAlias = bytes | memoryview


class Text(NamedTuple):
    """A text column: a byte per row, and the cells of the rows that have one."""

    flags: Data
    cells: Data


class Rows(NamedTuple):
    """Rows as bytes of columns by slot or number; ``masks`` by their number."""

    records: int
    alleles: int
    entries: int
    columns: dict[int, Data]
    texts: list[Text]
    digits: list[Data]
    scales: list[Data]
    masks: list[int]

    @property
    def bytes(self) -> int:
        """Size of all texts."""
        return sum(len(x.cells) for x in self.texts)


def is_group(alleles: int, entries: int, size: int) -> bool:
    """Whether so many rows, with texts of so many bytes, make a row group."""
    return alleles >= _GROUP_ALLELES or entries >= _GROUP_ENTRIES or size >= _GROUP_BYTES


class Collector:
    """Buffers of one worker for the table's rows. ``fields``: the columns of the stores."""

    def __init__(self, fields: Sequence[Column], decode: bool, samples: int = 0) -> None:
        self._block = (ctypes.c_int64 * t.T_SLOTS)()
        self.address = ctypes.addressof(self._block)
        regions.allow(self.address, ctypes.sizeof(self._block))
        b = self._block
        texts, numbers = t.X_STORES, 1
        for i, field in enumerate(fields):
            if field.type == "string":
                b[t.T_FIELD0 + i] = texts
                texts += 1
            else:
                b[t.T_FIELD0 + i] = -1 - numbers
                numbers += 1
        b[t.T_TEXTS], b[t.T_DECODE] = texts, decode
        b[t.T_ALLELES_MOST], b[t.T_ENTRIES_MOST] = _ALLELES, _ENTRIES
        self._fixed = {s: Buffer(n * _ALLELES) for s, n in ALLELE_SLOTS.items()}
        self._fixed |= {s: Buffer(n * _ENTRIES) for s, n in ENTRY_SLOTS.items()}
        self._flags = [Buffer(self._rows(x)) for x in range(texts)]
        self._cells = [Buffer(_TEXT) for _ in range(texts)]
        self._digits = [Buffer(8 * _ALLELES) for _ in range(numbers)]
        self._scales = [Buffer(_ALLELES) for _ in range(numbers)]
        self._mask_buffer = Buffer(16 << _MASK_BITS)
        b[t.T_MASK_BITS] = _MASK_BITS
        self._masks: list[int] = []
        b[t.T_SAMPLES] = samples
        self._counts = Buffer(8 * t.SAMPLE_SLOTS * samples) if 0 < samples <= SAMPLES_MOST else None
        b[t.T_SAMPLE_COUNTS] = self._counts.address if self._counts else 0
        self._tell()
        self.start()

    def start(self) -> None:
        """Forget all rows."""
        for slot in (t.T_RECORDS, t.T_ALLELES, t.T_ENTRIES):
            self._block[slot] = 0
        for x, cells in enumerate(self._cells):
            self._text(x, t.TEXT_DONE, cells.address)
        self._rewind()

    def grow(self) -> None:
        """Make room where the kernel asked for it; it does the record again."""
        b, wanted = self._block, self._block[t.T_WANT]
        if wanted == t.WANT_ALLELES:
            self._grow_rows(ALLELE_SLOTS, t.T_ALLELES, t.T_ALLELES_MOST, entries=False)
            rows = b[t.T_ALLELES]
            self._digits = [grown(x, 8 * rows) for x in self._digits]
            self._scales = [grown(x, rows) for x in self._scales]
        elif wanted == t.WANT_ENTRIES:
            self._grow_rows(ENTRY_SLOTS, t.T_ENTRIES, t.T_ENTRIES_MOST, entries=True)
        elif wanted == t.WANT_MASKS:
            self._grow_masks()
        else:
            x = wanted - t.WANT_TEXT0
            done = self._get(x, t.TEXT_DONE) - self._cells[x].address
            self._cells[x] = grown(self._cells[x], done)
            self._text(x, t.TEXT_DONE, self._cells[x].address + done)
        self._tell()
        self._rewind()

    @property
    def genotyped(self) -> int:
        """Records so far whose genotypes were read."""
        return int(self._block[t.T_GENOTYPED])

    @property
    def sample_counts(self) -> list[int]:
        """Counts so far, SAMPLE_SLOTS for each sample; empty for very many samples."""
        if not self._counts:
            return []
        with self._counts.view[: self._counts.size].cast("q") as counts:
            return counts.tolist()

    @property
    def is_full(self) -> bool:
        """Whether there are enough rows for a row group."""
        b = self._block
        size = sum(self._get(x, t.TEXT_DONE) - cells.address for x, cells in enumerate(self._cells))
        return is_group(b[t.T_ALLELES], b[t.T_ENTRIES], size)

    def rows(self) -> Rows:
        """The rows where they lie: valid until ``start``, ``grow`` or the kernel's next call."""
        b = self._block
        alleles, entries = b[t.T_ALLELES], b[t.T_ENTRIES]
        columns: dict[int, Data] = {}
        for slots, count in ((ALLELE_SLOTS, alleles), (ENTRY_SLOTS, entries)):
            for slot, size in slots.items():
                columns[slot] = self._fixed[slot].view[: size * count]
        texts = []
        for x, cells in enumerate(self._cells):
            count = 0 if x in _RAW else entries if _of_entries(x) else alleles
            text = cells.text(self._get(x, t.TEXT_DONE))
            texts.append(Text(self._flags[x].view[:count], text))
        self._read_masks()
        digits: list[Data] = [x.view[: 8 * alleles] for x in self._digits]
        scales: list[Data] = [x.view[:alleles] for x in self._scales]
        masks = list(self._masks)
        return Rows(b[t.T_RECORDS], alleles, entries, columns, texts, digits, scales, masks)

    def take(self) -> Rows:
        """A copy of the rows, which are forgotten here."""
        rows = self.rows()
        copy = rows._replace(
            columns={slot: bytes(data) for slot, data in rows.columns.items()},
            texts=[Text(bytes(x.flags), bytes(x.cells)) for x in rows.texts],
            digits=[bytes(x) for x in rows.digits],
            scales=[bytes(x) for x in rows.scales],
        )
        del rows  # its views keep the buffers from growing
        self.start()
        return copy

    def _rows(self, x: int) -> int:
        return self._block[t.T_ENTRIES_MOST if _of_entries(x) else t.T_ALLELES_MOST]

    def _get(self, x: int, what: int) -> int:
        return self._block[t.T_TEXT0 + t.TEXT_SLOTS * x + what]

    def _text(self, x: int, what: int, value: int) -> None:
        self._block[t.T_TEXT0 + t.TEXT_SLOTS * x + what] = value

    def _rewind(self) -> None:
        """Forget the cells of a record that is not whole."""
        for x in range(len(self._cells)):
            self._text(x, t.TEXT_NEXT, self._get(x, t.TEXT_DONE))

    def _tell(self) -> None:
        """Write all addresses into the block."""
        b = self._block
        for slot, buffer in self._fixed.items():
            b[slot] = buffer.address
        for x, (flags, cells) in enumerate(zip(self._flags, self._cells, strict=True)):
            self._text(x, t.TEXT_END, cells.end)
            self._text(x, t.TEXT_FLAGS, cells.address if x == t.X_ODD else flags.address)
        for y, (digits, scales) in enumerate(zip(self._digits, self._scales, strict=True)):
            at = t.T_NUMBER0 + t.NUMBER_SLOTS * y
            b[at + t.NUMBER_DIGITS], b[at + t.NUMBER_SCALE] = digits.address, scales.address
        b[t.T_MASKS] = self._mask_buffer.address

    def _grow_rows(self, slots: dict[int, int], count: int, most: int, *, entries: bool) -> None:
        rows = self._block[count]
        for slot, size in slots.items():
            self._fixed[slot] = grown(self._fixed[slot], size * rows)
        for x, flags in enumerate(self._flags):
            if _of_entries(x) == entries:
                self._flags[x] = grown(flags, rows)
        self._block[most] *= 2

    def _read_masks(self) -> None:
        """Bring the list of masks up to date with the kernel's table."""
        if len(self._masks) == self._block[t.T_MASK_COUNT]:
            return
        with self._mask_buffer.view.cast("q") as pairs:
            self._masks = [0] * self._block[t.T_MASK_COUNT]
            for i in range(1 << self._block[t.T_MASK_BITS]):
                if pairs[2 * i + 1]:
                    self._masks[pairs[2 * i + 1] - 1] = pairs[2 * i]

    def _grow_masks(self) -> None:
        """A table twice as large; the kernel's hash decides where each mask stands."""
        self._read_masks()
        bits = self._block[t.T_MASK_BITS] + 1
        self._mask_buffer.close()
        self._mask_buffer = Buffer(16 << bits)
        self._block[t.T_MASK_BITS] = bits
        with self._mask_buffer.view.cast("q") as pairs:
            for number, mask in enumerate(self._masks):
                at = (mask * t.HASH & (1 << 64) - 1) >> 64 - bits
                while pairs[2 * at + 1]:
                    at = at + 1 & (1 << bits) - 1
                pairs[2 * at], pairs[2 * at + 1] = mask, number + 1


def _of_entries(x: int) -> bool:
    """Whether a text column has a row per entry."""
    return t.X_ENTRY <= x < t.X_STORES
