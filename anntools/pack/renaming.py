"""Further names of a pack's contigs, for one run: how a file calls them."""

from __future__ import annotations

import ctypes
from collections.abc import Mapping
from itertools import accumulate
from typing import Any

from anntools import regions
from anntools.kernels.layout import PAD_BYTES
from anntools.pack.mapped import Mapped
from anntools.pack.reading import contig_numbers
from anntools.problems import UsageProblem


def with_names(
    arrays: Mapping[str, Mapped], names: Mapping[str, str], own: list[str]
) -> dict[str, Mapped]:
    """The arrays with ``names`` (the file's → one of the pack's), which win over those there were.

    ``own``: the names that the pack itself uses, to be told. Raises UsageProblem for a target that
    it has not.
    """
    numbers = contig_numbers(arrays)
    for name, target in names.items():
        if not name or target not in numbers:
            raise UsageProblem(
                f"Contig '{name}' cannot be read as '{target}': the reference pack has "
                f"{', '.join(own)}."
            )
    found = {name: numbers[target] for name, target in names.items()}
    found |= {name: number for name, number in numbers.items() if name not in found}
    texts = [name.encode("utf-8", "surrogateescape") for name in found]
    joined = b"".join(texts)
    held = (ctypes.c_uint8 * (len(joined) + PAD_BYTES)).from_buffer_copy(joined + bytes(PAD_BYTES))
    return {
        **arrays,
        "alias_bytes": _array(held, "|u1", len(joined)),
        "alias_off": _numbers([*accumulate(map(len, texts), initial=0)]),
        "alias_contig": _numbers([*found.values()]),
    }


def _numbers(values: list[int]) -> Mapped:
    return _array((ctypes.c_int32 * len(values))(*values), "<i4", len(values))


def _array(held: Any, dtype: str, count: int) -> Mapped:
    address = ctypes.addressof(held)
    regions.allow(address, ctypes.sizeof(held))
    return Mapped(address, dtype, (count,), held)
