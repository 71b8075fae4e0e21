"""The table of a job: filtered rows with an exact count, facets, exports of what is filtered.

The filters are the explorer's (`web.explorer.filters`, docs/explorer.md), read by its own code.
"""

import hashlib
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any
from uuid import UUID

from flask import Response
from pydantic import Field

from gas.errors import InvalidRequest
from gas.scopes import Scope
from web.api.api import api
from web.api.operations import Answer, ApiModel
from web.explorer import documents, sending
from web.explorer.exports import CONTENT_TYPES, Format
from web.explorer.facets import read_facets
from web.explorer.filters import (
    MOST_CHARS,
    MOST_PAGES,
    MOST_VALUES,
    Genotype,
    Impact,
    Kind,
    Transcripts,
    View,
    parse,
)
from web.explorer.pages import read_page
from web.explorer.preparing import Preparation
from web.explorer.routes import new_deadline, open_for, turn

TAG = "results"

MOST_ROWS = 200
_ERRORS = (HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT, HTTPStatus.GONE)
_PREPARING = {
    HTTPStatus.ACCEPTED: "The table is being made ready. Ask again after `Retry-After` seconds."
}


def _list(**more: Any) -> Any:
    return Field(default=(), max_length=MOST_VALUES, **more)


class TableFilters(ApiModel):
    """Which alleles are wanted. Values of one parameter are alternatives; all parameters must
    hold."""

    gene: tuple[str, ...] = _list()
    """Symbols or stable ids."""
    region: tuple[str, ...] = _list()
    """`20`, `20:4680251`, `20:100-200`; 1-based, both ends included."""
    consequence: tuple[str, ...] = _list()
    """Terms of the Sequence Ontology."""
    impact: tuple[Impact, ...] = _list()
    transcripts: Transcripts = Transcripts.PICKED
    """Whose gene, consequence and impact: the picked transcript's, or any one's."""
    af_min: float | None = Field(default=None, ge=0, le=1)
    af_max: float | None = Field(default=None, ge=0, le=1)
    """Allele frequency at most; unknown counts as rare."""
    clinvar: tuple[str, ...] = _list()
    """ClinVar's significance; `.`: not listed."""
    sample: tuple[str, ...] = _list()
    genotype: Genotype = Genotype.ANY
    """With `sample`: how it carries the allele."""
    qual_min: float | None = Field(default=None, ge=0, le=1e9)
    filter: tuple[str, ...] = _list()
    """Values of FILTER; `.`: none."""
    kind: tuple[Kind, ...] = _list()
    status: tuple[str, ...] = _list()
    """`annotated`, `skipped`, or a reason."""
    q: str = Field(default="", max_length=MOST_CHARS)
    """A part of an id, gene, transcript or HGVS name; or a variant."""


class TableQuery(TableFilters):
    """Which rows, in which order, with which columns."""

    sort: str = Field(default="", max_length=MOST_CHARS)
    """A column; `-column`: falling. Without: the order of the file."""
    columns: tuple[str, ...] = _list()
    limit: int = Field(default=50, ge=1, le=MOST_ROWS)
    cursor: str | None = Field(default=None, max_length=64)
    """`next_cursor` of the page before, with everything else as it was there."""


class ExportQuery(TableFilters):
    """Which rows, as what."""

    format: Format = Format.VCF


class TableColumn(ApiModel):
    """A column of the table."""

    name: str
    type: str
    unit: str
    meaning: str
    source: str


class TableRows(ApiModel):
    """One page of rows."""

    total: int
    """Rows that pass the filters, exactly."""
    columns: Sequence[TableColumn]
    rows: Sequence[Mapping[str, Any]]
    """By column; `record`, `alt_index`, `chrom`, `pos`, `ref`, `alt` and `status` are always there.
    Texts of more than 1,000 characters are cut; whole they are in the exports."""
    next_cursor: str | None


class FacetCount(ApiModel):
    """A value of a parameter."""

    value: str
    count: int | None
    """Rows there would be with it (also) chosen; null: not counted, too many genotypes."""
    chosen: bool


class FacetDocument(ApiModel):
    """The values of a parameter."""

    values: Sequence[FacetCount]
    more: int
    """Values that are not listed."""


