"""Gene models in GFF3: Ensembl, GENCODE, RefSeq and GenBank flavours, line by line.

A transcript is a feature with exons. A coding feature whose parent has no exon (mitochondrial,
viral and bacterial genes) makes a transcript of its own parts. Only what is needed of a line is
read: the file of a human genome has several million.
"""

from __future__ import annotations

import re
from collections import defaultdict
from itertools import pairwise
from pathlib import Path
from typing import Final
from urllib.parse import unquote

from anntools.genetic_code import THREE_LETTER
from anntools.pack.textfile import chunks
from anntools.pack.transcripts import (
    GeneModelError,
    Span,
    Transcript,
    merge,
    split_version,
    support_level,
)

# Rows that say nothing about transcripts, most frequent first.
_IGNORED: Final = frozenset(
    b"five_prime_UTR three_prime_UTR start_codon stop_codon cDNA_match match UTR intron "
    b"biological_region chromosome scaffold supercontig region sequence_feature match_part".split()
)
_RECODED: Final = frozenset((b"stop_codon_redefined_as_selenocysteine", b"Selenocysteine"))
_PREFIXES: Final = ("transcript:", "gene:", "rna-", "gene-", "CDS:", "cds-")
_EXCEPTION: Final = re.compile(r"\(pos:([^,]*(?:,\d[^,]*)*),aa:(\w+)\)")
_FARTHEST_SLIP: Final = 10  # a wider gap between coding parts is an intron
_ONE_LETTER: Final = {
    **{three: one for one, three in THREE_LETTER.items()},
    "TERM": "*",
    "Pyl": "O",
    "OTHER": "X",
}


class _Part:
    """Coding parts of one protein."""

    __slots__ = ("attributes", "phases", "spans")

    def __init__(self, attributes: bytes) -> None:
        self.attributes = attributes
        self.spans: list[Span] = []
        self.phases: list[int] = []


class _Gff3:
    """What is collected while reading."""

    def __init__(self) -> None:
        self.features: dict[bytes, list[bytes]] = {}
        self.exons: dict[bytes, list[Span]] = defaultdict(list)
        self.coding: dict[bytes, dict[bytes, _Part]] = {}  # by parent, then by the protein's ID
        self.selenocysteines: dict[bytes, list[Span]] = defaultdict(list)

    def take(self, line: bytes) -> None:
        """One line that is no comment. Raises ValueError or IndexError if it is not right."""
        columns = line.split(b"\t")
        kind = columns[2]
        if kind in _IGNORED:
            return
        attributes = columns[8]
        if kind == b"exon":
            span = int(columns[3]) - 1, int(columns[4])
            for parent in value(attributes, b"Parent").split(b","):
                self.exons[parent].append(span)
        elif kind == b"CDS":
            span = int(columns[3]) - 1, int(columns[4])
            phase = 0 if columns[7] == b"." else int(columns[7])
            for parent in (value(attributes, b"Parent") or value(attributes, b"ID")).split(b","):
                if not parent:
                    continue
                proteins = self.coding.get(parent)
                if proteins is None:
                    proteins = self.coding[parent] = {}
                    self.features.setdefault(parent, columns)
                own = value(attributes, b"ID")
                part = proteins.get(own)
                if part is None:
                    part = proteins[own] = _Part(attributes)
                part.spans.append(span)
                part.phases.append(phase)
        elif kind in _RECODED:
            span = int(columns[3]) - 1, int(columns[4])
            self.selenocysteines[value(attributes, b"Parent")].append(span)
        else:
            identifier = value(attributes, b"ID")
            if identifier:
                known = self.features.get(identifier)
                if known is None or known[2] == b"CDS":
                    self.features[identifier] = columns


