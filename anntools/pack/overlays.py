"""Overlays become stores: while a pack is built, or for one run, kept in the user's cache.

Which store it becomes is told by the file: a VCF of sequence alleles and a table with REF and ALT
become exact stores; a VCF of structural variants, BED and other tables become interval stores.
``interval:NAME=FILE`` and ``exact:NAME=FILE`` say it outright.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, Final

from anntools.pack import table_overlay, vcf_overlay
from anntools.pack.exact import ExactBuilder, StoreProblem
from anntools.pack.exact_columns import Wanted
from anntools.pack.gene_facts import write_gene_facts
from anntools.pack.intervals import IntervalField, write_intervals
from anntools.pack.model import Block
from anntools.pack.overlay_kinds import GENE_FACTS, Kind, kind_of
from anntools.pack.overlay_spec import Overlay, OverlayProblem, info_key
from anntools.pack.stores import info_safe
from anntools.pack.textfile import chunks

Rows = Iterator[tuple[int, str, int, int, list[str]]]
_CLASSES: Final = "CLNSIG"  # a field of ClinVar whose values the summary counts
_CLASSES_MOST: Final = 1000


@dataclass(frozen=True, slots=True)
class Place:
    """The pack that a store is built for: its model, contigs, names of contigs, and genes."""

    model: Block
    lengths: Sequence[int]
    names: Mapping[str, int]
    genes: Sequence[str]


def write_overlay(overlay: Overlay, place: Place, folder: Path) -> dict[str, Any]:
    """Build the store of an overlay; returns its description. Raises OverlayProblem, OSError."""
    if not overlay.path.is_file():
        raise OverlayProblem(f"The overlay {overlay.name} has no file {overlay.path}")
    if overlay.name.lower() in GENE_FACTS:
        return write_gene_facts(overlay, place.genes, folder)
    if vcf_overlay.is_vcf(overlay.path):
        if overlay.kind == "interval" or (
            not overlay.kind and vcf_overlay.only_symbolic(overlay.path)
        ):
            return _regions(overlay, place, folder)
        text = chain.from_iterable(chunks(path) for path in (overlay.path, *overlay.more))
        return _exact(overlay, vcf_overlay.wanted_fields(overlay), text, place, folder)
    if overlay.more:
        raise OverlayProblem(f"The overlay {overlay.name}: several files must be VCFs of alleles")
    kind = kind_of(overlay.name)
    table = table_overlay.describe(overlay.path, kind.columns if kind else ())
    if overlay.kind == "exact" and not table.is_exact:
        raise OverlayProblem(
            f"{overlay.path.name} has no columns for position, REF and ALT; "
            f"it has {', '.join(table.names)}"
        )
    if table.is_exact and overlay.kind != "interval" and kind is None:
        return _alleles(overlay, table, place, folder)
    if kind and not overlay.fields:
        return _known(overlay, table, kind, place, folder)
    return _named(overlay, table, place, folder)


def _exact(
    overlay: Overlay, wanted: list[Wanted], text: Iterator[bytes], place: Place, folder: Path
) -> dict[str, Any]:
    size = sum(path.stat().st_size for path in (overlay.path, *overlay.more))
    expected = max(1, size // 20)
    with ExactBuilder(
        overlay.name, wanted, place.model, place.lengths, expected, folder.parent
    ) as builder:
        try:
            for chunk in text:
                builder.add(chunk)
        except StoreProblem as error:
            raise OverlayProblem(f"{overlay.path.name}, {error}") from error
        keys = [w.key.upper() for w in wanted]
        counted = next((i for i, key in enumerate(keys) if key.endswith(_CLASSES)), -1)
        about = builder.finish(folder, counted)
        if len(about["classes"]) > _CLASSES_MOST:
            about |= {"class_field": -1, "classes": []}
        if not about["records"]:
            raise OverlayProblem(
                f"No allele of {overlay.path.name} lies on a contig of the pack "
                f"({builder.unknown} records on other contigs, {builder.other_alts} symbolic or "
                "missing ALTs)"
            )
        about["left_out"] = {"unknown_contig": builder.unknown, "no_sequence": builder.other_alts}
        return about


def _alleles(
    overlay: Overlay, table: table_overlay.Table, place: Place, folder: Path
) -> dict[str, Any]:
    """A table with a position, REF and ALT."""
    used = {table.chrom, table.position, table.ref, table.alt}
    if overlay.fields:
        columns = [table.column(f) for f in overlay.fields]
    else:
        columns = [i for i in range(len(table.names)) if i not in used]
    wanted = [
        Wanted(
            info_key(overlay.name, _shown_name(overlay, table.names[c])),
            "String",
            f"{table.names[c]} of the same allele in {overlay.path.name}",
            f"F{i}",
            "whole",
        )
        for i, c in enumerate(columns)
    ]
    text = table_overlay.allele_lines(table, columns, place.names)
    return _exact(overlay, wanted, text, place, folder)


def _shown_name(overlay: Overlay, column: str) -> str:
    """Of dbSNP the column of names is called ID, as in its VCF."""
    is_name = overlay.name == "dbSNP" and column.lower() in ("rsid", "rs", "snp", "snpid")
    return "ID" if is_name else column


def _known(
    overlay: Overlay, table: table_overlay.Table, kind: Kind, place: Place, folder: Path
) -> dict[str, Any]:
    """A table that is known by its name."""
    columns = [_first_column(table, names) for _, names in kind.fields]
    fields = [(info_key(overlay.name, field), kind.description) for field, _ in kind.fields]
    found = table_overlay.intervals(table, [max(c, 0) for c in columns], overlay.one_based)
    made = (
        (number, chrom, start, end, kind.values(chrom, start, end, values))
        for number, chrom, start, end, values in found
    )
    return _intervals(overlay, made, fields, place, folder, kind.joined)


def _first_column(table: table_overlay.Table, names: Sequence[str]) -> int:
    lower = [n.lower() for n in table.names]
    for name in names:
        if name.lower() in lower:
            return lower.index(name.lower())
    return table.column(names[0]) if names else -1


def _named(
    overlay: Overlay, table: table_overlay.Table, place: Place, folder: Path
) -> dict[str, Any]:
    """Any other table: the given columns, else the one called name, else the overlay's name."""
    file = overlay.path.name
    if overlay.fields:
        columns = [table.column(f) for f in overlay.fields]
        fields = [
            (info_key(overlay.name, f), f"{f} of the intervals of {file} at this place")
            for f in overlay.fields
        ]
    else:
        name = _index_of_name(table)
        columns = [name] if name >= 0 else []
        fields = [(info_key(overlay.name), f"Intervals of {file} at this place")]
    found = table_overlay.intervals(table, columns, overlay.one_based)
    made = ((*row[:4], row[4] or [overlay.name]) for row in found)
    return _intervals(overlay, made, fields, place, folder, joined=False)