class FacetList(ApiModel):
    """The values that can be asked for, by parameter."""

    total: int
    facets: Mapping[str, FacetDocument]


@api.operation(
    "GET",
    "/jobs/<uuid:job_id>/variants",
    tag=TAG,
    scope=Scope.JOBS_READ,
    query=TableQuery,
    answer=TableRows,
    also=_PREPARING,
    errors=_ERRORS,
)
def list_rows(job_id: UUID, query: TableQuery) -> TableRows | Answer:
    """Rows of a job's table that pass the filters, with their exact number.

    A row per alternate allele, with the fields of its picked transcript.
    """
    view = _view(query, sort=[query.sort], columns=list(query.columns))
    view = view.changed(size=query.limit, page=1)
    page = _page_of(query.cursor, view)
    opened = open_for(job_id)
    table = opened.table
    if isinstance(table, Preparation):
        return _come_back()
    with turn(opened.point):
        found = read_page(table, view.changed(page=page), new_deadline())
    return TableRows(
        total=found.total,
        columns=[TableColumn(**documents.column(each)) for each in found.columns],
        rows=[documents.plain(row) for row in found.rows],
        next_cursor=_cursor(view, page + 1) if page < found.pages else None,
    )


@api.operation(
    "GET",
    "/jobs/<uuid:job_id>/facets",
    tag=TAG,
    scope=Scope.JOBS_READ,
    query=TableFilters,
    answer=FacetList,
    also=_PREPARING,
    errors=_ERRORS,
)
def get_facets(job_id: UUID, query: TableFilters) -> FacetList | Answer:
    """Which values there are to filter by, each with its exact count under all other filters."""
    filters = _view(query).filters
    opened = open_for(job_id)
    table = opened.table
    if isinstance(table, Preparation):
        return _come_back()
    with turn(opened.point):
        found = read_facets(table, filters, new_deadline())
    facets = {
        name: FacetDocument(
            values=[FacetCount(value=v.value, count=v.count, chosen=v.chosen) for v in each.values],
            more=each.more,
        )
        for name, each in found.of.items()
    }
    return FacetList(total=found.total, facets=facets)


@api.operation(
    "GET",
    "/jobs/<uuid:job_id>/export",
    tag=TAG,
    scope=Scope.JOBS_READ,
    query=ExportQuery,
    stream=tuple(CONTENT_TYPES.values()),
    also=_PREPARING,
    errors=_ERRORS,
)
def export_rows(job_id: UUID, query: ExportQuery) -> Response | Answer:
    """All rows that pass the filters as a file, made while it is sent.

    `vcf` is the lines of the annotated file. `X-GAS-Rows` tells how many rows passed.
    """
    view = _view(query)
    opened = open_for(job_id)
    if isinstance(opened.table, Preparation):
        return _come_back()
    return sending.send(opened, opened.table, view, query.format)


def _view(query: TableFilters, **more: list[str]) -> View:
    """The view that the query asks for, by the explorer's own rules.

    Raises:
        InvalidRequest: a value is wrong; the text names its parameter.
    """
    arguments = {name: _texts(getattr(query, name)) for name in TableFilters.model_fields}
    return parse({**arguments, **more})


def _texts(value: object) -> list[str]:
    if value is None:
        return []
    return [str(each) for each in value] if isinstance(value, tuple) else [str(value)]


def _come_back() -> Answer:
    return Answer(None, headers={"Retry-After": "1"}, status=HTTPStatus.ACCEPTED)


def _cursor(view: View, page: int) -> str:
    """A page of just this view: a table never changes, so its number is enough."""
    return f"{page}-{hashlib.sha256(repr(view.pairs()).encode()).hexdigest()[:16]}"


def _page_of(cursor: str | None, view: View) -> int:
    if cursor is None:
        return 1
    number = cursor.partition("-")[0]
    page = int(number) if number.isascii() and number.isdigit() and len(number) < 10 else 0
    if not 1 <= page <= MOST_PAGES or cursor != _cursor(view, page):
        raise InvalidRequest(
            "cursor: it is not one of this question.",
            remedy="Repeat the question that gave it, with nothing changed but the cursor.",
        )
    return page
