"""Building an exact store from the text of a VCF, streamed, in bounded memory.

The lines become rows (``kernels.store_rows``), the rows go to temporary files by stretch of the
genome, and the stretches are sorted one after the other: the input need not be sorted, and memory
does not grow with it. Words of the columns lie in sparse temporary files too.
"""

from __future__ import annotations

import ctypes
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from anntools import compiled, regions
from anntools.kernels import layout
from anntools.kernels import store_layout as k
from anntools.pack.arrays import PAD, ArrayWriter, write_array
from anntools.pack.exact_columns import MOST, MOST_BYTES, Column, Wanted, sparse
from anntools.pack.storefile import EXACT

U32 = npt.NDArray[np.uint32]

_ROWS: Final = 1 << 17
_PARTS: Final = 200


class StoreProblem(ValueError):
    """Text that cannot become a store; the message says where and why."""


class ExactBuilder:
    """One store in the making: ``add`` text, then ``finish``. Use it in a ``with`` statement."""

    def __init__(
        self,
        name: str,
        wanted: Sequence[Wanted],
        model: Any,
        lengths: Sequence[int],
        expected: int,
        scratch: Path | None = None,
    ) -> None:
        """``model``: block with aliases, contigs and sequence; ``expected``: records, roughly.

        ``scratch``: folder for temporary files, about 20 bytes per record and field.
        """
        self.name = name
        self.wanted = list(wanted)
        if scratch:
            scratch.mkdir(parents=True, exist_ok=True)
        self._held = tempfile.TemporaryDirectory(prefix=".anntools-", dir=scratch)
        self._folder = Path(self._held.name)
        self._bits = bucket_bits(sum(lengths), expected)
        counts = [(n >> self._bits) + 1 for n in lengths]
        self._first = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        self._part_bits = max(0, int(self._first[-1] // _PARTS).bit_length())
        self._width = k.ROW_FIXED + len(wanted)
        self._rows = np.zeros((_ROWS, self._width), dtype=np.uint32)
        self._columns = [Column(w, self._folder, i) for i, w in enumerate(wanted)]
        self._long_off = sparse(self._folder / "long_off", np.int64, MOST)
        self._long_bytes = sparse(self._folder / "long_bytes", np.uint8, MOST_BYTES)
        self._contig_name = np.zeros(256, dtype=np.uint8)
        self._model = model
        self._slots = np.zeros(k.B_FIELD0 + k.COLUMN_SLOTS * len(wanted), dtype=np.int64)
        self._fill()

    def _fill(self) -> None:
        slots = self._slots
        slots[k.B_MODEL] = ctypes.addressof(self._model)
        slots[k.B_BITS] = self._bits
        slots[k.B_FIELDS] = len(self._columns)
        slots[k.B_CONTIG_SIZE] = -1
        slots[k.B_LINE] = 1
        for slot, array in (
            (k.B_FIRST, self._first),
            (k.B_CONTIG_NAME, self._contig_name),
            (k.B_LONG_OFF, self._long_off),
            (k.B_LONG_BYTES, self._long_bytes),
        ):
            slots[slot] = array.ctypes.data
            regions.allow(array.ctypes.data, array.nbytes)
        regions.allow(slots.ctypes.data, slots.nbytes)
        regions.allow(slots[k.B_MODEL], 8 * layout.C_SLOTS)
        self._place_rows(self._rows)
        for i, column in enumerate(self._columns):
            column.place(slots, k.B_FIELD0 + k.COLUMN_SLOTS * i)

    def _place_rows(self, rows: U32) -> None:
        self._rows = rows
        self._slots[k.B_ROWS] = rows.ctypes.data
        self._slots[k.B_ROWS_END] = rows.ctypes.data + rows.nbytes
        regions.allow(rows.ctypes.data, rows.nbytes)

    def add(self, text: bytes) -> None:
        """Take whole lines of VCF records (header lines are skipped). Raises StoreProblem."""
        kernel = compiled.entry("store_rows")
        source = np.frombuffer(text, dtype=np.uint8)
        slots = self._slots
        slots[k.B_IN] = source.ctypes.data
        slots[k.B_IN_END] = source.ctypes.data + len(source)
        regions.allow(source.ctypes.data, len(source))
        try:
            while True:
                before = int(slots[k.B_IN])
                end = kernel(slots.ctypes.data)
                status = slots[k.B_STATUS]
                if status == k.ROWS_BAD_LINE:
                    self._refuse(text, int(slots[k.B_BAD]) - source.ctypes.data)
                self._keep(self._rows[: (end - self._rows.ctypes.data) // (4 * self._width)])
                if status == k.ROWS_DONE:
                    return
                if int(slots[k.B_IN]) == before:
                    shape = (2 * len(self._rows), self._width)
                    self._place_rows(np.zeros(shape, dtype=np.uint32))
        finally:
            regions.forbid(source.ctypes.data)

    def _refuse(self, text: bytes, at: int) -> None:
        line = text[at : text.find(b"\n", at)].decode("utf-8", "replace")
        raise StoreProblem(f"line {self._slots[k.B_LINE]} is not a VCF record: {line[:80]}")

    def _keep(self, rows: U32) -> None:
        """Append rows to the files of their stretches."""
        parts = rows[:, 0] >> self._part_bits
        if len(rows) and not (parts == parts[0]).all():
            order = np.argsort(parts, kind="stable")
            rows, parts = rows[order], parts[order]
        edges = np.flatnonzero(np.diff(parts)) + 1
        for piece in np.split(rows, edges):
            if len(piece):
                number = int(piece[0, 0]) >> self._part_bits
                with (self._folder / f"part_{number}").open("ab") as out:
                    out.write(np.ascontiguousarray(piece).data.cast("B"))

    @property
    def unknown(self) -> int:
        """Lines so far on contigs that the pack does not know."""
        return int(self._slots[k.B_UNKNOWN])

    @property
    def other_alts(self) -> int:
        """ALTs so far that are not sequences, which an exact store cannot hold."""
        return int(self._slots[k.B_OTHER_ALTS])

    def finish(self, folder: Path, class_field: int = -1) -> dict[str, Any]:
        """Sort, join what is there twice, write the arrays; returns the store's description."""
        folder.mkdir(parents=True, exist_ok=True)
        texts: list[npt.NDArray[np.int64]] = []
        records = 0
        highest = [0] * len(self._columns)
        cells = [(self._folder / f"cells_{i}").open("wb") for i in range(len(self._columns))]
        buckets = int(self._first[-1])
        step = 1 << self._part_bits
        with (
            ArrayWriter(folder / "keys.npy", "<u4") as keys,
            ArrayWriter(folder / "buckets.npy", "<u4") as starts,
        ):
            for number in range((buckets + step - 1) // step):
                rows = self._sorted(number)
                keys.write(rows[:, 1])
                here = rows[:, 0] - np.uint32(number * step)
                counts = np.bincount(here, minlength=min(step, buckets - number * step))
                starts.write(records + np.cumsum(counts) - counts)
                at = np.flatnonzero(rows[:, 2])
                texts.append(np.stack([at + records, rows[at, 2].astype(np.int64) - 1]))
                for i, out in enumerate(cells):
                    column = np.ascontiguousarray(rows[:, k.ROW_FIXED + i])
                    numbers = column[column <= k.HIGHEST_NUMBER + 1]
                    highest[i] = max(highest[i], int(numbers.max(initial=0)))
                    out.write(column.data.cast("B"))
                records += len(rows)
            starts.write(np.array([records]))
        for out in cells:
            out.close()
        write_array(folder / "first.npy", self._first, "<i8")
        self._write_texts(folder, np.concatenate([*texts, np.zeros((2, 0), np.int64)], axis=1))
        for i in range(len(self._columns)):
            self._write_column(folder, i, highest[i])
        return self._describe(records, class_field)

    def _sorted(self, number: int) -> U32:
        path = self._folder / f"part_{number}"
        if not path.exists():
            return np.zeros((0, self._width), dtype=np.uint32)
        rows = np.fromfile(path, dtype=np.uint32).reshape(-1, self._width)
        path.unlink()
        order = rows[:, 0].astype(np.uint64) << np.uint64(32) | rows[:, 1]
        if (order[1:] < order[:-1]).any():
            by = np.argsort(order, kind="stable")
            rows, order = rows[by], order[by]
        same = np.flatnonzero(order[1:] == order[:-1])
        return self._joined(rows, same) if len(same) else rows

    def _joined(self, rows: U32, same: npt.NDArray[np.int64]) -> U32:
        """Rows of one allele become one, with all its values. ``same``: row i is like row i + 1."""
        keep = np.ones(len(rows), dtype=np.bool_)
        breaks = np.flatnonzero(np.diff(same) > 1)
        begins = same[np.concatenate([[0], breaks + 1])]
        ends = same[np.concatenate([breaks, [len(same) - 1]])] + 2
        for begin, end in zip(begins.tolist(), ends.tolist(), strict=True):
            groups: dict[bytes, list[int]] = {}
            for i in range(begin, end):
                groups.setdefault(self._text(int(rows[i, 2])), []).append(i)
            for members in groups.values():
                if len(members) > 1:
                    for f, column in enumerate(self._columns):
                        values = rows[members, k.ROW_FIXED + f].tolist()
                        rows[members[0], k.ROW_FIXED + f] = column.joined(values)
                    keep[members[1:]] = False
        return rows[keep]

    def _text(self, number: int) -> bytes:
        if number == 0:
            return b""
        return bytes(self._long_bytes[self._long_off[number - 1] : self._long_off[number]])

    def _write_texts(self, folder: Path, texts: npt.NDArray[np.int64]) -> None:
        write_array(folder / "long.npy", texts[0], "<u4")
        begins, ends = self._long_off[texts[1]], self._long_off[texts[1] + 1]
        off = np.concatenate([[0], np.cumsum(ends - begins)])
        write_array(folder / "long_off.npy", off, "<i8")
        with ArrayWriter(folder / "long_bytes.npy", "|u1") as out:
            for a, b in zip(begins.tolist(), ends.tolist(), strict=True):
                out.write(self._long_bytes[a:b])
            out.write(PAD)

    def _write_column(self, folder: Path, i: int, highest: int) -> None:
        column = self._columns[i]
        words = column.words
        most = words + highest
        dtype = "|u1" if most < 1 << 8 else "<u2" if most < 1 << 16 else "<u4"
        with (
            ArrayWriter(folder / f"cells_{i}.npy", dtype) as out,
            (self._folder / f"cells_{i}").open("rb") as source,
        ):
            while data := source.read(1 << 24):
                cells = np.frombuffer(data, dtype=np.uint32)
                numbers = cells <= k.HIGHEST_NUMBER + 1
                final = np.where(numbers, cells + np.uint32(words), ~cells + np.uint32(1))
                out.write(np.where(cells == 0, np.uint32(0), final))
        write_array(folder / f"word_off_{i}.npy", column.off[: words + 1], "<i8")
        with ArrayWriter(folder / f"words_{i}.npy", "|u1") as out:
            for at in range(0, int(column.off[words]), 1 << 24):
                out.write(column.text[at : min(at + (1 << 24), int(column.off[words]))])
            out.write(PAD)

    def _describe(self, records: int, class_field: int) -> dict[str, Any]:
        classes: list[str] = []
        if class_field >= 0:
            column = self._columns[class_field]
            words = range(column.words)
            classes = [column.text_of(0xFFFFFFFF - w).decode("utf-8", "replace") for w in words]
        return {
            "name": self.name,
            "kind": EXACT,
            "records": records,
            "bits": self._bits,
            "class_field": class_field,
            "classes": classes,
            "fields": [
                {
                    "key": c.wanted.key,
                    "type": c.wanted.type,
                    "number": c.wanted.number,
                    "description": c.wanted.description,
                    "prefix": c.prefix_text,
                    "drop": int(c.slots[k.K_DROP]),
                    "words": c.words,
                }
                for c in self._columns
            ],
        }

    def __enter__(self) -> ExactBuilder:
        return self

    def __exit__(self, *_: object) -> None:
        for array in (self._long_off, self._long_bytes):
            regions.forbid(array.ctypes.data)
        for column in self._columns:
            regions.forbid(column.off.ctypes.data)
            regions.forbid(column.text.ctypes.data)
        self._held.cleanup()


def bucket_bits(bases: int, expected: int) -> int:
    """Size of a bucket, so that about eight records fall into one: 8 to 16 bits."""
    per_bucket = 8 * bases // max(1, expected)
    return min(16, max(8, per_bucket.bit_length() - 1))


def build_exact(
    builder: ExactBuilder, text: Iterable[bytes], folder: Path, class_field: int = -1
) -> dict[str, Any]:
    """Feed a builder and finish it."""
    with builder:
        for chunk in text:
            builder.add(chunk)
        return builder.finish(folder, class_field)
