"""The INFO keys that a run adds, and the header lines that declare them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, Final

from anntools.buffers import Buffer
from anntools.kernels.counts import CLASS_NAMES
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


ANN_FIELDS: Final = (
    "Allele",
    "Annotation",
    "Annotation_Impact",
    "Gene_Name",
    "Gene_ID",
    "Feature_Type",
    "Feature_ID",
    "Transcript_BioType",
    "Rank",
    "HGVS.c",
    "HGVS.p",
    "cDNA.pos / cDNA.length",
    "CDS.pos / CDS.length",
    "AA.pos / AA.length",
    "Distance",
    "ERRORS / WARNINGS / INFO",
)
BCSQ_FORMAT: Final = "[*]consequence|gene|transcript|biotype[|strand|amino_acid_change|dna_change]"
CONSEQUENCE_KEYS: Final = {"csq": "CSQ", "ann": "ANN", "bcsq": "BCSQ", "classic": "CSQ"}
_FLAGS: Final = 256


@dataclass(frozen=True, slots=True)
class Labels:
    """Keys in the order the kernel writes them, their header lines, and both for the kernel.

    The first ``written`` keys are written, all are replaced. ``intervals``: number of the first
    key of an interval store. ``addresses``: of the texts ``;KEY=``, of their int32 offsets, and of
    the table of keys that are replaced (see ``kernels.write.is_ours``).
    """

    keys: tuple[str, ...]
    written: int
    intervals: int
    header: tuple[str, ...]
    memory: tuple[Buffer, ...]

    @property
    def addresses(self) -> tuple[int, int, int]:
        """Of texts, offsets, table."""
        texts, offsets, table, _ = (b.address for b in self.memory)
        return texts, offsets, table


def make_labels(
    stores: Sequence[Mapping[str, Any]],
    pack_id: str,
    assembly: str,
    format: str = "csq",
    replaced: Sequence[str] = (),
    declared: Sequence[str] = (),
    *,
    like: str = "",
) -> Labels:
    """Keys and header lines: consequences, position class, exact stores, interval stores.

    ``stores``: descriptions of the open stores, exact ones first. ``replaced``: further keys that
    an earlier run of ours may have left. ``declared``: header lines that stand instead of those
    for the consequences and the position class. ``like``: whose answers these are ("": ours).
    """
    keys = [CONSEQUENCE_KEYS[format], "positionType"]
    header = [f"##anntools={VERSION}", f"##anntools_pack={pack_id} assembly={assembly}"]
    if like:
        header.append(f"##anntools_like={like}")
    header += declared or [_consequence_line(format), _class_line()]
    exact = [s for s in stores if s["kind"] == "exact"]
    rest = [s for s in stores if s["kind"] == "intervals"]
    for store, number in [(s, "A") for s in exact] + [(s, ".") for s in rest]:
        for field in store["fields"]:
            keys.append(field["key"])
            header.append(_info(field["key"], number, field["type"], field["description"]))
    intervals = 2 + sum(len(s["fields"]) for s in exact)
    written = len(keys)
    keys += [key for key in replaced if key not in keys]
    memory = _memory(keys, written)
    return Labels(tuple(keys), written, intervals, tuple(header), memory)


def _consequence_line(format: str) -> str:
    if format == "ann":
        fields = " | ".join(ANN_FIELDS)
        return _info("ANN", ".", "String", f"Functional annotations: '{fields}'")
    if format == "bcsq":
        return _info(
            "BCSQ",
            ".",
            "String",
            "Local consequence annotation from AnnTools, in the format of bcftools csq. Format: "
            + BCSQ_FORMAT,
        )
    text = "Consequence annotations from AnnTools. Format: " + "|".join(CSQ_FIELDS)
    return _info("CSQ", ".", "String", text)


def _class_line() -> str:
    text = "Most specific position class of the allele over all transcripts: "
    return _info("positionType", "A", "String", text + ", ".join(CLASS_NAMES))


def _info(key: str, number: str, kind: str, description: str) -> str:
    text = description.replace("\\", "\\\\").replace('"', '\\"')
    return f'##INFO=<ID={key},Number={number},Type={kind},Description="{text}",Source="anntools">'


def _memory(keys: Sequence[str], written: int) -> tuple[Buffer, ...]:
    """Texts, offsets, table of keys, and the keys that the table points to."""
    labels = [f";{key}=".encode() for key in keys[:written]]
    texts, names = (_filled(b"".join(parts)) for parts in (labels, [k.encode() for k in keys]))
    ends = [0, *accumulate(map(len, labels))]
    offsets = _filled(b"".join(n.to_bytes(4, "little") for n in ends))
    flags = bytearray(_FLAGS)
    for letter in (46, 59, *(k.encode()[0] for k in keys)):
        flags[letter] = 1
    slots = [len(keys)]
    at = names.address
    for key in keys:
        slots += [at, len(key.encode())]
        at += len(key.encode())
    table = _filled(bytes(flags) + b"".join(n.to_bytes(8, "little") for n in slots))
    return texts, offsets, table, names


def _filled(data: bytes) -> Buffer:
    buffer = Buffer(len(data))
    buffer.view[: len(data)] = data
    return buffer
