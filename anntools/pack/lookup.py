"""What the stores of a pack say of one allele or one place. Needs no numpy."""

from __future__ import annotations

import ctypes
from collections.abc import Mapping

from anntools import regions
from anntools.compiled import entry
from anntools.pack.mapped import Mapped
from anntools.pack.model import model_block
from anntools.pack.storefile import EXACT, OpenStore

_ROOM = 1 << 20


class Lookup:
    """One open store, asked by Python."""

    def __init__(self, store: OpenStore, arrays: Mapping[str, Mapped]) -> None:
        self.store = store
        self._model = model_block(arrays)
        self._block = store.block()
        self._out = ctypes.create_string_buffer(_ROOM)
        self._slots = (ctypes.c_int64 * 10)()
        for array in (self._out, self._slots):
            regions.allow(ctypes.addressof(array), ctypes.sizeof(array))
        self._slots[0] = ctypes.addressof(self._model)
        self._slots[1] = ctypes.addressof(self._block)
        self._slots[8] = ctypes.addressof(self._out)

    @property
    def keys(self) -> list[str]:
        """The INFO keys of the store's fields."""
        return [str(f["key"]) for f in self.store.about["fields"]]

    def allele(self, contig: int, pos: int, ref: str, alt: str) -> dict[str, str] | None:
        """Values by key of an exact allele (0-based), or None. REF and ALT as in a VCF."""
        assert self.store.about["kind"] == EXACT
        pos, ref, alt = _trimmed(pos, ref.upper(), alt.upper())
        texts = [ctypes.create_string_buffer(t.encode()) for t in (ref, alt)]
        for text in texts:
            regions.allow(ctypes.addressof(text), ctypes.sizeof(text))
        old, new = map(ctypes.addressof, texts)
        self._slots[2:8] = [contig, pos, old, len(ref), new, len(alt)]
        found = self._ask("look_up_allele")
        for address in (old, new):
            regions.forbid(address)
        return found[0] if found else None

    def place(self, contig: int, start: int, end: int) -> list[dict[str, str]]:
        """Values by key of every interval that touches 0-based ``[start, end)``."""
        self._slots[2:4] = [contig, start]
        self._slots[9] = end
        return self._ask("look_up_place")

    def _ask(self, name: str) -> list[dict[str, str]]:
        end = entry(name)(ctypes.addressof(self._slots))
        if not end:
            return []
        text = ctypes.string_at(self._out, end - ctypes.addressof(self._out)).decode(
            errors="replace"
        )
        return [dict(zip(self.keys, row.split("\t"), strict=True)) for row in text[:-1].split("\n")]


def _trimmed(pos: int, ref: str, alt: str) -> tuple[int, str, str]:
    while ref and alt and ref[-1] == alt[-1]:
        ref, alt = ref[:-1], alt[:-1]
    while ref and alt and ref[0] == alt[0]:
        ref, alt, pos = ref[1:], alt[1:], pos + 1
    return pos, ref, alt
