"""``anntools reference build``: a pack from a FASTA, a gene model and overlay files."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from anntools import genetic_code
from anntools.pack.build import Contig, PackInput, build_pack
from anntools.pack.genes import read_genes
from anntools.pack.manifest import Manifest, SourceFile
from anntools.pack.sequence import read_fasta
from anntools.pack.stores import ExactStore, Field, IntervalStore
from anntools.pack.textfile import lines

_MITOCHONDRIA: Final = ("MT", "M", "chrM", "chrMT", "NC_012920.1")


def build_from_files(
    fasta: Path,
    genes: Path,
    output: Path,
    overlays: Sequence[str],
    assembly: str = "",
    mitochondrion: str | None = None,
) -> Manifest:
    """Build a pack. Raises ValueError for a file that cannot be read, OSError for a missing one."""
    sequences = read_fasta(fasta)
    transcripts = read_genes(genes)
    names = set(sequences)
    for t in transcripts:
        t.contig = _matching(t.contig, names)
    if not any(t.contig in names for t in transcripts):
        raise ValueError(
            f"{genes.name} and {fasta.name} have no contig in common: "
            f"{transcripts[0].contig} is not in the sequence"
        )
    wanted = (mitochondrion,) if mitochondrion else _MITOCHONDRIA
    contigs = [
        Contig(
            name,
            len(codes),
            code=(
                genetic_code.VERTEBRATE_MITOCHONDRIAL if name in wanted else genetic_code.STANDARD
            ),
        )
        for name, codes in sequences.items()
    ]
    exact: list[ExactStore] = []
    intervals: list[IntervalStore] = []
    sources = [_source("reference sequence", fasta), _source("gene model", genes)]
    for text in overlays:
        name, path, fields = parse_overlay(text)
        sources.append(_source(f"overlay {name}", path))
        if _is_vcf(path):
            exact.append(_exact_overlay(name, path, fields, names))
        else:
            intervals.append(_interval_overlay(name, path, names))
    return build_pack(
        PackInput(
            name=output.name,
            assembly=assembly or fasta.name.split(".")[0],
            contigs=contigs,
            sequences=sequences,
            transcripts=transcripts,
            exact=exact,
            intervals=intervals,
            sources=sources,
            command="anntools reference build",
        ),
        output,
    )


def parse_overlay(text: str) -> tuple[str, Path, list[str]]:
    """``name=file:FIELD,FIELD`` -> its parts. Raises ValueError."""
    name, equals, rest = text.partition("=")
    if not equals or not name.isidentifier() or not rest:
        raise ValueError(f"--overlay {text}: expected NAME=FILE or NAME=FILE:FIELD,FIELD")
    path, fields = Path(rest), ""
    if not path.exists() and ":" in rest:
        left, _, fields = rest.rpartition(":")
        path = Path(left)
    return name, path, [f for f in fields.split(",") if f]


def _is_vcf(path: Path) -> bool:
    return ".vcf" in path.name.lower()


def _matching(contig: str, names: set[str]) -> str:
    """The name of the contig in the sequence: as it is, with or without ``chr``."""
    for candidate in (contig, f"chr{contig}", contig.removeprefix("chr")):
        if candidate in names:
            return candidate
    return contig


def _exact_overlay(name: str, path: Path, fields: list[str], names: set[str]) -> ExactStore:
    """ID (unless fields are given) or INFO fields of a VCF, per alternate allele.

    A value list with as many entries as ALTs is taken apart; any other value goes to every ALT.
    """
    records = []
    for number, line in lines(path):
        c = line.split("\t")
        if len(c) < 8 or not c[1].isdigit():
            raise ValueError(f"{path.name}, line {number}: not a VCF record")
        info = dict(part.partition("=")[::2] for part in c[7].split(";"))
        alts = c[4].split(",")
        for i, alt in enumerate(alts):
            if set(alt.upper()) <= set("ACGTN"):
                values = tuple(_value(info.get(f, ""), i, len(alts)) for f in fields)
                record = (_matching(c[0], names), int(c[1]) - 1, c[3], alt)
                records.append((*record, values or (c[2] if c[2] != "." else name,)))
    declared = [
        Field(f"{name}_{f}", "String", f"{f} of the same allele in {path.name}") for f in fields
    ] or [Field(f"{name}_ID", "String", f"ID of the same allele in {path.name}")]
    return ExactStore(name, declared, records)


def _value(text: str, i: int, alts: int) -> str:
    parts = text.split(",")
    return parts[i] if len(parts) == alts else text


def _interval_overlay(name: str, path: Path, names: set[str]) -> IntervalStore:
    rows = []
    for number, line in lines(path):
        if line.startswith(("track", "browser")):
            continue
        c = line.split("\t")
        if len(c) < 3 or not (c[1].isdigit() and c[2].isdigit()):
            raise ValueError(f"{path.name}, line {number}: not a BED row")
        rows.append((_matching(c[0], names), int(c[1]), int(c[2]), c[3] if len(c) > 3 else name))
    return IntervalStore(name, name, f"Intervals of {path.name} at this place", rows)


def _source(what: str, path: Path) -> SourceFile:
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return SourceFile(what, "", "", path.name, digest, "as given by the user")
