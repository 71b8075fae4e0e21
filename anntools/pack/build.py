"""Building a reference pack: gene models, sequence and overlays become arrays in a folder.

The same inputs give the same bytes: everything is sorted, nothing depends on time or place.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from anntools import genetic_code
from anntools.kernels_v0 import model as k
from anntools.pack.genes import Transcript
from anntools.pack.manifest import Manifest, SourceFile, write_pack
from anntools.pack.segments import segments
from anntools.pack.sequence import (
    Codes,
    cdna_codes,
    known_stretches,
    pack_nibbles,
    pack_two_bits,
)
from anntools.pack.stores import ExactStore, IntervalStore, exact_arrays, interval_arrays

DISTANCE: Final = 5000  # how far up- and downstream a transcript is still reported


@dataclass(frozen=True, slots=True)
class Contig:
    """A sequence the pack knows, with every name under which a VCF may call it."""

    name: str
    length: int
    aliases: tuple[str, ...] = ()
    accession: str = ""  # used in HGVSg; the name itself if empty
    code: int = genetic_code.STANDARD
    limit: int = 0  # nothing is known from here on; 0: all is known

    @property
    def hgvs_prefix(self) -> str:
        """``NC_000020.10:g.``, with ``m.`` for a mitochondrion."""
        kind = "m" if self.code == genetic_code.VERTEBRATE_MITOCHONDRIAL else "g"
        return f"{self.accession or self.name}:{kind}."


@dataclass(slots=True)
class PackInput:
    """What goes into a pack. ``covered``: intervals per contig with sequence (None: all)."""

    name: str
    assembly: str
    contigs: Sequence[Contig]
    sequences: Mapping[str, Codes]
    transcripts: Sequence[Transcript]
    covered: Mapping[str, Sequence[tuple[int, int]]] | None = None
    exact: Sequence[ExactStore] = ()
    intervals: Sequence[IntervalStore] = ()
    sources: Sequence[SourceFile] = ()
    command: str = ""
    notes: Sequence[str] = field(default_factory=list)


def build_pack(given: PackInput, folder: Path) -> Manifest:
    """Write the pack into ``folder``; returns its manifest (``pack_id`` names its content)."""
    contigs = {c.name: i for i, c in enumerate(given.contigs)}
    transcripts = sorted(
        (t for t in given.transcripts if t.contig in contigs),
        key=lambda t: (contigs[t.contig], t.start, t.end, t.id, t.strand),
    )
    genes = sorted({t.gene_id or t.id for t in transcripts})
    arrays: dict[str, npt.NDArray[Any]] = {}
    table = np.zeros((len(contigs), k.CONTIG_COLUMNS), dtype=np.int32)
    for i, contig in enumerate(given.contigs):
        table[i, k.CONTIG_LENGTH] = contig.length
        table[i, k.CONTIG_LIMIT] = contig.limit or contig.length
    arrays |= _aliases(given.contigs)
    arrays |= _gene_model(given, transcripts, genes, contigs)
    arrays |= _segments(transcripts, contigs, table)
    arrays |= _sequence(given, contigs, table)
    arrays |= exact_arrays(given.exact, contigs)
    arrays |= interval_arrays(given.intervals, contigs)
    arrays["contigs"] = table
    symbols = {t.gene_id or t.id: t.symbol for t in transcripts}
    manifest = Manifest(
        name=given.name,
        assembly=given.assembly,
        contigs=[
            {
                "name": c.name,
                "length": c.length,
                "limit": c.limit or c.length,
                "accession": c.accession,
                "code": c.code,
            }
            for c in given.contigs
        ],
        genes=[symbols[g] or g for g in genes],
        transcripts=len(transcripts),
        distance=DISTANCE,
        exact=[s.describe() for s in given.exact],
        intervals=[s.describe() for s in given.intervals],
        sources=list(given.sources),
        command=given.command,
        notes=list(given.notes),
    )
    return write_pack(folder, manifest, arrays)


def blob(texts: Sequence[bytes], offset_type: Any) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    """Texts as one byte array, and where each begins (one more offset than texts)."""
    offsets = np.zeros(len(texts) + 1, dtype=offset_type)
    np.cumsum([len(t) for t in texts], out=offsets[1:])
    return np.frombuffer(b"".join(texts), dtype=np.uint8), offsets


def _aliases(contigs: Sequence[Contig]) -> dict[str, npt.NDArray[Any]]:
    names: dict[str, int] = {}
    for i, contig in enumerate(contigs):
        for name in (contig.name, *contig.aliases, *_usual_aliases(contig)):
            names.setdefault(name, i)
    text, offsets = blob([n.encode() for n in names], np.int32)
    hgvs, hgvs_offsets = blob([c.hgvs_prefix.encode() for c in contigs], np.int32)
    return {
        "alias_bytes": text,
        "alias_off": offsets,
        "alias_contig": np.array(list(names.values()), dtype=np.int32),
        "hgvs_bytes": hgvs,
        "hgvs_off": hgvs_offsets,
    }


def _usual_aliases(contig: Contig) -> list[str]:
    plain = contig.name.removeprefix("chr")
    names = [plain, "chr" + plain, "Chr" + plain, "CHR" + plain]
    if plain in ("MT", "M"):
        names += ["MT", "M", "chrM", "chrMT"]
    if contig.accession:
        names.append(contig.accession)
    return names


def _gene_model(
    given: PackInput,
    transcripts: Sequence[Transcript],
    genes: Sequence[str],
    contigs: Mapping[str, int],
) -> dict[str, npt.NDArray[Any]]:
    gene_number = {g: i for i, g in enumerate(genes)}
    tx = np.zeros((len(transcripts), k.TX_COLUMNS), dtype=np.int32)
    exons: list[tuple[int, int, int]] = []
    names: list[bytes] = []
    spliced: list[Codes] = []
    nibbles = 0
    for i, t in enumerate(transcripts):
        row = tx[i]
        contig = given.contigs[contigs[t.contig]]
        row[k.START], row[k.END], row[k.STRAND] = t.start, t.end, t.strand
        row[k.EXON0], row[k.NEXON] = len(exons), len(t.exons)
        offset = 0
        for start, end in t.exons:
            exons.append((start, end, offset))
            offset += end - start
        row[k.LENGTH] = offset
        row[k.CDS0], row[k.CDS1] = _spliced_cds(t, offset)
        if t.cds:
            row[k.LEFT], row[k.RIGHT] = t.cds
            row[k.PAD] = (3 - t.phase) % 3
        row[k.CDNA] = nibbles
        codes = cdna_codes(given.sequences[t.contig], t.exons, t.strand)
        spliced.append(codes)
        nibbles += offset
        row[k.FLAGS] = _flags(t)
        row[k.CODE] = contig.code
        row[k.GENE] = gene_number[t.gene_id or t.id]
        row[k.PICK] = pick_order(t)
        names += rendered_names(t)
    text, offsets = blob(names, np.int64)
    return {
        "tx": tx,
        "exons": np.array(exons, dtype=np.int32).reshape(-1, 3),
        "cdna": pack_nibbles(np.concatenate([*spliced, np.zeros(0, dtype=np.uint8)])),
        "names": text,
        "name_off": offsets,
    }


def _spliced_cds(t: Transcript, length: int) -> tuple[int, int]:
    if not t.cds:
        return -1, -1
    left = sum(max(0, min(e, t.cds[0]) - s) for s, e in t.exons)
    right = sum(max(0, min(e, t.cds[1]) - s) for s, e in t.exons)
    return (left, right) if t.strand > 0 else (length - right, length - left)


def _flags(t: Transcript) -> int:
    flags = 0
    if t.biotype == "nonsense_mediated_decay":
        flags |= k.FLAG_NMD
    if t.phase or "cds_start_NF" in t.tags:
        flags |= k.FLAG_CDS_START_NF
    if "cds_end_NF" in t.tags:
        flags |= k.FLAG_CDS_END_NF
    return flags


def pick_order(t: Transcript) -> int:
    """Static part of the pick rule: MANE Select, MANE Plus Clinical, canonical, protein-coding."""
    order = 0 if "MANE_Select" in t.tags else 8
    order += 0 if "MANE_Plus_Clinical" in t.tags else 4
    order += 0 if is_canonical(t) else 2
    return order + (0 if t.biotype == "protein_coding" else 1)


def is_canonical(t: Transcript) -> bool:
    """Ensembl's canonical transcript; MANE Select is canonical by definition."""
    return bool(t.tags & {"Ensembl_canonical", "MANE_Select"})


