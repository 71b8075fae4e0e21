"""The INFO keys of the stores: none may be written twice, or mean something else in a VCF."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from anntools.classic import KEYS as CLASSIC_KEYS
from anntools.kernels.layout import MAX_STORES
from anntools.labels import CONSEQUENCE_KEYS
from anntools.pack.overlay_spec import OverlayProblem
from anntools.pack.storefile import EXACT, GENES, INTERVALS
from anntools.vcfio import reserved

FIELDS_MOST: Final = 16 * MAX_STORES
_STRUCTURAL: Final = ("SVTYPE", "SVLEN", "SVCLAIM", "CIPOS", "CIEND", "MATEID", "EVENT", "CN")
_INFO: Final = re.compile(rb"##INFO=<ID=([^,>]+)")
_OURS: Final = b'Source="anntools"'


def check_stores(stores: Sequence[Mapping[str, Any]], format: str = "csq") -> None:
    """Raises OverlayProblem if stores (by their descriptions) cannot stand beside one another.

    Stores of genes write no keys of their own.
    """
    for kind in (EXACT, INTERVALS):
        count = sum(s["kind"] == kind for s in stores)
        if count > MAX_STORES:
            raise OverlayProblem(
                f"At most {MAX_STORES} overlays of a kind go together; {count} are {kind}"
            )
    written = [s for s in stores if s["kind"] != GENES]
    fields = sum(len(s["fields"]) for s in written)
    if fields > FIELDS_MOST:
        raise OverlayProblem(
            f"At most {FIELDS_MOST} fields of overlays go together, these have {fields}: "
            "name the fields that are wanted (NAME=FILE:FIELD,...)"
        )
    taken = dict.fromkeys((CONSEQUENCE_KEYS[format], "positionType"), "AnnTools")
    if format == "classic":
        taken |= dict.fromkeys(CLASSIC_KEYS, "AnnTools")
    for store in written:
        name = str(store["name"])
        for field in store["fields"]:
            key = str(field["key"])
            if key in reserved.INFO or key in _STRUCTURAL:
                raise OverlayProblem(
                    f"The overlay {name} would write INFO/{key}, a key with a meaning of its own "
                    "in VCF; choose another name"
                )
            if key in taken:
                raise OverlayProblem(
                    f"The overlay {name} would write INFO/{key}, as {taken[key]} does; "
                    "choose another name"
                )
            taken[key] = f"the overlay {name}"


def warnings_of_replaced(meta: Iterable[bytes], keys: Iterable[str]) -> list[str]:
    """Tells of INFO keys that the input declares, and not we, although we write them."""
    ours = {key.encode() for key in keys}
    found = (_INFO.match(line) for line in meta if _OURS not in line)
    return [
        f"INFO/{match[1].decode()} of the input, which AnnTools writes itself, was replaced"
        for match in found
        if match and match[1] in ours
    ]
