"""An open store: what it says about itself, and its block for the kernels. Needs no numpy."""

from __future__ import annotations

import ctypes
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from anntools import regions
from anntools.kernels import store_layout as k
from anntools.pack.mapped import Mapped, map_array

STORE: Final = "store.json"
EXACT, INTERVALS, GENES = "exact", "intervals", "genes"
_LAYOUT: Final = {
    EXACT: {
        "first": k.S_FIRST,
        "buckets": k.S_BUCKETS,
        "keys": k.S_KEYS,
        "long": k.S_LONG,
        "long_off": k.S_LONG_OFF,
        "long_bytes": k.S_LONG_BYTES,
    },
    INTERVALS: {
        "first": k.S_FIRST,
        "segments": k.S_SEGMENTS,
        "segment_off": k.S_SEGMENT_OFF,
        "segment_ids": k.S_SEGMENT_IDS,
        "starts": k.S_STARTS,
    },
    GENES: {},
}
_KINDS: Final = {EXACT: k.STORE_EXACT, INTERVALS: k.STORE_INTERVALS, GENES: k.STORE_GENES}


@dataclass(frozen=True, slots=True)
class OpenStore:
    """A store, memory-mapped. ``about`` is its description, as the manifest holds it:

    ``name``, ``kind`` (``exact``, ``intervals`` or ``genes``), ``records``, ``bits``,
    ``class_field`` (-1 for none), ``classes``, and ``fields``: ``key``, ``type``, ``number``,
    ``description`` of the INFO key, ``prefix``, ``drop`` and ``words`` of the cells.
    """

    about: dict[str, Any]
    arrays: dict[str, Mapped]

    @property
    def name(self) -> str:
        """The store's name."""
        return str(self.about["name"])

    def block(self, class0: int = 0) -> ctypes.Array[ctypes.c_int64]:
        """A block for the kernels (see ``store_layout``); each worker needs its own.

        ``class0``: number of the store's first class among the classes of all stores.
        """
        fields = self.about["fields"]
        slots = (ctypes.c_int64 * (k.S_FIELD0 + k.FIELD_SLOTS * (len(fields) + 2)))()
        kind = self.about["kind"]
        slots[k.S_KIND] = _KINDS[kind]
        slots[k.S_FIELDS] = len(fields)
        slots[k.S_RECORDS] = self.about["records"]
        slots[k.S_BITS] = self.about["bits"]
        slots[k.S_CLASS_FIELD] = self.about["class_field"]
        slots[k.S_CLASS0] = class0
        for name, slot in _LAYOUT[kind].items():
            slots[slot] = self.arrays[name].address
        if kind == EXACT:
            slots[k.S_LONGS] = self.arrays["long"].count
        here = ctypes.addressof(slots)
        for i, field in enumerate(fields):
            at = k.S_FIELD0 + k.FIELD_SLOTS * i
            prefix = str(field["prefix"]).encode()
            slots[at + k.F_CELLS] = self.arrays[f"cells_{i}"].address
            slots[at + k.F_WIDTH] = int(self.arrays[f"cells_{i}"].dtype[2:])
            slots[at + k.F_WORDS] = field["words"]
            slots[at + k.F_WORD_OFF] = self.arrays[f"word_off_{i}"].address
            slots[at + k.F_WORD_BYTES] = self.arrays[f"words_{i}"].address
            slots[at + k.F_PREFIX] = regions.keep(prefix + bytes(64))
            slots[at + k.F_PREFIX_SIZE] = len(prefix)
            slots[at + k.F_DROP] = field["drop"]
        regions.allow(here, ctypes.sizeof(slots))
        return slots


def array_names(about: dict[str, Any]) -> list[str]:
    """Names of the arrays of a store."""
    fields = range(len(about["fields"]))
    parts = [f"{part}_{i}" for i in fields for part in ("cells", "words", "word_off")]
    return [*_LAYOUT[about["kind"]], *parts]


def open_store(folder: Path, about: dict[str, Any] | None = None) -> OpenStore:
    """Open a store's folder. Raises OSError or ValueError; ``about``: if it is known already."""
    if about is None:
        about = json.loads((folder / STORE).read_text(encoding="utf-8"))
    arrays = {name: map_array(folder / f"{name}.npy") for name in array_names(about)}
    return OpenStore(about, arrays)
