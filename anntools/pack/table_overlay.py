"""Overlays in tables: BED, tables of UCSC with or without the leading bin, TSV with a header.

The header line is the first line, with or without a leading ``#``, whose cells name columns.
Without one the columns are those of BED, after a bin column if there is one.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from anntools.pack.overlay_spec import OverlayProblem
from anntools.pack.textfile import chunks

BED: Final = ("chrom", "start", "end", "name", "score", "strand")
_CHROM: Final = ("chrom", "chr", "chromosome", "contig", "seqname", "chr_id", "genoname")
_CHROM_LONG: Final = "chromosome/scaffold name"
_START: Final = ("chromstart", "start", "begin", "txstart", "genostart")
_END: Final = ("chromend", "end", "stop", "txend", "genoend")
_ONE_BASED: Final = {"gene start (bp)": "gene end (bp)", "start (bp)": "end (bp)"}
_POSITION: Final = ("pos", "position", "chr_pos", "bp", "base_pair_location")
_REF: Final = ("ref", "reference", "ref_allele", "other_allele")
_ALT: Final = ("alt", "alternate", "alt_allele", "effect_allele")


@dataclass(frozen=True, slots=True)
class Table:
    """Which column is what; -1 where there is none. ``skip``: header lines to leave out."""

    path: Path
    names: tuple[str, ...]
    chrom: int
    start: int = -1
    end: int = -1
    position: int = -1
    ref: int = -1
    alt: int = -1
    either: bool = False  # REF and ALT may stand the other way round (columns A1 and A2)
    one_based: bool = False
    header: int = 0  # number of the header line, 0 for none

    @property
    def is_exact(self) -> bool:
        """Whether rows are alleles rather than intervals."""
        return self.position >= 0 and self.ref >= 0 and self.alt >= 0

    def column(self, name: str) -> int:
        """The column of a field, by its name. Raises OverlayProblem."""
        lower = [n.lower() for n in self.names]
        if name.lower() in lower:
            return lower.index(name.lower())
        raise OverlayProblem(
            f"{self.path.name} has no column {name}; it has {', '.join(self.names)}"
        )


def rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Line number and cells of every line but blank ones, ``##`` and track lines."""
    number = 0
    separator: str | None = "\t"
    first = True
    for chunk in chunks(path):
        text = chunk.decode("utf-8", "replace")
        for raw in text[:-1].split("\n"):
            number += 1
            line = raw.rstrip("\r")
            if not line or line.startswith(("##", "track ", "browser ")):
                continue
            if first:
                first = False
                separator = "\t" if "\t" in line else "," if "," in line else None
            yield number, line.split(separator)


def describe(path: Path, columns: Sequence[str] = ()) -> Table:
    """Tell the columns of a table. ``columns``: what they are if there is no header line."""
    first = next(rows(path), None)
    if first is None:
        raise OverlayProblem(f"{path.name} has no row")
    number, cells = first
    names = [cell.strip().lstrip("#").strip() for cell in cells]
    lower = [n.lower() for n in names]
    chrom = _index(lower, (*_CHROM, _CHROM_LONG))
    if chrom >= 0:
        return _with_header(path, number, names, lower, chrom)
    if cells[0].startswith("#"):
        raise OverlayProblem(
            f"{path.name}, line {number}: the header names no chromosome column "
            f"({', '.join(_CHROM)}); it has {', '.join(names)}"
        )
    has_bin = len(cells) > 3 and all(cells[i].isdigit() for i in (0, 2, 3))
    has_bin = has_bin and not (cells[1].isdigit() and int(cells[1]) > 99)
    shift = 1 if has_bin else 0
    if len(cells) < 3 + shift or not (cells[1 + shift].isdigit() and cells[2 + shift].isdigit()):
        raise OverlayProblem(
            f"{path.name}, line {number}: neither a header line nor a BED row "
            "(chromosome, start, end)"
        )
    known = list(columns) if columns else [*(["bin"] if has_bin else []), *BED]
    if columns and columns[0] == "bin" and not has_bin:
        known = known[1:]
    known = known[: len(cells)] + [f"column{i + 1}" for i in range(len(known), len(cells))]
    return Table(path, tuple(known), shift, 1 + shift, 2 + shift)


