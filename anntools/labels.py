"""The INFO keys that a run adds, and the header lines that declare them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from anntools.kernels_v0.counts import CLASS_NAMES
from anntools.pack.manifest import Manifest
from anntools.version import VERSION

CSQ_FIELDS: Final = (
    "Allele",
    "Consequence",
    "IMPACT",
    "SYMBOL",
    "Gene",
    "Feature_type",
    "Feature",
    "BIOTYPE",
    "EXON",
    "INTRON",
    "HGVSc",
    "HGVSp",
    "cDNA_position",
    "CDS_position",
    "Protein_position",
    "Amino_acids",
    "Codons",
    "STRAND",
    "FLAGS",
    "PICK",
    "CANONICAL",
    "MANE_SELECT",
    "HGVSg",
    "DISTANCE",
)


@dataclass(frozen=True, slots=True)
class Labels:
    """Keys in the order the kernel writes them, as bytes; and their header lines."""

    keys: tuple[str, ...]  # the first `written` are written, all are replaced
    written: int
    header: tuple[str, ...]
    text: npt.NDArray[np.uint8]
    offsets: npt.NDArray[np.int64]


def make_labels(
    manifest: Manifest, replaced: Sequence[str] = (), declared: Sequence[str] = ()
) -> Labels:
    """Keys and header lines for a pack: CSQ, position class, exact stores, interval stores.

    ``replaced``: further keys that an earlier run of ours may have left. ``declared``: header lines
    that stand instead of those for CSQ and the position class.
    """
    keys = ["CSQ", "positionType"]
    header = [
        f"##anntools={VERSION}",
        f"##anntools_pack={manifest.pack_id} assembly={manifest.assembly}",
    ]
    header += declared or [
        _info(
            "CSQ",
            ".",
            "String",
            "Consequence annotations from AnnTools. Format: " + "|".join(CSQ_FIELDS),
        ),
        _info(
            "positionType",
            "A",
            "String",
            "Most specific position class of the allele over all transcripts: "
            + ", ".join(CLASS_NAMES),
        ),
    ]
    for store in manifest.exact:
        for field in store["fields"]:
            keys.append(field["key"])
            header.append(_info(field["key"], "A", field["type"], field["description"]))
    for store in manifest.intervals:
        keys.append(store["key"])
        header.append(_info(store["key"], ".", "String", store["description"]))
    written = len(keys)
    keys += [key for key in replaced if key not in keys]
    return Labels(tuple(keys), written, tuple(header), *_blob(keys))


def _info(key: str, number: str, kind: str, description: str) -> str:
    text = description.replace("\\", "\\\\").replace('"', '\\"')
    return f'##INFO=<ID={key},Number={number},Type={kind},Description="{text}",Source="anntools">'


def _blob(keys: Sequence[str]) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]]:
    text = np.frombuffer("".join(keys).encode(), dtype=np.uint8)
    return text, np.cumsum([0] + [len(k.encode()) for k in keys], dtype=np.int64)
