"""Reading gene models: GFF3, GTF and genePred become the same list of transcripts."""

from __future__ import annotations

import gzip
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import unquote


@dataclass(slots=True)
class Transcript:
    """One transcript on the genome. Coordinates 0-based, half-open, in genomic order."""

    id: str  # stable id without version
    version: str
    contig: str
    strand: int
    exons: list[tuple[int, int]]
    gene_id: str
    symbol: str = ""
    biotype: str = ""
    cds: tuple[int, int] | None = None  # genomic span of the coding part
    phase: int = 0  # bases to skip in the first coding exon to reach a codon
    protein: str = ""
    tags: frozenset[str] = field(default_factory=frozenset)
    mane: str = ""  # RefSeq id of a MANE Select transcript
    hgvs: str = ""  # reference named in HGVSc; id and version if empty

    @property
    def start(self) -> int:
        """First base of the first exon."""
        return self.exons[0][0]

    @property
    def end(self) -> int:
        """End of the last exon."""
        return self.exons[-1][1]


class GeneModelError(ValueError):
    """A gene model file that cannot be read; the message says where and why."""


_GENE_TYPES: Final = frozenset({"gene", "ncRNA_gene", "pseudogene", "region", "D_loop"})


def read_genes(path: Path) -> list[Transcript]:
    """Read a gene model; the format is told by the name, then by the content.

    Raises GeneModelError for a file in none of the formats.
    """
    name = path.name.lower().removesuffix(".gz").removesuffix(".bgz")
    if name.endswith((".gff3", ".gff")):
        return read_gff3(path)
    if name.endswith(".gtf"):
        return read_gtf(path)
    if name.endswith((".genepred", ".genepredext", ".txt")):
        return read_genepred(path)
    raise GeneModelError(
        f"{path.name}: not a gene model by its name (.gff3, .gtf or .genePred, or with .gz)"
    )


def lines(path: Path) -> Iterator[tuple[int, str]]:
    """Numbered lines of a plain or gzipped text file, without comments."""
    opener: Callable[[Path, str], Iterable[str]]
    opener = gzip.open if path.read_bytes()[:2] == b"\x1f\x8b" else open  # type: ignore[assignment]
    handle = opener(path, "rt")
    try:
        for number, line in enumerate(handle, 1):
            if line.strip() and not line.startswith("#"):
                yield number, line.rstrip("\r\n")
    finally:
        handle.close()  # type: ignore[attr-defined]


@dataclass(slots=True)
class _Row:
    contig: str
    type: str
    start: int
    end: int
    strand: int
    phase: int
    attributes: dict[str, str]


def _rows(path: Path, attributes: Callable[[str], dict[str, str]]) -> Iterator[_Row]:
    for number, line in lines(path):
        columns = line.split("\t")
        if len(columns) < 9:
            raise GeneModelError(f"{path.name}, line {number}: 9 columns expected")
        try:
            start, end = int(columns[3]) - 1, int(columns[4])
            phase = 0 if columns[7] == "." else int(columns[7])
        except ValueError:
            raise GeneModelError(
                f"{path.name}, line {number}: start, end or phase is not a number"
            ) from None
        strand = -1 if columns[6] == "-" else 1
        yield _Row(columns[0], columns[2], start, end, strand, phase, attributes(columns[8]))


def _gff3_attributes(text: str) -> dict[str, str]:
    pairs = (part.partition("=") for part in text.split(";") if "=" in part)
    return {key.strip(): unquote(value) for key, _, value in pairs}


def _gtf_attributes(text: str) -> dict[str, str]:
    out: dict[str, str] = {}
    for part in text.split(";"):
        key, _, value = part.strip().partition(" ")
        value = value.strip().strip('"')
        if key == "tag" and "tag" in out:
            out["tag"] += "," + value
        elif key:
            out[key] = value
    return out


def _stable(identifier: str) -> str:
    """The id without the prefix that names its type (``transcript:``, ``rna-``, ``gene-``)."""
    for prefix in ("transcript:", "gene:", "rna-", "gene-", "CDS:", "cds-"):
        if identifier.startswith(prefix):
            return identifier[len(prefix) :]
    return identifier


def split_version(identifier: str, version: str = "") -> tuple[str, str]:
    """``ENST00000380000.3`` -> (``ENST00000380000``, ``3``)."""
    stem, dot, tail = identifier.rpartition(".")
    if dot and tail.isdigit() and stem:
        return stem, version or tail
    return identifier, version


def read_gff3(path: Path) -> list[Transcript]:
    """GFF3 of Ensembl, RefSeq or NCBI flavour.

    A transcript is a feature with exons; a coding feature whose parent has no exon (mitochondrial
    and bacterial genes) makes a transcript of its own span.
    """
    features: dict[str, _Row] = {}
    exons: dict[str, list[_Row]] = defaultdict(list)
    coding: dict[str, list[_Row]] = defaultdict(list)
    for row in _rows(path, _gff3_attributes):
        identifier = row.attributes.get("ID", "")
        if row.type in ("exon", "CDS"):
            for parent in row.attributes.get("Parent", "").split(","):
                (exons if row.type == "exon" else coding)[parent].append(row)
        elif identifier:
            features.setdefault(identifier, row)
    out = []
    for identifier in features:
        if identifier in exons or identifier in coding:
            feature = features[identifier]
            gene = features.get(feature.attributes.get("Parent", ""), feature)
            parts = exons.get(identifier) or coding[identifier]
            out.append(_from_gff3(identifier, feature, gene, parts, coding.get(identifier, [])))
    if not out:
        raise GeneModelError(f"{path.name}: no transcript with exons or coding parts in it")
    return out


