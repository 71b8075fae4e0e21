"""What the explorer's page shows: the context of its templates."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from web.explorer import grid, panel
from web.explorer.dictionary import Dictionary
from web.explorer.facets import Facets
from web.explorer.filters import MOST_PAGES, View
from web.explorer.narrowest import Narrowest
from web.explorer.pages import Page

_FORMATS = (
    (
        "vcf",
        "VCF",
        "lines",
        "the lines of your file with the annotation; a line with any matching ALT",
    ),
    ("tsv", "TSV", "rows", "for R, pandas, awk: a row per variant"),
    ("xlsx", "Excel", "rows", "a sheet per million rows; gene names stay gene names"),
    ("parquet", "Parquet", "rows", "typed and small: DuckDB, polars, Spark"),
    ("json", "JSON", "objects", "a line per variant, transcripts nested"),
)


@dataclass(frozen=True)
class Line:
    """A row of the table as it is shown."""

    href: str
    place: str
    ref: grid.Cell
    alt: grid.Cell
    cells: Sequence[grid.Cell]
    skipped: bool


@dataclass(frozen=True)
class Format:
    """A format of the export."""

    name: str
    title: str
    help: str
    rows: str
    href: str


@dataclass(frozen=True)
class Pager:
    """Which rows are shown, and the ways to others; a way's query is None if it leads nowhere."""

    words: str
    links: Sequence[tuple[str, str | None]]


@dataclass(frozen=True)
class Addresses:
    """Where things are: the explorer, its export, and the page of a variant without its name."""

    here: str
    export: str
    variant: str


def context(
    view: View,
    dictionary: Dictionary,
    page: Page,
    facets: Facets,
    whole: int,
    where: Addresses,
    narrowest: Narrowest | None = None,
) -> Mapping[str, Any]:
    """The names that explore/page.html and its parts need, but for job and overview.

    `whole`: rows of the table without filters; `narrowest`: asked for if there are none with.
    """
    names = [column.name for column in page.columns]
    return {
        "view": view,
        "dictionary": dictionary,
        "here": where.here,
        "total": page.total,
        "whole": whole,
        "chips": panel.chips(view),
        "groups": panel.groups(view, facets.of),
        "samples": facets.of.get("sample"),
        "genotypes": {key.value: words for key, words in panel.GENOTYPES.items()},
        "place": grid.place_head(view),
        "heads": grid.heads(view, dictionary, names),
        "lines": [_line(row, grid.beside(view, names), view, where) for row in page.rows],
        "choices": grid.choices(view, dictionary, names),
        "kept": [(k, v) for k, v in view.pairs() if k not in ("columns", "page", "after")],
        "formats": formats(view, page.total, where.export),
        "pager": pager(view, page),
        "narrowest": narrowest,
    }


def _line(row: Mapping[str, Any], names: Sequence[str], view: View, where: Addresses) -> Line:
    place = f"{row.get('chrom') or '?'}:{row['pos']:,}" if row.get("pos") else "no position"
    query = view.query(page=1)
    variant = f"{where.variant}{row['record']}-{row['alt_index'] or 0}"
    return Line(
        href=f"{variant}?{query}" if query else variant,
        place=place,
        ref=grid.cell("ref", row.get("ref")),
        alt=grid.cell("alt", row.get("alt")),
        cells=[grid.cell(name, row.get(name)) for name in names],
        skipped=row.get("status") == "skipped",
    )


def formats(view: View, total: int, export: str) -> Sequence[Format]:
    """The formats of the export, each with how much it will hold."""
    filters = view.changed(page=1)
    query = "&".join(part for part in [_plain(filters)] if part)
    return [
        Format(
            name,
            title,
            text,
            f"up to {total:,} {unit}" if name == "vcf" else f"{total:,} {unit}",
            f"{export}?format={name}" + (f"&{query}" if query else ""),
        )
        for name, title, unit, text in _FORMATS
    ]


def _plain(view: View) -> str:
    return view.query(size=View().size)


def pager(view: View, page: Page) -> Pager:
    """The pager of a page of rows."""
    last = page.first + len(page.rows) - 1
    words = f"{page.first:,} to {last:,} of {page.total:,}" if page.rows else ""
    reachable = min(page.pages, MOST_PAGES)

    def to(number: int) -> str | None:
        there = 1 <= number <= reachable and number != page.page
        return view.query(page=number) if there else None

    ways = [("First", to(1)), ("Previous", to(page.page - 1)), ("Next", to(page.page + 1))]
    if page.pages <= MOST_PAGES:
        ways.append(("Last", to(page.pages)))
    return Pager(words, ways if page.pages > 1 else [])
