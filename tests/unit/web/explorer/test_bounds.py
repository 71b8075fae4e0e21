"""Tables of hostile or unusual files: what is listed, kept and sent stays bounded."""

import json
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from flask.testing import FlaskClient

from gas.jobs import Job
from tests.unit.web.conftest import JSON, World
from tests.unit.web.explorer.conftest import Made, complete_with
from tests.unit.web.test_many_jobs import post
from web.explorer import variant_shown, working_copy
from web.explorer.cutting import cut, length
from web.explorer.facets import MOST_SAMPLES, read_facets
from web.explorer.filters import Filters, View
from web.explorer.pages import read_page
from web.explorer.recent import Recent
from web.explorer.table import Deadline, OpenTable


def open_copy(source: Path, folder: Path) -> OpenTable:
    working_copy.write(source, folder)
    return OpenTable(source, folder, Recent(1_000_000))


def in_time() -> Deadline:
    return Deadline(30)


@pytest.mark.parametrize("limit", ["_MOST_OWN_WORDS", "_MOST_OWN_CHARS"])
def test_a_filter_that_is_hardly_ever_the_same_is_no_facet_but_can_be_asked(
    made: Made, opened: OpenTable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str
) -> None:
    monkeypatch.setattr(working_copy, limit, 1)
    various = open_copy(made.table, tmp_path)
    assert "filter" in opened.words
    assert "filter" not in various.words
    assert "filter" in read_facets(opened, Filters(), in_time()).of
    assert "filter" not in read_facets(various, Filters(), in_time()).of
    for wanted in (("PASS",), (".",), ("q10;s50", "."), ("nothing",)):
        view = View(filters=Filters(filter=wanted), sort="filter", size=200)
        one, other = (read_page(each, view, in_time()) for each in (opened, various))
        assert one.total == other.total
        assert one.rows == other.rows


def test_many_samples_are_listed_up_to_a_number(made: Made, tmp_path: Path) -> None:
    read = pq.read_table(made.table)
    names = [f"S{number}" for number in range(MOST_SAMPLES + 50)] + ["x" * 300, "last"]
    metadata = {**read.schema.metadata, b"anntools.samples": json.dumps(names).encode()}
    source = tmp_path / "many.parquet"
    pq.write_table(read.replace_schema_metadata(metadata), source)
    table = open_copy(source, tmp_path)
    facet = read_facets(table, Filters(), in_time()).of["sample"]
    assert [value.value for value in facet.values] == names[:MOST_SAMPLES]
    assert facet.more == 52
    chosen = replace(Filters(), sample=("last",))
    facet = read_facets(table, chosen, in_time()).of["sample"]
    assert [value.value for value in facet.values if value.chosen] == ["last"]
    assert facet.more == 51


LONG = 150_000


@pytest.fixture
def enormous(world: World, ada: FlaskClient, made: Made, tmp_path: Path) -> str:
    """The address of a job of whose first variant ID, REF and FILTER are enormous."""
    read = pq.read_table(made.table)
    for name in ("id", "ref", "filter"):
        place = read.schema.get_field_index(name)
        values = ["A" * LONG, *read.column(name).to_pylist()[1:]]
        read = read.set_column(place, read.schema.field(name), pa.array(values, pa.string()))
    source = tmp_path / "enormous.parquet"
    pq.write_table(read, source)
    job = complete_with(world, replace(made, table=source))
    address = f"/annotations/{job.job_id}"
    while ada.get(f"{address}/explore/rows").status_code == 202:
        pass
    return address


def test_enormous_values_are_cut_in_rows_and_pages(
    ada: FlaskClient, enormous: str, made: Made
) -> None:
    answer = ada.get(f"{enormous}/explore/rows?columns=id,filter")
    assert answer.json is not None
    assert len(answer.data) < LONG
    first = answer.json["rows"][0]
    assert first["id"] == first["ref"] == first["filter"] == "A" * 1000 + "…"
    assert answer.json["cut"] == {"0": {"id": LONG, "ref": LONG, "filter": LONG}}
    row = made.rows[0]
    variant = f"variants/{row['record']}-{row['alt_index']}"
    for end in ("explore?columns=id,filter", variant):
        page = ada.get(f"{enormous}/{end}")
        assert page.status_code == 200
        assert "A" * 1001 not in page.text
        assert f"{LONG:,} bases" in page.text
    # In the facets there is nothing that could not be asked for.
    assert "AAAA" not in ada.get(f"{enormous}/explore/facets").text


def test_one_variant_as_json_has_more_and_an_export_has_all(
    ada: FlaskClient, enormous: str, made: Made
) -> None:
    row = made.rows[0]
    address = f"{enormous}/variants/{row['record']}-{row['alt_index']}"
    answer = ada.get(address, headers=JSON)
    assert answer.json is not None
    assert answer.json["variant"]["id"] == "A" * 100_000 + "…"
    assert answer.json["cut"] == {"id": LONG, "ref": LONG, "filter": LONG}
    assert "A" * LONG in ada.get(f"{enormous}/explore/export?format=tsv").text


def test_the_genome_browser_knows_how_long_a_cut_allele_is(opened: OpenTable, made: Made) -> None:
    row = {**made.rows[0], "ref": "A" * LONG}
    shown = variant_shown.context(row, opened.dictionary, variant_shown.Surroundings())
    assert (shown["span"], len(shown["row"]["ref"])) == (LONG, 1001)


def test_cutting_again_keeps_the_length() -> None:
    once = cut("x" * 50, 20)
    assert (once, length(once)) == ("x" * 20 + "…", 50)
    assert cut(once, 20) is once
    again = cut([{"a": once, "b": 1, "c": None}], 5)
    assert again == [{"a": "xxxxx…", "b": 1, "c": None}]
    assert length(again[0]["a"]) == 50
    assert cut("x" * 20, 20) == "x" * 20


def test_a_deleted_job_leaves_no_copy(
    world: World, ada: FlaskClient, explorer: str, explored: Job, tmp_path: Path
) -> None:
    def copies() -> list[Path]:
        return [path for path in (tmp_path / "tables").iterdir() if path.is_dir()]

    assert len(copies()) == 1
    assert post(ada, f"/annotations/{explored.job_id}/delete").status_code == 303
    assert copies() == []