def rendered_names(t: Transcript) -> list[bytes]:
    """The five pre-rendered texts of a transcript (see ``kernels.model.NAMES``)."""
    flags = "&".join(f for f in ("cds_start_NF", "cds_end_NF") if f in t.tags)
    versioned = f"{t.id}.{t.version}" if t.version else t.id
    kind = "c" if t.cds else "n"
    head = f"{csq(t.symbol)}|{csq(t.gene_id)}|Transcript|{csq(t.id)}|{csq(t.biotype)}|"
    tail = f"|{'YES' if is_canonical(t) else ''}|{csq(t.mane)}|"
    return [
        head.encode(),
        f"{t.strand}|{csq(flags, keep='&')}|".encode(),
        tail.encode(),
        f"{t.hgvs or csq(versioned)}:{kind}.".encode(),
        f"{csq(t.protein)}:p.".encode() if t.protein else b"",
    ]


def csq(text: str, keep: str = "") -> str:
    """Text made safe inside a CSQ field of an INFO value, by percent encoding."""
    unsafe = set(" \t\r\n;=,|&%") - set(keep)
    return "".join(f"%{ord(c):02X}" if c in unsafe else c for c in text)


def _segments(
    transcripts: Sequence[Transcript],
    contigs: Mapping[str, int],
    table: npt.NDArray[np.int32],
) -> dict[str, npt.NDArray[Any]]:
    starts: list[int] = []
    lists: list[list[int]] = []
    for name, c in contigs.items():
        table[c, k.CONTIG_SEG0] = len(starts)
        spans = [
            (max(0, t.start - DISTANCE), t.end + DISTANCE, i)
            for i, t in enumerate(transcripts)
            if t.contig == name
        ]
        for start, members in segments(spans):
            starts.append(start)
            lists.append(members)
        table[c, k.CONTIG_SEG1] = len(starts)
    offsets = np.zeros(len(lists) + 1, dtype=np.int32)
    np.cumsum([len(x) for x in lists], out=offsets[1:])
    return {
        "seg_start": np.array(starts, dtype=np.int32),
        "seg_off": offsets,
        "seg_tx": np.array([i for x in lists for i in x], dtype=np.int32),
    }


def _sequence(
    given: PackInput, contigs: Mapping[str, int], table: npt.NDArray[np.int32]
) -> dict[str, npt.NDArray[Any]]:
    starts: list[int] = []
    ends: list[int] = []
    offsets: list[int] = []
    parts: list[Codes] = []
    at = 0
    for name, c in contigs.items():
        sequence = given.sequences[name]
        table[c, k.CONTIG_SEQ0] = len(starts)
        wanted = [(0, len(sequence))] if given.covered is None else given.covered.get(name, ())
        stretches = known_stretches(sequence, wanted)
        for a, b in stretches:
            starts.append(a)
            ends.append(b)
            offsets.append(at)
            at += b - a
        packed = pack_two_bits(sequence, stretches)
        at = (at + 3) // 4 * 4
        parts.append(packed)
        table[c, k.CONTIG_SEQ1] = len(starts)
    return {
        "seq_start": np.array(starts, dtype=np.int32),
        "seq_end": np.array(ends, dtype=np.int32),
        "seq_off": np.array(offsets, dtype=np.int64),
        "seq": np.concatenate([*parts, np.zeros(0, dtype=np.uint8)]),
    }