def _index_of_name(table: table_overlay.Table) -> int:
    lower = [n.lower() for n in table.names]
    for name in ("name", "id", "gene", "band"):
        if name in lower:
            return lower.index(name)
    return -1


def _regions(overlay: Overlay, place: Place, folder: Path) -> dict[str, Any]:
    """A VCF of structural variants."""
    file = overlay.path.name
    if overlay.fields:
        fields = [
            (info_key(overlay.name, f), f"{f} of the variants of {file} over this place")
            for f in overlay.fields
        ]
    else:
        fields = [(info_key(overlay.name), f"Variants of {file} over this place")]
    found = vcf_overlay.regions(overlay.path, overlay.fields)
    return _intervals(overlay, found, fields, place, folder, joined=False)


def _intervals(
    overlay: Overlay,
    found: Rows,
    fields: Sequence[tuple[str, str]],
    place: Place,
    folder: Path,
    joined: bool,
) -> dict[str, Any]:
    spans: list[tuple[int, int, int]] = []
    columns: list[list[str]] = [[] for _ in fields]
    unknown = 0
    for _, chrom, start, end, values in found:
        contig = place.names.get(chrom)
        if contig is None:
            unknown += 1
            continue
        spans.append((contig, start, end))
        for column, value in zip(columns, values, strict=True):
            column.append(info_safe(value.strip()))
    if not spans:
        raise OverlayProblem(
            f"No interval of {overlay.path.name} lies on a contig of the pack "
            f"({unknown} on other contigs)"
        )
    if joined:
        spans = _joined(spans)
        columns = [[column[0]] * len(spans) for column in columns]
    written = [
        IntervalField(key, words, column)
        for (key, words), column in zip(fields, columns, strict=True)
    ]
    try:
        about = write_intervals(folder, overlay.name, spans, written, len(place.lengths))
    except ValueError as error:
        raise OverlayProblem(str(error)) from error
    about["left_out"] = {"unknown_contig": unknown}
    return about


def _joined(spans: list[tuple[int, int, int]]) -> list[tuple[int, int, int]]:
    out: list[tuple[int, int, int]] = []
    for contig, start, end in sorted(spans):
        if out and out[-1][0] == contig and start <= out[-1][2]:
            out[-1] = (contig, out[-1][1], max(end, out[-1][2]))
        else:
            out.append((contig, start, end))
    return out
