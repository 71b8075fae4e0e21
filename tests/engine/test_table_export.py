"""The same rows and values in Parquet, TSV, JSON lines and a workbook."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from anntools import InputRefused, UsageProblem
from anntools.table import read_batches, read_table
from anntools.table.arrow import arrow_schema
from anntools.table.cells import cell_text
from anntools.table.export import export
from anntools.table.reading import Counts, counted, open_table
from anntools.table.samples import SAMPLE_COLUMNS
from anntools.table.schema import ALLELE_COLUMNS, LIST, NESTED_COLUMNS
from anntools.table.workbook import write_workbook

Row = dict[str, Any]
SAMPLES = ["NA1", "N,3", 'N"2']
NUMBERS = {c.name: c.type for c in (*ALLELE_COLUMNS, *NESTED_COLUMNS)}


def made_rows() -> list[Row]:
    """Rows with everything that is hard to write."""
    blank: Row = dict.fromkeys(c.name for c in ALLELE_COLUMNS)
    entry: Row = dict.fromkeys(c.name for c in NESTED_COLUMNS)
    entry |= {"consequence": "missense_variant", "impact": "MODERATE", "pick": False}
    entry |= {"symbol": "SEPT2", "canonical": True, "cdna_start": 7}
    picked = entry | {"pick": True, "symbol": "MARCH1", "canonical": False, "strand": -1}
    shown = {k: v for k, v in picked.items() if k != "pick"}
    full = blank | {"record": 1, "chrom": "20", "pos": 7, "ref": "A", "alt": "G", "alt_index": 1}
    full |= {"het": ["NA1", 'N"2'], "hom": [], "ac": 2, "an": 6}
    full |= {"qual": 29.5, "status": "annotated", LIST: [entry, picked]} | shown
    star = blank | {"record": 1, "alt": "*", "alt_index": 2, "status": "annotated", LIST: []}
    odd = blank | {"record": 2, "alt_index": 1, "status": "skipped", LIST: []}
    odd |= {"reason": "too_few_columns", "raw": '=1+1\t"é\\\n', "id": "=cmd()", "filter": "\x01"}
    huge = blank | {
        "record": 3,
        "alt_index": 1,
        "status": "skipped",
        "qual": float("inf"),
        LIST: [],
    }
    return [full, star, odd, huge]


def write_rows(path: Path, rows: list[Row]) -> None:
    """A table of rows."""
    schema = arrow_schema(ALLELE_COLUMNS, "made-up", SAMPLES)
    numbered = [r | {c: numbers(r[c]) for c in SAMPLE_COLUMNS} for r in rows]
    pq.write_table(pa.Table.from_pylist(numbered, schema), path)


def numbers(names: list[str] | None) -> list[int] | None:
    """Numbers of samples."""
    return None if names is None else [SAMPLES.index(name) + 1 for name in names]


def values(text: str, name: str) -> Any:
    """A TSV cell as a value."""
    if name == LIST:
        return json.loads(text)
    kind = NUMBERS.get(name, "string")
    if text == "":
        return None
    if kind == "list<int32>":
        return text.split(",")
    if kind == "bool":
        return text == "true"
    if kind == "string":
        return re.sub(r"\\(.)", lambda m: {"t": "\t", "n": "\n", "r": "\r"}.get(m[1], m[1]), text)
    return float(text) if kind == "double" else int(text)


def tsv_rows(path: Path) -> Iterator[Row]:
    """Rows of a TSV."""
    head, *lines = path.read_text(encoding="utf-8").split("\n")[:-1]
    names = head.split("\t")
    for line in lines:
        yield {n: values(v, n) for n, v in zip(names, line.split("\t"), strict=True)}


def json_rows(path: Path) -> Iterator[Row]:
    """Rows of JSON lines."""
    for line in path.read_text(encoding="utf-8").split("\n")[:-1]:
        row = json.loads(line)
        yield row | {"qual": None if row["qual"] is None else float(row["qual"])}


def sheet_rows(path: Path, title: str) -> Iterator[Row]:
    """Rows of all sheets of one kind."""
    book = openpyxl.load_workbook(path, read_only=True)
    for name in book.sheetnames:
        if name.rstrip("0123456789 ") == title:
            head, *rows = book[name].iter_rows(values_only=True)
            for row in rows:
                cells = (*row, *[None] * (len(head) - len(row)))
                yield dict(zip(map(str, head), cells, strict=True))
    book.close()


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """A table of the made rows."""
    path = tmp_path / "t.parquet"
    write_rows(path, made_rows())
    return path


def test_counts_and_reading(table: Path) -> None:
    assert counted(table) == Counts(records=3, annotated=1, skipped=2, rows=4)
    assert read_table(table, ["symbol"]).to_pylist()[0] == {"symbol": "MARCH1"}
    assert [len(b) for b in read_batches(table, rows=3)] == [3, 1]


def test_tsv_per_allele(table: Path, tmp_path: Path) -> None:
    assert export(table, tmp_path / "t.tsv").rows == 4
    expected = [r | {"hom": r["hom"] or None} for r in made_rows()]  # none is empty
    assert list(tsv_rows(tmp_path / "t.tsv")) == expected


def test_tsv_per_transcript(table: Path, tmp_path: Path) -> None:
    export(table, tmp_path / "t.tsv", "transcript")
    rows = list(tsv_rows(tmp_path / "t.tsv"))
    assert [(r["record"], r["alt_index"], r["symbol"], r["pick"]) for r in rows] == [
        (1, 1, "SEPT2", False),
        (1, 1, "MARCH1", True),
        (1, 2, None, None),
        (2, 1, None, None),
        (3, 1, None, None),
    ]


def test_json_lines(table: Path, tmp_path: Path) -> None:
    export(table, tmp_path / "t.jsonl")
    assert list(json_rows(tmp_path / "t.jsonl")) == made_rows()


def test_workbook(table: Path, tmp_path: Path) -> None:
    export(table, tmp_path / "t.xlsx")
    expected = [{k: v for k, v in r.items() if k != LIST} for r in made_rows()]
    expected[3]["qual"] = "inf"
    expected[0] |= {"het": 'NA1,N"2', "hom": None}
    rows = list(sheet_rows(tmp_path / "t.xlsx", "alleles"))
    assert [r | {"filter": e["filter"]} for r, e in zip(rows, expected, strict=True)] == expected
    entries = list(sheet_rows(tmp_path / "t.xlsx", "transcripts"))
    assert [(e["record"], e["symbol"], e["pick"]) for e in entries] == [
        (1, "SEPT2", False),
        (1, "MARCH1", True),
    ]
    book = openpyxl.load_workbook(tmp_path / "t.xlsx")
    cells = [c for row in book["alleles"].iter_rows() for c in row if c.value is not None]
    assert not [c.coordinate for c in cells if c.data_type in ("f", "d")]


def test_a_full_sheet_goes_on_in_the_next(table: Path, tmp_path: Path) -> None:
    write_workbook(open_table(table), tmp_path / "t.xlsx", sheet_rows=3)
    book = openpyxl.load_workbook(tmp_path / "t.xlsx", read_only=True)
    assert {"alleles", "alleles 2"} <= set(book.sheetnames)
    book.close()
    assert len(list(sheet_rows(tmp_path / "t.xlsx", "alleles"))) == 4


def test_a_long_text_is_cut_and_says_so() -> None:
    text = cell_text("A" * 40_000)
    assert len(text) == 32_767
    assert text.endswith("(cut: 40000 characters; the Parquet file has all)")


def test_refusals(table: Path, tmp_path: Path) -> None:
    for output, per in (("t.csv", "allele"), ("t.jsonl", "transcript")):
        with pytest.raises(UsageProblem):
            export(table, tmp_path / output, per)  # type: ignore[arg-type]
    with pytest.raises(UsageProblem, match="no file"):
        export(tmp_path / "none.parquet", tmp_path / "t.tsv")
    foreign = tmp_path / "foreign.parquet"
    pq.write_table(pa.table({"a": [1]}), foreign)
    (tmp_path / "text.parquet").write_text("hello")
    for name in ("foreign.parquet", "text.parquet"):
        with pytest.raises(InputRefused):
            export(tmp_path / name, tmp_path / "t.tsv")
    assert not list(tmp_path.glob("*.part"))
