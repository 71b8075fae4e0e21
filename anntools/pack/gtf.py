"""Gene models in GTF: Ensembl, GENCODE, RefSeq and UCSC, line by line."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from anntools.pack.gff3 import set_slips
from anntools.pack.textfile import chunks
from anntools.pack.transcripts import (
    GeneModelError,
    Span,
    Transcript,
    merge,
    split_version,
    support_level,
)

_PAIR: Final = re.compile(r'(\w+) (?:"([^"]*)"|([^;\s]+))')
_WANTED: Final = frozenset((b"exon", b"CDS", b"stop_codon", b"transcript", b"Selenocysteine"))


class _Rows:
    """What the rows of one transcript say."""

    __slots__ = ("coding", "coding_attributes", "columns", "exons", "selenocysteines", "stop")

    def __init__(self, columns: list[bytes]) -> None:
        self.columns = columns
        self.exons: list[Span] = []
        self.coding: list[tuple[Span, int]] = []
        self.stop: list[Span] = []
        self.coding_attributes = b""
        self.selenocysteines: list[Span] = []

    def take(self, kind: bytes, columns: list[bytes]) -> None:
        """One row."""
        span = int(columns[3]) - 1, int(columns[4])
        if kind == b"exon":
            self.exons.append(span)
        elif kind == b"CDS":
            self.coding.append((span, 0 if columns[7] == b"." else int(columns[7])))
            self.coding_attributes = self.coding_attributes or columns[8]
        elif kind == b"stop_codon":
            self.stop.append(span)
        elif kind == b"Selenocysteine":
            self.selenocysteines.append(span)
        else:
            self.columns = columns


def read_gtf(path: Path) -> list[Transcript]:
    """The transcripts of a GTF file. Raises GeneModelError."""
    found: dict[bytes, _Rows] = {}
    number = 0
    for chunk in chunks(path):
        for line in chunk[:-1].split(b"\n"):
            number += 1
            if not line or line[0] == 35 or line == b"\r":
                continue
            columns = line.split(b"\t")
            try:
                kind, attributes = columns[2], columns[8]
                if kind not in _WANTED:
                    continue
                # in the pseudoautosomal regions one name may stand on both X and Y
                identifier = columns[0] + b"\t" + _identifier(attributes)
                rows = found.get(identifier)
                if rows is None:
                    rows = found[identifier] = _Rows(columns)
                rows.take(kind, columns)
            except (ValueError, IndexError):
                raise GeneModelError(_what_is_wrong(path, number, columns)) from None
    out = [_make(i.partition(b"\t")[2].decode(), rows) for i, rows in found.items() if rows.exons]
    if not out:
        raise GeneModelError(f"{path.name}: no exon with a transcript_id in it")
    return out


def _what_is_wrong(path: Path, number: int, columns: list[bytes]) -> str:
    if len(columns) < 9:
        return f"{path.name}, line {number}: 9 columns expected, {len(columns)} found"
    if b"transcript_id" not in columns[8]:
        return f"{path.name}, line {number}: no transcript_id"
    return f"{path.name}, line {number}: start, end or phase is not a number"


def _identifier(attributes: bytes) -> bytes:
    at = attributes.index(b'transcript_id "') + 15
    return attributes[at : attributes.index(b'"', at)]


def attributes_of(text: bytes) -> dict[str, str]:
    """All attributes of column 9; tags joined by commas."""
    out: dict[str, str] = {}
    for key, quoted, bare in _PAIR.findall(text.decode("utf-8", "replace")):
        if key == "tag" and "tag" in out:
            out["tag"] += "," + quoted
        else:
            out[key] = quoted or bare
    return out


def _make(identifier: str, rows: _Rows) -> Transcript:
    a = attributes_of(rows.columns[8])
    name, version = split_version(identifier, a.get("transcript_version", ""))
    strand = -1 if rows.columns[6] == b"-" else 1
    transcript = Transcript(
        id=name,
        version=version,
        contig=rows.columns[0].decode(),
        strand=strand,
        exons=merge(rows.exons),
        gene_id=split_version(a.get("gene_id", ""))[0],
        symbol=a.get("gene_name", "") or a.get("gene", ""),
        biotype=a.get("transcript_biotype")
        or a.get("transcript_type")
        or a.get("gene_biotype")
        or a.get("gene_type", ""),
        tags=frozenset(t.replace(" ", "_") for t in a.get("tag", "").split(",")) - {""},
    )
    transcript.support = support_level(a.get("transcript_support_level", ""))
    if "MANE_Select" in transcript.tags:
        transcript.mane = a.get("db_xref", "").removeprefix("RefSeq:")
    if rows.coding:
        _set_coding(transcript, rows)
    for start, end in rows.selenocysteines:
        transcript.recoded += ((start if strand > 0 else end - 1, "U"),)
    return transcript


def _set_coding(transcript: Transcript, rows: _Rows) -> None:
    """GTF leaves the stop codon out of the CDS; it belongs to it."""
    rows.coding.sort()
    spans = [span for span, _ in rows.coding]
    both = [*spans, *rows.stop]
    transcript.cds = (min(s for s, _ in both), max(e for _, e in both))
    transcript.phase = rows.coding[0][1] if transcript.strand > 0 else rows.coding[-1][1]
    a = attributes_of(rows.coding_attributes)
    protein, version = a.get("protein_id", ""), a.get("protein_version", "")
    transcript.protein = f"{protein}.{version}" if version and "." not in protein else protein
    if a.get("transl_table", "").isdigit():
        transcript.code = int(a["transl_table"])
    set_slips(transcript, spans)