def read_gff3(path: Path) -> list[Transcript]:
    """The transcripts of a GFF3 file. Raises GeneModelError."""
    found = _Gff3()
    number = 0
    for chunk in chunks(path):
        for line in chunk[:-1].split(b"\n"):
            number += 1
            if not line or line[0] == 35 or line == b"\r":
                if line[:7] == b"##FASTA":
                    return _transcripts(path, found)
                continue
            try:
                found.take(line)
            except (ValueError, IndexError):
                raise GeneModelError(_what_is_wrong(path, number, line)) from None
    return _transcripts(path, found)


def _what_is_wrong(path: Path, number: int, line: bytes) -> str:
    columns = line.split(b"\t")
    if len(columns) < 9:
        return f"{path.name}, line {number}: 9 columns expected, {len(columns)} found"
    return f"{path.name}, line {number}: start, end or phase is not a number"


def value(attributes: bytes, key: bytes) -> bytes:
    """The value of one attribute, as it is written; empty if it is not there."""
    at = attributes.find(key + b"=")
    while at > 0 and attributes[at - 1] not in b"; ":
        at = attributes.find(key + b"=", at + 1)
    if at < 0:
        return b""
    end = attributes.find(b";", at)
    text = attributes[at + len(key) + 1 : None if end < 0 else end]
    return text.rstrip()


def attributes_of(text: bytes) -> dict[str, str]:
    """All attributes of column 9."""
    pairs = (p.partition("=") for p in text.decode("utf-8", "replace").split(";") if "=" in p)
    return {
        key.strip(): unquote(v) if "%" in v else v
        for key, _, v in ((k, e, w.strip()) for k, e, w in pairs)
    }


def _transcripts(path: Path, found: _Gff3) -> list[Transcript]:
    out = []
    genes: dict[bytes, dict[str, str]] = {}
    for identifier, columns in found.features.items():
        proteins = list(found.coding.get(identifier, {}).values())
        exons = found.exons.get(identifier)
        if exons is None and not proteins:
            continue
        attributes = attributes_of(columns[8])
        parent = value(columns[8], b"Parent").split(b",")[0]
        gene_columns = found.features.get(parent, columns)
        gene = genes.get(parent)
        if gene is None:
            gene = attributes_of(gene_columns[8])
            if parent:
                genes[parent] = gene
        for i, part in enumerate(proteins[: 1 if exons else None] or [None]):
            transcript = _make(identifier, columns, attributes, gene, exons, part)
            if i:  # a gene without transcripts has one per protein
                transcript.id, transcript.version = split_version(transcript.protein)
            for start, end in found.selenocysteines.get(identifier, ()):
                first = start if transcript.strand > 0 else end - 1
                transcript.recoded += ((first, "U"),)
            out.append(transcript)
    if not out:
        raise GeneModelError(f"{path.name}: no transcript with exons or coding parts in it")
    return out


def _make(
    identifier: bytes,
    columns: list[bytes],
    attributes: dict[str, str],
    gene: dict[str, str],
    exons: list[Span] | None,
    part: _Part | None,
) -> Transcript:
    name = stable(identifier.decode())
    if identifier.startswith(b"rna-") and attributes.get("transcript_id"):
        name = attributes["transcript_id"]
    if columns[2] == b"CDS":  # nothing but a coding feature: the gene's name is the better one
        attributes = {k: v for k, v in attributes.items() if k != "ID"}
    own, version = split_version(name, attributes.get("version", ""))
    named, tail = split_version(attributes.get("Name", ""))
    if not version and named == own:
        version = tail
    tags = attributes.get("tag", "").replace(" ", "_").split(",")
    transcript = Transcript(
        id=own,
        version=version,
        contig=columns[0].decode(),
        strand=-1 if columns[6] == b"-" else 1,
        exons=merge(exons) if exons else _joined(part),
        gene_id=split_version(stable(gene.get("ID", "") or own))[0],
        symbol=symbol_of(attributes, gene),
        biotype=biotype_of(attributes, gene) or ("protein_coding" if part else columns[2].decode()),
        tags=frozenset(tags) - {""},
    )
    transcript.support = support_level(attributes.get("transcript_support_level", ""))
    if "MANE_Select" in transcript.tags:
        for reference in attributes.get("Dbxref", "").split(","):
            if reference.startswith("RefSeq:"):
                transcript.mane = reference.removeprefix("RefSeq:")
    if part:
        _set_coding(transcript, part)
    return transcript