def _from_gff3(
    identifier: str, feature: _Row, gene: _Row, parts: list[_Row], coding: list[_Row]
) -> Transcript:
    attributes = feature.attributes
    stable, version = split_version(_stable(identifier), attributes.get("version", ""))
    named, tail = split_version(attributes.get("Name", ""))
    if not version and named == stable:
        version = tail
    symbol = gene.attributes.get("Name") or gene.attributes.get("gene") or ""
    biotype = (
        attributes.get("biotype")
        or attributes.get("transcript_biotype")
        or gene.attributes.get("biotype")
        or gene.attributes.get("gene_biotype")
        or ("protein_coding" if coding else feature.type)
    )
    tags = frozenset(attributes.get("tag", "").replace(" ", "_").split(",")) - {""}
    transcript = Transcript(
        id=stable,
        version=version,
        contig=feature.contig,
        strand=feature.strand,
        exons=merge([(p.start, p.end) for p in parts]),
        gene_id=split_version(_stable(gene.attributes.get("ID", identifier)))[0],
        symbol=symbol,
        biotype=biotype,
        tags=tags,
    )
    if "MANE_Select" in tags:
        for reference in attributes.get("Dbxref", "").split(","):
            if reference.startswith("RefSeq:"):
                transcript.mane = reference.removeprefix("RefSeq:")
    _set_coding(transcript, coding)
    return transcript


def _set_coding(transcript: Transcript, coding: list[_Row]) -> None:
    if not coding:
        return
    transcript.cds = (min(c.start for c in coding), max(c.end for c in coding))
    plus = transcript.strand > 0
    first = min(coding, key=lambda c: c.start) if plus else max(coding, key=lambda c: c.end)
    transcript.phase = first.phase
    attributes = first.attributes
    transcript.protein = attributes.get("protein_id", "") or _stable(attributes.get("ID", ""))


def read_gtf(path: Path) -> list[Transcript]:
    """GTF of Ensembl or GENCODE."""
    exons: dict[str, list[_Row]] = defaultdict(list)
    coding: dict[str, list[_Row]] = defaultdict(list)
    for row in _rows(path, _gtf_attributes):
        identifier = row.attributes.get("transcript_id", "")
        if row.type == "exon":
            exons[identifier].append(row)
        elif row.type in ("CDS", "stop_codon"):  # GTF leaves the stop codon out of the CDS
            coding[identifier].append(row)
    out = []
    for identifier, parts in exons.items():
        a = parts[0].attributes
        stable, version = split_version(identifier, a.get("transcript_version", ""))
        transcript = Transcript(
            id=stable,
            version=version,
            contig=parts[0].contig,
            strand=parts[0].strand,
            exons=merge([(p.start, p.end) for p in parts]),
            gene_id=split_version(a.get("gene_id", ""))[0],
            symbol=a.get("gene_name", ""),
            biotype=a.get("transcript_biotype")
            or a.get("transcript_type")
            or a.get("gene_biotype", ""),
            tags=frozenset(a.get("tag", "").split(",")) - {""},
        )
        _set_coding(transcript, coding.get(identifier, []))
        out.append(transcript)
    if not out:
        raise GeneModelError(f"{path.name}: no exon with a transcript_id in it")
    return out


def read_genepred(path: Path) -> list[Transcript]:
    """genePred and genePredExt of UCSC, with or without the leading bin column."""
    out = []
    for number, line in lines(path):
        c = line.split("\t")
        if len(c) > 3 and c[2] not in "+-" and c[3] in "+-":
            c = c[1:]
        try:
            out.append(_from_genepred(c))
        except (ValueError, IndexError):
            raise GeneModelError(f"{path.name}, line {number}: not a genePred row") from None
    return out


def _from_genepred(c: list[str]) -> Transcript:
    stable, version = split_version(c[0])
    starts = [int(x) for x in c[8].split(",") if x]
    ends = [int(x) for x in c[9].split(",") if x]
    symbol = c[11] if len(c) > 11 else ""
    transcript = Transcript(
        id=stable,
        version=version,
        contig=c[1],
        strand=-1 if c[2] == "-" else 1,
        exons=merge(list(zip(starts, ends, strict=True))),
        gene_id=symbol,
        symbol=symbol,
        biotype="protein_coding" if int(c[5]) < int(c[6]) else "",
    )
    if int(c[5]) < int(c[6]):
        transcript.cds = (int(c[5]), int(c[6]))
        frames = [int(x) for x in c[14].split(",") if x] if len(c) > 14 else []
        in_cds = [f for f in frames if f >= 0]
        if in_cds:
            first = in_cds[0] if transcript.strand > 0 else in_cds[-1]
            transcript.phase = (3 - first) % 3
    return transcript


def merge(parts: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Sorted parts; touching or overlapping ones become one."""
    out: list[tuple[int, int]] = []
    for start, end in sorted(parts):
        if out and start <= out[-1][1]:
            out[-1] = (out[-1][0], max(end, out[-1][1]))
        else:
            out.append((start, end))
    return out
