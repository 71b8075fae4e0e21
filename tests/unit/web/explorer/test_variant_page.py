"""One row in full, its neighbours, its page; the summary above the table."""

from pathlib import Path

import pytest
from flask.testing import FlaskClient

import anntools
from gas.jobs import Job
from tests.unit.web.explorer.conftest import Made
from web.explorer import working_copy
from web.explorer.filters import View, parse
from web.explorer.masks import selected
from web.explorer.narrowest import narrowest
from web.explorer.one_row import neighbours, read_row
from web.explorer.pages import read_page, row_of
from web.explorer.recent import Recent
from web.explorer.table import Deadline, OpenTable
from web.explorer.whole import table_overview
from web.plots.summary import Link, no_link


def soon() -> Deadline:
    return Deadline(30)


def test_a_row_is_read_with_all_its_columns_and_lists(opened: OpenTable, made: Made) -> None:
    for number in (0, 41, len(made.rows) - 1):
        assert read_row(opened, number) == made.rows[number]


@pytest.mark.parametrize("arguments", [{}, {"impact": "HIGH"}, {"sort": "-consequence"}])
def test_neighbours_lead_through_the_view_in_its_order(
    opened: OpenTable, arguments: dict[str, str]
) -> None:
    view = parse({name: [value] for name, value in arguments.items()})
    shown = [f"{r['record']}-{r['alt_index'] or 0}" for r in read_page(opened, view, soon()).rows]
    record, allele = shown[1].split("-")
    row = row_of(opened, int(record), int(allele))
    assert row is not None
    assert neighbours(opened, view, row, soon()) == (shown[0], shown[2])
    record, allele = shown[0].split("-")
    first = row_of(opened, int(record), int(allele))
    assert first is not None
    assert neighbours(opened, view, first, soon())[0] is None


def test_an_empty_view_names_the_filter_that_removes_most(opened: OpenTable) -> None:
    view = parse({"gene": ["PRNP"], "q": ["no such text anywhere"]})
    assert not len(selected(opened, view.filters, soon()))
    found = narrowest(opened, view, soon())
    assert found is not None
    assert found.query == "gene=PRNP"
    left = len(selected(opened, parse({"gene": ["PRNP"]}).filters, soon()))
    assert found.label == f"Show the {left} without it"
    assert narrowest(opened, parse({"gene": ["none"], "q": ["neither"]}), soon()) is None


def test_a_click_on_a_bar_shows_as_many_as_the_bar_says(opened: OpenTable) -> None:
    asked: dict[str, View] = {}

    def link(name: str, value: str) -> str:
        query = f"{name}={value}"
        asked[query] = parse({name: [value]})
        return query

    remembering: Link = link
    overview = table_overview(opened, None, remembering, soon())
    marks = [mark for plot in overview.plots for mark in plot.marks if mark.href]
    assert {plot.key for plot in overview.plots} >= {"consequences", "impact", "samples", "quality"}
    for mark in marks:
        assert mark.href is not None
        filters = asked[mark.href].filters
        assert len(selected(opened, filters, soon())) == mark.count, mark.href
    assert len(marks) > 30


def test_the_page_tells_the_variant(ada: FlaskClient, explored: Job) -> None:
    base = f"/annotations/{explored.job_id}"
    rows = ada.get(f"{base}/explore/rows?gene=PRNP", headers={"Accept": "application/json"})
    if rows.status_code == 202:
        pytest.fail("the table was not ready")
    row = rows.json["rows"][0] if rows.json else {}
    answer = ada.get(f"{base}/variants/{row['record']}-{row['alt_index']}?gene=PRNP")
    assert answer.status_code == 200, answer.text
    assert "<h1>PRNP p." in answer.text
    assert "Back to the table" in answer.text
    assert f"{base}/explore?gene=PRNP" in answer.text
    assert "style=" not in answer.text.split("<body")[1]
    document = ada.get(answer.request.path, headers={"Accept": "application/json"}).json
    assert document is not None
    assert document["variant"]["symbol"] == "PRNP"
    assert ada.get(f"{base}/variants/999999-1").status_code == 404


def test_a_line_that_was_passed_through_has_a_page(
    ada: FlaskClient, explored: Job, made: Made
) -> None:
    skipped = next(row for row in made.rows if row["status"] == "skipped")
    address = (
        f"/annotations/{explored.job_id}/variants/{skipped['record']}-{skipped['alt_index'] or 0}"
    )
    answer = ada.get(address)
    assert answer.status_code == 200, answer.text
    assert "passed through without annotation" in answer.text


def test_a_table_without_genotypes_has_a_summary_too(tmp_path: Path) -> None:
    table, copy = tmp_path / "famous.parquet", tmp_path / "copy"
    copy.mkdir()
    options = anntools.Options(table=str(table))
    anntools.annotate(Path("samples/famous_variants.vcf"), tmp_path / "a.vcf.gz", "demo", options)
    working_copy.write(table, copy)
    plain = OpenTable(table, copy, Recent(1_000_000))
    found = table_overview(plain, None, no_link, soon())
    missing = {one.title for one in found.missing}
    assert {"Allele frequency", "Variants per sample", "Quality (QUAL)"} <= missing
    assert "consequences" in {plot.key for plot in found.plots}
