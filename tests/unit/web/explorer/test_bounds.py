"""Tables of hostile or unusual files: what is listed, kept and sent stays bounded."""

import json
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.unit.web.explorer.conftest import Made
from web.explorer import working_copy
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