def _with_header(path: Path, number: int, names: list[str], lower: list[str], chrom: int) -> Table:
    position = _index(lower, _POSITION)
    ref, alt = _index(lower, _REF), _index(lower, _ALT)
    either = ref < 0 and "a1" in lower and "a2" in lower
    if either:
        ref, alt = lower.index("a2"), lower.index("a1")
    start, end = _index(lower, _START), _index(lower, _END)
    one_based = False
    for begin, stop in _ONE_BASED.items():
        if begin in lower and stop in lower:
            start, end, one_based = lower.index(begin), lower.index(stop), True
    if start < 0 or end < 0:
        start = end = -1
    if start < 0 and position < 0:
        raise OverlayProblem(
            f"{path.name}, line {number}: the header names neither start and end nor a position; "
            f"it has {', '.join(names)}"
        )
    return Table(
        path, tuple(names), chrom, start, end, position, ref, alt, either, one_based, number
    )


def _index(names: Sequence[str], wanted: Sequence[str]) -> int:
    return next((names.index(w) for w in wanted if w in names), -1)


def intervals(
    table: Table, columns: Sequence[int], one_based: bool
) -> Iterator[tuple[int, str, int, int, list[str]]]:
    """Line number, contig, 0-based start, end, values of each row; a single position is 1-based.

    Rows without a position (an empty or a textual one in a table of positions) are left out.
    """
    first = 1 if one_based or table.one_based else 0
    for number, cells in rows(table.path):
        if number == table.header or cells[0].startswith("#"):
            continue
        try:
            if table.start >= 0:
                start, end = int(cells[table.start]) - first, int(cells[table.end])
            elif cells[table.position].isdigit():
                start, end = int(cells[table.position]) - 1, int(cells[table.position])
            else:
                continue
            values = [cells[i] if i < len(cells) else "" for i in columns]
            chrom = cells[table.chrom]
        except (ValueError, IndexError):
            raise OverlayProblem(
                f"{table.path.name}, line {number}: no chromosome, start and end where expected"
            ) from None
        if start < 0 or end < start:
            raise OverlayProblem(
                f"{table.path.name}, line {number}: the interval {start}-{end} is upside down"
            )
        yield number, chrom, start, end, values


def allele_lines(table: Table, columns: Sequence[int], contigs: Container[str]) -> Iterator[bytes]:
    """The rows of a table of alleles as lines of a VCF; column *i* becomes INFO field ``Fi``.

    Rows on other contigs than the given ones are left out. Where it is not known which of the two
    alleles is REF, both ways are given.
    """
    out: list[str] = []
    for number, cells in rows(table.path):
        if number == table.header:
            continue
        try:
            if cells[table.chrom] not in contigs:
                continue
            place = f"{cells[table.chrom]}\t{int(cells[table.position])}\t."
            pairs = [(cells[table.ref], cells[table.alt])]
        except (ValueError, IndexError):
            raise OverlayProblem(
                f"{table.path.name}, line {number}: no chromosome, position and alleles"
            ) from None
        if table.either:
            pairs.append((pairs[0][1], pairs[0][0]))
        info = ";".join(
            f"F{i}={_escaped(cells[c])}" for i, c in enumerate(columns) if c < len(cells)
        )
        for ref, alt in pairs:
            if ref.isalpha() and alt.isalpha():
                out.append(f"{place}\t{ref}\t{alt}\t.\t.\t{info}\n")
        if len(out) > 20_000:
            yield "".join(out).encode()
            out = []
    yield "".join(out).encode()


_ESCAPES: Final = str.maketrans({c: f"%{ord(c):02X}" for c in "%;=,\t\r\n "})


def _escaped(text: str) -> str:
    return text.strip().translate(_ESCAPES)