def symbol_of(attributes: dict[str, str], gene: dict[str, str]) -> str:
    """Gene symbol of Ensembl (the gene's Name), GENCODE (gene_name) or RefSeq (gene)."""
    return (
        gene.get("gene_name")
        or gene.get("Name")
        or gene.get("gene")
        or (attributes.get("gene_name") or attributes.get("gene") or "")
    )


def biotype_of(attributes: dict[str, str], gene: dict[str, str]) -> str:
    """Biotype of the transcript, else of its gene, by the keys of Ensembl, GENCODE and RefSeq."""
    for source, keys in (
        (attributes, ("biotype", "transcript_biotype", "transcript_type")),
        (gene, ("biotype", "gene_biotype", "gene_type")),
    ):
        for key in keys:
            if source.get(key):
                return source[key]
    return ""


def stable(identifier: str) -> str:
    """The id without the prefix that names its type (``transcript:``, ``rna-``, ``gene-``)."""
    for prefix in _PREFIXES:
        if identifier.startswith(prefix):
            return identifier[len(prefix) :]
    return identifier


def _joined(part: _Part | None) -> list[Span]:
    """Exons of a transcript that has none: its coding parts, with slippages closed."""
    assert part is not None
    out: list[Span] = []
    for start, end in sorted(part.spans):
        if out and start <= out[-1][1] + 2:
            out[-1] = (out[-1][0], max(end, out[-1][1]))
        else:
            out.append((start, end))
    return out


def _set_coding(transcript: Transcript, part: _Part) -> None:
    order = sorted(zip(part.spans, part.phases, strict=True))
    spans = [span for span, _ in order]
    transcript.cds = (spans[0][0], max(end for _, end in spans))
    plus = transcript.strand > 0
    transcript.phase = order[0][1] if plus else order[-1][1]
    attributes = attributes_of(part.attributes)
    protein = attributes.get("protein_id", "") or stable(attributes.get("ID", ""))
    version = attributes.get("protein_version", "") or attributes.get("version", "")
    versioned = protein.rpartition(".")[2].isdigit() and "." in protein
    transcript.protein = f"{protein}.{version}" if version and not versioned else protein
    if attributes.get("transl_table", "").isdigit():
        transcript.code = int(attributes["transl_table"])
    transcript.tags |= _partial(attributes, plus)
    set_slips(transcript, spans)
    for place, letters in _EXCEPTION.findall(attributes.get("transl_except", "")):
        digits = [int(x) for x in re.findall(r"\d+", place)]
        if digits and letters in _ONE_LETTER:
            first = min(digits) if plus else max(digits)
            transcript.recoded += ((first - 1, _ONE_LETTER[letters]),)


def _partial(attributes: dict[str, str], plus: bool) -> frozenset[str]:
    """RefSeq: ``partial=true`` with ``start_range=.,1`` or ``end_range=9,.`` (genomic ends)."""
    if attributes.get("partial") != "true":
        return frozenset()
    left, right = "start_range" in attributes, "end_range" in attributes
    begin, end = (left, right) if plus else (right, left)
    return frozenset(tag for tag, is_so in (("cds_start_NF", begin), ("cds_end_NF", end)) if is_so)


def set_slips(transcript: Transcript, spans: list[Span]) -> None:
    """Keep the coding parts when two of them meet inside an exon other than end to end."""
    for (_, end), (start, _) in pairwise(spans):
        if start != end and start - end < _FARTHEST_SLIP:
            low, high = min(start, end), max(start, end)
            if any(s <= low and high < e for s, e in transcript.exons):
                transcript.parts = tuple(spans)
                return
